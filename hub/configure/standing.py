"""What is stored now, as far as a hub.yaml can speak about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.bootstrap import Hub
from hub.domain import Role
from hub.errors import ConfigurationError
from hub.pipeline.spend import period
from hub.sdk import Secret
from hub.store import Tx, budgets, connections, endpoints, policies, teams
from hub.store.connections import ConnectionRow, Workflow
from hub.store.endpoints import Endpoint
from hub.store.teams import Team


@dataclass(frozen=True, slots=True)
class Standing:
    """The stored configuration. ``period`` is the running month; ``on`` maps (connection, team) to settings."""

    hub: Hub
    at: float
    period: str
    policy: Mapping[str, Any]
    teams: Mapping[str, Team]
    budgets: Mapping[str, int]
    people: Mapping[str, tuple[str, Mapping[str, Role]]]
    connections: Mapping[str, ConnectionRow]
    on: Mapping[tuple[str, str], Mapping[str, Any]]
    workflows: Mapping[tuple[str, str], Workflow]
    endpoints: Mapping[str, Endpoint]

    def secrets_of(self, row: ConnectionRow) -> dict[str, Secret] | None:
        """The opened secrets of a connection; None when no key in force opens them, so that they are sealed anew."""
        return self.opened(row.secrets)

    def opened(self, sealed: str) -> dict[str, Secret] | None:
        """The secrets of a sealed text, None when no key in force opens it."""
        try:
            return self.hub.vault.open(sealed)
        except ConfigurationError:
            return None


def standing(hub: Hub, tx: Tx) -> Standing:
    """Read it all in one transaction."""
    now = hub.parts.clock()
    month = period(now)
    stored = {team.id: team for team in teams.every(tx)}
    limits = {name: budgets.standing(tx, name, month) for name in stored}
    people: dict[str, tuple[str, dict[str, Role]]] = {}
    for email, name, team, role in teams.people(tx):
        people.setdefault(email, (name, {}))[1][team] = role
    return Standing(
        hub=hub,
        at=now,
        period=month,
        policy=policies.get(tx),
        teams=stored,
        budgets={name: limit.limit_micros for name, limit in limits.items() if limit is not None},
        people=people,
        connections={row.name: row for row in connections.every(tx)},
        on={(name, team): settings for name, team, settings in connections.enablements(tx)},
        workflows={(flow.team, flow.name): flow for flow in connections.workflows(tx)},
        endpoints={one.name: one for one in endpoints.every(tx)},
    )
