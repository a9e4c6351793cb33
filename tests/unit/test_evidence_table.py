"""The register from a spreadsheet: what is taken, and every fault with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.configure.evidence import one, read_table
from hub.errors import BadRequest, InvalidInputs

HEAD = "id,claim,owner,source,markets,valid_from,expires_on,disclaimer\n"
GOOD = "ev-1,It lasts 9 hours,Lab,Test 4,US; EU,2026-01-01,2026-12-31,At 20 °C\n"


def table(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "register.csv"
    path.write_bytes(text.encode(encoding))
    return path


def faults(folder: Path, text: str) -> dict[str, str]:
    with pytest.raises(InvalidInputs) as refused:
        read_table(table(folder, text))
    return refused.value.fields


def test_a_spreadsheets_csv_is_read_with_its_mark_its_semicolons_and_lines_within_cells(tmp_path: Path) -> None:
    found = read_table(table(tmp_path, HEAD + GOOD, "utf-8-sig"))
    assert found["ev-1"].markets == ("US", "EU")
    assert str(found["ev-1"].expires_on) == "2026-12-31"
    german = 'id;claim;owner;source;markets\r\nev-2;"It lasts\r\n9,5 hours";Lab;Test 4;DE|AT\r\n'
    assert read_table(table(tmp_path, german))["ev-2"].claim == "It lasts 9,5 hours"
    assert read_table(table(tmp_path, german))["ev-2"].markets == ("DE", "AT")


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (HEAD + GOOD + GOOD, "line 3", "a second time"),
        (HEAD + GOOD.replace("2026-12-31", "2025-12-31"), "line 2", "expires_on is before valid_from"),
        (HEAD + GOOD.replace("2026-12-31", "31.12.2026"), "line 2", "expires_on"),
        (HEAD + GOOD.replace("ev-1", "212-555-0134"), "line 2", "a letter first"),
        (HEAD + GOOD.replace("It lasts", "It \u202elasts"), "line 2", "another order"),
        (HEAD + GOOD.replace("It lasts 9 hours", "..."), "line 2", "nothing that a text could be compared with"),
        (HEAD + GOOD.replace("Lab", ""), "line 2", "owner"),
        (HEAD + GOOD.replace("It lasts 9 hours", "x" * 501), "line 2", "500"),
        (HEAD + GOOD.replace("\n", ",more\n"), "line 2", "more or fewer cells"),
        (HEAD.replace("claim", "statement") + GOOD, "line 1", "statement"),
        ("id,claim\n", "line 1", "missing"),
        (HEAD + 'ev-1,"It lasts', "line 1", "unexpected end"),
        ("", "line 1", "missing"),
    ],
)
def test_what_cannot_be_kept_is_named_with_its_line(tmp_path: Path, text: str, line: str, says: str) -> None:
    found = faults(tmp_path, text)
    assert says in found[line]


def test_right_to_left_text_and_markup_are_kept_as_they_are(tmp_path: Path) -> None:
    text = "ev-1,\u200fהמנורה דולקת 9 שעות\u200f <b>{{ x }}</b>,Lab,Test 4,,,,\n"
    assert "{{ x }}" in read_table(table(tmp_path, HEAD + text))["ev-1"].claim


def test_more_than_twenty_thousand_rows_and_what_is_no_text_are_refused(tmp_path: Path) -> None:
    rows = "".join(GOOD.replace("ev-1", f"ev-{n}") for n in range(20_001))
    with pytest.raises(BadRequest, match="20,000"):
        read_table(table(tmp_path, HEAD + rows))
    assert len(read_table(table(tmp_path, HEAD + rows[: rows.rindex("ev-20000")]))) == 20_000
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00id")
    with pytest.raises(BadRequest, match="cannot be read"):
        read_table(tmp_path / "bytes.csv")


def test_one_entry_by_hand_names_each_fault() -> None:
    with pytest.raises(InvalidInputs) as refused:
        one("ev-1", {"claim": "It lasts 9 hours", "expires_on": "soon"})
    assert {"owner", "source", "expires_on"} <= set(refused.value.fields)
