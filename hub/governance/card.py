"""The permission card: what a team may do on a surface and why that is safe.

It is written from the policy and the templates in force, so that it cannot say anything else than they do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from hub.governance import packs
from hub.governance.policy import CheckRule, Policy

DataClass = Literal["public", "internal", "personal", "secret"]
KINDS = {
    "email": "e-mail addresses",
    "phone": "telephone numbers",
    "iban": "IBANs",
    "card": "payment card numbers",
    "ssn": "US social security numbers",
    "ip": "IP addresses",
    "name": "names of people",
}
_TIERS = {
    0: "The draft goes in at once.",
    1: "The draft goes in at once; you stand for it.",
    2: "The draft goes in marked; the mark goes when somebody else on the team has approved it.",
    3: "The draft goes in marked; the mark goes when a reviewer has approved it, each claim with its evidence.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence, and the rule, check or template it comes from."""

    says: str
    because: str


@dataclass(frozen=True, slots=True)
class Task:
    """A template as the card needs it."""

    name: str
    title: str
    tier: int
    surfaces: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """``may`` is never empty without ``may_not`` saying what to do instead."""

    team: str
    surface: str
    revision: str
    may: tuple[Line, ...]
    data: tuple[Line, ...]
    checked: tuple[Line, ...]
    kept: tuple[Line, ...]
    stopped: tuple[Line, ...]


def card(
    policy: Policy,
    tasks: Iterable[Task],
    *,
    team: str,
    surface: str = "",
    budget: str = "",
    judge: bool = False,
    names: bool = False,
) -> Card:
    """The card of a team; ``surface`` empty is every surface. ``budget`` says in words what is left this month,
    ``judge`` whether a model is configured that answers the policy's questions, ``names`` whether one is that finds
    names of people."""
    checks = {check.name: check for check in policy.checks}
    return Card(
        team=team,
        surface=surface,
        revision=policy.revision,
        may=tuple(_may(tasks, surface)),
        data=tuple(_data(checks, names)),
        checked=tuple(_checked(policy, checks, judge)),
        kept=(
            Line(
                "Inputs and drafts are kept in the hub's own database; nobody trains a model on them here.", "the hub"
            ),
            Line(
                "Every step is on record with its time and its rules, and no text and no name stands there.", "ledger"
            ),
        ),
        stopped=tuple(_stopped(checks, budget)),
    )


def of_data(policy: Policy, data: DataClass, *, names: bool = False) -> Line:
    """What happens with text of this class.

    ``personal`` is what the check finds. Postal addresses are not among it, nor are names unless a model is configured
    that finds them, which the line says.
    """
    checks = {check.name: check for check in policy.checks}
    lines = {line.because: line for line in _data(checks, names)}
    return {
        "public": Line("Use it.", "no rule"),
        "internal": Line("Use it. It leaves for the model's endpoint and nowhere else.", "the model"),
        "personal": lines["personal_data"],
        "secret": lines["secrets"],
    }[data]


def _may(tasks: Iterable[Task], surface: str) -> Iterator[Line]:
    here = [one for one in tasks if not surface or surface in one.surfaces]
    for one in sorted(here, key=lambda one: (one.tier, one.title)):
        yield Line(f"{one.title}. {_TIERS[one.tier]}", f"template {one.name}")
    if not here:
        yield Line("No template is made for this place yet. Use one on the hub's own page, or ask a lead.", "templates")


def _data(checks: dict[str, CheckRule], names: bool) -> Iterator[Line]:
    personal = checks.get("personal_data")
    if personal is None:
        yield Line("Leave personal data out: nothing masks it here.", "personal_data")
    else:
        kinds = [kind for kind in personal.rules.get("kinds", KINDS) if names or kind != "name"]
        found = [KINDS[kind] for kind in kinds]
        missed = (
            "Names are found as far as a language model knows them, which is not always; postal addresses are not found"
            if "name" in kinds
            else "Names and postal addresses are not found"
        )
        yield Line(
            f"Use texts with {', '.join(found)}: the model sees a placeholder, and the draft gets the value back. "
            f"{missed}: leave them out where they are not needed.",
            "personal_data",
        )
    if "secrets" in checks:
        yield Line("Leave passwords and keys out: a request with one is refused before anything is sent.", "secrets")
    else:
        yield Line("Leave passwords and keys out: nothing looks for them here.", "secrets")


def _does(rules: int, holds: int) -> str:
    many = f"{rules} rule{'' if rules == 1 else 's'}"
    if holds == rules:
        return f"{many}, and a draft that breaks {'it' if rules == 1 else 'one'} is held."
    if not holds:
        return f"{many}. Words are pointed at, nothing is held."
    return f"{many}, of which {holds} can hold a draft; the others point at words."


def _checked(policy: Policy, checks: dict[str, CheckRule], judge: bool) -> Iterator[Line]:
    rules = checks["copy_rules"].rules.get("rules", ()) if "copy_rules" in checks else ()
    for named in policy.packs:
        name = named.partition("@")[0]
        mine = [rule for rule in rules if str(rule["id"]).startswith(f"{name}.")]
        if mine:
            title = packs.shipped(name).title if name in packs.names() else "Rules of your own"
            holds = sum(rule.get("severity", "block") == "block" for rule in mine)
            yield Line(f"{title}: {_does(len(mine), holds)}", named)
    if "output_contract" in checks:
        yield Line("Each draft has the parts, lengths and facts its template promises, or is held.", "output_contract")
    if "injection" in checks:
        yield Line("Text that gives the model orders is pointed at, and counts as text, not as an order.", "injection")
    if "claims" in checks:
        yield Line("A claim that cites evidence cites one that is in force and says this, or is stopped.", "claims")
    if questions := len(checks["judge"].rules.get("rules", ())) if "judge" in checks else 0:
        asks = "A model is asked about each draft" if judge else "Not checked, for want of a judge model"
        yield Line(f"{asks}: {questions} questions that words cannot answer.", "judge")
    known = {"secrets", "personal_data", "injection", "copy_rules", "output_contract", "claims", "judge"}
    for name in checks:
        if name not in known:
            yield Line(f"The check {name} looks at it.", name)


def _stopped(checks: dict[str, CheckRule], budget: str) -> Iterator[Line]:
    yield Line("The draft says which rule, why, and what to write instead, often with a fix to take over.", "findings")
    yield Line("Held: a lead looks at it. Refused: change the request and ask again.", "checks")
    strict = [check.name for check in checks.values() if check.failing == "deny"]
    loose = [check.name for check in checks.values() if check.failing == "flag"]
    words = f", and {', '.join(strict)} refuses" if strict else ""
    unseen = f" {', '.join(loose)} then lets pass, on record as not checked." if loose else " Nothing passes unseen."
    yield Line(f"If a check breaks, it counts as a hold{words}.{unseen}", "on_failure")
    if budget:
        yield Line(budget, "budget")
