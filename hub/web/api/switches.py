"""Connections over the API, for admins: switch one on or off for a team, pause it, and try whether it works."""

from __future__ import annotations

from dataclasses import asdict

from apiflask import APIBlueprint
from flask import Response

from hub.bootstrap import Hub
from hub.configure import by_hand, tryouts
from hub.domain import Actor
from hub.errors import UnknownName
from hub.store import tryouts as kept
from hub.web import body, connection_view
from hub.web.api import gives, takes
from hub.web.api.answering import answered
from hub.web.api.catalog import connections_of
from hub.web.api.described import described
from hub.web.auth import need_admin, whoever


def add(api: APIBlueprint, hub: Hub) -> None:
    """Add these routes."""

    @api.post("/connections/<name>/enable")
    @described(takes=takes.TeamNamed, gives=gives.Connection, problems=(403, 404))
    def enable(name: str) -> Response:
        """Switch a connection on for a team, from now on and in every process. An admin's key is needed."""
        by_hand.switch(hub, _admin(), name, body.read(takes.TeamNamed).team, True)
        return _shown(hub, name)

    @api.post("/connections/<name>/disable")
    @described(takes=takes.TeamNamed, gives=gives.Connection, problems=(403, 404))
    def disable(name: str) -> Response:
        """Switch a connection off for a team: its next request is refused. An admin's key is needed."""
        by_hand.switch(hub, _admin(), name, body.read(takes.TeamNamed).team, False)
        return _shown(hub, name)

    @api.post("/connections/<name>/pause")
    @described(takes=takes.Nothing, body_required=False, gives=gives.Connection, problems=(403, 404))
    def pause(name: str) -> Response:
        """Take no new runs over a connection and hold its deliveries. Nothing is lost. An admin's key is needed."""
        body.read(takes.Nothing, optional=True)
        by_hand.pause(hub, _admin(), name, True)
        return _shown(hub, name)

    @api.post("/connections/<name>/resume")
    @described(takes=takes.Nothing, body_required=False, gives=gives.Connection, problems=(403, 404))
    def resume(name: str) -> Response:
        """End a pause: what was held goes on at once. An admin's key is needed."""
        body.read(takes.Nothing, optional=True)
        by_hand.pause(hub, _admin(), name, False)
        return _shown(hub, name)

    @api.post("/connections/<name>/probe")
    @described(takes=takes.Nothing, body_required=False, gives=gives.Tryout, problems=(403, 404))
    def probe(name: str) -> Response:
        """Try whether a connection works, now; it takes as long as its vendor does. An admin's key is needed."""
        body.read(takes.Nothing, optional=True)
        _admin()
        tryouts.begin(hub, name, wait=tryouts.LONGEST)
        return _tryout(hub, name)

    @api.get("/connections/<name>/probes")
    @described(gives=gives.Tryout, problems=(404,))
    def show_probes(name: str) -> Response:
        """What the last tryout of a connection of your teams found, each fault with its fix and who can do it."""
        connection_view.seen(hub, whoever(), name)
        return _tryout(hub, name)


def _admin() -> Actor:
    identity = whoever()
    need_admin(identity)
    return identity.actor()


def _shown(hub: Hub, name: str) -> Response:
    found = next((one for one in connections_of(hub, whoever()) if one["name"] == name), None)
    if found is None:
        raise UnknownName("There is no connection of this name.", instead="GET /connections lists them.")
    return answered(found)


def _tryout(hub: Hub, name: str) -> Response:
    with hub.database.reading() as tx:
        found = kept.every(tx, name).get(name)
    return answered(
        {
            "connection": name,
            "tried_at": found.done_at if found else None,
            "under_way": connection_view.under_way(hub, found),
            "works": found.works if found and found.done_at else None,
            "probes": [asdict(one) for one in found.probes] if found else [],
        }
    )
