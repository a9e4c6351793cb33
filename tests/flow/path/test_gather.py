"""Runs that wait for the same connection are written in one go, each with its own outcome, and a person never waits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.bootstrap import Hub
from hub.domain import DeliveryState, Run, RunState, Trigger
from hub.errors import InlayError, OutOfQuota, TargetGone, Unavailable
from hub.pipeline import run as running
from hub.pipeline.gather import gather
from hub.store import deliveries, runs
from tests.flow.board import Board, Plugin, connect
from tests.hubs import TEAM, Clock, a_hub

QUEUE = "deliver.board"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def hub(tmp_path: Path, database_url: str, board: Board, clock: Clock) -> Iterator[Hub]:
    with a_hub(tmp_path, database_url=database_url, plugins=(("board", Plugin(board)),), clock=clock) as hub:
        connect(hub)
        yield hub


def answered(hub: Hub, board: Board, count: int, trigger: Trigger = Trigger.SCHEDULE) -> list[str]:
    """Runs that have their answer and wait to be written."""
    made = []
    for number in range(count):
        run = hub.run(board.request(f"card{number}", trigger, team=TEAM))
        assert run.state is RunState.ANSWERED, run.problem
        made.append(run.id)
    return made


def all_of(hub: Hub, ids: list[str]) -> list[Run]:
    return [hub.get(id) for id in ids]


def test_what_a_sweep_found_is_written_in_one_go(hub: Hub, board: Board, clock: Clock) -> None:
    made = answered(hub, board, 30)
    assert board.writes == []
    assert gather(hub.parts, QUEUE) == 0
    clock.now += 11
    assert gather(hub.parts, QUEUE) == 30
    assert board.writes == [30]
    assert {run.state for run in all_of(hub, made)} == {RunState.DELIVERED}
    assert len(board.cards) == 30


def test_no_more_are_written_at_once_than_the_connector_takes(hub: Hub, board: Board, clock: Clock) -> None:
    answered(hub, board, 70)
    clock.now += 11
    gather(hub.parts, QUEUE)
    assert board.writes == [50, 20]


def test_those_that_came_later_go_along(hub: Hub, board: Board, clock: Clock) -> None:
    answered(hub, board, 2)
    clock.now += 8
    late = hub.run(board.request("late", Trigger.SCHEDULE, team=TEAM))
    clock.now += 3
    assert gather(hub.parts, QUEUE) == 3
    assert hub.get(late.id).state is RunState.DELIVERED
    assert board.writes == [3]


def test_a_person_does_not_wait_for_others(hub: Hub, board: Board) -> None:
    run = hub.run(board.request("now", Trigger.USER, team=TEAM))
    assert run.state is RunState.DELIVERED
    assert board.writes == [1]


def test_each_has_its_own_outcome(hub: Hub, board: Board, clock: Clock) -> None:
    made = answered(hub, board, 4)
    failing: dict[str, InlayError] = {"card1": TargetGone("The card is gone."), "card2": Unavailable("Busy.")}
    board.failing = failing.get
    clock.now += 11
    gather(hub.parts, QUEUE)
    states = [run.state for run in all_of(hub, made)]
    assert states == [RunState.DELIVERED, RunState.ORPHANED, RunState.ANSWERED, RunState.DELIVERED]
    with hub.database.reading() as tx:
        (row,) = deliveries.of_run(tx, made[2])
    assert (row.state, row.attempts) == (DeliveryState.PENDING, 1)
    board.failing = lambda _: None
    clock.now += 60
    assert gather(hub.parts, QUEUE) == 1
    assert hub.get(made[2]).state is RunState.DELIVERED
    assert len(board.cards) == 3


def test_a_worker_that_died_after_writing_leaves_one_effect_each(hub: Hub, board: Board, clock: Clock) -> None:
    made = answered(hub, board, 5)
    clock.now += 11
    with hub.database.transaction() as tx:
        for _ in made:
            token = hub.parts.leases.new()
            assert runs.take_next(tx, QUEUE, token=token, now=clock.now, until=clock.now + 30)
    # It wrote, and was killed before it could say so.
    connector, connection = hub.parts.connections.get("board")
    from hub.pipeline.deliver import delivery_of

    with hub.database.reading() as tx:
        orders = [delivery_of(hub.parts, run, deliveries.of_run(tx, run.id)[0]) for run in all_of(hub, made)]
    connector.write_many(connection, orders)
    clock.now += 31
    assert gather(hub.parts, QUEUE) == 5
    assert {run.state for run in all_of(hub, made)} == {RunState.DELIVERED}
    assert len(board.cards) == 5
    with hub.database.reading() as tx:
        receipts = [deliveries.of_run(tx, id)[0].receipt for id in made]
    assert all(receipt is not None and receipt.already for receipt in receipts)


def test_a_worker_that_lost_its_leases_stores_nothing(hub: Hub, board: Board, clock: Clock) -> None:
    made = answered(hub, board, 3)
    clock.now += 11
    stolen: list[Run] = []

    def steal(card: str) -> InlayError | None:
        if not stolen:
            with hub.database.transaction() as tx:
                for id in made:
                    taken = runs.take(tx, id, token=hub.parts.leases.new(), now=clock.now + 999, until=clock.now + 999)
                    assert taken is not None
                    stolen.append(taken)
        return None

    board.failing = steal
    gather(hub.parts, QUEUE)
    assert {run.state for run in all_of(hub, made)} == {RunState.ANSWERED}
    for run in stolen:
        running.walk(hub.parts, run)
    assert {run.state for run in all_of(hub, made)} == {RunState.DELIVERED}
    assert len(board.cards) == 3


def test_nobody_takes_what_somebody_holds_however_soon_the_lease_ends(hub: Hub, board: Board, clock: Clock) -> None:
    made = answered(hub, board, 3)
    clock.now += 11
    with hub.database.transaction() as tx:
        held = runs.take(tx, made[0], token=hub.parts.leases.new(), now=clock.now, until=clock.now + 2)
    assert held is not None
    assert gather(hub.parts, QUEUE) == 2
    assert board.writes == [2]
    assert hub.get(made[0]).token == held.token


@pytest.mark.parametrize("count", [1, 3])
def test_a_used_up_allowance_is_waited_for_and_counts_as_no_attempt(
    hub: Hub, board: Board, clock: Clock, count: int
) -> None:
    made = answered(hub, board, count)
    board.failing = lambda _: OutOfQuota("None left.", after=900.0)
    clock.now += 11
    for _ in range(20):
        gather(hub.parts, QUEUE)
        clock.now += 901
    with hub.database.reading() as tx:
        rows = [deliveries.of_run(tx, id)[0] for id in made]
    assert {(row.state, row.attempts) for row in rows} == {(DeliveryState.PENDING, 0)}
    board.failing = lambda _: None
    gather(hub.parts, QUEUE)
    assert {run.state for run in all_of(hub, made)} == {RunState.DELIVERED}


def test_a_connector_that_raises_costs_an_attempt_and_no_run(hub: Hub, board: Board, clock: Clock) -> None:
    made = answered(hub, board, 3)

    def burst(card: str) -> InlayError | None:
        raise KeyError(card)

    board.failing = burst
    clock.now += 11
    gather(hub.parts, QUEUE)
    assert {run.state for run in all_of(hub, made)} == {RunState.ANSWERED}
    board.failing = lambda _: None
    clock.now += 60
    gather(hub.parts, QUEUE)
    assert {run.state for run in all_of(hub, made)} == {RunState.DELIVERED}
