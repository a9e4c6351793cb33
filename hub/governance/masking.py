"""Personal data out of a text before the model sees it, and back in afterwards: exactly, or not at all."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import re2

from hub.domain import Finding
from hub.governance.folding import fold
from hub.governance.patterns import compile_pattern, encode, spans

PREFIX = "personal-data."
#: How placeholders call the name of a person.
NAME = "NAME"
_NONCE = re.compile("[a-z0-9]{4,16}")
_AROUND = 24
_BEFORE = re.compile(r"\[?[^\s\[\]]*$")
_AFTER = re.compile(r"[^\s\[\]]*\]?")


@dataclass(frozen=True, slots=True)
class Masked:
    """Texts with placeholders like ``[EMAIL_1_k3f9]``, and the original of each.

    ``nonce`` is the one in use: another than was offered if a text held that already. Keep it with the placeholders;
    both are personal data as much as the texts were.
    """

    texts: Mapping[str, str] = field(repr=False)
    placeholders: Mapping[str, str] = field(repr=False)
    nonce: str


@dataclass(frozen=True, slots=True)
class Restored:
    """A text with the originals back in. ``damaged`` quotes the places that look like a placeholder and are none.

    They hold no original value. A text with damage is not to be delivered: a person looks at it.
    """

    text: str = field(repr=False)
    damaged: tuple[str, ...] = ()


def new_nonce() -> str:
    """Four characters, letter digit letter digit, without vowels: no word and no number of a text looks like it."""
    letters, digits = "bcdfghjkmnpqrstvwxz", "23456789"
    return "".join(secrets.choice(kind) for kind in (letters, digits, letters, digits))


def mask(texts: Mapping[str, str], findings: Iterable[Finding], nonce: str) -> Masked:
    """Texts with what the personal-data findings point at replaced, everywhere it occurs in any of the texts.

    The same value always gets the same placeholder. Spans that overlap are masked as one. Findings of other checks, and
    those whose text or span does not exist, change nothing.

    Args:
        texts: text by name, as ``texts.flatten`` gives them.
        findings: with ``where`` naming a text and ``span`` in characters of it.
        nonce: 4 to 16 characters of a-z and 0-9, new for each run; ``new_nonce()`` makes one.
    """
    if not _NONCE.fullmatch(nonce):
        raise ValueError("a nonce is 4 to 16 characters of a-z and 0-9")
    findings = tuple(findings)
    if not findings:
        return Masked(dict(texts), {}, nonce)
    folded = [fold(text).text for text in texts.values()]
    nonce = _unused(nonce, folded)
    places = {name: _merge(found, len(texts[name])) for name, found in _spans(texts, findings).items()}
    kinds: dict[str, str] = {}
    for name, found in places.items():
        for start, end, kind in found:
            kinds.setdefault(texts[name][start:end], kind)
    if not kinds:
        return Masked(dict(texts), {}, nonce)
    words = {kind: _free_word(kind, folded) for kind in set(kinds.values())}
    counts: dict[str, int] = {}
    by_value: dict[str, str] = {}
    for value, kind in kinds.items():
        counts[kind] = counts.get(kind, 0) + 1
        by_value[value] = f"[{words[kind]}_{counts[kind]}_{nonce}]"
    anywhere = _Anywhere(kinds)
    masked = {name: _masked(text, places.get(name, []), by_value, anywhere) for name, text in texts.items()}
    return Masked(masked, {placeholder: value for value, placeholder in by_value.items()}, nonce)


def hiding(placeholders: Mapping[str, str]) -> Callable[[str], str]:
    """What puts placeholders back where their originals stand: the way back from ``restore``."""
    by_value = {value: placeholder for placeholder, value in placeholders.items()}
    anywhere = _Anywhere({value: _kind(placeholder) for value, placeholder in by_value.items()})
    return lambda text: _masked(text, [], by_value, anywhere)


def restore(text: str, placeholders: Mapping[str, str], nonce: str) -> Restored:
    """The text with every exact placeholder replaced by its original; nothing else is ever replaced.

    What carries the nonce, or looks like a placeholder of this run with another case, with spaces, cut short or with a
    number that was never given, is reported as damaged and left as it stands.
    """
    if not placeholders:
        return Restored(text)
    exact = re.compile(rf"\[[A-Z_]+_\d+_{re.escape(nonce)}\]")
    suspect = _suspect(placeholders, nonce)
    pieces: list[str] = []
    damaged: list[str] = []
    done = 0
    for match in exact.finditer(text):
        if match.group() not in placeholders:  # a number that was never given: stays, and is found as damage
            continue
        between = text[done : match.start()]
        damaged += _damage(between, suspect)
        pieces += (between, placeholders[match.group()])
        done = match.end()
    rest = text[done:]
    damaged += _damage(rest, suspect) or _cut_short(rest, placeholders)
    return Restored("".join([*pieces, rest]), tuple(dict.fromkeys(damaged)))


def restore_value(value: Any, placeholders: Mapping[str, str], nonce: str) -> tuple[Any, tuple[str, ...]]:
    """``restore`` over every string of a JSON value, keys too: the value, and all damage."""
    if isinstance(value, str):
        restored = restore(value, placeholders, nonce)
        return restored.text, restored.damaged
    damaged: list[str] = []

    def inner(item: Any) -> Any:
        restored, more = restore_value(item, placeholders, nonce)
        damaged.extend(more)
        return restored

    if isinstance(value, Mapping):
        value = {inner(key): inner(item) for key, item in value.items()}
    elif isinstance(value, list | tuple):
        value = [inner(item) for item in value]
    return value, tuple(dict.fromkeys(damaged))


def _unused(nonce: str, folded: Sequence[str]) -> str:
    """The nonce, or the first one derived from it, that no text holds in any spelling."""
    candidate, tries = nonce, 0
    while any(re.search(_spread(candidate), text) for text in folded):
        tries += 1
        # The digest's vowels give way, which keeps it from being a word; it grows should the short ones be taken.
        digest = sha256(f"{nonce}/{tries}".encode()).hexdigest()
        candidate = digest.translate(str.maketrans("abcdef", "kmpqtw"))[: min(16, 4 + tries // 4)]
    return candidate


def _free_word(kind: str, folded: Sequence[str]) -> str:
    """The kind as placeholders name it. A text that itself says ``[EMAIL]`` or ``email_1`` must not look damaged."""
    word = kind
    while any(re.search(_look_alike(word), text) for text in folded):
        word = f"PRIVATE_{word}"
    return word


def _kind(placeholder: str) -> str:
    """What a placeholder stands for; ``_free_word`` may have put something before it."""
    word = placeholder[1:].rsplit("_", 2)[0]
    while word.startswith("PRIVATE_"):
        word = word.removeprefix("PRIVATE_")
    return word


def _spread(nonce: str) -> str:
    return r"[\s_-]*".join(nonce)


def _look_alike(word: str) -> str:
    """What a damaged placeholder looks like in folded text: the word after a bracket, or with a number."""
    spelt = r"[\s_-]*".join(map(re.escape, word.lower().split("_")))
    return rf"\[\s*{spelt}(?![^\W_])|{spelt}_\d"


def _spans(texts: Mapping[str, str], findings: Iterable[Finding]) -> dict[str, list[tuple[int, int, str]]]:
    found: dict[str, list[tuple[int, int, str]]] = {}
    for finding in findings:
        if finding.rule.startswith(PREFIX) and finding.span is not None and finding.where in texts:
            kind = re.sub("[^A-Z]", "_", finding.rule.removeprefix(PREFIX).upper())
            found.setdefault(finding.where, []).append((*finding.span, kind))
    return found


def _merge(spans: list[tuple[int, int, str]], length: int) -> list[tuple[int, int, str]]:
    """Spans in order without overlap. Overlapping ones become their union, named after the first and longest."""
    merged: list[tuple[int, int, str]] = []
    for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1], span[2])):
        start, end = max(0, start), min(end, length)
        if start >= end:
            continue
        if merged and start < merged[-1][1]:
            first, before, known = merged[-1]
            merged[-1] = (first, max(before, end), known)
        else:
            merged.append((start, end, kind))
    return merged


class _Anywhere:
    """Finds values wherever they stand, names as whole words only: Mark is nobody in Markets."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        # re2, because its time does not grow with the number of values.
        names = "|".join(re2.escape(value) for value, kind in kinds.items() if kind == NAME)
        others = "|".join(re2.escape(value) for value, kind in kinds.items() if kind != NAME)
        word = r"[^\pL\pM\pN_]"
        self._others = compile_pattern(others, longest=True) if others else None
        self._names = compile_pattern(f"(?:^|{word})({names})(?:$|{word})", longest=True) if names else None

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Where values stand in a text, in order and without overlap."""
        done = 0
        for start, end in self._spans(self._others, text, 0):
            yield from self._named(text, done, start)
            yield start, end
            done = end
        yield from self._named(text, done, len(text))

    def _named(self, text: str, low: int, high: int) -> Iterator[tuple[int, int]]:
        for start, end in self._spans(self._names, text[low:high], 1):
            yield low + start, low + end

    @staticmethod
    def _spans(pattern: Any, text: str, group: int) -> Iterator[tuple[int, int]]:
        return spans(pattern, text, encode(text), group) if pattern is not None and text else iter(())


def _masked(text: str, found: list[tuple[int, int, str]], by_value: Mapping[str, str], anywhere: _Anywhere) -> str:
    pieces: list[str] = []
    done = 0
    for start, end, _ in [*found, (len(text), len(text), "")]:
        between, at = text[done:start], 0
        for first, last in anywhere.find(between):
            value = between[first:last]
            pieces += (between[at:first], by_value.get(value, value))
            at = last
        pieces += (between[at:], by_value[text[start:end]] if end > start else "")
        done = end
    return "".join(pieces)


def _suspect(placeholders: Iterable[str], nonce: str) -> re.Pattern[str]:
    words = sorted({placeholder[1:].rsplit("_", 2)[0] for placeholder in placeholders})
    return re.compile("|".join([_spread(nonce), *map(_look_alike, words)]))


def _damage(text: str, suspect: re.Pattern[str]) -> list[str]:
    """The places that look damaged, each with what is written on to it, up to the next space or bracket."""
    folded = fold(text)
    places: list[tuple[int, int]] = []
    for match in suspect.finditer(folded.text):
        start, end = folded.span(match.start(), match.end())
        before = _BEFORE.search(text[max(0, start - _AROUND) : start])
        after = _AFTER.match(text[end : end + _AROUND])
        start, end = start - len(before.group() if before else ""), end + len(after.group() if after else "")
        if places and start < places[-1][1]:
            places[-1] = (places[-1][0], max(end, places[-1][1]))
        else:
            places.append((start, end))
    return [text[start:end] for start, end in places]


def _cut_short(text: str, placeholders: Iterable[str]) -> list[str]:
    """The end of a text that is the beginning of a placeholder: an answer that was cut off."""
    start = text.rfind("[")
    tail = text[start:].rstrip() if start >= 0 else ""
    if len(tail) > 1 and any(placeholder.casefold().startswith(tail.casefold()) for placeholder in placeholders):
        return [tail]
    return []
