"""Choosing: the additions of an organisation or a team after a pack is switched or the step of a check is set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.errors import BadRequest
from hub.governance import packs
from hub.governance.additions import NONE, Additions, policy_of
from hub.governance.policy import NEVER_FLAGGED, CheckRule, OnFailure
from hub.governance.rules import content_hash

#: The steps of a failed check, the mildest first.
STEPS: tuple[OnFailure, ...] = ("flag", "hold", "deny")


def in_force(organisation: Additions) -> tuple[str, ...]:
    """The packs that are on for everybody."""
    return packs.default() if organisation.packs is None else organisation.packs


def basis(organisation: Mapping[str, Any], added: Mapping[str, Any]) -> str:
    """A name for a choice as it is stored: the same choice has the same name."""
    return content_hash([dict(organisation), dict(added)])[:16]


def turned(organisation: Additions, added: Additions, pack: str, *, on: bool, team: bool) -> Additions:
    """The organisation's choice, or with ``team`` what the team adds, after the switch.

    Raises:
        BadRequest: there is no such pack, or the switch would change nothing or take away what nothing passes without.
    """
    if pack not in packs.names():
        raise BadRequest("There is no rule-pack of this name.", instead="Pick one from the list.")
    everybody = in_force(organisation)
    now = (added.packs or ()) if team else everybody
    if on:
        if pack in everybody:
            raise BadRequest("This pack is on for everybody already.", instead="Nothing is left to do.")
        if pack in now:
            raise BadRequest("Your team has this pack already.", instead="Nothing is left to do.")
        return (added if team else organisation).model_copy(update={"packs": (*now, pack)})
    if pack not in now:
        if team and pack in everybody:
            raise BadRequest(
                "The organisation has this pack on for everybody.",
                why="A team tightens the organisation's rules and never loosens them.",
                instead="Ask an admin whether everybody goes without it.",
                who="an admin",
            )
        raise BadRequest("This pack is off already.", instead="Nothing is left to do.")
    if guards := sorted({check.name for check in packs.shipped(pack).checks} & NEVER_FLAGGED):
        raise BadRequest(
            "This pack is not switched off here.",
            why=f"It brings {' and '.join(guards).replace('_', ' ')}, and what those stop cannot be brought back.",
            instead="If it is meant all the same, write the packs that stay under 'policy' in hub.yaml.",
            who="an admin",
        )
    left = tuple(name for name in now if name != pack)
    return (added if team else organisation).model_copy(update={"packs": left or (None if team else ())})


def steps(organisation: Additions, team: str, added: Additions, check: str) -> tuple[OnFailure, ...]:
    """The steps that may be set here for a check: nothing milder than the packs say, for a team nothing milder than the
    organisation says, and never to let pass what nothing passes without."""
    said = [rule.on_failure for rule in _said(organisation, team, added, check) if rule.on_failure]
    least = max((STEPS.index(step) for step in said), default=0 if not team else 1)
    if team or check in NEVER_FLAGGED:
        least = max(least, STEPS.index("hold"))
    return STEPS[least:]


def stepped(organisation: Additions, team: str, added: Additions, check: str, step: OnFailure | None) -> Additions:
    """The choice after a step was set; None goes back to what the packs say.

    Raises:
        BadRequest: the policy names no such check, or the step is none that may be set here.
    """
    named = {one.name for one in policy_of(organisation, team, added if team else NONE).checks}
    if check not in named:
        raise BadRequest("The policy names no such check.", instead="Pick one from the list.")
    if step is not None and step not in steps(organisation, team, added, check):
        raise BadRequest(
            "This step is not set here.",
            why="It would be milder than what the packs or the organisation say of this check.",
            instead="Pick one from the list.",
        )
    return _stepped(added if team else organisation, check, step)


def _said(organisation: Additions, team: str, added: Additions, check: str) -> list[CheckRule]:
    """What others than this scope itself say of a check."""
    names = dict.fromkeys((*in_force(organisation), *((added.packs or ()) if team else ())))
    shipped = [rule for name in names for rule in packs.shipped(name).checks]
    return [rule for rule in (*shipped, *(organisation.checks if team else ())) if rule.name == check]


def _stepped(now: Additions, check: str, step: OnFailure | None) -> Additions:
    checks = [one.model_copy(update={"on_failure": step}) if one.name == check else one for one in now.checks]
    if step is not None and all(one.name != check for one in checks):
        checks.append(CheckRule(name=check, on_failure=step))
    # An entry that only said how a failure counts says nothing without it.
    kept = [one for one in checks if one.on_failure or one.rules or one.sides or one.name != check]
    return now.model_copy(update={"checks": tuple(kept)})
