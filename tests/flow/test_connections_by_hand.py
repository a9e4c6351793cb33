"""Connections made by hand beside those of a file, and how their health is counted, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.google_docs.sandbox import Sandbox, start
from hub import configure
from hub.bootstrap import Hub
from hub.configure import by_hand, tryouts
from hub.domain import Actor, Role
from hub.errors import Conflict
from hub.store import connections, health
from hub.store import tryouts as kept
from tests.hubs import TEAM, Clock, a_hub, at_end_of, connect, request

ADA = Actor(person="ada@example.com", role=Role.ADMIN, via="test")


@pytest.fixture
def docs() -> Iterator[Sandbox]:
    sandbox = start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def hub(tmp_path: Path, database_url: str) -> Iterator[Hub]:
    with a_hub(tmp_path, database_url=database_url, clock=Clock()) as opened:
        yield opened


def test_a_file_takes_over_what_was_made_by_hand_and_says_so_once(hub: Hub, docs: Sandbox) -> None:
    connect(hub, docs.url)
    given = {"api_root": docs.url, "drive_root": docs.url, "token_uri": f"{docs.url}/token", "access_token": "$env:T"}
    head = ["connections:", "  docs:", "    connector: google_docs", "    sandbox: true", "    settings:"]
    lines = [f"      {name}: {value}" for name, value in given.items()]
    file = "\n".join([*head, *lines])
    source = configure.read(f"{file}\nenablements:\n  {TEAM}: [docs]\n", name="hub.yaml", environ={"T": "a-writer"})
    todo = {change.what: change.details for change in configure.plan(hub, source).todo}
    assert todo == {
        "connection docs": ("kept in: the pages → hub.yaml",),
        f"docs for {TEAM}": ("kept in: the pages → hub.yaml",),
    }
    by_hand.pause(hub, ADA, "docs", True)
    configure.apply(hub, source)
    assert configure.plan(hub, source).todo == ()
    with hub.database.reading() as tx:
        row = connections.get(tx, "docs")
        assert connections.declared_for(tx) == {("docs", TEAM)}
    assert row is not None and row.declared and row.paused
    with pytest.raises(Conflict, match=r"declared in a hub\.yaml"):
        by_hand.change(hub, ADA, "docs", by_hand.settings_of(hub, row))
    assert by_hand.switch(hub, ADA, "docs", TEAM, False) is True
    assert [change.what for change in configure.plan(hub, source).todo] == [f"docs for {TEAM}"]


def test_a_days_deliveries_count_by_how_they_stand_and_for_the_teams_one_may_see(hub: Hub, docs: Sandbox) -> None:
    connect(hub, docs.url)
    for key, document in (("one", "demo-launch-brief"), ("two", "demo-launch-brief"), ("gone", "there-is-none")):
        hub.run(request(key, destinations=(at_end_of(document),)))
    with hub.database.reading() as tx:
        days = health.days(tx, "docs", hub.parts.clock(), teams=None)
        assert len(days) == 14 and (days[-1].good, days[-1].failed, days[-1].waiting) == (2, 1, 0)
        assert not any(day.good + day.failed + day.waiting for day in days[:-1])
        none = health.days(tx, "docs", hub.parts.clock(), teams=["another"])
        assert not any(day.good for day in none)
        fault = health.last_fault(tx, "docs", days[0].start, teams=[TEAM])
        assert fault is not None and "gone" in fault.problem.what
        assert health.last_fault(tx, "docs", days[0].start, teams=["another"]) is None


def test_a_trial_is_not_doubled_and_one_that_was_broken_off_is_begun_again(hub: Hub, docs: Sandbox) -> None:
    connect(hub, docs.url)
    now = hub.parts.clock()
    with hub.database.transaction() as tx:
        assert kept.begin(tx, "docs", now, unless_since=now - tryouts.LONGEST)
        assert not kept.begin(tx, "docs", now + 1, unless_since=now + 1 - tryouts.LONGEST)
    hub.parts.clock.now += tryouts.LONGEST + 1  # type: ignore[attr-defined]
    tryouts.begin(hub, "docs", wait=30)
    with hub.database.reading() as tx:
        found = kept.every(tx, "docs")["docs"]
    assert found.done_at is not None and found.works


def test_a_removed_connection_leaves_its_receipts_and_nothing_else(hub: Hub, docs: Sandbox) -> None:
    connect(hub, docs.url)
    tryouts.begin(hub, "docs", wait=30)
    run = hub.run(request("one", destinations=(at_end_of("demo-launch-brief"),)))
    with pytest.raises(Conflict, match="still in use"):
        by_hand.remove(hub, ADA, "docs")
    by_hand.switch(hub, ADA, "docs", TEAM, False)
    by_hand.remove(hub, ADA, "docs")
    with hub.database.reading() as tx:
        assert connections.get(tx, "docs") is None and kept.every(tx) == {}
    assert hub.get(run.id).draft is not None
