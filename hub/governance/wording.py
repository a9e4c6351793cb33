"""A text as rules look at it, and thousands of words found in it in one pass, each at its place."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import groupby
from typing import Any

import ahocorasick

from hub.governance.folding import Folded, fold
from hub.governance.lookalikes import forms, latin
from hub.governance.patterns import encode

Span = tuple[int, int]
_SPACES = re.compile(r"\s{2,}")
_SPACE = re.compile(r"[^\S ]")


class Text:
    """One text in the forms that detectors need. Spans are of ``plain``; ``span`` leads back to the original."""

    def __init__(self, original: str) -> None:
        self.original = original
        self._folded: Folded = fold(original)
        #: Folded, case too, and lookalikes read as Latin.
        self.plain = latin(self._folded.text)
        self.encoded = encode(self.plain)
        #: What detectors work out once and ask for again.
        self.kept: dict[str, Any] = {}

    @cached_property
    def cased(self) -> Folded:
        """Folded, with its capitals."""
        return fold(self.original, case=False)

    @cached_property
    def spaced(self) -> tuple[str, list[int], list[int]]:
        """``plain`` with every stretch of white space one space, and where stretches were shortened: (after, by)."""
        if not _SPACES.search(self.plain):
            return _SPACE.sub(" ", self.plain), [], []
        pieces, after, by = [], [], []
        done = length = lost = 0
        for match in _SPACES.finditer(self.plain):
            start, end = match.span()
            pieces += [self.plain[done:start], " "]
            length += start - done + 1
            lost += end - start - 1
            after.append(length)
            by.append(lost)
            done = end
        pieces.append(self.plain[done:])
        return _SPACE.sub(" ", "".join(pieces)), after, by

    @cached_property
    def _starts(self) -> list[int]:
        return [self._folded.span(at, at + 1)[0] for at in range(len(self.plain))]

    def from_cased(self, start: int, end: int) -> Span:
        """Where a span of ``cased`` stands in ``plain``. They differ only where folding the case makes a letter two."""
        if len(self.cased.text) == len(self.plain):
            return start, end
        original = self.cased.span(start, end)
        return bisect_left(self._starts, original[0]), bisect_left(self._starts, original[1])

    def span(self, start: int, end: int) -> Span:
        """Where the characters ``start`` to ``end`` of ``plain`` stand in the original; end > start."""
        return self._folded.span(start, end)


class WordIndex:
    """Words and phrases of many owners, found together and apart: one owner's word never hides another's.

    Case, width, accents' encoding, lookalike letters, kinds of hyphen, quote and space, and invisible characters make
    no difference. Only whole words count. Of an owner's words that start at one place the longest counts.
    """

    def __init__(self, words: Iterable[tuple[int, str]]) -> None:
        owners: dict[str, list[int]] = {}
        for owner, word in words:
            for form in forms(normal(word)):
                owners.setdefault(form, []).append(owner)
        self._automaton = ahocorasick.Automaton()
        for word, mine in owners.items():
            self._automaton.add_word(word, (len(word), _is_word(word[0]), _is_word(word[-1]), tuple(mine)))
        if owners:
            self._automaton.make_automaton()
        self._empty = not owners

    def find(self, text: Text) -> Mapping[int, list[Span]]:
        """The spans in ``text.plain`` of each owner's words, in order, none inside another."""
        if self._empty:
            return {}
        spaced, after, by = text.spaced
        found: dict[int, list[Span]] = {}
        for last, (length, left, right, owners) in self._automaton.iter(spaced):
            start, end = last - length + 1, last + 1
            if left and start and _is_word(spaced[start - 1]):
                continue
            if right and end < len(spaced) and _is_word(spaced[end]):
                continue
            for owner in owners:
                found.setdefault(owner, []).append((start, end))
        return {owner: [_wide(span, after, by) for span in longest(spans)] for owner, spans in found.items()}


def longest(spans: list[Span]) -> list[Span]:
    """Spans in order; of those that start together the longest, and none that begins inside one before it."""
    kept: list[Span] = []
    for _, group in groupby(sorted(spans), key=lambda span: span[0]):
        best = list(group)[-1]
        if not kept or best[0] >= kept[-1][1]:
            kept.append(best)
    return kept


def normal(word: str) -> str:
    """A word or phrase as it is compared: folded, lookalikes as Latin, every stretch of white space one space."""
    return " ".join(latin(fold(word).text).split())


def _is_word(char: str) -> bool:
    return char == "_" or unicodedata.category(char)[0] in "LNM"


def _wide(span: Span, after: list[int], by: list[int]) -> Span:
    """A span of the shortened text in the text before. A stretch inside the span belongs to it as a whole."""
    return _back(span[0], after, by), _back(span[1] - 1, after, by) + 1


def _back(at: int, after: list[int], by: list[int]) -> int:
    index = bisect_right(after, at) - 1
    return at + by[index] if index >= 0 else at
