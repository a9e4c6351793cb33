"""A person is one pseudonym in the ledger, whoever asks first, until nobody can tell any more whose it was."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from hub.ledger import Ledger
from hub.ledger.pseudonyms import KEPT, Pseudonyms
from hub.store import Database
from hub.store.people import ERASED
from hub.store.tables import pseudonym as table

MARA = "mara@example.com"


def of(database: Database, people: Pseudonyms, person: str = MARA) -> str:
    with database.transaction() as tx:
        return people.of(tx, person)


def test_a_person_is_one_pseudonym_in_any_spelling_and_every_process(database: Database) -> None:
    name = of(database, Pseudonyms(), " Mara@Example.com ")
    assert name == of(database, Pseudonyms())
    assert name.startswith("person:") and "mara" not in name
    assert name != of(database, Pseudonyms(), "jon@example.com")


def test_many_who_ask_for_the_first_time_at_once_get_the_same(database: Database) -> None:
    processes = [Pseudonyms() for _ in range(8)]
    together = threading.Barrier(8)

    def ask(people: Pseudonyms) -> str:
        together.wait()
        return of(database, people)

    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(ask, processes))
    assert len(names) == 1
    assert {of(database, people) for people in processes} == names


def test_a_transaction_that_rolls_back_leaves_no_pseudonym_behind_in_memory(database: Database) -> None:
    people = Pseudonyms()
    with pytest.raises(RuntimeError), database.transaction() as tx:
        lost = people.of(tx, MARA)
        assert people.of(tx, MARA) == lost
        raise RuntimeError
    stored = of(database, Pseudonyms())
    assert of(database, people) == stored != lost


def test_a_known_person_costs_no_query(database: Database) -> None:
    people = Pseudonyms()
    for _ in range(2):
        name = of(database, people)
    with database.transaction() as tx:
        tx.execute(sa.delete(table))
        assert people.of(tx, MARA) == name


def test_a_forgotten_person_comes_back_as_somebody_else_in_every_process_within_a_minute(database: Database) -> None:
    now = [0.0]
    here, there = Pseudonyms(), Pseudonyms(tick=lambda: now[0])
    for people in (here, there) * 2:
        before = of(database, people)
    with database.transaction() as tx:
        here.forget(tx, MARA)
    assert of(database, here) != before
    now[0] = KEPT + 1
    assert of(database, there) == of(database, here)


def test_systems_and_erased_people_have_no_row(database: Database) -> None:
    ledger = Ledger([b"key"])
    with database.transaction() as tx:
        assert ledger.pseudonym(tx, None, "dam") == "system:dam"
        assert ledger.pseudonym(tx, ERASED, "web") == "person:erased"
        assert tx.execute(sa.select(table)).all() == []
