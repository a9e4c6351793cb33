"""The ledger names the first row that does not hold. On both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.ledger import Entry, Ledger
from hub.store import Database, events

KEYS = [b"new", b"old"]


def write(database: Database, ledger: Ledger, count: int) -> None:
    for number in range(count):
        with database.transaction() as tx:
            entries = [Entry("run.received", {"n": number}), Entry("run.composed", {"ms": 0.1})]
            ledger.append(tx, run_id="r", team="t", actor="system:test", at=1.25 * number, entries=entries)


def tamper(database: Database, sql: str) -> None:
    with database.transaction() as tx:
        tx.exec_driver_sql(sql)


def test_an_untouched_chain_holds_also_across_a_key_change(database: Database) -> None:
    write(database, Ledger([b"old"]), 3)
    write(database, Ledger(KEYS), 3)
    with database.reading() as tx:
        assert Ledger(KEYS).verify(tx) == (12, None)


@pytest.mark.parametrize(
    ("sql", "seq"),
    [
        ("UPDATE ledger SET data = '{\"n\":7}' WHERE seq = 5", 5),
        ("UPDATE ledger SET actor = 'person:x' WHERE seq = 4", 4),
        ("UPDATE ledger SET at = at + 1 WHERE seq = 2", 2),
        ("DELETE FROM ledger WHERE seq = 3", 4),
        ("DELETE FROM ledger WHERE seq = 1", 2),
    ],
)
def test_the_first_changed_or_missing_row_is_named(database: Database, sql: str, seq: int) -> None:
    write(database, Ledger(KEYS), 4)
    tamper(database, sql)
    with database.reading() as tx:
        _, broken = Ledger(KEYS).verify(tx)
    assert broken is not None
    assert broken.seq == seq


def test_two_swapped_rows_are_found(database: Database) -> None:
    write(database, Ledger(KEYS), 4)
    for sql in (
        "UPDATE ledger SET seq = 99 WHERE seq = 3",
        "UPDATE ledger SET seq = 3 WHERE seq = 4",
        "UPDATE ledger SET seq = 4 WHERE seq = 99",
    ):
        tamper(database, sql)
    with database.reading() as tx:
        _, broken = Ledger(KEYS).verify(tx)
    assert broken is not None
    assert broken.seq == 3


def test_a_row_rehashed_without_the_key_does_not_hold(database: Database) -> None:
    write(database, Ledger(KEYS), 2)
    forged = Ledger([b"guessed"])
    with database.transaction() as tx:
        forged.append(tx, run_id="r", team="t", actor="a", at=9.0, entries=[Entry("run.delivered", {})])
    with database.reading() as tx:
        count, broken = Ledger(KEYS).verify(tx)
    assert (count, broken and broken.seq) == (4, 5)


def test_writers_that_race_make_one_chain(database: Database) -> None:
    ledger = Ledger(KEYS)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: write(database, ledger, 5), range(8)))
    with database.reading() as tx:
        assert ledger.verify(tx) == (80, None)


def test_an_entry_is_gone_with_the_transaction_it_belongs_to(database: Database) -> None:
    ledger = Ledger(KEYS)
    with pytest.raises(RuntimeError), database.transaction() as tx:
        ledger.append(tx, run_id="r", team="t", actor="a", at=1.0, entries=[Entry("run.received", {})])
        raise RuntimeError
    with database.reading() as tx:
        assert events.of_run(tx, "r") == []
