"""What is stored now, as far as a hub.yaml can speak about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.bootstrap import Hub
from hub.domain import Role
from hub.errors import ConfigurationError
from hub.sdk import Secret
from hub.store import Tx, accounts, budgets, connections, endpoints, evidence, policies, teams
from hub.store.budgets import Allowance
from hub.store.connections import ConnectionRow, Workflow
from hub.store.endpoints import Endpoint
from hub.store.evidence import Evidence
from hub.store.teams import Team


@dataclass(frozen=True, slots=True)
class Standing:
    """The stored configuration. ``on`` maps (connection, team) to settings."""

    hub: Hub
    at: float
    policy: Mapping[str, Any]
    teams: Mapping[str, Team]
    budgets: Mapping[str, Sequence[Allowance]]
    people: Mapping[str, tuple[str, Mapping[str, Role]]]
    connections: Mapping[str, ConnectionRow]
    on: Mapping[tuple[str, str], Mapping[str, Any]]
    #: The (connection, team) of ``on`` that a hub.yaml holds.
    declared: Collection[tuple[str, str]]
    workflows: Mapping[tuple[str, str], Workflow]
    endpoints: Mapping[str, Endpoint]
    evidence: Mapping[str, Evidence]
    groups: Mapping[str, Mapping[str, Role]]

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
    stored = {team.id: team for team in teams.every(tx)}
    people: dict[str, tuple[str, dict[str, Role]]] = {}
    for email, name, team, role in teams.people(tx):
        people.setdefault(email, (name, {}))[1][team] = role
    return Standing(
        hub=hub,
        at=now,
        policy=policies.get(tx),
        teams=stored,
        budgets={name: budgets.declared(tx, name) for name in stored},
        people=people,
        connections={row.name: row for row in connections.every(tx)},
        on={(name, team): settings for name, team, settings in connections.enablements(tx)},
        declared=connections.declared_for(tx),
        workflows={(flow.team, flow.name): flow for flow in connections.workflows(tx)},
        endpoints={one.name: one for one in endpoints.every(tx)},
        evidence={one.id: one for one in evidence.every(tx)},
        groups=accounts.groups(tx),
    )
