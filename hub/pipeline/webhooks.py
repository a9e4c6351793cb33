"""Webhooks: what happened in the hub is told to the endpoints an admin named, as Standard Webhooks 1.0.0.

The ledger is the outbox: a row is written with the state it records, and each endpoint keeps the number of the row that
was looked at last for it, so nothing is lost. What was sent and not noted is sent again under the same id.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import structlog

from hub.errors import BadRequest, ConfigurationError, InlayError, UnknownName, VendorRefused
from hub.pipeline import channel
from hub.pipeline.webhook_events import TEST, VERSION, body, body_of, event_of, id_of, rows_of, signed
from hub.sdk import GuardedHttp, Reply
from hub.store import Database, Tx, endpoints
from hub.store.endpoints import Endpoint, Happened, Late
from hub.vault import Vault

log = structlog.get_logger("inlay.webhooks")
#: Seconds before the attempts after the first, as the specification proposes, each up to a tenth longer: receivers that
#: come back are not met by everybody at once.
SCHEDULE = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
#: Seconds an endpoint may take to answer; seconds one process has it for itself; the most a receiver may ask for.
PATIENCE, LEASE, DAY = 15.0, 90.0, 86_400.0
#: How many rows of the ledger are read at once; for how many seconds one process goes on with one endpoint.
BATCH, TURN = 100, 20.0
#: Seconds before an endpoint that is away is called again: at first, doubled each time up to the second. The statuses
#: by which it says so.
PAUSE, LONGEST_PAUSE, AWAY = 5.0, 300.0, frozenset({429, 502, 503, 504})
#: Rows without an event after which the cursor is moved, so that they are not looked through again.
IDLE = 1000
_LARGEST_ANSWER = 65_536
_GONE = 410


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call. ``problem`` is empty when the event was taken; ``away`` says that none would be taken now;
    ``after`` are the seconds the endpoint asks to be left alone."""

    status: int | None
    problem: str = ""
    away: bool = False
    after: float = 0.0


@dataclass(slots=True)
class Webhooks:
    """Sends what is due. ``url`` is the hub's own address; ``clock`` gives Unix seconds; ``wait`` is how many of them
    one look lasts: an endpoint that takes longer goes on behind it."""

    database: Database
    vault: Vault
    clock: Callable[[], float]
    url: str
    wait: float = 2.0

    def send(self) -> int:
        """Tell every endpoint that is due; how many events were taken by now. Each has a thread, so that none waits for
        a slow one."""
        now = self.clock()
        with self.database.reading() as tx:
            due = [one for one in endpoints.every(tx) if one.state == "on" and one.due_at <= now]
            names = [one.name for one in due if _waits(tx, one, now)]
        taken: list[int] = []
        threads = [
            threading.Thread(target=self._turn, args=(name, taken), name=f"inlay-webhook-{name}", daemon=True)
            for name in names
        ]
        for thread in threads:
            thread.start()
        until = time.monotonic() + self.wait
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        return sum(taken)

    def test(self, name: str) -> Outcome:
        """Send a test event once, whatever the endpoint's state, and note nothing.

        Raises:
            UnknownName: there is no such endpoint.
        """
        one = self._named(name)
        at = self.clock()
        with self._line(one) as post:
            message = body(TEST, at, {"version": VERSION, "endpoint": name})
            return post(f"test_{int(at * 1000)}", channel.test(name) if one.format == channel.SLACK else message)

    def again(self, name: str, seq: int) -> Outcome:
        """Send one event now, whatever became of it before, under the same id.

        Raises:
            UnknownName: there is no such endpoint, or no such event.
            BadRequest: the event is not one this endpoint is told.
        """
        one = self._named(name)
        with self.database.reading() as tx:
            found = endpoints.row(tx, seq)
        if found is None or not event_of(found.row):
            raise UnknownName("There is no such event.", instead=f"`inlay webhooks log {name}` shows them.")
        if event_of(found.row) not in one.events or one.team not in (None, found.row.team):
            raise BadRequest(f"This event is not told to {name}.", instead="Declare it in hub.yaml.", who="an admin")
        with self._line(one) as post:
            outcome = post(id_of(found.row), self._body(one, found))
        if not outcome.problem:
            with self.database.transaction() as tx:
                endpoints.taken(tx, name, seq)
        return outcome

    def seq_of(self, id: str) -> int:
        """The number of the ledger row whose event has this id.

        Raises:
            UnknownName: there is no such event.
        """
        number = id.removeprefix("evt_").partition("_")[0]
        if number.isascii() and number.isdigit():
            with self.database.reading() as tx:
                found = endpoints.row(tx, int(number[:18]))
            if found is not None and id_of(found.row) == id:
                return found.row.seq
        raise UnknownName(f"There is no event {id[:60]}.", instead="`inlay webhooks log NAME` shows them.")

    def _named(self, name: str) -> Endpoint:
        with self.database.reading() as tx:
            one = endpoints.get(tx, name)
        if one is None:
            raise UnknownName(f"There is no webhook named {name!r}.", instead="`inlay webhooks list` shows them.")
        return one

    def _turn(self, name: str, taken: list[int]) -> None:
        try:
            now = self.clock()
            with self.database.transaction() as tx:
                one = endpoints.take(tx, name, now, until=now + LEASE)
            if one is not None:
                taken.append(self._tell(one))
        except InlayError as error:
            log.warning("webhook put off", endpoint=name, error=error.code)
        except Exception as error:
            # Its message may quote what was sent; the lease runs out, and the same is sent again.
            log.error("webhook raised", endpoint=name, error=type(error).__name__)

    def _tell(self, one: Endpoint) -> int:
        """Late events that are due, then what happened since; stops where the endpoint is away or its turn is over."""
        sent, more, until = 0, True, time.monotonic() + TURN
        with self._line(one) as post:
            while more:
                todo, seen, more = self._batch(one)
                for found, known in todo:
                    if time.monotonic() > until:
                        self._note(one, due_at=0.0)
                        return sent
                    outcome = post(id_of(found.row), self._body(one, found))
                    if not outcome.problem:
                        one, sent = self._taken(one, found.row.seq, known, outcome), sent + 1
                        continue
                    after = self._failed(one, found.row.seq, known, outcome)
                    if after is None:
                        return sent
                    one = after
                # Rows that were no event after all are behind it as well.
                one = self._note(one, cursor=seen)
        self._note(one, due_at=0.0)
        return sent

    def _batch(self, one: Endpoint) -> tuple[list[tuple[Happened, Late | None]], int, bool]:
        """The next events, the ledger row they reach to, and whether there may be more."""
        with self.database.reading() as tx:
            late = endpoints.late(tx, one.name, due=self.clock(), limit=BATCH)
            again = [(endpoints.row(tx, known.seq), known) for known in late]
            rows, end = endpoints.after(tx, one, rows_of(one.events), BATCH)
        todo = [(found, known) for found, known in again if found is not None]
        fresh = [(found, None) for found in rows if event_of(found.row) in one.events]
        more = len(rows) == BATCH
        return [*todo, *fresh], rows[-1].row.seq if more else end, more or len(late) == BATCH

    def _taken(self, one: Endpoint, seq: int, known: Late | None, outcome: Outcome) -> Endpoint:
        now = self.clock()
        told: dict[str, Any] = {"status": outcome.status, "problem": "", "attempts": 0, "sent_at": now}
        if known is None:
            told["cursor"] = seq
        with self.database.transaction() as tx:
            if known is not None:
                endpoints.taken(tx, one.name, seq)
            return endpoints.note(tx, one, **told, due_at=now + LEASE)

    def _failed(self, one: Endpoint, seq: int, known: Late | None, outcome: Outcome) -> Endpoint | None:
        """Note an event that was not taken; None where no other would be now."""
        log.warning("webhook not taken", endpoint=one.name, status=outcome.status, problem=outcome.problem)
        if outcome.status == _GONE:
            self._note(one, state="gone", status=_GONE, problem="It answered 410: it wants nothing more.")
            return None
        now = self.clock()
        late = _later(one, seq, known, outcome, now)
        values: dict[str, Any] = {"status": outcome.status, "problem": outcome.problem, "due_at": now + LEASE}
        if known is None:
            values["cursor"] = seq
        if outcome.away:
            pause = _spread(min(PAUSE * 2.0 ** min(one.attempts, 10), LONGEST_PAUSE))
            values |= {"attempts": one.attempts + 1, "due_at": now + max(pause, outcome.after)}
        failing = late.due_at is None and (one.sent_at is None or one.sent_at < late.since)
        if failing:
            values |= {"state": "failing", "problem": f"{outcome.problem} It took nothing for days."}
        with self.database.transaction() as tx:
            endpoints.put_late(tx, late)
            after = endpoints.note(tx, one, **values)
        return None if outcome.away or failing else after

    def _note(self, one: Endpoint, **values: Any) -> Endpoint:
        with self.database.transaction() as tx:
            return endpoints.note(tx, one, **values)

    def _body(self, one: Endpoint, found: Happened) -> bytes:
        if one.format == channel.SLACK:
            return channel.line(found, self.url)
        return body_of(found.row, found.template, found.link, self.url)

    @contextmanager
    def _line(self, one: Endpoint) -> Iterator[Callable[[str, bytes], Outcome]]:
        """A way to call the endpoint, which keeps its connection. Errors are words without the address: a secret may
        stand in it."""
        http = GuardedHttp(
            [_host(one.url)],
            public_only=not one.private,
            timeout=PATIENCE,
            max_bytes=_LARGEST_ANSWER,
            attempts=1,
        )

        def post(id: str, message: bytes) -> Outcome:
            try:
                opened = {name: secret.reveal() for name, secret in sorted(self.vault.open(one.secrets).items())}
                url = opened.pop(channel.ADDRESS, one.url)
                proof = signed(opened.values(), id, self.clock(), message) if opened else {}
                headers = {"content-type": "application/json", **proof}
                reply = http.request("POST", url, headers=headers, body=message)
            except VendorRefused as error:
                return Outcome(None, error.what)
            except (InlayError, ConfigurationError) as error:
                return Outcome(None, str(error), away=True)
            if 200 <= reply.status < 300:
                return Outcome(reply.status)
            said = f"It answered {reply.status}."
            return Outcome(reply.status, said, reply.status in AWAY, self._asked(reply))

        try:
            yield post
        finally:
            http.close()

    def _asked(self, reply: Reply) -> float:
        """The seconds a receiver asks to be left alone, a day at most."""
        text = reply.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return min(float(text[:9]), DAY)
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return 0.0
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(0.0, min(at.timestamp() - self.clock(), DAY))


def _waits(tx: Tx, one: Endpoint, now: float) -> bool:
    if endpoints.late(tx, one.name, due=now, limit=1):
        return True
    found, end = endpoints.after(tx, one, rows_of(one.events), 1)
    return bool(found) or end - one.cursor > IDLE


def _later(one: Endpoint, seq: int, known: Late | None, outcome: Outcome, now: float) -> Late:
    """The late event an event becomes by one more attempt; without another after the last."""
    attempts = known.attempts + 1 if known else 1
    due = None if attempts > len(SCHEDULE) else now + max(_spread(SCHEDULE[attempts - 1]), outcome.after)
    return Late(
        endpoint=one.name,
        seq=seq,
        attempts=attempts,
        due_at=due,
        since=known.since if known else now,
        status=outcome.status,
        problem=outcome.problem,
    )


def _spread(seconds: float) -> float:
    return seconds * random.uniform(1.0, 1.1)


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}" if parts.port is None else f"{parts.hostname}:{parts.port}"
