"""What a chain shows by itself, and what only a head kept elsewhere shows. On both databases."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.errors import BadRequest
from hub.ledger import Entry, Head, Ledger, Seal
from hub.ledger.head import keys_of, parse, read, wrong
from hub.store import Database
from hub.store.tables import ledger as table

KEYS = [b"new", b"old"]
ROWS = 9
HUB = "https://inlay.example.com"


@pytest.fixture
def heads(database: Database) -> list[Head]:
    """The heads after three, six and nine rows."""
    ledger, kept = Ledger(KEYS), []
    for number in range(1, ROWS + 1):
        with database.transaction() as tx:
            entry = Entry("run.received", {"n": number})
            ledger.append(tx, run_id=f"r{number}", team="t", actor="system:test", at=1.25 * number, entries=[entry])
        if number % 3 == 0:
            with database.reading() as tx:
                kept.append(ledger.signed_head(tx, at=86_400.0 * number, hub=HUB))
    return kept


def broken(database: Database, heads: list[Head] | None = None) -> int | None:
    with database.reading() as tx:
        found = Ledger(KEYS).verify(tx, heads or [])[1]
    return found and found.seq


def rows(database: Database) -> list[dict[str, object]]:
    with database.reading() as tx:
        return [dict(row._mapping) for row in tx.execute(sa.select(table).order_by(table.c.seq))]


def rewrite(database: Database, wanted: list[dict[str, object]]) -> None:
    with database.transaction() as tx:
        tx.execute(sa.delete(table))
        tx.execute(sa.insert(table), wanted)


def rechained(database: Database, kept: list[dict[str, object]]) -> None:
    """The chain written anew from these rows by somebody who holds the key."""
    with database.transaction() as tx:
        tx.execute(sa.delete(table))
        for row in kept:
            entry = Entry(str(row["kind"]), json.loads(str(row["data"])))
            Ledger(KEYS).append(tx, run_id=str(row["run_id"]), team="t", actor="system:test", at=1.0, entries=[entry])


def test_every_column_of_every_row_counts(database: Database, heads: list[Head]) -> None:
    whole = rows(database)
    assert broken(database) is None
    for at, row in enumerate(whole):
        for name, value in row.items():
            other = value + 1 if isinstance(value, int | float) else f"{str(value)[:-1]}~"
            if name == "seq":
                other = 99 if at < ROWS - 1 else 98
            changed = sorted(
                [*whole[:at], {**row, name: other}, *whole[at + 1 :]], key=lambda one: int(str(one["seq"]))
            )
            rewrite(database, changed)
            found = broken(database)
            assert found is not None, (at + 1, name)
            # A row that was moved away is missed where it stood; the row after it is the first that does not hold.
            assert found == (at + 1 if name != "seq" else changed[at]["seq"]), (at + 1, name)
    rewrite(database, whole)
    assert broken(database, heads) is None


def test_every_deleted_row_but_the_last_is_missed_by_the_chain_itself(database: Database, heads: list[Head]) -> None:
    whole = rows(database)
    for at in range(ROWS - 1):
        rewrite(database, whole[:at] + whole[at + 1 :])
        assert broken(database) == at + 2


def test_a_cut_tail_is_shown_by_a_head_alone(database: Database, heads: list[Head]) -> None:
    whole = rows(database)
    for left in range(1, ROWS):
        rewrite(database, whole[:left])
        assert broken(database) is None
        assert broken(database, heads) == left + 1


def test_an_emptied_ledger_is_shown_by_a_head(database: Database, heads: list[Head]) -> None:
    with database.transaction() as tx:
        tx.execute(sa.delete(table))
    assert broken(database, heads) == 1


def test_swapped_and_inserted_rows_break_the_chain(database: Database, heads: list[Head]) -> None:
    whole = rows(database)
    fourth, fifth = {**whole[3], "seq": 5}, {**whole[4], "seq": 4}
    rewrite(database, [*whole[:3], fifth, fourth, *whole[5:]])
    assert broken(database) == 4
    moved = [{**row, "seq": int(str(row["seq"])) + 1} for row in whole[4:]]
    rewrite(database, [*whole[:4], {**whole[2], "seq": 5}, *moved])
    assert broken(database) == 5


@pytest.mark.parametrize("first", range(1, ROWS + 1))
def test_a_chain_written_anew_with_the_real_key_is_shown_by_a_head_alone(
    database: Database, heads: list[Head], first: int
) -> None:
    whole = rows(database)
    forged = [{**row, "data": '{"n":0}'} if row["seq"] == first else row for row in whole]
    rechained(database, forged)
    assert broken(database) is None
    # Every hash covers the time of its row, which the forger did not keep: the first head is wrong already.
    assert broken(database, heads) == 3


def test_a_walk_names_what_breaks_first_the_rows_or_a_head(database: Database, heads: list[Head]) -> None:
    whole = rows(database)
    rewrite(database, [*whole[:7], {**whole[7], "team": "other"}, whole[8]])
    assert broken(database, heads) == 8
    assert broken(database, [replace(heads[1], hash="0" * 64), *heads]) == 6


def test_a_head_that_was_altered_in_any_part_is_refused(database: Database, heads: list[Head], tmp_path: Path) -> None:
    public = Seal(KEYS).public
    kept = tmp_path / "ledger-heads-1970-01.jsonl"
    kept.write_text("".join(f"{head.line()}\n" for head in heads), encoding="utf-8")
    assert read(kept, public) == heads
    assert read(tmp_path, public) == heads
    good = heads[1]
    for name, value in {
        "number": 5,
        "hash": "0" * 64,
        "time": "1970-01-06T00:00:00Z",
        "hub": "https://other.example.com",
        "key": "0" * 16,
        "signature": good.signature[:-2] + ("00" if good.signature[-2:] != "00" else "01"),
    }.items():
        altered = replace(good, **{name: value})
        kept.write_text(f"{heads[0].line()}\n{altered.line()}\n", encoding="utf-8")
        with pytest.raises(BadRequest, match=r"Line 2 of ledger-heads-1970-01\.jsonl does not count"):
            read(kept, public)
    kept.write_text("no head\n", encoding="utf-8")
    with pytest.raises(BadRequest, match="Line 1"):
        read(kept, public)
    kept.write_text("\n", encoding="utf-8")
    with pytest.raises(BadRequest, match="There is no head"):
        read(kept, public)


def test_a_stranger_trusts_a_head_by_the_public_key_alone(heads: list[Head]) -> None:
    printed = next(iter(Seal(KEYS).public.values()))
    assert not wrong(heads[0], keys_of([printed]))
    other = next(iter(Seal([b"another hub"]).public.values()))
    assert "not among the keys you trust" in wrong(heads[0], keys_of([other]))
    with pytest.raises(BadRequest, match="no public key"):
        keys_of(["zz"])


def test_a_head_signed_before_the_key_was_changed_counts_while_the_old_key_is_listed(heads: list[Head]) -> None:
    assert not wrong(heads[0], Seal([b"newest", *KEYS]).public)
    assert wrong(heads[0], Seal([b"newest"]).public)


def test_a_head_is_taken_as_number_and_hash_or_as_a_signed_line(heads: list[Head]) -> None:
    public = Seal(KEYS).public
    assert parse(f"3:{heads[0].hash}", public) == Head(number=3, hash=heads[0].hash)
    assert parse(heads[0].line(), public) == heads[0]
    with pytest.raises(BadRequest, match="This is no head"):
        parse("three", public)
