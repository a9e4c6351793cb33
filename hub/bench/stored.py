"""What a run costs when many are stored already: it should not matter how many."""

from __future__ import annotations

import dataclasses
import itertools
import secrets
import time
from collections.abc import Callable, Iterator

from hub.bench import material
from hub.bench.report import Figure, median
from hub.bootstrap import Hub
from hub.domain import Run
from hub.ledger import Entry
from hub.store import Tx, events, runs

#: At most this many times the cost with few stored runs; "flat" with room for the noise of a shared machine.
BAR_TIMES = 1.25
BATCH = 1000


def measure(hub: Hub, sizes: tuple[int, ...], *, each: int, say: Callable[[str], None]) -> Iterator[Figure]:
    """The median milliseconds of a run at each number of stored runs."""
    requests = material.requests("stored")
    sample = hub.run(next(requests))
    group = "a run, by how many are stored"
    first = 0.0
    for size in sizes:
        say(f"storing {size:,} runs")
        _fill(hub, sample, size)
        made = list(itertools.islice(requests, each))
        for request in made[: each // 4]:
            hub.run(request)
        taken = []
        for request in made[each // 4 :]:
            started = time.perf_counter()
            hub.run(request)
            taken.append((time.perf_counter() - started) * 1000)
        value = median(taken)
        yield Figure(group=group, name=f"p50 with {size:,}", value=value, unit="ms")
        if not first:
            first = value
        else:
            yield Figure(
                group=group, name=f"{size:,} to {sizes[0]:,}", value=value / first, unit="times", bar=BAR_TIMES
            )


def _fill(hub: Hub, sample: Run, size: int) -> None:
    """Copies of a finished run, with its events, until ``size`` are stored."""
    with hub.database.reading() as tx:
        have = sum(runs.count_by_state(tx).values())
        entries = [Entry(event.kind, event.data) for event in events.of_run(tx, sample.id)]
    changes = {name: getattr(sample, name) for name in ("work", "input_verdicts", "output_verdicts", "draft")}
    while have < size:
        with hub.database.transaction() as tx:
            for _ in range(min(BATCH, size - have)):
                _copy(hub, tx, sample, changes, entries)
                have += 1


def _copy(hub: Hub, tx: Tx, sample: Run, changes: dict[str, object], entries: list[Entry]) -> None:
    fresh = secrets.token_hex(10)
    request = dataclasses.replace(sample.request, key=f"copy-{fresh}")
    copy = dataclasses.replace(sample, id=fresh, request=request, token="copy")
    runs.create(tx, copy, fingerprint=fresh)
    runs.save(tx, fresh, "copy", {**changes, "token": None})
    actor = hub.parts.ledger.pseudonym(tx, None, "bench")
    hub.parts.ledger.append(tx, run_id=fresh, team=sample.team, actor=actor, at=sample.created_at, entries=entries)
