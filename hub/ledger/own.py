"""Verifies the chain as a hub holds it: its own heads first, then every row, and heads that were kept elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.ledger import Break, Head, Ledger
from hub.ledger.head import wrong
from hub.store import Tx, heads


@dataclass(frozen=True, slots=True)
class Verified:
    """How many rows hold, how many heads in the database are right, and the first break."""

    rows: int
    heads: int
    broken: Break | None


def verify(
    ledger: Ledger, tx: Tx, given: Sequence[Head] = (), told: Callable[[int], None] = lambda number: None
) -> Verified:
    """Walk the whole chain. ``given`` are heads kept elsewhere; ``told`` hears the number of each row."""
    own = [Head(**fields) for fields in heads.every(tx)]
    for one in own:
        if why := wrong(one, ledger.seal.public):
            return Verified(0, len(own), Break(one.number, f"{one.named} in the database does not count: {why}"))
    count, broken = ledger.verify(tx, [*own, *given], told)
    return Verified(count, len(own), broken)
