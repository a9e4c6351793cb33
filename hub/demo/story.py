"""One request on the sample document, told stage by stage, and whether its result stands there once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from hub.bootstrap import Hub
from hub.demo.setting import part
from hub.domain import Actor, Event, Receipt, Request, Role, Run, RunState, Target
from hub.pipeline import receive as receiving
from hub.pipeline import run as running
from hub.pipeline.deliver import delivery_of
from hub.store import deliveries, events

#: The events that end a stage, with what that stage is called, and the state the run has then.
_STAGES: dict[str, tuple[str, RunState | None]] = {
    "run.received": ("receive", RunState.QUEUED),
    "run.composed": ("compose", None),
    "input.checked": ("check input", None),
    "model.answered": ("ask", RunState.ANSWERED),
    "output.checked": ("check output", None),
    "delivery.done": ("deliver", None),
}
_ENDINGS = frozenset(state.value for state in RunState)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage that is over: how long it took in milliseconds, the run's state then, and what the ledger says."""

    stage: str
    ms: float
    state: str
    said: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended. ``times`` is how often the text stands in the document when it is read again."""

    run: Run
    stages: tuple[Stage, ...]
    receipt: Receipt | None
    text: str
    times: int
    quote: str
    document_url: str
    run_url: str

    @property
    def good(self) -> bool:
        """Whether the text stands in the document exactly once and its receipt is stored."""
        return self.run.state is RunState.DELIVERED and self.receipt is not None and self.times == 1


def request_of(key: str) -> Request:
    """The demo's request, under a key."""
    given = yaml.safe_load(part("request.yaml"))
    return Request(
        key=key,
        team=given["team"],
        workflow=given["workflow"],
        inputs=given["inputs"],
        target=Target(**given["target"]),
        actor=Actor(person=given["person"], role=Role.MEMBER, via="demo"),
        surface="demo",
    )


def tell(hub: Hub, key: str) -> Ending:
    """Run the request here and now, then read the document again."""
    request = request_of(key)
    started = time.perf_counter()
    received = receiving.receive(hub.parts, request, lease=True)
    ms = (time.perf_counter() - started) * 1000
    run = running.walk(hub.parts, received.run, received.birth) if received.run else hub.get(received.run_id)
    with hub.database.reading() as tx:
        recorded = events.of_run(tx, run.id)
        rows = deliveries.of_run(tx, run.id)
    receipt = rows[0].receipt if rows else None
    text = delivery_of(hub.parts, run, rows[0]).text if receipt else ""
    assert request.target is not None
    return Ending(
        run=run,
        stages=tuple(_stages(recorded, ms, run)),
        receipt=receipt,
        text=text,
        times=_times(hub, request.target, text) if receipt else 0,
        quote=str(request.target.at.get("quote", "")),
        document_url=receipt.url if receipt else run.work.url,
        run_url=f"{hub.settings.url}/runs/{run.id}",
    )


def _times(hub: Hub, target: Target, text: str) -> int:
    """How often the text stands in the whole document, read anew."""
    connector, connection = hub.parts.connections.get(target.connection)
    whole = Target(connection=target.connection, at=connector.sample_target())
    return _plain(connector.context(connection, whole).text).count(_plain(text))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _stages(recorded: list[Event], receive_ms: float, run: Run) -> Iterator[Stage]:
    state, delivering = RunState.QUEUED.value, 0.0
    for event in recorded:
        name, after = _STAGES.get(event.kind, ("", None))
        ending = event.kind.removeprefix("run.")
        if after is not None:
            state = after.value
        elif ending in _ENDINGS:
            state, name = ending, "done" if ending == RunState.DELIVERED else str(event.data.get("stage", ""))
        ms = receive_ms if event.kind == "run.received" else float(event.data.get("ms", 0.0))
        if event.kind == "delivery.done":
            delivering += ms
        elif event.kind == "run.delivered":
            # The stage as a whole; its deliveries have lines of their own.
            ms -= delivering
        yield Stage(name or event.kind, round(ms, 3), state, {"event": event.kind, **event.data})
    if run.problem is not None:
        yield Stage("problem", 0.0, run.state.value, {"what": run.problem.what, "who": run.problem.who})
