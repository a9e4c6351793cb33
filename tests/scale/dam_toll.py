"""The toll of a storm over a DAM: what was not written, what was written twice, and what our own writes started."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.dam.sandbox import Sandbox
from connectors.dam.sandbox_store import HUB, Asset, Change
from hub.bootstrap import Hub
from hub.domain import Run, RunState, Trigger
from hub.store import Tx, events, runs
from tests.fake_model_server import FakeModelServer, envelope
from tests.scale.dam_crowd import Crowd

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
    runs: int = 0
    writes: int = 0
    lost_events: int = 0
    found_by_sweep: int = 0
    calls_troubled: int = 0
    calls_in_doubt: int = 0
    #: Edits of people: those made before Inlay wrote, between its look and its write, and after it.
    edits_before: int = 0
    edits_between: int = 0
    edits_after: int = 0
    #: Megabytes of the process with the door, on its way.
    memory: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    over_a_person: list[str] = field(default_factory=list)
    started_by_ourselves: list[str] = field(default_factory=list)
    finished_calls_repeated: list[str] = field(default_factory=list)
    unproven: list[str] = field(default_factory=list)
    broken_ledger: str = ""

    def failures(self) -> dict[str, object]:
        names = ("lost", "doubled", "over_a_person", "started_by_ourselves", "finished_calls_repeated", "unproven")
        return {name: getattr(self, name) for name in (*names, "broken_ledger") if getattr(self, name)}


def prepare(model: FakeModelServer) -> None:
    """Have every picture described, slowly enough for a process to die over it."""
    model.reset()
    model.answers(envelope(variants=[SAID]))
    model.misbehaves(latency_ms=100)


def name_of(number: int) -> str:
    return f"Product-{number:04d}-X.png"


def version_of(asset: Asset) -> str:
    """What AEM calls this file of an asset (``dam:sha1``)."""
    return hashlib.sha1(asset.data, usedforsecurity=False).hexdigest()


def owed(hub: Hub, dam: Sandbox, made: Mapping[str, str]) -> list[str]:
    """The assets whose file as it stands has no run that ended, and the runs that are still under way."""
    with hub.database.reading() as tx:
        found = _of_assets(tx, made)
    ended = {(id, run.request.raw["version"]) for id, some in found.items() for run in some if run.ended_at}
    waiting = [run.id for some in found.values() for run in some if not run.ended_at]
    return waiting + [name for name, id in made.items() if (id, version_of(dam.store.get(id))) not in ended]


def count(
    toll: Toll,
    hub: Hub,
    dam: Sandbox,
    model: FakeModelServer,
    made: Mapping[str, str],
    crowd: Crowd,
    workflow: str,
) -> None:
    """Count what became of the assets ``made``: ids by their names."""
    toll.deliveries = len(dam.sender.attempts)
    toll.lost_events = dam.sender.lost
    toll.calls_troubled = sum(one.fault is not None for one in dam.journal.entries())
    toll.unproven = [f"{one.event}: {one.status}" for one in dam.sender.attempts if one.status in (400, 401, 403, 404)]
    asked = Counter(_named_in(entry) for entry in model.journal())
    writes = [one for one in dam.store.history if one.by == HUB]
    toll.writes, written = len(writes), Counter(one.asset.id for one in writes)
    toll.over_a_person = [f"{one.asset.name}: {dict(one.before)}" for one in writes if _replaced(one)]
    alt = dam.vendor.shows["alt_text"]
    with hub.database.reading() as tx:
        of = _of_assets(tx, made)
        for name, id in made.items():
            found, asset = of.pop(id, []), dam.store.get(id)
            _of_one(toll, name, found, asset, written[id])
            if asset.fields.get(alt) != crowd.words.get(id, SAID["alt_text"]):
                toll.lost.append(f"{name}: {asset.fields}")
            if strange := [run for run in found if run.request.workflow != workflow]:
                toll.started_by_ourselves.append(f"{name}: {[run.request.workflow for run in strange]}")
            kinds = Counter(event.kind for run in found for event in events.of_run(tx, run.id))
            toll.calls_in_doubt += kinds["model.call_in_doubt"]
            # A call is on record before it is made, so every call beyond the first has its doubt or its retry.
            if asked[name] > len(found) + kinds["model.call_in_doubt"] + kinds["run.put_off"]:
                toll.finished_calls_repeated.append(f"{name}: {asked[name]} calls")
        toll.started_by_ourselves += [f"{id}: {len(found)} runs" for id, found in of.items()]
        _, broken = hub.parts.ledger.verify(tx)
    toll.broken_ledger = str(broken or "")
    _edits(toll, dam.store.history, crowd)


def _of_one(toll: Toll, name: str, found: list[Run], asset: Asset, writes: int) -> None:
    """One run for each file the asset had while Inlay looked, the newest among them, and one write by all of them."""
    toll.runs += len(found)
    toll.found_by_sweep += sum(run.request.trigger is Trigger.SCHEDULE for run in found)
    versions = Counter(run.request.raw["version"] for run in found)
    if version_of(asset) not in versions or {run.state for run in found} != {RunState.DELIVERED} or not writes:
        toll.lost.append(f"{name}: {[(run.state, run.problem) for run in found]}, {writes} writes")
    if writes > 1 or max(versions.values(), default=0) > 1:
        toll.doubled.append(f"{name}: written {writes} times by {len(found)} runs about {len(versions)} files")


def _edits(toll: Toll, history: list[Change], crowd: Crowd) -> None:
    """Who came first at the assets that people edited."""
    first: dict[str, str] = {}
    for one in history:
        if one.kind == "metadata" and one.asset.id in crowd.words:
            first.setdefault(one.asset.id, one.by)
    toll.edits_after = sum(by == HUB for by in first.values())
    toll.edits_between = crowd.met
    toll.edits_before = len(first) - toll.edits_after - crowd.met


def _replaced(change: Change) -> dict[str, object]:
    """What stood where one of our writes put something. No asset gets a second text here, so it was never ours."""
    return {name: value for name, value in change.before.items() if value not in (None, "", [])}


def _of_assets(tx: Tx, made: Mapping[str, str]) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {}
    for run in runs.newest(tx, teams=None, limit=100 * len(made)):
        found.setdefault(str(run.request.target.at["asset"]) if run.request.target else "", []).append(run)
    return found


def _named_in(entry: dict) -> str:
    found = re.search(r"Product-\d{4}-X\.png", str(entry.get("body")))
    return found.group() if found else ""
