"""The ledger's rows: appended, read, never changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json
from sqlalchemy.engine import Connection

from hub.domain import Event
from hub.store.hot import Hot
from hub.store.tables import ledger

_LOCK = 7_102_002
_COLUMNS = tuple(column.name for column in ledger.columns)
_ALONE = Hot(sa.select(sa.func.pg_advisory_xact_lock(sa.literal_column(str(_LOCK)))))
_LAST = Hot(sa.select(ledger.c.seq, ledger.c.hash).order_by(ledger.c.seq.desc()).limit(1))
_INSERT = Hot(sa.insert(ledger))
_OF_RUN = Hot(sa.select(ledger).where(ledger.c.run_id == sa.bindparam("run")).order_by(ledger.c.seq))


def last(tx: Connection) -> tuple[int, str]:
    """The chain's end, held until the transaction ends so that nobody else appends: its number and hash."""
    if tx.dialect.name == "postgresql":
        _ALONE.one(tx, {})
    row = _LAST.one(tx, {})
    return (0, "") if row is None else (row[0], row[1])


def insert(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Append rows whose numbers and hashes follow ``last``."""
    for row in rows:
        _INSERT.count(tx, row)


def of_run(tx: Connection, run_id: str) -> list[Event]:
    """A run's events, oldest first."""
    return [event_of(row) for row in _OF_RUN.all(tx, {"run": run_id})]


def with_proof(tx: Connection, run_id: str) -> list[tuple[Event, str, str]]:
    """A run's events, oldest first, each with its data exactly as stored and the hash of the row before it in the chain
    (empty before the first)."""
    before = ledger.alias("before")
    statement = (
        sa.select(ledger, before.c.hash.label("hash_before"))
        .outerjoin(before, before.c.seq == ledger.c.seq - 1)
        .where(ledger.c.run_id == run_id)
        .order_by(ledger.c.seq)
    )
    return [(event_of(tuple(row)[:-1]), row.data, row.hash_before or "") for row in tx.execute(statement)]


def walk(tx: Connection, batch: int = 1000) -> Iterator[tuple[Event, str]]:
    """Every event in order, each with its data exactly as stored."""
    after = -1
    while True:
        rows = tx.execute(sa.select(ledger).where(ledger.c.seq > after).order_by(ledger.c.seq).limit(batch)).all()
        for row in rows:
            yield event_of(row), row.data
        if len(rows) < batch:
            return
        after = rows[-1].seq


def count_of(tx: Connection, actors: Sequence[str]) -> int:
    """How many rows carry one of these pseudonyms. It reads the whole chain."""
    return tx.execute(sa.select(sa.func.count()).where(ledger.c.actor.in_(list(actors)))).scalar_one()


def newest(
    tx: Connection, *, kind: str = "", run_id: str = "", after: int = 0, before: int | None = None, limit: int
) -> list[Event]:
    """Events with a number above ``after`` and below ``before``, newest first; of one kind or run where given."""
    wanted = sa.select(ledger).where(ledger.c.seq > after)
    if before is not None:
        wanted = wanted.where(ledger.c.seq < before)
    if kind:
        wanted = wanted.where(ledger.c.kind == kind)
    if run_id:
        wanted = wanted.where(ledger.c.run_id == run_id)
    return [event_of(tuple(row)) for row in tx.execute(wanted.order_by(ledger.c.seq.desc()).limit(limit))]


def length(tx: Connection) -> int:
    """The number of the newest event; 0 without any. Nobody is kept from appending."""
    return tx.execute(sa.select(sa.func.max(ledger.c.seq))).scalar() or 0


def number_at(tx: Connection, at: float) -> int:
    """The number of the last event before a moment, found by halving: times grow with the numbers, but for clocks that
    differ by moments, and need no index of their own."""
    low, high = 0, length(tx)
    while low < high:
        middle = (low + high + 1) // 2
        found = tx.execute(sa.select(ledger.c.at).where(ledger.c.seq == middle)).scalar()
        if found is not None and found < at:
            low = middle
        else:
            high = middle - 1
    return low


def event_of(row: Sequence[Any]) -> Event:
    """The event of a row with every column in the table's order."""
    fields = dict(zip(_COLUMNS, row, strict=True))
    try:
        fields["data"] = from_json(fields["data"])
    except ValueError:
        fields["data"] = {"unreadable": True}
    return Event(**fields)
