"""The ledger's rows: appended, read, never changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json
from sqlalchemy.engine import Connection, Row

from hub.domain import Event
from hub.store.tables import ledger

_LOCK = 7_102_002
_LAST = sa.select(ledger.c.seq, ledger.c.hash).order_by(ledger.c.seq.desc()).limit(1)
_INSERT = sa.insert(ledger)
_OF_RUN = sa.select(ledger).where(ledger.c.run_id == sa.bindparam("run")).order_by(ledger.c.seq)


def last(tx: Connection) -> tuple[int, str]:
    """The chain's end, held until the transaction ends so that nobody else appends: its number and hash."""
    if tx.dialect.name == "postgresql":
        tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    row = tx.execute(_LAST).one_or_none()
    return (0, "") if row is None else (row.seq, row.hash)


def insert(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Append rows whose numbers and hashes follow ``last``."""
    tx.execute(_INSERT, rows)


def of_run(tx: Connection, run_id: str) -> list[Event]:
    """A run's events, oldest first."""
    rows = tx.execute(_OF_RUN, {"run": run_id})
    return [_event(row) for row in rows]


def walk(tx: Connection, batch: int = 1000) -> Iterator[tuple[Event, str]]:
    """Every event in order, each with its data exactly as stored."""
    after = -1
    while True:
        rows = tx.execute(sa.select(ledger).where(ledger.c.seq > after).order_by(ledger.c.seq).limit(batch)).all()
        for row in rows:
            yield _event(row), row.data
        if len(rows) < batch:
            return
        after = rows[-1].seq


def _event(row: Row[Any]) -> Event:
    try:
        data = from_json(row.data)
    except ValueError:
        data = {"unreadable": True}
    return Event(
        seq=row.seq,
        at=row.at,
        run_id=row.run_id,
        team=row.team,
        actor=row.actor,
        kind=row.kind,
        data=data,
        key_id=row.key_id,
        prev=row.prev,
        hash=row.hash,
    )
