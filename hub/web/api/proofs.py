"""Provenance and lineage over the API: the record of a run, and the way back to it from what a vendor shows."""

from __future__ import annotations

from collections.abc import Callable

from apiflask import APIBlueprint
from flask import Response, request

from hub.bootstrap import Hub
from hub.clean import clean_text
from hub.domain import Role
from hub.errors import BadRequest
from hub.pipeline import lineage, provenance
from hub.pipeline.review import REVIEWERS
from hub.web import body
from hub.web.api import gives, takes
from hub.web.api.answering import answered, run_of
from hub.web.api.described import described
from hub.web.auth import Identity, whoever

_TAKES = ("where", "connection")
_PARAMETERS = (
    {
        "name": "where",
        "in": "query",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": lineage.LONGEST_PLACE},
        "description": "The address of the page it stands on, the vendor's id of it, or the id or page of a run.",
    },
    {
        "name": "connection",
        "in": "query",
        "schema": {"type": "string"},
        "description": "Only what was written over this connection. Empty is as left out.",
    },
)


def add(api: APIBlueprint, hub: Hub) -> None:
    """Add these routes."""

    @api.get("/runs/<run_id>/provenance")
    @described(gives=gives.Provenance, problems=(404,))
    def show_provenance(run_id: str) -> Response:
        """What made a run's text: model, template, policy, checks, review, deliveries, and the rows that prove it."""
        identity = whoever()
        run = run_of(hub, identity, run_id)
        return answered(provenance.record(hub.parts, run, names=sees_names(identity, run.team)))

    @api.get("/lineage")
    @described(gives=gives.Lineage, problems=(400,), parameters=_PARAMETERS)
    def trace() -> Response:
        """From a page or a record back to the runs that made it."""
        identity = whoever()
        if set(request.args) - set(_TAKES):
            raise BadRequest(f"This address takes {' and '.join(_TAKES)}, and nothing else.")
        where, connection = request.args.get("where", ""), request.args.get("connection") or None
        if "\x00" in where + (connection or ""):
            raise BadRequest("A place and a connection hold no NUL character.")
        found = lineage.of_place(hub.parts, where, reach=identity.reach, names=_names(identity), connection=connection)
        return answered({"searched": None, **found})

    @api.post("/lineage")
    @described(takes=takes.Passage, gives=gives.Lineage)
    def trace_passage() -> Response:
        """From a passage back to the runs that made it. It is sent in the body: no log of addresses holds it."""
        identity, said = whoever(), body.read(takes.Passage)
        found = lineage.of_text(
            hub.parts,
            clean_text(said.text),
            reach=identity.reach,
            names=_names(identity),
            at=clean_text(said.where),
            connection=clean_text(said.connection) if said.connection else None,
            days=float(said.days),
        )
        return answered({"searched": None, **found})


def _names(identity: Identity) -> Callable[[str], bool]:
    return lambda team: sees_names(identity, team)


def sees_names(identity: Identity, team: str) -> bool:
    """Whether they see who asked and who reviewed: whoever reviews for the team does, others see pseudonyms."""
    return identity.is_admin or identity.roles.get(team, Role.MEMBER) in REVIEWERS
