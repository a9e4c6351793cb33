"""The check ``copy_rules``: what a team does not publish, each with why, what to write instead, and often a fix."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub.domain import Draft, Finding, Outcome
from hub.governance.detectors import Detector, Found, Hit, Spots, detector
from hub.governance.evidenced import Evidenced
from hub.governance.grammar import CopyRule, RuleBook, Wording
from hub.governance.rules import Compiled
from hub.governance.wording import Text
from hub.sdk.check import Check, Subject

#: The two characters that show letters in another order than they are written in. No language needs them.
_OVERRIDE = re.compile("[\u202d\u202e]")


class Compiling:
    """The rules of one policy revision, compiled together."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        given = RuleBook.model_validate(dict(data))
        self._spots = Spots()
        self._rules: list[tuple[CopyRule, Detector, int | None]] = []
        for rule in given.rules:
            finds = detector(rule, self._spots, given.registers)
            fine = self._spots.add(Wording(terms=rule.unless)) if rule.unless else None
            self._rules.append((rule, finds, fine))
        self._spots.ready()

    def find(
        self, content: str, wanted: Sequence[int], evidenced: Evidenced, *, published: bool
    ) -> Iterator[tuple[CopyRule, Hit, tuple[int, int] | None]]:
        """(rule, hit, span in ``content``) of every place where one of the wanted rules is broken.

        Of a text that is not ``published`` only places are wanted, and no judgement of the whole.
        """
        text = Text(content)
        found = self._spots.find(text)
        for index in wanted:
            rule, finds, fine = self._rules[index]
            if not (published or finds.has_places):
                continue
            for hit in finds.find(text, found):
                if hit.span is None:
                    if published:
                        yield rule, hit, None
                elif rule.unless_evidence and evidenced and evidenced.covers(text, hit.span):
                    continue
                elif not _is_covered(hit.span, fine, found):
                    yield rule, hit, text.span(*hit.span)

    def wanted(self, template: str, surface: str) -> tuple[list[int], dict[str, list[int]]]:
        """The rules that apply here: those of whole texts, and by field those of a field."""
        whole: list[int] = []
        fields: dict[str, list[int]] = {}
        for index, (rule, _, _) in enumerate(self._rules):
            scope = rule.applies
            if template not in (scope.templates or (template,)) or surface not in (scope.surfaces or (surface,)):
                continue
            if not scope.fields:
                whole.append(index)
            for field in scope.fields:
                fields.setdefault(field, []).append(index)
        return whole, fields


class CopyRules(Check):
    """Output: a ``block`` rule holds, warn and info are noted. Input: noted only, for a draft need not repeat it.

    So are remarks about a text: they have to name the words they are about, and are published nowhere. Rules about what
    has to stand in a text, and about the parts of a draft, look at drafts alone.
    """

    name = "copy_rules"

    def __init__(self) -> None:
        self._compiled = Compiled(Compiling)

    def examine(self, subject: Subject) -> Sequence[Finding]:
        rules = self._compiled.get(subject.rules)
        published = subject.side == "output" and subject.contract.get("write") != "comments"
        whole, fields = rules.wanted(subject.template, subject.surface)
        evidenced = Evidenced(subject.contract.get("proofs") or ())
        texts = [(where, text, whole) for where, text in subject.texts.items()]
        if subject.draft is not None:
            texts += _of_fields(subject.draft, fields)
        return [
            _reversed(where, match.span())
            for where, text, _ in texts
            if published and (match := _OVERRIDE.search(text))
        ] + [
            _finding(rule, hit, where, span, text, published)
            for where, text, wanted in texts
            if wanted
            for rule, hit, span in sorted(rules.find(text, wanted, evidenced, published=published), key=_by_place)
        ]


def _reversed(where: str, span: tuple[int, int]) -> Finding:
    return Finding(
        rule="copy-rules.reversed-letters",
        outcome=Outcome.HOLD,
        message="An invisible character shows the letters after it in reverse order.",
        why="Readers see other words than the checks and search engines do.",
        instead="Delete the character, and type the words as they are read.",
        where=where,
        span=span,
        fix="",
    )


def _of_fields(draft: Draft, fields: Mapping[str, list[int]]) -> Iterator[tuple[str, str, list[int]]]:
    """(where, text, rules) of each part of a draft that has rules of its own."""
    for number, variant in enumerate(draft.variants, start=1):
        for name, wanted in fields.items():
            value = variant.fields.get(name, ())
            for item in (value,) if isinstance(value, str) else value:
                yield f"variant {number}, {name}", item, wanted


def _finding(rule: CopyRule, hit: Hit, where: str, span: tuple[int, int] | None, text: str, published: bool) -> Finding:
    return Finding(
        rule=rule.id,
        outcome=Outcome.HOLD if published and rule.severity == "block" else Outcome.ALLOW,
        message=_message(rule, hit, text[slice(*span)] if span else ""),
        why=rule.why,
        instead=rule.instead,
        where=where,
        span=span,
        fix=hit.fix if hit.fix is not None else rule.fix if span else None,
        raise_tier=rule.raise_tier,
    )


def _message(rule: CopyRule, hit: Hit, found: str) -> str:
    if rule.message:
        return rule.message.replace("{found}", hit.said)
    match rule.detector:
        case "terms":
            return f"'{found}' is a term this team does not publish."
        case "swaps" | "consistent":
            return f"'{found}' is written '{hit.said}' here."
        case "lookup":
            return f"'{found}' is a name that needs a look."
        case _:
            # What a pattern catches may be anything, so it is pointed at and not quoted.
            return "This wording is not published."


def _by_place(found: tuple[CopyRule, Hit, tuple[int, int] | None]) -> tuple[tuple[int, int], str]:
    return found[2] or (-1, -1), found[0].id


def _is_covered(span: tuple[int, int], fine: int | None, found: Found) -> bool:
    phrases = found.get(fine, ()) if fine is not None else ()
    return any(start <= span[0] and span[1] <= end for start, end in phrases)
