"""A text cut into sentences or blocks, so that a rule can say beside what something has to stand."""

from __future__ import annotations

import re

from hub.governance.grammar import Within
from hub.governance.wording import Span

_BLOCK = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_SENTENCE = re.compile(r"[.!?…。！？]+[\"')\]]*\s+|\n+")
# What a full stop behind does not end: abbreviations, initials and numbers such as "no. 4".
_GOES_ON = re.compile(
    r"(?:^|[\s(])(?:[a-z]|e\.g|i\.e|z\.b|approx|ca|vs|no|nr|dr|mr|mrs|ms|st|inc|ltd|co|jan|feb|aug|sept?|oct|nov|dec)$"
)


def parts(plain: str, per: Within) -> list[Span]:
    """The spans of a folded text's sentences, of its blocks (parted by an empty line), or of the whole."""
    if per == "text":
        return [(0, len(plain))]
    found: list[Span] = []
    start = 0
    for match in (_BLOCK if per == "block" else _SENTENCE).finditer(plain):
        at = match.start()
        if per == "sentence" and plain[at] == "." and _GOES_ON.search(plain, max(0, at - 8), at):
            continue
        if plain[start:at].strip():
            found.append((start, match.end()))
        start = match.end()
    if plain[start:].strip():
        found.append((start, len(plain)))
    return found
