"""`inlay doctor salesforce`: each fault of an org is one line with its fix, and what waits for it is said too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connectors.salesforce import sandbox as salesforce
from connectors.salesforce.sandbox_samples import APP, INTEGRATION
from hub.bootstrap import build
from hub.cli import main
from hub.pipeline.arrive import note
from hub.pipeline.look_up import look_up
from hub.pipeline.sweep import sweep
from hub.sdk import Notice
from hub.settings import load
from hub.store import teams
from tests import hubs

Doctor = Callable[..., tuple[Result, list[dict[str, Any]]]]


@pytest.fixture
def org() -> Iterator[salesforce.Sandbox]:
    org = salesforce.start()
    yield org
    org.stop()


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, org: salesforce.Sandbox) -> Doctor:
    """A hub with a connection to the org, and the command."""
    monkeypatch.setenv("INLAY_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    hub = build(load(log_level="ERROR"))
    with hub.database.transaction() as tx:
        teams.put(tx, hubs.TEAM, "Brand team", {}, 0.0)
    hubs.connect_org(hub, org)
    hub.close()

    def run(*words: str) -> tuple[Result, list[dict[str, Any]]]:
        said = CliRunner().invoke(main, ["doctor", *words, "--json"], catch_exceptions=False)
        return said, json.loads(said.output)

    return run


def wrong(probes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [probe for probe in probes if not probe["ok"] and not probe["optional"]]


def test_a_sound_org_has_nothing_to_mend(doctor: Doctor) -> None:
    said, probes = doctor("salesforce")
    assert wrong(probes) == []
    assert said.exit_code == 0
    assert any(probe["id"].startswith("crm: ") for probe in probes)
    assert not any(probe["id"] == "model" for probe in probes)


@pytest.mark.parametrize(
    "plant",
    [
        lambda org: org.accounts.register(APP, secret="another", run_as=INTEGRATION),
        lambda org: org.store.schema.drop("AI_Output__c"),
        lambda org: org.store.schema.drop("AI_Output__c", "Body__c"),
        lambda org: org.store.schema.change("AI_Output__c", "Hub_Key__c", unique=False),
        lambda org: org.store.schema.change("AI_Output__c", "Review_Status__c", values=("Not needed",)),
        lambda org: org.accounts.user(INTEGRATION).rights.lock("AI_Output__c.Body__c"),
    ],
    ids=["a changed secret", "no object", "no field", "a key that is not unique", "a missing value", "a locked field"],
)
def test_each_fault_is_one_line_with_its_fix(
    doctor: Doctor, org: salesforce.Sandbox, plant: Callable[[salesforce.Sandbox], object]
) -> None:
    plant(org)
    said, probes = doctor("salesforce")
    (fault,) = wrong(probes)
    assert said.exit_code == 1
    assert fault["what"]
    assert fault["fix"]
    assert fault["who"]


def test_a_name_nobody_has_is_said(doctor: Doctor) -> None:
    said, probes = doctor("sales-force")
    assert said.exit_code == 1
    assert [probe["id"] for probe in wrong(probes)] == ["sales-force"]


def test_what_waits_for_a_fault_to_be_mended_is_said(doctor: Doctor, org: salesforce.Sandbox) -> None:
    org.accounts.register(APP, secret="another", run_as=INTEGRATION)
    hub = build(load(log_level="ERROR"))
    id = "a01Hs0000000901IAA"
    note(hub.parts, "crm", Notice(key=id, at={"request": id}))
    look_up(hub.parts)
    sweep(hub.parts)
    hub.close()
    _, probes = doctor("crm")
    assert {"crm: waiting", "crm: sweep"} <= {probe["id"] for probe in wrong(probes)}
