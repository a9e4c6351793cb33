"""Telephone numbers by the numbering plans of chosen countries, looked for only where digits stand close together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hub.governance.patterns import compile_pattern, encode, spans

# Seven digits and more with what people put between them. phonenumbers accepts up to 17 digits and an extension.
_CANDIDATE = compile_pattern(r"[+＋(]{0,2}\p{Nd}(?:[\s().\-/\x{2010}-\x{2015}\x{a0}]{0,3}\p{Nd}){6,20}")
_EXTENSION = 14  # characters after a candidate that may hold ' ext. 123'
_DATE = re.compile(r"(?:19|20)\d\d[-./]")
_CONTEXT = 40
_WORDS = re.compile(r"(?i)\b(?:phone|tele\w*|tel|call|mobile|cell\w*|fax|whatsapp|dial|handy|mobil|anruf\w*|télé\w*)\b")
# phonenumbers.Leniency: a number that its plan has room for, or one that only has the right length. With a country
# code in front and digits enough the length will do: plans grow, and what was not given out yesterday rings today.
POSSIBLE, VALID = 0, 1
_ENOUGH_DIGITS = 11


def load() -> None:
    """Import the numbering plans, which takes a moment."""
    import phonenumbers  # noqa: F401


def find(text: str, regions: Sequence[str], taken: Sequence[tuple[int, int]] = ()) -> Iterator[tuple[int, int, bool]]:
    """(start, end, sure) of every telephone number. Plain digits, and what may be a date, need a word like 'call'.

    Digits inside one of the spans ``taken`` are known to be something else.
    """
    import phonenumbers

    for start, end in spans(_CANDIDATE, text, encode(text)):
        if any(first <= start and end <= last for first, last in taken):
            continue
        stretch = text[start : end + _EXTENSION]
        # With a + the country is in the number, and every region gives the same answer.
        for region in regions[:1] if stretch[0] in "+＋" else regions:
            clear = stretch[0] in "+＋" and sum(map(str.isdigit, text[start:end])) >= _ENOUGH_DIGITS
            matches = phonenumbers.PhoneNumberMatcher(stretch, region, POSSIBLE if clear else VALID)
            found = [(m.start, m.end, m.raw_string) for m in matches]
            for first, last, raw in found:
                doubtful = raw.isdigit() or _DATE.match(raw)
                sure = not doubtful or bool(_WORDS.search(text[max(0, start + first - _CONTEXT) : start + first]))
                yield start + first, start + last, sure
            if found:
                break
