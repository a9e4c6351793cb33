"""Home: what you can start, and what happened last."""

from __future__ import annotations

from flask import Blueprint, render_template

from hub.bootstrap import Hub
from hub.store import runs
from hub.web.api.catalog import connections_of, offered
from hub.web.auth import whoever
from hub.web.pages import trying

_RECENT = 8


def blueprint(hub: Hub) -> Blueprint:
    page = Blueprint("home", __name__)

    @page.get("/")
    def show() -> str:
        identity = whoever()
        with hub.database.reading() as tx:
            recent = runs.newest(tx, teams=identity.reach, limit=_RECENT)
        return render_template(
            "home.html",
            runs=recent,
            templates=[one for one in hub.parts.shelf.every() if offered(one, identity)],
            connections=connections_of(hub, identity),
            form=trying.fresh(),
        )

    return page
