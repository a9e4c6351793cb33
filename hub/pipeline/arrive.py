"""Arrive: what a connector brought in becomes runs and notices under keys of its connection's own, however it came."""

from __future__ import annotations

from dataclasses import replace

from hub.clean import clean_text
from hub.domain import Problem, Request
from hub.errors import BadRequest, InlayError, NotAllowed, TryLater, Unavailable
from hub.pipeline.parts import Parts
from hub.pipeline.receive import Received, receive, team_of
from hub.sdk import Notice
from hub.store import connections, notices

#: The queue of notices that want to be looked up.
LOOK_UP = "look_up"
#: Notices in one statement: a database takes only so many values in one.
_AT_ONCE = 500


def arrive(parts: Parts, connection: str, request: Request, *, heard: bool) -> Received:
    """Store a request as a run of the team it names, or of the one team the connection is on for.

    Args:
        heard: somebody is there to hear that no team can be found. Without, a request that names a wrong team is stored
            as failed, where a team of this connection sees it.

    Raises:
        BadRequest: no team can be found for it.
        Unavailable: it could not be stored; it must come again.
    """
    names = {"team": _short(request.team), "template": _short(request.template), "workflow": _short(request.workflow)}
    request = replace(request, **names)
    problem: Problem | None = None
    try:
        team = _team(parts, connection, request)
    except BadRequest as error:
        if heard:
            raise
        with parts.database.reading() as tx:
            on = connections.teams_of(tx, connection)
        if not on:
            raise
        team, problem = on[0], error.problem()
        # Nothing of what another team wrote goes along.
        request = replace(request, inputs={}, context=None)
    named = replace(_named(parts, request, team), team=team, key=key_of(connection, request.key))
    try:
        return receive(parts, named, strict=False, problem=problem)
    except (BadRequest, NotAllowed, TryLater):
        raise
    except InlayError as error:
        raise Unavailable("The event could not be stored.", why=error.what) from None


def note(parts: Parts, connection: str, *found: Notice) -> int:
    """Store notices and have them looked up; how many of them were new. All of them are stored, or none.

    Raises:
        BadRequest: a key is too long to be kept.
        Unavailable: they could not be stored; they must come again.
    """
    if not all(0 < len(notice.key) <= 200 for notice in found):
        raise BadRequest("The event's id has 1 to 200 characters.")
    # In one order for all: two calls with the same notices in two orders would wait for each other for ever.
    ordered = sorted(found, key=lambda notice: notice.key)
    now, new = parts.clock(), 0
    with parts.database.transaction() as tx:
        for start in range(0, len(ordered), _AT_ONCE):
            new += notices.put(tx, connection, ordered[start : start + _AT_ONCE], now)
    if new and not all(notice.settle for notice in found):
        parts.wake(LOOK_UP)
    return new


def key_of(connection: str, key: str) -> str:
    """The request key of what a connection brought in: two connections never meet in one."""
    return f"in:{connection}:{key}"


def _named(parts: Parts, request: Request, team: str) -> Request:
    """People in a vendor's tool write one name: of a workflow of their team, or else of a template."""
    if request.workflow is None:
        return request
    with parts.database.reading() as tx:
        known = connections.get_workflow(tx, team, request.workflow) is not None
    return request if known else replace(request, workflow=None, template=request.workflow)


def _short(name: str | None) -> str | None:
    """A name as the database takes it: people may write anything, and no name is longer."""
    return None if name is None else clean_text(name).strip()[:64]


def _team(parts: Parts, name: str, item: Request) -> str:
    """The team the event names, if the connection is on for it; else the one team it is on for."""
    if item.team is not None:
        with parts.database.reading() as tx:
            if connections.enabled(tx, name, item.team):
                return item.team
        raise BadRequest(
            f"{name} is not switched on for the team the event names.",
            instead="Switch it on for that team, or send another team.",
            who="an admin",
        )
    return team_of(parts, name)
