"""Puts the connectors' own pages under ``/connect``, each behind its connector's proof of who is there."""

from __future__ import annotations

import re
from typing import Any

import structlog
from flask import Flask, g, request

from hub.bootstrap import Hub
from hub.errors import ConfigurationError, NotAllowed, UnknownName, Unverified
from hub.pipeline import act
from hub.sdk import Connector, Desk, Visit, Visitor
from hub.store import connections, teams
from hub.web import body
from hub.web.auth import DESKS, bearer
from hub.web.inbound import arrived
from hub.web.metrics import Metrics
from hub.web.panels import IS_PANEL, PREFIX, Panels
from hub.web.visitor import PersonAtTheDesk, Uses

log = structlog.get_logger("inlay.connect")
_CODE = re.compile(r"[a-z_]{1,40}")


def install(app: Flask, hub: Hub, metrics: Metrics, panels: Panels) -> list[tuple[DeskOfHub, Any]]:
    """The desk and the pages of every connector that has some; the guard finds the desk by the blueprint's name."""
    found = []
    for connector in hub.registry.connectors.values():
        desk = DeskOfHub(hub, metrics, connector, panels)
        page = connector.blueprint(desk)
        if page is not None:
            found.append((desk, page))
    app.extensions[DESKS] = {desk.name: desk for desk, _ in found}
    return found


class DeskOfHub(Desk):
    """The desk of one connector."""

    friction = act.FRICTION

    def __init__(self, hub: Hub, metrics: Metrics, connector: Connector, panels: Panels) -> None:
        self.url = hub.settings.url
        self.name = f"connect-{connector.name}"
        self.prefix = f"/connect/{connector.name}/<connection>"
        self._hub = hub
        self._metrics = metrics
        self._connector = connector
        self._panels = panels
        self._uses = Uses(hub)

    def visitor(self) -> Visitor:
        return g.visitor

    def body(self) -> dict[str, Any]:
        return body.parse(request.get_data(cache=True))

    def _panel_of(self, connection: str) -> Visit | None:
        """Whom the hub itself has let a panel work for, on the pages that panels call.

        Raises:
            Unverified: it sent a token of the hub's that is none of this connection's, or none any more.
        """
        token = bearer()
        if not token.startswith(PREFIX) or not IS_PANEL.match(request.path):
            return None
        visit = self._panels.visit(connection, token)
        if visit is None:
            raise Unverified("No token in use.", why="panel_token")
        return visit

    def admit(self) -> None:
        """Prove who is there, from the raw request, before any view runs.

        Raises:
            Unverified: nobody; why is not told, since that helps an attacker most.
            NotAllowed: a person who works in no team that uses this connection.
        """
        name = str((request.view_args or {}).get("connection", "")).replace("\x00", "\ufffd")
        try:
            connector, connection = self._hub.parts.connections.get(name)
            if connector.name != self._connector.name:
                raise Unverified("Another connector's connection.")
            visit = self._panel_of(name)
            if visit is None:
                visit = connector.identify(connection, arrived(cache=True), self._hub.parts.clock)
        except (UnknownName, ConfigurationError, Unverified) as error:
            if isinstance(error, ConfigurationError):
                log.error("connection cannot be opened", connection=name)
            elif isinstance(error, Unverified):
                # A word that a connector chose, never a sentence: it could hold what was sent.
                log.warning("visitor unproven", connection=name, why=error.why if _CODE.fullmatch(error.why) else "")
            self._metrics.inbound.labels("(pages)", "unverified").inc()
            raise Unverified(
                "The request does not prove who sent it.",
                instead="Open the add-on again. If that does not help, an admin looks at the connection's settings.",
            ) from None
        with self._hub.database.reading() as tx:
            known = teams.person_of(tx, visit.person)
            on = [team for team in connections.teams_of(tx, name) if known and team in known[2]]
            row = connections.get(tx, name)
        if row is None or row.paused:
            raise NotAllowed(f"{connector.title} ({name}) is paused.", instead="Ask an admin.", who="an admin")
        if known is None or not on:
            raise NotAllowed(
                "You are in no team that uses this connection.",
                why="Inlay knows people by the e-mail address they sign in with.",
                instead="Ask a lead or an admin to add you to a team.",
                who="a lead",
            )
        wanted = request.args.get("team")
        if wanted is not None and wanted not in on:
            raise NotAllowed("You are not in this team, or it does not use this connection.", instead="Pick another.")
        visitor = PersonAtTheDesk(self._hub, self._uses, connection, known, on, wanted or on[0])
        if visit.token:
            self._hub.parts.connections.lend(name, visitor.person, visit.token, visit.expires_at)
            # What they look at themselves is read in their own name too.
            visitor.connection = self._hub.parts.connections.get(name, person=visitor.person)[1]
            visitor.go_on()
        g.visitor = visitor
