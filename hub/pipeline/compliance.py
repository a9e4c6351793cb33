"""Compliance: what an auditor asks for, as the hub stands at this moment. Every figure is read or counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

import hub
from hub.governance.card import Task, card
from hub.governance.copy_rules import CopyRules
from hub.governance.grammar import CopyRule, RuleBook
from hub.governance.lint import catches
from hub.governance.policy import Policy
from hub.ledger import Head
from hub.ledger.head import wrong
from hub.pipeline.parts import Parts
from hub.pipeline.period import Period, counted, share
from hub.pipeline.review import REVIEWERS
from hub.store import Tx, heads, runs, teams
from hub.templates import Template

#: (what Inlay has, NIST AI RMF, ISO/IEC 42001, where in this export). Control families of ISO/IEC 42001 marked "listed"
#: were seen in published lists; everything else is a reading that nobody has checked against the standard's text.
MAP: tuple[dict[str, str], ...] = (
    {
        "feature": "Policy packs and permission cards",
        "nist_ai_rmf": "GOVERN 1",
        "iso_42001": "A.2, A.9 responsible use",
        "checked": "A.9 listed; the others not verified",
        "see": "policies.json, cards.json",
    },
    {
        "feature": "Roles and separation of duties",
        "nist_ai_rmf": "GOVERN 2",
        "iso_42001": "A.3",
        "checked": "not verified",
        "see": "roles.json, reviews.json",
    },
    {
        "feature": "Tests of rules, run for this export",
        "nist_ai_rmf": "MEASURE 2",
        "iso_42001": "A.6.2.4 verification and validation",
        "checked": "A.6 listed; the number not verified",
        "see": "policies.json",
    },
    {
        "feature": "Ledger and lineage",
        "nist_ai_rmf": "MEASURE 2, MANAGE 4",
        "iso_42001": "A.6.2.8 recording of event logs",
        "checked": "A.6 and its title listed; the number not verified",
        "see": "ledger.json, runs.json",
    },
    {
        "feature": "Friction and concerns people report",
        "nist_ai_rmf": "GOVERN 5",
        "iso_42001": "A.3.3 reporting of concerns, A.8",
        "checked": "A.8 and the title listed; the number not verified",
        "see": "runs.json",
    },
)
# Begun at the first character of a word alone: begun at each, a long word is walked as often as it has characters.
_ADDRESS = re.compile(r"(?<![^\s@<>\"',;:()\[\]])[^\s@<>\"',;:()\[\]]+@[^\s@<>\"',;:()\[\]]+\.[^\s@<>\"',;:()\[\]]+")
A_PERSON = "[a person]"
#: What the ledger says when something was removed.
REMOVING = ("retention.cleared", "person.erased")


def sections(parts: Parts, *, since: float, until: float, names: bool) -> dict[str, Any]:
    """The files of the export, by name without its ending.

    Args:
        names: whether people's names and addresses may stand in it. Without, they are taken out wherever they stand,
            in the words of a rule too.
    """
    with parts.database.reading() as tx:
        every, people = teams.every(tx), teams.people(tx)
        counts = runs.counted(tx, since, until)
        found = counted(tx, since, until)
        ledger = _ledger(parts, tx)
    policies = {team.id: parts.policy_of(team.id) for team in every}
    templates = parts.shelf.every()
    tasks = [Task(one.name, one.title, one.tier, one.surfaces) for one in templates]
    judge, names_found = parts.judge is not None, bool(parts.settings.spacy_models)
    made = {
        "about": {
            "product": "Inlay",
            "version": hub.__version__,
            "made_at": parts.clock(),
            "since": since,
            "until": until,
        },
        "standards": list(MAP),
        "policies": {team: _policy(policy) for team, policy in policies.items()},
        "cards": {
            team.id: _lines(card(policies[team.id], tasks, team=team.title, judge=judge, names=names_found))
            for team in every
        },
        "templates": [_template(one) for one in templates],
        "roles": _roles(people, names),
        "runs": _runs(counts, found),
        "reviews": _reviews(found),
        "stopped": [
            {"rule": rule, "side": side, "verdict": verdict, "runs": number}
            for (rule, side, verdict), number in sorted(found.rules.items())
        ],
        "ledger": {**ledger, "events_in_the_period": dict(sorted(found.events.items()))},
        "retention": _retention(parts, found),
    }
    return made if names else _without(made, _remover(people))


def _policy(policy: Policy) -> dict[str, Any]:
    return {"revision": policy.revision, "packs": list(policy.packs), "checks": [_check(one) for one in policy.checks]}


def _check(check: Any) -> dict[str, Any]:
    book = RuleBook.model_validate(check.rules) if check.name == CopyRules.name else RuleBook()
    tested = {rule.id: _tested(rule, book) for rule in book.rules}
    rules = [
        {name: rule[name] for name in ("id", "severity", "raise_tier", "source", "checked_on") if rule.get(name)}
        | {"tests": tested.get(rule.get("id", ""), {})}
        for rule in check.rules.get("rules", ())
    ]
    return {"check": check.name, "sides": check.sides, "on_failure": check.on_failure, "rules": rules}


def _tested(rule: CopyRule, book: RuleBook) -> dict[str, int]:
    """How many texts a rule has to let pass and to catch, and with how many of them it does otherwise."""
    wrong = sum(catches(rule, text, book) for text in rule.tests.passes)
    wrong += sum(not catches(rule, text, book) for text in rule.tests.fails)
    return {"to_pass": len(rule.tests.passes), "to_catch": len(rule.tests.fails), "failed": wrong}


def _lines(made: Any) -> dict[str, Any]:
    names = ("may", "data", "checked", "kept", "stopped")
    return {name: [{"says": line.says, "because": line.because} for line in getattr(made, name)] for name in names}


def _template(one: Template) -> dict[str, Any]:
    return {"name": one.name, "title": one.title, "revision": one.revision, "tier": one.tier, "surfaces": one.surfaces}


def _roles(people: Iterable[tuple[str, str, str, Any]], names: bool) -> dict[str, Any]:
    counts: dict[str, dict[str, int]] = {}
    listed = []
    for email, name, team, role in people:
        counts.setdefault(team, {}).setdefault(str(role), 0)
        counts[team][str(role)] += 1
        listed.append({"team": team, "role": str(role), "name": name, "address": email})
    return {
        "people_by_team_and_role": counts,
        # Admins review for every team; they are counted where they are members.
        "teams_without_a_reviewer_of_their_own": sorted(
            team for team, roles in counts.items() if not roles.keys() & {str(role) for role in REVIEWERS}
        ),
        **({"people": listed} if names else {}),
    }


def _runs(counts: Iterable[tuple[str, str, int, bool, int]], found: Period) -> dict[str, Any]:
    names = ("team", "state", "tier", "simulated", "runs")
    return {
        "asked_in_the_period": [dict(zip(names, row, strict=True)) for row in counts],
        "verdicts": [
            {"team": team, "side": side, "verdict": verdict, "times": number}
            for (team, side, verdict), number in sorted(found.verdicts.items())
        ],
        "endings": [
            {"team": team, "ending": ending, "times": number}
            for (team, ending), number in sorted(found.endings.items())
        ],
        # Not a sample: all that was written in the period was looked at.
        "written": found.written,
        "written_with_every_step_on_record": found.audited,
        "audit_coverage": found.audited / found.written if found.written else None,
        "feedback_given": found.events["feedback.given"],
    }


def _reviews(found: Period) -> dict[str, Any]:
    decided = sum(found.reviews.values())
    accepted = sum(number for (_, decision), number in found.reviews.items() if decision == "accept")
    return {
        "asked": found.events["review.asked"],
        "decided": [
            {"tier": tier, "decision": decision, "times": number}
            for (tier, decision), number in sorted(found.reviews.items())
        ],
        "accepted": share(accepted, decided),
        "by_whoever_asked": found.own_reviews,
    }


def _ledger(parts: Parts, tx: Tx) -> dict[str, Any]:
    """The chain as it was verified for this export, and the heads that were signed of it day by day."""
    kept = [Head(**fields) for fields in heads.every(tx)]
    faults = [why for one in kept if (why := wrong(one, parts.ledger.seal.public))]
    rows, broken = parts.ledger.verify(tx, [one for one in kept if not wrong(one, parts.ledger.seal.public)])
    _, head = parts.ledger.head(tx)
    return {
        "rows": rows,
        "head": head,
        "holds": broken is None and not faults,
        "first_fault": None if broken is None else {"row": broken.seq, "why": broken.why},
        "heads": [asdict(one) for one in kept],
        "heads_that_do_not_count": faults,
        "public_keys": list(parts.ledger.seal.public.values()),
        "not_shown": "Whether the end was cut off, or rows were written anew by whoever holds the secret key, only "
        "heads kept outside the hub show: inlay ledger verify --against.",
    }


def _retention(parts: Parts, found: Period) -> dict[str, Any]:
    kept = {name: value for name, value in parts.settings if name.startswith("keep_")}
    return {
        "settings": {name: {"days": days, "says": _says(parts, name)} for name, days in kept.items()},
        "kept_for_good": "States, hashes, receipts and the ledger, in which people are pseudonyms.",
        "in_the_period": {kind: number for kind, number in sorted(found.events.items()) if kind in REMOVING},
    }


def _says(parts: Parts, setting: str) -> str:
    return type(parts.settings).model_fields[setting].description or ""


def _remover(people: Iterable[tuple[str, str, str, Any]]) -> Callable[[str], str]:
    words = {word for email, name, _, _ in people for word in (email, name) if word.strip()}
    known = re.compile(
        "|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words, key=len, reverse=True)) or r"(?!)",
        re.IGNORECASE,
    )
    return lambda text: known.sub(A_PERSON, _ADDRESS.sub(A_PERSON, text))


def _without(value: Any, remove: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return remove(value)
    if isinstance(value, Mapping):
        return {remove(str(name)): _without(one, remove) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without(one, remove) for one in value]
    return value
