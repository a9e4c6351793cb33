"""What there is to work with: templates, workflows and connections of the caller's teams."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response

from hub.bootstrap import Hub
from hub.errors import UnknownName
from hub.pipeline.routes import ORIGIN, asks
from hub.store import authored, connections
from hub.store.connections import Workflow
from hub.templates import Template
from hub.web.api import gives
from hub.web.api.answering import answered
from hub.web.api.described import described
from hub.web.auth import Identity, whoever


def add(api: APIBlueprint, hub: Hub) -> None:
    """Add these routes."""

    @api.get("/templates")
    @described(gives=gives.TemplateList)
    def list_templates() -> Response:
        """The templates in force that your teams may use."""
        identity = whoever()
        found = [_listed(hub, one) for one in hub.parts.shelf.every() if offered(one, identity)]
        with hub.database.reading() as tx:
            own = [one for one in authored.every(tx, identity.reach) if one.production is None]
        drafts = [{"name": one.name, "team": one.team, "lifecycle": one.stage, "parent": one.parent} for one in own]
        return answered({"templates": found, "drafts": drafts})

    @api.get("/templates/<name>")
    @described(gives=gives.Template, problems=(404,))
    def show_template(name: str) -> Response:
        """One template: its inputs, its help, its revision."""
        return answered(_listed(hub, template_of(hub, whoever(), name)))

    @api.get("/workflows")
    @described(gives=gives.WorkflowList)
    def list_workflows() -> Response:
        """Your teams' workflows."""
        with hub.database.reading() as tx:
            found = connections.workflows(tx, whoever().reach)
        return answered(
            {
                "workflows": [
                    {
                        "team": flow.team,
                        "name": flow.name,
                        "template": flow.template,
                        "destinations": ["" if target == ORIGIN else target.connection for target in flow.destinations],
                        "asks": list(asks(flow.destinations)),
                        "baseline_minutes": flow.baseline_minutes,
                    }
                    for flow in found
                ]
            }
        )

    @api.get("/connections")
    @described(gives=gives.ConnectionList)
    def list_connections() -> Response:
        """The connections that are switched on for your teams. Their settings stay with the admins."""
        return answered({"connections": connections_of(hub, whoever())})


def offered(one: Template, identity: Identity) -> bool:
    """Whether one of the caller's teams may use the template."""
    return not one.teams or identity.is_admin or any(team in identity.roles for team in one.teams)


def template_of(hub: Hub, identity: Identity, name: str) -> Template:
    """A template in force.

    Raises:
        UnknownName: there is none of this name for the caller's teams.
    """
    found = next((one for one in hub.parts.shelf.every() if one.name == name and offered(one, identity)), None)
    if found is None:
        raise UnknownName("There is no template of this name for your team.", instead="Look at the list of templates.")
    return found


def _listed(hub: Hub, one: Template) -> dict[str, Any]:
    """A template with how far it is."""
    standing = hub.parts.shelf.standing(one.name)
    return {
        **template(one),
        "lifecycle": standing.stage if standing else "published",
        "team": standing.team if standing else None,
        "parent": standing.parent if standing else None,
        "successor": standing.successor if standing else None,
        "ends_on": standing.ends_on if standing else None,
    }


def template(one: Template) -> dict[str, Any]:
    """A template as it is shown."""
    return {
        **{name: getattr(one, name) for name in ("name", "title", "description", "version", "owner", "tier")},
        "revision": one.short_revision,
        "surfaces": list(one.surfaces),
        "tags": list(one.tags),
        "baseline_minutes": one.baseline_minutes,
        "write": one.contract.write,
        "picture": one.picture,
        "help": one.help.model_dump(),
        "inputs": [
            {
                **{name: getattr(spec, name) for name in ("name", "kind", "required", "label", "help", "default")},
                "choices": list(spec.choices),
                "max_length": spec.length,
                "min": spec.min,
                "max": spec.max,
                "source": spec.source,
            }
            for spec in one.inputs
        ],
    }


def workflow(flow: Workflow, one: Template) -> dict[str, Any]:
    """A workflow as people pick it where templates are offered: its template, and what says where the result goes."""
    places = [
        {
            **{"name": name, "kind": "text", "required": True, "default": None, "source": None},
            **{"label": name.replace("_", " ").capitalize(), "help": "Where the result goes."},
            **{"choices": [], "max_length": 2000, "min": None, "max": None},
        }
        for name in asks(flow.destinations)
    ]
    shown = template(one)
    also = ", ".join(dict.fromkeys(place.connection for place in flow.destinations if place != ORIGIN))
    title = f"{one.title} ({flow.name}, to {also})"
    return {**shown, "name": flow.name, "title": title, "inputs": [*shown["inputs"], *places]}


def connections_of(hub: Hub, identity: Identity) -> list[dict[str, Any]]:
    """The connections the caller's teams may use, and for which of them each is on."""
    connectors = hub.registry.connectors
    found: list[dict[str, Any]] = []
    with hub.database.reading() as tx:
        for row in connections.every(tx):
            on = [team for team in connections.teams_of(tx, row.name) if identity.reaches(team)]
            if on or identity.is_admin:
                connector = connectors.get(row.connector)
                found.append(
                    {
                        "name": row.name,
                        "connector": row.connector,
                        "title": connector.title if connector else row.connector,
                        "sandbox": row.sandbox,
                        "paused": row.paused,
                        "caution": hub.parts.connections.caution(row.name),
                        "teams": on,
                    }
                )
    return found
