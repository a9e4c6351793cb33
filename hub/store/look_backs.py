"""Look-backs: when to look again at what became of a delivered text, and who is at it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.store.tables import look_back as table

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def plan(tx: Connection, delivery: str, moment: str, due_at: float) -> None:
    """Look at a delivery at that moment; one that is planned already stays as it is."""
    insert = _INSERT[tx.dialect.name](table).values(delivery=delivery, moment=moment, due_at=due_at, attempts=0)
    tx.execute(insert.on_conflict_do_nothing(index_elements=["delivery", "moment"]))


def take(tx: Connection, now: float, *, until: float, limit: int) -> list[tuple[str, str, int]]:
    """(delivery, moment, attempts before) of those due, put off to ``until`` so that nobody else takes them."""
    due = sa.select(table.c.delivery, table.c.moment, table.c.attempts).where(table.c.due_at <= now)
    rows = tx.execute(due.order_by(table.c.due_at).limit(limit).with_for_update(skip_locked=True)).all()
    for delivery, moment, attempts in rows:
        this = (table.c.delivery == delivery) & (table.c.moment == moment)
        tx.execute(sa.update(table).where(this).values(due_at=until, attempts=attempts + 1))
    return [(row.delivery, row.moment, row.attempts) for row in rows]


def put_off(tx: Connection, delivery: str, moment: str, due_at: float) -> None:
    """Look later."""
    this = (table.c.delivery == delivery) & (table.c.moment == moment)
    tx.execute(sa.update(table).where(this).values(due_at=due_at))


def done(tx: Connection, delivery: str, moment: str) -> None:
    tx.execute(sa.delete(table).where(table.c.delivery == delivery, table.c.moment == moment))
