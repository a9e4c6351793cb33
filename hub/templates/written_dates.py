"""Days as people write them: where in a text a day or a month stands, and which days it can mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

# English, German, French, Spanish; short forms beside the long ones.
_NAMES = (
    "january jan januar jänner janvier enero ene",
    "february feb februar février févr febrero",
    "march mar märz mrz mars marzo",
    "april apr avril avr abril abr",
    "may mai mayo",
    "june jun juni juin junio",
    "july jul juli juillet julio",
    "august aug août agosto ago",
    "september sep sept septembre septiembre",
    "october oct oktober okt octobre octubre",
    "november nov novembre noviembre",
    "december dec dezember dez décembre déc diciembre dic",
)
_MONTHS = {name: at for at, names in enumerate(_NAMES, 1) for name in names.split()}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_NO_MORE = r"(?![\w]|[.,]\d)"
_DATE = re.compile(
    rf"(?<![\w.-])(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})(?![\w-])"
    rf"|(?<![\w./-])(?P<a>\d{{1,2}})(?P<cut>[./-])(?P<b>\d{{1,2}})(?P=cut)(?P<year>\d{{4}}|\d{{2}}){_NO_MORE}"
    rf"|(?<![\w.,-])(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.|er)?\s(?:of\s|de\s)?(?P<month>{_MONTH})\b\.?"
    rf"(?:,?\s(?:de\s)?(?P<then>\d{{4}}){_NO_MORE})?"
    rf"|\b(?P<first>{_MONTH})\b\.?\s(?P<on>\d{{1,2}})(?:st|nd|rd|th)?{_NO_MORE}(?:,?\s(?P<after>\d{{4}}){_NO_MORE})?"
    rf"|\b(?P<whole>{_MONTH})\b\.?\s(?P<of>\d{{4}}){_NO_MORE}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """A day in a text. ``readings`` are (year, month, day); what was not said is None."""

    start: int
    end: int
    readings: tuple[tuple[int | None, int, int | None], ...]

    def means(self, day: date) -> bool:
        """Whether it can mean this day, as far as it says."""
        return any(
            year in (None, day.year) and month == day.month and number in (None, day.day)
            for year, month, number in self.readings
        )


def dates(text: str) -> Iterator[Said]:
    """Every day and month of a text that has a number in it, from left to right."""
    for match in _DATE.finditer(text):
        yield Said(match.start(), match.end(), tuple(_readings(match)))


def _readings(match: re.Match[str]) -> Iterator[tuple[int | None, int, int | None]]:
    if match["iso"]:
        year, month, day = (int(part) for part in match["iso"].split("-"))
        yield year, month, day
    elif match["a"]:
        year = int(match["year"])
        if len(match["year"]) == 2:
            # 69 is 1969 and 68 is 2068, as POSIX has it (strptime, %y).
            year += 1900 if year >= 69 else 2000
        # Day first or month first: the text does not say.
        yield year, int(match["b"]), int(match["a"])
        yield year, int(match["a"]), int(match["b"])
    elif match["month"]:
        yield _number(match["then"]), _MONTHS[match["month"].lower()], int(match["day"])
    elif match["first"]:
        yield _number(match["after"]), _MONTHS[match["first"].lower()], int(match["on"])
    else:
        yield int(match["of"]), _MONTHS[match["whole"].lower()], None


def _number(text: str | None) -> int | None:
    return int(text) if text else None
