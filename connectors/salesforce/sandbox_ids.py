"""Record ids as Salesforce forms them: a prefix for the type, a counter, and three letters that guard the case."""

from __future__ import annotations

import re
import threading

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?", re.ASCII)
#: What stands between prefix and counter: the instance an org lives on.
INSTANCE = "Hs000"


def suffix(id15: str) -> str:
    """The three letters after a 15-character id: each tells which of five characters are capitals."""
    return "".join(
        SUFFIX[sum(1 << place for place, letter in enumerate(id15[start : start + 5]) if "A" <= letter <= "Z")]
        for start in (0, 5, 10)
    )


def whole(id: str) -> str | None:
    """The 18-character form of an id, or None when it is none. The long form is read whatever its case."""
    if not SHAPE.fullmatch(id):
        return None
    if len(id) == 15:
        return id + suffix(id)
    letters = list(id[:15])
    for group, guard in enumerate(id[15:].upper()):
        if guard not in SUFFIX:
            return None
        bits = SUFFIX.index(guard)
        for place in range(5):
            letter = letters[group * 5 + place]
            capital = bool(bits >> place & 1)
            if capital and not letter.isalpha():
                return None
            letters[group * 5 + place] = letter.upper() if capital else letter.lower()
    short = "".join(letters)
    return short + suffix(short)


class Ids:
    """Gives out the ids of one org, each once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[str, int] = {}
        self._least = 1

    def go_on_from(self, number: int) -> None:
        """From now on no id's counter is below this."""
        with self._lock:
            self._least = number % len(ALPHABET) ** (12 - len(INSTANCE))

    def new(self, prefix: str) -> str:
        """The next id with this prefix, 18 characters."""
        with self._lock:
            number = self._last[prefix] = max(self._last.get(prefix, 0) + 1, self._least)
        digits = ""
        while number:
            number, digit = divmod(number, 62)
            digits = ALPHABET[digit] + digits
        short = prefix + INSTANCE + digits.rjust(12 - len(INSTANCE), "0")
        return short + suffix(short)
