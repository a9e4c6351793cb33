"""Exact: every number of a draft is a figure that was given, and stands with the label it was given with.

How a number is written is free: separators of thousands, the decimal point or comma, a currency's sign, 12k for 12000,
words. Its value is not: 9,101 is not 9100.5, and 25 is not 25 %. What cannot be read as a given figure is reported, so
that a doubt holds a draft and never passes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hub.templates.figures import Figure, name_of
from hub.templates.written_dates import dates
from hub.templates.written_numbers import Written, numbers

Stray = tuple[str, tuple[int, int]]

_PLACEHOLDER = re.compile(r"\[[A-Z_]+_\d+_[a-z0-9]{4,16}\]")
# Words with a digit inside that everybody in marketing writes: B2B, B2C, H2O.
_WORD_WITH_DIGIT = re.compile(r"(?<!\w)[A-Z]\d[A-Z](?!\w)", re.ASCII)
_LETTER = re.compile(r"[^\W\d_]")
_NEXT = re.compile(r"[\s-]+([^\W\d_]+)")
_COLON = re.compile(r"\s*[:=]\s*$")
_IS = re.compile(r"\s(?:of|was|is)\s$")


@dataclass(frozen=True, slots=True)
class _Given:
    numbers: tuple[Figure, ...]
    dates: tuple[date, ...]
    currency: str
    #: Each label as words that compare: "won opportunities" is ("won", "opportunity").
    labels: dict[tuple[str, ...], Figure]

    @classmethod
    def of(cls, figures: Sequence[Figure]) -> _Given:
        counted = tuple(figure for figure in figures if isinstance(figure.value, Decimal))
        return cls(
            numbers=counted,
            dates=tuple(figure.value for figure in figures if isinstance(figure.value, date)),
            currency=next((figure.value for figure in figures if isinstance(figure.value, str)), ""),
            labels={_stems(figure.label): figure for figure in counted},
        )


def strays(text: str, figures: Sequence[Figure], names: Sequence[str] = ()) -> list[Stray]:
    """What in a text is no given figure: a sentence and a span for each, from left to right.

    Args:
        text: the draft's text.
        figures: what was given.
        names: names that may be said as they are, whatever digits they hold, such as "Spring 2026".
    """
    given = _Given.of(figures)
    plain = _without(text, [*names, *(figure.label for figure in figures)])
    found: list[Stray] = []
    for said in dates(plain):
        if not any(said.means(day) for day in given.dates):
            found.append(
                (f"'{text[said.start : said.end]}' is none of the dates that were given.", (said.start, said.end))
            )
        plain = _blank(plain, said.start, said.end)
    written = list(numbers(plain))
    # One way of writing for the whole text: the one under which more of it is true.
    ways = ([stray for one in written for stray in _of_number(plain, one, given, point)] for point in ".,")
    return sorted([*found, *min(ways, key=len)], key=lambda stray: stray[1])


def _of_number(text: str, one: Written, given: _Given, point: str) -> Iterator[Stray]:
    said, span = text[one.start : one.end].strip(), (one.start, one.end)
    value = one.value(point)
    if one.currency and given.currency not in one.currency:
        known = f"the amounts are in {given.currency}" if given.currency else "no currency was given"
        yield f"'{said}' has a currency that was not given: {known}.", span
    elif value is None or one.per_mille or not any(_is(figure, value, one) for figure in given.numbers):
        yield f"'{said}' is none of the figures that were given.", span
    else:
        meant = _before(text, one, given) or _behind(text, one, given)
        if meant and not any(_is(figure, value, one) for figure in meant):
            yield f"'{said}' stands with '{meant[0].label}', which is {meant[0].written}.", span


def _is(figure: Figure, value: Decimal, one: Written) -> bool:
    return figure.value == value and figure.percent == one.percent


def _before(text: str, one: Written, given: _Given) -> list[Figure]:
    """The figure whose label leads up to the number, as in "leads: 310" and "a response rate of 16.7 %"."""
    lead = text[max(0, one.start - 120) : one.start]
    colon = _COLON.search(lead)
    link = colon or _IS.search(lead)
    if not link:
        return []
    words = tuple(map(_stem, re.findall(r"[^\W_]+", lead[: link.start()])))
    for length in range(min(len(words), 8), 0, -1):
        figure = given.labels.get(words[-length:])
        # "the leads of 14 shops" speaks of something else than the number of leads; with a colon it is its line.
        if figure and (colon or not _counts(figure)):
            return [figure]
    return []


def _behind(text: str, one: Written, given: _Given) -> list[Figure]:
    """The figures that the words behind a plain number name, as in "310 leads"; "5 opportunities" may be several."""
    if one.percent or one.currency:
        return []
    words: list[str] = []
    at = one.end
    while len(words) < 4 and (match := _NEXT.match(text, at)):
        words.append(_stem(match[1]))
        at = match.end()
    for length in range(len(words), 1, -1):
        figure = given.labels.get(tuple(words[:length]))
        if figure and _counts(figure):
            return [figure]
    return [figure for label, figure in given.labels.items() if words and label[-1] == words[0] and _counts(figure)]


def _counts(figure: Figure) -> bool:
    """Whether a label counts things, as "leads" does and "cost per lead" does not."""
    name = name_of(figure.label)
    return name.endswith("s") and not name.endswith("ss") and " per " not in name and not figure.percent


def _stems(label: str) -> tuple[str, ...]:
    return tuple(map(_stem, re.findall(r"[^\W_]+", label)))


def _stem(word: str) -> str:
    word = word.casefold()
    return f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")


def _without(text: str, names: Sequence[str]) -> str:
    for match in [*_PLACEHOLDER.finditer(text), *_WORD_WITH_DIGIT.finditer(text)]:
        text = _blank(text, match.start(), match.end())
    for name in sorted({name.strip() for name in names}, key=len, reverse=True):
        # A name of digits alone would let that number stand for anything.
        if any(character.isdecimal() for character in name) and _LETTER.search(name):
            for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE):
                text = _blank(text, match.start(), match.end())
    return text


def _blank(text: str, start: int, end: int) -> str:
    return f"{text[:start]}{'_' * (end - start)}{text[end:]}"
