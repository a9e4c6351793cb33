"""The budgets of a team in a hub.yaml: one allowance for the team, each person and each workflow it names."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from hub.configure.declared import BudgetPart
from hub.configure.reading import Source
from hub.configure.standing import Standing
from hub.store.budgets import EACH, TEAM, WARN_AT, Allowance, Scope


def allowances(source: Source, now: Standing, team: str, part: BudgetPart) -> list[Allowance]:
    """What a team's ``budget`` declares.

    Raises:
        InvalidInputs: it names a workflow the team does not have.
    """
    flows = {name for owner, name in now.workflows if owner == team} | set(source.declared.workflows.get(team, {}))
    for flow in part.workflows:
        if flow not in flows:
            wrong = f"the team has no workflow of this name; it has: {', '.join(sorted(flows)) or 'none'}"
            raise source.wrong((("teams", team, "budget", "workflows", flow), wrong))
    limits: dict[Scope, Decimal | None] = {TEAM: part.limit, Scope("person", EACH): part.each_person}
    limits |= {Scope("person", email.casefold()): limit for email, limit in part.people.items()}
    limits |= {Scope("workflow", flow): limit for flow, limit in part.workflows.items()}
    return [
        Allowance(scope, int(limit * 1_000_000), part.warn_at, part.hard)
        for scope, limit in limits.items()
        if limit is not None
    ]


def named(found: Iterable[Allowance]) -> dict[str, Allowance]:
    """Allowances by what a plan calls them."""
    return {_name(one.scope): one for one in found}


def shown(one: Allowance) -> str:
    """An allowance in a plan."""
    warned = f", warned of at {one.warn_at:.0%}" if one.warn_at != WARN_AT else ""
    return f"${one.limit_micros / 1_000_000:,.2f} a month{warned}{'' if one.hard else ', refuses nothing'}"


def _name(scope: Scope) -> str:
    if scope == TEAM:
        return "budget"
    return f"budget of {'each person' if scope.name == EACH else scope.name}"
