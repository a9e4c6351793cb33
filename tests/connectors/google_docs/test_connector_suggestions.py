"""The probe of suggestions: tried on a scratch document, read back, remembered, and nothing left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from click.testing import CliRunner

from connectors.google_docs.suggest import MEMORY
from hub.cli import main
from hub.sdk import Connection, Probe
from tests.connectors.google_docs.connector_bench import Bench


def probe(bench: Bench, connection: Connection) -> Probe:
    return next(one for one in bench.connector.check_connection(connection) if one.id == "suggestions")


def test_an_account_that_can_suggest_is_found_out_on_a_scratch_document_that_is_deleted_again(bench: Bench) -> None:
    connection = bench.connection()
    assert probe(bench, connection).ok
    assert connection.memory[MEMORY] is True
    assert bench.sandbox.store.all() == []


@pytest.mark.parametrize(("suggesting", "how"), [("refused", "refuses"), ("ignored", "directly")])
def test_an_account_that_cannot_is_found_out_and_told_what_to_do(
    bench: Bench, suggesting: Literal["refused", "ignored"], how: str
) -> None:
    bench.sandbox.store.suggesting = suggesting
    connection = bench.connection()
    found = probe(bench, connection)
    assert (found.ok, found.optional) == (False, True)
    assert how in found.what
    assert (bool(found.fix), found.who) == (True, "an admin")
    assert connection.memory[MEMORY] is False
    assert bench.sandbox.store.all() == []


def test_once_google_has_switched_it_on_the_next_check_finds_out(bench: Bench) -> None:
    connection = bench.connection()
    bench.sandbox.store.suggesting = "ignored"
    assert not probe(bench, connection).ok
    bench.sandbox.store.suggesting = "on"
    assert probe(bench, connection).ok
    assert connection.memory[MEMORY] is True


def test_an_account_that_may_make_no_documents_learns_with_its_first_draft(bench: Bench) -> None:
    connection = bench.connection("readonly-1")
    assert probe(bench, connection).ok
    assert MEMORY not in connection.memory


def test_a_check_that_is_cut_short_remembers_nothing_and_still_deletes_its_document(bench: Bench) -> None:
    connection = bench.connection()
    bench.sandbox.faults.add("503-after-commit")
    found = probe(bench, connection)
    assert (found.ok, found.optional, found.who) == (False, True, "an admin")
    assert MEMORY not in connection.memory
    assert bench.sandbox.store.all() == []


HUB_YAML = """
teams: {{brand: {{title: Brand}}}}
connections:
  docs:
    connector: google_docs
    sandbox: true
    settings:
      api_root: {url}
      drive_root: {url}
      token_uri: {url}/token
      access_token: $env:SANDBOX_TOKEN
"""


@pytest.mark.parametrize("command", [("connectors", "check", "docs"), ("doctor",)])
def test_a_feature_the_account_lacks_is_a_note_and_fails_no_check(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    bench.sandbox.store.suggesting = "refused"
    monkeypatch.setenv("INLAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SANDBOX_TOKEN", "ya29.person")
    monkeypatch.chdir(tmp_path)
    Path("hub.yaml").write_text(HUB_YAML.format(url=bench.sandbox.url), encoding="utf-8")

    def inlay(*words: str) -> tuple[int, str]:
        said = CliRunner().invoke(main, words, catch_exceptions=False)
        return said.exit_code, " ".join(said.output.split())

    assert inlay("apply", "hub.yaml")[0] == 0
    code, told = inlay(*command)
    assert code == 0, told
    assert "note" in told
    assert "Developer Preview" in told
    assert "wrong" not in told
    bench.sandbox.faults.add("429", on="*", times=None)
    code, told = inlay(*command)
    assert code == 1
    assert "wrong" in told
