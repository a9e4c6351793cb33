"""What people see of policies: the card of a team, its packs and who chose them, each rule and how often it fires."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from hub.bootstrap import Hub
from hub.errors import UnknownName
from hub.governance import packs
from hub.governance.additions import Additions, policy_in
from hub.governance.card import Card, Task, card
from hub.governance.choosing import in_force, steps
from hub.governance.grammar import RuleBook
from hub.governance.policy import OnFailure, Pack, Policy
from hub.governance.rules import JudgeRules
from hub.pipeline import rule_counts
from hub.pipeline.spend import dollars, period
from hub.store import Tx, budgets, policies, rule_days, teams
from hub.store.policies import Choice
from hub.store.teams import Team
from hub.web.auth import Identity

ORGANISATION = "organisation"
#: What a check looks for, for people who read its name for the first time.
CHECKS = {
    "secrets": "Passwords, keys and tokens",
    "personal_data": "Personal data",
    "injection": "Orders to the model inside the material",
    "output_contract": "What the template promised",
    "claims": "Claims and their evidence",
    "copy_rules": "Wording",
    "judge": "Questions put to a model",
}
SEVERITIES = {"block": "holds the draft", "warn": "is pointed at", "info": "is a hint"}
_DETECTORS = {
    "terms": "Words or phrases",
    "pattern": "A pattern",
    "swaps": "Words with a better one each",
    "require": "What has to stand in the text",
    "needs": "What has to stand beside something",
    "count": "How often something stands",
    "length": "How long it is",
    "measure": "A figure of the text",
    "consistent": "One spelling throughout",
    "lookup": "Names in a register",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule as its page shows it. ``looks_for`` is its detector in words, ``words`` are what it names."""

    id: str
    pack: str
    message: str
    severity: str
    why: str
    instead: str
    fix: str
    source: str
    checked_on: date | None
    passes: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()
    looks_for: str = ""
    words: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    raise_tier: int | None = None
    only: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its id as words, without the pack's name."""
        return self.id.removeprefix(f"{self.pack}.").replace("-", " ").replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class InForce:
    """A pack that is in force for a team: for ``everybody``, or because the team adds it; who chose it, if anybody."""

    name: str
    title: str
    version: int
    rules: int
    everybody: bool
    choice: Choice | None


@dataclass(frozen=True, slots=True)
class Failing:
    """What happens when a check fails: what counts, what is set in this scope, and what may be set."""

    check: str
    counts: OnFailure
    set_here: OnFailure | None
    may: tuple[OnFailure, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """The policy of a team, or of the organisation where ``team`` is None, read anew: a change shows at once."""

    team: Team | None
    organisation: Additions
    added: Additions
    policy: Policy

    @property
    def scope(self) -> str:
        return self.team.id if self.team is not None else policies.EVERYBODY


def reached(tx: Tx, identity: Identity) -> list[Team]:
    """The teams whose policy somebody reads."""
    return [team for team in teams.every(tx) if identity.reaches(team.id)]


def standing(tx: Tx, identity: Identity, scope: str) -> Standing:
    """The policy of one of their teams, or with an empty ``scope`` the organisation's.

    Raises:
        UnknownName: there is no such team among theirs.
    """
    chosen = policies.get(tx)
    if not scope:
        return _standing(None, chosen, {})
    team = next((one for one in reached(tx, identity) if one.id == scope), None)
    if team is None:
        raise UnknownName("There is no team of this name among yours.", instead="Look at the list under Policy.")
    return _standing(team, chosen, team.policy)


def standings(tx: Tx, identity: Identity) -> list[Standing]:
    """The policy of each of their teams."""
    chosen = policies.get(tx)
    return [_standing(team, chosen, team.policy) for team in reached(tx, identity)]


def _standing(team: Team | None, chosen: Mapping[str, Any], added: Mapping[str, Any]) -> Standing:
    # From the JSON as it is stored: policies that were built before are kept, and are found by it.
    name, stored = (team.id if team else ""), json.dumps(added, sort_keys=True)
    policy = policy_in(json.dumps(chosen, sort_keys=True), name, stored)
    return Standing(team, Additions.model_validate(chosen), Additions.model_validate(added), policy)


def card_of(hub: Hub, tx: Tx, now: Standing, surface: str) -> Card:
    """The permission card of a team on a surface; an empty ``surface`` is every one."""
    assert now.team is not None
    money = budgets.standing(tx, now.team.id, period(hub.parts.clock()))
    shelf = hub.parts.shelf.every()
    tasks = [Task(t.name, t.title, t.tier, t.surfaces) for t in shelf if not t.teams or now.team.id in t.teams]
    return card(
        now.policy,
        tasks,
        team=now.team.title,
        surface=surface,
        budget=f"{dollars(money.left_micros)} are left this month; an admin can raise it." if money else "",
        judge=hub.parts.judge is not None,
        names=bool(hub.settings.spacy_models),
    )


def surfaces(hub: Hub) -> dict[str, str]:
    """Every place a template is made for, with the name people know it by."""
    known = {surface: one.title for one in hub.registry.connectors.values() for surface in one.surfaces}
    named = sorted({surface for one in hub.parts.shelf.every() for surface in one.surfaces})
    return {surface: known.get(surface, surface.replace("_", " ").capitalize()) for surface in named}


def packs_of(now: Standing, choices: Sequence[Choice]) -> list[InForce]:
    """The packs in force, the organisation's first."""
    chosen = {(one.scope, one.pack): one for one in choices}
    found = []
    everybody = in_force(now.organisation)
    for name in dict.fromkeys((*everybody, *(now.added.packs or ()))):
        pack = packs.shipped(name)
        scope = policies.EVERYBODY if name in everybody else now.scope
        found.append(
            InForce(name, pack.title, pack.version, len(rules_of(pack)), name in everybody, chosen.get((scope, name)))
        )
    own = ((ORGANISATION, now.organisation, True), (f"team-{now.scope}", now.added, False))
    for name, additions, everybody_s in own:
        if additions.checks and (everybody_s or now.team is not None):
            pack = own_pack(name, additions)
            found.append(InForce(name, pack.title, 1, len(rules_of(pack)), everybody_s, None))
    return found


def failing(now: Standing) -> list[Failing]:
    """The failure ladder: each check of the policy."""
    said = (now.added if now.team else now.organisation).checks
    set_here: dict[str, OnFailure | None] = {one.name: one.on_failure for one in said}
    return [
        Failing(
            check.name,
            check.failing,
            set_here.get(check.name),
            steps(now.organisation, now.scope, now.added, check.name),
        )
        for check in now.policy.checks
    ]


def own_pack(name: str, additions: Additions) -> Pack:
    """Rules that an organisation or a team wrote for itself, as a pack of that name."""
    title = "The organisation's own rules" if name == ORGANISATION else "The team's own rules"
    return Pack(pack=name, version=1, title=title, checks=additions.checks)


def pack_named(tx: Tx, identity: Identity, name: str) -> Pack:
    """A pack that ships, or the own rules of the organisation or of one of their teams.

    Raises:
        UnknownName: there is none of this name for them.
    """
    if name in packs.names():
        return packs.shipped(name)
    scope = "" if name == ORGANISATION else name.removeprefix("team-") if name.startswith("team-") else None
    if scope is not None and (scope or name == ORGANISATION):
        now = standing(tx, identity, scope)
        additions = now.added if now.team else now.organisation
        if additions.checks:
            return own_pack(name, additions)
    raise UnknownName("There is no rule-pack of this name.", instead="Look at the list under Policy.")


def rule_named(tx: Tx, identity: Identity, id: str) -> Rule:
    """A rule by the id findings carry.

    Raises:
        UnknownName: there is none for them.
    """
    pack = pack_named(tx, identity, id.partition(".")[0])
    for rule in rules_of(pack):
        if rule.id == id:
            return rule
    raise UnknownName("There is no rule of this id.", instead=f"Look at the rules of “{pack.title}”.")


def rules_of(pack: Pack) -> tuple[Rule, ...]:
    """Every rule of a pack that says why: those about wording, and the questions to a model."""
    return _of_shipped(pack.pack) if pack.pack in packs.names() else _read(pack)


@cache
def _of_shipped(name: str) -> tuple[Rule, ...]:
    return _read(packs.shipped(name))


def _read(pack: Pack) -> tuple[Rule, ...]:
    return tuple(rule for check in pack.checks for rule in _rules(pack.pack, check.name, check.rules))


@cache
def shipped_rules() -> frozenset[str]:
    """The ids of all rules that ship."""
    return frozenset(rule.id for name in packs.names() for rule in rules_of(packs.shipped(name)))


def has_page(rule: str) -> bool:
    """Whether a finding's rule has a page: it ships, or an organisation or a team wrote it."""
    pack = rule.partition(".")[0]
    return rule in shipped_rules() or pack == ORGANISATION or pack.startswith("team-")


def fired(hub: Hub, tx: Tx, identity: Identity) -> dict[str, int]:
    """How often each rule found something in somebody's teams lately."""
    return rule_days.counts(tx, identity.reach, _since(hub))


def fired_by_team(hub: Hub, tx: Tx, identity: Identity, rule: str) -> list[tuple[str, int]]:
    return rule_days.of_rule(tx, rule, identity.reach, _since(hub))


def chosen_by(choice: Choice | None) -> str:
    """Who chose a pack, for people to read; empty where it ships switched on."""
    if choice is None:
        return ""
    if choice.person:
        return choice.person
    if choice.by == "system:before":
        return "chosen before this was noted"
    return "hub.yaml" if choice.by.startswith("system:") else "somebody whose data was erased"


def _since(hub: Hub) -> float:
    return hub.parts.clock() - rule_counts.SHOWN * rule_days.DAY


def _rules(pack: str, check: str, given: dict[str, object]) -> Iterator[Rule]:
    if check == "judge":
        for one in JudgeRules.model_validate(given).rules:
            yield Rule(
                id=one.id,
                pack=pack,
                message=one.question,
                severity=one.severity,
                why=one.why,
                instead=one.instead,
                fix="",
                source=one.source,
                checked_on=one.checked_on,
                looks_for="A question put to a model",
                raise_tier=one.raise_tier,
            )
    elif check == "copy_rules":
        for one in RuleBook.model_validate(given).rules:
            swaps = tuple(f"{wrong} → {right}" for wrong, right in one.swaps.items())
            yield Rule(
                id=one.id,
                pack=pack,
                message=one.message,
                severity=one.severity,
                why=one.why,
                instead=one.instead,
                fix=one.fix or "",
                source=one.source,
                checked_on=one.checked_on,
                passes=one.tests.passes,
                fails=one.tests.fails,
                looks_for=_DETECTORS[one.detector],
                words=one.terms or swaps,
                unless=one.unless,
                raise_tier=one.raise_tier,
                only=(*one.applies.templates, *one.applies.surfaces, *one.applies.fields),
            )
