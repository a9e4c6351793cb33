"""presidio's recognisers without a model and without the network: what finds the personal data in a text.

presidio's analyzer wants a language model to download; its recognisers for patterns and checksums do not, and are
called here one by one. Two habits are turned off: tldextract fetches the public suffix list over the network when it
sees its first e-mail address, unless it is given its built-in snapshot.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from hub.governance import phone_numbers
from hub.governance.patterns import compile_pattern, encode, spans

# What a text must hold before a recogniser is asked. One without any of it never loads presidio at all.
_HINTS = {
    "email": r"@|[\[({]\s?at\s?[\])}]",
    "phone": r"\p{Nd}(?:[^\p{Nd}\pL\n]{0,3}\p{Nd}){6}",
    "iban": r"[A-Za-z]{2}[ -]?\d{2}(?:[ -]?[A-Za-z0-9]{4}){2}[ -]?[A-Za-z0-9]{2}",
    "card": r"\d(?:[ -]?\d){12}",
    "ssn": r"\d{3}[- .]?\d{2}[- .]?\d{4}",
    "ip": r"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{1,4}::[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){4}",
}
#: The digits of an IBAN are no card, and those of neither are a telephone number.
_ORDER = ("iban", "email", "card", "ssn", "ip", "phone")
_HINT = compile_pattern("|".join(_HINTS.values()))
_HINT_OF = {kind: compile_pattern(hint) for kind, hint in _HINTS.items()}
_AROUND = 160  # characters before and after a hint that are looked at
_LONGEST = 4_000  # characters at once: bounds the work of recognisers whose time grows faster than their text
_OVERLAP = 320
_SSN_CONTEXT = re.compile(r"(?i)\bssns?\b|\bsocial security\b")
_SSN_NEAR = 60
# Addresses written so that machines do not read them: anna (at) example (dot) org.
_SPELT = re.compile(
    r"(?i)[\w.+-]{1,64}\s?[\[({]\s?at\s?[\])}]\s?[\w-]{1,63}(?:(?:\.|\s?[\[({]\s?(?:dot|punkt|point|punto)\s?[\])}]\s?)[\w-]{2,63}){1,4}"
)
_UPPER = str.maketrans({char: char.upper() for char in "abcdefghijklmnopqrstuvwxyz"})
#: What stands before four numbers with dots that are a version or a section and no address.
_VERSION = re.compile(r"(?i)\b(?:version|firmware|release|build|section|chapter|kapitel|abschnitt|v)\.?\s?$")
_VERSION_NEAR = 12
_SHORTEST_IP = 7  # '1::2' and the like are far more often something else
# presidio's score that a find must reach. Valid e-mail domains, card and IBAN checksums score 1, telephone numbers are
# judged by their own rules, and a social security number without its hyphens scores 0.05 until a word says what it is.
_ENOUGH = {"email": 0.5, "iban": 0.5, "card": 0.5, "ssn": 0.5, "ip": 0.6}


class Hit(NamedTuple):
    """Personal data of one kind at (start, end). ``sure`` is False for digits that only may be a telephone number."""

    kind: str
    start: int
    end: int
    sure: bool


class Engine:
    """Loads presidio when first needed, once, and is safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recognisers: dict[str, Any] | None = None

    def load(self) -> dict[str, Any]:
        """The recognisers by kind. The first call imports presidio, which takes seconds."""
        with self._lock:
            if self._recognisers is None:
                self._recognisers = _load()
            return self._recognisers

    def find(self, text: str, kinds: Sequence[str], regions: Sequence[str]) -> list[Hit]:
        """Every hit in the text, in characters of it, in order; hits may overlap.

        ``regions`` are the countries whose way of writing telephone numbers is known; those with a + always are.
        """
        hits: set[Hit] = set()
        for start, end in _windows(text):
            window = text[start:end]
            encoded = encode(window)
            taken: list[tuple[int, int]] = []
            for kind in sorted(kinds, key=_ORDER.index):
                if _HINT_OF[kind].search(encoded) is None:
                    continue
                if kind == "phone":
                    found = list(phone_numbers.find(window, regions, taken))
                else:
                    found = [
                        hit
                        for hit in _recognise(self.load()[kind], kind, window)
                        if kind != "card" or not any(first <= hit[0] and hit[1] <= last for first, last in taken)
                    ]
                    taken += [(first, last) for first, last, _ in found]
                hits.update(Hit(kind, start + first, start + last, sure) for first, last, sure in found)
        return sorted(hits, key=lambda hit: (hit.start, hit.end))


def _load() -> dict[str, Any]:
    import tldextract.tldextract
    from presidio_analyzer.predefined_recognizers import (
        CreditCardRecognizer,
        EmailRecognizer,
        IbanRecognizer,
        IpRecognizer,
        UsSsnRecognizer,
    )

    phone_numbers.load()
    offline = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    tldextract.tldextract.TLD_EXTRACTOR = offline
    tldextract.extract = offline
    return {
        "email": EmailRecognizer(),
        "iban": IbanRecognizer(),
        "card": CreditCardRecognizer(),
        "ssn": UsSsnRecognizer(),
        "ip": IpRecognizer(),
    }


def _recognise(recogniser: Any, kind: str, window: str) -> Iterator[tuple[int, int, bool]]:
    if kind == "email":
        yield from ((*match.span(), True) for match in _SPELT.finditer(window))
    if kind == "iban":
        window = window.translate(_UPPER)
    for result in recogniser.analyze(window, recogniser.supported_entities, None):
        start, end, score = result.start, result.end, result.score
        if kind == "ip" and _VERSION.search(window, max(0, start - _VERSION_NEAR), start):
            continue
        if kind == "ssn" and _SSN_CONTEXT.search(window, max(0, start - _SSN_NEAR), start):
            score = 1.0
        if score >= _ENOUGH[kind] and (kind != "ip" or end - start >= _SHORTEST_IP):
            yield start, end, True


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of the text around every hint, none longer than 4,000 characters."""
    start = end = -1
    for first, last in spans(_HINT, text, encode(text)):
        low, high = max(0, first - _AROUND), min(len(text), last + _AROUND)
        if low > end:
            if end > 0:
                yield from _slices(start, end)
            start = low
        end = max(end, high)
    if end > 0:
        yield from _slices(start, end)


def _slices(start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > _LONGEST:
        yield start, start + _LONGEST
        start += _LONGEST - _OVERLAP
    yield start, end
