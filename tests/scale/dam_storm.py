"""A storm over a DAM in which each death has its place: after the store, after the write, at any moment.

Meanwhile events are lost, repeated and out of order, calls fail, people edit what the hub may be writing at that very
moment, and files are replaced.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from connectors.dam.sandbox import Sandbox
from connectors.dam.sandbox_canvas import Canvas
from connectors.dam.sandbox_store import HUB, Change
from hub import configure
from hub.bootstrap import Hub, build
from hub.demo import settings_of
from hub.settings import load
from hub.store import runs
from tests import hubs
from tests.fake_model_server import FakeModelServer
from tests.scale import dam_toll as tolls
from tests.scale.dam_crowd import Crowd, CrowdedVendor
from tests.scale.dam_toll import Toll
from tests.scale.door import Door
from tests.scale.hub_processes import LEASE, HubProcesses
from tests.scale.servers import wait_until

#: How much faster than Adobe's the sender's time runs: a minute until the next try is half a second.
FAST = 120.0
#: What the DAM does to calls, at a time the dice say. A sign-in that is limited waits for a minute, and one that is
#: refused is an admin's to mend: neither belongs here.
BROKEN = ("503-after-commit", "drop-after-commit", "503", "drop", "malformed", "html")
ENDED = ("429", "expired-token")
TROUBLE = {
    "PATCH": (*BROKEN, *ENDED),
    "GET /adobe": (*BROKEN, *ENDED),
    "GET /content": ("503", "drop", *ENDED),
    "POST ims": BROKEN,
}
CHANCE = 0.08
#: The share of acknowledgements the DAM never hears.
NOISE = 0.1
#: The share of events that are never sent. The sweep finds their assets.
LOST = 0.08
#: How many assets come at once. After each time people have their turn.
STEP = 5
#: What happens in a storm, and how often.
SHORT = {"lost_ack": 1, "after_write": 1, "killed": 1, "sessions": 1}
LONG = {"lost_ack": 5, "after_write": 6, "killed": 8, "sessions": 4}
WORKFLOW, ECHO = "alt-text", "again"


@dataclass(slots=True, kw_only=True)
class DamStorm:
    """Assets come in lumps, each into a disaster of its own, and the last ``calm`` of them into none.

    One of them is told of ``repeats`` times, ``at_once`` at a time. Each trouble comes ``troubles`` times.
    """

    hub_of: HubProcesses
    dam: Sandbox
    crowd: Crowd
    size: int
    calm: int
    repeats: int
    at_once: int
    acts: dict[str, int]
    troubles: int
    seed: int
    #: What happened, in its order.
    told: list[str] = field(default_factory=list)
    _made: dict[str, str] = field(default_factory=dict)
    _picture: bytes = field(default_factory=lambda: Canvas(24, 16).png())

    def blow(self, seconds: float) -> Toll:
        """Let everything happen, and count once all is quiet or the time is up."""
        model = self.hub_of.model
        tolls.prepare(model)
        hub, toll, dice = self._hub(), Toll(), random.Random(self.seed)
        door = Door(self.hub_of.port, seed=self.seed)
        try:
            self._organise(hub)
            self.hub_of.start()
            self.hub_of.command("connectors", "sweep", "dam")
            sender = self.dam.sender
            sender.configure(endpoint=f"http://127.0.0.1:{door.port}/in/dam", speed=FAST, shuffled=True)
            self._one_event(hub, toll)
            sender.configure(repeat=2, workers=8, lose=LOST)
            door.noise = NOISE
            for on, kinds in TROUBLE.items():
                for kind in kinds:
                    self.dam.faults.add(kind, on=on, times=self.troubles, chance=CHANCE)
            acts = [name for name, times in self.acts.items() for _ in range(times)]
            dice.shuffle(acts)
            self.told = acts
            stormy = self.size - self.calm - 1
            for place, name in enumerate(acts):
                lump = stormy * (place + 1) // len(acts) - stormy * place // len(acts)
                getattr(self, f"_{name}")(toll, dice, door, lambda lump=lump: self._trickle(lump))
            self._settle(hub, seconds)
            door.noise = 0.0
            self._calm(hub, toll, seconds)
            # What the sender repeats and what our own writes made it say is heard too, before anybody counts.
            assert sender.drained(60), f"{sender.pending()} webhooks are still under way"
            self._settle(hub, seconds)
            tolls.count(toll, hub, self.dam, model, self._made, self.crowd, WORKFLOW)
            return toll
        finally:
            self.hub_of.kill()
            door.close()
            hub.close()

    def _one_event(self, hub: Hub, toll: Toll) -> None:
        """The same event, again and again, many at a time."""
        sender = self.dam.sender
        sender.configure(repeat=self.repeats, workers=self.at_once)
        self._add(1)
        sender.configure(repeat=1)
        assert sender.drained(120), f"{sender.pending()} webhooks are still under way"
        self._settle(hub, 60)

    def _calm(self, hub: Hub, toll: Toll, seconds: float) -> None:
        """Nobody dies any more: what one process holds in memory at the start, on the way and at the end."""
        self.dam.faults.clear()
        self.dam.sender.configure(lose=0.0)
        for lump in range(3):
            self._trickle(self.calm * (lump + 1) // 3 - self.calm * lump // 3)
            self._settle(hub, seconds)
            toll.memory.append(round(self.hub_of.megabytes(), 1))

    def _lost_ack(self, toll: Toll, dice: random.Random, door: Door, ask: Callable[[], None]) -> None:
        """The hub dies once an event is stored, before the DAM hears so."""
        door.lose_next(self.hub_of.kill)
        ask()
        assert door.struck.wait(60), "no event was stored in a minute"
        self._rise(toll)

    def _after_write(self, toll: Toll, dice: random.Random, door: Door, ask: Callable[[], None]) -> None:
        """The hub dies while the DAM, where the texts stand by then, is slow to say so. People edit them then."""
        before = len(self._writes())
        slow = self.dam.faults.add("slow-after-commit", on="PATCH", seconds=30.0)
        ask()
        wait_until(lambda: slow.times == 0 and len(self._writes()) > before, "nothing was written in two minutes")
        for one in self._writes()[before:]:
            self.crowd.edit(one.asset.id)
        self.hub_of.kill()
        self._rise(toll)

    def _killed(self, toll: Toll, dice: random.Random, door: Door, ask: Callable[[], None]) -> None:
        """One process dies at any moment."""
        ask()
        threading.Event().wait(dice.uniform(0.0, 1.5))
        self.hub_of.kill_one(dice)
        toll.kills += 1

    def _sessions(self, toll: Toll, dice: random.Random, door: Door, ask: Callable[[], None]) -> None:
        """Every token ends."""
        self.dam.vendor.expire()
        ask()

    def _rise(self, toll: Toll) -> None:
        toll.kills += 1
        self.hub_of.start()

    def _writes(self) -> list[Change]:
        return [one for one in self.dam.store.history if one.by == HUB]

    def _trickle(self, count: int) -> None:
        """A few at a time, so that what happens meets some on each stretch of their way."""
        rest = threading.Event()
        for start in range(0, count, STEP):
            self._add(min(STEP, count - start))
            rest.wait(0.1)
            self.crowd.turn(list(self._made.values()))

    def _add(self, count: int) -> None:
        for number in range(len(self._made), len(self._made) + count):
            name = tolls.name_of(number)
            self._made[name] = self.dam.library.take(name, self._picture).id

    def _settle(self, hub: Hub, seconds: float) -> None:
        """Until nothing is owed any more, or the time is up. The sweep does not wait for its time."""
        deadline, rest = time.monotonic() + seconds, threading.Event()
        while time.monotonic() < deadline:
            if self.dam.sender.lose:
                # As long as the DAM is in trouble it may fail; then the next one finds the same.
                self.hub_of.command("connectors", "sweep", "dam")
            for _ in range(24):
                if self._quiet(hub):
                    return
                rest.wait(0.25)

    def _quiet(self, hub: Hub) -> bool:
        with hub.database.reading() as tx:
            enough = sum(runs.count_by_state(tx).values()) >= len(self._made)
        return enough and not tolls.owed(hub, self.dam, self._made)

    def _hub(self) -> Hub:
        """A hub to look into the database with; it does no work."""
        of = self.hub_of
        given = {"home": of.home, "database_url": of.database_url, "broker_url": "", "secret_key": hubs.KEY}
        return build(load(**given, lease_seconds=LEASE, log_level="ERROR"))

    def _organise(self, hub: Hub) -> None:
        """Our own writes are events of a kind that starts a workflow of its own: an echo would be a run of it."""
        given, secrets = settings_of(hub.registry.connectors["dam"], "dam", self.dam)
        starts = {"asset.ready": [WORKFLOW], "metadata.changed": [ECHO]}
        template = {"template": "alt-text-and-metadata"}
        declared = {
            "teams": {hubs.TEAM: {"title": "Brand team", "budget": 1000}},
            "connections": {"dam": {"connector": "dam", "sandbox": True, "settings": {**given, "starts": starts}}},
            "enablements": {hubs.TEAM: ["dam"]},
            "workflows": {hubs.TEAM: {WORKFLOW: template, ECHO: template}},
        }
        source = configure.read(yaml.safe_dump(json.loads(json.dumps(declared))), name="the storm's", environ=secrets)
        configure.apply(hub, source, actor="system:test")


def storm(
    home: Path, database_url: str, dam: Sandbox, model: FakeModelServer, *, workers: int = 0, **given: Any
) -> DamStorm:
    """A storm over a hub with its own processes; ``workers`` only work. ``given`` are the other fields of the storm."""
    assert isinstance(dam.vendor, CrowdedVendor)
    processes = HubProcesses(home=home, database_url=database_url, model=model, workers=workers)
    return DamStorm(hub_of=processes, dam=dam, crowd=dam.vendor.crowd, **given)
