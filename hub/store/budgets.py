"""Budgets: money is reserved before a call and settled after it, in the run's own transactions."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.store.hot import Hot
from hub.store.tables import allowance, budget, reservation

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class Standing:
    """One team's month, in millionths of a US dollar."""

    period: str
    limit_micros: int
    spent_micros: int
    reserved_micros: int


def allow(tx: Connection, team: str, limit_micros: int, period: str) -> None:
    """Set what a team may spend a month, from the running month on."""
    insert = _INSERT[tx.dialect.name](allowance).values(team=team, limit_micros=limit_micros)
    tx.execute(insert.on_conflict_do_update(index_elements=["team"], set_={"limit_micros": limit_micros}))
    tx.execute(
        sa.update(budget).where(budget.c.team == team, budget.c.period == period).values(limit_micros=limit_micros)
    )


def limited(tx: Connection, team: str) -> bool:
    """True when the team has a budget at all."""
    return _LIMITED.one(tx, {"of_team": team}) is not None


def reserve(tx: Connection, team: str, period: str, run_id: str, amount_micros: int) -> bool:
    """Set money aside for one run; False when the budget does not hold it. A run holds one reservation: asking again
    replaces it, so a run that was killed and goes on does not reserve twice."""
    _open(tx, team, period)
    release(tx, run_id)
    held = tx.execute(
        sa.update(budget)
        .where(
            budget.c.team == team,
            budget.c.period == period,
            budget.c.spent_micros + budget.c.reserved_micros + amount_micros <= budget.c.limit_micros,
        )
        .values(reserved_micros=budget.c.reserved_micros + amount_micros)
    )
    if held.rowcount != 1:
        return False
    tx.execute(sa.insert(reservation).values(run_id=run_id, team=team, period=period, amount_micros=amount_micros))
    return True


def settle(tx: Connection, run_id: str, cost_micros: int) -> None:
    """Book what a call cost and give the rest of the reservation back."""
    held = _DROP.one(tx, {"of_run": run_id})
    if held is None:
        return
    team, period, amount_micros = held
    tx.execute(
        sa.update(budget)
        .where(budget.c.team == team, budget.c.period == period)
        .values(
            spent_micros=budget.c.spent_micros + cost_micros,
            reserved_micros=budget.c.reserved_micros - amount_micros,
        )
    )


def release(tx: Connection, run_id: str) -> None:
    """Give a reservation back unspent; harmless when there is none."""
    settle(tx, run_id, 0)


def standing(tx: Connection, team: str, period: str) -> Standing | None:
    """Where the team's month stands, None when it has no budget."""
    row = tx.execute(
        sa.select(budget.c.limit_micros, budget.c.spent_micros, budget.c.reserved_micros).where(
            budget.c.team == team, budget.c.period == period
        )
    ).one_or_none()
    if row is not None:
        return Standing(period, *row)
    limit = tx.execute(sa.select(allowance.c.limit_micros).where(allowance.c.team == team)).scalar()
    return None if limit is None else Standing(period, limit, 0, 0)


def _open(tx: Connection, team: str, period: str) -> None:
    """The month's row, made from the allowance by whoever needs it first."""
    exists = sa.select(budget.c.team).where(budget.c.team == team, budget.c.period == period)
    if tx.execute(exists).first() is not None:
        return
    limit = tx.execute(sa.select(allowance.c.limit_micros).where(allowance.c.team == team)).scalar_one()
    insert = _INSERT[tx.dialect.name](budget).values(
        team=team, period=period, limit_micros=limit, spent_micros=0, reserved_micros=0
    )
    tx.execute(insert.on_conflict_do_nothing(index_elements=["team", "period"]))


_LIMITED = Hot(sa.select(allowance.c.team).where(allowance.c.team == sa.bindparam("of_team")))
_DROP = Hot(
    sa.delete(reservation)
    .where(reservation.c.run_id == sa.bindparam("of_run"))
    .returning(reservation.c.team, reservation.c.period, reservation.c.amount_micros)
)
