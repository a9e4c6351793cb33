"""Budgets over the API: what is left for the caller, and raising one for the running month."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from apiflask import APIBlueprint
from flask import Response

from hub.bootstrap import Hub
from hub.domain import Role
from hub.errors import UnknownName
from hub.pipeline import money
from hub.pipeline.money import Budget
from hub.store import runs
from hub.store.budgets import Scope
from hub.web import body
from hub.web.api import gives, takes
from hub.web.api.answering import answered
from hub.web.api.described import described
from hub.web.auth import Identity, whoever


def add(api: APIBlueprint, hub: Hub) -> None:
    """Add these routes."""

    @api.get("/budget")
    @described(gives=gives.BudgetList)
    def show_budget() -> Response:
        """What is left this month: your teams', your own, and your teams' workflows'. A lead sees each person's."""
        identity = whoever()
        found = [one for team in identity.roles for one in money.of_team(hub.parts, team) if _theirs(identity, one)]
        return answered({"budgets": [shown(one) for one in found]})

    @api.post("/budget/raise")
    @described(takes=takes.BudgetRaise, gives=gives.Budget, problems=(403, 404, 409))
    def raise_budget() -> Response:
        """Let a budget hold more this month. A lead raises a person's or a workflow's, an admin the team's."""
        identity, said = whoever(), body.read(takes.BudgetRaise)
        team = said.team or identity.team
        if not identity.reaches(team) or "\x00" in f"{team}{said.person}{said.workflow}":
            raise UnknownName("There is no team of this name among yours.")
        scope = Scope("workflow", said.workflow) if said.workflow else Scope("team")
        if said.person:
            scope = Scope("person", runs.one_spelling(said.person) or "")
        micros = int(Decimal(str(said.to_usd)) * 1_000_000)
        return answered(
            shown(money.raise_to(hub.parts, team, scope, micros, identity.actor(team=team), reason=said.reason))
        )


def _theirs(identity: Identity, one: Budget) -> bool:
    scope = one.standing.scope
    leads = identity.is_admin or identity.roles[one.team] is Role.LEAD
    return leads or scope.kind != "person" or scope.name == runs.one_spelling(identity.person)


def shown(one: Budget) -> dict[str, Any]:
    """A budget as programs see it, in US dollars."""
    stands, seen = one.standing, one.forecast
    figures = {
        "limit_usd": stands.limit_micros,
        "raised_usd": stands.raised_micros,
        "spent_usd": stands.spent_micros,
        "set_aside_usd": stands.reserved_micros,
        "left_usd": stands.left_micros,
    }
    expected = {
        "expected_usd": seen.expected_micros,
        "low_usd": seen.low_micros,
        "high_usd": seen.high_micros,
    }
    return {
        "team": one.team,
        "of": stands.scope.kind,
        "name": stands.scope.name,
        "month": stands.period,
        **{name: micros / 1_000_000 for name, micros in figures.items()},
        "warn_at": stands.warn_at,
        "hard": stands.hard,
        "renews": one.renews.isoformat(),
        "raised_by": one.raised_by,
        "forecast": {
            **{name: None if micros is None else micros / 1_000_000 for name, micros in expected.items()},
            "reached": None if seen.reached is None else seen.reached.isoformat(),
            "why": seen.why,
        },
    }
