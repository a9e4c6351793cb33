"""What is shown this once: a link or a key that was just made. This browser keeps it sealed until it is looked at."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from hub.accounts import by_mail
from hub.accounts.links import Issued
from hub.bootstrap import Hub
from hub.errors import ConfigurationError, InlayError
from hub.web.auth import whoever
from hub.web.pages.admin.access import for_leads, tell
from hub.web.pages.formats import when

_KEPT = "shown_once"


def keep(hub: Hub, *, kind: str, secret: str, of: str, until: str, back: str) -> Response:
    """Seal it for this browser, and lead to the page that shows it.

    Args:
        kind: ``link`` or ``key``.
        of: whom or what it is for.
        until: when it ends, in words; empty when it does not.
        back: the page to go on to.
    """
    session[_KEPT] = hub.vault.seal({"kind": kind, "secret": secret, "of": of, "until": until, "back": back})
    return redirect(url_for("admin.once"), 303)


def hand_over(hub: Hub, made: Issued, *, back: str) -> Response:
    """A link that sets a password: by mail to its person alone where the hub has a mail server, else shown this once.

    Where the mail does not go out an admin is shown the link. A lead is not: it opens what the person may do.
    """
    mail = hub.notify.mail
    if mail is not None:
        try:
            by_mail.send(mail, made, hub.settings.url, hub.parts.clock())
        except InlayError as error:
            if not whoever().is_admin:
                error.instead = "Ask an admin, who can hand the link over."
                tell(error)
                return redirect(back, 303)
            flash(f"The link did not go out by mail: {error.what} Hand it over yourself.", "error")
        else:
            flash(f"A link is on its way to {made.email}. It works once, until {when(made.expires_at)}.", "done")
            return redirect(back, 303)
    return keep(hub, kind="link", secret=made.url, of=made.email, until=when(made.expires_at), back=back)


def add(page: Blueprint, hub: Hub) -> None:
    """Add the page."""

    @page.get("/admin/once")
    @for_leads
    def once() -> str | Response:
        sealed = session.pop(_KEPT, None)
        try:
            opened = hub.vault.open(sealed) if isinstance(sealed, str) else {}
        except ConfigurationError:
            opened = {}
        if not opened:
            return redirect(url_for("admin.people"), 303)
        return render_template("admin/once.html", **{name: value.reveal() for name, value in opened.items()})
