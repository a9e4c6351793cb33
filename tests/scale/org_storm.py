"""A storm over a Salesforce org: requests whose messages come twice and out of order, while hub processes die."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from connectors.salesforce.sandbox import Sandbox
from connectors.salesforce.sandbox_samples import LAUNCH, WINTER
from hub.bootstrap import Hub, build
from hub.domain import Run, RunState
from hub.pipeline import sweep as sweeping
from hub.pipeline.spend import period
from hub.settings import load
from hub.store import budgets, events, notices, runs, teams
from tests import hubs
from tests.fake_model_server import FakeModelServer, envelope
from tests.scale.servers import free_port, wait_for_port

LEASE = 2.0
#: What the org does now and then to any call, and how often.
TROUBLE = (
    ("503-after-commit", "upsert", 0.08),
    ("drop-after-commit", "upsert", 0.08),
    ("drop", "*", 0.02),
    ("503", "*", 0.02),
    ("expired-session", "*", 0.03),
    ("lock", "upsert", 0.05),
    ("lost-race", "upsert", 0.03),
    ("slow-after-commit", "upsert", 0.05),
)


@dataclass(slots=True)
class Toll:
    """What is left when the storm is over. Everything but the figures must be nothing."""

    requests: int
    kills: int = 0
    messages: int = 0
    calls_in_doubt: int = 0
    missed_by_messages: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    finished_calls_repeated: list[str] = field(default_factory=list)
    not_told: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    broken_ledger: str = ""

    def failures(self) -> dict[str, object]:
        names = ("lost", "doubled", "finished_calls_repeated", "not_told", "waiting", "broken_ledger")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


@dataclass(slots=True, kw_only=True)
class OrgStorm:
    """``doors`` hub processes answer the org, one after the other killed and started again at the same address.

    ``missed`` requests are made while nobody listens and the org gives up sending: only the sweep can find them.
    """

    home: Path
    database_url: str
    org: Sandbox
    model: FakeModelServer
    size: int
    missed: int
    kills: int
    workers: int
    seed: int = 11
    _port: int = field(default_factory=free_port)
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def blow(self, seconds: float) -> Toll:
        self._prepare_model()
        hub = self._hub()
        toll = Toll(requests=self.size)
        over = threading.Event()
        try:
            self._organise(hub)
            self._processes = [self._start(number) for number in range(1 + self.workers)]
            wait_for_port(self._port)
            self._configure_org()
            weather = threading.Thread(target=self._weather, args=(toll, over), daemon=True)
            weather.start()
            made = []
            for number in range(self.size - self.missed):
                made.append(self._ask(number))
                over.wait(0.05)
            weather.join()
            # Whoever still waits to be sent is sent now; then the org is quiet, and its messages are not.
            self.org.faults.clear()
            made += self._unheard(toll)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and not self._done(hub):
                self.org.outbound.hurry()
                self._sweep(hub)
                over.wait(0.5)
            return self._count(hub, made, toll)
        finally:
            over.set()
            for process in self._processes:
                process.kill()
                process.wait()
            hub.close()

    def _configure_org(self) -> None:
        endpoint = f"http://127.0.0.1:{self._port}/in/crm/{hubs.ORG_TOKEN}"
        # Fifteen seconds until a message is sent again become a third of one.
        self.org.outbound.configure(endpoint=endpoint, twice=True, shuffled=True, speed=45.0, batch=7, timeout=5.0)
        for kind, on, chance in TROUBLE:
            self.org.faults.add(kind, on=on, times=None, chance=chance, seconds=0.5)

    def _weather(self, toll: Toll, over: threading.Event) -> None:
        dice = random.Random(self.seed)
        for _ in range(self.kills):
            if over.wait(dice.uniform(1.5, 3.5)):
                return
            number = dice.randrange(len(self._processes))
            self._processes[number].send_signal(signal.SIGKILL)
            self._processes[number].wait()
            self._processes[number] = self._start(number)
            toll.kills += 1

    def _unheard(self, toll: Toll) -> list[str]:
        """Requests whose messages never go out, as after a day with the hub away."""
        self.org.outbound.drained(5.0)
        self.org.outbound.configure(endpoint="")
        made = [self._ask(number) for number in range(self.size - self.missed, self.size)]
        toll.missed_by_messages = len(made)
        return made

    def _ask(self, number: int) -> str:
        values = {
            "Campaign__c": (LAUNCH, WINTER)[number % 2],
            "Template__c": hubs.TEMPLATE,
            "Instructions__c": f"Name {_name(number)}.",
            "Status__c": "Requested",
        }
        return self.org.store.create("AI_Request__c", values).id

    def _sweep(self, hub: Hub) -> None:
        """The sweep of any process would do; this one does not wait for its hour."""
        with hub.database.transaction() as tx:
            from hub.store.tables import sweep as table

            tx.execute(table.update().where(table.c.due_at > hub.parts.clock() + 60).values(due_at=hub.parts.clock()))
        sweeping.sweep(hub.parts)

    def _done(self, hub: Hub) -> bool:
        with hub.database.reading() as tx:
            states = runs.count_by_state(tx)
        ready = sum(row.values["Status__c"] == "Ready" for row in self.org.store.rows("AI_Request__c"))
        return states.get(RunState.DELIVERED.value, 0) >= self.size and ready >= self.size

    def _count(self, hub: Hub, made: list[str], toll: Toll) -> Toll:
        toll.messages = len(self.org.outbound.sent)
        asked = Counter(_named_in(entry) for entry in self.model.journal())
        outputs = Counter(row.values["Request__c"] for row in self.org.store.rows("AI_Output__c"))
        bodies = [row.values["Body__c"] for row in self.org.store.rows("AI_Output__c")]
        status = {row.id: row.values["Status__c"] for row in self.org.store.rows("AI_Request__c")}
        with hub.database.reading() as tx:
            of: dict[str, list[Run]] = {}
            for run in runs.newest(tx, teams=None, limit=10 * self.size):
                of.setdefault(run.request.key.rpartition(":")[2], []).append(run)
            for number, id in enumerate(made):
                found = of.get(id, [])
                if [run.state for run in found] != [RunState.DELIVERED] or outputs[id] < 1:
                    toll.lost.append(f"{_name(number)}: {[(run.state, run.problem) for run in found]}, {outputs[id]}")
                if outputs[id] > 1 or bodies.count(_copy(number)) != 1:
                    toll.doubled.append(f"{_name(number)}: {outputs[id]} outputs, {bodies.count(_copy(number))} texts")
                if status[id] != "Ready":
                    toll.not_told.append(f"{_name(number)}: {status[id]}")
                kinds = Counter(event.kind for run in found for event in events.of_run(tx, run.id))
                doubt = kinds["model.call_in_doubt"]
                toll.calls_in_doubt += doubt
                if asked[_name(number)] > 1 + doubt + kinds["run.put_off"]:
                    toll.finished_calls_repeated.append(
                        f"{_name(number)}: {asked[_name(number)]} calls, {doubt} in doubt"
                    )
            toll.waiting = [f"{one.connection}: {one.count}, {one.problem}" for one in notices.waiting(tx)]
            _, broken = hub.parts.ledger.verify(tx)
            toll.broken_ledger = str(broken or "")
        return toll

    def _prepare_model(self) -> None:
        fixtures = [
            {"match": {"userMessage": _name(number)}, "response": {"content": envelope(_copy(number))}}
            for number in range(self.size)
        ]
        self.model.reset()
        self.model._call("DELETE", "/__aimock/fixtures")
        self.model.add(*fixtures)
        self.model.misbehaves(latency_ms=100)

    def _environment(self) -> dict[str, str]:
        return {
            "INLAY_HOME": str(self.home),
            "INLAY_DATABASE_URL": self.database_url,
            "INLAY_SECRET_KEY": hubs.KEY,
            "INLAY_LEASE_SECONDS": str(LEASE),
            "INLAY_WORKERS": "4",
            "INLAY_MODEL": "gpt-4o-mini",
            "INLAY_MODEL_BASE_URL": self.model.base_url,
            "INLAY_MODEL_API_KEY": "any",
            "INLAY_LOG_LEVEL": "WARNING",
            "INLAY_PORT": str(self._port),
        }

    def _hub(self) -> Hub:
        given = {"home": self.home, "database_url": self.database_url, "broker_url": "", "secret_key": hubs.KEY}
        return build(load(**given, lease_seconds=LEASE, log_level="ERROR"))

    def _organise(self, hub: Hub) -> None:
        with hub.database.transaction() as tx:
            teams.put(tx, hubs.TEAM, "Brand team", {}, 0.0)
            budgets.allow(tx, hubs.TEAM, 1_000_000_000, period(hub.parts.clock()))
        hubs.connect_org(hub, self.org)

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        """The first is the door, which works too; the others only work."""
        words = ["serve"] if number == 0 else ["work"]
        command = [sys.executable, "-c", "from hub.cli import main; main()", *words]
        log = (self.home / "processes.log").open("ab")
        environment = {**os.environ, **self._environment()}
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


def _name(number: int) -> str:
    return f"Product-{number:04d}-X"


def _copy(number: int) -> str:
    return f"Meet {_name(number)} today."


def _named_in(entry: dict) -> str:
    found = re.search(r"Product-\d{4}-X", str(entry.get("body")))
    return found.group() if found else ""
