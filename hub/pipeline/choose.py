"""Choose: a pack is switched on or off, or what a failed check comes to is set, with its row in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.domain import Actor, Role
from hub.errors import Conflict, InvalidInputs, NotAllowed, UnknownName
from hub.governance.additions import Additions, policy_of
from hub.governance.choosing import basis, stepped, turned
from hub.governance.policy import OnFailure
from hub.ledger import Entry
from hub.pipeline.parts import Parts
from hub.store import Tx, policies, teams, what_ifs
from hub.store.what_ifs import WhatIf


@dataclass(frozen=True, slots=True)
class Stand:
    """What is chosen in a scope, and the name of that choice. ``scope`` is a team, or empty for the organisation."""

    scope: str
    organisation: Additions
    added: Additions
    basis: str


def stand(tx: Tx, scope: str) -> Stand:
    """How the choice of a scope stands.

    Raises:
        UnknownName: there is no such team.
    """
    chosen: Mapping[str, Any] = policies.get(tx)
    added: Mapping[str, Any] = {}
    if scope:
        team = teams.get(tx, scope)
        if team is None:
            raise UnknownName("There is no team of this name.", instead="Look at the list of teams.")
        added = team.policy
    return Stand(scope, Additions.model_validate(chosen), Additions.model_validate(added), basis(chosen, added))


def may_turn(actor: Actor, scope: str, turns: str) -> bool:
    """Whether this person, with the role they have in the scope's team, may switch a pack there: an admin any, a lead
    one on for their team."""
    return actor.role is Role.ADMIN or (bool(scope) and turns == "on" and actor.role is Role.LEAD)


def need_to_turn(actor: Actor, scope: str, turns: str) -> None:
    """
    Raises:
        NotAllowed: they may not.
    """
    if not may_turn(actor, scope, turns):
        why = "A lead adds packs for their team, which tightens its rules. Everything else is for admins."
        raise NotAllowed("You do not switch this pack.", why=why, instead="Ask an admin.", who="an admin")


def switch(parts: Parts, tried: WhatIf, actor: Actor) -> str:
    """Make a change that was tried; the revision of the scope's policy from now on.

    Raises:
        NotAllowed: this person may not.
        Conflict: it was not tried to its end, was made already, or what it started from has changed since.
        InvalidInputs: the rules do not fit together.
    """
    need_to_turn(actor, tried.scope, tried.turns)
    now = parts.clock()
    with parts.database.transaction() as tx:
        policies.hold(tx, now)
        known = stand(tx, tried.scope)
        if known.basis != tried.basis:
            raise Conflict(
                "The policy has changed since this was tried.",
                why="What was found was found under other rules.",
                instead="Try it again, which takes a moment.",
                who="the asker",
            )
        made = turned(known.organisation, known.added, tried.pack, on=tried.turns == "on", team=bool(tried.scope))
        if not what_ifs.turn(tx, tried.id, "done", "made", now):
            raise Conflict("This was not tried to its end.", instead="Try it again.", who="the asker")
        _keep(tx, known, made, now)
        revision = _revision(made, known)
        who = parts.ledger.pseudonym(tx, actor.person, actor.via)
        policies.note_choices(tx, who, now)
        counted = tried.found.get("teams", {}).values()
        data = {
            "pack": tried.pack,
            "turns": tried.turns,
            "what_if": tried.id,
            "drafts": sum(one["runs"] for one in counted),
            "held": sum(one["held"] for one in counted),
            "freed": sum(one["freed"] for one in counted),
            "policy": revision,
        }
        entry = Entry("policy.switched", data)
        parts.ledger.append(tx, run_id="", team=tried.scope, actor=who, at=now, entries=[entry])
    return revision


def set_step(parts: Parts, scope: str, check: str, step: OnFailure | None, actor: Actor) -> str:
    """Set what happens when a check fails, None as the packs say; the revision of the policy from now on.

    Raises:
        NotAllowed: they are no admin.
        BadRequest: see ``governance.choosing.stepped``.
    """
    if actor.role is not Role.ADMIN:
        raise NotAllowed("What happens when a check fails is for admins to set.", instead="Ask an admin.")
    now = parts.clock()
    with parts.database.transaction() as tx:
        policies.hold(tx, now)
        known = stand(tx, scope)
        made = stepped(known.organisation, scope, known.added, check, step)
        _keep(tx, known, made, now)
        revision = _revision(made, known)
        who = parts.ledger.pseudonym(tx, actor.person, actor.via)
        entry = Entry("policy.step_set", {"check": check, "step": step or "as the packs say", "policy": revision})
        parts.ledger.append(tx, run_id="", team=scope, actor=who, at=now, entries=[entry])
    return revision


def _keep(tx: Tx, known: Stand, made: Additions, now: float) -> None:
    stored = made.model_dump(mode="json", exclude_defaults=True)
    if known.scope:
        team = teams.get(tx, known.scope)
        assert team is not None
        teams.put(tx, team.id, team.title, stored, now)
        _fits(known.organisation, team.id, made)
        return
    policies.put(tx, stored, now)
    # What teams add stays, and has to fit what everybody has from now on.
    _fits(made, "", Additions())
    for team in teams.every(tx):
        _fits(made, team.id, Additions.model_validate(team.policy))


def _fits(organisation: Additions, team: str, added: Additions) -> None:
    try:
        policy_of(organisation, team, added)
    except InvalidInputs as error:
        about = f"With what the team {team} adds: " if team else ""
        raise InvalidInputs(
            "These rules do not fit together.", fields={"pack": f"{about}{error.why or error.what}"}
        ) from None


def _revision(made: Additions, known: Stand) -> str:
    policy = policy_of(known.organisation, known.scope, made) if known.scope else policy_of(made)
    return policy.revision
