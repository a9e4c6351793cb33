"""The compliance export: counted from what happened, honest where there is nothing, and without any person in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from hub.bootstrap import build
from hub.cli import main
from hub.domain import Role
from hub.pipeline import heads
from hub.pipeline.period import share
from hub.settings import load
from hub.store import runs, teams
from hub.store.tables import ledger, ledger_head
from hub.testing import FakeModel
from tests.hubs import KEY, TEAM, answer, request

RULE = {"id": "gone", "terms": ["zebra"], "why": "Ask Mara Lindqvist or legal@example.com.", "instead": "horse"}
NAMED = {**RULE, "source": "Mara Lindqvist, legal@example.com", "checked_on": "2026-11-01"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INLAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INLAY_SECRET_KEY", KEY)
    return tmp_path


def fill() -> None:
    hub = build(load(log_level="ERROR"), model=FakeModel(answer(), answer("A zebra for everybody, from Monday.")))
    policy = {"checks": [{"name": "copy_rules", "rules": {"rules": [NAMED]}}]}
    with hub.database.transaction() as tx:
        teams.put(tx, TEAM, "The team of Mara Lindqvist", policy, 0.0)
        teams.put_person(tx, "mara@example.com", "Mara Lindqvist", {TEAM: Role.MEMBER}, 0.0)
        teams.put_person(tx, "jon@example.com", "Jon Okafor", {TEAM: Role.REVIEWER}, 0.0)
    assert hub.run(request("one")).state == "delivered"
    assert hub.run(request("two")).state == "held"
    hub.close()


def export(out: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["compliance", "export", "--out", str(out), *words], catch_exceptions=False)


def read(out: Path, name: str) -> dict[str, object]:
    return json.loads((out / f"{name}.json").read_text("utf-8"))


def test_it_counts_what_happened_and_verifies_the_ledger(home: Path) -> None:
    fill()
    assert export(home / "out").exit_code == 0
    out = home / "out"
    states = {(row["state"], row["runs"]) for row in read(out, "runs")["asked_in_the_period"]}  # type: ignore[attr-defined, index]
    assert states == {("delivered", 1), ("held", 1)}
    assert [row["rule"] for row in read(out, "stopped")] == ["team-brand.gone"]
    assert read(out, "ledger")["holds"] is True
    assert read(out, "roles")["people_by_team_and_role"] == {TEAM: {"member": 1, "reviewer": 1}}
    assert "not verified" in (out / "README.md").read_text("utf-8")


def test_it_runs_the_rules_tests_and_holds_the_signed_heads_and_what_was_removed(home: Path) -> None:
    fill()
    hub = build(load(log_level="ERROR"))
    heads.keep(hub.parts)
    with hub.database.transaction() as tx:
        failing = {**NAMED, "tests": {"pass": ["A zebra is fine."], "fail": ["A zebra.", "No animal."]}}
        teams.put(tx, TEAM, "Brand", {"checks": [{"name": "copy_rules", "rules": {"rules": [failing]}}]}, 0.0)
    hub.close()
    assert export(home / "out").exit_code == 0
    (check,) = (one for one in read(home / "out", "policies")[TEAM]["checks"] if one["check"] == "copy_rules")  # type: ignore[index]
    mine = next(rule for rule in check["rules"] if rule["id"] == "team-brand.gone")
    assert mine["tests"] == {"to_pass": 1, "to_catch": 2, "failed": 2}
    assert sum(rule["tests"]["failed"] for rule in check["rules"]) == 2
    ledger = read(home / "out", "ledger")
    (head,) = ledger["heads"]  # type: ignore[misc]
    assert head["signature"] and head["hash"] == ledger["head"] and ledger["heads_that_do_not_count"] == []
    assert read(home / "out", "retention")["settings"]["keep_texts_days"]["days"] == 90  # type: ignore[index]
    said = (home / "out" / "README.md").read_text("utf-8")
    assert "**2 failed**" in said and "Signed heads of it: 1." in said and "texts for 90 days" in said


def test_a_head_whose_signature_is_wrong_is_named(home: Path) -> None:
    fill()
    hub = build(load(log_level="ERROR"))
    heads.keep(hub.parts)
    with hub.database.transaction() as tx:
        tx.execute(sa.update(ledger_head).values(hash="0" * 64))
    hub.close()
    assert export(home / "out").exit_code == 0
    told = read(home / "out", "ledger")
    assert told["holds"] is False and len(told["heads_that_do_not_count"]) == 1  # type: ignore[arg-type]
    assert "**1 do not count**" in (home / "out" / "README.md").read_text("utf-8")


def test_no_name_and_no_address_of_the_database_stands_anywhere_in_it(home: Path) -> None:
    fill()
    assert export(home / "out").exit_code == 0
    hub = build(load(log_level="ERROR"))
    with hub.database.reading() as tx:
        people = {word for email, name, _, _ in teams.people(tx) for word in (email, name)}
        asked = {run.request.actor.person for run in runs.newest(tx, teams=None)}
    hub.close()
    said = "".join(file.read_text("utf-8") for file in (home / "out").iterdir()).casefold()
    for word in {*people, *asked, "legal@example.com", "Lindqvist"} - {None}:
        assert str(word).casefold() not in said, word
    assert export(home / "named", "--names").exit_code == 0
    assert "jon@example.com" in (home / "named" / "roles.json").read_text("utf-8")


def test_an_empty_hub_says_so_and_invents_nothing(home: Path) -> None:
    assert export(home / "out").exit_code == 0
    out = home / "out"
    assert read(out, "reviews")["accepted"] == {"of": 0, "share": None, "interval_95": None}
    assert read(out, "runs")["audit_coverage"] is None
    assert "Nothing was written in this period." in (out / "README.md").read_text("utf-8")


def test_a_period_counts_what_was_asked_in_it_alone(home: Path) -> None:
    fill()
    assert export(home / "out", "--until", "2020-01-01").exit_code == 0
    assert read(home / "out", "runs")["asked_in_the_period"] == []
    assert read(home / "out", "ledger")["rows"] > 0  # type: ignore[operator]


def test_a_ledger_that_was_changed_is_said_first_thing(home: Path) -> None:
    fill()
    hub = build(load(log_level="ERROR"))
    with hub.database.transaction() as tx:
        tx.execute(sa.update(ledger).where(ledger.c.seq == 2).values(data="{}"))
    hub.close()
    assert export(home / "out").exit_code == 0
    assert "broken at row 2" in (home / "out" / "README.md").read_text("utf-8")


def test_an_older_export_is_not_mixed_with_a_new_one(home: Path) -> None:
    assert export(home / "out").exit_code == 0
    again = export(home / "out")
    assert again.exit_code == 2 and "not empty" in again.output


def test_a_share_carries_its_interval() -> None:
    assert share(0, 0)["share"] is None
    low, high = share(29, 29)["interval_95"]
    assert low == pytest.approx(0.883, abs=0.001) and high == 1.0
