"""`inlay connectors sweep`: one connection is looked over now, and what was found is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connectors.salesforce import sandbox as salesforce
from connectors.salesforce.sandbox_samples import LAUNCH
from hub.bootstrap import build
from hub.cli import main
from hub.pipeline.sweep import LEASE
from hub.settings import load
from hub.store import connections, runs, sweeps, teams
from tests import hubs

Command = Callable[..., Result]


@pytest.fixture
def org() -> Iterator[salesforce.Sandbox]:
    org = salesforce.start()
    yield org
    org.stop()


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, org: salesforce.Sandbox) -> Command:
    """A hub with the connections crm, which is an org, and docs, which is nothing to be swept; and the command."""
    monkeypatch.setenv("INLAY_HOME", str(tmp_path))
    hub = build(load(log_level="ERROR"))
    with hub.database.transaction() as tx:
        teams.put(tx, hubs.TEAM, "Brand team", {}, 0.0)
    hubs.connect_org(hub, org)
    hubs.connect(hub, "http://127.0.0.1:9")
    hub.close()
    return lambda *words: CliRunner().invoke(main, ["connectors", "sweep", *words], catch_exceptions=False)


def ask(org: salesforce.Sandbox) -> str:
    values = {"Campaign__c": LAUNCH, "Template__c": hubs.TEMPLATE, "Status__c": "Requested"}
    return org.store.create("AI_Request__c", values).id


def test_it_says_what_it_found_and_how_much_of_it_is_new(command: Command, org: salesforce.Sandbox) -> None:
    ask(org)
    ask(org)
    said = command("crm")
    assert (said.exit_code, said.output) == (0, "crm: 2 requests found, 2 of them new; 0 opinions, 0 facts.\n")
    ask(org)
    assert json.loads(command("crm", "--json").output) == {
        "requests": 3,
        "new": 1,
        "opinions": 0,
        "facts": 0,
        "more": False,
    }
    hub = build(load(log_level="ERROR"))
    with hub.database.reading() as tx:
        assert len(runs.newest(tx, teams=None)) == 3
    hub.close()


def test_it_takes_over_from_a_sweep_whose_process_died(command: Command, org: salesforce.Sandbox) -> None:
    hub = build(load(log_level="ERROR"))
    with hub.database.transaction() as tx:
        now = hub.parts.clock()
        sweeps.plan(tx, ["crm"], now)
        assert sweeps.take(tx, ["crm"], now, until=now + LEASE)
    ask(org)
    assert "1 of them new" in command("crm").output
    with hub.database.reading() as tx:
        state = sweeps.get(tx, "crm")
    assert state is not None
    assert (state.attempts, state.problem) == (0, None)
    hub.close()


def test_a_sweep_that_fails_says_why_and_is_planned_again(command: Command, org: salesforce.Sandbox) -> None:
    org.faults.add("503", on="*", times=None)
    said = command("crm")
    assert said.exit_code == 1
    assert "Salesforce" in said.output
    hub = build(load(log_level="ERROR"))
    with hub.database.reading() as tx:
        state = sweeps.get(tx, "crm")
    hub.close()
    assert state is not None
    assert state.problem
    assert state.due_at < hub.parts.clock() + LEASE


def test_what_is_not_swept_is_told_so(command: Command, org: salesforce.Sandbox) -> None:
    ask(org)
    assert "is not swept" in command("docs").output
    assert command("nothing").exit_code == 1
    hub = build(load(log_level="ERROR"))
    with hub.database.transaction() as tx:
        connections.pause(tx, "crm", True, hub.parts.clock())
    said = command("crm")
    assert said.exit_code == 1
    assert "paused" in said.output
    with hub.database.reading() as tx:
        assert runs.newest(tx, teams=None) == []
    hub.close()
