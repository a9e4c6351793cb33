"""One storm: runs on documents while workers, broker and database die, and the count of what was lost or done twice."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from connectors.google_docs.sandbox import Sandbox
from hub.bootstrap import Hub, build
from hub.domain import Actor, Request, RunState, Target
from hub.model import Endpoint, OpenAIModel
from hub.pipeline.spend import period
from hub.settings import load
from hub.store import budgets, events, runs, teams
from tests import hubs
from tests.fake_model_server import FakeModelServer, envelope
from tests.scale.fleet import Fleet

DOCUMENTS = 10
LEASE = 2.0
BUDGET = 1_000_000_000


@dataclass(slots=True)
class Count:
    """What a storm left behind. Everything but the first four figures must be nothing."""

    runs: int
    kills: int
    freezes: int
    calls_in_doubt: int = 0
    lost: list[str] = field(default_factory=list)
    finished_calls_repeated: list[str] = field(default_factory=list)
    not_once_in_its_document: list[str] = field(default_factory=list)
    recorded_twice: list[str] = field(default_factory=list)
    broken_ledger: str = ""
    money: str = ""

    def failures(self) -> dict[str, object]:
        names = (
            "lost",
            "finished_calls_repeated",
            "not_once_in_its_document",
            "recorded_twice",
            "broken_ledger",
            "money",
        )
        return {name: getattr(self, name) for name in names if getattr(self, name)}


@dataclass(slots=True, kw_only=True)
class Storm:
    """How hard it blows.

    ``calm`` is the shortest and longest time between two deaths, in seconds; a new worker needs a few to start.
    ``outages`` are (kill, start) pairs of servers that go away for a moment, one after the other.
    """

    home: Path
    database_url: str
    broker_url: str
    prefix: str
    sandbox: Sandbox
    model: FakeModelServer
    size: int
    workers: int
    kills: int
    freezes: int
    outages: tuple[tuple[Callable[[], None], Callable[[], None]], ...] = ()
    calm: tuple[float, float] = (0.8, 2.4)
    seed: int = 7

    def blow(self, seconds: float) -> Count:
        """Send the runs, let everything die, and count once all is quiet or the time is up."""
        self._prepare_model()
        documents = [self.sandbox.store.create(f"Page {number}").id for number in range(DOCUMENTS)]
        hub = self._hub()
        fleet = None
        try:
            self._organise(hub)
            hub.start(workers=0)
            fleet = Fleet(self._environment(), self.workers, self.home / "workers.log")
            over = threading.Event()
            weather = threading.Thread(target=self._weather, args=(fleet, over), daemon=True)
            weather.start()
            ids = []
            for number in range(self.size):
                # Spread over the whole storm, so that there is always work for a death to strike.
                ids.append(self._send(hub, number, documents[number % DOCUMENTS]))
                over.wait(self._pace())
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and (weather.is_alive() or self._moving(hub)):
                over.wait(0.3)
            over.set()
            weather.join()
            return self._count(hub, ids, documents, fleet)
        finally:
            if fleet is not None:
                fleet.close()
            hub.close()

    def _pace(self) -> float:
        """Seconds between two runs, so that the last is sent about when the last thing dies."""
        blows = self.kills + self.freezes + len(self.outages)
        return (blows * sum(self.calm) / 2 + self.freezes * LEASE * 2.5 + len(self.outages) * 3.0) / self.size

    def _weather(self, fleet: Fleet, over: threading.Event) -> None:
        dice = random.Random(self.seed)
        blows: list[Callable[[], None]] = [lambda: fleet.kill_one(dice)] * self.kills
        blows += [lambda: fleet.freeze_one(dice, LEASE * 2.5, over)] * self.freezes
        dice.shuffle(blows)
        for number, outage in enumerate(self.outages, start=1):
            blows.insert(len(blows) * number // (len(self.outages) + 1), lambda outage=outage: _outage(outage, over))
        for blow in blows:
            if over.wait(dice.uniform(*self.calm)):
                return
            blow()

    def _prepare_model(self) -> None:
        """Each run's answer names it, and takes long enough for a worker to die over it."""
        fixtures = [
            {"match": {"userMessage": _name(number)}, "response": {"content": envelope(_copy(number))}}
            for number in range(self.size)
        ]
        self.model.reset()
        self.model._call("DELETE", "/__aimock/fixtures")
        self.model.add(*fixtures)
        self.model.misbehaves(latency_ms=700)

    def _hub(self) -> Hub:
        settings = load(
            home=self.home,
            database_url=self.database_url,
            broker_url=self.broker_url,
            queue_prefix=self.prefix,
            secret_key=hubs.KEY,
            lease_seconds=LEASE,
            log_level="ERROR",
        )
        return build(settings, model=OpenAIModel(Endpoint(base_url=self.model.base_url, model="gpt-4o-mini")))

    def _environment(self) -> dict[str, str]:
        return {
            "INLAY_HOME": str(self.home),
            "INLAY_DATABASE_URL": self.database_url,
            "INLAY_BROKER_URL": self.broker_url,
            "INLAY_QUEUE_PREFIX": self.prefix,
            "INLAY_SECRET_KEY": hubs.KEY,
            "INLAY_LEASE_SECONDS": str(LEASE),
            "INLAY_WORKERS": "8",
            "INLAY_MODEL": "gpt-4o-mini",
            "INLAY_MODEL_BASE_URL": self.model.base_url,
            "INLAY_MODEL_API_KEY": "any",
            "INLAY_LOG_LEVEL": "WARNING",
        }

    def _organise(self, hub: Hub) -> None:
        with hub.database.transaction() as tx:
            teams.put(tx, hubs.TEAM, "Brand team", {}, 0.0)
            budgets.allow(tx, hubs.TEAM, BUDGET)
        for number in range(6):
            # Six accounts: one alone may write 60 times a minute, and a storm is not to wait for that.
            hubs.connect(hub, self.sandbox.url, name=f"docs{number}", access_token=f"writer-{number}")

    def _send(self, hub: Hub, number: int, document: str) -> str:
        from hub.pipeline.receive import receive

        target = Target(connection=f"docs{number % 6}", at={"document": document, "end": True})
        request = Request(
            key=f"storm {number}",
            team=hubs.TEAM,
            template=hubs.TEMPLATE,
            inputs=hubs.inputs(f"Please rewrite this text about {_name(number)}."),
            destinations=(target,),
            actor=Actor(person=f"writer-{number % 7}@example.com"),
        )
        while True:
            try:
                return receive(hub.parts, request).run_id
            except Exception as error:
                # The sender's part: what was not acknowledged is sent again, under the same key.
                if getattr(error, "retry", False):
                    continue
                raise

    def _moving(self, hub: Hub) -> bool:
        try:
            with hub.database.reading() as tx:
                states = runs.count_by_state(tx)
        except Exception:
            return True
        return states.get(RunState.DELIVERED.value, 0) < self.size

    def _count(self, hub: Hub, ids: list[str], documents: list[str], fleet: Fleet) -> Count:
        count = Count(runs=len(set(ids)), kills=fleet.kills, freezes=fleet.freezes)
        asked = Counter(_named_in(entry) for entry in self.model.journal())
        text = "".join(self.sandbox.store.text(document) for document in documents)
        with hub.database.reading() as tx:
            for number, run_id in enumerate(ids):
                run = runs.get(tx, run_id)
                kinds = Counter(event.kind for event in events.of_run(tx, run_id))
                doubt = kinds["model.call_in_doubt"]
                count.calls_in_doubt += doubt
                if run is None or run.state is not RunState.DELIVERED:
                    count.lost.append(f"{_name(number)}: {run and (run.state, run.stage, run.problem)}")
                # A call is on record before it is made, so every call beyond the first has its doubt or its retry.
                if asked[_name(number)] > 1 + doubt + kinds["run.put_off"]:
                    count.finished_calls_repeated.append(
                        f"{_name(number)}: {asked[_name(number)]} calls, {doubt} in doubt"
                    )
                if text.count(_copy(number)) != 1:
                    count.not_once_in_its_document.append(f"{_name(number)}: {text.count(_copy(number))} times")
                for kind in ("run.received", "model.answered", "output.checked", "run.delivered"):
                    if kinds[kind] > 1:
                        count.recorded_twice.append(f"{_name(number)}: {kind} {kinds[kind]} times")
            booked = budgets.standing(tx, hubs.TEAM, period(hub.parts.clock()))
            spent = sum(
                run.draft.usage.cost_micros or 0 for run in map(lambda i: runs.get(tx, i), ids) if run and run.draft
            )
            # A call of which nobody knows whether it was answered is booked in full.
            lost = (event for run_id in ids for event in events.of_run(tx, run_id) if event.kind == "model.call_booked")
            spent += sum(event.data["cost_micros"] for event in lost)
            if booked is None or (booked.spent_micros, booked.reserved_micros) != (spent, 0):
                count.money = f"{booked} where {spent} was spent"
            _, broken = hub.parts.ledger.verify(tx)
            count.broken_ledger = str(broken or "")
        return count


def _outage(outage: tuple[Callable[[], None], Callable[[], None]], over: threading.Event) -> None:
    kill, start = outage
    kill()
    over.wait(2.0)
    start()


def _name(number: int) -> str:
    return f"Product-{number:04d}-X"


def _copy(number: int) -> str:
    return f"Meet {_name(number)} today."


def _named_in(entry: dict) -> str:
    found = re.search(r"Product-\d{4}-X", str(entry.get("body")))
    return found.group() if found else ""
