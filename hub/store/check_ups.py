"""Check-ups: long looks at the hub that somebody starts, how far each is, and what the last one of its kind found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.store.tables import check_up as table

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
#: Seconds without a word after which a check-up was cut off.
SILENT = 60.0


@dataclass(frozen=True, slots=True)
class CheckUp:
    """``found`` is None while it runs; ``done`` of ``total`` steps, where that is known. Times are Unix seconds."""

    kind: str
    number: int
    started_at: float
    updated_at: float
    done: int
    total: int
    found: Mapping[str, Any] | None

    def runs(self, now: float) -> bool:
        """Whether it is under way: neither over nor cut off."""
        return self.found is None and now - self.updated_at < SILENT

    def cut_off(self, now: float) -> bool:
        return self.found is None and not self.runs(now)


def get(tx: Connection, kind: str) -> CheckUp | None:
    row = tx.execute(sa.select(table).where(table.c.kind == kind)).one_or_none()
    return None if row is None else CheckUp(*row)


def start(tx: Connection, kind: str, now: float, total: int) -> int | None:
    """Begin one; its number, or None while another of this kind is under way."""
    values = {"started_at": now, "updated_at": now, "done": 0, "total": total, "found": None}
    insert = _INSERT[tx.dialect.name](table).values(kind=kind, number=1, **values)
    free = sa.or_(table.c.found.is_not(None), table.c.updated_at <= now - SILENT)
    begun = insert.on_conflict_do_update(
        index_elements=["kind"], set_={**values, "number": table.c.number + 1}, where=free
    )
    return tx.execute(begun.returning(table.c.number)).scalar()


def note(tx: Connection, kind: str, number: int, now: float, done: int) -> None:
    """How far it is. One that was begun anew meanwhile is not touched."""
    this = (table.c.kind == kind, table.c.number == number)
    tx.execute(sa.update(table).where(*this).values(updated_at=now, done=done))


def end(tx: Connection, kind: str, number: int, now: float, found: Mapping[str, Any]) -> None:
    """Keep what it found."""
    this = (table.c.kind == kind, table.c.number == number)
    tx.execute(sa.update(table).where(*this).values(updated_at=now, found=dict(found)))
