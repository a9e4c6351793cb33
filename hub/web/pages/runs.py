"""The list of runs: newest first, by state, page by page."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from hub.bootstrap import Hub
from hub.domain import RunState
from hub.errors import BadRequest
from hub.store import runs
from hub.web.api.answering import run_of
from hub.web.auth import whoever

_PAGE = 30


def blueprint(hub: Hub) -> Blueprint:
    page = Blueprint("runs", __name__)

    @page.get("/runs")
    def every() -> str:
        identity = whoever()
        state, before = request.args.get("state") or None, request.args.get("before")
        if state is not None and state not in set(RunState):
            raise BadRequest("This is no state of a run.", instead="Pick one from the list.")
        last = run_of(hub, identity, before) if before else None
        mark = (last.created_at, last.id) if last else None
        with hub.database.reading() as tx:
            found = runs.newest(tx, teams=identity.reach, limit=_PAGE + 1, before=mark, state=state)
        more = found[_PAGE - 1].id if len(found) > _PAGE else None
        return render_template("runs.html", runs=found[:_PAGE], more=more, chosen=state, paged=before is not None)

    return page
