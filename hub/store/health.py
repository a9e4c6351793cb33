"""Health: how a connection's deliveries went lately, what went wrong last, and when its vendor was last heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from hub.domain import DeliveryState, Problem
from hub.store.codec import decode
from hub.store.tables import delivery, notice, run, workflow

DAY = 86_400.0
#: What was taken back had arrived.
_GOOD = (DeliveryState.DONE, DeliveryState.PLACED, DeliveryState.UNDONE)
_FAILED = (DeliveryState.FAILED, DeliveryState.ORPHANED, DeliveryState.WAITING_USER)


@dataclass(frozen=True, slots=True)
class Day:
    """The deliveries of one day, by how they stand now. ``start`` is its first second, in UTC."""

    start: float
    good: int
    failed: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Fault:
    """The newest delivery that did not arrive."""

    run_id: str
    team: str
    at: float
    problem: Problem


def days(tx: Connection, connection: str, now: float, *, teams: Sequence[str] | None, count: int = 14) -> list[Day]:
    """The last days, the oldest first, of the runs of these teams (None: of all)."""
    last = now - now % DAY
    return [_day(tx, connection, last - DAY * back, teams) for back in reversed(range(count))]


def last_fault(tx: Connection, connection: str, since: float, *, teams: Sequence[str] | None) -> Fault | None:
    """What went wrong last, if anything did since then and is still wrong."""
    statement = (
        sa.select(delivery.c.run_id, run.c.team, delivery.c.updated_at, delivery.c.problem)
        .join(run, run.c.id == delivery.c.run_id)
        .where(
            delivery.c.connection == connection,
            delivery.c.updated_at >= since,
            delivery.c.state.in_((*_FAILED, DeliveryState.PENDING)),
            delivery.c.problem.is_not(None),
        )
        .order_by(delivery.c.updated_at.desc())
        .limit(1)
    )
    found = tx.execute(_of(statement, teams)).one_or_none()
    return (
        None if found is None else Fault(found.run_id, found.team, found.updated_at, decode("problem", found.problem))
    )


def heard_at(tx: Connection, connection: str, since: float, *, teams: Sequence[str]) -> float | None:
    """When the vendor last sent or was last found to have something, if since then."""
    noticed = tx.execute(
        sa.select(sa.func.max(notice.c.arrived_at)).where(
            notice.c.connection == connection, notice.c.arrived_at >= since
        )
    ).scalar()
    brought = (
        sa.select(run.c.created_at)
        .where(
            run.c.team.in_(list(teams)),
            run.c.created_at >= since,
            run.c.request_key.startswith(f"in:{connection}:", autoescape=True),
        )
        .order_by(run.c.created_at.desc())
        .limit(1)
    )
    times = [noticed, tx.execute(brought).scalar() if teams else None]
    return max((at for at in times if at is not None), default=None)


def held(tx: Connection, connection: str) -> int:
    """How many deliveries still wait to be written over it."""
    waits = (delivery.c.connection == connection) & (delivery.c.state == DeliveryState.PENDING)
    return tx.execute(sa.select(sa.func.count()).select_from(delivery).where(waits)).scalar_one()


def go_on(tx: Connection, connection: str, now: float) -> None:
    """Let everything that waits for this connection look again now."""
    waits = (delivery.c.connection == connection) & (delivery.c.state == DeliveryState.PENDING)
    concerned = run.c.id.in_(sa.select(delivery.c.run_id).where(waits)) | run.c.problem.contains('"code":"paused"')
    tx.execute(sa.update(delivery).where(waits, delivery.c.wake_at > now).values(wake_at=now))
    tx.execute(sa.update(run).where(run.c.wake_at > now, run.c.token.is_(None), concerned).values(wake_at=now))


def workflows_to(tx: Connection, connection: str) -> list[tuple[str, str]]:
    """(team, name) of the workflows whose result goes there."""
    rows = tx.execute(sa.select(workflow.c.team, workflow.c.name, workflow.c.destinations).order_by(workflow.c.team))
    return [(row.team, row.name) for row in rows if any(to["connection"] == connection for to in row.destinations)]


def _day(tx: Connection, connection: str, start: float, teams: Sequence[str] | None) -> Day:
    statement = (
        sa.select(delivery.c.state, sa.func.count())
        .select_from(delivery)
        .where(delivery.c.connection == connection, delivery.c.updated_at >= start, delivery.c.updated_at < start + DAY)
        .group_by(delivery.c.state)
    )
    if teams is not None:
        statement = statement.join(run, run.c.id == delivery.c.run_id)
    counted: dict[Any, int] = dict(map(tuple, tx.execute(_of(statement, teams))))
    good = sum(counted.get(state, 0) for state in _GOOD)
    failed = sum(counted.get(state, 0) for state in _FAILED)
    return Day(start, good, failed, counted.get(DeliveryState.PENDING, 0))


def _of(statement: Any, teams: Sequence[str] | None) -> Any:
    return statement if teams is None else statement.where(run.c.team.in_(list(teams)))
