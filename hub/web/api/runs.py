"""Runs over the API: start one, look at one, list them."""

from __future__ import annotations

import re
import secrets

from apiflask import APIBlueprint
from flask import Response, request

from hub.bootstrap import Hub
from hub.domain import Request, Run, RunState, Target
from hub.errors import BadRequest, UnknownName
from hub.pipeline import review
from hub.pipeline.reviewers import look_id
from hub.pipeline.step import MOVING
from hub.store import searches
from hub.store.searches import Wanted
from hub.web import body, run_view
from hub.web.api import gives, takes
from hub.web.api.answering import answered, run_of
from hub.web.api.described import described
from hub.web.auth import Identity, whoever

#: The longest a caller may wait for an answer, in seconds. A model takes this long only when something is wrong.
LONGEST_WAIT = 60
MOST = 200
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,6})\"?\s*(?=$|[,;])", re.IGNORECASE)
_HEADERS = (
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "1 to 200 printable characters without spaces. The same key with the same request is the same "
        "run, however often it is sent; left out, every call is a new one.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[!-~]+$"},
    },
    {
        "name": "Prefer",
        "in": "header",
        "required": False,
        "description": f"wait=N: answer when the run no longer moves, after N seconds at most (up to {LONGEST_WAIT}).",
        "schema": {"type": "string"},
        "example": "wait=20",
    },
)
_PAGING = (
    {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": 50},
        "description": "How many, at most.",
    },
    {
        "name": "before",
        "in": "query",
        "schema": {"type": "string", "minLength": 1},
        "description": "The id of a run: those older than it.",
    },
    {
        "name": "state",
        "in": "query",
        "schema": {"type": "string", "enum": [str(state) for state in RunState]},
        "description": "Only runs in this state.",
    },
)


def add(api: APIBlueprint, hub: Hub) -> None:
    """Add these routes."""
    url = hub.settings.url

    @api.post("/runs")
    @described(
        takes=takes.RunRequest,
        gives=gives.Run,
        status=(200, 202),
        problems=(403, 404, 409),
        parameters=_HEADERS,
    )
    def start_run() -> Response:
        """Start a run."""
        identity, wait = whoever(), _wait()
        wanted = body.read(takes.RunRequest)
        picture = wanted.picture.picture() if wanted.picture else None
        run = hub.submit(_request(identity, wanted), wait=wait, picture=picture)
        finished = wait > 0 and run.state not in MOVING
        answer = answered(run_view.whole(run_view.opened(hub, run), url), 200 if finished else 202)
        if wait > 0:
            answer.headers["Preference-Applied"] = f"wait={wait}"
        if not finished:
            answer.headers["Location"] = f"/api/v1/runs/{run.id}"
        return answer

    @api.get("/runs/<run_id>")
    @described(gives=gives.Run, problems=(404,))
    def show_run(run_id: str) -> Response:
        """A run: its state, draft, findings, timeline and deliveries."""
        identity = whoever()
        run = run_of(hub, identity, run_id)
        if review.may_review(hub.parts, run, identity.actor(run)):
            review.opened(hub.parts, look_id(run.id), identity.actor(run))
        return answered(run_view.whole(run_view.opened(hub, run), url))

    @api.get("/runs")
    @described(gives=gives.RunList, problems=(400, 404), parameters=_PAGING)
    def list_runs() -> Response:
        """Your team's runs, newest first."""
        limit = _limit()
        found = _page(hub, whoever(), limit + 1)
        more = len(found) > limit
        found = found[:limit]
        listed = [run_view.summary(run, url) for run in found]
        return answered({"runs": listed, "next": found[-1].id if more else None})


def _request(identity: Identity, wanted: takes.RunRequest) -> Request:
    target = wanted.target
    return Request(
        key=_key(identity),
        template=wanted.template,
        workflow=wanted.workflow,
        inputs=wanted.inputs,
        target=Target(connection=target.connection, at=target.at) if target else None,
        destinations=tuple(Target(connection=place.connection, at=place.at) for place in wanted.destinations),
        actor=identity.actor(),
        team=identity.team,
        surface="api",
    )


def _key(identity: Identity) -> str:
    """The request's key. A team's keys are its own: the same key of two teams names two runs."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return f"call:{secrets.token_hex(16)}"
    if not _KEY.fullmatch(given):
        raise BadRequest(
            "The Idempotency-Key cannot be used.", instead="Send 1 to 200 printable ASCII characters without spaces."
        )
    return f"api:{identity.team}:{given}"


def _wait() -> int:
    """Seconds the caller wants to wait. As RFC 7240 says, a preference that cannot be understood is not applied."""
    found = _WAIT.search(request.headers.get("Prefer", ""))
    return min(int(found.group(1)), LONGEST_WAIT) if found else 0


def _limit() -> int:
    given = request.args.get("limit", "50")
    if not re.fullmatch(r"[0-9]{1,4}", given) or not 1 <= int(given) <= MOST:
        raise BadRequest(f"limit is a whole number from 1 to {MOST}.")
    return int(given)


def _page(hub: Hub, identity: Identity, limit: int) -> list[Run]:
    unknown = sorted(set(request.args) - {"limit", "before", "state"})
    if unknown:
        raise BadRequest("This address takes limit, before and state, and nothing else.")
    state, before = request.args.get("state"), request.args.get("before")
    if state is not None and state not in set(RunState):
        raise BadRequest("This is no state of a run.", instead=f"Send one of: {', '.join(RunState)}.")
    mark: tuple[float, str] | None = None
    if before is not None:
        try:
            last = run_of(hub, identity, before)
        except UnknownName:
            raise BadRequest("before names no run that you can reach.", instead="Send what next said.") from None
        mark = (last.created_at, last.id)
    with hub.database.reading() as tx:
        wanted = Wanted(teams=identity.reach, states=(state,) if state else ())
        return searches.search(tx, wanted, limit=limit, before=mark)
