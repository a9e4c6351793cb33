"""Budgets: money is reserved before a call and settled after it, in the run's own transactions.

A team, each person in it and each of its workflows may have an allowance a month. A run counts against every one that
applies: all of them hold it, or none is touched. Rows are always locked in the same order, so no two runs ever wait for
each other.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.store.hot import Hot
from hub.store.tables import allowance as table
from hub.store.tables import budget, budget_day, budget_raise, reservation

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
Kind = Literal["team", "person", "workflow"]
#: The name of what each person of a team may spend who has no allowance of their own.
EACH = "*"
#: The share of a budget from which its use is warned of, where nothing else is said.
WARN_AT = 0.8


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """Whose budget it is: the team's, a person's by their e-mail address, or a workflow's by its name."""

    kind: Kind
    name: str = ""


TEAM = Scope("team")


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a scope may spend a month. From the share ``warn_at`` of it on its leads are warned; one that is not
    ``hard`` refuses nothing."""

    scope: Scope
    limit_micros: int
    warn_at: float = WARN_AT
    hard: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """One budget's month, in millionths of a US dollar. The limit holds what it was raised by, for this month alone."""

    period: str
    limit_micros: int
    spent_micros: int
    reserved_micros: int
    scope: Scope = TEAM
    raised_micros: int = 0
    warn_at: float = WARN_AT
    hard: bool = True

    @property
    def used_micros(self) -> int:
        """Gone, or set aside for calls under way."""
        return self.spent_micros + self.reserved_micros

    @property
    def left_micros(self) -> int:
        return max(0, self.limit_micros - self.used_micros)


@dataclass(frozen=True, slots=True)
class Reserved:
    """What came of setting money aside. With ``short``, the first hard budget that does not hold it, nothing was. The
    others are budgets as they stood just before: warned about from now on, and soft ones that are passed."""

    short: Standing | None = None
    #: What the call before this one was booked with.
    booked_micros: int = 0
    warned: tuple[Standing, ...] = ()
    over: tuple[Standing, ...] = ()


def allow(tx: Connection, team: str, limit_micros: int, warn_at: float = WARN_AT, hard: bool = True) -> None:
    """Set what a team as a whole may spend a month, from the running month on."""
    put(tx, team, Allowance(TEAM, limit_micros, warn_at, hard))


def put(tx: Connection, team: str, one: Allowance) -> None:
    """Make one allowance of a team, or change it, from the running month on. What was spent stays counted."""
    values = {"limit_micros": one.limit_micros, "warn_at": one.warn_at, "hard": one.hard}
    named = {"team": team, "kind": one.scope.kind, "name": one.scope.name}
    insert = _INSERT[tx.dialect.name](table).values(**named, **values)
    tx.execute(insert.on_conflict_do_update(index_elements=["team", "kind", "name"], set_=values))


def declare(tx: Connection, team: str, allowances: Iterable[Allowance]) -> None:
    """Make these the team's allowances, from the running month on. What was spent stays counted."""
    tx.execute(sa.delete(table).where(table.c.team == team))
    for one in allowances:
        given = {"limit_micros": one.limit_micros, "warn_at": one.warn_at, "hard": one.hard}
        tx.execute(sa.insert(table).values(team=team, kind=one.scope.kind, name=one.scope.name, **given))


def declared(tx: Connection, team: str) -> list[Allowance]:
    """The team's allowances, by scope; ``EACH`` is the name of what each person may spend."""
    rows = tx.execute(sa.select(*_ALLOWANCE).where(table.c.team == team).order_by(table.c.kind, table.c.name))
    return [Allowance(Scope(kind, name), limit, warn_at, hard) for kind, name, limit, warn_at, hard in rows]


def applying(tx: Connection, team: str, person: str | None, workflow: str | None) -> list[Allowance]:
    """The allowances a run counts against; none where the team has no budget. One statement.

    Args:
        person: in one spelling; None for a run that no person asked for.
    """
    rows = _APPLYING.all(tx, {"of_team": team, "who": person or EACH, "flow": workflow or ""})
    found: dict[str, Allowance] = {}
    for kind, name, limit, warn_at, hard in rows:
        if kind != "person":
            found[kind] = Allowance(Scope(kind, name), limit, warn_at, bool(hard))
        elif person and (name != EACH or kind not in found):
            found[kind] = Allowance(Scope("person", person), limit, warn_at, bool(hard))
    return list(found.values())


def reserve(
    tx: Connection,
    run_id: str,
    team: str,
    period: str,
    allowances: Iterable[Allowance],
    amount_micros: int,
    *,
    now: float,
    booked_micros: int | None = 0,
) -> Reserved:
    """Set money aside for one run's next call, in every budget or in none.

    A run holds one reservation. The one it held for a call before is settled here, at ``booked_micros``; None books it
    in full, for a call of which nobody knows whether it was answered.
    """
    limits = {(team, period, one.scope): one for one in allowances}
    moves: dict[_Key, tuple[int, int]] = {}
    booked = 0
    for key, amount in _drop(tx, run_id):
        booked = amount if booked_micros is None else booked_micros
        moves[key] = (booked, -amount)
    for key in limits:
        spent, freed = moves.get(key, (0, 0))
        moves[key] = (spent, freed + amount_micros)
    after: dict[_Key, Standing] = {}
    warned_before = set()
    for key in sorted(moves):
        spent, held, raised, warned = _move(tx, key, *moves[key], now)
        if key in limits:
            one = limits[key]
            limit = one.limit_micros + raised
            after[key] = Standing(period, limit, spent, held, one.scope, raised, one.warn_at, one.hard)
            warned_before |= {key} if warned else set()
    short = next((one for one in after.values() if one.hard and one.used_micros > one.limit_micros), None)
    if short is not None:
        for key in sorted(after):
            _move(tx, key, 0, -amount_micros, now)
        return Reserved(short=replace(short, reserved_micros=short.reserved_micros - amount_micros))
    for key in after:
        _HOLD.count(tx, {**_row(key), "run_id": run_id, "amount_micros": amount_micros})
    crossed = [key for key, one in after.items() if key not in warned_before and _warns(one)]
    for key in crossed:
        _WARNED.count(tx, _where(key))
    over = tuple(one for one in after.values() if not one.hard and one.used_micros > one.limit_micros)
    return Reserved(booked_micros=booked, warned=tuple(after[key] for key in crossed), over=over)


def settle(tx: Connection, run_id: str, cost_micros: int | None, now: float) -> int:
    """Book what a call cost and give the rest of the reservation back; None books all that was set aside. A cost is
    booked on the month its money was set aside in. What was booked; 0 when nothing is set aside, which is harmless."""
    booked = 0
    for key, amount in _drop(tx, run_id):
        booked = amount if cost_micros is None else cost_micros
        _move(tx, key, booked, -amount, now)
    return booked


def release(tx: Connection, run_id: str) -> None:
    """Give a reservation back unspent; harmless when there is none."""
    settle(tx, run_id, 0, 0.0)


def holds(tx: Connection, run_id: str) -> bool:
    """Whether a run has money set aside."""
    return tx.execute(sa.select(reservation.c.run_id).where(reservation.c.run_id == run_id)).first() is not None


def raise_by(tx: Connection, team: str, period: str, scope: Scope, amount_micros: int) -> None:
    """Let a budget hold more, for this month alone."""
    _MOVE.one(tx, {**_row((team, period, scope)), **_NOTHING, "raised": amount_micros})


def note_raise(
    tx: Connection,
    team: str,
    period: str,
    scope: Scope,
    amount_micros: int,
    *,
    reason: str,
    person: str | None,
    at: float,
) -> None:
    """Keep who raised a budget, by how much and why."""
    given = {"amount_micros": amount_micros, "reason": reason, "person": person, "at": at}
    tx.execute(sa.insert(budget_raise).values(team=team, period=period, kind=scope.kind, name=scope.name, **given))


def raises(tx: Connection, team: str, period: str) -> list[tuple[Scope, int, str, str | None, float]]:
    """(scope, by how much, why, who, when) of each raise in a month, oldest first."""
    t = budget_raise
    chosen = sa.select(t.c.kind, t.c.name, t.c.amount_micros, t.c.reason, t.c.person, t.c.at).order_by(t.c.id)
    rows = tx.execute(chosen.where(t.c.team == team, t.c.period == period))
    return [(Scope(kind, name), amount, reason, person, at) for kind, name, amount, reason, person, at in rows]


def standing(tx: Connection, team: str, period: str, scope: Scope = TEAM) -> Standing | None:
    """Where a budget's month stands, None when there is no such budget."""
    limits = {one.scope: one for one in declared(tx, team)}
    one = limits.get(scope) or (limits.get(Scope("person", EACH)) if scope.kind == "person" else None)
    return None if one is None else _standing(one, scope, period, _months(tx, team, period).get(scope))


def standings(tx: Connection, team: str, period: str) -> list[Standing]:
    """Every budget of a team, its own first. Of people without an allowance of their own, those who used it."""
    limits = {one.scope: one for one in declared(tx, team)}
    months = _months(tx, team, period)
    each = limits.pop(Scope("person", EACH), None)
    if each is not None:
        limits |= {scope: each for scope in months if scope.kind == "person" and scope not in limits}
    order = sorted(limits, key=lambda scope: (scope != TEAM, scope))
    return [_standing(limits[scope], scope, period, months.get(scope)) for scope in order]


def days(tx: Connection, team: str, period: str) -> dict[Scope, dict[int, int]]:
    """What was spent on each day of a month, in millionths, by scope and day of the month."""
    found: dict[Scope, dict[int, int]] = {}
    t = budget_day
    chosen = sa.select(t.c.kind, t.c.name, t.c.day, t.c.spent_micros)
    for kind, name, day, spent in tx.execute(chosen.where(t.c.team == team, t.c.period == period)):
        found.setdefault(Scope(kind, name), {})[day] = spent
    return found


_Key = tuple[str, str, Scope]


def _drop(tx: Connection, run_id: str) -> list[tuple[_Key, int]]:
    """The run's reservation, gone; in the order in which budgets are locked."""
    rows = _DROP.all(tx, {"of_run": run_id})
    return sorted(((team, period, Scope(kind, name)), amount) for team, period, kind, name, amount in rows)


def _move(tx: Connection, key: _Key, spent: int, reserved: int, now: float) -> tuple[int, int, int, bool]:
    """Change a month's row, made by whoever needs it first: (spent, reserved, raised, warned) as it stands then.

    From here until the transaction ends the row is ours, and the rows of its days with it.
    """
    row = _MOVE.one(tx, {**_row(key), "spent": spent, "reserved": reserved, "raised": 0})
    assert row is not None
    if spent:
        _BOOK.count(tx, {**_row(key), "day": _day(key[1], now), "spent": spent})
    return row[0], row[1], row[2], bool(row[3])


def _day(period: str, now: float) -> int:
    """The day of its month a cost is booked on: today, or the last one when that month is over."""
    today = datetime.fromtimestamp(now, UTC)
    if f"{today:%Y-%m}" == period:
        return today.day
    year, _, month = period.partition("-")
    return calendar.monthrange(int(year), int(month))[1]


def _warns(one: Standing) -> bool:
    return one.used_micros >= one.warn_at * one.limit_micros


def _standing(one: Allowance, scope: Scope, period: str, row: tuple[int, int, int] | None) -> Standing:
    spent, reserved, raised = row or (0, 0, 0)
    return Standing(period, one.limit_micros + raised, spent, reserved, scope, raised, one.warn_at, one.hard)


def _months(tx: Connection, team: str, period: str) -> dict[Scope, tuple[int, int, int]]:
    chosen = sa.select(
        budget.c.kind, budget.c.name, budget.c.spent_micros, budget.c.reserved_micros, budget.c.raised_micros
    )
    rows = tx.execute(chosen.where(budget.c.team == team, budget.c.period == period))
    return {Scope(kind, name): (spent, reserved, raised) for kind, name, spent, reserved, raised in rows}


def _row(key: _Key) -> dict[str, str]:
    team, period, scope = key
    return {"team": team, "period": period, "kind": scope.kind, "name": scope.name}


def _where(key: _Key) -> dict[str, str]:
    return {f"of_{name}": value for name, value in _row(key).items()}


def _moving(dialect: str) -> sa.Insert:
    insert = _INSERT[dialect](budget).values(
        team=sa.bindparam("team"),
        period=sa.bindparam("period"),
        kind=sa.bindparam("kind"),
        name=sa.bindparam("name"),
        spent_micros=sa.bindparam("spent"),
        reserved_micros=sa.bindparam("reserved"),
        raised_micros=sa.bindparam("raised"),
        warned=sa.false(),
    )
    names = ("spent_micros", "reserved_micros", "raised_micros")
    moved = {name: budget.c[name] + insert.excluded[name] for name in names}
    return insert.on_conflict_do_update(index_elements=list(budget.primary_key.columns), set_=moved).returning(
        *(budget.c[name] for name in names), budget.c.warned
    )


def _booking(dialect: str) -> sa.Insert:
    insert = _INSERT[dialect](budget_day).values(
        team=sa.bindparam("team"),
        period=sa.bindparam("period"),
        kind=sa.bindparam("kind"),
        name=sa.bindparam("name"),
        day=sa.bindparam("day"),
        spent_micros=sa.bindparam("spent"),
    )
    booked = {"spent_micros": budget_day.c.spent_micros + insert.excluded.spent_micros}
    return insert.on_conflict_do_update(index_elements=list(budget_day.primary_key.columns), set_=booked)


_ALLOWANCE = (table.c.kind, table.c.name, table.c.limit_micros, table.c.warn_at, table.c.hard)
_NOTHING = {"spent": 0, "reserved": 0}
_APPLYING = Hot(
    sa.select(*_ALLOWANCE).where(
        table.c.team == sa.bindparam("of_team"),
        sa.or_(
            table.c.kind == "team",
            sa.and_(table.c.kind == "person", table.c.name.in_([sa.bindparam("who"), sa.literal(EACH)])),
            sa.and_(table.c.kind == "workflow", table.c.name == sa.bindparam("flow")),
        ),
    )
)
_MOVE = Hot({dialect: _moving(dialect) for dialect in _INSERT})
_BOOK = Hot({dialect: _booking(dialect) for dialect in _INSERT})
_HOLD = Hot(sa.insert(reservation))
_WARNED = Hot(
    sa.update(budget)
    .where(*(budget.c[name] == sa.bindparam(f"of_{name}") for name in ("team", "period", "kind", "name")))
    .values(warned=sa.true())
)
_DROP = Hot(
    sa.delete(reservation)
    .where(reservation.c.run_id == sa.bindparam("of_run"))
    .returning(
        reservation.c.team,
        reservation.c.period,
        reservation.c.kind,
        reservation.c.name,
        reservation.c.amount_micros,
    )
)
