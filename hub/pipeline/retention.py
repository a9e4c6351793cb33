"""Retention: texts of runs that have ended are removed when they are as old as the settings say; states, hashes,
receipts and the ledger stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.domain import Run, RunState
from hub.ledger import Entry
from hub.pipeline.parts import Parts
from hub.pipeline.texts import without_texts
from hub.store import clearing
from hub.store.clearing import Cleared

DAY = 86_400.0
#: Runs cleared in one transaction, and transactions of one look: others write in between.
BATCH, LOOKS = 50, 20


def clear(parts: Parts) -> int:
    """Remove what had become too old by this day's beginning (UTC), a little at a time; how many runs that were."""
    texts, outputs = parts.settings.keep_texts_days, parts.settings.keep_outputs_days
    if not texts:
        return 0
    # An output is never kept shorter than what it was made of.
    outputs = max(outputs, texts) if outputs else 0
    today = parts.clock() // DAY * DAY
    done = 0
    for keeps, days in (("all", texts), ("output", outputs)):
        if not days:
            continue
        for _ in range(LOOKS):
            cleared, more = _batch(parts, keeps, today, days, outputs)
            done += cleared
            if not more:
                break
    return done


def _batch(parts: Parts, keeps: str, today: float, days: int, outputs: int) -> tuple[int, bool]:
    """How many were cleared, and whether there may be more."""
    with parts.database.reading() as tx:
        found = clearing.old(tx, keeps, today - days * DAY, BATCH)
    if not found:
        return 0, False
    now = parts.clock()
    changes = [(run, _without(run, keeps, now, today, days, outputs)) for run in found]
    with parts.database.transaction() as tx:
        done = sum(clearing.clear(tx, run, keeps, *change) for run, change in changes)
        if done:
            entry = Entry("retention.cleared", {"runs": done, "kept": keeps, "days": days})
            who = parts.ledger.pseudonym(tx, None, "retention")
            parts.ledger.append(tx, run_id="", team="", actor=who, at=now, entries=[entry])
    return done, len(found) == BATCH and done > 0


def _without(
    run: Run, kept: str, now: float, today: float, days: int, outputs: int
) -> tuple[Mapping[str, Any], Cleared]:
    assert run.ended_at is not None
    old = kept == "output" or (outputs > 0 and run.ended_at < today - outputs * DAY)
    keeps = "output" if run.state is RunState.DELIVERED and not old else "nothing"
    return without_texts(run, Cleared(at=now, why="retention", keeps=keeps, days=days))
