"""Money: how a team's budgets stand and where their month will end, and raising one for the running month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from hub.domain import Actor, Role
from hub.errors import BadRequest, Conflict, NotAllowed, UnknownName
from hub.ledger import Entry
from hub.pipeline.forecast import Forecast, forecast
from hub.pipeline.parts import Parts
from hub.pipeline.spend import dollars, period, raised_by, renews
from hub.store import Tx, budgets, teams
from hub.store.budgets import TEAM, Scope, Standing

#: The most a budget can be raised to, in US dollars.
MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget of a team: how it stands, where its month will end, when it starts anew and who can raise it."""

    team: str
    standing: Standing
    forecast: Forecast
    renews: date
    raised_by: str


def of_team(parts: Parts, team: str) -> list[Budget]:
    """Every budget of a team in the running month, its own first.

    Raises:
        UnknownName: there is no such team.
    """
    with parts.database.reading() as tx:
        _known(tx, team)
        return list(_budgets(parts, tx, team))


def raise_to(
    parts: Parts, team: str, scope: Scope, limit_micros: int, actor: Actor, *, reason: str, month: str = ""
) -> Budget:
    """Let a budget hold this much, for one month alone. Asking twice for the same changes nothing more.

    Args:
        actor: who raises it, with the role they have in the team. A lead raises what a person or a workflow may spend,
            up to what the team may; an admin every budget.
        month: as ``2026-11``; the running one when empty.

    Raises:
        NotAllowed: it is not theirs to raise.
        UnknownName: there is no such team or budget.
        Conflict: it holds more than that already.
        BadRequest: no reason is given, the amount is none, or the month is over.
    """
    if actor.role not in (Role.ADMIN, raised_by_role(scope)):
        raise NotAllowed("This budget is not yours to raise.", instead=f"Ask {raised_by(scope)}.", who=raised_by(scope))
    if scope.kind == "person" and scope.name in ("", budgets.EACH):
        raise UnknownName("A person's budget is named by their address.", instead="Raise it for each one who needs it.")
    now = parts.clock()
    month = month or period(now)
    _fits(limit_micros, reason, month, period(now))
    with parts.database.transaction() as tx:
        _known(tx, team)
        budgets.raise_by(tx, team, month, scope, 0)  # From here the row is ours.
        before = budgets.standing(tx, team, month, scope)
        if before is None:
            raise UnknownName("There is no such budget.", instead="Declare it in hub.yaml, under the team's budget.")
        more = limit_micros - before.limit_micros
        if more < 0:
            raise Conflict(
                f"This budget holds {dollars(before.limit_micros)} already.", instead="Lower it in hub.yaml."
            )
        whole = budgets.standing(tx, team, month, TEAM)
        if actor.role is not Role.ADMIN and whole is not None and limit_micros > whole.limit_micros:
            raise NotAllowed(
                f"The team's budget is {dollars(whole.limit_micros)}, and a part of it cannot be more.",
                instead="Ask an admin to raise the team's first.",
                who="an admin",
            )
        if more:
            budgets.raise_by(tx, team, month, scope, more)
            budgets.note_raise(tx, team, month, scope, more, reason=reason.strip(), person=actor.person, at=now)
            _record(parts, tx, team, scope, month, more, limit_micros, actor, now)
        return next(one for one in _budgets(parts, tx, team, month) if one.standing.scope == scope)


def raised_by_role(scope: Scope) -> Role:
    return Role.ADMIN if scope == TEAM else Role.LEAD


def _known(tx: Tx, team: str) -> None:
    if teams.get(tx, team) is None:
        raise UnknownName(f"There is no team named {team!r}.")


def _fits(limit_micros: int, reason: str, month: str, running: str) -> None:
    if not 0 < limit_micros <= MOST * 1_000_000:
        raise BadRequest(f"A budget is raised to more than $0 and at most ${MOST:,}.")
    if not 0 < len(reason.strip()) <= 500:
        raise BadRequest("A budget is raised for a reason.", instead="Say why, in at most 500 characters.")
    try:
        date.fromisoformat(f"{month}-01")
    except ValueError:
        raise BadRequest("This is no month.", instead="Write it as 2026-11.") from None
    if month < running:
        raise BadRequest(f"{month} is over.", instead=f"The running month is {running}.")


def _budgets(parts: Parts, tx: Tx, team: str, month: str = "") -> Iterator[Budget]:
    today = datetime.fromtimestamp(parts.clock(), UTC).date()
    running = f"{today:%Y-%m}"
    before = f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"
    spent = {name: budgets.days(tx, team, name) for name in (before, running)}
    for one in budgets.standings(tx, team, month or running):
        days = dict(_dated(spent, one.scope))
        seen = forecast(days, today, used_micros=one.used_micros, limit_micros=one.limit_micros)
        if one.period != running:
            seen = Forecast(why="This month has not begun.")
        yield Budget(team, one, seen, renews(one.period), raised_by(one.scope))


def _dated(spent: Mapping[str, Mapping[Scope, Mapping[int, int]]], scope: Scope) -> Iterator[tuple[date, int]]:
    for month, scopes in spent.items():
        for day, cost in scopes.get(scope, {}).items():
            yield date.fromisoformat(f"{month}-{day:02d}"), cost


def _record(
    parts: Parts, tx: Tx, team: str, scope: Scope, month: str, more: int, limit_micros: int, actor: Actor, now: float
) -> None:
    data = {
        "budget": scope.kind,
        "name": scope.name if scope.kind == "workflow" else "",
        "person": parts.ledger.pseudonym(tx, scope.name, "") if scope.kind == "person" else "",
        "period": month,
        "by_micros": more,
        "limit_micros": limit_micros,
    }
    who = parts.ledger.pseudonym(tx, actor.person, actor.via)
    parts.ledger.append(tx, run_id="", team=team, actor=who, at=now, entries=[Entry("budget.raised", data)])
