"""`inlay doctor` names what governance lacks: models, heads in their folder, evidence that ends, reviewers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hub.bootstrap import build
from hub.cli import main
from hub.domain import Role
from hub.pipeline import heads
from hub.settings import load
from hub.store import Tx, evidence, teams
from hub.store.evidence import Evidence
from tests import hubs
from tests.unit.governance import spacy_models

Doctor = Callable[..., dict[str, dict[str, Any]]]
TODAY = datetime.now(UTC).date()


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """The command over a new hub with these settings, after ``plant`` has changed its database: its probes by id."""
    monkeypatch.setenv("INLAY_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(plant: Callable[[Tx], object] = lambda tx: None, **given: str) -> dict[str, dict[str, Any]]:
        for name, value in given.items():
            monkeypatch.setenv(f"INLAY_{name.upper()}", value)
        hub = build(load(log_level="ERROR"))
        with hub.database.transaction() as tx:
            teams.put(tx, hubs.TEAM, "Brand team", {}, 0.0)
            plant(tx)
        hub.close()
        said = CliRunner().invoke(main, ["doctor", "--json"], catch_exceptions=False)
        probes = json.loads(said.output)
        assert said.exit_code == int(any(not one["ok"] and not one["optional"] for one in probes))
        return {one["id"]: one for one in probes}

    return run


def test_without_a_model_for_names_it_says_that_they_are_not_found(doctor: Doctor) -> None:
    found = doctor()["names"]
    assert found["ok"] and "not found" in found["what"] and "INLAY_SPACY_MODEL" in found["fix"]


def test_a_model_for_names_that_is_there_is_named(doctor: Doctor, tmp_path: Path) -> None:
    model = spacy_models.build(tmp_path / "model", "Anna Schmidt")
    assert doctor(spacy_model=model)["names"]["ok"]


def test_a_model_for_names_that_is_missing_is_wrong_with_its_fix(doctor: Doctor) -> None:
    found = doctor(spacy_model="no_such_model")["names"]
    assert not found["ok"] and not found["optional"]
    assert "no_such_model" in found["what"]
    assert "spacy download no_such_model" in found["fix"] and found["who"] == "an admin"


def test_a_judge_that_does_not_answer_is_named_like_a_model(doctor: Doctor) -> None:
    found = doctor(judge_model="a-judge", judge_base_url="http://127.0.0.1:9/v1")["judge"]
    assert not found["ok"] and "INLAY_JUDGE_BASE_URL" in found["fix"]
    assert "judge" not in doctor(judge_model="", judge_base_url="")


def test_a_judge_without_an_address_to_try_is_said_to_be_configured(doctor: Doctor) -> None:
    found = doctor(judge_model="gpt-4o", judge_api_key="k")
    assert found["judge"]["ok"] and "gpt-4o" in found["judge"]["what"]
    assert "ok" in found["model"]


def test_heads_that_do_not_reach_their_folder_are_wrong(doctor: Doctor, tmp_path: Path) -> None:
    folder = tmp_path / "heads"
    assert doctor(ledger_heads=str(folder))["heads"]["ok"]  # nothing is on record yet
    hub = build(load(log_level="ERROR"))
    hubs_run(hub)
    heads.keep(hub.parts)
    hub.close()
    assert TODAY.isoformat()[:8] in doctor(ledger_heads=str(folder))["heads"]["what"]

    def three_days_ago(tx: Tx) -> None:
        day = (TODAY - timedelta(days=3)).isoformat()
        tx.exec_driver_sql(f"update ledger_head set day = '{day}'")

    found = doctor(three_days_ago, ledger_heads=str(folder))["heads"]
    assert not found["ok"] and (TODAY - timedelta(days=3)).isoformat() in found["what"]
    (tmp_path / "a file").write_text("")
    found = doctor(ledger_heads=str(tmp_path / "a file"))["heads"]
    assert not found["ok"] and "cannot be written" in found["what"] and "INLAY_LEDGER_HEADS" in found["fix"]


def hubs_run(hub: Any) -> None:
    """One run, so that the ledger has an end."""
    with hub.database.transaction() as tx:
        teams.put(tx, hubs.TEAM, "Brand team", {}, 0.0)
    hub.run(hubs.request())


def test_evidence_that_ends_soon_is_a_note_and_what_ended_or_was_withdrawn_is_none(doctor: Doctor) -> None:
    def plant(tx: Tx) -> None:
        def one(id: str, days: int | None, **more: Any) -> Evidence:
            end = None if days is None else (TODAY + timedelta(days=days)).isoformat()
            return Evidence(id=id, claim="c", owner="lab@example.com", source="s", expires_on=end, **more)

        kept = [one("soon", 30), one("later", 31), one("over", -1), one("open", None), one("gone", 3, withdrawn=True)]
        evidence.put(tx, kept, 0.0)

    found = doctor(plant)["evidence"]
    assert found["optional"] and not found["ok"]
    assert "soon on" in found["what"] and "lab@example.com" in found["what"]
    assert not any(word in found["what"] for word in ("later", "over", "open", "gone"))


def test_a_team_that_nobody_can_review_for_is_a_note(doctor: Doctor) -> None:
    found = doctor()[f"team {hubs.TEAM}"]
    assert found["optional"] and "tier 2 or 3" in found["what"] and "Brand team" in found["what"]
    assert hubs.TEAM in found["fix"]

    def specialist_who_does_not_review(tx: Tx) -> None:
        teams.put_person(tx, "jon@example.com", "Jon", {hubs.TEAM: Role.REVIEWER}, 0.0)
        teams.put_person(tx, "mara@example.com", "Mara", {hubs.TEAM: Role.MEMBER}, 0.0)
        teams.put(tx, hubs.TEAM, "Brand team", {}, 0.0, review={"specialists": ["mara@example.com"]})

    found = doctor(specialist_who_does_not_review)[f"team {hubs.TEAM}"]
    assert "tier 3" in found["what"] and "specialists" in found["fix"]

    def one_who_does(tx: Tx) -> None:
        teams.put(tx, hubs.TEAM, "Brand team", {}, 0.0, review={"specialists": ["jon@example.com"]})

    assert f"team {hubs.TEAM}" not in doctor(one_who_does)
