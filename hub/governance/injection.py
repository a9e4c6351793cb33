"""The check ``injection``: orders to the model inside documents, records and assets, noted and never followed.

What keeps such orders harmless is elsewhere: the fence around material, destinations that no text can change, drafts
that are checked. This check makes the attempt visible, and a policy can make it hold.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub.domain import Finding, Outcome
from hub.governance.injection_patterns import ORDER_KINDS, OrderKind
from hub.governance.patterns import PatternSet, compile_pattern, spans
from hub.governance.rules import Compiled, InjectionRules
from hub.governance.wording import Text
from hub.sdk.check import Check, Subject

_SET = PatternSet([kind.pattern for kind in ORDER_KINDS])
_COMPILED = [compile_pattern(kind.pattern) for kind in ORDER_KINDS]
_BLOB = re.compile(r"[A-Za-z0-9+/_-]{24,8192}={0,2}")
#: Unicode's tag characters show nothing and spell ASCII. A flag of a region has six of them at most, after its base.
_TAGS = re.compile("[\U000e0020-\U000e007e]{7,}")
_HIDDEN = OrderKind("hidden", "a text in characters nobody sees", "")
_ENCODED = "an order in base64"
_WHY = "A text that speaks to the model may want something else than whoever asks. It is material, and no order."
_INSTEAD = "Look at where the text comes from. If it is meant for the model, write it into the request instead."


class Injection(Check):
    """Input only: each attempt is noted with its place, once for each kind and place. ``severity: block`` holds."""

    name = "injection"
    sides = frozenset({"input"})

    def __init__(self) -> None:
        self._rules = Compiled(_read)

    def examine(self, subject: Subject) -> Sequence[Finding]:
        holds = self._rules.get(subject.rules).severity == "block"
        return [
            Finding(
                rule=f"injection.{kind.id}",
                outcome=Outcome.HOLD if holds else Outcome.ALLOW,
                message=f"This looks like {kind.what}.",
                why=_WHY,
                instead=_INSTEAD,
                where=where,
                span=span,
            )
            for where, text in subject.texts.items()
            for kind, span in orders(text)
        ]


def orders(text: str) -> Iterator[tuple[OrderKind, tuple[int, int]]]:
    """(kind, span in the text) of everything that looks like an order to a model. Linear in the text."""
    read = Text(text)
    for kind, span in _plain(read):
        yield kind, read.span(*span)
    for match in _BLOB.finditer(text):
        for kind, _ in _plain(Text(_decoded(match.group()))):
            yield kind._replace(id=f"encoded-{kind.id}", what=_ENCODED), match.span()
            break
    if not text.isascii():
        for match in _TAGS.finditer(text):
            yield _HIDDEN, match.span()


def _read(rules: Mapping[str, Any]) -> InjectionRules:
    return InjectionRules.model_validate(dict(rules))


def _plain(text: Text) -> Iterator[tuple[OrderKind, tuple[int, int]]]:
    for index in _SET.hits(text.encoded):
        for start, end in spans(_COMPILED[index], text.plain, text.encoded):
            if end > start:
                yield ORDER_KINDS[index], (start, end)


def _decoded(blob: str) -> str:
    """The text in a base64 blob, or nothing: pictures and hashes decode to no readable text."""
    padded = blob.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
        said = raw.decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
    return said if said.isprintable() or not any(char < " " and char not in "\n\r\t" for char in said) else ""
