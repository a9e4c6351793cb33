"""The first draft over a new connection: which templates fit, where it goes, and the run that writes it back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from pydantic_core import to_json

from hub.bootstrap import Hub
from hub.domain import Request, Run, Target
from hub.errors import BadRequest, InvalidInputs
from hub.sdk import Connector
from hub.templates import InputSpec, Template
from hub.web.auth import Identity
from hub.web.pages import trying

_NONCE = re.compile(r"[0-9a-f]{32}")
#: The field of the form that says where it goes.
PLACE = "place"


def fitting(hub: Hub, connector: Connector, team: str) -> list[Template]:
    """The templates a team can use there, those that wait for nobody's review first."""
    surfaces = set(connector.surfaces)
    found = [one for one in hub.parts.shelf.every() if surfaces & set(one.surfaces)]
    return sorted(
        (one for one in found if not one.teams or team in one.teams), key=lambda one: (one.tier > 1, one.title)
    )


def inputs_of(template: Template) -> tuple[InputSpec, ...]:
    """What a person is asked for: what can be read at the place may be left out."""
    return tuple(spec.model_copy(update={"required": False}) if spec.source else spec for spec in template.inputs)


def start(
    hub: Hub,
    identity: Identity,
    connector: Connector,
    name: str,
    team: str,
    template: Template,
    sent: Mapping[str, str],
) -> Run:
    """Run the template at the place that was named, and write its draft there.

    Raises:
        InvalidInputs: each field to correct, by name; ``place`` is where it goes.
        BadRequest, NotAllowed, Paused: see ``pipeline.receive``.
    """
    nonce = sent.get("nonce", "")
    if not _NONCE.fullmatch(nonce):
        raise BadRequest("The form is not one of this hub.", instead="Load the page again.")
    given = sent.get(PLACE, "").strip()
    try:
        if not given:
            raise BadRequest("It says where the draft goes.", instead="Copy the address of a page of your own.")
        at = connector.target_of(hub.parts.connections.get(name)[1], given)
    except BadRequest as error:
        fields = {PLACE: f"{error.what} {error.instead}".strip()}
        raise InvalidInputs("The place cannot be found.", fields=fields) from None
    if not at:
        raise BadRequest(f"{connector.title} is not asked by an address.", instead="Start the run in it instead.")
    inputs = trying.typed(template.inputs, sent)
    said = hashlib.sha256(to_json([team, template.name, name, dict(at), inputs])).hexdigest()[:32]
    request = Request(
        key=f"first:{team}:{nonce}:{said}",
        template=template.name,
        inputs=inputs,
        actor=identity.actor(team=team),
        team=team,
        surface="web",
        target=Target(connection=name, at=at),
    )
    return hub.submit(request, wait=trying.WAIT)
