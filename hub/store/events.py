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


def event_of(row: Sequence[Any]) -> Event:
    """The event of a row with every column in the table's order."""
    fields = dict(zip(_COLUMNS, row, strict=True))
    try:
        fields["data"] = from_json(fields["data"])
    except ValueError:
        fields["data"] = {"unreadable": True}
    return Event(**fields)
