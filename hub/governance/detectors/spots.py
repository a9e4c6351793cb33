"""Every wording of a policy found in one pass over a text, each under the number it was added by."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from hub.governance.grammar import Wording
from hub.governance.patterns import PatternSet, compile_pattern, encode, spans
from hub.governance.wording import Span, Text, WordIndex, longest

Found = Mapping[int, Sequence[Span]]


class Spots:
    """Add wordings, ``ready`` them once, then ``find`` them in any number of texts, from any thread."""

    def __init__(self) -> None:
        self._words: list[tuple[int, str]] = []
        self._patterns: dict[bool, list[tuple[int, str]]] = {False: [], True: []}
        self._count = 0

    def add(self, wording: Wording) -> int:
        """The number the wording is found under."""
        number = self._count
        self._count += 1
        self._words += [(number, term) for term in wording.terms]
        if wording.pattern is not None:
            self._patterns[wording.match_case].append((number, wording.pattern))
        return number

    def ready(self) -> Spots:
        self._index = WordIndex(self._words)
        self._sets: dict[bool, tuple[PatternSet, list[Any]]] = {}
        for cased, patterns in self._patterns.items():
            if patterns:
                said = [pattern for _, pattern in patterns]
                compiled = [compile_pattern(pattern, ignore_case=not cased) for pattern in said]
                self._sets[cased] = PatternSet(said, ignore_case=not cased), compiled
        return self

    def find(self, text: Text) -> Found:
        """Spans in ``text.plain`` by number, in order; a wording that stands nowhere is left out."""
        found = {number: list(mine) for number, mine in self._index.find(text).items()}
        for cased, (together, compiled) in self._sets.items():
            content = text.cased.text if cased else text.plain
            encoded = encode(content) if cased else text.encoded
            for index in together.hits(encoded):
                number = self._patterns[cased][index][0]
                mine = [span for span in spans(compiled[index], content, encoded) if span[1] > span[0]]
                if cased:
                    mine = [text.from_cased(*span) for span in mine]
                found[number] = longest([*found.get(number, []), *mine])
        return found


def within(spots: Sequence[Span], part: Span) -> Sequence[Span]:
    """Those of ordered spots that begin in a part of the text."""
    return spots[bisect_left(spots, (part[0], 0)) : bisect_left(spots, (part[1], 0))]
