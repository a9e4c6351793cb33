"""Faults on demand: what goes wrong, on which call or record, how often. And the journal of what was called."""

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
    "503": "answered 503; nothing is done",
    "503-after-commit": "done, then answered 503",
    "500": "answered 500 with UNKNOWN_EXCEPTION; nothing is done",
    "drop": "the connection is closed; nothing is done",
    "drop-after-commit": "done, then the connection is closed without an answer",
    "slow": "answered late: the work is done after the wait",
    "slow-after-commit": "answered late: the work is done before the wait",
    "html": "answered 200 with a web page; nothing is done",
    "malformed": "done, then answered with half of the JSON",
    "expired-session": "the session ends and the call is answered 401; nothing is done",
    "401-html": "answered 401 with a web page; nothing is done",
    "limit": "answered 403 TotalRequests Limit exceeded; nothing is done",
    "concurrent": "answered 403 ConcurrentRequests Limit exceeded; nothing is done",
    "lock": "the record is locked by somebody else: UNABLE_TO_LOCK_ROW",
    "lost-race": "another call writes the same record first: DUPLICATE_VALUE on the caller's own key",
    "validation": "an admin's new rule refuses the record: FIELD_CUSTOM_VALIDATION_EXCEPTION",
}
#: Faults that one record of a call meets; the others of a collection do not.
OF_A_RECORD = ("lock", "lost-race", "validation")


@dataclass(slots=True)
class Fault:
    """A fault waiting to happen.

    ``on`` is an operation such as ``sobjects.upsert``, its last part, or ``*``. ``times`` counts down; None is for
    ever. ``chance`` is the probability on each call or record. ``type`` and ``record`` narrow it to a type and to an
    id or external id. ``seconds`` is how long the slow kinds wait.
    """

    kind: str
    on: str = "*"
    times: int | None = 1
    type: str | None = None
    record: str | None = None
    seconds: float = 1.0
    chance: float = 1.0


class Faults:
    """The faults of one sandbox, first come first served: each call, and each record, meets at most one."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._random = random.Random(seed)

    def add(
        self,
        kind: str,
        on: str = "*",
        times: int | None = 1,
        *,
        type: str | None = None,
        record: str | None = None,
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
        fault = Fault(kind, on, times, type, record, seconds, chance)
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

    def of_call(self, operation: str, type: str | None, record: str | None) -> Fault | None:
        """The fault a whole call meets, if any; a counted one is used up."""
        return self._take(operation, type, record, of_a_record=False)

    def of_record(self, operation: str, type: str, record: str | None) -> Fault | None:
        """The fault one record's write meets, if any; a counted one is used up."""
        return self._take(operation, type, record, of_a_record=True)

    def _take(self, operation: str, type: str | None, record: str | None, *, of_a_record: bool) -> Fault | None:
        with self._lock:
            for fault in self._waiting:
                if (fault.kind in OF_A_RECORD) is not of_a_record:
                    continue
                if fault.on not in ("*", operation, operation.rpartition(".")[2]):
                    continue
                if fault.type not in (None, type) or fault.record not in (None, record):
                    continue
                if fault.chance < 1 and self._random.random() >= fault.chance:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                return fault
        return None


@dataclass(frozen=True, slots=True)
class Entry:
    """One call. ``by`` is the username, never the token; ``status`` is 0 when no answer was sent."""

    number: int
    at: float
    operation: str
    type: str | None
    record: str | None
    by: str
    status: int
    fault: str | None
    committed: int
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

    def entries(self, *, operation: str | None = None, type: str | None = None, since: int = 0) -> list[Entry]:
        """The calls kept, those of one operation or type if named, those after the ``since``-th."""
        with self._lock:
            kept = list(self._entries)
        return [
            entry
            for entry in kept
            if entry.number > since
            and operation in (None, entry.operation, entry.operation.rpartition(".")[2])
            and type in (None, entry.type)
        ]
