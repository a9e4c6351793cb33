"""Connections, the teams they are switched on for, and workflows. Secrets are stored encrypted, as one sealed text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.domain import Target
from hub.store.tables import connection, enablement, fact, notice, permit, sweep, tryout, workflow

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """A connection as it is stored: plain settings, sealed secrets, and for each secret when it was set.

    ``declared`` says that a hub.yaml holds it: then its settings are changed there.
    """

    name: str
    connector: str
    settings: Mapping[str, Any]
    secrets: str
    sandbox: bool
    paused: bool
    updated_at: float
    declared: bool = False
    secret_dates: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Workflow:
    """What a team picks by name: a template, and where its output goes."""

    team: str
    name: str
    template: str
    destinations: tuple[Target, ...]
    baseline_minutes: float | None


def put(tx: Connection, row: ConnectionRow) -> None:
    """Create a connection or change it."""
    values = {name: getattr(row, name) for name in ConnectionRow.__slots__}
    changed = {name: value for name, value in values.items() if name != "name"}
    insert = _INSERT[tx.dialect.name](connection).values(**values)
    tx.execute(insert.on_conflict_do_update(index_elements=["name"], set_=changed))


def get(tx: Connection, name: str) -> ConnectionRow | None:
    row = tx.execute(_CONNECTION, {"name": name}).one_or_none()
    return None if row is None else ConnectionRow(*row)


def every(tx: Connection) -> list[ConnectionRow]:
    return [ConnectionRow(*row) for row in tx.execute(sa.select(*_COLUMNS).order_by(connection.c.name))]


def pause(tx: Connection, name: str, paused: bool, now: float) -> bool:
    """Stop or resume a connection; False when there is none of this name."""
    changed = sa.update(connection).where(connection.c.name == name).values(paused=paused, updated_at=now)
    return tx.execute(changed).rowcount == 1


def enable(tx: Connection, name: str, team: str, settings: Mapping[str, Any], *, declared: bool = False) -> None:
    """Switch a connection on for a team. ``declared``: a hub.yaml says so."""
    said = {"settings": dict(settings), "declared": declared}
    insert = _INSERT[tx.dialect.name](enablement).values(connection=name, team=team, **said)
    tx.execute(insert.on_conflict_do_update(index_elements=["connection", "team"], set_=said))


def disable(tx: Connection, name: str, team: str) -> bool:
    """Switch a connection off for a team; False when it was not on."""
    this = (enablement.c.connection == name) & (enablement.c.team == team)
    return tx.execute(sa.delete(enablement).where(this)).rowcount == 1


def enabled(tx: Connection, name: str, team: str) -> bool:
    """True when the connection is on for the team, paused or not."""
    return tx.execute(_ENABLED, {"name": name, "team": team}).first() is not None


def enablements(tx: Connection) -> list[tuple[str, str, Mapping[str, Any]]]:
    """(connection, team, settings) of everything that is switched on."""
    columns = (enablement.c.connection, enablement.c.team, enablement.c.settings)
    return [tuple(row) for row in tx.execute(sa.select(*columns).order_by(*columns[:2]))]


def declared_for(tx: Connection, name: str | None = None) -> set[tuple[str, str]]:
    """(connection, team) of the switches a hub.yaml holds; of one connection, or of all."""
    columns = (enablement.c.connection, enablement.c.team)
    statement = sa.select(*columns).where(enablement.c.declared.is_(True))
    if name is not None:
        statement = statement.where(enablement.c.connection == name)
    return {(row.connection, row.team) for row in tx.execute(statement)}


def remove(tx: Connection, name: str) -> None:
    """Delete a connection with what is kept about it. Receipts of what was written over it stay with their runs."""
    for table in (tryout, permit, notice, sweep, fact, enablement):
        tx.execute(sa.delete(table).where(table.c.connection == name))
    tx.execute(sa.delete(connection).where(connection.c.name == name))


def teams_of(tx: Connection, name: str) -> list[str]:
    """The teams a connection is on for."""
    return list(
        tx.execute(
            sa.select(enablement.c.team).where(enablement.c.connection == name).order_by(enablement.c.team)
        ).scalars()
    )


def put_workflow(tx: Connection, flow: Workflow) -> None:
    """Create a workflow or change it."""
    values = {
        "team": flow.team,
        "name": flow.name,
        "template": flow.template,
        "destinations": [{"connection": target.connection, "at": dict(target.at)} for target in flow.destinations],
        "baseline_minutes": flow.baseline_minutes,
    }
    insert = _INSERT[tx.dialect.name](workflow).values(**values)
    tx.execute(insert.on_conflict_do_update(index_elements=["team", "name"], set_=values))


def get_workflow(tx: Connection, team: str, name: str) -> Workflow | None:
    found = tx.execute(_WORKFLOW, {"team": team, "name": name}).one_or_none()
    return None if found is None else _workflow(found)


def workflows(tx: Connection, teams: Sequence[str] | None = None) -> list[Workflow]:
    """The workflows of these teams (None: of all), by team and name."""
    statement = sa.select(workflow).order_by(workflow.c.team, workflow.c.name)
    if teams is not None:
        statement = statement.where(workflow.c.team.in_(list(teams)))
    return [_workflow(row) for row in tx.execute(statement)]


def _workflow(row: Any) -> Workflow:
    return Workflow(
        row.team,
        row.name,
        row.template,
        tuple(Target(connection=item["connection"], at=item["at"]) for item in row.destinations),
        row.baseline_minutes,
    )


_COLUMNS = tuple(connection.c[name] for name in ConnectionRow.__slots__)
_CONNECTION = sa.select(*_COLUMNS).where(connection.c.name == sa.bindparam("name"))
_ENABLED = (
    sa.select(sa.literal(1))
    .select_from(enablement)
    .where(enablement.c.connection == sa.bindparam("name"), enablement.c.team == sa.bindparam("team"))
)
_WORKFLOW = sa.select(workflow).where(workflow.c.team == sa.bindparam("team"), workflow.c.name == sa.bindparam("name"))
