"""Conditions: limits that look at an input instead of the draft. With ``when`` they say which verdict it allows.

A model that reads a record may call expired rights clear. Whether a day has passed is no matter of reading, so it is
compared here; where a day cannot be read for certain, it counts as passed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from hub.templates import written_dates

if TYPE_CHECKING:
    from hub.templates.contract import Limit

#: In the place of a day: there is no end.
_ENDLESS = frozenset(
    {
        "never",
        "unlimited",
        "perpetual",
        "no expiry",
        "no end",
        "does not expire",
        "unbefristet",
        "illimité",
        "ilimitado",
    }
)
#: In the place of what a line is about: there is none of it.
_NOTHING = frozenset({"", "no", "none", "false", "unknown", "n/a", "nein", "non", "-", "–", "0"})
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}[\d:.]*\s?(?:Z|UTC|[+-]\d{2}:?\d{2})?", re.ASCII)


def broken(limit: Limit, values: Mapping[str, Any]) -> Iterator[str]:
    """What of the inputs does not let the draft say what it says, a sentence each."""
    yield from RULES[limit.rule](limit, values)


def _says(limit: Limit, values: Mapping[str, Any]) -> Iterator[str]:
    """A label stands for any line under it that says something; ``label: word`` for a line that says this word too."""
    lines = list(_lines(_text(limit.input, values)))
    for asked in limit.values:
        label, _, word = asked.partition(": ")
        for line in lines:
            if _under(line, [label]) and line[1].casefold() not in _NOTHING and (not word or _holds(line[1], word)):
                return
    yield f"No line of '{limit.input}' says: {', '.join(limit.values)}."


def _in_time(limit: Limit, values: Mapping[str, Any]) -> Iterator[str]:
    on = _day(" ".join(_texts(limit.names, values)))
    if on is None:
        yield f"Which day it is about is not said: '{', '.join(limit.names)}' holds none."
        return
    for label, said in (line for line in _lines(_text(limit.input, values)) if _under(line, limit.values)):
        if said.casefold().rstrip(".") in _ENDLESS:
            continue
        day = earliest(said)
        if day is None:
            yield f"'{label}' says no day that can be read for certain."
        elif day < on:
            yield f"'{label}' says {day.isoformat()}, which has passed on {on.isoformat()}."


def _lacks(limit: Limit, values: Mapping[str, Any]) -> Iterator[str]:
    text = _text(limit.input, values)
    for term in _texts(limit.names, values):
        if _holds(text, term):
            yield f"'{term}' stands in '{limit.input}'."


def _contains(limit: Limit, values: Mapping[str, Any]) -> Iterator[str]:
    text = _plain(_text(limit.input, values))
    for part in _texts(limit.names, values):
        if _plain(part) not in text:
            yield f"'{limit.input}' does not hold what '{', '.join(limit.names)}' asks for."


RULES = {"input_says": _says, "input_in_time": _in_time, "input_lacks": _lacks, "input_holds": _contains}


def earliest(said: str) -> date | None:
    """The earliest day a text can mean, a month counting from its first; None where any day in it stays unsure."""
    text = _TIME.sub(r"\1", said)
    days: list[date] = []
    for one in written_dates.dates(text):
        found = [day for year, month, number in one.readings if year and (day := _date(year, month, number or 1))]
        if not found:
            return None
        days += found
    return min(days, default=None)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """The lines of a record: a label and what it says."""
    for line in text.split("\n"):
        label, colon, said = line.partition(":")
        if colon:
            yield " ".join(label.split()), " ".join(said.split())


def _under(line: tuple[str, str], labels: Sequence[str]) -> bool:
    return any(_holds(line[0].replace("_", " "), label) for label in labels)


def _holds(text: str, part: str) -> bool:
    """Whether it stands there in any case, as whole words."""
    return bool(part.strip()) and bool(re.search(rf"(?<!\w){re.escape(_plain(part))}(?!\w)", _plain(text)))


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _text(name: str | None, values: Mapping[str, Any]) -> str:
    return "\n".join(_texts([name or ""], values))


def _texts(names: Sequence[str], values: Mapping[str, Any]) -> list[str]:
    given = [values.get(name) or "" for name in names]
    texts = [part for one in given for part in ([one] if isinstance(one, str) else one)]
    return [text for text in texts if text.strip()]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
