"""Finds thousands of terms in one pass over a text, whatever their spelling, at whole words only."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby

import re2

from hub.governance.folding import Folded, fold
from hub.governance.patterns import compile_pattern, encode, spans

# re2's \b knows ASCII words only: 'café' would end before its é. Letters, digits and _ of every script make a word.
_BEFORE, _AFTER = r"(?:^|[^\pL\pN\pM_])", r"(?:[^\pL\pN\pM_]|$)"
_MEMORY = 256 << 20


class Text:
    """A text folded and encoded once, for all the matchers that look at it."""

    __slots__ = ("encoded", "folded")

    def __init__(self, text: str) -> None:
        self.folded: Folded = fold(text)
        self.encoded: bytes = encode(self.folded.text)


class TermMatcher:
    """Terms compiled together. ``find`` yields (index of the term, span in the original text).

    Case, width, accents' encoding, kinds of hyphen, quote and space, and invisible characters make no difference. Of
    terms that start at one place the longest counts.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        self._index: dict[str, int] = {}
        for index, term in enumerate(terms):
            self._index.setdefault(normal(term), index)
        self._patterns = [
            compile_pattern(
                (_BEFORE if left else "") + "(" + "|".join(map(_spelt, group)) + ")" + (_AFTER if right else ""),
                longest=True,
                memory=_MEMORY,
            )
            for (left, right), group in groupby(sorted(self._index, key=_edges), key=_edges)
        ]

    def find(self, text: Text) -> Iterator[tuple[int, tuple[int, int]]]:
        for pattern in self._patterns:
            for start, end in spans(pattern, text.folded.text, text.encoded, 1):
                yield self._index[" ".join(text.folded.text[start:end].split())], text.folded.span(start, end)


def normal(term: str) -> str:
    """A term folded, every stretch of white space one space."""
    return " ".join(fold(term).text.split())


def _edges(term: str) -> tuple[bool, bool]:
    """Whether the term begins and ends with a word character: '#1' needs no word's end before it."""
    return _is_word(term[0]), _is_word(term[-1])


def _is_word(char: str) -> bool:
    return char == "_" or unicodedata.category(char)[0] in "LNM"


def _spelt(term: str) -> str:
    return r"[\s\x{85}\x{2028}\x{2029}]+".join(map(re2.escape, term.split()))
