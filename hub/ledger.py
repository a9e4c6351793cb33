"""The ledger: an append-only chain of what happened, written in the transaction of the state it records.

Each row's hash covers the row and the hash before it, under a key only the hub holds: a changed, removed or swapped row
breaks the chain at that row. Rows hold ids, figures and hashes; people appear as pseudonyms, text not at all.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from hub.domain import Event
from hub.store import Tx, events

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """What a stage wants recorded."""

    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Break:
    """The first row at which the chain does not hold, and in what way."""

    seq: int
    why: str


class Ledger:
    """Appends and verifies.

    Args:
        keys: the hub's secrets, newest first. New rows use the first; older rows are verified by the key they name.
    """

    def __init__(self, keys: Iterable[bytes]) -> None:
        self._keys: dict[str, bytes] = {}
        for key in keys:
            derived = hmac.digest(key, b"inlay ledger", "sha256")
            self._keys[hashlib.sha256(derived).hexdigest()[:8]] = derived
        self._key_id = next(iter(self._keys))

    def pseudonym(self, person: str | None, via: str) -> str:
        """How a person appears in the ledger: the same each time, and telling nothing without the key."""
        if not person:
            return f"system:{via}"
        return "person:" + hmac.digest(self._keys[self._key_id], person.lower().encode(), "sha256").hex()[:16]

    def append(self, tx: Tx, *, run_id: str, team: str, actor: str, at: float, entries: Iterable[Entry]) -> None:
        """Write entries at the chain's end. Call it last in a transaction: it holds the end until the commit."""
        seq, head = events.last(tx)
        rows = []
        for entry in entries:
            seq += 1
            row: dict[str, Any] = {
                "seq": seq,
                "at": at,
                "run_id": run_id,
                "team": team,
                "actor": actor,
                "kind": entry.kind,
                "data": to_json(entry.data).decode(),
                "key_id": self._key_id,
                "prev": head or GENESIS,
            }
            head = row["hash"] = self._hash(row)
            rows.append(row)
        if rows:
            events.insert(tx, rows)

    def verify(self, tx: Tx) -> tuple[int, Break | None]:
        """Walk the whole chain: how many rows hold, and the first break or None.

        A chain cannot show that its tail was cut off: compare its head with one exported earlier.
        """
        count, head = 0, GENESIS
        for event, stored in events.walk(tx):
            if event.seq != count + 1:
                return count, Break(event.seq, f"row {count + 1} is missing")
            if event.prev != head:
                return count, Break(event.seq, "it does not follow the row before it")
            if event.key_id not in self._keys:
                return count, Break(event.seq, f"its key {event.key_id} is not among INLAY_SECRET_KEY")
            if not hmac.compare_digest(self._hash(_as_row(event, stored)), event.hash):
                return count, Break(event.seq, "its content was changed")
            count, head = count + 1, event.hash
        return count, None

    def head(self, tx: Tx) -> tuple[int, str]:
        """The chain's length and last hash: keep it outside to notice a cut tail."""
        seq, head = events.last(tx)
        return seq, head or GENESIS

    def _hash(self, row: Mapping[str, Any]) -> str:
        covered = to_json([row[name] for name in ("seq", "at", "run_id", "team", "actor", "kind", "data", "prev")])
        return hmac.digest(self._keys.get(row["key_id"], b""), covered, "sha256").hex()


def _as_row(event: Event, stored: str) -> dict[str, Any]:
    names = ("seq", "at", "run_id", "team", "actor", "kind", "key_id", "prev")
    return {**{name: getattr(event, name) for name in names}, "data": stored}
