"""What evidence makes fine: whether a rule's hit is part of a claim that valid evidence says in these very words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from hub.governance.detectors.parts import parts
from hub.governance.wording import Span, Text, normal

#: The share of a claim's words that have to stand in its evidence, and in the sentence that makes the claim.
FLOOR = 0.5
_WORD = re.compile(r"\w+(?:[-.,]\w+)*")
#: Words that say nothing about what a claim is about.
_PLAIN = frozenset(
    "the and for with that this from you your our are was were has have had not but its all can more than per one new "  # noqa: SIM905
    "der die das und mit von für den dem des ein eine ist auf les une pour avec los las una con por para".split()
)


def words_of(text: str) -> frozenset[str]:
    """The words of a text that say what it is about, folded; numbers and names such as LT-114 are among them."""
    found = _WORD.findall(normal(text))
    return frozenset(word for word in found if (len(word) > 2 and word not in _PLAIN) or any(map(str.isdigit, word)))


def mostly_in(claim: frozenset[str], words: frozenset[str]) -> bool:
    """Whether enough of a claim's words are among these."""
    return bool(claim) and len(claim & words) >= FLOOR * len(claim)


def stating(claim: str, texts: Iterable[str]) -> list[str]:
    """The sentences of these texts that make this claim: most of what says what the claim is about stands in each."""
    wanted = words_of(claim)
    sentences = (text.plain[slice(*one)] for text in map(Text, texts) for one in parts(text, "sentence"))
    return [one.strip() for one in sentences if mostly_in(wanted, words_of(one))]


class Evidenced:
    """The claims of a draft whose evidence carries them, as ``contract["proofs"]`` has them."""

    def __init__(self, proofs: Iterable[Mapping[str, Any]]) -> None:
        self._claims = [(words_of(one["claim"]), words_of(one["says"])) for one in proofs if not one["fault"]]

    def __bool__(self) -> bool:
        return bool(self._claims)

    def covers(self, text: Text, span: Span) -> bool:
        """Whether the words of this span stand in a claim and in its evidence, and their sentence makes that claim."""
        words = _words(text.plain[slice(*span)])
        sentence = next((one for one in parts(text, "sentence") if one[0] <= span[0] < one[1]), span)
        around = _words(text.plain[slice(*sentence)])
        return bool(words) and any(words <= claim & says and mostly_in(claim, around) for claim, says in self._claims)


_words = lru_cache(maxsize=1024)(words_of)
