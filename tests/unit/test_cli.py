"""The command line: what it prints, its exit codes, and that errors are words and not tracebacks."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.bootstrap import build
from hub.cli import COMMANDS, main
from hub.domain import Request, Role
from hub.settings import load
from hub.store import Database, teams

Inlay = Callable[..., Result]


@pytest.fixture
def inlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inlay:
    """Runs a command with a home and a folder of its own."""
    monkeypatch.setenv("INLAY_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, list(words), catch_exceptions=False)

    return run


def applied(inlay: Inlay) -> None:
    assert inlay("init").exit_code == 0
    assert inlay("apply", "hub.yaml").exit_code == 0


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from hub.cli import main;"
        "said = CliRunner().invoke(main, ['--help']); assert said.exit_code == 0, said.output;"
        "heavy = {'sqlalchemy', 'openai', 'googleapiclient', 'flask', 'rich', 'pydantic', 'yaml'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(inlay: Inlay, name: str) -> None:
    said = inlay(name, "--help")
    assert said.exit_code == 0
    assert said.output.startswith("Usage:")
    assert len(said.output.splitlines()[2].split()) >= 3


def test_a_misspelt_command_names_the_near_ones(inlay: Inlay) -> None:
    said = inlay("conectors")
    assert said.exit_code == 2
    assert "connectors" in said.output


def test_a_wrong_setting_is_named_without_its_value_and_without_a_traceback(
    inlay: Inlay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INLAY_PORT", "sesame")
    said = inlay("templates")
    assert said.exit_code == 2
    assert "INLAY_PORT" in said.output
    assert "sesame" not in said.output
    assert "Traceback" not in said.output


def test_an_error_says_what_happened_what_to_do_and_who(inlay: Inlay) -> None:
    applied(inlay)
    said = inlay("keys", "create", "--team", "nobody")
    assert said.exit_code == 1
    assert "There is no team named 'nobody'" in said.output
    assert "Instead: There are: brand." in said.output
    assert "Who acts: an admin." in said.output


@pytest.mark.parametrize("text", ["tems: []", "teams: [", "teams: {a: 1}", "a: &x 1\nb: *x", "a: 1\na: 2"])
def test_a_hub_file_that_cannot_be_used_is_for_an_admin_to_mend(inlay: Inlay, tmp_path: Path, text: str) -> None:
    (tmp_path / "hub.yaml").write_text(text, encoding="utf-8")
    for file in ("hub.yaml", "missing.yaml"):
        said = inlay("apply", file)
        assert said.exit_code == 1
        assert said.output.rstrip().endswith("Who acts: an admin.")


def test_init_writes_a_file_that_can_be_applied_and_never_writes_over_one(inlay: Inlay, tmp_path: Path) -> None:
    applied(inlay)
    before = (tmp_path / "hub.yaml").read_text(encoding="utf-8")
    (tmp_path / "hub.yaml").write_text(before + "# mine\n", encoding="utf-8")
    said = inlay("init")
    assert said.exit_code == 1
    assert "was left as it is" in said.output
    assert (tmp_path / "hub.yaml").read_text(encoding="utf-8").endswith("# mine\n")


def test_what_the_starter_file_comments_out_is_valid_too(inlay: Inlay, tmp_path: Path) -> None:
    inlay("init")
    lines = (tmp_path / "hub.yaml").read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip() == "# policy:")
    end = next(number for number in range(start, len(lines)) if not lines[number].strip())
    whole = [line.replace("# ", "", 1) if start <= number < end else line for number, line in enumerate(lines)]
    (tmp_path / "hub.yaml").write_text("\n".join(whole), encoding="utf-8")
    said = inlay("apply", "hub.yaml")
    assert said.exit_code == 0, said.output
    assert "cheap" in inlay("policy", "show", "--team", "brand", "--json").output


def test_a_key_is_printed_once_and_works_until_it_is_revoked(inlay: Inlay, tmp_path: Path) -> None:
    applied(inlay)
    made = inlay("keys", "create", "--team", "brand", "--role", "reviewer", "--name", "ours", "--json")
    key = json.loads(made.stdout)
    database = Database(f"sqlite:///{tmp_path / 'home' / 'inlay.db'}")
    with database.reading() as tx:
        caller = teams.caller(tx, key["key"])
    assert caller is not None
    assert (caller.team, caller.role) == ("brand", Role.REVIEWER)
    assert key["key"] not in inlay("keys", "list").output
    assert inlay("keys", "revoke", key["id"]).exit_code == 0
    with database.reading() as tx:
        assert teams.caller(tx, key["key"]) is None
    database.close()
    assert inlay("keys", "revoke", key["id"]).exit_code == 1


def test_a_key_is_not_made_for_somebody_who_is_not_in_the_team(inlay: Inlay) -> None:
    applied(inlay)
    said = inlay("keys", "create", "--team", "brand", "--email", "stranger@example.com")
    assert said.exit_code == 1
    assert "stranger@example.com is nobody in the team brand" in said.output


def test_ledger_verify_names_the_first_broken_row_and_exits_1(inlay: Inlay, tmp_path: Path) -> None:
    applied(inlay)
    (tmp_path / "hub.yaml").write_text("teams: {brand: {title: Renamed}}", encoding="utf-8")
    inlay("apply", "hub.yaml")
    head = inlay("ledger", "head").output.strip()
    signed = json.loads(head)
    assert signed["number"] == 3
    assert inlay("ledger", "verify", "--head", head).exit_code == 0
    assert inlay("ledger", "verify", "--head", f"3:{signed['hash']}").exit_code == 0
    database = Database(f"sqlite:///{tmp_path / 'home' / 'inlay.db'}")
    with database.transaction() as tx:
        tx.exec_driver_sql("UPDATE ledger SET team = 'other' WHERE seq = 3")
    said = inlay("ledger", "verify")
    assert said.exit_code == 1
    assert "row 3" in said.output
    with database.transaction() as tx:
        tx.exec_driver_sql("DELETE FROM ledger WHERE seq = 3")
    database.close()
    assert inlay("ledger", "verify").exit_code == 0
    said = inlay("ledger", "verify", "--head", head)
    assert said.exit_code == 1
    assert "row 3" in said.output


def test_ledger_export_prints_one_object_a_line(inlay: Inlay) -> None:
    applied(inlay)
    rows = [json.loads(line) for line in inlay("ledger", "export").output.splitlines()]
    assert [row["kind"] for row in rows] == ["config.applied", "person.roles_changed"]
    assert rows[0]["data"]["people"] == 1
    assert "you@example.com" not in json.dumps(rows)


def test_connectors_lists_each_plugin_with_its_state(inlay: Inlay) -> None:
    found = json.loads(inlay("connectors", "--json").output)
    states = {plugin["plugin"]: plugin["state"] for plugin in found["plugins"]}
    assert states["google_docs"] == "loaded"
    assert found["connections"] == []


def test_a_plugin_that_fails_is_listed_with_its_error_and_the_others_load(
    inlay: Inlay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "site" / "broken_plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[hub.connectors]\nbroken = there_is_no_such_module\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    listed = {plugin["plugin"]: plugin for plugin in json.loads(inlay("connectors", "--json").stdout)["plugins"]}
    assert "ModuleNotFoundError" in listed["broken"]["state"]
    assert (listed["broken"]["distribution"], listed["broken"]["version"]) == ("broken-plugin", "1.0")
    assert listed["google_docs"]["state"] == "loaded"
    said = inlay("doctor")
    assert said.exit_code == 1
    assert "INLAY_PLUGINS_OFF" in said.output


def test_doctor_says_that_everything_answers(inlay: Inlay) -> None:
    said = inlay("doctor")
    assert said.exit_code == 0, said.output
    assert "Everything answers." in said.output


def test_doctor_names_a_database_a_broker_and_a_model_that_are_away(
    inlay: Inlay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INLAY_MODEL", "some-model")
    monkeypatch.setenv("INLAY_MODEL_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("INLAY_BROKER_URL", "redis://127.0.0.1:9")
    said = inlay("doctor", "--json")
    assert said.exit_code == 1
    wrong = {probe["id"]: probe for probe in json.loads(said.output) if not probe["ok"]}
    assert set(wrong) == {"model", "broker"}
    assert all(probe["fix"] and probe["who"] for probe in wrong.values())
    monkeypatch.setenv("INLAY_DATABASE_URL", "postgresql://someone:sesame@127.0.0.1:9/hub")
    said = inlay("doctor")
    assert said.exit_code == 1
    assert "INLAY_DATABASE_URL" in said.output
    assert "sesame" not in said.output


def test_templates_check_says_what_is_wrong_with_a_file(inlay: Inlay, tmp_path: Path) -> None:
    good = json.loads(inlay("templates", "show", "rewrite-in-brand-voice", "--json").output)
    (tmp_path / "our-own.prompty").write_text(good["source"], encoding="utf-8")
    (tmp_path / "broken.prompty").write_text("---\nname: broken\n---\nsystem:\nHello", encoding="utf-8")
    said = inlay("templates", "check", "our-own.prompty", "broken.prompty")
    assert said.exit_code == 1
    assert "broken.prompty: " in said.output


def test_a_template_is_shown_with_its_inputs_output_and_text(inlay: Inlay) -> None:
    said = inlay("templates", "show", "rewrite-in-brand-voice")
    assert said.exit_code == 0
    assert all(word in said.output for word in ("reading_level", "required", "system:", "user:", "review tier 1"))


def test_policy_shows_every_check_in_force(inlay: Inlay) -> None:
    said = inlay("policy")
    assert all(name in said.output for name in ("secrets", "personal_data", "output_contract", "copy_rules"))


def test_a_run_is_listed_shown_and_refused_what_it_cannot_do(inlay: Inlay, tmp_path: Path) -> None:
    applied(inlay)
    assert "There is no run yet." in inlay("runs", "list").output
    given = {"template": "rewrite-in-brand-voice", "inputs": {"text": "The garden is open."}}
    hub = build(load(home=tmp_path / "home", log_level="ERROR"))
    run = hub.run(Request(key="one", team="brand", **given))
    waiting = hub.submit(Request(key="two", team="brand", **given))
    hub.close()
    listed = json.loads(inlay("runs", "list", "--team", "brand", "--json").output)
    assert {found["id"]: found["state"] for found in listed} == {run.id: "delivered", waiting.id: "queued"}
    shown = inlay("runs", "show", run.id)
    assert all(word in shown.output for word in ("run.received", "input.checked", "model.answered", "Variant 1:"))
    assert json.loads(inlay("runs", "show", run.id, "--json").output)["timeline"][-1]["kind"] == "run.delivered"
    assert inlay("runs", "cancel", waiting.id).output == f"Run {waiting.id} is cancelled.\n"
    for act in ("cancel", "resume", "undo"):
        said = inlay("runs", act, run.id)
        assert said.exit_code == 1
        assert said.output.startswith("Error: ")


def test_a_sandbox_that_nobody_has_is_refused_by_name(inlay: Inlay) -> None:
    said = inlay("sandbox", "nowhere")
    assert said.exit_code == 1
    assert "google_docs" in said.output
