"""Facts a machine can compare: the numbers and links of a draft that do not stand in its inputs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

_NUMBER = re.compile(r"\d(?:[\d.,'\u00a0\u202f]*\d)?")
_THOUSANDS = re.compile(r"(?<=\d)[.,'\u00a0\u202f](?=\d{3}(?!\d))")
_LINK = re.compile(r"https?://[^\s<>\"')\]]+", re.IGNORECASE)
_LIST_MARK = re.compile(r"^[ \t]*\d{1,2}[.)][ \t]", re.MULTILINE)
_WORDS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "twenty": "20", "thirty": "30", "fifty": "50", "hundred": "100",
    "thousand": "1000",
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z]{3,8}")


def links(text: str) -> list[str]:
    """The http(s) links of a text, without the punctuation of the sentence around them."""
    if "://" not in text:
        return []
    return [found.rstrip(".,;:!?") for found in _LINK.findall(text)]


def beyond(given: Iterable[Any], allowed: Iterable[Any]) -> list[str]:
    """The numbers and links that stand in ``given`` and not in ``allowed``, each once, as they are written.

    1,000 and 1000 are the same number, and so are 2.50 and 2,50. "ten" in the inputs allows 10. Numbering at the start
    of a line is no fact. Names and statements without numbers are not looked at: the claims list and reviews are for
    them.
    """
    written = list(_strings(given))
    new = {number: text for part in written for number, text in _numbers(_LIST_MARK.sub("", part))}
    found_links = [link for part in written for link in links(part)]
    if not new and not found_links:
        return []
    known = list(_strings(allowed))
    for part in known:
        for number, _ in _numbers(part):
            new.pop(number, None)
        if not new and not found_links:
            return []
    if new:
        for part in known:
            for word in _WORD.findall(part):
                if word.lower() in _WORDS:
                    new.pop(_WORDS[word.lower()], None)
    left = [link for link in dict.fromkeys(found_links) if not any(link in part for part in known)]
    # The numbers inside a link that is reported already are not reported again.
    return left + [text for text in new.values() if not any(text in link for link in left)]


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    for written in dict.fromkeys(_NUMBER.findall(text)):
        number = written
        if not number.isdigit():
            number = _THOUSANDS.sub("", number).replace(",", ".")
            if number.count(".") == 1:
                number = number.rstrip("0").rstrip(".")
        yield number.lstrip("0") or "0", written


def _strings(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | tuple):
            yield from _strings(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield str(value)
