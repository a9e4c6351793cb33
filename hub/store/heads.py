"""Heads of the ledger: one a day, signed, and whether it was put into the folder for heads yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.store.tables import ledger_head as table

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_FIELDS = (table.c.number, table.c.hash, table.c.time, table.c.hub, table.c.key, table.c.signature)


def known(tx: Connection, day: str) -> bool:
    """Whether this day, YYYY-MM-DD, has its head."""
    return tx.execute(sa.select(table.c.day).where(table.c.day == day)).first() is not None


def keep(tx: Connection, day: str, head: dict[str, Any]) -> bool:
    """Keep a day's head; False when somebody kept one before."""
    insert = _INSERT[tx.dialect.name](table).values(day=day, filed=False, **head)
    return tx.execute(insert.on_conflict_do_nothing(index_elements=["day"]).returning(table.c.day)).first() is not None


def every(tx: Connection) -> Sequence[dict[str, Any]]:
    """The fields of every head that is kept, oldest first."""
    return [dict(row._mapping) for row in tx.execute(sa.select(*_FIELDS).order_by(table.c.day))]


def unfiled(tx: Connection, limit: int) -> Sequence[str]:
    """The days whose head is not in the folder yet, oldest first."""
    days = sa.select(table.c.day).where(table.c.filed.is_(False)).order_by(table.c.day).limit(limit)
    return list(tx.execute(days).scalars())


def newest(tx: Connection, *, filed: bool = False) -> str | None:
    """The last day that has a head, or with ``filed`` the last one whose head is in the folder; None without any."""
    days = sa.select(sa.func.max(table.c.day))
    return tx.execute(days.where(table.c.filed.is_(True)) if filed else days).scalar()


def file(tx: Connection, day: str) -> dict[str, Any] | None:
    """Take a day's head to put it into the folder, in this transaction; None when somebody else does."""
    taken = sa.update(table).where(table.c.day == day, table.c.filed.is_(False)).values(filed=True)
    row = tx.execute(taken.returning(*_FIELDS)).one_or_none()
    return None if row is None else dict(row._mapping)
