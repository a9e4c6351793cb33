"""Budgets and vendor limits: exact, whoever races. On both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.domain import Rate
from hub.store import Database, Tx, budgets, calls, runs, teams
from tests.unit.store.test_runs import a_run

MONTH = "2026-11"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    database.migrate()
    with database.transaction() as tx:
        teams.put(tx, "a", "A", {}, 0.0)
        for number in range(64):
            runs.create(tx, a_run(str(number)), fingerprint="f")
        budgets.allow(tx, "a", 1_000)
    yield database
    database.close()


def standing(database: Database) -> budgets.Standing:
    with database.reading() as tx:
        found = budgets.standing(tx, "a", MONTH)
    assert found is not None
    return found


def reserve(tx: Tx, run_id: str, amount: int, month: str = MONTH) -> bool:
    held = budgets.reserve(tx, run_id, "a", month, budgets.applying(tx, "a", None, None), amount, now=0.0)
    return held.short is None


def test_sixty_four_spenders_at_once_never_pass_the_limit(database: Database) -> None:
    def spend(number: int) -> bool:
        with database.transaction() as tx:
            if not reserve(tx, str(number), 90):
                return False
        with database.transaction() as tx:
            budgets.settle(tx, str(number), 90, 0.0)
        return True

    with ThreadPoolExecutor(16) as pool:
        granted = sum(pool.map(spend, range(64)))
    now = standing(database)
    assert granted == 11
    assert (now.spent_micros, now.reserved_micros) == (990, 0)


def test_what_is_reserved_counts_as_gone_until_it_is_settled(database: Database) -> None:
    with database.transaction() as tx:
        assert reserve(tx, "1", 700)
        assert not reserve(tx, "2", 400)
        budgets.settle(tx, "1", 100, 0.0)
        assert reserve(tx, "2", 400)
    assert (standing(database).spent_micros, standing(database).reserved_micros) == (100, 400)


def test_a_run_that_goes_on_after_a_crash_does_not_reserve_twice(database: Database) -> None:
    for _ in range(3):
        with database.transaction() as tx:
            assert reserve(tx, "1", 600)
    assert standing(database).reserved_micros == 600


def test_a_reservation_comes_back_whole_and_only_once(database: Database) -> None:
    with database.transaction() as tx:
        reserve(tx, "1", 600)
    for _ in range(2):
        with database.transaction() as tx:
            budgets.release(tx, "1")
    assert (standing(database).spent_micros, standing(database).reserved_micros) == (0, 0)


def test_a_new_month_starts_with_the_teams_allowance(database: Database) -> None:
    with database.transaction() as tx:
        assert reserve(tx, "1", 1_000, "2026-12")
        assert not reserve(tx, "2", 1, "2026-12")


def test_a_vendors_limit_holds_in_any_window(database: Database) -> None:
    limits = {"write": Rate(limit=5, seconds=60)}
    with database.transaction() as tx:
        taken = [calls.take(tx, "docs", limits, {"write": 1}, float(second)) for second in (0, 10, 20, 30, 40)]
        assert taken == [0.0] * 5
        assert calls.take(tx, "docs", limits, {"write": 1}, 45.0) == pytest.approx(15.0)
        assert calls.take(tx, "docs", limits, {"write": 2}, 45.0) == pytest.approx(25.0)
        assert calls.take(tx, "other", limits, {"write": 1}, 45.0) == 0.0
        assert calls.take(tx, "docs", limits, {"write": 1}, 60.5) == 0.0


def test_calls_of_several_kinds_are_booked_all_or_none(database: Database) -> None:
    limits = {"read": Rate(limit=3, seconds=60), "write": Rate(limit=1, seconds=60)}
    with database.transaction() as tx:
        assert calls.take(tx, "docs", limits, {"read": 2, "write": 1}, 0.0) == 0.0
        assert calls.take(tx, "docs", limits, {"read": 1, "write": 1}, 1.0) > 0
        assert calls.take(tx, "docs", limits, {"read": 1}, 1.0) == 0.0


def test_twenty_people_at_once_keep_a_limit_together(database: Database) -> None:
    limits = {"write": Rate(limit=30, seconds=60)}

    def call(_: int) -> bool:
        with database.transaction() as tx:
            return calls.take(tx, "docs", limits, {"write": 1}, 5.0) == 0.0

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(call, range(60))) == 30
