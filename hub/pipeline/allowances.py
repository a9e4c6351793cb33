"""Allowances set by an admin: what a team, a person or a workflow may spend each month, on record."""

from __future__ import annotations

from hub.domain import Actor, Role
from hub.errors import BadRequest, NotAllowed, UnknownName
from hub.ledger import Entry
from hub.pipeline.money import MOST
from hub.pipeline.parts import Parts
from hub.store import budgets, connections, teams
from hub.store.budgets import EACH, Allowance


def set_to(parts: Parts, team: str, wanted: Allowance, actor: Actor) -> bool:
    """Let a budget be this much from the running month on; False when it is already. What was spent stays counted.

    Raises:
        NotAllowed: they are no admin.
        UnknownName: there is no such team, person in it, or workflow of it.
        BadRequest: the amount or the share to warn at is out of bounds.
    """
    if actor.role is not Role.ADMIN:
        raise NotAllowed("Budgets are set by an admin.", instead="Ask an admin.", who="an admin")
    if not 0 < wanted.limit_micros <= MOST * 1_000_000:
        raise BadRequest(f"A budget is more than $0 and at most ${MOST:,}.")
    if not 0 < wanted.warn_at <= 1:
        raise BadRequest("A budget is warned of from a share of it on.", instead="Write 1 to 100 per cent.")
    scope = wanted.scope
    with parts.database.transaction() as tx:
        if teams.get(tx, team) is None:
            raise UnknownName(f"There is no team named {team[:64]!r}.")
        if scope.kind == "person" and scope.name != EACH and teams.role_of(tx, scope.name, team) is None:
            raise UnknownName("Nobody of this address is in the team.", instead="Pick one of its people.")
        flows = {flow.name for flow in connections.workflows(tx, [team])} if scope.kind == "workflow" else set()
        if scope.kind == "workflow" and scope.name not in flows:
            raise UnknownName("The team has no workflow of this name.", instead="Pick one of its workflows.")
        if wanted in budgets.declared(tx, team):
            return False
        budgets.put(tx, team, wanted)
        each = scope.name == EACH
        person = parts.ledger.pseudonym(tx, scope.name, "") if scope.kind == "person" and not each else ""
        data = {
            "budget": scope.kind,
            "name": scope.name if scope.kind == "workflow" or each else "",
            "person": person,
            "limit_micros": wanted.limit_micros,
            "warn_at": wanted.warn_at,
            "hard": wanted.hard,
        }
        who = parts.ledger.pseudonym(tx, actor.person, actor.via)
        parts.ledger.append(tx, run_id="", team=team, actor=who, at=parts.clock(), entries=[Entry("budget.set", data)])
    return True
