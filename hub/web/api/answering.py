"""What the routes of the API share: a JSON answer, and a run this caller may see."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic_core import to_json

from hub.bootstrap import Hub
from hub.domain import Run
from hub.errors import UnknownName
from hub.web.auth import Identity


def answered(value: Any, status: int = 200) -> Response:
    """A value as JSON."""
    return Response(to_json(value), status, content_type="application/json")


def run_of(hub: Hub, identity: Identity, run_id: str) -> Run:
    """A run of one of the caller's teams.

    Raises:
        UnknownName: there is none, or it is another team's: which of the two is not told.
    """
    unknown = UnknownName(
        "There is no run of this id in your teams.",
        instead="Ask somebody of the team it belongs to. Your own are under Runs; in the API, GET /api/v1/runs.",
    )
    if "\x00" in run_id:
        # PostgreSQL takes no such text, not even to say that it does not know it.
        raise unknown
    try:
        run = hub.get(run_id)
    except UnknownName:
        raise unknown from None
    if not identity.reaches(run.team):
        raise unknown
    return run
