"""Endpoints: where the hub's own events are sent, and how far each was told. The ledger is what is still to send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.domain import Event
from hub.store.events import event_of
from hub.store.tables import endpoint as table
from hub.store.tables import ledger

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
#: ``failing`` was given up after the last attempt, ``gone`` said that it wants nothing more; both wait for an admin.
State = Literal["on", "off", "failing", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One receiver. ``cursor`` is the ledger row it was told last; ``attempts`` counts those for the row after it."""

    name: str
    url: str
    events: tuple[str, ...]
    team: str | None
    secrets: str
    state: State
    cursor: int = 0
    attempts: int = 0
    due_at: float = 0.0
    status: int | None = None
    problem: str = ""
    sent_at: float | None = None


def put(tx: Connection, one: Endpoint) -> None:
    """Declare an endpoint. A new one is told what happens from now on; a known one goes on where it was."""
    now = tx.execute(sa.select(sa.func.coalesce(sa.func.max(ledger.c.seq), 0))).scalar_one()
    kept: dict[str, Any] = {
        "url": one.url,
        "events": list(one.events),
        "team": one.team,
        "secrets": one.secrets,
        "state": one.state,
        "due_at": 0.0,
        "attempts": 0,
    }
    insert = _INSERT[tx.dialect.name](table).values(name=one.name, cursor=now, problem="", **kept)
    tx.execute(insert.on_conflict_do_update(index_elements=["name"], set_=kept))


def every(tx: Connection) -> list[Endpoint]:
    return [_endpoint(row) for row in tx.execute(sa.select(table).order_by(table.c.name))]


def get(tx: Connection, name: str) -> Endpoint | None:
    row = tx.execute(sa.select(table).where(table.c.name == name)).one_or_none()
    return None if row is None else _endpoint(row)


def take(tx: Connection, names: Sequence[str], now: float, *, until: float) -> list[Endpoint]:
    """Those of these that are still on and due, put off to ``until`` so that nobody else takes them."""
    free = (table.c.state == "on", table.c.due_at <= now, table.c.name.in_(names))
    due = sa.select(table).where(*free).order_by(table.c.name)
    rows = tx.execute(due.with_for_update(skip_locked=True)).all()
    for row in rows:
        tx.execute(sa.update(table).where(table.c.name == row.name).values(due_at=until))
    return [_endpoint(row) for row in rows]


def change(tx: Connection, name: str, **values: Any) -> None:
    tx.execute(sa.update(table).where(table.c.name == name).values(**values))


def after(tx: Connection, seq: int, kinds: Sequence[str], team: str | None, limit: int) -> tuple[list[Event], int]:
    """The next ledger rows of these kinds, oldest first, and the last row there is."""
    end = tx.execute(sa.select(sa.func.coalesce(sa.func.max(ledger.c.seq), 0))).scalar_one()
    wanted = sa.select(ledger).where(ledger.c.seq > seq, ledger.c.seq <= end, ledger.c.kind.in_(kinds))
    if team is not None:
        wanted = wanted.where(ledger.c.team == team)
    return [event_of(row) for row in tx.execute(wanted.order_by(ledger.c.seq).limit(limit))], end


def _endpoint(row: Any) -> Endpoint:
    fields = dict(row._mapping)
    return Endpoint(**{**fields, "events": tuple(fields["events"])})
