"""Faults on demand: what goes wrong, on which call, how often. And the journal of what was called."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

#: Every kind of fault and what the caller sees.
KINDS = {
    "429": "refused for quota, with Retry-After; nothing is done",
    "503": "answered 503; nothing is done",
    "503-after-commit": "done, then answered 503",
    "drop": "the connection is closed; nothing is done",
    "drop-after-commit": "done, then the connection is closed without an answer",
    "conflict": "somebody edits the document just before the write",
    "slow": "answered late: the work is done after the wait",
    "slow-after-commit": "answered late: the work is done before the wait",
    "html": "answered 200 with a web page; nothing is done",
}


@dataclass(slots=True)
class Fault:
    """A fault waiting to happen.

    ``on`` is an operation such as ``documents.batchUpdate``, its last part, or ``*``. ``times`` counts down; None is
    for ever. ``chance`` is the probability on each call. ``seconds`` is how long the slow kinds wait, and what 429 says
    in Retry-After.
    """

    kind: str
    on: str = "batchUpdate"
    times: int | None = 1
    document: str | None = None
    seconds: float = 1.0
    chance: float = 1.0


class Faults:
    """The faults of one sandbox, first come first served: each call meets at most one."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._random = random.Random(seed)

    def add(
        self,
        kind: str,
        on: str = "batchUpdate",
        times: int | None = 1,
        *,
        document: str | None = None,
        seconds: float = 1.0,
        chance: float = 1.0,
        seed: int | None = None,
    ) -> Fault:
        """Add a fault. ``seed`` starts the dice of ``chance`` anew, for a test that repeats.

        Raises:
            ValueError: there is no such kind.
        """
        if kind not in KINDS:
            raise ValueError(f"no fault {kind!r}; there are {', '.join(KINDS)}")
        fault = Fault(kind, on, times, document, seconds, chance)
        with self._lock:
            if seed is not None:
                self._random.seed(seed)
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Forget every fault."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[dict[str, Any]]:
        """The faults that have not happened yet."""
        with self._lock:
            return [asdict(fault) for fault in self._waiting]

    def take(self, operation: str, document: str | None) -> Fault | None:
        """The fault this call meets, if any; a counted one is used up."""
        with self._lock:
            for fault in self._waiting:
                if fault.on not in ("*", operation, operation.rsplit(".", 1)[-1]):
                    continue
                if fault.document not in (None, document) or self._random.random() >= fault.chance:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                return fault
        return None


@dataclass(frozen=True, slots=True)
class Entry:
    """One call. ``by`` is the account, never the token; ``status`` is 0 when no answer was sent."""

    number: int
    at: float
    operation: str
    document: str | None
    by: str
    status: int
    fault: str | None
    committed: bool
    requests: tuple[str, ...]
    ms: float


class Journal:
    """The last calls, newest last."""

    def __init__(self, size: int = 50_000, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=size)
        self._count = 0

    def note(self, **fields: Any) -> None:
        """Write one call down."""
        with self._lock:
            self._count += 1
            self._entries.append(Entry(number=self._count, at=self._clock(), **fields))

    def entries(self, *, operation: str | None = None, document: str | None = None, since: int = 0) -> list[Entry]:
        """The calls kept, those of one operation or document if named, those after the ``since``-th."""
        with self._lock:
            kept = list(self._entries)
        return [
            entry
            for entry in kept
            if entry.number > since
            and operation in (None, entry.operation, entry.operation.rsplit(".", 1)[-1])
            and document in (None, entry.document)
        ]
