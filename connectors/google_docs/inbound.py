"""Takes calls that start a run from a document: proves the sender, and puts the call into the hub's words."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from connectors.google_docs import place
from connectors.google_docs.settings import GoogleDocsSettings
from hub.sdk import Actor, BadRequest, Connection, Ignored, Inbound, Request, Target, Trigger, Unverified, clean_json

_FIELDS = frozenset({"event", "id", "document", "at", "template", "workflow", "inputs", "person", "team"})


def verify(connection: Connection, request: Inbound) -> None:
    """
    Raises:
        Unverified: the connection takes no calls, or the token is missing or wrong.
    """
    settings: GoogleDocsSettings = connection.settings
    accepted = [one.reveal() for one in (settings.inbound_token, settings.inbound_token_previous) if one]
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    sent = request.headers.get("x-inlay-token") or (bearer.strip() if scheme.lower() == "bearer" else "")
    # Every accepted token is compared, whatever the first says, so that the time tells nothing.
    matches = [hmac.compare_digest(sent.encode("utf-8", "replace"), one.encode()) for one in accepted]
    if not sent or not any(matches):
        raise Unverified(
            "The call does not prove who sent it.",
            why="It carries no token this connection accepts.",
            instead="Send the connection's inbound token as 'Authorization: Bearer …'.",
        )


def parse(connection: Connection, request: Inbound) -> list[Request | Ignored]:
    """One request for a known event, one ``Ignored`` for another.

    Raises:
        BadRequest: the body is no JSON object, or a field is missing, unknown or ill-formed; it is named.
    """
    try:
        body = clean_json(json.loads(request.body))
    except (ValueError, RecursionError):
        raise _bad("the body is no JSON") from None
    if not isinstance(body, dict) or not isinstance(body.get("event"), str):
        raise _bad("it is no JSON object with an event")
    known = EVENTS.get(body["event"])
    if known is None:
        return [Ignored(event=body["event"][:100], why="Google Docs calls of this kind start nothing.")]
    return [known(connection, body)]


def _run_requested(connection: Connection, body: dict[str, Any]) -> Request:
    unknown = sorted(set(body) - _FIELDS)
    if unknown:
        raise _bad(f"it has no field {unknown[0]!r}")
    key = _text(body, "id", longest=200)
    named = [name for name in ("template", "workflow") if body.get(name) is not None]
    if len(named) != 1:
        raise _bad("it names either a template or a workflow")
    inputs, at = body.get("inputs") or {}, body.get("at") or {"end": True}
    if not isinstance(inputs, Mapping) or not isinstance(at, Mapping):
        raise _bad("inputs and at are JSON objects")
    if at.get("document", body.get("document")) != body.get("document"):
        raise _bad("at names another document")
    where = {**at, "document": body.get("document")}
    place.address(where)
    target = Target(connection=connection.name, at=where)
    asked = _text(body, named[0], longest=200)
    return Request(
        key=key,
        template=asked if named[0] == "template" else None,
        workflow=asked if named[0] == "workflow" else None,
        inputs=inputs,
        target=target,
        destinations=(target,),
        actor=Actor(person=_text(body, "person", longest=320) if body.get("person") else None, via="google_docs"),
        trigger=Trigger.USER,
        surface="google_docs",
        team=_text(body, "team", longest=200) if body.get("team") else None,
        raw=body,
    )


def _text(body: Mapping[str, Any], name: str, *, longest: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise _bad(f"{name} is a text of 1 to {longest} characters")
    return value


def _bad(what: str) -> BadRequest:
    return BadRequest(f"The call cannot be worked on: {what}.", instead="See the connector's page, under Events.")


#: Every event this connector understands, and what makes a request of it.
EVENTS: dict[str, Callable[[Connection, dict[str, Any]], Request]] = {"run.requested": _run_requested}
