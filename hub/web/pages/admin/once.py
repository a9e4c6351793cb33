"""What is shown this once: a link or a key that was just made. This browser keeps it sealed until it is looked at."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from hub.bootstrap import Hub
from hub.errors import ConfigurationError
from hub.web.pages.admin.access import for_leads

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
