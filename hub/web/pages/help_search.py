"""Searching the guides: their sections by title, heading and text, the best first, each with the place that fits."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: How much a word in a guide's title, in a section's heading and in its text counts.
TITLE, HEADING, TEXT = 6.0, 4.0, 1.0
#: Characters of an excerpt, and sections shown.
EXCERPT, MOST = 200, 20
#: Words of a question, and letters of each, that are looked for.
WORDS, LETTERS = 12, 40
_WORD = re.compile(r"\w+(?:[-.]\w+)*")
#: Words everybody writes: they find nothing. They stay where a question has no others.
_COMMON = frozenset(
    "a an and are at be by can do for from how i in is it my of on or the to what when where with".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Section:
    """A piece of a guide: its guide's title, its own heading, its plain text, and the address it stands at."""

    title: str
    heading: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that fits. ``pieces`` are its excerpt: text, and whether it was looked for."""

    section: Section
    pieces: tuple[tuple[str, bool], ...]


class Index:
    """Finds sections. Made once: what it holds ships with the hub and does not change."""

    def __init__(self, sections: Iterable[Section]) -> None:
        self._sections = list(sections)
        usual = sum(len(one.text) for one in self._sections) / max(1, len(self._sections))
        self._words = [_weighed(one, len(one.text) / max(1.0, usual)) for one in self._sections]
        known = Counter(word for words in self._words for word in words)
        #: How seldom a word is: what stands everywhere says little.
        self._seldom = {word: math.log(1 + len(self._sections) / number) for word, number in known.items()}

    def search(self, question: str) -> list[Hit]:
        """The sections that hold most words of the question, or words that begin with them, the best first."""
        words = _asked(question)
        if not words:
            return []
        meant = [[known for known in self._seldom if known.startswith(word)] for word in words]
        scored: list[tuple[int, float, int]] = []
        for at, weighed in enumerate(self._words):
            scores = [
                max(
                    (weighed[one] * self._seldom[one] * _whole(one, word) for one in ways if one in weighed),
                    default=0.0,
                )
                for word, ways in zip(words, meant, strict=True)
            ]
            held = sum(score > 0 for score in scores)
            if held:
                scored.append((held, sum(scores), at))
        best = max((held for held, _, _ in scored), default=0)
        scored = sorted((one for one in scored if one[0] == best), key=lambda one: (-one[1], one[2]))
        return [Hit(self._sections[at], _excerpt(self._sections[at].text, words)) for _, _, at in scored[:MOST]]


def _whole(known: str, word: str) -> float:
    """A word that is only begun counts less."""
    return 1.0 if known == word else 0.6


def _weighed(one: Section, length: float) -> dict[str, float]:
    """Each word of a section with its weight. In a text of many times the usual ``length`` a word says less."""
    weighed: defaultdict[str, float] = defaultdict(float)
    for text, weight in ((one.title, TITLE), (one.heading, HEADING)):
        for word in set(_words(text)):
            weighed[word] += weight
    for word, number in Counter(_words(one.text)).items():
        # The tenth time says little more than the third.
        weighed[word] += TEXT * (1 + math.log(number)) / (0.5 + 0.5 * length)
    return dict(weighed)


def _asked(question: str) -> list[str]:
    words = list(dict.fromkeys(word[:LETTERS] for word in _words(question[:400])))[:WORDS]
    return [word for word in words if word not in _COMMON] or words


def _words(text: str) -> list[str]:
    """Words of a text, in small letters: those joined by a hyphen or a dot as one, and each part."""
    found: list[str] = []
    for word in _WORD.findall(_plain(text)):
        found.append(word)
        parts = re.split(r"[-._]", word)
        found += [part for part in parts if part] if len(parts) > 1 else []
    return found


def _plain(text: str) -> str:
    """Small letters without their accents, as many as there were, so that a place in one is a place in the other."""
    return "".join((unicodedata.normalize("NFKD", letter)[:1] or letter).lower()[:1] or letter for letter in text)


def _excerpt(text: str, words: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    """The part of a text around the first word that was looked for, and each such word in it."""
    wanted = re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(word) for word in sorted(words, key=len, reverse=True))})\w*")
    plain = _plain(text)
    first = wanted.search(plain)
    start = max(0, (first.start() if first else 0) - EXCERPT // 3)
    if start:
        start = text.find(" ", start) + 1
    end = len(text)
    if end - start > EXCERPT:
        end = max(text.rfind(" ", start, start + EXCERPT), start + EXCERPT // 2)
    pieces: list[tuple[str, bool]] = [("… ", False)] if start else []
    at = start
    for found in wanted.finditer(plain, start, end):
        pieces += [(text[at : found.start()], False), (text[found.start() : found.end()], True)]
        at = found.end()
    pieces += [(text[at:end], False), (" …", False)] if end < len(text) else [(text[at:end], False)]
    return tuple(piece for piece in pieces if piece[0])
