"""Connections as people see them: the matrix of teams, one connection with its health, and what a person may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.bootstrap import Hub
from hub.configure import by_hand
from hub.configure.tryouts import LONGEST
from hub.errors import UnknownName
from hub.sdk import Connector
from hub.store import Tx, connections, health, sweeps, teams, tryouts
from hub.store.connections import ConnectionRow
from hub.store.teams import Team
from hub.store.tryouts import Tryout
from hub.web.auth import Identity

#: How many days of deliveries the health of a connection is read from.
DAYS = 14


@dataclass(frozen=True, slots=True)
class Shown:
    """One connection. ``connector`` is None when it is not installed any more."""

    row: ConnectionRow
    connector: Connector | None
    teams: Sequence[str]
    tryout: Tryout | None

    @property
    def title(self) -> str:
        return self.connector.title if self.connector else self.row.connector

    @property
    def state(self) -> tuple[str, str]:
        """How it stands in words, and the tone of it."""
        if self.connector is None:
            return "Not installed", "stop"
        if self.row.paused:
            return "Paused", "wait"
        if self.tryout is not None and self.tryout.done_at is not None and not self.tryout.works:
            return "Needs a look", "stop"
        return ("In use", "good") if self.teams else ("Not in use yet", "calm")


@dataclass(frozen=True, slots=True)
class Matrix:
    """Teams down, connections across. ``on`` holds (connection, team); ``declared`` those that a hub.yaml holds."""

    teams: Sequence[Team]
    connections: Sequence[Shown]
    on: frozenset[tuple[str, str]]
    declared: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Health:
    """How a connection goes. ``heard_at`` is when its vendor last sent something; ``swept`` the last look over it."""

    days: Sequence[health.Day]
    fault: health.Fault | None
    heard_at: float | None
    swept: sweeps.Sweep | None

    @property
    def most(self) -> int:
        """The most deliveries of a day, at least 1."""
        return max(1, *(day.good + day.failed + day.waiting for day in self.days))

    def total(self, what: str) -> int:
        return sum(getattr(day, what) for day in self.days)


def matrix(hub: Hub, identity: Identity) -> Matrix:
    """Everything for an admin; for anybody else their teams, and the connections that are on for one of them."""
    with hub.database.reading() as tx:
        rows = connections.every(tx)
        on = {(name, team) for name, team, _ in connections.enablements(tx) if identity.reaches(team)}
        declared = connections.declared_for(tx)
        tried = tryouts.every(tx)
        found = [team for team in teams.every(tx) if identity.reaches(team.id)]
    used = {name for name, _ in on}
    shown = [
        Shown(row, hub.registry.connectors.get(row.connector), _of(on, row.name), tried.get(row.name))
        for row in rows
        if identity.is_admin or row.name in used
    ]
    return Matrix(found, shown, frozenset(on), frozenset(declared & on))


def seen(hub: Hub, identity: Identity, name: str) -> Shown:
    """One connection, with those of its teams that this person reaches.

    Raises:
        UnknownName: there is none of this name, or it is on for none of their teams: which of the two is not told.
    """
    with hub.database.reading() as tx:
        row = by_hand.known(tx, name)
        on = [team for team in connections.teams_of(tx, name) if identity.reaches(team)]
        tried = tryouts.every(tx, name)
    if not on and not identity.is_admin:
        raise UnknownName(
            "There is no connection of this name for your teams.",
            why="It may be switched off for them, or be called something else by now.",
            instead="Look at the list of connections, or ask an admin to switch it on.",
            who="an admin",
        )
    return Shown(row, hub.registry.connectors.get(row.connector), on, tried.get(name))


def health_of(hub: Hub, tx: Tx, identity: Identity, shown: Shown) -> Health:
    """How it went lately for the teams this person reaches."""
    name, now = shown.row.name, hub.parts.clock()
    days = health.days(tx, name, now, teams=identity.reach, count=DAYS)
    fault = health.last_fault(tx, name, days[0].start, teams=identity.reach)
    heard = health.heard_at(tx, name, days[0].start, teams=shown.teams)
    return Health(days, fault, heard, sweeps.get(tx, name))


def under_way(hub: Hub, tryout: Tryout | None) -> bool:
    """Whether a tryout runs at this moment; one that was broken off does not."""
    return tryout is not None and tryout.done_at is None and tryout.started_at > hub.parts.clock() - LONGEST


def secrets_of(shown: Shown) -> Mapping[str, float | None]:
    """The secrets that can be renewed, and when each was set; None where none is set."""
    if shown.connector is None:
        return {}
    names = sorted(name for name in shown.connector.settings.secret_names() if not name.endswith(by_hand.PREVIOUS))
    return {name: shown.row.secret_dates.get(name) for name in names}


def _of(on: set[tuple[str, str]], name: str) -> list[str]:
    return sorted(team for connection, team in on if connection == name)
