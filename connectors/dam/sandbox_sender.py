"""Sends a vendor's webhooks as the vendor does: queued, signed anew for each attempt, again until it gives up."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from connectors.dam.sandbox_store import Change
from connectors.dam.sandbox_vendor import Vendor

#: Seconds until an address that failed to prove itself is asked once more.
ASK_AGAIN = 1.0


@dataclass(slots=True)
class Waiting:
    """A webhook that waits: ``tries`` counts its attempts so far, ``due`` is when the next may go."""

    body: bytes = field(repr=False)
    due: float
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One webhook that went out. ``number`` is 0 for the first attempt, ``status`` 0 when no answer came in time."""

    event: str
    number: int
    status: int
    at: float
    ms: float
    given_up: bool


@dataclass(slots=True)
class Sender:
    """The queue and those who send from it. Nothing is queued while there is no ``endpoint``.

    Attributes:
        endpoint: an http address on this machine.
        speed: how many times faster than at the vendor the waits between attempts run.
        workers: how many webhooks are on their way at once.
        repeat: how often each webhook is sent, although it was acknowledged.
        shuffled: send in any order.
        lose: the chance that a webhook is never sent.
        paused: send nothing for the time being.
    """

    vendor: Vendor
    clock: Callable[[], float] = time.time
    endpoint: str = ""
    speed: float = 1.0
    workers: int = 4
    repeat: int = 1
    shuffled: bool = False
    lose: float = 0.0
    paused: bool = False
    seed: int = 0
    #: What went out, oldest first; how many were lost on purpose.
    attempts: deque[Attempt] = field(default_factory=lambda: deque(maxlen=100_000))
    lost: int = 0
    _queue: list[Waiting] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _dice: random.Random = field(default_factory=random.Random)
    _threads: list[threading.Thread] = field(default_factory=list)
    _busy: int = 0
    _registered: str = ""
    _asked: float = 0.0
    _stopping: bool = False

    def start(self) -> None:
        self._dice.seed(self.seed)
        self.vendor.store.listen(self._happened)
        self._grow()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(5)

    def configure(self, **settings: Any) -> None:
        """Change settings while it runs, such as ``endpoint=…``, ``paused=True``.

        Raises:
            ValueError: there is no such setting, or the endpoint is not on this machine.
        """
        known = ("endpoint", "speed", "workers", "repeat", "shuffled", "lose", "paused")
        if unknown := set(settings) - set(known):
            raise ValueError(f"no setting {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        address = urlsplit(settings.get("endpoint") or "http://127.0.0.1")
        if address.scheme != "http" or address.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("webhooks go to an http address on this machine only")
        if not float(settings.get("speed", 1)) > 0 or not 1 <= int(settings.get("workers", 1)) <= 200:
            raise ValueError("speed is above 0, workers are 1 to 200")
        with self._changed:
            moved = settings.get("endpoint", self.endpoint) != self.endpoint
            for name, value in settings.items():
                setattr(self, name, value)
            if moved and self.endpoint:
                self._registered, self._asked = "", 0.0
                now = time.monotonic()
                self._queue[:0] = [Waiting(body, now) for body in self.vendor.greetings()]
            self._changed.notify_all()
        self._grow()

    def send(self, *bodies: bytes) -> None:
        """Queue webhooks, each ``repeat`` times."""
        now = time.monotonic()
        with self._changed:
            for body in bodies:
                if self.lose and self._dice.random() < self.lose:
                    self.lost += 1
                    continue
                self._queue += [Waiting(body, now) for _ in range(self.repeat)]
            self._changed.notify_all()

    def hurry(self) -> None:
        """Let everything that waits be due now, as if its time had passed."""
        with self._changed:
            for one in self._queue:
                one.due = time.monotonic()
            self._asked = 0.0
            self._changed.notify_all()

    def pending(self) -> int:
        """How many wait to be sent, or to be sent again."""
        with self._changed:
            return len(self._queue) + self._busy

    def drained(self, timeout: float = 30.0) -> bool:
        """Wait until nothing is left to send; False when the time is over first."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue and not self._busy, timeout)

    def attempted(self, number: int, timeout: float = 30.0) -> bool:
        """Wait until so many attempts were made, whatever the answers; False when the time is over first."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.attempts) >= number, timeout)

    def _happened(self, change: Change) -> None:
        if self.endpoint:
            self.send(*self.vendor.webhooks(change))

    def _grow(self) -> None:
        while len(self._threads) < self.workers:
            name = f"dam-sender-{len(self._threads)}"
            self._threads.append(threading.Thread(target=self._run, args=(len(self._threads),), name=name, daemon=True))
            self._threads[-1].start()

    def _run(self, number: int) -> None:
        while True:
            with self._changed:
                one = self._take(number)
                while one is None and not self._stopping:
                    self._changed.wait(self._pause(number))
                    one = self._take(number)
                if one is None or self._stopping:
                    return
                self._queue.remove(one)
                self._busy += 1
            try:
                again = self._attempt(one) if self._register() else True
            finally:
                with self._changed:
                    self._busy -= 1
            with self._changed:
                if again:
                    self._queue.append(one)
                self._changed.notify_all()

    def _take(self, number: int) -> Waiting | None:
        return self._next() if number < self.workers else None

    def _next(self) -> Waiting | None:
        if self.paused or not self.endpoint or self._asked > time.monotonic():
            return None
        due = [one for one in self._queue if one.due <= time.monotonic()]
        return (self._dice.choice(due) if self.shuffled else due[0]) if due else None

    def _pause(self, number: int) -> float | None:
        """Seconds until something may be due; None when only a change can bring that."""
        if self.paused or not self.endpoint or number >= self.workers or not self._queue:
            return None
        return max(0.001, self._asked - time.monotonic(), min(one.due for one in self._queue) - time.monotonic())

    def _register(self) -> bool:
        """Whether the endpoint has proven itself to the vendor; one that has not is asked again in a while."""
        if self._registered == self.endpoint:
            return True
        endpoint = self.endpoint
        proven = self.vendor.register(lambda query: self._call("GET", f"{endpoint}?{query}", b"", {}))
        with self._changed:
            if proven:
                self._registered = endpoint
            else:
                self._asked = time.monotonic() + ASK_AGAIN / self.speed
        return proven

    def _attempt(self, one: Waiting) -> bool:
        """Send it; whether the vendor sends it once more."""
        out, started = self.vendor.signed(one.body, one.tries, self.clock()), time.monotonic()
        status, _, _ = self._call("POST", self.endpoint, out.body, dict(out.headers))
        ended, schedule = time.monotonic(), self.vendor.schedule
        again = self.vendor.again(status or None)
        given_up = again and one.tries >= len(schedule)
        with self._changed:
            took = (ended - started) * 1000
            self.attempts.append(Attempt(out.event, one.tries, status, self.clock(), took, given_up))
        if again and not given_up:
            one.due = ended + schedule[one.tries] / self.speed
            one.tries += 1
        return again and not given_up

    def _call(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
        """The answer's status, content type and body; status 0 when none came in time."""
        to = urlsplit(url)
        connection = http.client.HTTPConnection(to.hostname or "", to.port or 80, timeout=self.vendor.patience)
        try:
            connection.request(method, to.path + (f"?{to.query}" if to.query else ""), body or None, headers)
            answer = connection.getresponse()
            return answer.status, (answer.getheader("Content-Type") or "").lower(), answer.read(100_000)
        except (OSError, http.client.HTTPException):
            return 0, "", b""
        finally:
            connection.close()
