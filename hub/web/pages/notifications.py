"""Notifications: where a person chooses what they are told by mail, and how often."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.bootstrap import Hub
from hub.errors import InlayError, NotAllowed
from hub.pipeline import notifications
from hub.web.auth import Identity, whoever


def blueprint(hub: Hub) -> Blueprint:
    page = Blueprint("notifications", __name__)

    @page.get("/notifications")
    def show() -> str:
        identity = whoever()
        chosen: dict[str, str] = {}
        if identity.person is not None:
            with hub.database.reading() as tx:
                chosen = notifications.chosen(tx, identity.person)
        return render_template(
            "notifications.html",
            kinds=notifications.kinds_for(identity.roles),
            choices=notifications.CHOICES,
            chosen=chosen,
            sends=hub.notify.mail is not None,
        )

    @page.post("/notifications")
    def choose() -> Response:
        identity = whoever()
        wanted = {kind: request.form.get(kind, "") for kind in notifications.kinds_for(identity.roles)}
        notifications.choose(hub.parts, identity.actor(), identity.team, {k: v for k, v in wanted.items() if v})
        flash("Kept. It holds for what waits already, too.", "done")
        return redirect(url_for("notifications.show"), 303)

    @page.post("/notifications/try")
    def try_it() -> Response:
        """Write to whoever asks, and to nobody else."""
        try:
            hub.notify.test(_address(whoever()))
        except InlayError as error:
            flash(" ".join(part for part in (error.what, error.why, error.instead) if part), "error")
        else:
            flash("The mail server took it. Look into your inbox, and into what it takes for spam.", "done")
        return redirect(url_for("notifications.show"), 303)

    return page


def _address(identity: Identity) -> str:
    if identity.person is None:
        raise NotAllowed("This key belongs to nobody, and mail goes to people.", instead="Sign in as yourself.")
    return identity.person
