"""Once a day the ledger's end is signed and kept, and put where the organisation keeps it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from hub.bootstrap import Hub
from hub.cli import main
from hub.errors import InlayError
from hub.pipeline import heads
from hub.store import heads as stored
from hub.store.tables import ledger
from tests.hubs import KEY, Clock, a_hub, request

DAY = 86_400.0
#: Three heads, eight days apart from 21 September 2026 on.
MONTHS = {"ledger-heads-2026-09.jsonl": 2, "ledger-heads-2026-10.jsonl": 1}


def lines(folder: Path) -> dict[str, list[dict]]:
    return {file.name: [json.loads(line) for line in file.read_text().splitlines()] for file in folder.iterdir()}


def kept(hub: Hub) -> list[int]:
    with hub.database.reading() as tx:
        return [head["number"] for head in stored.every(tx)]


def test_a_day_has_one_head_and_a_month_one_file(tmp_path: Path, database_url: str) -> None:
    clock, folder = Clock(), tmp_path / "heads"
    with a_hub(tmp_path, database_url=database_url, clock=clock, ledger_heads=folder) as hub:
        heads.keep(hub.parts)
        assert kept(hub) == []  # There is nothing to sign yet.
        for number in range(3):
            hub.run(request(str(number)))
            heads.keep(hub.parts)
            heads.keep(hub.parts)
            clock.now += 8 * DAY
        assert len(kept(hub)) == 3
        files = lines(folder)
    assert {name: len(found) for name, found in files.items()} == MONTHS
    assert all(head["hub"] == "http://127.0.0.1:8800" for found in files.values() for head in found)


def test_a_folder_that_cannot_be_written_to_loses_no_head(tmp_path: Path) -> None:
    clock, folder = Clock(), tmp_path / "heads"
    folder.write_text("a file is in the way", encoding="utf-8")
    with a_hub(tmp_path, clock=clock, ledger_heads=folder) as hub:
        hub.run(request())
        for _ in range(2):
            with pytest.raises(InlayError, match="cannot be written"):
                heads.keep(hub.parts)
            clock.now += DAY
        assert len(kept(hub)) == 2
        folder.unlink()
        heads.keep(hub.parts)
        assert sum(map(len, lines(folder).values())) == 3


def test_the_command_verifies_against_heads_and_says_what_takes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, folder, home = Clock(), tmp_path / "heads", tmp_path / "home"
    with a_hub(home, clock=clock, ledger_heads=folder) as hub:
        for number in range(2):
            hub.run(request(str(number)))
            heads.keep(hub.parts)
            clock.now += DAY
        number = kept(hub)[-1]
    monkeypatch.setenv("INLAY_HOME", str(home))
    monkeypatch.setenv("INLAY_SECRET_KEY", KEY)

    def inlay(*words: str, code: int) -> str:
        said = CliRunner().invoke(main, list(words), catch_exceptions=False)
        assert said.exit_code == code, said.output
        return said.output

    assert "that takes heads kept elsewhere" in " ".join(inlay("ledger", "verify", code=0).split())
    assert "Heads you kept that are right: 2." in inlay("ledger", "verify", "--against", str(folder), code=0)

    public = inlay("ledger", "key", code=0).strip()
    export = tmp_path / "export.jsonl"
    export.write_text(inlay("ledger", "export", code=0), encoding="utf-8")
    monkeypatch.setenv("INLAY_SECRET_KEY", "a-key-of-a-stranger-who-has-none-of-this-hub")
    offline = ("ledger", "verify", "--export", str(export), "--against", str(folder), "--public-key", public)
    assert f"All {number} rows follow one another" in inlay(*offline, code=0)
    rows = export.read_text(encoding="utf-8").splitlines(keepends=True)
    export.write_text("".join(rows[:-1]), encoding="utf-8")
    assert f"Broken at row {number}: it is gone" in inlay(*offline, code=1)
    export.write_text("".join([*rows[:2], *rows[3:]]), encoding="utf-8")
    assert "row 3 is missing" in inlay(*offline, code=1)
    export.write_text("no row\n", encoding="utf-8")
    assert "Line 1 of export.jsonl is no row" in inlay(*offline, code=1)
    untrusted = inlay("ledger", "verify", "--export", str(export), "--against", str(folder), code=1)
    assert "not among the keys you trust" in untrusted

    monkeypatch.setenv("INLAY_SECRET_KEY", KEY)
    with a_hub(home) as hub, hub.database.transaction() as tx:
        tx.execute(sa.delete(ledger).where(ledger.c.seq == number))
    said = inlay("ledger", "verify", code=1)
    assert f"row {number}: it is gone" in said and "only the head shows" in said


def test_a_head_in_the_database_that_was_altered_is_found(tmp_path: Path) -> None:
    with a_hub(tmp_path / "home") as hub:
        hub.run(request())
        heads.keep(hub.parts)
        with hub.database.transaction() as tx:
            tx.exec_driver_sql("UPDATE ledger_head SET number = number - 1")
    said = CliRunner(env={"INLAY_HOME": str(tmp_path / "home"), "INLAY_SECRET_KEY": KEY}).invoke(
        main, ["ledger", "verify", "--json"], catch_exceptions=False
    )
    assert said.exit_code == 1
    assert "does not count" in json.loads(said.output)["broken"]["why"]
