"""Letters of other scripts that look like Latin ones, so that a word spelt with them is read as people read it."""

from __future__ import annotations

import re

# After case folding. From Unicode's confusables (UTS 39): the letters that differ from the Latin one in no usual font.
_CYRILLIC = {"а": "a", "ԁ": "d", "е": "e", "һ": "h", "і": "i", "ј": "j", "ӏ": "l", "о": "o", "р": "p", "ԛ": "q"}
_CYRILLIC |= {"с": "c", "ѕ": "s", "ѵ": "v", "ԝ": "w", "х": "x", "у": "y", "к": "k", "м": "m", "т": "t", "в": "b"}
_GREEK = {"α": "a", "ε": "e", "ι": "i", "κ": "k", "ν": "v", "ο": "o", "ρ": "p", "τ": "t", "υ": "u", "χ": "x", "ϲ": "c"}
_OTHERS = {"ı": "i", "ɑ": "a", "ɡ": "g", "ո": "n", "օ": "o", "ս": "u", "հ": "h", "ց": "g"}
_LATIN = str.maketrans(_CYRILLIC | _GREEK | _OTHERS)
_LIKE = "".join(_CYRILLIC | _GREEK | _OTHERS)
_ANY = re.compile(f"[{_LIKE}]")
_WORD = re.compile(r"\w+")
_ONLY_LIKE = re.compile(f"[a-z0-9_{_LIKE}]+")
_PLAIN = re.compile(r"[a-z]")


def forms(folded: str) -> set[str]:
    """A word as it may stand in a text that ``latin`` has read: as it is, and with its lookalikes as Latin letters."""
    return {folded, folded.translate(_LATIN)} if _ONLY_LIKE.fullmatch(folded.replace(" ", "")) else {folded}


def latin(folded: str) -> str:
    """A case-folded text with lookalikes as the Latin letters they look like, each character in its place.

    A word counts when it has nothing but Latin letters and lookalikes and either mixes them or stands in a text that is
    mostly Latin: so Russian and Greek are left as they are.
    """
    if not _ANY.search(folded):
        return folded
    letters = sum(map(str.isalpha, folded))
    mostly = 2 * len(_PLAIN.findall(folded)) > letters

    def read(match: re.Match[str]) -> str:
        word = match.group()
        if not _ONLY_LIKE.fullmatch(word) or not (mostly or _PLAIN.search(word)):
            return word
        return word.translate(_LATIN)

    return _WORD.sub(read, folded)
