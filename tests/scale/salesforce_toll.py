"""The toll of a storm over a Salesforce org: what is missing, what is there twice, and who was not told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.salesforce.sandbox import Sandbox
from hub.bootstrap import Hub
from hub.domain import Run, RunState, Trigger
from hub.store import Tx, events, runs
from tests.fake_model_server import FakeModelServer, envelope


@dataclass(slots=True)
class Toll:
    """Everything but the figures must be nothing."""

    kills: int = 0
    messages: int = 0
    calls_in_doubt: int = 0
    calls_troubled: int = 0
    missed_by_messages: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    finished_calls_repeated: list[str] = field(default_factory=list)
    not_told: list[str] = field(default_factory=list)
    not_found_by_the_sweep: list[str] = field(default_factory=list)
    broken_ledger: str = ""

    def failures(self) -> dict[str, object]:
        names = (
            *("lost", "doubled", "finished_calls_repeated", "not_told", "not_found_by_the_sweep"),
            "broken_ledger",
        )
        return {name: getattr(self, name) for name in names if getattr(self, name)}


def prepare(model: FakeModelServer, size: int) -> None:
    """Have each request answered with a text that names it, slowly enough for a process to die over it."""
    fixtures = [
        {"match": {"userMessage": product(number)}, "response": {"content": envelope(copy_of(number))}}
        for number in range(size)
    ]
    model.reset()
    model._call("DELETE", "/__aimock/fixtures")
    model.add(*fixtures)
    model.misbehaves(latency_ms=100)


def product(number: int) -> str:
    return f"Product-{number:04d}-X"


def copy_of(number: int) -> str:
    return f"Meet {product(number)} today."


def run_of(tx: Tx, size: int) -> dict[str, list[Run]]:
    """The runs by the id of the request they came from."""
    found: dict[str, list[Run]] = {}
    for run in runs.newest(tx, teams=None, limit=10 * size):
        found.setdefault(run.request.key.rpartition(":")[2], []).append(run)
    return found


def count(toll: Toll, hub: Hub, org: Sandbox, model: FakeModelServer, made: Sequence[str], missed: int) -> None:
    """Count what became of the requests ``made``, in the order of their numbers; nobody heard of the last ``missed``.

    A notice that a look that died had taken may still wait: a run stands for each, so nobody waits for it.
    """
    toll.messages = len(org.outbound.sent)
    toll.calls_troubled = sum(one.fault is not None for one in org.journal.entries())
    asked = Counter(_named_in(entry) for entry in model.journal())
    rows = [row.values for row in org.store.rows("AI_Output__c")]
    outputs = Counter(row["Request__c"] for row in rows)
    bodies = Counter(row["Body__c"] for row in rows)
    status = {row.id: row.values["Status__c"] for row in org.store.rows("AI_Request__c")}
    with hub.database.reading() as tx:
        of = run_of(tx, len(made))
        for number, id in enumerate(made):
            name, found = product(number), of.get(id, [])
            if [run.state for run in found] != [RunState.DELIVERED] or not outputs[id]:
                toll.lost.append(f"{name}: {[(run.state, run.problem) for run in found]}, {outputs[id]} outputs")
            if outputs[id] > 1 or bodies[copy_of(number)] != 1:
                toll.doubled.append(f"{name}: {outputs[id]} outputs, {bodies[copy_of(number)]} with its text")
            if status[id] != "Ready":
                toll.not_told.append(f"{name}: {status[id]}")
            kinds = Counter(event.kind for run in found for event in events.of_run(tx, run.id))
            doubt = kinds["model.call_in_doubt"]
            toll.calls_in_doubt += doubt
            # A call is on record before it is made, so every call beyond the first has its doubt or its retry.
            if asked[name] > 1 + doubt + kinds["run.put_off"]:
                toll.finished_calls_repeated.append(f"{name}: {asked[name]} calls, {doubt} in doubt")
            if number >= len(made) - missed and any(run.request.trigger is not Trigger.SCHEDULE for run in found):
                toll.not_found_by_the_sweep.append(f"{name}: by {[run.request.trigger for run in found]}")
        _, broken = hub.parts.ledger.verify(tx)
    toll.broken_ledger = str(broken or "")
    if len(rows) != len(made):
        toll.doubled.append(f"{len(rows)} outputs for {len(made)} requests")
    if toll.missed_by_messages < missed:
        toll.not_found_by_the_sweep.append(f"the org gave up on {toll.missed_by_messages} of {missed}")


def _named_in(entry: dict) -> str:
    found = re.search(r"Product-\d{4}-X", str(entry.get("body")))
    return found.group() if found else ""
