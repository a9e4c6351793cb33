"""Spend: a team's money is set aside before a call and booked after it, in the run's own transactions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from hub.domain import Run, Usage
from hub.errors import Refused
from hub.model import prompt_tokens
from hub.pipeline.compose import prompt_of
from hub.pipeline.parts import Parts
from hub.store import Tx, budgets


def reserve(parts: Parts, run: Run, tx: Tx) -> None:
    """Set aside the most the run's next call can cost, in the commit that comes before the call.

    Raises:
        Refused: the budget does not hold it, or cannot be kept because no price is known.
    """
    if parts.model.simulated or not budgets.limited(tx, run.team):
        return
    amount = ceiling_micros(parts, run)
    month = period(parts.clock())
    if not budgets.reserve(tx, run.team, month, run.id, amount):
        raise Refused(
            f"The team's budget for {month} does not hold this request.",
            why=f"It may cost up to ${amount / 1e6:.4f}, which is more than what is left.",
            instead="Ask a lead to raise the budget, or wait for the next month.",
            who="a lead",
        )


def settle(run: Run, usage: Usage) -> Callable[[Tx], None]:
    """Book what a call cost and give the rest of what was set aside back, in the commit that stores the answer."""

    def write(tx: Tx) -> None:
        budgets.settle(tx, run.id, usage.cost_micros or 0)

    return write


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
        raise Refused(
            f"The team has a budget, and no price is known for the model {parts.model.name}.",
            why="A budget can only be kept when a call's cost is known before it is made.",
            instead="Set the model's price in INLAY_MODEL_PRICES.",
            who="an admin",
        )
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
