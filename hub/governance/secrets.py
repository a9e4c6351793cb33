"""The check ``secrets``: passwords, keys and tokens are never sent to a model and never written into a document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from hub.domain import Finding, Outcome
from hub.governance.folding import fold
from hub.governance.patterns import PatternSet, compile_pattern, encode, spans
from hub.governance.rules import Compiled, SecretsRules
from hub.governance.secret_patterns import SECRET_KINDS
from hub.sdk.check import Check, Subject

_WHY_INPUT = "Whoever reads a key can use it: it must not leave for a model, a log or a document."
_INSTEAD_INPUT = "Take it out of the text. If it was shared before, have its owner replace it with a new one."
_WHY_OUTPUT = "The draft would carry a key into a place where others read it."
_INSTEAD_OUTPUT = "Take it out of the draft. If the key is real, have its owner replace it with a new one."
# Values that stand for a secret and are none: your-key-here, <token>, ${TOKEN}, {{ token }}, xxxx, ****, example.
_STAND_IN = re.compile(r"(?i)your|example|placeholder|change.?me|redacted|dummy|^[<\[{$%(]|\*{3}|x{4}|\.{3}|…|•")
_LETTER_AND_OTHER = re.compile(r"(?=.*[A-Za-z])(?=.*[\d!$%&#@^*+?])")


class _Pattern(NamedTuple):
    id: str
    what: str
    regexp: Any
    assigned: bool
    why: str = ""
    instead: str = ""


class _Detector:
    """Every pattern in one set; only those that occur are then searched for their places."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        own = SecretsRules.model_validate(dict(rules)).patterns
        self._patterns = [_Pattern(k.id, k.what, compile_pattern(k.pattern), k.assigned) for k in SECRET_KINDS]
        self._patterns += [_Pattern(r.id, r.what, compile_pattern(r.pattern), False, r.why, r.instead) for r in own]
        self._set = PatternSet([pattern.regexp.pattern for pattern in self._patterns])

    def find(self, text: str) -> Iterator[tuple[_Pattern, tuple[int, int]]]:
        folded = fold(text, case=False)
        encoded = encode(folded.text)
        for index in self._set.hits(encoded):
            pattern = self._patterns[index]
            group = 1 if pattern.regexp.groups == 1 else 0
            for start, end in spans(pattern.regexp, folded.text, encoded, group):
                if end > start and not (pattern.assigned and _is_no_secret(folded.text[start:end])):
                    yield pattern, folded.span(start, end)


def _is_no_secret(value: str) -> bool:
    """Whether an assigned value is a stand-in or a plain word: 'password: required' says nothing secret."""
    value = value.rstrip(".,;:!?)")
    return bool(_STAND_IN.search(value)) or not _LETTER_AND_OTHER.match(value)


class Secrets(Check):
    """Denies the input, holds the output. A finding says what kind of secret it is and where; it never quotes it."""

    name = "secrets"

    def __init__(self) -> None:
        self._detectors = Compiled(_Detector)

    def examine(self, subject: Subject) -> Sequence[Finding]:
        detector = self._detectors.get(subject.rules)
        is_input = subject.side == "input"
        return [
            Finding(
                rule=f"secrets.{pattern.id}",
                outcome=Outcome.DENY if is_input else Outcome.HOLD,
                message=f"This looks like {pattern.what}.",
                why=pattern.why or (_WHY_INPUT if is_input else _WHY_OUTPUT),
                instead=pattern.instead or (_INSTEAD_INPUT if is_input else _INSTEAD_OUTPUT),
                where=where,
                span=span,
            )
            for where, text in subject.texts.items()
            for pattern, span in detector.find(text)
        ]
