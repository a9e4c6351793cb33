"""Webhooks: what happened in the hub is told to the endpoints an admin named, as Standard Webhooks 1.0.0.

The ledger is the outbox: a row is written with the state it records, each endpoint keeps the number of the row it was
told last, and so nothing is lost and nothing is out of order. What was sent and not noted is sent again under the same
id. Specification: https://www.standardwebhooks.com.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import structlog

from hub.domain import Event
from hub.errors import ConfigurationError, InlayError
from hub.sdk import GuardedHttp, Reply
from hub.store import Database, Tx, endpoints
from hub.store.endpoints import Endpoint
from hub.vault import Vault

log = structlog.get_logger("inlay.webhooks")
#: Each event that can be sent: what it says, and the rows of the ledger that are it.
EVENTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "run.received": ("A request is stored and will be worked on.", ("run.received",)),
    "run.held": ("A check holds a run until somebody looks.", ("input.checked", "output.checked")),
    "run.refused": ("A rule refuses a run.", ("input.checked", "output.checked")),
    "run.delivered": ("Every text of a run stands where it belongs.", ("run.delivered",)),
    "run.stuck": ("A delivery did not work or its target is gone.", ("run.stuck",)),
    "run.cancelled": ("Somebody cancelled a run.", ("run.cancelled",)),
    "review.asked": ("A draft waits for its review.", ("review.asked",)),
    "review.decided": ("A reviewer has decided.", ("review.decided",)),
    "delivery.done": ("One text stands in its system.", ("delivery.done", "delivery.placed")),
    "delivery.failed": ("One delivery did not work.", ("delivery.failed",)),
    "delivery.undone": ("One text was taken back.", ("delivery.undone",)),
    "feedback.given": ("Somebody said whether a draft helped.", ("feedback.given",)),
}
TEST = "webhook.test"
_VERDICTS = {"hold": "run.held", "deny": "run.refused"}
#: What leaves of a row's data: ids, words of ours and figures. A key that is not here stays in the hub.
TOLD = frozenset(
    {
        *("template", "surface", "trigger", "tier", "decision", "verdict", "rules", "delivery", "connection"),
        *(
            "vendor_id",
            "reviewed",
            "simulated",
            "deliveries",
            "code",
            "state",
            "arrived",
            "of",
            "ease",
            "useful",
            "tag",
        ),
    }
)
#: Seconds before the attempts after the first (the specification's example, without its last days), each up to a
#: tenth longer: receivers that came back are not met by everybody at once.
SCHEDULE = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
#: Seconds an endpoint may take to answer; seconds one process has it for itself; events sent in one go.
PATIENCE, LEASE, BATCH = 15.0, 90.0, 50
#: Rows without an event after which the cursor is moved, so that they are not looked through again.
IDLE = 1000
_LARGEST_ANSWER = 65_536


@dataclass(slots=True)
class Webhooks:
    """Sends what is due. ``url`` is the hub's own address; ``clock`` gives Unix seconds."""

    database: Database
    vault: Vault
    clock: Callable[[], float]
    url: str

    def send(self) -> int:
        """Tell every endpoint that is due; how many events were taken."""
        now = self.clock()
        with self.database.reading() as tx:
            due = [one for one in endpoints.every(tx) if one.state == "on" and one.due_at <= now]
            names = [one.name for one in due if _waits(tx, one)]
        if not names:
            return 0
        with self.database.transaction() as tx:
            taken = endpoints.take(tx, names, now, until=now + LEASE)
        return sum(self._tell(one) for one in taken)

    def test(self, name: str) -> int | None:
        """Send a test event once; the status that came back, None where no answer did.

        Raises:
            KeyError: there is no such endpoint.
        """
        with self.database.reading() as tx:
            one = endpoints.get(tx, name)
        if one is None:
            raise KeyError(name)
        at = self.clock()
        reply, _ = self._post(one, f"test_{int(at * 1000)}", _body(TEST, at, {"endpoint": name}))
        return reply.status if reply else None

    def _tell(self, one: Endpoint) -> int:
        with self.database.reading() as tx:
            rows, end = endpoints.after(tx, one.cursor, kinds_of(one), one.team, BATCH)
        sent, attempts = 0, one.attempts
        for row in rows:
            event = event_of(row)
            if event not in one.events:
                continue
            reply, problem = self._post(one, f"evt_{row.seq}", _body(event, row.at, self._data(row)))
            if reply is None or not 200 <= reply.status < 300:
                self._failed(one, reply, problem, attempts)
                return sent
            sent, attempts = sent + 1, 0
            told = {"cursor": row.seq, "attempts": 0, "status": reply.status, "problem": "", "sent_at": self.clock()}
            self._note(one, **told, due_at=self.clock() + LEASE)
        # Rows that were no event after all are behind it as well; after a full batch there may be more.
        seen = rows[-1].seq if len(rows) == BATCH else end
        self._note(one, cursor=seen, attempts=0, due_at=0.0)
        return sent

    def _failed(self, one: Endpoint, reply: Reply | None, problem: str, attempts: int) -> None:
        status = reply.status if reply else None
        log.warning("webhook not taken", endpoint=one.name, status=status, problem=problem, attempt=attempts + 1)
        said = problem or f"It answered {status}."
        if status == 410:
            self._note(one, state="gone", status=status, problem="It answered 410: it wants nothing more.")
        elif attempts >= len(SCHEDULE):
            self._note(one, state="failing", status=status, problem=f"{said} That was the last attempt.")
        else:
            wait = max(SCHEDULE[attempts] * random.uniform(1.0, 1.1), _asked(reply))
            self._note(one, attempts=attempts + 1, due_at=self.clock() + wait, status=status, problem=said)

    def _note(self, one: Endpoint, **values: Any) -> None:
        with self.database.transaction() as tx:
            endpoints.change(tx, one.name, **values)

    def _post(self, one: Endpoint, id: str, body: bytes) -> tuple[Reply | None, str]:
        """The answer, or why there is none, in words without the address: a secret may stand in it."""
        try:
            secrets = [one_secret.reveal() for _, one_secret in sorted(self.vault.open(one.secrets).items())]
            headers = {"content-type": "application/json", **signed(secrets, id, self.clock(), body)}
            http = GuardedHttp([urlsplit(one.url).netloc], timeout=PATIENCE, max_bytes=_LARGEST_ANSWER, attempts=1)
            try:
                return http.request("POST", one.url, headers=headers, body=body), ""
            finally:
                http.close()
        except (InlayError, ConfigurationError) as error:
            return None, f"It gave no answer ({type(error).__name__})."

    def _data(self, row: Event) -> dict[str, Any]:
        told = {name: value for name, value in row.data.items() if name in TOLD}
        return {"run": row.run_id, "team": row.team, "page": f"{self.url}/runs/{row.run_id}", **told}


def kinds_of(one: Endpoint) -> list[str]:
    """The kinds of ledger rows that may be an event this endpoint wants."""
    return sorted({kind for event in one.events for kind in EVENTS[event][1]})


def _waits(tx: Tx, one: Endpoint) -> bool:
    found, end = endpoints.after(tx, one.cursor, kinds_of(one), one.team, 1)
    return bool(found) or end - one.cursor > IDLE


def event_of(row: Event) -> str:
    """The event a row of the ledger is, empty where it is none."""
    if row.kind in ("input.checked", "output.checked"):
        return _VERDICTS.get(str(row.data.get("verdict")), "")
    return "delivery.done" if row.kind == "delivery.placed" else row.kind


def signed(secrets: list[str], id: str, at: float, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks, with a signature by each secret: while one is changed both count."""
    stamp = str(int(at))
    message = b".".join((id.encode(), stamp.encode(), body))
    made = [hmac.new(key(secret), message, hashlib.sha256).digest() for secret in secrets]
    proofs = " ".join(f"v1,{base64.b64encode(one).decode()}" for one in made)
    return {"webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": proofs}


def key(secret: str) -> bytes:
    """The bytes of a secret written as ``whsec_`` and base64.

    Raises:
        ValueError: it is no such secret, or not of 24 to 64 bytes.
    """
    found = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    if not secret.startswith("whsec_") or not 24 <= len(found) <= 64:
        raise ValueError("write whsec_ and 24 to 64 random bytes in base64")
    return found


def _body(event: str, at: float, data: Mapping[str, Any]) -> bytes:
    said = {
        "type": event,
        "timestamp": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds"),
        "data": data,
    }
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()


def _asked(reply: Reply | None) -> float:
    """The seconds a receiver asks for, a day at most."""
    text = reply.headers.get("retry-after", "") if reply else ""
    return min(float(text), 86_400.0) if text.isascii() and text.isdigit() and len(text) < 9 else 0.0
