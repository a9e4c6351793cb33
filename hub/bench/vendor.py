"""What an invocation costs at a vendor: the calls of one run about the sandbox's own sample, counted by the sandbox."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from hub import configure
from hub.bench import material
from hub.bench.report import Figure, median
from hub.bootstrap import Hub
from hub.domain import RunState, Target
from hub.errors import InlayError
from hub.sdk import Connector
from hub.store import connections

#: Reading the place, reading before the write, reading it back; and the write itself.
BARS = {"reads": 3, "writes": 1}


def measure(hub: Hub, *, runs: int) -> Iterator[Figure]:
    """For every connector with a sandbox and a sample: reads and writes of a run that asks and delivers there."""
    for connector in hub.registry.connectors.values():
        start, sample = connector.sandbox(), connector.sample_target()
        if start is None or not sample:
            continue
        with ExitStack() as ends:
            sandbox = start()
            ends.callback(sandbox.stop)
            yield from _count(hub, connector, sandbox, dict(sample), runs)


def _count(hub: Hub, connector: Connector, sandbox: Any, sample: dict[str, Any], number: int) -> Iterator[Figure]:
    environ = {"SANDBOX_URL": sandbox.url, "BENCH_TOKEN": "bench-token-of-one-bench-only"}
    source = configure.read(material.part("vendor.yaml"), name="the bench's vendor.yaml", environ=environ)
    configure.apply(hub, source, actor="system:bench")
    with hub.database.reading() as tx:
        rows = connections.every(tx)
    names = [row.name for row in rows if row.connector == connector.name and row.name.startswith("sample_")]
    if not names:
        return
    counted: dict[str, list[int]] = {"reads": [], "writes": []}
    for request in itertools.islice(material.requests("vendor"), number):
        before = sandbox.calls()
        run = hub.run(replace(request, target=Target(connection=names[0], at=sample)))
        if run.state is not RunState.DELIVERED:
            raise InlayError(f"A run of the bench is {run.state}.", why=run.problem.what if run.problem else "")
        made = Counter(sandbox.calls()) - Counter(before)
        for kind in counted:
            counted[kind].append(made[kind])
    group = f"calls to {connector.title} for one invocation, from reading the place to the receipt"
    for kind, values in counted.items():
        note = f"{max(values)} at most in {number} runs"
        yield Figure(group=group, name=kind, value=median(values), unit="calls", bar=BARS[kind], note=note)
