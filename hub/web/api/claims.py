"""Claims over the API: the evidence your teams may cite, and what relies on evidence that lapsed."""

from __future__ import annotations

import re
from typing import Any

from apiflask import APIBlueprint
from flask import Response, request

from hub.bootstrap import Hub
from hub.errors import BadRequest
from hub.pipeline import lapses
from hub.store import evidence, evidence_uses
from hub.store.evidence import Evidence
from hub.web import body, run_view
from hub.web.api import gives, takes
from hub.web.api.answering import answered, run_of
from hub.web.api.described import described
from hub.web.auth import whoever

MOST = 200
_ID = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,62}")
_PAGING = (
    {
        "name": "after",
        "in": "query",
        "schema": {"type": "string", "pattern": f"^{_ID.pattern}$"},
        "description": "The id of an entry: those that follow it.",
    },
)


def add(api: APIBlueprint, hub: Hub) -> None:
    """Add these routes."""

    @api.get("/evidence")
    @described(gives=gives.EvidenceList, problems=(400,), parameters=_PAGING)
    def list_evidence() -> Response:
        """The evidence your teams may cite, by id."""
        after = request.args.get("after")
        if after is not None and not _ID.fullmatch(after):
            raise BadRequest("after is the id of an entry.", instead="Send what the last answer gave as next.")
        with hub.database.reading() as tx:
            found = evidence.of_teams(tx, whoever().reach, after=after or "", limit=MOST + 1)
        day = hub.parts.today().isoformat()
        listed = [shown(one, day) for one in found[:MOST]]
        return answered({"evidence": listed, "next": found[MOST - 1].id if len(found) > MOST else None})

    @api.get("/evidence/lapsed")
    @described(gives=gives.LapseList)
    def list_lapsed() -> Response:
        """Texts of your teams that rely on evidence which does not hold any more, and that nobody dealt with."""
        with hub.database.reading() as tx:
            found = evidence_uses.opened(tx, whoever().reach, limit=MOST)
        return answered({"lapsed": [lapses.told(one) for one in found]})

    @api.post("/runs/<run_id>/evidence/<evidence_id>/dealt-with")
    @described(takes=takes.Nothing, gives=gives.Run, problems=(403, 404, 409), body_required=False)
    def deal_with_claim(run_id: str, evidence_id: str) -> Response:
        """Say that you looked at a text whose evidence lapsed, and did what it needed."""
        identity, _ = whoever(), body.read(takes.Nothing, optional=True)
        run = run_of(hub, identity, run_id)
        lapses.deal_with(hub.parts, run, identity.actor(run), evidence_id)
        return answered(run_view.whole(run_view.opened(hub, run), hub.settings.url))


def shown(one: Evidence, day: str) -> dict[str, Any]:
    """An entry as programs see it."""
    names = ("id", "claim", "owner", "source", "team", "valid_from", "expires_on", "disclaimer", "revision")
    told = {name: getattr(one, name) for name in names}
    return {**told, "markets": list(one.markets), "status": one.status(day), "changed_at": one.changed_at}
