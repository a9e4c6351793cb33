"""The list of runs: found by what people look for, newest first, page by page, with filters an address can carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.bootstrap import Hub
from hub.domain import Run, RunState
from hub.errors import BadRequest
from hub.pipeline import lineage
from hub.store import connections, searches, teams
from hub.store.searches import Wanted
from hub.web import policy_view
from hub.web.api.answering import run_of
from hub.web.api.catalog import offered
from hub.web.auth import Identity, whoever
from hub.web.pages.formats import STATES

_PAGE = 30
_FILTERS = ("state", "team", "template", "workflow", "surface", "mine", "since", "until")
_LONGEST = 200
#: States people pick, in the order they are asked for; three inner ones read as one.
_PICKED = ("in_review", "waiting_user", "held", "failed", "orphaned", "refused", "delivered", "working", "cancelled")
_WORKING = (RunState.QUEUED, RunState.ANSWERED, RunState.APPROVED)
#: Where runs are asked for besides a vendor's own tool.
_PLACES = {"web": "These pages", "api": "A program, by the API"}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of what was found, and the runs the pages beside it start from."""

    runs: list[Run]
    newer: str | None = None
    older: str | None = None


def blueprint(hub: Hub) -> Blueprint:
    page = Blueprint("runs", __name__)

    @page.get("/runs")
    def every() -> str | Response:
        identity, place = whoever(), request.args.get("q", "").strip()
        given = {name: value for name in _FILTERS if (value := request.args.get(name, "").strip())}
        if any(len(value) > _LONGEST or "\x00" in value for value in given.values()):
            raise BadRequest("This is no filter of the list.", instead="Pick one from the form.")
        offers = _offers(hub, identity)
        note = ""
        if place:
            found, unasked = lineage.runs_at(hub.parts, place, reach=identity.reach)
            if len(found) == 1:
                return redirect(url_for("run.show", run_id=found[0].id))
            shown, note = Page(found[: lineage.MOST]), " ".join(unasked)
        else:
            shown = _page(hub, identity, _wanted(identity, given))
        return render_template(
            "runs.html",
            page=shown,
            given=given,
            chips=_chips(given, offers),
            place=place,
            note=note,
            **offers,
        )

    return page


def _wanted(identity: Identity, given: Mapping[str, str]) -> Wanted:
    state, team = given.get("state"), given.get("team")
    states = (*RunState, "working")
    if state is not None and state not in states:
        raise BadRequest("This is no state of a run.", instead="Pick one from the list.")
    if team is not None and not identity.reaches(team):
        # The same answer as for a team there is none of.
        raise BadRequest("There is no team of this name among yours.", instead="Pick one from the list.")
    since, until = _day(given.get("since")), _day(given.get("until"))
    if since is not None and until is not None and since > until:
        raise BadRequest("The first day is after the last.", instead="Swap the two days.")
    return Wanted(
        teams=identity.reach if team is None else [team],
        states=() if state is None else tuple(map(str, _WORKING)) if state == "working" else (state,),
        template=given.get("template"),
        workflow=given.get("workflow"),
        surface=given.get("surface"),
        asker=identity.person if "mine" in given else None,
        since=None if since is None else since.timestamp(),
        until=None if until is None else (until + timedelta(days=1)).timestamp(),
    )


def _day(given: str | None) -> datetime | None:
    if given is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(given), datetime.min.time(), UTC)
    except ValueError:
        raise BadRequest("This is no day.", instead="Write one such as 2026-11-26.") from None


def _page(hub: Hub, identity: Identity, wanted: Wanted) -> Page:
    before, after = request.args.get("before"), request.args.get("after")
    last = run_of(hub, identity, before or after or "") if before or after else None
    mark = (last.created_at, last.id) if last else None
    with hub.database.reading() as tx:
        if after:
            found = searches.search(tx, wanted, limit=_PAGE + 1, after=mark)
            runs = found[-_PAGE:]
            return Page(runs, runs[0].id if len(found) > _PAGE else None, runs[-1].id if runs else None)
        found = searches.search(tx, wanted, limit=_PAGE + 1, before=mark)
    runs = found[:_PAGE]
    newer = runs[0].id if runs and before else None
    return Page(runs, newer, runs[-1].id if len(found) > _PAGE else None)


def _offers(hub: Hub, identity: Identity) -> dict[str, Any]:
    """What each filter offers this person."""
    with hub.database.reading() as tx:
        mine = [team for team in teams.every(tx) if identity.reaches(team.id)]
        flows = sorted({flow.name for flow in connections.workflows(tx, identity.reach)})
    return {
        "teams": {team.id: team.title for team in mine},
        "templates": {one.name: one.title for one in hub.parts.shelf.every() if offered(one, identity)},
        "flows": [(flow, flow) for flow in flows],
        "surfaces": {**policy_view.surfaces(hub), **_PLACES},
        "states": {name: "Working" if name == "working" else STATES[name][0] for name in _PICKED},
    }


def _chips(given: Mapping[str, str], offers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(words, the address without it) of each filter that is on."""
    words = {
        "state": lambda value: offers["states"].get(value) or STATES[value][0],
        "team": lambda value: offers["teams"].get(value, value),
        "template": lambda value: offers["templates"].get(value, value),
        "workflow": lambda value: f"workflow {value}",
        "surface": lambda value: offers["surfaces"].get(value, value),
        "mine": lambda _: "asked by you",
        "since": lambda value: f"from {value}",
        "until": lambda value: f"to {value}",
    }
    found = []
    for name, value in given.items():
        left: dict[str, Any] = {other: kept for other, kept in given.items() if other != name}
        found.append((words[name](value), url_for("runs.every", **left)))
    return found
