"""One class for each kind of detector. ``detector`` gives a rule its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hub.governance.detectors.parts import parts
from hub.governance.detectors.reading import measure, word_starts
from hub.governance.detectors.spots import Found, Spots, within
from hub.governance.grammar import CopyRule, Within, Wording
from hub.governance.wording import Span, Text, normal


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where a rule is broken: its span in ``Text.plain``, or None for the whole text; ``said`` is a figure or a
    word the message names, ``fix`` what to write in its place."""

    span: Span | None = None
    said: str = ""
    fix: str | None = None


class Detector(ABC):
    """Built once for a rule; ``find`` is called for each text, from several threads."""

    #: Whether its hits have a place. What never has one says nothing about a text that is only read.
    has_places = True

    @abstractmethod
    def find(self, text: Text, found: Found) -> Iterator[Hit]:
        """Every place. ``found`` holds what the policy's wordings hit in this text."""


class Words(Detector):
    """``terms``, ``pattern`` and ``lookup``: wherever they stand."""

    def __init__(self, spots: Spots, wording: Wording | None) -> None:
        self._number = spots.add(wording) if wording else None

    def find(self, text: Text, found: Found) -> Iterator[Hit]:
        for span in found.get(self._number, ()) if self._number is not None else ():
            yield Hit(span)


class Swaps(Detector):
    """``swaps``: wherever the wrong word stands, with the right one, capital for capital."""

    def __init__(self, spots: Spots, swaps: Mapping[str, str]) -> None:
        self._right = {normal(wrong): right for wrong, right in swaps.items()}
        self._number = spots.add(Wording(terms=tuple(swaps)))

    def find(self, text: Text, found: Found) -> Iterator[Hit]:
        for start, end in found.get(self._number, ()):
            right = self._right.get(" ".join(text.plain[start:end].split()))
            original = text.original[slice(*text.span(start, end))]
            # "E-Mail -> email" forbids a way of writing: what is right already is no hit, whatever folding made of it.
            if right is not None and original != right:
                yield Hit((start, end), said=right, fix=_like(original, right))


class Require(Detector):
    """``require``: hit when none of the wording stands in the text."""

    has_places = False

    def __init__(self, spots: Spots, wording: Wording) -> None:
        self._number = spots.add(wording)

    def find(self, text: Text, found: Found) -> Iterator[Hit]:
        if text.plain.strip() and not found.get(self._number):
            yield Hit()


class Needs(Detector):
    """``needs``: hit where ``when`` stands and ``needs`` does not stand beside it."""

    def __init__(self, spots: Spots, rule: CopyRule) -> None:
        assert rule.needs is not None
        self._when, self._needs = spots.add(rule.needs.when), spots.add(rule.needs.needs)
        self._within: Within = rule.needs.within

    def find(self, text: Text, found: Found) -> Iterator[Hit]:
        when, needs = found.get(self._when, ()), found.get(self._needs, ())
        for part in parts(text, self._within) if when else ():
            here = within(when, part)
            if here and not within(needs, part):
                yield from map(Hit, here)


class Counted(Detector):
    """``count``: hit at the first one too many, or for the whole when there are too few."""

    def __init__(self, spots: Spots, rule: CopyRule) -> None:
        assert rule.count is not None
        self._count = rule.count
        self._number = spots.add(rule.count.of)

    def find(self, text: Text, found: Found) -> Iterator[Hit]:
        spots = found.get(self._number, ())
        if not spots and not self._count.min:
            return
        for part in parts(text, self._count.per):
            here = within(spots, part)
            if self._count.max is not None and len(here) > self._count.max:
                yield Hit(here[self._count.max], said=f"{len(here)}")
            elif len(here) < self._count.min:
                yield Hit(said=f"{len(here)}")


class Long(Detector):
    """``length``: hit at every part that is too long."""

    def __init__(self, rule: CopyRule) -> None:
        assert rule.length is not None
        self._length = rule.length

    def find(self, text: Text, found: Found) -> Iterator[Hit]:
        if len(text.plain) <= self._length.max:  # a word is a character at least
            return
        for start, end in parts(text, self._length.per):
            if self._length.unit == "words":
                starts = word_starts(text)
                size = bisect_left(starts, end) - bisect_left(starts, start)
            else:
                size = _characters(text, start, end)
            if size > self._length.max:
                whole = self._length.per == "text"
                yield Hit(None if whole else (start, _last(text, start, end)), said=f"{size}")


class Measured(Detector):
    """``measure``: hit when the figure is out of bounds."""

    has_places = False

    def __init__(self, rule: CopyRule) -> None:
        assert rule.measure is not None
        self._measure = rule.measure

    def find(self, text: Text, found: Found) -> Iterator[Hit]:
        limits = self._measure
        figure = measure(limits.of, text, limits.from_words)
        if figure is None:
            return
        if (limits.max is not None and figure > limits.max) or (limits.min is not None and figure < limits.min):
            yield Hit(said=f"{figure:.2f}" if limits.of.endswith("share") else f"{figure:.0f}")


class Consistent(Detector):
    """``consistent``: of each set the spelling that comes first is the text's; hit where another one stands."""

    def __init__(self, spots: Spots, sets: Sequence[Sequence[str]]) -> None:
        self._sets = [[(spelling, spots.add(Wording(terms=(spelling,)))) for spelling in one] for one in sets]

    def find(self, text: Text, found: Found) -> Iterator[Hit]:
        for spellings in self._sets:
            stand = [(found[number][0], spelling, found[number]) for spelling, number in spellings if found.get(number)]
            if len(stand) > 1:
                first, *others = sorted(stand)
                for _, _, spans in others:
                    for span in spans:
                        yield Hit(span, said=first[1], fix=_like(text.original[slice(*text.span(*span))], first[1]))


def detector(rule: CopyRule, spots: Spots, registers: Mapping[str, Sequence[str]]) -> Detector:
    """What finds a rule. It adds its wordings to ``spots``."""
    match rule.detector:
        case "terms" | "pattern":
            return Words(spots, Wording(terms=rule.terms, pattern=rule.pattern, match_case=rule.match_case))
        case "lookup":
            names = tuple(registers.get(str(rule.lookup), ()))
            return Words(spots, Wording(terms=names) if names else None)
        case "swaps":
            return Swaps(spots, rule.swaps)
        case "require":
            assert rule.require is not None
            return Require(spots, rule.require)
        case "needs":
            return Needs(spots, rule)
        case "count":
            return Counted(spots, rule)
        case "length":
            return Long(rule)
        case "measure":
            return Measured(rule)
        case _:
            return Consistent(spots, rule.consistent)


def _characters(text: Text, start: int, end: int) -> int:
    """How many characters of the original these are, without white space at the end."""
    last = _last(text, start, end)
    if last == start:
        return 0
    first, last = text.span(start, last)
    return last - first


def _last(text: Text, start: int, end: int) -> int:
    return start + len(text.plain[start:end].rstrip())


def _like(original: str, right: str) -> str:
    """The right word with the capitals of the one it takes the place of."""
    if not right.islower():
        return right
    if len(original) > 1 and original.isupper():
        return right.upper()
    return right[0].upper() + right[1:] if original[:1].isupper() else right
