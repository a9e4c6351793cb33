"""The ledger: an append-only chain of what happened, written in the transaction of the state it records.

Each row's hash covers the row and the hash before it, under a key only the hub holds: a changed, removed or swapped row
breaks the chain at that row. Rows hold ids, figures and hashes; people appear as pseudonyms, text not at all.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from hub.domain import Event
from hub.ledger.chain import GENESIS, Break, check
from hub.ledger.head import Head, Seal
from hub.ledger.pseudonyms import Pseudonyms
from hub.store import Tx, events
from hub.store.people import ERASED

__all__ = ["GENESIS", "Break", "Entry", "Head", "Ledger", "Seal"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a stage wants recorded."""

    kind: str
    data: Mapping[str, Any]


class Ledger:
    """Appends and verifies.

    Args:
        keys: the hub's secrets, newest first. New rows use the first; older rows are verified by the key they name.
    """

    def __init__(self, keys: Iterable[bytes]) -> None:
        secrets = list(keys)
        self._keys: dict[str, bytes] = {}
        for key in secrets:
            derived = hmac.digest(key, b"inlay ledger", "sha256")
            self._keys[hashlib.sha256(derived).hexdigest()[:8]] = derived
        self._key_id = next(iter(self._keys))
        self._people = Pseudonyms()
        self.seal = Seal(secrets)

    def pseudonym(self, tx: Tx, person: str | None, via: str) -> str:
        """How a person appears in the ledger: the same each time, drawn at random, and told by the database alone.

        Call it right before ``append``: a person who appears for the first time is stored in this transaction.
        """
        if person == ERASED:
            return "person:erased"
        return self._people.of(tx, person) if person else f"system:{via}"

    def forget(self, tx: Tx, person: str) -> int:
        """Let nobody tell any more who a pseudonym is. How many rows of the chain carry one that was made of the
        person's address under the secret key, as rows once were: whoever holds that key can still tell those."""
        self._people.forget(tx, person)
        spelled = person.lower().encode()
        old = ["person:" + hmac.digest(key, spelled, "sha256").hex()[:16] for key in self._keys.values()]
        return events.count_of(tx, old)

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

    def verify(
        self, tx: Tx, heads: Sequence[Head] = (), told: Callable[[int], None] = lambda number: None
    ) -> tuple[int, Break | None]:
        """Walk the whole chain once: how many rows hold, and the first break or None.

        A chain cannot show that its end was cut off, nor that whoever holds the key wrote it anew. ``heads`` that were
        kept elsewhere show both: the row of each must still be the one it was. ``told`` hears each row's number.
        """
        return check(_counted(events.walk(tx), told), heads, self._fault)

    def fault(self, event: Event, stored: str, before: str) -> str:
        """Why a row does not hold where it stands, empty when it does: its own content, and the row before it.

        Args:
            stored: its data as ``events.with_proof`` gives it, with ``before``, the hash of the row before it.
        """
        if event.prev != (before or GENESIS):
            return "it does not follow the row before it"
        return self._fault(event, stored)

    def head(self, tx: Tx) -> tuple[int, str]:
        """The chain's length and last hash: keep it outside to notice a cut tail."""
        seq, head = events.last(tx)
        return seq, head or GENESIS

    def signed_head(self, tx: Tx, *, at: float, hub: str) -> Head:
        """The chain's end, signed. ``hub`` is the address this hub goes by."""
        number, last = self.head(tx)
        return self.seal.sign(number, last, at=at, hub=hub)

    def _fault(self, event: Event, stored: str) -> str:
        """What is wrong with a row's content, empty when it is as it was written."""
        if event.key_id not in self._keys:
            return f"its key {event.key_id} is not among INLAY_SECRET_KEY"
        if not hmac.compare_digest(self._hash(_as_row(event, stored)), event.hash):
            return "its content was changed"
        return ""

    def _hash(self, row: Mapping[str, Any]) -> str:
        covered = to_json([row[name] for name in ("seq", "at", "run_id", "team", "actor", "kind", "data", "prev")])
        return hmac.digest(self._keys.get(row["key_id"], b""), covered, "sha256").hex()


def _counted(rows: Iterable[tuple[Event, str]], told: Callable[[int], None]) -> Iterator[tuple[Event, str]]:
    for event, stored in rows:
        told(event.seq)
        yield event, stored


def _as_row(event: Event, stored: str) -> dict[str, Any]:
    names = ("seq", "at", "run_id", "team", "actor", "kind", "key_id", "prev")
    return {**{name: getattr(event, name) for name in names}, "data": stored}
