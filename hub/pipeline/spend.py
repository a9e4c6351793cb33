"""Spend: money is set aside before a call and booked after it, in the run's own transactions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from hub.domain import Run, Usage
from hub.errors import Refused
from hub.ledger import Entry
from hub.model import prompt_tokens
from hub.pipeline.compose import prompt_of
from hub.pipeline.parts import Parts
from hub.store import Tx, budgets, runs
from hub.store.budgets import Scope, Standing


def reserve(
    parts: Parts, run: Run, tx: Tx, *, booked_micros: int | None = 0, beside_micros: int | None = 0
) -> tuple[Entry, ...]:
    """Set aside the most the run's next call can cost, in the commit that comes before the call.

    Args:
        booked_micros: what the call before it cost; None books the most it can have cost.
        beside_micros: what else the run will pay for: a judge. None where that has no price.

    Returns:
        What the ledger is to say of it: budgets that are nearly used up from now on, soft ones that are passed.

    Raises:
        Refused: a budget does not hold it, or cannot be kept because no price is known.
    """
    if parts.model.simulated:
        return ()
    person = runs.one_spelling(run.request.actor.person)
    limits = budgets.applying(tx, run.team, person, run.workflow)
    if not limits:
        booked = budgets.settle(tx, run.id, booked_micros, parts.clock()) if booked_micros != 0 else 0
        return _lost(booked) if booked_micros is None else ()
    if beside_micros is None:
        raise _unpriced("the judge model", why="A judge is a call as well.")
    amount, now = ceiling_micros(parts, run) + beside_micros, parts.clock()
    lost = booked_micros is None
    if lost and beside_micros:
        booked_micros = amount - beside_micros
    held = budgets.reserve(tx, run.id, run.team, period(now), limits, amount, now=now, booked_micros=booked_micros)
    if held.short is not None:
        raise _refused(held.short, amount)
    warned = [_told(parts, tx, one, warned=True) for one in held.warned]
    over = [_told(parts, tx, one, warned=False) for one in held.over]
    return (*(_lost(held.booked_micros) if lost else ()), *warned, *over)


def settle(parts: Parts, run: Run, usage: Usage) -> Callable[[Tx], None]:
    """Book what a call cost and give the rest of what was set aside back, in the commit that stores the answer."""

    def write(tx: Tx) -> None:
        budgets.settle(tx, run.id, usage.cost_micros or 0, parts.clock())

    return write


def lost(parts: Parts, run: Run, tx: Tx, *, beside_micros: int | None = 0) -> tuple[Entry, ...]:
    """Book the most a call can have cost of which nobody knows whether it was answered."""
    cost = ceiling_or_none(parts, run) if beside_micros else None
    return _lost(budgets.settle(tx, run.id, cost, parts.clock()))


def ceiling_micros(parts: Parts, run: Run) -> int:
    """The most one call of this run can cost.

    Raises:
        Refused: no price is known, so no budget can be kept.
    """
    template = parts.shelf.revision(run.revision)
    prompt = prompt_of(template, run)
    # The picture itself is fetched right before the call, when the money is set aside already.
    pictures = 0 if template.picture == "none" else 1
    price = parts.model.price_micros(prompt_tokens(prompt, pictures=pictures), prompt.max_tokens)
    if price is None:
        raise _unpriced(f"the model {parts.model.name}")
    return price


def ceiling_or_none(parts: Parts, run: Run) -> int | None:
    """The same; None when no price is known."""
    try:
        return ceiling_micros(parts, run)
    except Refused:
        return None


def period(now: float) -> str:
    """The month a moment belongs to, in UTC, as budgets count it."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m")


def renews(month: str) -> date:
    """The day a month's budgets start anew: the first of the next."""
    first = date.fromisoformat(f"{month}-01")
    return (first + timedelta(days=31)).replace(day=1)


def whose(scope: Scope) -> str:
    """A budget as a sentence names it. No address: a run's problem is read by the whole team."""
    if scope.kind == "person":
        return "The asker's own budget"
    return "The team's budget" if scope.kind == "team" else f"The budget of the workflow {scope.name}"


def raised_by(scope: Scope) -> str:
    """Who may raise it."""
    return "an admin" if scope.kind == "team" else "a lead"


def dollars(micros: int) -> str:
    """An amount for people: in cents, and finer where it is less than a dollar."""
    return f"${micros / 1e6:,.2f}" if micros >= 1_000_000 or not micros else f"${micros / 1e6:.4f}"


def _unpriced(model: str, why: str = "") -> Refused:
    return Refused(
        f"The team has a budget, and no price is known for {model}.",
        why=f"{why} A budget can only be kept when a call's cost is known before it is made.".strip(),
        instead="Set the model's price in INLAY_MODEL_PRICES.",
        who="an admin",
    )


def _refused(one: Standing, amount: int) -> Refused:
    who, left = raised_by(one.scope), f"{dollars(one.left_micros)} of {dollars(one.limit_micros)}"
    return Refused(
        f"{whose(one.scope)} for {one.period} does not hold this request.",
        why=f"It may cost up to {dollars(amount)}, and {left} are left.",
        instead=f"Ask {who} to raise it, or wait until it starts anew on {renews(one.period)}.",
        who=who,
    )


def _lost(booked_micros: int) -> tuple[Entry, ...]:
    return (Entry("model.call_booked", {"cost_micros": booked_micros}),) if booked_micros else ()


def _told(parts: Parts, tx: Tx, one: Standing, *, warned: bool) -> Entry:
    """For the ledger, where a person is a pseudonym."""
    data = {
        "budget": one.scope.kind,
        "name": one.scope.name if one.scope.kind == "workflow" else "",
        "person": parts.ledger.pseudonym(tx, one.scope.name, "") if one.scope.kind == "person" else "",
        "period": one.period,
        "limit_micros": one.limit_micros,
        "used_micros": one.used_micros,
        "warn_at": one.warn_at,
    }
    return Entry("budget.warned" if warned else "budget.over", data)
