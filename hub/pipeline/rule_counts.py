"""Rule counts: how often each rule found something, counted out of the ledger beside the path, by team and day."""

from __future__ import annotations

from collections import Counter

from hub.pipeline.parts import Parts
from hub.store import reviews, rule_days

READER = "rules"
KINDS = ("input.checked", "output.checked")
BATCH = 5000
#: Days a rule's page looks back, and days that are kept.
SHOWN, KEPT = 30, 60


def count(parts: Parts) -> int:
    """Count what was checked since the last time; how many checks that were."""
    counted = 0
    while True:
        with parts.database.transaction() as tx:
            before = reviews.place_of(tx, READER)
            rows = reviews.read_on(tx, READER, KINDS, BATCH)
            left_out = rule_days.simulated(tx, [row.run_id for row in rows])
            found: Counter[tuple[str, int, str]] = Counter()
            for row in rows:
                if row.run_id not in left_out:
                    found.update((row.team, int(row.at // rule_days.DAY), rule) for rule in row.data.get("rules", ()))
            rule_days.add(tx, found)
            after = reviews.place_of(tx, READER)
            rule_days.forget(tx, parts.clock() - KEPT * rule_days.DAY)
        counted += len(rows)
        if after == before:
            return counted
