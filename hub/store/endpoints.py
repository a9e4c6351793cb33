"""Endpoints: where the hub's own events are sent, how far each has been told, and which events it did not take.

The ledger is the outbox: what is still to send stands after an endpoint's ``cursor``. An event an endpoint did not take
becomes a late one, with its own attempts, so that it keeps no other from arriving.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.domain import Event
from hub.errors import LeaseLost
from hub.store import deliveries
from hub.store.events import event_of
from hub.store.tables import endpoint as table
from hub.store.tables import late_event, ledger, run

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
#: ``failing`` took nothing until an event was given up; ``gone`` said that it wants nothing more. An admin goes on.
State = Literal["on", "off", "failing", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One receiver. It was declared as it stands after the ledger row ``first``; ``cursor`` is the last one that was
    looked at for it. ``format`` is how it is told: as a Standard Webhook, or a line in a channel. ``private`` lets it
    stand in a private network. ``attempts`` counts the calls in a row that found it away."""

    name: str
    url: str
    events: tuple[str, ...]
    team: str | None
    secrets: str
    private: bool = False
    format: str = "standard"
    state: State
    first: int = 0
    cursor: int = 0
    attempts: int = 0
    due_at: float = 0.0
    status: int | None = None
    problem: str = ""
    sent_at: float | None = None

    @property
    def address(self) -> str:
        """The URL as people are shown it. What follows a question mark may be a secret of the receiver's."""
        return self.url.partition("?")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """An event an endpoint did not take: sent again at ``due_at``, never when that is None: it is given up."""

    endpoint: str
    seq: int
    attempts: int
    due_at: float | None
    since: float
    status: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class Happened:
    """A ledger row, the template of its run, and where the text of its delivery can be looked at."""

    row: Event
    template: str
    link: str = ""


def put(tx: Connection, one: Endpoint) -> None:
    """Declare an endpoint. A new one is told what happens from now on; a known one goes on where it was,
    and what is late is tried at once."""
    kept: dict[str, Any] = {
        "url": one.url,
        "events": list(one.events),
        "team": one.team,
        "secrets": one.secrets,
        "private": one.private,
        "format": one.format,
        "state": one.state,
        "due_at": 0.0,
        "attempts": 0,
    }
    known = get(tx, one.name)
    if known is not None:
        first = known.first if (known.events, known.team) == (one.events, one.team) else known.cursor
        change(tx, one.name, first=first, **kept)
        again = (late_event.c.endpoint == one.name, late_event.c.due_at.is_not(None))
        tx.execute(sa.update(late_event).where(*again).values(due_at=0.0))
        return
    end = _end(tx)
    insert = _INSERT[tx.dialect.name](table).values(name=one.name, first=end, cursor=end, problem="", **kept)
    tx.execute(insert.on_conflict_do_update(index_elements=["name"], set_=kept))


def every(tx: Connection) -> list[Endpoint]:
    return [_endpoint(row) for row in tx.execute(sa.select(table).order_by(table.c.name))]


def get(tx: Connection, name: str) -> Endpoint | None:
    row = tx.execute(sa.select(table).where(table.c.name == name)).one_or_none()
    return None if row is None else _endpoint(row)


def take(tx: Connection, name: str, now: float, *, until: float) -> Endpoint | None:
    """This one if it is on and due, put off to ``until`` so that nobody else takes it."""
    free = (table.c.name == name, table.c.state == "on", table.c.due_at <= now)
    row = tx.execute(sa.select(table).where(*free).with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    change(tx, name, due_at=until)
    return replace(_endpoint(row), due_at=until)


def change(tx: Connection, name: str, **values: Any) -> None:
    tx.execute(sa.update(table).where(table.c.name == name).values(**values))


def note(tx: Connection, held: Endpoint, **values: Any) -> Endpoint:
    """Change one that was taken and is still ours.

    Raises:
        LeaseLost: another process has it, or an admin changed it.
    """
    ours = (table.c.name == held.name, table.c.state == "on", table.c.due_at == held.due_at)
    if tx.execute(sa.update(table).where(*ours).values(**values)).rowcount == 0:
        raise LeaseLost(f"Another process tells {held.name} now.")
    return replace(held, **values)


def resume(tx: Connection, name: str) -> None:
    """Go on with one that was given up: with what it missed, and with every late event as if it were new."""
    change(tx, name, state="on", attempts=0, due_at=0.0, problem="")
    tx.execute(sa.update(late_event).where(late_event.c.endpoint == name).values(attempts=0, due_at=0.0))


def after(tx: Connection, one: Endpoint, kinds: Sequence[str], limit: int) -> tuple[list[Happened], int]:
    """The next ledger rows of these kinds, oldest first, and the last row there is."""
    end = _end(tx)
    wanted = _rows(one, kinds).where(ledger.c.seq > one.cursor, ledger.c.seq <= end)
    return _happened(tx, wanted.order_by(ledger.c.seq).limit(limit)), end


def before(tx: Connection, one: Endpoint, kinds: Sequence[str], seq: int | None, limit: int) -> list[Happened]:
    """Ledger rows of these kinds since the endpoint was declared, newest first, before ``seq``."""
    wanted = _rows(one, kinds).where(ledger.c.seq > one.first)
    if seq is not None:
        wanted = wanted.where(ledger.c.seq < seq)
    return _happened(tx, wanted.order_by(ledger.c.seq.desc()).limit(limit))


def row(tx: Connection, seq: int) -> Happened | None:
    """One row of the ledger."""
    return next(iter(_happened(tx, _rows().where(ledger.c.seq == seq))), None)


def late(tx: Connection, name: str, *, due: float | None = None, limit: int | None = None) -> list[Late]:
    """Events an endpoint did not take, oldest first: all, or those due by now."""
    wanted = sa.select(late_event).where(late_event.c.endpoint == name).order_by(late_event.c.seq).limit(limit)
    if due is not None:
        wanted = wanted.where(late_event.c.due_at <= due)
    return [Late(**found._mapping) for found in tx.execute(wanted)]


def late_of(tx: Connection, seq: int) -> list[Late]:
    """The endpoints that did not take this event."""
    wanted = sa.select(late_event).where(late_event.c.seq == seq).order_by(late_event.c.endpoint)
    return [Late(**found._mapping) for found in tx.execute(wanted)]


def put_late(tx: Connection, one: Late) -> None:
    """Note that an event was not taken."""
    values = {name: getattr(one, name) for name in Late.__slots__}
    insert = _INSERT[tx.dialect.name](late_event).values(**values)
    tx.execute(insert.on_conflict_do_update(index_elements=["endpoint", "seq"], set_=values))


def taken(tx: Connection, name: str, seq: int) -> None:
    """A late event arrived after all."""
    tx.execute(sa.delete(late_event).where(late_event.c.endpoint == name, late_event.c.seq == seq))


def _rows(one: Endpoint | None = None, kinds: Sequence[str] | None = None) -> sa.Select[Any]:
    found = sa.select(*ledger.c, run.c.template).select_from(ledger.outerjoin(run, run.c.id == ledger.c.run_id))
    if kinds is not None:
        found = found.where(ledger.c.kind.in_(kinds))
    return found if one is None or one.team is None else found.where(ledger.c.team == one.team)


def _happened(tx: Connection, wanted: sa.Select[Any]) -> list[Happened]:
    rows = [(event_of(found[:-1]), found[-1] or "") for found in tx.execute(wanted)]
    links = deliveries.links(tx, {key for happened, _ in rows if (key := happened.data.get("delivery"))})
    return [Happened(row, template, links.get(str(row.data.get("delivery")), "")) for row, template in rows]


def _end(tx: Connection) -> int:
    return tx.execute(sa.select(sa.func.coalesce(sa.func.max(ledger.c.seq), 0))).scalar_one()


def _endpoint(found: Any) -> Endpoint:
    fields = dict(found._mapping)
    return Endpoint(**{**fields, "events": tuple(fields["events"])})
