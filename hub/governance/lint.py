"""Whether a rule-pack may be switched on: every rule says why, what instead and where from, and does what it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hub.domain import Draft, Variant
from hub.governance.copy_rules import CopyRules
from hub.governance.grammar import CopyRule, RuleBook
from hub.governance.policy import Pack
from hub.governance.rules import JudgeRule, JudgeRules, RuleData
from hub.sdk.check import Subject

#: How many texts a rule has to let pass, and how many to catch.
EXAMPLES = 2


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a rule, in words for whoever wrote it."""

    rule: str
    what: str


def lint(pack: Pack) -> list[Complaint]:
    """Everything that is in the way of switching a pack on; an empty list means nothing is."""
    found: list[Complaint] = []
    for check in pack.checks:
        if check.name == "copy_rules":
            book = RuleBook.model_validate(check.rules)
            found += [Complaint(rule.id, what) for rule in book.rules for what in _of(rule, book)]
            found += [Complaint(first.id, what) for first, what in _contradictions(book.rules)]
        if check.name == "judge":
            questions = JudgeRules.model_validate(check.rules).rules
            found += [Complaint(rule.id, what) for rule in questions for what in _sourced(rule)]
    return found


def _sourced(rule: CopyRule | JudgeRule) -> Iterator[str]:
    if not rule.source:
        yield "'source' is missing: say which law, guide or house rule it comes from"
    if rule.checked_on is None:
        yield "'checked_on' is missing: say on which day its source was read"


def _of(rule: CopyRule, book: RuleBook) -> Iterator[str]:
    yield from _sourced(rule)
    if len(rule.tests.passes) < EXAMPLES or len(rule.tests.fails) < EXAMPLES:
        yield f"'tests' needs {EXAMPLES} texts under 'pass' and {EXAMPLES} under 'fail' at least"
    for text in rule.tests.fails:
        if not catches(rule, text, book):
            yield f"it does not catch its own example '{text}'"
    for text in rule.tests.passes:
        if catches(rule, text, book):
            yield f"it catches '{text}', which its 'pass' says is fine"


def catches(rule: CopyRule, text: str, book: RuleBook | None = None) -> bool:
    """Whether a rule finds anything in a text, wherever it applies. A field's rule sees the text as that field."""
    registers = {name: list(names) for name, names in (book.registers if book else {}).items()}
    data = rule.model_dump(mode="json", by_alias=True, exclude={"applies": {"templates", "surfaces"}})
    fields = {name: text for name in rule.applies.fields}
    subject = Subject(
        side="output",
        team="",
        template="",
        texts={"text": text},
        rules=RuleData({"rules": [data], "registers": registers}),
        draft=Draft(variants=(Variant(text=text, fields=fields),)),
    )
    return bool(CopyRules().examine(subject))


def _contradictions(rules: tuple[CopyRule, ...]) -> Iterator[tuple[CopyRule, str]]:
    """A rule whose fix or right word is what another rule stops: whoever follows one runs into the other."""
    for rule in rules:
        offered = [*rule.swaps.values(), *([rule.fix] if rule.fix else [])]
        for other in rules:
            if other is not rule and other.severity == "block" and other.detector in ("terms", "pattern", "swaps"):
                for text in offered:
                    if catches(other, text):
                        yield rule, f"it offers '{text}', which the rule '{other.id}' does not let pass"
