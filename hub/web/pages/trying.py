"""The short form that uses a template: form fields become typed inputs, and a run, once however often it is sent."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json

from hub.bootstrap import Hub
from hub.clean import clean_text
from hub.domain import Request, Run
from hub.errors import BadRequest, InvalidInputs, NotAllowed
from hub.pipeline import routes
from hub.pipeline.picture import digest
from hub.sdk import Picture
from hub.store import connections
from hub.templates import InputSpec, Template
from hub.web.auth import Identity

#: How long the page waits for an answer before it shows the run as it goes.
WAIT = 1.0
_NONCE = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Form:
    """What a form shows: its nonce, what was typed, and what is wrong with it by input."""

    nonce: str
    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    team: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A workflow of the person's team that takes the draft somewhere, and the inputs that say where."""

    team: str
    name: str
    connections: tuple[str, ...]
    asks: tuple[str, ...]


@dataclass(slots=True)
class Ways:
    """The ways of one template, and by input that names a place, the workflows that ask it."""

    every: list[Way] = field(default_factory=list)
    asked: dict[str, list[str]] = field(default_factory=dict)


def ways(hub: Hub, identity: Identity) -> Mapping[str, Ways]:
    """Where drafts can go from a page, by template. What goes back to where it was asked has nowhere to go here."""
    with hub.database.reading() as tx:
        flows = connections.workflows(tx, list(identity.roles))
    found: dict[str, Ways] = {}
    for flow in flows:
        places = tuple(dict.fromkeys(one.connection for one in flow.destinations if one != routes.ORIGIN))
        if not places:
            continue
        theirs = found.setdefault(flow.template, Ways())
        theirs.every.append(Way(flow.team, flow.name, places, routes.asks(flow.destinations)))
        for name in theirs.every[-1].asks:
            theirs.asked.setdefault(name, []).append(flow.name)
    return found


def fresh() -> Form:
    return Form(secrets.token_hex(16))


def again(identity: Identity, run: Run) -> Form:
    """The form of a run that is to be made again, filled in for the person who filled it in the first time.

    What a check stopped is not filled in: it may hold what nobody should read again.
    """
    stopped = any(verdict.outcome != "allow" for verdict in run.input_verdicts)
    if stopped or identity.person is None or identity.person != run.request.actor.person:
        return fresh()
    typed = {
        f"input.{name}": "\n".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in run.request.inputs.items()
        if value is not None and value is not False
    }
    return Form(secrets.token_hex(16), typed, {}, run.team)


def start(
    hub: Hub,
    identity: Identity,
    template: Template,
    sent: Mapping[str, str],
    picture: Picture | None = None,
    *,
    trial: str = "",
) -> Run:
    """Start a run from a sent form; with ``trial``, of that revision, which need not be in force.

    Raises:
        InvalidInputs: each input to correct, by name.
        BadRequest, NotAllowed: see ``pipeline.receive``.
    """
    nonce, team = sent.get("nonce", ""), sent.get("team") or identity.team
    if not _NONCE.fullmatch(nonce):
        raise BadRequest("The form is not one of this hub.", instead="Load the page again.")
    if team not in identity.roles:
        raise NotAllowed("You do not work for this team.", instead="Pick one of your own teams.")
    inputs = typed(template.inputs, sent)
    way = None if trial else _way(hub, identity, team, template, sent.get("workflow", ""))
    if way is not None:
        inputs |= {name: sent.get(f"place.{name}", "") for name in way.asks}
    # The same form sent twice is one run; corrected and sent again it is another.
    shown = digest(picture) if picture else ""
    more = [one for one in (trial, way.name if way else "") if one]
    said = hashlib.sha256(to_json([team, template.name, inputs, shown, *more])).hexdigest()[:32]
    request = Request(
        key=f"page:{team}:{nonce}:{said}",
        template=None if way else template.name,
        workflow=way.name if way else None,
        inputs=inputs,
        actor=identity.actor(team=team),
        team=team,
        surface="web",
        trial=trial,
    )
    return hub.submit(request, wait=WAIT, picture=picture)


def _way(hub: Hub, identity: Identity, team: str, template: Template, name: str) -> Way | None:
    if not name:
        return None
    theirs = ways(hub, identity).get(template.name, Ways())
    for one in theirs.every:
        if (one.team, one.name) == (team, name):
            return one
    what = f"The team {team} has no workflow of this name that takes a draft of {template.title} somewhere."
    raise BadRequest(what, instead="Load the page again and pick one that is there.")


def typed(specs: tuple[InputSpec, ...], sent: Mapping[str, str]) -> dict[str, Any]:
    """Form fields as the values an input takes; what was left empty is left out.

    Raises:
        InvalidInputs: a number is none.
    """
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for spec in specs:
        raw = clean_text(sent.get(f"input.{spec.name}", ""))
        if spec.kind == "boolean":
            values[spec.name] = bool(raw)
        elif not raw.strip():
            continue
        elif spec.kind == "list":
            values[spec.name] = [line.strip() for line in raw.splitlines() if line.strip()]
        elif spec.kind in ("integer", "number"):
            try:
                values[spec.name] = int(raw) if spec.kind == "integer" else float(raw)
            except ValueError:
                wrong[spec.name] = f"should be a {'whole number' if spec.kind == 'integer' else 'number'}"
        else:
            values[spec.name] = raw
    if wrong:
        raise InvalidInputs("Some inputs are no numbers.", fields=wrong)
    return values
