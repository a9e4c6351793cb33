"""Runs in the store: created once, leased by one, changed by whoever holds the lease. On both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from hub.domain import Actor, Problem, Request, Review, Run, RunState, Stage, Target
from hub.errors import LeaseLost
from hub.store import Database, events, runs, teams


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    database.migrate()
    with database.transaction() as tx:
        for team in ("a", "b"):
            teams.put(tx, team, team.upper(), {}, 0.0)
    yield database
    database.close()


def a_run(run_id: str, *, team: str = "a", turn: float = 0.0, wake_at: float | None = 0.0) -> Run:
    request = Request(
        key=f"key {run_id}",
        template="t",
        inputs={"text": "Grüße 🚀"},
        target=Target(connection="docs", at={"document": "d"}),
        actor=Actor(person="x@example.com"),
    )
    return Run(
        id=run_id,
        team=team,
        state=RunState.QUEUED,
        stage=Stage.COMPOSE,
        request=request,
        template="t",
        revision="r",
        tier=0,
        queue="ask",
        turn=turn,
        wake_at=wake_at,
        created_at=1.5,
        updated_at=1.5,
    )


def create(database: Database, run: Run) -> tuple[str, str, bool]:
    with database.transaction() as tx:
        return runs.create(tx, run, fingerprint="f")


def test_a_run_comes_back_as_it_was_stored(database: Database) -> None:
    run = a_run("1")
    create(database, run)
    with database.reading() as tx:
        assert runs.get(tx, "1") == run


def test_the_same_request_key_is_one_run(database: Database) -> None:
    first = a_run("1")
    assert create(database, first) == ("1", "f", True)
    twin = a_run("2")
    twin = Run(**{**{n: getattr(twin, n) for n in Run.__slots__}, "request": first.request})
    assert create(database, twin) == ("1", "f", False)
    with database.reading() as tx:
        assert runs.get(tx, "2") is None


def test_forty_threads_that_send_one_key_make_one_run(database: Database) -> None:
    request = a_run("0").request

    def send(number: int) -> bool:
        run = a_run(str(number))
        return create(database, Run(**{**{n: getattr(run, n) for n in Run.__slots__}, "request": request}))[2]

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(send, range(40))) == 1


def test_a_leased_run_is_not_given_to_a_second_worker_until_the_lease_runs_out(database: Database) -> None:
    create(database, a_run("1"))
    with database.transaction() as tx:
        assert runs.take(tx, "1", token="one", now=10.0, until=20.0) is not None
        assert runs.take(tx, "1", token="two", now=19.9, until=30.0) is None
        assert runs.take_next(tx, "ask", token="two", now=19.9, until=30.0) is None
        taken = runs.take_next(tx, "ask", token="two", now=20.0, until=30.0)
    assert taken is not None
    assert taken.token == "two"


def test_a_worker_that_lost_its_lease_changes_nothing(database: Database) -> None:
    create(database, a_run("1"))
    with database.transaction() as tx:
        runs.take(tx, "1", token="frozen", now=0.0, until=5.0)
    with database.transaction() as tx:
        runs.take(tx, "1", token="heir", now=6.0, until=11.0)
    with pytest.raises(LeaseLost), database.transaction() as tx:
        runs.save(tx, "1", "frozen", {"state": RunState.FAILED, "problem": Problem(code="x", what="late")})
    with database.transaction() as tx:
        assert runs.renew(tx, ["frozen"], 99.0) == 0
        stored = runs.get(tx, "1")
    assert stored is not None
    assert (stored.state, stored.problem, stored.wake_at) == (RunState.QUEUED, None, 11.0)


def test_a_commit_that_is_repeated_after_a_lost_reply_changes_nothing(database: Database) -> None:
    create(database, a_run("1"))
    with database.transaction() as tx:
        runs.take(tx, "1", token="one", now=0.0, until=5.0)
        runs.save(tx, "1", "one", {"updated_at": 2.0, "attempts": 1}, since=1.5)
    with pytest.raises(LeaseLost), database.transaction() as tx:
        runs.save(tx, "1", "one", {"updated_at": 2.0, "attempts": 1}, since=1.5)


def test_the_run_whose_turn_is_lowest_is_taken_first(database: Database) -> None:
    for run_id, turn in (("1", 30.0), ("2", 10.0), ("3", 20.0)):
        create(database, a_run(run_id, turn=turn))
    order = []
    for number in range(3):
        with database.transaction() as tx:
            taken = runs.take_next(tx, "ask", token=f"t{number}", now=1.0, until=9.0)
        assert taken is not None
        order.append(taken.id)
    assert order == ["2", "3", "1"]


def test_two_workers_never_take_the_same_run(database: Database) -> None:
    for number in range(60):
        create(database, a_run(f"{number:03}", turn=number))

    def take(number: int) -> str:
        with database.transaction() as tx:
            taken = runs.take_next(tx, "ask", token=f"t{number}", now=1.0, until=9.0)
        assert taken is not None
        return taken.id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(take, range(60)))) == 60


def test_only_runs_that_want_work_now_are_due(database: Database) -> None:
    create(database, a_run("now", wake_at=1.0))
    create(database, a_run("later", wake_at=100.0))
    create(database, a_run("resting", wake_at=None))
    with database.reading() as tx:
        assert runs.due(tx, 50.0, 64) == {"ask": 1}


def test_the_crowd_counts_the_teams_own_waiting_runs(database: Database) -> None:
    for number in range(3):
        create(database, a_run(f"a{number}"))
    create(database, a_run("b", team="b"))
    with database.reading() as tx:
        assert (runs.crowd(tx, "a"), runs.crowd(tx, "b")) == (3, 1)


def test_cutting_in_takes_the_lease_away_but_not_while_the_result_is_written(database: Database) -> None:
    create(database, a_run("1"))
    with database.transaction() as tx:
        runs.take(tx, "1", token="one", now=0.0, until=10.0)
        runs.save(tx, "1", "one", {"stage": Stage.DELIVER})
        assert not runs.cut_in(tx, "1", [RunState.QUEUED], {"state": RunState.CANCELLED}, now=5.0)
        runs.save(tx, "1", "one", {"stage": Stage.ASK})
        assert runs.cut_in(tx, "1", [RunState.QUEUED], {"state": RunState.CANCELLED}, now=5.0)
    with pytest.raises(LeaseLost), database.transaction() as tx:
        runs.save(tx, "1", "one", {"stage": Stage.DELIVER})


def test_a_person_takes_a_resting_run_only_in_the_states_meant(database: Database) -> None:
    create(database, a_run("1", wake_at=None))
    with database.transaction() as tx:
        assert runs.take_waiting(tx, "1", [RunState.FAILED], token="p", now=1.0, until=9.0) is None
        assert runs.take_waiting(tx, "1", [RunState.QUEUED], token="p", now=1.0, until=9.0) is not None
        assert runs.take_waiting(tx, "1", [RunState.QUEUED], token="q", now=2.0, until=9.0) is None


def test_a_rejected_run_is_unanswered_until_a_row_since_or_a_run_written_anew_says_otherwise(
    database: Database,
) -> None:
    reviewed = Review(by="r@example.com", decision="reject", content_hash="h", at=4.0)
    ended = {"state": RunState.REFUSED, "review": reviewed, "ended_at": 5.0}
    for number, more in enumerate((ended, ended, ended, {**ended, "review": None}, {}), start=1):
        create(database, replace(a_run(str(number)), **more))

    def told(number: int, run_id: str, kind: str, at: float) -> None:
        rest = {"team": "a", "actor": "", "data": "{}", "key_id": "", "prev": "", "hash": ""}
        with database.transaction() as tx:
            events.insert(tx, [{"seq": number, "at": at, "run_id": run_id, "kind": kind, **rest}])

    def unanswered(person: str = "X@example.com") -> set[str]:
        with database.reading() as tx:
            return {
                run.id for run in runs.rejected_of(tx, person, again="redraft:", answered=("seen", "undone"), limit=9)
            }

    told(1, "1", "undone", 3.0)
    told(2, "1", "other", 6.0)
    assert unanswered() == {"1", "2", "3"} and unanswered("y@example.com") == set()
    told(3, "2", "seen", 5.0)
    create(database, replace(a_run("9"), request=replace(a_run("9").request, key="redraft:3")))
    assert unanswered() == {"1"}
