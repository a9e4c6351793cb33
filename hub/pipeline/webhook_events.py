"""What the hub tells by webhook: its events, what each carries, and how a message is signed by Standard Webhooks 1.0.0.

An event is a row of the ledger. Messages are thin: ids, words of ours and figures. Who wants more asks the API for the
run. Specification: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub.domain import Event

#: Of ``data``: a key is only ever added to it. Whoever changes or removes one counts this up.
VERSION = 1
TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class Kind:
    """What an event says, the kinds of ledger rows that can be it, and where it can leave its run or delivery."""

    says: str
    rows: tuple[str, ...]
    statuses: tuple[str, ...] = ()


_CHECKED = ("input.checked", "output.checked")
_UNWRITTEN = ("delivery.failed", "delivery.orphaned", "delivery.waiting_user")
EVENTS: Mapping[str, Kind] = {
    "run.received": Kind("A request is stored and will be worked on.", ("run.received",), ("queued",)),
    "run.held": Kind(
        "A check, or an answer that cannot be used, holds a run until somebody looks.",
        ("run.held", "model.answer_broken", *_CHECKED),
        ("held",),
    ),
    "run.refused": Kind("A rule refuses a run.", ("run.refused", "run.received", *_CHECKED), ("refused",)),
    "run.waiting_user": Kind(
        "A run waits for what only a person can give.", ("run.waiting_user", "run.stuck"), ("waiting_user",)
    ),
    "run.orphaned": Kind("The place a run was for is gone.", ("run.orphaned", "run.stuck"), ("orphaned",)),
    "run.failed": Kind("A run did not work.", ("run.failed", "run.received", "run.stuck"), ("failed",)),
    "run.delivered": Kind("Every text of a run stands where it belongs.", ("run.delivered",), ("delivered",)),
    "run.cancelled": Kind("Somebody cancelled a run.", ("run.cancelled",), ("cancelled",)),
    "review.asked": Kind("A draft waits for its review.", ("review.asked",), ("in_review",)),
    "review.late": Kind("A review, or a look at a delivered draft, is late.", ("review.late",)),
    "review.due_soon": Kind("A review, or a look at a delivered draft, is nearly late.", ("review.due_soon",)),
    "review.looked": Kind("Somebody looked at a draft that was delivered already.", ("review.looked",)),
    "review.decided": Kind("A reviewer has decided on a draft.", ("review.decided",), ("approved", "refused")),
    "output.accepted": Kind("Whoever asked keeps a delivered draft.", ("output.accepted",), ("delivered",)),
    "output.rejected": Kind("Whoever asked does not keep a delivered draft.", ("output.rejected",), ("delivered",)),
    "delivery.done": Kind("One text stands in its system.", ("delivery.done", "delivery.placed"), ("done",)),
    "delivery.failed": Kind("One text could not be written.", _UNWRITTEN, ("failed", "orphaned", "waiting_user")),
    "delivery.undone": Kind("One text was taken back.", ("delivery.undone",), ("undone",)),
    "evidence.lapsed": Kind("Evidence that a text relies on does not hold any more.", ("evidence.lapsed",)),
    "budget.warned": Kind("A budget is nearly used up: once in its month.", ("budget.warned",)),
    "feedback.given": Kind("Somebody said how a run was for them.", ("feedback.given",)),
}
#: What every message has.
FIELDS: Mapping[str, str] = {
    "version": f"{VERSION}; a field is only ever added, and one that changes or goes counts this up",
    "run": "the run's id: `GET /api/v1/runs/{id}` has the rest",
    "team": "the team's id",
    "template": "the template's name; empty where the request named none that is known",
    "status": "where the run, or the delivery, stands by this event; `feedback.given` and `budget.warned` have none",
    "page": "the address of the run's page",
}
#: What a message about a delivery has as well.
LINK = "where people can look at the text in its system, when that is known"
#: What leaves of a row's data beside what every message has. A key that is not here stays in the hub.
TOLD = frozenset(
    {
        *("arrived", "budget", "clean", "code", "connection", "decision", "deliveries", "delivery", "due_at", "ease"),
        "evidence",
        *("kind", "lapse", "limit_micros", "name", "of", "period", "reviewed", "rules", "simulated", "surface", "tag"),
        *("tier", "trigger", "used_micros", "useful", "warn_at", "was"),
    }
)
_VERDICTS = {"hold": "run.held", "deny": "run.refused"}


def event_of(row: Event) -> str:
    """The event a row of the ledger is, empty where it is none."""
    name = row.kind
    if name in (*_CHECKED, "model.answer_broken"):
        return _VERDICTS.get(str(row.data.get("verdict")), "")
    if name == "run.stuck" or (name == "run.received" and row.data.get("state") in ("failed", "refused")):
        name = f"run.{row.data.get('state')}"
    elif name in ("delivery.orphaned", "delivery.waiting_user"):
        name = "delivery.failed"
    elif name == "delivery.placed":
        name = "delivery.done"
    return name if name in EVENTS else ""


def rows_of(events: Iterable[str]) -> list[str]:
    """The kinds of ledger rows that can be one of these events."""
    return sorted({kind for event in events if event in EVENTS for kind in EVENTS[event].rows})


def id_of(row: Event) -> str:
    """The message's id: the same each time it is sent, and no other hub's."""
    return f"evt_{row.seq}_{row.hash[:16]}"


def body_of(row: Event, template: str, link: str, url: str) -> bytes:
    """The message of a row that is an event: the same each time it is sent.

    Args:
        link: the address of the delivered text. A plugin made it up: one that is no web address is left out.
        url: the hub's own address.
    """
    event = event_of(row)
    data: dict[str, Any] = {"version": VERSION, "run": row.run_id, "team": row.team, "template": template}
    if status := _status(row, event):
        data["status"] = status
    data["page"] = f"{url}/runs/{row.run_id}"
    if link.lower().startswith(("https://", "http://")):
        data["link"] = link
    data |= {name: value for name, value in sorted(row.data.items()) if name in TOLD}
    return body(event, row.at, data)


def body(event: str, at: float, data: Mapping[str, Any]) -> bytes:
    """A message as it goes out."""
    stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": event, "timestamp": stamp, "data": data}, separators=(",", ":")).encode()


def signed(secrets: Iterable[str], id: str, at: float, message: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks, with a signature by each secret: while one is changed both count."""
    stamp = str(int(at))
    covered = b".".join((id.encode(), stamp.encode(), message))
    made = [hmac.new(key(secret), covered, hashlib.sha256).digest() for secret in secrets]
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


def _status(row: Event, event: str) -> str | None:
    if event == "review.decided":
        return "approved" if row.data.get("decision") == "accept" else "refused"
    if event == "delivery.failed":
        return row.kind.removeprefix("delivery.")
    return next(iter(EVENTS[event].statuses), None)
