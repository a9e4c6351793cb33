"""The check ``banned_terms``: words a team does not publish, each with why, what to write instead, and often a fix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.domain import Finding, Outcome
from hub.governance.patterns import PatternSet, compile_pattern, spans
from hub.governance.rules import BannedTermsRules, Compiled, TermRule
from hub.governance.term_matcher import TermMatcher, Text
from hub.sdk.check import Check, Subject


class _Terms:
    """The rules of one policy revision, compiled."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        rules = BannedTermsRules.model_validate(dict(data)).rules
        pairs = [(term, rule) for rule in rules for term in rule.terms]
        self._rules = [rule for _, rule in pairs]
        self._matcher = TermMatcher(term for term, _ in pairs)
        self._with_pattern = [rule for rule in rules if rule.pattern is not None]
        self._patterns = [compile_pattern(str(rule.pattern), ignore_case=True) for rule in self._with_pattern]
        self._set = PatternSet([str(rule.pattern) for rule in self._with_pattern], ignore_case=True)
        self._unless = {rule.id: TermMatcher(rule.unless) for rule in rules if rule.unless}

    def find(self, content: str) -> list[tuple[TermRule, tuple[int, int]]]:
        """(rule, span) of every term in the text, in order, without those that an ``unless`` phrase covers."""
        text = Text(content)
        hits = [(self._rules[index], span) for index, span in self._matcher.find(text)]
        for index in self._set.hits(text.encoded) if self._patterns else []:
            for start, end in spans(self._patterns[index], text.folded.text, text.encoded):
                if end > start:
                    hits.append((self._with_pattern[index], text.folded.span(start, end)))
        fine = {
            rule_id: [span for _, span in self._unless[rule_id].find(text)]
            for rule_id in {rule.id for rule, _ in hits if rule.unless}
        }
        hits = [(rule, span) for rule, span in hits if not _is_covered(span, fine.get(rule.id, []))]
        return sorted(hits, key=lambda hit: (hit[1], hit[0].id))


def _is_covered(span: tuple[int, int], phrases: Sequence[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in phrases)


def _message(rule: TermRule, found: str) -> str:
    # What a pattern catches may be anything, so it is pointed at and not quoted.
    return "This wording is not published." if rule.pattern else f"'{found}' is a term this team does not publish."


class BannedTerms(Check):
    """Output: a ``block`` rule holds, warn and info are noted. Input: noted only, for a draft need not repeat it.

    So are remarks about a text: they have to name the words they are about, and are published nowhere.
    """

    name = "banned_terms"

    def __init__(self) -> None:
        self._terms = Compiled(_Terms)

    def examine(self, subject: Subject) -> Sequence[Finding]:
        terms = self._terms.get(subject.rules)
        published = subject.side == "output" and subject.contract.get("write") != "comments"
        return [
            Finding(
                rule=f"banned-terms.{rule.id}",
                outcome=Outcome.HOLD if published and rule.severity == "block" else Outcome.ALLOW,
                message=rule.message or _message(rule, text[span[0] : span[1]]),
                why=rule.why,
                instead=rule.instead,
                where=where,
                span=span,
                fix=rule.fix,
                raise_tier=rule.raise_tier,
            )
            for where, text in subject.texts.items()
            for rule, span in terms.find(text)
        ]
