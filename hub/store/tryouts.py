"""Tryouts: the last look whether each connection works, what it found, and whether one is under way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.domain import Probe
from hub.store.tables import tryout as table

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class Tryout:
    """A look at a connection. While it is under way ``done_at`` is None and ``probes`` are those of the one before."""

    connection: str
    started_at: float
    done_at: float | None
    probes: tuple[Probe, ...]

    @property
    def works(self) -> bool:
        """Whether everything it needs is there. What only one feature needs does not count."""
        return bool(self.probes) and all(probe.ok or probe.optional for probe in self.probes)


def begin(tx: Connection, connection: str, now: float, *, unless_since: float) -> bool:
    """Note that a look begins; False when one is under way that began after ``unless_since``."""
    insert = _INSERT[tx.dialect.name](table).values(connection=connection, started_at=now, done_at=None, probes=[])
    free = table.c.done_at.is_not(None) | (table.c.started_at < unless_since)
    begun = insert.on_conflict_do_update(
        index_elements=["connection"], set_={"started_at": now, "done_at": None}, where=free
    )
    return tx.execute(begun.returning(table.c.connection)).first() is not None


def keep(tx: Connection, connection: str, started_at: float, probes: Sequence[Probe], now: float) -> None:
    """Keep what the look that began then has found. A later one's finding is left alone."""
    this = (table.c.connection == connection) & (table.c.started_at == started_at)
    tx.execute(sa.update(table).where(this).values(done_at=now, probes=[asdict(probe) for probe in probes]))


def every(tx: Connection, connection: str | None = None) -> dict[str, Tryout]:
    """The last look at each connection, or at this one, by its name."""
    statement = sa.select(table)
    if connection is not None:
        statement = statement.where(table.c.connection == connection)
    return {
        row.connection: Tryout(row.connection, row.started_at, row.done_at, tuple(Probe(**one) for one in row.probes))
        for row in tx.execute(statement)
    }
