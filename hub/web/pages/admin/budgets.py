"""The budgets: what each team, person and workflow may spend, spent, and will have spent; set and raised here."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.bootstrap import Hub
from hub.domain import Role
from hub.errors import BadRequest, InlayError
from hub.pipeline import allowances, money
from hub.pipeline.money import Budget, raised_by_role
from hub.pipeline.spend import dollars, period
from hub.store import budgets as stored
from hub.store import connections, teams
from hub.store.budgets import EACH, Allowance, Scope
from hub.store.runs import one_spelling
from hub.web.auth import Identity, whoever
from hub.web.pages.admin.access import for_leads, team_of, tell, their_teams


def add(page: Blueprint, hub: Hub) -> None:
    """Add the list, and what it does."""

    page.add_app_template_filter(dollars, "dollars")

    @page.get("/admin/budgets")
    @for_leads
    def budgets() -> str:
        identity, now = whoever(), hub.parts.clock()
        mine = their_teams(hub, identity)
        with hub.database.reading() as tx:
            named = {one_spelling(email): name for email, name, _, _ in teams.people(tx)}
            people = [row for row in teams.people(tx) if identity.leads(row[2])]
            flows = connections.workflows(tx, [team.id for team in mine])
            raises = [(team, *one) for team in mine for one in stored.raises(tx, team.id, period(now))]
        shown = [
            (team, [(one, _whose(one.standing.scope, named), _may_raise(identity, one)) for one in found])
            for team in mine
            if (found := money.of_team(hub.parts, team.id))
        ]
        return render_template(
            "admin/budgets.html",
            teams=mine,
            shown=shown,
            month=period(now),
            people=people,
            flows=flows,
            raises=[(team, _whose(scope, named), *rest) for team, scope, *rest in raises],
            named=named,
        )

    @page.post("/admin/budgets/raise")
    @for_leads
    def raise_budget() -> Response:
        identity, said = whoever(), request.form
        team = team_of(hub, identity, said.get("team", ""))
        try:
            scope = _scope(said.get("of", ""))
            raised = money.raise_to(
                hub.parts,
                team.id,
                scope,
                _micros(said.get("amount", "")),
                identity.actor(team=team.id),
                reason=said.get("reason", "").replace("\x00", ""),
            )
            one = raised.standing
            flash(f"In {one.period} this budget holds {dollars(one.limit_micros)}.", "done")
        except InlayError as error:
            tell(error)
        return redirect(url_for("admin.budgets"), 303)

    @page.post("/admin/budgets")
    def set_budget() -> Response:
        identity, said = whoever(), request.form
        team = team_of(hub, identity, said.get("team", ""))
        try:
            warn = _amount(said.get("warn", "") or "80", "Write the share to warn at in per cent, such as 80.") / 100
            wanted = Allowance(
                _scope(said.get("of", "")), _micros(said.get("amount", "")), float(warn), "soft" not in said
            )
            changed = allowances.set_to(hub.parts, team.id, wanted, identity.actor(team=team.id))
            amount = dollars(wanted.limit_micros)
            said_so = f"The budget is {amount} a month, from this month on." if changed else f"It is {amount} already."
            flash(said_so, "done")
        except InlayError as error:
            tell(error)
        return redirect(url_for("admin.budgets"), 303)


#: A point before three digits parts thousands in half of Europe, and cents nowhere.
_TWO_WAYS = re.compile(r"\d{1,3}(\.\d{3})+")


def _may_raise(identity: Identity, one: Budget) -> bool:
    role = Role.ADMIN if identity.is_admin else identity.roles.get(one.team)
    return role in (Role.ADMIN, raised_by_role(one.standing.scope))


def _whose(scope: Scope, named: dict[str | None, str]) -> str:
    if scope.kind == "team":
        return "The team"
    if scope.kind == "workflow":
        return f"Workflow {scope.name}"
    return "Each person" if scope.name == EACH else named.get(scope.name, scope.name)


def _scope(of: str) -> Scope:
    """A form's ``kind:name``."""
    kind, _, name = of.partition(":")
    if kind == "person":
        return Scope("person", name if name == EACH else one_spelling(name) or "")
    if kind == "workflow" and name:
        return Scope("workflow", name)
    if kind in ("team", ""):
        return Scope("team")
    raise BadRequest("There is no such budget.", instead="Pick one of the list.")


def _micros(text: str) -> int:
    if _TWO_WAYS.fullmatch(text.strip().removeprefix("$")):
        raise BadRequest("This amount can be read in two ways.", instead="Write 1250 or 1.25, without thousands marks.")
    amount = _amount(text, "Write the amount in US dollars, such as 250 or 99.50.")
    return int(min(amount, Decimal(10**12)) * 1_000_000)


def _amount(text: str, instead: str) -> Decimal:
    try:
        found = Decimal(text.strip().removeprefix("$").replace(",", ""))
    except InvalidOperation:
        raise BadRequest("This is no amount.", instead=instead) from None
    if not found.is_finite() or found < 0:
        raise BadRequest("This is no amount.", instead=instead)
    return found
