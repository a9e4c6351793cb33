"""A storm over a Salesforce org in which each death has its place: after the store, after the write, for a day."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.salesforce.sandbox import Sandbox
from connectors.salesforce.sandbox_samples import LAUNCH, WINTER
from connectors.salesforce.sandbox_store import Record
from hub.bootstrap import Hub, build
from hub.domain import RunState
from hub.settings import load
from hub.store import budgets, runs, teams
from tests import hubs
from tests.scale import salesforce_toll as tolls
from tests.scale.door import Door
from tests.scale.hub_processes import LEASE, HubProcesses
from tests.scale.salesforce_toll import Toll
from tests.scale.servers import wait_until

DAY = 86_400.0
#: How much faster than in Salesforce the sender's time runs: fifteen seconds until the next try are half a second, or,
#: while the hub is away for a day, the day is two seconds.
FAST, DAY_IN_TWO = 30.0, DAY / 2
#: What the org does to calls, each of them so often and at a time the dice say. Sessions end, and the allowance, at
#: times of their own.
TROUBLE = ("503-after-commit", "drop-after-commit", "malformed", "503", "500", "drop", "html", "concurrent")
TROUBLED = ("collections.upsert", "collections.update", "query", "token")
CHANCE = 0.08
#: What it does to single records, and how often.
OF_A_RECORD = (("lock", "*", 0.06), ("lost-race", "upsert", 0.03))
#: What happens in a storm, and how often.
SHORT = {"lost_ack": 1, "after_write": 2, "killed": 1, "allowance": 1, "sessions": 1}
LONG = {"lost_ack": 6, "after_write": 8, "killed": 8, "allowance": 3, "sessions": 5}


@dataclass(slots=True)
class Calendar:
    """The org's clock. It is a day behind until the day on which nobody listens is over."""

    ago: float = DAY

    def __call__(self) -> float:
        return time.time() - self.ago


@dataclass(slots=True, kw_only=True)
class SalesforceStorm:
    """Requests come in lumps, each into a disaster of its own; ``missed`` of them on a day nobody hears of.

    ``calendar`` is the org's clock. Each trouble comes ``troubles`` times.
    """

    hub_of: HubProcesses
    org: Sandbox
    size: int
    missed: int
    calendar: Calendar
    acts: dict[str, int]
    troubles: int
    seed: int
    #: What happened, in its order.
    told: list[str] = field(default_factory=list)
    _made: list[str] = field(default_factory=list)
    _written: threading.Event = field(default_factory=threading.Event)
    _door: Door | None = None

    def blow(self, seconds: float) -> Toll:
        """Let everything happen, and count once all is quiet or the time is up."""
        model = self.hub_of.model
        tolls.prepare(model, self.size)
        hub = self._hub()
        toll = Toll()
        dice = random.Random(self.seed)
        self._door = door = Door(self.hub_of.port)
        try:
            self._organise(hub)
            self.org.store.watch(self._see)
            self.hub_of.start()
            self._sweep_now()
            self._trouble()
            endpoint = f"http://127.0.0.1:{door.port}/in/crm/{hubs.ORG_TOKEN}"
            self.org.outbound.configure(endpoint=endpoint, twice=True, shuffled=True, speed=FAST, batch=7, timeout=30.0)
            acts = [name for name, times in self.acts.items() for _ in range(times)]
            dice.shuffle(acts)
            self.told = list(acts)
            heard = self.size - self.missed
            for place, name in enumerate(acts):
                lump = heard * (place + 1) // len(acts) - heard * place // len(acts)
                getattr(self, f"_{name}")(toll, dice, lambda lump=lump: self._trickle(lump))
            self._settle(hub, seconds, lambda: self._delivered(hub) >= heard)
            self._day_away(toll)
            self._settle(hub, seconds, lambda: self._delivered(hub) >= self.size and self._ready() >= self.size)
            tolls.count(toll, hub, self.org, model, self._made, self.missed)
            return toll
        finally:
            self.hub_of.kill()
            door.close()
            hub.close()

    def _trouble(self) -> None:
        for kind in TROUBLE:
            for on in TROUBLED:
                self.org.faults.add(kind, on=on, times=self.troubles, chance=CHANCE)
        for kind, on, chance in OF_A_RECORD:
            self.org.faults.add(kind, on=on, times=None, chance=chance)

    def _lost_ack(self, toll: Toll, dice: random.Random, ask: Callable[[], None]) -> None:
        """The hub dies once everything in a message is stored, before the org hears so."""
        assert self._door is not None
        self._door.lose_next(self.hub_of.kill)
        ask()
        assert self._door.struck.wait(60), "no message was stored in a minute"
        self._rise(toll)

    def _after_write(self, toll: Toll, dice: random.Random, ask: Callable[[], None]) -> None:
        """The hub dies while the org, which has the outputs by then, takes its time to say so."""
        self._written.clear()
        slow = self.org.faults.add("slow-after-commit", on="collections.upsert", seconds=30.0)
        ask()
        wait_until(lambda: slow.times == 0 and self._written.is_set(), "nothing was written in two minutes")
        self.hub_of.kill()
        self._rise(toll)

    def _killed(self, toll: Toll, dice: random.Random, ask: Callable[[], None]) -> None:
        """One process dies at any moment."""
        ask()
        threading.Event().wait(dice.uniform(0.0, 1.5))
        self.hub_of.kill_one(dice)
        toll.kills += 1

    def _allowance(self, toll: Toll, dice: random.Random, ask: Callable[[], None]) -> None:
        """Other programs use up the org's calls of the day; after a while there are some again."""
        since = len(self.org.journal.entries())
        self.org.accounts.use(self.org.accounts.daily)
        ask()
        wait_until(
            lambda: any(one.status == 403 for one in self.org.journal.entries(since=since)),
            "nothing was called in two minutes",
        )
        self.org.accounts.reset()

    def _sessions(self, toll: Toll, dice: random.Random, ask: Callable[[], None]) -> None:
        """An admin ends every session."""
        since = self.org.calls()["logins"]
        self.org.accounts.expire_all()
        ask()
        wait_until(lambda: self.org.calls()["logins"] > since, "nobody signed in again in two minutes")

    def _day_away(self, toll: Toll) -> None:
        """Nobody listens for a day, on which people ask all the same, until the org has given up on every message."""
        self.hub_of.kill()
        self.org.outbound.configure(speed=DAY_IN_TWO)
        steps = self.missed
        for _ in range(steps):
            self._lump(1)
            self.calendar.ago -= DAY / steps
        wait_until(lambda: not self.org.outbound.pending(), "the org still sends")
        toll.missed_by_messages = len({one.record for one in self.org.outbound.dropped} & set(self._made))
        self.org.faults.clear()
        self.org.outbound.configure(speed=FAST)
        self._rise(toll)

    def _settle(self, hub: Hub, seconds: float, done: Callable[[], bool]) -> None:
        """Until everything is done, or the time is up. The sweep does not wait for its time: an admin asks for it."""
        deadline, rest = time.monotonic() + seconds, threading.Event()
        while time.monotonic() < deadline and not done():
            self._sweep_now()
            for _ in range(40):
                if done():
                    break
                rest.wait(0.25)

    def _sweep_now(self) -> None:
        """As long as the org is in trouble it may fail; then the next one finds the same."""
        self.hub_of.command("connectors", "sweep", "crm")

    def _delivered(self, hub: Hub) -> int:
        with hub.database.reading() as tx:
            return runs.count_by_state(tx).get(RunState.DELIVERED.value, 0)

    def _ready(self) -> int:
        return sum(row.values["Status__c"] == "Ready" for row in self.org.store.rows("AI_Request__c"))

    def _trickle(self, count: int) -> None:
        """A few at a time, so that what happens meets some on each stretch of their way."""
        rest = threading.Event()
        for start in range(0, count, 5):
            self._lump(min(5, count - start))
            rest.wait(0.2)

    def _lump(self, count: int) -> None:
        self._made += [self._ask(number) for number in range(len(self._made), len(self._made) + count)]

    def _ask(self, number: int) -> str:
        values = {
            "Campaign__c": (LAUNCH, WINTER)[number % 2],
            "Template__c": hubs.TEMPLATE,
            "Instructions__c": f"Name {tolls.product(number)}.",
            "Status__c": "Requested",
        }
        return self.org.store.create("AI_Request__c", values).id

    def _see(self, made: list[Record]) -> None:
        if any(one.type == "AI_Output__c" for one in made):
            self._written.set()

    def _rise(self, toll: Toll) -> None:
        toll.kills += 1
        self.hub_of.start()

    def _hub(self) -> Hub:
        """A hub to look into the database with; it does no work."""
        of = self.hub_of
        given = {"home": of.home, "database_url": of.database_url, "broker_url": "", "secret_key": hubs.KEY}
        return build(load(**given, lease_seconds=LEASE, log_level="ERROR"))

    def _organise(self, hub: Hub) -> None:
        with hub.database.transaction() as tx:
            teams.put(tx, hubs.TEAM, "Brand team", {}, 0.0)
            budgets.allow(tx, hubs.TEAM, 1_000_000_000)
        # A quarter of an hour until a used-up allowance is tried again becomes two seconds.
        hubs.connect_org(hub, self.org, quota_wait_seconds=2)
