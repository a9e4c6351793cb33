"""Sends outbound messages as Salesforce does: queued, in batches, again and again until the right answer comes."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from connectors.salesforce.sandbox_soap import acknowledged, envelope
from connectors.salesforce.sandbox_store import Record, Store

#: As many notifications as one message holds.
BATCH = 100
DAY = 86_400.0
#: Documented is only that the wait grows exponentially up to two hours; how it begins is a guess.
FIRST_WAIT, LONGEST_WAIT = 15.0, 7200.0
PREFIX, ACTION_PREFIX = "04l", "04k"


@dataclass(slots=True)
class Notification:
    """One record's message. ``tries`` counts its deliveries, ``due`` is when the next may go."""

    id: str
    record: str
    queued: float
    due: float
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message that was sent: the notifications in it, the answer's status (0: none came), whether it was an Ack."""

    ids: tuple[str, ...]
    records: tuple[str, ...]
    status: int
    acked: bool


@dataclass(slots=True)
class Outbound:
    """The queue and its sender. Nothing is queued while there is no ``endpoint``.

    Attributes:
        endpoint: an http address on this machine.
        speed: how many times faster than in Salesforce the time of the queue runs.
        fields: which fields of the record are sent, with the values they have at that moment.
        twice: send every message a second time although it was acknowledged.
        shuffled: mix the notifications before they are put into messages.
        bom: begin the message with a byte order mark.
        batch: notifications in one message at most.
    """

    store: Store
    organization: str
    domain: str
    type: str = "AI_Request__c"
    endpoint: str = ""
    speed: float = 1.0
    fields: tuple[str, ...] = ("Id",)
    twice: bool = False
    shuffled: bool = False
    bom: bool = False
    batch: int = BATCH
    timeout: float = 60.0
    paused: bool = False
    version: str = "63.0"
    action: str = ""
    seed: int = 0
    #: What went out, oldest first; and what was given up after a day.
    sent: list[Delivery] = field(default_factory=list)
    dropped: list[Notification] = field(default_factory=list)
    _queue: list[Notification] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _stopping: bool = False
    _busy: bool = False
    _thread: threading.Thread | None = None
    _now: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self.action = self.action or self.store.new_id(ACTION_PREFIX)
        self.store.watch(self._created)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="salesforce-outbound", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(5)

    def configure(self, **settings: Any) -> None:
        """Change settings while it runs, such as ``endpoint=…``, ``paused=True``.

        Raises:
            ValueError: there is no such setting, or the endpoint is not on this machine.
        """
        known = ("endpoint", "speed", "fields", "twice", "shuffled", "bom", "batch", "timeout", "paused", "version")
        unknown = set(settings) - set(known)
        if unknown:
            raise ValueError(f"no setting {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        address = urlsplit(settings.get("endpoint") or "http://127.0.0.1")
        if address.scheme != "http" or address.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("outbound messages go to an http address on this machine only")
        if not 1 <= int(settings.get("batch", 1)) <= BATCH or not float(settings.get("speed", 1)) > 0:
            raise ValueError(f"batch is 1 to {BATCH}, speed above 0")
        with self._changed:
            for name, value in settings.items():
                setattr(self, name, tuple(value) if name == "fields" else value)
            self._changed.notify_all()

    def queue(self, *records: str) -> list[str]:
        """Queue a notification about each record, as the flow does; gives their ids."""
        now = self._now()
        made = [Notification(self.store.new_id(PREFIX), record, now, now) for record in records]
        with self._changed:
            self._queue.extend(made)
            self._changed.notify_all()
        return [one.id for one in made]

    def requeue(self) -> int:
        """Queue again what was given up, as an admin does in Setup; gives how many."""
        with self._changed:
            again, self.dropped = self.dropped, []
            now = self._now()
            self._queue.extend(Notification(one.id, one.record, now, now) for one in again)
            self._changed.notify_all()
        return len(again)

    def hurry(self) -> None:
        """Let everything that waits be due now, as if its time had passed."""
        with self._changed:
            for one in self._queue:
                one.due = self._now()
            self._changed.notify_all()

    def pending(self) -> list[Notification]:
        """What waits to be sent, or to be sent again."""
        with self._changed:
            return list(self._queue)

    def drained(self, timeout: float = 30.0) -> bool:
        """Wait until nothing is left to send; False when the time is over first."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue and not self._busy, timeout)

    def attempted(self, messages: int, timeout: float = 30.0) -> bool:
        """Wait until so many messages went out, whatever the answers; False when the time is over first."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.sent) >= messages, timeout)

    def _created(self, made: list[Record]) -> None:
        if self.endpoint and (ids := [one.id for one in made if one.type == self.type]):
            self.queue(*ids)

    def _run(self) -> None:
        dice = random.Random(self.seed)
        while True:
            with self._changed:
                batch = self._next(dice)
                while not batch and not self._stopping:
                    self._changed.wait(self._pause())
                    batch = self._next(dice)
                if self._stopping:
                    return
                self._busy = True
            acked = False
            try:
                acked = self._deliver(batch)
                if self.twice:
                    self._deliver(batch)
            finally:
                with self._changed:
                    self._busy = False
                    if acked:
                        ids = {one.id for one in batch}
                        self._queue = [one for one in self._queue if one.id not in ids]
                    else:
                        for one in batch:
                            self._later(one)
                    self._changed.notify_all()

    def _next(self, dice: random.Random) -> list[Notification]:
        now = self._now()
        for one in [one for one in self._queue if (now - one.queued) * self.speed >= DAY]:
            self._queue.remove(one)
            self.dropped.append(one)
            self._changed.notify_all()
        if self.paused or not self.endpoint:
            return []
        due = [one for one in self._queue if one.due <= now]
        if self.shuffled:
            dice.shuffle(due)
        return due[: self.batch]

    def _pause(self) -> float | None:
        if not self._queue:
            return None
        now = self._now()
        ends = [one.queued + DAY / self.speed for one in self._queue]
        dues = [] if self.paused or not self.endpoint else [one.due for one in self._queue]
        return max(0.0, min(ends + dues) - now)

    def _later(self, one: Notification) -> None:
        one.tries += 1
        one.due = self._now() + min(LONGEST_WAIT, FIRST_WAIT * 2 ** (one.tries - 1)) / self.speed

    def _deliver(self, batch: list[Notification]) -> bool:
        told = [(one.id, one.record, self._values(one.record)) for one in batch]
        message = envelope(self.organization, self.action, self.domain, self.version, self.type, told, bom=self.bom)
        status, body, kind = self._post(message)
        acked = status == 200 and "xml" in kind and acknowledged(body)
        with self._changed:
            self.sent.append(
                Delivery(tuple(one.id for one in batch), tuple(one.record for one in batch), status, acked)
            )
            self._changed.notify_all()
        return acked

    def _values(self, record: str) -> dict[str, Any]:
        found, type = self.store.find(record), self.store.schema.find(self.type)
        if found is None or type is None:
            return {}
        return {name: found.values.get(name) for name in self.fields if name != "Id"}

    def _post(self, message: bytes) -> tuple[int, bytes, str]:
        """The answer's status, body and content type; status 0 when none came."""
        to = urlsplit(self.endpoint)
        connection = http.client.HTTPConnection(to.hostname or "", to.port or 80, timeout=self.timeout)
        try:
            headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""', "User-Agent": "SFDC-Callout/63.0"}
            connection.request("POST", to.path + (f"?{to.query}" if to.query else ""), message, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(100_000), (answer.getheader("Content-Type") or "").lower()
        except (OSError, http.client.HTTPException):
            return 0, b"", ""
        finally:
            connection.close()
