"""Pseudonyms: under which name each person stands in the ledger. Drawn at random, so that nothing but the table tells
whose one is; with its row gone, nobody can."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable

from hub.store import Tx, people
from hub.store.runs import one_spelling

#: Seconds a pseudonym is kept in memory: so long may another process still use one that was forgotten.
KEPT = 60.0


class Pseudonyms:
    """Looks a person up once a minute at most. Safe to call from several threads.

    Args:
        tick: seconds of a clock that never goes back.
    """

    def __init__(self, tick: Callable[[], float] = time.monotonic) -> None:
        self._tick = tick
        self._kept: dict[str, tuple[float, str]] = {}
        #: The transaction that stored a person. It may roll back: what it stored counts once another one sees it.
        self._made: dict[str, weakref.ref[Tx]] = {}

    def of(self, tx: Tx, person: str) -> str:
        """The person's pseudonym, made when they have none: of many who make one at once, one makes it."""
        spelled = one_spelling(person) or ""
        kept = self._kept.get(spelled)
        if kept is not None and kept[0] > self._tick():
            return kept[1]
        known = people.pseudonym(tx, spelled)
        if known is None:
            self._made[spelled] = weakref.ref(tx)
            return people.new_pseudonym(tx, spelled)
        made_by = self._made.get(spelled)
        if made_by is None or made_by() is not tx:
            self._made.pop(spelled, None)
            self._kept[spelled] = (self._tick() + KEPT, known)
        return known

    def forget(self, tx: Tx, person: str) -> None:
        """Let nobody tell any more who it was."""
        spelled = one_spelling(person) or ""
        people.forget_pseudonym(tx, spelled)
        self._kept.pop(spelled, None)
