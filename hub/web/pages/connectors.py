"""Connectors: which team may use what, and each connection with its health, its probes, its pause and its secrets."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.bootstrap import Hub
from hub.configure import by_hand, tryouts
from hub.domain import Actor
from hub.errors import BadRequest, InlayError, InvalidInputs
from hub.quality import quality_of
from hub.web import connection_view, settings_form
from hub.web.auth import Identity, need_admin, whoever
from hub.web.connection_view import Shown
from hub.web.settings_form import Form
from hub.web.stand_ins import StandIns

#: How long a page waits for a tryout before it shows that one is under way.
WAIT = 1.5


def blueprint(hub: Hub, stand_ins: StandIns) -> Blueprint:
    page = Blueprint("connectors", __name__)

    @page.get("/connectors")
    def every() -> str:
        identity = whoever()
        return render_template("connectors.html", matrix=connection_view.matrix(hub, identity))

    @page.get("/connectors/<name>")
    def show(name: str) -> str:
        shown = connection_view.seen(hub, whoever(), name)
        return render_template("connection.html", **_page(hub, stand_ins, shown, whoever()))

    @page.get("/connectors/<name>/probes")
    def probes(name: str) -> str:
        shown = connection_view.seen(hub, whoever(), name)
        return render_template("probes.html", shown=shown, busy=connection_view.under_way(hub, shown.tryout))

    @page.post("/connectors/<name>/teams/<team>")
    def switch(name: str, team: str) -> Response:
        on = request.form.get("on")
        if on not in ("yes", "no"):
            raise BadRequest("A connection is switched on or off.", instead="Use the buttons of the page.")
        declared = by_hand.switch(hub, _admin(), name, team, on == "yes")
        flash(f"{name} is {'on' if on == 'yes' else 'off'} for {team}, from now on and everywhere.", "done")
        if declared:
            flash(
                "A hub.yaml declares it: the next `inlay apply` switches it on again, unless the file says off.",
                "error",
            )
        return redirect(_back(name), 303)

    @page.post("/connectors/<name>/try")
    def try_it(name: str) -> Response:
        _admin()
        tryouts.begin(hub, name, wait=WAIT)
        return redirect(f"{_back(name)}#probes", 303)

    @page.post("/connectors/<name>/pause")
    def pause(name: str) -> Response:
        paused = request.form.get("paused") == "yes"
        by_hand.pause(hub, _admin(), name, paused)
        said = "is paused: it takes no new runs and holds what is to be delivered. Nothing is lost"
        flash(f"{name} {said if paused else 'works again; what was held goes on now'}.", "done")
        return redirect(_back(name), 303)

    @page.post("/connectors/<name>/settings")
    def change(name: str) -> Response | tuple[str, int]:
        actor, shown = _admin(), connection_view.seen(hub, whoever(), name)
        by_hand.own_to_change(shown.row)
        settings = hub.parts.connections.connector(shown.row.connector).settings
        given = settings_form.read(settings, request.form, hub.parts.connections.secrets_of(shown.row) or {})
        faults = settings_form.faults(settings, given)
        if faults:
            form = settings_form.form(settings, typed=request.form, faults=faults, dates=shown.row.secret_dates)
            return render_template("connection.html", **_page(hub, stand_ins, shown, whoever(), form)), 422
        changed = by_hand.change(hub, actor, name, given)
        if changed:
            tryouts.begin(hub, name, wait=WAIT)
        flash(
            "The settings are in force, and the connection was tried with them." if changed else "Nothing changed.",
            "done",
        )
        return redirect(_back(name), 303)

    @page.post("/connectors/<name>/secrets/<secret>")
    def renew(name: str, secret: str) -> Response:
        actor = _admin()
        if request.form.get("end"):
            by_hand.end_overlap(hub, actor, name, secret)
            flash("Only the new secret is accepted from now on.", "done")
            return redirect(_back(name), 303)
        try:
            overlaps = by_hand.renew_secret(hub, actor, name, secret, request.form.get("value", ""))
        except (BadRequest, InvalidInputs) as error:
            flash(" ".join(part for part in (error.what, error.why, error.instead) if part), "error")
            return redirect(_back(name), 303)
        if overlaps:
            flash("The new secret is in force. The one before it is accepted, too, until you end that below.", "done")
        else:
            flash("The new secret is in force, and the one before it is gone.", "done")
        return redirect(_back(name), 303)

    @page.post("/connectors/<name>/remove")
    def remove(name: str) -> Response:
        actor = _admin()
        try:
            by_hand.remove(hub, actor, name)
        except InlayError as error:
            flash(" ".join(part for part in (error.what, error.why, error.instead) if part), "error")
            return redirect(_back(name), 303)
        stand_ins.forget(name)
        flash(
            f"{name} is removed, with its settings and secrets. Receipts of what was written stay with their runs.",
            "done",
        )
        return redirect(url_for("connectors.every"), 303)

    return page


def _admin() -> Actor:
    """The admin who asks, as an actor.

    Raises:
        NotAllowed: they are none.
    """
    identity = whoever()
    need_admin(identity)
    return identity.actor()


def _back(name: str) -> str:
    """Where the form stood: the matrix, the set-up, or the connection's own page."""
    wanted = request.form.get("back")
    if wanted == "matrix":
        return url_for("connectors.every")
    return url_for("connecting.set_up" if wanted == "set-up" else "connectors.show", name=name)


def _page(hub: Hub, stand_ins: StandIns, shown: Shown, identity: Identity, form: Form | None = None) -> dict[str, Any]:
    settings = shown.connector.settings if shown.connector else None
    with hub.database.reading() as tx:
        stands = connection_view.health_of(hub, tx, identity, shown)
        used = by_hand.uses(hub, tx, shown.row.name) if identity.is_admin else []
    if form is None and settings is not None:
        form = settings_form.form(settings, shown.row.settings, dates=shown.row.secret_dates)
    secrets = connection_view.secrets_of(shown)
    overlapping = [name for name in secrets if f"{name}{by_hand.PREVIOUS}" in shown.row.secret_dates]
    can_overlap = [name for name in secrets if settings and f"{name}{by_hand.PREVIOUS}" in settings.model_fields]
    return {
        "shown": shown,
        "health": stands,
        "busy": connection_view.under_way(hub, shown.tryout),
        "quality": quality_of(shown.connector) if shown.connector else None,
        "form": form,
        "secrets": secrets,
        "overlapping": overlapping,
        "can_overlap": can_overlap,
        "used": used,
        "caution": hub.parts.connections.caution(shown.row.name),
        "sandbox_page": stand_ins.page(shown.row.name, {}),
        "sandbox_answers": shown.row.sandbox and stand_ins.answers(shown.row.name),
        "sandbox_port": stand_ins.port_of(shown.row.name) if shown.row.sandbox else 0,
        "inbound": f"{hub.settings.url}/in/{shown.row.name}",
    }
