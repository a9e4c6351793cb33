"""News: runs that stopped, whose vendor is still to be told so where the request was made."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.store.tables import news as table

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def plan(tx: Connection, run_id: str, due_at: float) -> None:
    """Have it told; what was planned before for this run is told anew."""
    changed = {"due_at": due_at, "attempts": 0}
    insert = _INSERT[tx.dialect.name](table).values(run_id=run_id, **changed)
    tx.execute(insert.on_conflict_do_update(index_elements=["run_id"], set_=changed))


def take(tx: Connection, now: float, *, until: float, limit: int) -> list[tuple[str, int]]:
    """(run, attempts before) of those due, put off to ``until`` so that nobody else takes them."""
    due = sa.select(table.c.run_id, table.c.attempts).where(table.c.due_at <= now)
    rows = tx.execute(due.order_by(table.c.due_at).limit(limit).with_for_update(skip_locked=True)).all()
    for run_id, attempts in rows:
        tx.execute(sa.update(table).where(table.c.run_id == run_id).values(due_at=until, attempts=attempts + 1))
    return [(row.run_id, row.attempts) for row in rows]


def put_off(tx: Connection, run_id: str, due_at: float, *, attempts: int) -> None:
    """Tell later."""
    tx.execute(sa.update(table).where(table.c.run_id == run_id).values(due_at=due_at, attempts=attempts))


def done(tx: Connection, run_id: str) -> None:
    tx.execute(sa.delete(table).where(table.c.run_id == run_id))
