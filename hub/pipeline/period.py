"""Period: what the ledger says of a span of time, counted in one walk over it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from hub.domain import Event
from hub.store import Tx, events

#: What a run that wrote something needs on record to be audited from its destination back.
_NEEDED = ("run.received", "input.checked", "model.answered", "output.checked")
_BIT = {kind: 1 << number for number, kind in enumerate(_NEEDED)}
_ALL = (1 << len(_NEEDED)) - 1


@dataclass(slots=True)
class Period:
    """Counts of a period. ``own_reviews`` are reviews by whoever asked; none of them should be."""

    events: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    rules: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    reviews: Counter[tuple[str, str]] = field(default_factory=Counter)
    endings: Counter[tuple[str, str]] = field(default_factory=Counter)
    own_reviews: int = 0
    written: int = 0
    audited: int = 0


def counted(tx: Tx, since: float, until: float) -> Period:
    """What happened from ``since`` up to ``until``, Unix seconds."""
    found = Period()
    seen: dict[str, int] = {}
    askers: dict[str, str] = {}
    for event, _ in events.walk(tx):
        if event.run_id and event.kind in _BIT:
            # Steps before the period count for what was written in it.
            seen[event.run_id] = seen.get(event.run_id, 0) | _BIT[event.kind]
        if event.kind == "run.received":
            askers[event.run_id] = event.actor
        if since <= event.at < until:
            _count(found, event, seen.get(event.run_id, 0), askers.get(event.run_id))
    return found


def _count(found: Period, event: Event, seen: int, asker: str | None) -> None:
    data = event.data
    found.events[event.kind] += 1
    if event.kind in ("input.checked", "output.checked"):
        side, verdict = event.kind.partition(".")[0], str(data.get("verdict", "unreadable"))
        found.verdicts[event.team, side, verdict] += 1
        if verdict in ("hold", "deny"):
            for rule in data.get("rules", ()):
                found.rules[str(rule), side, verdict] += 1
    elif event.kind == "review.decided":
        found.reviews[str(data.get("tier", "")), str(data.get("decision", "unreadable"))] += 1
        found.own_reviews += event.actor == asker and event.actor.startswith("person:")
    elif event.kind in ("run.delivered", "run.held", "run.refused", "run.failed", "run.cancelled", "run.orphaned"):
        found.endings[event.team, event.kind.partition(".")[2]] += 1
    elif event.kind in ("delivery.done", "delivery.placed") and not data.get("again"):
        found.written += 1
        found.audited += seen == _ALL


def share(part: int, whole: int) -> dict[str, Any]:
    """A share with its 95 % interval (Wilson); without anything to count there is no share."""
    if not whole:
        return {"of": 0, "share": None, "interval_95": None}
    z, p = 1.96, part / whole
    middle, spread = p + z * z / (2 * whole), z * sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole))
    low, high = ((middle + sign * spread) / (1 + z * z / whole) for sign in (-1, 1))
    return {"of": whole, "share": round(p, 4), "interval_95": [round(max(0.0, low), 4), round(min(1.0, high), 4)]}
