"""One pass over the chain: every row follows the one before it, and every head kept is still one of its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hub.domain import Event
from hub.ledger.head import Head

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Break:
    """The first row at which the chain does not hold, and in what way. ``by_head`` says that only a head kept earlier
    shows it: the rows themselves hold."""

    seq: int
    why: str
    by_head: bool = False


def check(
    rows: Iterable[tuple[Event, str]],
    heads: Sequence[Head] = (),
    fault: Callable[[Event, str], str] = lambda event, stored: "",
) -> tuple[int, Break | None]:
    """How many rows hold, and the first break or None. One row is in memory at a time.

    Args:
        rows: in the chain's order, each with its data as it is stored.
        heads: in any order; their signatures are somebody else's to check.
        fault: what is wrong with a row's content, empty for nothing. Left out, only the links are checked.
    """
    waiting = sorted(heads, key=lambda head: head.number, reverse=True)
    count, last = 0, GENESIS
    coming = iter(rows)
    while True:
        while waiting and waiting[-1].number <= count:
            head = waiting.pop()
            if head.hash != last:
                return max(count - 1, 0), Break(count, f"it is not the row {head.named} was taken of", by_head=True)
        pair = next(coming, None)
        if pair is None:
            break
        event, stored = pair
        if event.seq != count + 1:
            return count, Break(event.seq, f"row {count + 1} is missing")
        if event.prev != last:
            return count, Break(event.seq, "it does not follow the row before it")
        if said := fault(event, stored):
            return count, Break(event.seq, said)
        count, last = count + 1, event.hash
    if waiting:
        return count, Break(count + 1, f"it is gone: {waiting[0].named} was taken of row {waiting[0].number}", True)
    return count, None
