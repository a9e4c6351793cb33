"""Text as the checks compare it: one form for many spellings, with the way back to the original offsets."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache

# Characters nobody sees: soft hyphen, zero-width space and joiners, direction marks, variation selectors, tags.
# Put inside a word they would hide it from a comparison, so they are left out of the folded text.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
# Hyphens and quotation marks that word processors put in place of the plain ones.
_PLAIN = {0x2010: "-", 0x2011: "-", 0x2012: "-", 0x2013: "-", 0x2212: "-", 0x2018: "'", 0x2019: "'", 0x201B: "'"}
_PLAIN |= {0x201C: '"', 0x201D: '"', 0x2032: "'"}
_TO_PLAIN = re.compile("[" + "".join(map(chr, _PLAIN)) + "]")
# A stretch that needs more than lower(): non-ASCII characters, and the one before them, which may carry an accent.
# Its length is bounded because sorting a run of accents takes the square of its length.
_STRETCH = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]{1,256}[\u0300-\u036f]{0,32}")
_LONGEST_CLUSTER = 32


class Folded:
    """The folded ``text`` and, by ``span``, where its characters come from."""

    __slots__ = ("_folded", "_original", "text")

    def __init__(self, text: str, folded: list[tuple[int, int]], original: list[tuple[int, int]]) -> None:
        self.text = text
        # The irregular places only, as (start, end) in the folded and in the original text; elsewhere one is one.
        self._folded = folded
        self._original = original

    def span(self, start: int, end: int) -> tuple[int, int]:
        """(start, end) in the original text of the characters ``start`` to ``end`` of the folded one; end > start."""
        return self._place(start)[0], self._place(end - 1)[1]

    def _place(self, at: int) -> tuple[int, int]:
        index = bisect_right(self._folded, (at, len(self.text) + 1)) - 1
        if index < 0:
            return at, at + 1
        folded, original = self._folded[index], self._original[index]
        if at < folded[1]:
            return original
        moved = at - folded[1] + original[1]
        return moved, moved + 1


def fold(text: str, *, case: bool = True) -> Folded:
    """NFKC, plain hyphens and quotes, no invisible characters and, with ``case``, case folded. Linear in the text."""
    if text.isascii():
        return Folded(text.lower() if case else text, [], [])
    pieces: list[str] = []
    folded: list[tuple[int, int]] = []
    original: list[tuple[int, int]] = []
    done = length = 0
    for match in _STRETCH.finditer(text):
        start, end = match.span()
        plain = text[done:start]
        pieces.append(plain.lower() if case else plain)
        length += len(plain)
        at = start
        stretch = match.group()
        for size, form, regular in (_remembered if len(stretch) <= 3 else _parts)(stretch, case):
            pieces.append(form)
            if not regular:
                folded.append((length, length + len(form)))
                original.append((at, at + size))
            length += len(form)
            at += size
        done = end
    rest = text[done:]
    pieces.append(rest.lower() if case else rest)
    return Folded("".join(pieces), folded, original)


def _is_one_to_one(stretch: str) -> bool:
    """Whether folding keeps each character in its place: normal form, nothing unseen, not longer by case."""
    return (
        unicodedata.is_normalized("NFKC", stretch)
        and len(stretch.casefold()) == len(stretch)
        and not _INVISIBLE.search(stretch)
    )


def _parts(stretch: str, case: bool) -> list[tuple[int, str, bool]]:
    """(length, folded form, whether one character stays one) of each part: the whole, or base characters with marks."""
    if _is_one_to_one(stretch):
        form = stretch.casefold() if case else stretch
        return [(len(stretch), form.translate(_PLAIN) if _TO_PLAIN.search(form) else form, True)]
    starts = [0]
    for index, char in enumerate(stretch):
        # Marks, the later parts of a Hangul syllable, and what nobody sees belong to the character before them.
        joins = unicodedata.combining(char) or "\u1160" < char <= "\u11ff" or _INVISIBLE.match(char)
        if index and not (joins and index - starts[-1] < _LONGEST_CLUSTER):
            starts.append(index)
    clusters = [stretch[start:end] for start, end in zip(starts, [*starts[1:], len(stretch)], strict=True)]
    forms = [_form(cluster, case) for cluster in clusters]
    return [(len(c), form, len(c) == len(form) == 1) for c, form in zip(clusters, forms, strict=True)]


def _form(cluster: str, case: bool) -> str:
    form = unicodedata.normalize("NFKC", _INVISIBLE.sub("", cluster)).translate(_PLAIN)
    if case:
        form = unicodedata.normalize("NFKC", form.casefold())
    return _INVISIBLE.sub("", form)


# Only the shortest stretches are remembered, such as a quote after a space: longer ones may be somebody's name.
_remembered = lru_cache(maxsize=4096)(_parts)
