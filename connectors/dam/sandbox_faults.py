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
    "503": "answered 503; nothing is done",
    "503-after-commit": "done, then answered 503",
    "drop": "the connection is closed; nothing is done",
    "drop-after-commit": "done, then the connection is closed without an answer",
    "slow": "answered late: the work is done after the wait",
    "slow-after-commit": "answered late: the work is done before the wait",
    "html": "answered 200 with a web page; nothing is done",
    "malformed": "done, then answered with half of the body",
    "429": "answered 429 with Retry-After; nothing is done",
    "expired-token": "every token ends and the call is answered 401; nothing is done",
}


@dataclass(slots=True)
class Fault:
    """A fault waiting to happen.

    ``on`` is ``*``, a method, or a method and the beginning of a host or of a path, such as ``PATCH``,
    ``POST api.cloudinary.com`` or ``GET /adobe/assets/``. ``times`` counts down; None is for ever. ``chance`` is the
    probability on each call. ``seconds`` is how long the slow kinds wait, and what ``Retry-After`` says.
    """

    kind: str
    on: str = "*"
    times: int | None = 1
    seconds: float = 1.0
    chance: float = 1.0

    def meets(self, method: str, host: str, path: str) -> bool:
        """Whether it lies in wait for such a call."""
        wanted, _, start = self.on.partition(" ")
        return self.on == "*" or (wanted == method and (path if start.startswith("/") else host).startswith(start))


class Faults:
    """The faults of one sandbox, first come first served: each call meets at most one."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._random = random.Random(seed)

    def add(
        self, kind: str, on: str = "*", times: int | None = 1, *, seconds: float = 1.0, chance: float = 1.0
    ) -> Fault:
        """
        Raises:
            ValueError: there is no such kind.
        """
        if kind not in KINDS:
            raise ValueError(f"no fault {kind!r}; there are {', '.join(KINDS)}")
        fault = Fault(kind, on, times, seconds, chance)
        with self._lock:
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

    def of_call(self, method: str, host: str, path: str) -> Fault | None:
        """The fault a call meets, if any; a counted one is used up."""
        with self._lock:
            for fault in self._waiting:
                if not fault.meets(method, host, path) or (fault.chance < 1 and self._random.random() >= fault.chance):
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                return fault
        return None


@dataclass(frozen=True, slots=True)
class Entry:
    """One call, without its query and its headers: tokens may stand there. ``status`` is 0 when no answer was sent."""

    number: int
    at: float
    method: str
    host: str
    path: str
    status: int
    fault: str | None
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

    def entries(self, *, method: str = "", path: str = "", since: int = 0) -> list[Entry]:
        """The calls kept, those of one method or with a path that starts so, those after the ``since``-th."""
        with self._lock:
            kept = list(self._entries)
        return [one for one in kept if one.number > since and method in ("", one.method) and one.path.startswith(path)]
