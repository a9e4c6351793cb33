"""`inlay claims` and `evidence:` in hub.yaml: kept once, on record without words, refused by line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub import configure
from hub.bootstrap import Hub
from hub.cli import main
from hub.errors import InvalidInputs
from hub.store import events, evidence
from tests.hubs import a_hub

Inlay = Callable[..., Result]
ENTRY = """\
evidence:
  ev-014:
    claim: The LT-114 lantern lasts 9 hours.
    owner: Product test
    source: Test 4
    markets: [US, EU]
    expires_on: 2027-04-30
"""


@pytest.fixture
def hub(tmp_path: Path, database_url: str) -> Iterator[Hub]:
    with a_hub(tmp_path, database_url=database_url) as hub:
        yield hub


@pytest.fixture
def inlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inlay:
    monkeypatch.setenv("INLAY_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, list(words), catch_exceptions=False)


def happened(hub: Hub) -> list[tuple[str, str]]:
    with hub.database.reading() as tx:
        return [(event.kind, str(event.data)) for event, _ in events.walk(tx)]


def test_declared_evidence_is_kept_once_and_each_change_is_on_record_without_its_words(hub: Hub) -> None:
    plan = configure.apply(hub, configure.read(ENTRY))
    assert [change.kind for change in plan.changes] == ["create"]
    assert configure.apply(hub, configure.read(ENTRY)).todo == ()
    changed = configure.apply(hub, configure.read(ENTRY.replace("9 hours", "8 hours")))
    assert changed.todo[0].details == ("claim: The LT-114 lantern lasts 9 hours. → The LT-114 lantern lasts 8 hours.",)
    rows = [data for kind, data in happened(hub) if kind == "evidence.changed"]
    assert len(rows) == 2 and "'revision': 2" in rows[1] and "ev-014" in rows[1]
    assert not any("lantern" in data or "Product" in data for _, data in happened(hub))
    with hub.database.reading() as tx:
        assert hub.parts.ledger.verify(tx)[1] is None
        found = evidence.get(tx, "ev-014")
    assert found is not None and (found.revision, found.expires_on) == (2, "2027-04-30")


def test_applying_again_does_not_bring_back_what_was_withdrawn(hub: Hub) -> None:
    from hub.configure.evidence import withdraw

    configure.apply(hub, configure.read(ENTRY))
    withdraw(hub, "ev-014", actor="system:test")
    withdraw(hub, "ev-014", actor="system:test")
    assert configure.apply(hub, configure.read(ENTRY)).todo == ()
    with hub.database.reading() as tx:
        assert evidence.get(tx, "ev-014").withdrawn  # type: ignore[union-attr]
    assert len(configure.apply(hub, configure.read(f"{ENTRY}    withdrawn: false\n")).todo) == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (ENTRY.replace("owner", "holder"), "line 4"),
        (ENTRY.replace("2027-04-30", "soon"), "line 7"),
        (f"{ENTRY}    valid_from: 2028-01-01\n", "line 2"),
        (f"{ENTRY}    team: nobody\n", "line 8"),
        (ENTRY + ENTRY.partition("\n")[2], "line 8"),
        (ENTRY.replace("ev-014", "'1 2'"), "line 2"),
        (
            ENTRY.replace("lantern", "\\u202elantern").replace("claim: ", 'claim: "').replace("hours.", 'hours."'),
            "line 3",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_line(hub: Hub, text: str, line: str) -> None:
    with pytest.raises(InvalidInputs) as refused:
        configure.apply(hub, configure.read(text))
    assert any(name.startswith(f"{line} ") or name == line for name in refused.value.fields), refused.value.fields


def test_the_commands_keep_show_withdraw_and_list(inlay: Inlay, tmp_path: Path) -> None:
    given = ("--claim", "It lasts 9 hours", "--owner", "Lab", "--source", "Test 4", "--market", "US")
    assert inlay("claims", "add", "ev-1", *given).output == "1 new, 0 changed, 0 the same.\n"
    assert inlay("claims", "add", "ev-1", *given).output == "0 new, 0 changed, 1 the same.\n"
    shown = json.loads(inlay("claims", "show", "ev-1", "--json").output)
    assert (shown["status"], shown["markets"], shown["revision"]) == ("in force", ["US"], 1)
    (tmp_path / "register.csv").write_text("id,claim,owner,source\nev-2,It folds flat,Lab,Test 5\n")
    assert inlay("claims", "add", "--file", "register.csv").output.startswith("1 new")
    assert "ev-1 is withdrawn" in inlay("claims", "withdraw", "ev-1").output
    assert [one["id"] for one in json.loads(inlay("claims", "list", "--status", "in force", "--json").output)] == [
        "ev-2"
    ]
    assert "ev-1" in inlay("claims", "list").output
    assert "Nothing is open" in inlay("claims", "open").output
    for wrong in (
        ("add",),
        ("add", "ev-3", "--claim", "It"),
        ("show", "no"),
        ("withdraw", "no"),
        ("add", "ev-4", *given, "--team", "no"),
    ):
        failed = inlay("claims", *wrong)
        assert failed.exit_code == 1 and "Who acts" in failed.output


def test_twenty_thousand_entries_are_kept_from_one_file(inlay: Inlay, tmp_path: Path) -> None:
    rows = "".join(f"ev-{n},Lantern {n} lasts {n} hours,Lab,Test {n}\n" for n in range(20_000))
    (tmp_path / "register.csv").write_text(f"id,claim,owner,source\n{rows}")
    assert inlay("claims", "add", "--file", "register.csv").output == "20,000 new, 0 changed, 0 the same.\n"
    assert inlay("claims", "add", "--file", "register.csv").output == "0 new, 0 changed, 20,000 the same.\n"


def test_a_day_that_is_none_is_told_how_to_write_one(hub: Hub) -> None:
    with pytest.raises(InvalidInputs) as refused:
        configure.apply(hub, configure.read(ENTRY.replace("2027-04-30", "31.12.2026")))
    assert list(refused.value.fields.values()) == ["write a day such as 2026-11-26"]
