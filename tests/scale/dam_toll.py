"""The toll of a storm over a DAM: what was not written, what was written twice, and what our own writes started."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.dam.sandbox import Sandbox
from connectors.dam.sandbox_store import HUB
from hub.bootstrap import Hub
from hub.domain import RunState, Trigger
from hub.store import events, runs
from tests.fake_model_server import FakeModelServer, envelope

#: What the model says of every picture, in the parts of ``alt-text-and-metadata``.
SAID = {
    "alt_text": "A solar lantern glows on a table.",
    "title": "Lantern on a table",
    "description": "",
    "tags": ["lantern", "solar", "table", "evening", "light"],
    "digital_source_type": "",
}


@dataclass(slots=True)
class Toll:
    """Everything from ``lost`` on must be nothing."""

    kills: int = 0
    deliveries: int = 0
    echoes: int = 0
    lost_events: int = 0
    calls_troubled: int = 0
    calls_in_doubt: int = 0
    #: Megabytes of the process with the door, on its way.
    memory: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    started_by_ourselves: list[str] = field(default_factory=list)
    finished_calls_repeated: list[str] = field(default_factory=list)
    unproven: list[str] = field(default_factory=list)
    broken_ledger: str = ""

    def failures(self) -> dict[str, object]:
        names = ("lost", "doubled", "started_by_ourselves", "finished_calls_repeated", "unproven", "broken_ledger")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


def prepare(model: FakeModelServer) -> None:
    """Have every picture described, slowly enough for a process to die over it."""
    model.reset()
    model.answers(envelope(variants=[SAID]))
    model.misbehaves(latency_ms=100)


def name_of(number: int) -> str:
    return f"Product-{number:04d}-X.png"


def count(toll: Toll, hub: Hub, dam: Sandbox, model: FakeModelServer, made: Mapping[str, str], workflow: str) -> None:
    """Count what became of the assets ``made``: ids by their names."""
    toll.deliveries = len(dam.sender.attempts)
    toll.lost_events = dam.sender.lost
    toll.calls_troubled = sum(one.fault is not None for one in dam.journal.entries())
    toll.unproven = [f"{one.event}: {one.status}" for one in dam.sender.attempts if one.status in (400, 401, 403, 404)]
    asked = Counter(_named_in(entry) for entry in model.journal())
    writes = [one for one in dam.store.history if one.by == HUB]
    toll.echoes = len(writes)
    written = Counter(one.asset.id for one in writes)
    alt = dam.vendor.shows["alt_text"]
    with hub.database.reading() as tx:
        every = runs.newest(tx, teams=None, limit=100 * len(made))
        of: dict[str, list] = {}
        for run in every:
            of.setdefault(str(run.request.target.at["asset"]) if run.request.target else "", []).append(run)
        for name, id in made.items():
            found = of.pop(id, [])
            if [run.state for run in found] != [RunState.DELIVERED] or not written[id]:
                toll.lost.append(f"{name}: {[(run.state, run.problem) for run in found]}, {written[id]} writes")
            if written[id] > 1:
                toll.doubled.append(f"{name}: written {written[id]} times")
            if dam.store.get(id).fields.get(alt) != SAID["alt_text"]:
                toll.lost.append(f"{name}: {dam.store.get(id).fields}")
            if strange := [run for run in found if run.request.workflow != workflow]:
                toll.started_by_ourselves.append(f"{name}: {[run.request.workflow for run in strange]}")
            kinds = Counter(event.kind for run in found for event in events.of_run(tx, run.id))
            toll.calls_in_doubt += kinds["model.call_in_doubt"]
            # A call is on record before it is made, so every call beyond the first has its doubt or its retry.
            if asked[name] > 1 + kinds["model.call_in_doubt"] + kinds["run.put_off"]:
                toll.finished_calls_repeated.append(f"{name}: {asked[name]} calls")
        toll.started_by_ourselves += [f"{id}: {len(found)} runs" for id, found in of.items()]
        _, broken = hub.parts.ledger.verify(tx)
    toll.broken_ledger = str(broken or "")


def found_by_sweep(hub: Hub) -> int:
    """How many runs no webhook brought."""
    with hub.database.reading() as tx:
        return sum(run.request.trigger is Trigger.SCHEDULE for run in runs.newest(tx, teams=None, limit=10_000))


def _named_in(entry: dict) -> str:
    found = re.search(r"Product-\d{4}-X\.png", str(entry.get("body")))
    return found.group() if found else ""
