"""The evidence register as it stands: kept in memory, and asked what a request may cite and what a draft did cite."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.governance.evidenced import words_of
from hub.pipeline.markets import holds_in
from hub.store import Database, evidence
from hub.store.evidence import Evidence

#: Seconds the register is kept before the database is asked whether it changed.
KEPT = 1.0
#: How much of it a prompt holds at most: entries, and characters of their lines together.
MOST, LONGEST = 12, 4000


@dataclass(frozen=True, slots=True)
class Kept:
    """The register at one moment: entries by id, the words of each, and how much a word tells two entries apart."""

    mark: tuple[int, int] = (0, 0)
    entries: Mapping[str, Evidence] = field(default_factory=dict)
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    weight: Mapping[str, int] = field(default_factory=dict)


class Register:
    """Looks the register up at most once a second, and reads it anew only when it changed. Safe for several threads.

    Args:
        tick: seconds of a clock that never goes back.
    """

    def __init__(self, database: Database, tick: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._tick = tick
        self._kept = Kept()
        self._until = float("-inf")
        self._lock = threading.Lock()

    def now(self) -> Kept:
        """The register.

        Raises:
            Unavailable: the database does not answer. What was known before is not used: it may have been withdrawn.
        """
        if self._until > self._tick():
            return self._kept
        with self._lock:
            if self._until > self._tick():
                return self._kept
            with self._database.reading() as tx:
                mark = evidence.mark(tx)
                if mark != self._kept.mark:
                    self._kept = _kept(mark, evidence.every(tx) if mark[0] else ())
            self._until = self._tick() + KEPT
            return self._kept

    @property
    def is_empty(self) -> bool:
        """Whether nobody keeps evidence here: then nothing about it is asked of anybody."""
        return not self.now().entries

    def offered(self, team: str, market: str, day: str, values: Mapping[str, Any]) -> list[str]:
        """What a model may cite, one line an entry: those in force for this team and market that share words with the
        inputs, the most telling words first. The same register and inputs always give the same lines; the cost grows
        with the size of both and no faster.
        """
        kept = self.now()
        if not kept.entries:
            return []
        asked = words_of(" \n".join(_texts(values.values())))
        ranked: list[tuple[int, str]] = []
        for id, words in kept.words.items():
            common = asked & words
            if common:
                one = kept.entries[id]
                if one.status(day) == "in force" and one.team in (None, team) and holds_in(one.markets, market):
                    ranked.append((-sum(kept.weight[word] for word in common), id))
        lines: list[str] = []
        left = LONGEST
        for _, id in sorted(ranked)[:MOST]:
            line = _line(kept.entries[id])
            if len(line) <= left:
                lines.append(line)
                left -= len(line)
        return lines


def _kept(mark: tuple[int, int], entries: Iterable[Evidence]) -> Kept:
    known = {one.id: one for one in entries}
    words = {id: words_of(one.claim) for id, one in known.items()}
    often = Counter(word for some in words.values() for word in some)
    # In whole numbers: a sum of fractions would depend on the order of a set.
    return Kept(mark, known, words, {word: 1_000_000 // times for word, times in often.items()})


def _line(one: Evidence) -> str:
    beside = f' (wherever it is said, this stands as well: "{one.disclaimer}")' if one.disclaimer else ""
    return f"{one.id}: {one.claim}{beside}"


def _texts(values: Iterable[Any]) -> Iterable[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Sequence):
            yield from _texts(value)
