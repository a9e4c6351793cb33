"""Numbers as people write them: where in a text they stand, and what they say under one way of writing.

``1.200,50`` and ``1,200.50`` are one number written in two ways; which way a text has cannot be known from one number.
A reader of this module decides for a whole text, so that a number never means one thing here and another there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

_SPACES = "\u00a0\u202f\u2009"
_RUN = rf"\d{{1,3}}(?: \d{{3}})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,'’{_SPACES}]\d+)*"
_SYMBOLS = {
    "€": ("EUR",), "£": ("GBP",), "₹": ("INR",), "¥": ("JPY", "CNY"),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"),
    "us$": ("USD",), "ca$": ("CAD",), "c$": ("CAD",), "au$": ("AUD",), "a$": ("AUD",), "nz$": ("NZD",), "r$": ("BRL",),
    "euro": ("EUR",), "euros": ("EUR",), "pound": ("GBP",), "pounds": ("GBP",), "yen": ("JPY",), "rupees": ("INR",),
    "dollar": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD"), "dollars": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD"),
}  # fmt: skip
_CODES = (
    "AED|ARS|AUD|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KRW|MAD|MXN|MYR|NGN|NOK|NZD|PEN|PHP"
    "|PLN|QAR|RON|RSD|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR"
)
_SIGN = r"(?:US|CA|C|AU|A|NZ|R)?\$|[€£₹¥]"
_WORD = r"euros?|pounds?|dollars?|yen|rupees"
_SCALES = {
    "k": 3, "K": 3, "thousand": 3, "Tsd.": 3, "Tsd": 3, "m": 6, "M": 6, "mn": 6, "million": 6, "millions": 6, "Mio.": 6,
    "Mio": 6, "bn": 9, "billion": 9, "billions": 9, "Mrd.": 9, "Mrd": 9, "hundred": 2,
}  # fmt: skip
_SCALE = "|".join(re.escape(word) for word in sorted(_SCALES, key=len, reverse=True))
_PERCENT = r"%|percent\b|per\s?cent\b|prozent\b|pour\s?cent\b|por\s?ciento\b"
_NUMBER = re.compile(
    rf"(?P<minus>(?<![\w.,)])[-−–](?=\S)|\b(?i:minus|negative)\s)?"
    rf"(?:(?P<before>{_SIGN}|(?<!\w)(?:{_CODES}))\s?(?P<inner>[-−])?)?"
    rf"(?P<run>{_RUN})"
    rf"(?:\s?(?P<scale>{_SCALE})(?!\w))?"
    rf"(?:\s?(?P<percent>(?i:{_PERCENT})|‰)|\s?(?P<after>{_SIGN}|(?:{_CODES})\b|(?i:{_WORD})\b))?"
)
_UNITS = {
    "zero": 0, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_GREAT = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "dozen": 12}
_ONE = "|".join([*_UNITS, *_TENS, *_GREAT])
_WORDS = re.compile(
    rf"\b(?P<words>(?:an?\s+|one\s+)?(?:{_ONE})(?:(?:[\s-]+|\s+and\s+)(?:one|{_ONE}))*s?)\b"
    rf"(?:\s(?P<percent>{_PERCENT}))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Written:
    """A number in a text: where it stands, and what stands with it. ``sure`` holds what a word says by itself."""

    start: int
    end: int
    run: str = ""
    minus: bool = False
    scale: int = 0
    percent: bool = False
    per_mille: bool = False
    currency: tuple[str, ...] = ()
    sure: Decimal | None = None

    def value(self, point: str) -> Decimal | None:
        """What it says where ``point`` stands before decimals; None where it says nothing."""
        found = self.sure if not self.run else _value(self.run, point)
        if found is None:
            return None
        # Not by calculating: that would round to the precision of the context.
        _, digits, exponent = found.as_tuple()
        assert isinstance(exponent, int)
        return Decimal((int(self.minus), digits, exponent + self.scale))


def numbers(text: str) -> Iterator[Written]:
    """Every number of a text: digits, English words for numbers, and characters such as ½, from left to right."""
    found = [_in_digits(match) for match in _NUMBER.finditer(text)]
    taken = [(one.start, one.end) for one in found]
    for match in _WORDS.finditer(text):
        if not any(start < match.end() and match.start() < end for start, end in taken):
            said = match["words"]
            found.append(
                Written(start=match.start(), end=match.end(), percent=bool(match["percent"]), sure=_in_words(said))
            )
    for at, character in enumerate(text):
        if character > "~" and unicodedata.category(character) in ("No", "Nl"):
            found.append(Written(start=at, end=at + 1))
    yield from sorted(found, key=lambda one: one.start)


def _in_digits(match: re.Match[str]) -> Written:
    sign = match["before"] or match["after"] or ""
    return Written(
        start=match.start(),
        end=match.end(),
        run=match["run"],
        minus=bool(match["minus"] or match["inner"]),
        scale=_SCALES.get(match["scale"] or "", 0),
        percent=bool(match["percent"]) and match["percent"] != "‰",
        per_mille=match["percent"] == "‰",
        currency=() if not sign else _SYMBOLS.get(sign.lower(), (sign,)),
    )


def _value(run: str, point: str) -> Decimal | None:
    whole, _, decimals = run.partition(point)
    if decimals and not decimals.isdecimal():
        return None
    if not whole.isdecimal():
        separators = {character for character in whole if not character.isdecimal()}
        groups = re.split(r"\D", whole)
        # 12,00,000 is how India groups; the last group has three digits everywhere.
        shaped = len(groups[0]) <= 3 and len(groups[-1]) == 3 and all(len(group) in (2, 3) for group in groups[1:])
        if len(separators) != 1 or not shaped:
            return None
        whole = "".join(groups)
    if len(whole) > 1 and Decimal(whole[0]) == 0:
        return None
    return Decimal(f"{whole}.{decimals or 0}")


def _in_words(text: str) -> Decimal | None:
    total = part = 0
    for word in re.findall(r"[a-z]+", text.lower()):
        word = word if word in _UNITS or word in _TENS else word.removesuffix("s")
        if word in _GREAT:
            part = (part or 1) * _GREAT[word]
            if _GREAT[word] >= 1000:
                total, part = total + part, 0
        else:
            part += {**_UNITS, **_TENS, "one": 1}.get(word, 0)
    return Decimal(total + part)
