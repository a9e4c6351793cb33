"""Notices: what vendors said happened, kept until somebody has looked, and known for a while after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.sdk import Notice
from hub.store.tables import connection as connections
from hub.store.tables import notice as table

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of one connection waits to be looked up. ``problem`` is why the last look brought nothing, if it failed."""

    connection: str
    count: int
    oldest: float
    problem: str | None


def put(tx: Connection, connection: str, found: Sequence[Notice], now: float) -> int:
    """Store notices; how many of them are new."""
    if not found:
        return 0
    rows = [
        {
            "connection": connection,
            "key": one.key,
            "at": dict(one.at),
            "due_at": now + one.settle,
            "attempts": 0,
            "arrived_at": now,
        }
        # The same key twice in one call would stop PostgreSQL.
        for one in {one.key: one for one in found}.values()
    ]
    insert = _INSERT[tx.dialect.name](table).values(rows)
    done = insert.on_conflict_do_nothing(index_elements=["connection", "key"]).returning(table.c.key)
    return len(tx.execute(done).all())


def take(tx: Connection, now: float, *, until: float, limit: int) -> tuple[str, list[tuple[Notice, int]]] | None:
    """One connection's notices that are due, oldest first, with the attempts before; None when none is due.

    They are put off to ``until``, so that nobody else takes them.
    """
    # Connections take turns by chance, so that one with a great many holds up no other. A paused one waits.
    with_some = (
        sa.select(connections.c.name)
        .where(
            connections.c.paused.is_(False),
            sa.exists().where(table.c.connection == connections.c.name, table.c.due_at <= now),
        )
        .order_by(sa.func.random())
        .limit(1)
    )
    connection = tx.execute(with_some).scalar()
    if connection is None:
        return None
    due = (
        sa.select(table.c.key, table.c.at, table.c.attempts)
        .where(table.c.connection == connection, table.c.due_at <= now)
        .order_by(table.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = tx.execute(due).all()
    keys = [row.key for row in rows]
    taken = sa.update(table).where(table.c.connection == connection, table.c.key.in_(keys))
    tx.execute(taken.values(due_at=until, attempts=table.c.attempts + 1))
    return connection, [(Notice(key=row.key, at=row.at), row.attempts) for row in rows]


def done(tx: Connection, connection: str, key: str) -> None:
    """It was looked up."""
    this = (table.c.connection == connection) & (table.c.key == key)
    tx.execute(sa.update(table).where(this).values(due_at=None, problem=None))


def put_off(tx: Connection, connection: str, keys: Sequence[str], due_at: float, problem: str) -> None:
    """Look later."""
    these = (table.c.connection == connection) & table.c.key.in_(list(keys))
    tx.execute(sa.update(table).where(these).values(due_at=due_at, problem=problem))


def due(tx: Connection, now: float) -> int:
    """How many are due, counted up to one batch."""
    ready = (table.c.due_at <= now) & (connections.c.name == table.c.connection) & connections.c.paused.is_(False)
    some = sa.select(table.c.key).where(ready).limit(1).subquery()
    return tx.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()


def waiting(tx: Connection) -> list[Waiting]:
    """What waits, by connection."""
    columns = (
        table.c.connection,
        sa.func.count(),
        sa.func.min(table.c.arrived_at),
        sa.func.max(table.c.problem),
    )
    counted = sa.select(*columns).where(table.c.due_at.is_not(None)).group_by(table.c.connection)
    return [Waiting(*row) for row in tx.execute(counted.order_by(table.c.connection))]


def forget(tx: Connection, before: float) -> int:
    """Delete those that were looked up and arrived before then (Unix seconds); how many there were."""
    old = (table.c.due_at.is_(None)) & (table.c.arrived_at < before)
    return tx.execute(sa.delete(table).where(old)).rowcount
