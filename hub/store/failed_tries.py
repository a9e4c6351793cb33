"""Failed tries: how often signing in failed for an address that was typed, and how long it has to wait now."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.store.tables import failed_try as table

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def until(tx: Connection, whose: str) -> float:
    """When the next try is taken; 0 when at once. Whoever tries at the same time waits until this transaction ends."""
    return tx.execute(sa.select(table.c.until).where(table.c.whose == whose).with_for_update()).scalar() or 0.0


def count(tx: Connection, whose: str, now: float, forget_before: float) -> int:
    """Note one more; how many they are since the last success, or since a silence longer than that."""
    insert = _INSERT[tx.dialect.name](table).values(whose=whose, tries=1, until=0.0, last_at=now)
    more = sa.case((table.c.last_at < forget_before, 1), else_=table.c.tries + 1)
    done = insert.on_conflict_do_update(index_elements=["whose"], set_={"tries": more, "last_at": now})
    return tx.execute(done.returning(table.c.tries)).scalar_one()


def pause(tx: Connection, whose: str, until: float) -> None:
    tx.execute(sa.update(table).where(table.c.whose == whose).values(until=until))


def clear(tx: Connection, whose: str) -> int:
    """Forget them; how many there were."""
    found = tx.execute(sa.select(table.c.tries).where(table.c.whose == whose)).scalar() or 0
    tx.execute(sa.delete(table).where(table.c.whose == whose))
    return found


def expire(tx: Connection, before: float) -> int:
    return tx.execute(sa.delete(table).where(table.c.last_at < before)).rowcount
