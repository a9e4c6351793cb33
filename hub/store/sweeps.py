"""Sweeps: how far the look over each connection is, when the next one is due, and who is at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.domain import Json
from hub.store.tables import sweep as table

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class Sweep:
    """How the sweep over a connection stands. ``problem`` is why the last one stopped, None when it went well."""

    connection: str
    cursor: Json
    due_at: float
    attempts: int
    problem: str | None
    swept_at: float | None


def plan(tx: Connection, connections: Sequence[str], now: float) -> None:
    """Have these connections swept; one that is known stays as it is."""
    if not connections:
        return
    rows = [{"connection": name, "cursor": {}, "due_at": now, "attempts": 0} for name in connections]
    tx.execute(_INSERT[tx.dialect.name](table).values(rows).on_conflict_do_nothing(index_elements=["connection"]))


def take(tx: Connection, connections: Sequence[str], now: float | None, *, until: float) -> Sweep | None:
    """The one of these that is due first, put off to ``until``, so that nobody else takes it; None when none is.

    The row comes as it stands then: its ``due_at`` is ``until``. Without ``now`` every one of them counts as due.
    """
    due = sa.select(table).where(table.c.connection.in_(list(connections)))
    due = due if now is None else due.where(table.c.due_at <= now)
    row = tx.execute(due.order_by(table.c.due_at).limit(1).with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    this = table.c.connection == row.connection
    tx.execute(sa.update(table).where(this).values(due_at=until, attempts=row.attempts + 1))
    return replace(Sweep(*row), due_at=until)


def keep(tx: Connection, connection: str, cursor: Json, *, held: float, due_at: float, now: float) -> bool:
    """Keep how far it came, if it is still ours, which ``held`` (the ``until`` it was taken with) proves."""
    this = (table.c.connection == connection) & (table.c.due_at == held)
    changes = {"cursor": dict(cursor), "due_at": due_at, "attempts": 0, "problem": None, "swept_at": now}
    return tx.execute(sa.update(table).where(this).values(**changes)).rowcount == 1


def put_off(tx: Connection, connection: str, *, held: float, due_at: float, problem: str | None) -> None:
    """Sweep later, from the same cursor."""
    this = (table.c.connection == connection) & (table.c.due_at == held)
    tx.execute(sa.update(table).where(this).values(due_at=due_at, problem=problem))


def get(tx: Connection, connection: str) -> Sweep | None:
    row = tx.execute(sa.select(table).where(table.c.connection == connection)).one_or_none()
    return None if row is None else Sweep(*row)
