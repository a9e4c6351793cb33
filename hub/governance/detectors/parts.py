"""A text cut into sentences or blocks, so that a rule can say beside what something has to stand."""

from __future__ import annotations

import re

from hub.governance.grammar import Within
from hub.governance.wording import Span, Text

_BLOCK = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
# Begins with one class of characters, so that Python's re skips whatever is none of them, and only at the first of a
# row of full stops: begun at each of them, a row of 200,000 would be walked 200,000 times.
_SENTENCE = re.compile(r"[.!?…。！？\n](?:(?<=\n)\n*|(?<!\n)(?<![.!?…。！？].)[.!?…。！？]*+[\"')\]]*+\s+)")
# What a full stop behind does not end: abbreviations, initials and numbers such as "no. 4".
_GOES_ON = re.compile(
    r"(?:^|[\s(])(?:[a-z]|e\.g|i\.e|z\.b|approx|ca|vs|no|nr|dr|mr|mrs|ms|st|inc|ltd|co|jan|feb|aug|sept?|oct|nov|dec)$"
)


def parts(text: Text, per: Within) -> list[Span]:
    """The spans in ``text.plain`` of its sentences, of its blocks (parted by an empty line), or of the whole.

    Several rules ask for them about the same text, so they are kept with it, and go when it goes.
    """
    if per == "text":
        return [(0, len(text.plain))]
    if per not in text.kept:
        text.kept[per] = _cut(text.plain, per)
    return text.kept[per]


def _cut(plain: str, per: Within) -> list[Span]:
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
