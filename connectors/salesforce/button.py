"""The button: two flat calls a Salesforce flow makes by HTTP callout, to ask on a record and to look how far it is."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.salesforce import place
from connectors.salesforce.settings import SalesforceSettings
from hub.sdk import BadRequest, Connection, Desk, Inbound, Json, Request, Target, Unverified, Visit, Visitor

#: The header in which the org's Named Credential names the person who pressed.
PERSON = "x-inlay-person"
_EMAIL = re.compile(r"[^@\s,]{1,64}@[^@\s,]{1,255}")


class Asked(BaseModel):
    """What a flow sends. Every value is one text: a flow's HTTP callout knows no lists of mixed kinds and no enums."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    record_id: str = Field(min_length=1, max_length=2000, description="The record's id, or the address of its page.")
    template: str = Field(
        min_length=1, max_length=80, description="The name of a template or of a workflow, such as campaign-email."
    )
    request_key: str = Field(
        min_length=1,
        max_length=200,
        description="One text per press, such as the flow interview's GUID: the same text again is the same job.",
    )
    instructions: str = Field("", max_length=32768, description="What else is to be minded. May be empty.")
    team: str = Field("", max_length=80, description="The team it is for, for people of several teams. May be empty.")


def identify(connection: Connection, request: Inbound, clock: Callable[[], float]) -> Visit:
    """The person the org names. The token is the org's own secret, kept in its External Credential where no user reads
    it, so whoever sends it speaks for the org, and the org knows who pressed the button.

    Raises:
        Unverified: the token or the person is missing or wrong.
    """
    settings: SalesforceSettings = connection.settings
    accepted = [one.reveal() for one in (settings.button_token, settings.button_token_previous) if one]
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    given = sent.strip().encode("utf-8", "surrogatepass")
    # Every accepted token is compared, whatever the first says, so that the time tells nothing.
    matches = [hmac.compare_digest(given, one.encode()) for one in accepted]
    if scheme.lower() != "bearer" or not given or not any(matches):
        raise Unverified("The call does not prove which org sent it.", why="wrong_token")
    # A header that was sent twice arrives joined by a comma: one that says nothing counts for nothing.
    person = request.headers.get(PERSON, "").strip(", \t")
    if not _EMAIL.fullmatch(person):
        raise Unverified("The call does not say who pressed.", why="no_person")
    return Visit(person=person)


def blueprint(desk: Desk) -> Blueprint:
    """``POST requests`` and ``GET requests/<job>``."""
    page = Blueprint("salesforce", __name__)

    @page.post("/requests")
    def ask(connection: str) -> tuple[Response, int]:
        visitor = desk.visitor()
        return jsonify(_job(desk, visitor.connection, _submitted(visitor, _read(desk.body())))), 202

    @page.get("/requests/<job>")
    def look(connection: str, job: str) -> Response:
        visitor = desk.visitor()
        return jsonify(_job(desk, visitor.connection, visitor.run(job)))

    page.after_request(_flat)
    return page


def _submitted(visitor: Visitor, said: Asked) -> Json:
    """The run of this press, under a key that holds nobody's address."""
    if said.team:
        if said.team not in visitor.teams:
            raise BadRequest(
                "You are not in this team, or it does not use this connection.",
                instead=f"Send one of: {', '.join(visitor.teams)}. With none, it is {visitor.team}.",
            )
        visitor.team = said.team
    where = place.address(visitor.connection, {"record": said.record_id})
    target = Target(connection=visitor.connection.name, at={"record": where.record})
    press = hashlib.sha256(f"{visitor.person} {said.request_key}".encode()).hexdigest()
    asked = Request(
        key=f"button:{press}",
        inputs={"instruction": said.instructions} if said.instructions else {},
        target=target,
        surface="salesforce",
        raw={"record": where.record, "object": where.object, "request_key": said.request_key},
    )
    try:
        return visitor.submit(replace(asked, workflow=said.template))
    except BadRequest as error:
        # One name, as on an AI Request: of a workflow of the team, or else of a template.
        if error.code != "unknown-name":
            raise
    return visitor.submit(replace(asked, template=said.template, destinations=(target,)))


def _read(body: Json) -> Asked:
    try:
        # A flow leaves out what nobody filled in, or sends null for it.
        return Asked.model_validate({name: value for name, value in body.items() if value is not None})
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc']))[:40]}: {one['msg']}"
            for one in error.errors(include_input=False, include_url=False)[:5]
        )
        raise BadRequest("The call cannot be worked on.", why=wrong, instead="See the OpenAPI file.") from None


def _job(desk: Desk, connection: Connection, run: Json) -> dict[str, str]:
    """A run as flat texts. ``text`` is the draft once there is one; ``problem`` says what happened and what to do."""
    problem = run.get("problem") or {}
    draft: Any = run.get("draft") or {}
    variants = draft.get("variants") or [{}]
    done = next((one for one in run.get("deliveries", ()) if one.get("url")), {})
    return {
        "job_id": run["id"],
        "status": run["state"],
        "status_url": f"{desk.url}/connect/salesforce/{connection.name}/requests/{run['id']}",
        "text": str(variants[0].get("text") or ""),
        "output_url": str(done.get("url") or ""),
        "run_url": f"{desk.url}/runs/{run['id']}",
        "problem": " ".join(filter(None, (problem.get("what", ""), problem.get("instead", "")))),
    }


def _flat(response: Response) -> Response:
    """A problem as four texts of the kind the OpenAPI file names: a flow reads no other kind of body."""
    if response.mimetype == "application/problem+json":
        told = json.loads(response.get_data())
        names = {"error": "detail", "why": "why", "instead": "instead", "code": "code"}
        response.set_data(json.dumps({name: str(told.get(source) or "") for name, source in names.items()}))
        response.mimetype = "application/json"
    return response
