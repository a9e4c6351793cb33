"""What two hundred requests in Salesforce cost: five of the API calls of the org, from the look to the last status."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.salesforce.sandbox import Sandbox, start
from connectors.salesforce.sandbox_samples import LAUNCH, WINTER
from hub.bootstrap import Hub
from hub.domain import RunState
from hub.pipeline import run as running
from hub.pipeline.arrive import note
from hub.pipeline.gather import gather
from hub.pipeline.look_up import look_up
from hub.pipeline.receive import ASK
from hub.pipeline.sweep import sweep
from hub.sdk import Notice
from hub.store import runs
from tests import hubs
from tests.hubs import a_hub

SIZE, MOST = 200, 5
QUEUE = "deliver.salesforce"


class Clock:
    """The time of day, and what a test adds to it."""

    def __init__(self) -> None:
        self.later = 0.0

    def __call__(self) -> float:
        return time.time() + self.later


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def org() -> Iterator[Sandbox]:
    org = start()
    yield org
    org.stop()


@pytest.fixture
def hub(tmp_path: Path, database_url: str, org: Sandbox, clock: Clock) -> Iterator[Hub]:
    """A hub that has worked on one request of the org before: it is signed in and knows the org's objects."""
    with a_hub(tmp_path, database_url=database_url, clock=clock) as hub:
        hubs.connect_org(hub, org)
        ask(org)
        work(hub, clock, lambda: sweep(hub.parts))
        assert statuses(org) == {"Ready"}
        # The facts around outputs are read once an hour; that hour has begun.
        clock.later += 301
        sweep(hub.parts)
        yield hub


def ask(org: Sandbox, number: int = 0) -> str:
    about = (LAUNCH, WINTER)[number % 2]
    values = {"Campaign__c": about, "Template__c": hubs.TEMPLATE, "Instructions__c": f"Idea {number}"}
    return org.store.create("AI_Request__c", {**values, "Status__c": "Requested"}).id


def statuses(org: Sandbox) -> set[str]:
    return {row.values["Status__c"] for row in org.store.rows("AI_Request__c")}


def work(hub: Hub, clock: Clock, bring_in: Callable[[], object]) -> None:
    """The whole way of what is brought in, as the hub's workers go it."""
    bring_in()
    while running.work(hub.parts, ASK):
        pass
    clock.later += 11
    while gather(hub.parts, QUEUE):
        pass


def cost(hub: Hub, org: Sandbox, clock: Clock, bring_in: Callable[[], object]) -> int:
    before = org.calls()
    work(hub, clock, bring_in)
    after = org.calls()
    with hub.database.reading() as tx:
        made = runs.newest(tx, teams=None, limit=500)
    assert [run.state for run in made] == [RunState.DELIVERED] * (SIZE + 1)
    assert len({row.values["Request__c"] for row in org.store.rows("AI_Output__c")}) == SIZE + 1
    assert len(org.store.rows("AI_Output__c")) == SIZE + 1
    assert statuses(org) == {"Ready"}
    return sum(after.values()) - sum(before.values())


def report(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{said}")  # noqa: T201


def test_two_hundred_requests_of_one_sweep(
    hub: Hub, org: Sandbox, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(SIZE):
        ask(org, number)
    clock.later += 301
    calls = cost(hub, org, clock, lambda: sweep(hub.parts))
    report(f"{SIZE} requests of one sweep: {calls} API calls", capsys)
    assert calls <= MOST


def test_two_hundred_requests_of_outbound_messages(
    hub: Hub, org: Sandbox, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [ask(org, number) for number in range(SIZE)]
    note(hub.parts, "crm", *(Notice(key=id, at={"request": id}) for id in asked))
    calls = cost(hub, org, clock, lambda: look_up(hub.parts))
    report(f"{SIZE} requests of outbound messages: {calls} API calls", capsys)
    assert calls <= MOST - 1
