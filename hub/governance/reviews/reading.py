"""Whether a review was one: nobody reads faster than words can be looked at, and planted errors show who does not look.

It judges a text's length against the time it was open, never how well somebody works. The thresholds are ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

#: Words a second: twice what fast readers manage, so whoever is quicker has not read.
WORDS_PER_SECOND = 8.0
#: A text of so many words is read at a glance: no time is asked for.
GLANCE = 40
#: A record is judged from so many decisions on; so large a share approved; so many planted errors seen, and caught.
DECISIONS, APPROVED, SEEN, CAUGHT = 40, 0.98, 4, 0.50
#: No space stands between words here: of Chinese and Japanese two characters count as one, of Thai, Lao, Burmese and
#: Khmer four.
_TWO = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_FOUR = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_WORD = re.compile(rf"[{_TWO}]{{1,2}}|[{_FOUR}]{{1,4}}|[^\W{_TWO}{_FOUR}]+")


@dataclass(frozen=True, slots=True)
class Record:
    """One decision: whether it approved, the text's words, the seconds it was open, and for a planted error whether it
    was caught (None where none was planted)."""

    approved: bool
    words: int
    seconds: float | None
    caught: bool | None = None


def words_in(text: str) -> int:
    return sum(1 for _ in _WORD.finditer(text))


def seconds_to_read(words: int) -> float:
    """The least time a text of so many words has to be open; 0 for one that is read at a glance."""
    return words / WORDS_PER_SECOND if words > GLANCE else 0.0


def stamps(records: Iterable[Record]) -> str:
    """Why a reviewer's record reads like stamping, as a sentence; empty when it does not, or cannot be told yet."""
    every = list(records)
    planted = [one.caught for one in every if one.caught is not None]
    if len(planted) >= SEEN and sum(planted) / len(planted) < CAUGHT:
        return f"{sum(planted)} of {len(planted)} planted errors were caught."
    real = [one for one in every if one.caught is None]
    if len(real) < DECISIONS or sum(one.approved for one in real) / len(real) < APPROVED:
        return ""
    paces = [one.words / max(one.seconds, 0.1) for one in real if one.seconds is not None and one.words > GLANCE]
    if paces and median(paces) > WORDS_PER_SECOND:
        return f"{sum(one.approved for one in real)} of {len(real)} were approved, most faster than they can be read."
    return ""
