"""What a connector brings in, by notice or by sweep, becomes a run once; nothing is lost while a vendor is away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.bootstrap import Hub
from hub.domain import Context, RunState, Trigger
from hub.errors import NeedsPermission, OutOfQuota, Unavailable, VendorRefused
from hub.pipeline.arrive import note
from hub.pipeline.look_up import look_up
from hub.pipeline.sweep import LEASE, sweep
from hub.sdk import Fact, Notice, Opinion, Swept
from hub.store import connections, events, facts, notices, runs, sweeps, teams
from tests.flow.board import Board, Plugin, connect
from tests.hubs import TEAM, Clock, a_hub


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


def stored(hub: Hub) -> list[str]:
    with hub.database.reading() as tx:
        return sorted(run.request.key for run in runs.newest(tx, teams=None, limit=500))


def waiting(hub: Hub) -> list[notices.Waiting]:
    with hub.database.reading() as tx:
        return notices.waiting(tx)


def test_a_notice_is_one_run_however_often_it_comes(hub: Hub, board: Board) -> None:
    assert note(hub.parts, "board", Notice(key="card", at={"card": "card"}))
    assert not note(hub.parts, "board", Notice(key="card", at={"card": "card"}))
    assert look_up(hub.parts) == 1
    assert not note(hub.parts, "board", Notice(key="card", at={"card": "card"}))
    assert look_up(hub.parts) == 0
    assert stored(hub) == ["in:board:card"]
    assert board.looks == [["card"]]


def test_a_notice_and_a_sweep_of_the_same_request_are_one_run(hub: Hub, board: Board) -> None:
    note(hub.parts, "board", Notice(key="card", at={"card": "card"}))
    look_up(hub.parts)
    board.to_sweep = [Swept(requests=[board.request("card"), board.request("other")], cursor={"at": 1})]
    assert sweep(hub.parts) == 1
    assert stored(hub) == ["in:board:card", "in:board:other"]


def test_notices_are_looked_up_together_and_only_once_they_settled(hub: Hub, board: Board, clock: Clock) -> None:
    for number in range(12):
        note(hub.parts, "board", Notice(key=f"c{number:02}", at={"card": "x"}, settle=60.0 if number == 11 else 0.0))
    assert look_up(hub.parts) == 11
    assert [len(some) for some in board.looks] == [10, 1]
    clock.now += 61
    assert look_up(hub.parts) == 1
    assert len(stored(hub)) == 12


def test_a_vendor_that_is_away_loses_no_notice(hub: Hub, board: Board, clock: Clock) -> None:
    board.look_fails = lambda _: Unavailable("The board does not answer.")
    note(hub.parts, "board", Notice(key="card", at={"card": "card"}))
    for _ in range(30):
        look_up(hub.parts)
        clock.now += 3600
    (left,) = waiting(hub)
    assert (left.connection, left.count, left.problem) == ("board", 1, "The board does not answer.")
    assert len(board.looks) > 15
    board.look_fails = lambda _: None
    assert look_up(hub.parts) == 1
    assert stored(hub) == ["in:board:card"]
    assert waiting(hub) == []


def test_a_used_up_allowance_is_waited_for_as_long_as_it_says(hub: Hub, board: Board, clock: Clock) -> None:
    board.look_fails = lambda _: OutOfQuota("None left.", after=900)
    note(hub.parts, "board", Notice(key="card", at={"card": "card"}))
    assert look_up(hub.parts) == 1
    clock.now += 899
    assert look_up(hub.parts) == 0
    clock.now += 2
    assert look_up(hub.parts) == 1


def test_a_used_up_allowance_makes_the_next_wait_no_longer(hub: Hub, board: Board, clock: Clock) -> None:
    board.look_fails = lambda _: OutOfQuota("None left.", after=60)
    note(hub.parts, "board", Notice(key="card", at={"card": "card"}))
    for _ in range(12):
        assert look_up(hub.parts) == 1
        clock.now += 61


def test_one_notice_that_cannot_be_looked_up_holds_up_no_other(hub: Hub, board: Board) -> None:
    board.look_fails = lambda some: KeyError("c2") if any(one.key == "c2" for one in some) else None
    for number in range(5):
        note(hub.parts, "board", Notice(key=f"c{number}", at={"card": "x"}))
    look_up(hub.parts)
    assert stored(hub) == [f"in:board:c{number}" for number in (0, 1, 3, 4)]
    (left,) = waiting(hub)
    assert left.count == 1
    # What an exception says may be a person's text, so it is not repeated.
    assert "c2" not in (left.problem or "")


def test_an_account_that_is_refused_is_not_asked_again_for_each_notice(hub: Hub, board: Board) -> None:
    board.look_fails = lambda _: NeedsPermission("The board no longer accepts the sign-in.")
    for number in range(8):
        note(hub.parts, "board", Notice(key=f"c{number}", at={"card": "x"}))
    look_up(hub.parts)
    assert len(board.looks) == 1
    (left,) = waiting(hub)
    assert (left.count, left.problem) == (8, "The board no longer accepts the sign-in.")


def test_what_came_in_while_a_connection_is_paused_waits_for_the_end_of_the_pause(
    hub: Hub, board: Board, clock: Clock
) -> None:
    note(hub.parts, "board", Notice(key="card", at={"card": "card"}))
    with hub.database.transaction() as tx:
        connections.pause(tx, "board", True, clock.now)
    assert look_up(hub.parts) == 0
    with hub.database.reading() as tx:
        assert notices.due(tx, clock.now) == 0
    assert board.looks == []
    with hub.database.transaction() as tx:
        connections.pause(tx, "board", False, clock.now)
    assert look_up(hub.parts) == 1
    assert stored(hub) == ["in:board:card"]


def test_many_notices_of_one_connection_do_not_hold_up_another(hub: Hub, board: Board) -> None:
    connect(hub, name="second")
    note(hub.parts, "board", *(Notice(key=f"c{number:04}", at={"card": "x"}) for number in range(4000)))
    note(hub.parts, "second", Notice(key="one", at={"card": "x"}))
    while "second" in {one.connection for one in waiting(hub)}:
        assert look_up(hub.parts)
    assert "board" in {one.connection for one in waiting(hub)}, "its turn came before the other was through"


def test_a_refusal_of_all_is_asked_for_by_pieces_and_not_by_each(hub: Hub, board: Board) -> None:
    board.look_fails = lambda _: VendorRefused("The board shows this user no cards.")
    board.look_up_batch = 200  # type: ignore[misc]
    note(hub.parts, "board", *(Notice(key=f"c{number:03}", at={"card": "x"}) for number in range(200)))
    look_up(hub.parts)
    assert len(board.looks) <= 31
    (left,) = waiting(hub)
    assert left.count == 200


def test_text_that_no_database_takes_holds_up_nobody(hub: Hub, board: Board, clock: Clock) -> None:
    odd = "a\ud800b\x00c"
    run = hub.run(board.request("card", Trigger.USER, team=TEAM))
    board.to_sweep = [
        Swept(
            requests=[board.request("odd", context=Context(text=f"{odd} text", title=odd, facts={"a": odd}))],
            facts=[Fact(kind="sale", vendor_id="006", at=1.0, data={"name": odd})],
            opinions=[Opinion(key=f"{run.id}.1", run_id=odd), Opinion(key=f"{run.id}.1", run_id=run.id, comment=odd)],
            cursor={"at": 1},
        )
    ]
    sweep(hub.parts)
    with hub.database.reading() as tx:
        state = sweeps.get(tx, "board")
        assert len(facts.of_kind(tx, "board", "opinion")) == 1
    assert state is not None
    assert (state.cursor, state.problem) == ({"at": 1}, None)
    assert "in:board:odd" in stored(hub)


def test_a_look_that_died_is_taken_on_by_the_next(hub: Hub, board: Board, clock: Clock) -> None:
    note(hub.parts, "board", Notice(key="card", at={"card": "card"}))
    with hub.database.transaction() as tx:
        assert notices.take(tx, clock.now, until=clock.now + 300, limit=10)  # …and its process is killed.
    assert look_up(hub.parts) == 0
    clock.now += 301
    assert look_up(hub.parts) == 1
    assert stored(hub) == ["in:board:card"]


def test_a_name_that_is_no_workflow_of_the_team_is_a_template(hub: Hub, board: Board) -> None:
    named = board.request("card", workflow="rewrite-in-brand-voice", template=None)
    board.to_sweep = [Swept(requests=[named, board.request("odd", workflow="no-such-thing", template=None)])]
    sweep(hub.parts)
    with hub.database.reading() as tx:
        found = {run.request.key: run for run in runs.newest(tx, teams=None)}
    assert found["in:board:card"].state is RunState.QUEUED
    assert found["in:board:odd"].state is RunState.FAILED
    assert "no-such-thing" in (found["in:board:odd"].problem.what if found["in:board:odd"].problem else "")


@pytest.mark.parametrize("name", ["x" * 300, "a\x00b", "Ünïcode ' OR 1=1 --", "  "])
def test_whatever_people_write_for_a_name_is_stored_and_holds_up_no_other(hub: Hub, board: Board, name: str) -> None:
    odd = [
        board.request("one", workflow=name, template=None),
        board.request("two", team=name),
        board.request("three"),
    ]
    board.to_sweep = [Swept(requests=odd, cursor={"at": 1})]
    sweep(hub.parts)
    with hub.database.reading() as tx:
        found = {run.request.key.rpartition(":")[2]: run.state for run in runs.newest(tx, teams=None)}
        state = sweeps.get(tx, "board")
    assert found == {"one": RunState.FAILED, "two": RunState.FAILED, "three": RunState.QUEUED}
    assert state is not None
    assert (state.cursor, state.problem) == ({"at": 1}, None)


def test_a_request_for_a_team_without_the_connection_is_stored_where_somebody_sees_it(hub: Hub, board: Board) -> None:
    board.to_sweep = [Swept(requests=[board.request("card", team="nobody")], cursor={"at": 1})]
    sweep(hub.parts)
    with hub.database.reading() as tx:
        (run,) = runs.newest(tx, teams=None)
    assert (run.team, run.state) == (TEAM, RunState.FAILED)
    assert run.problem is not None
    assert "not switched on" in run.problem.what


def test_the_cursor_moves_only_once_everything_is_stored(hub: Hub, board: Board, clock: Clock) -> None:
    with hub.database.transaction() as tx:
        teams.put(tx, "other", "Other", {}, 0.0)
    connect(hub, "other")  # On for two teams: a request that names none has no home.
    board.to_sweep = [Swept(requests=[board.request("a"), board.request("b", team=TEAM)], cursor={"at": 1})]
    sweep(hub.parts)
    assert len(stored(hub)) == 2
    with hub.database.reading() as tx:
        state = sweeps.get(tx, "board")
    assert state is not None
    assert (state.cursor, state.problem) == ({"at": 1}, None)


def test_a_sweep_that_fails_begins_again_at_the_same_place(hub: Hub, board: Board, clock: Clock) -> None:
    board.to_sweep = [Swept(cursor={"at": 1}), NeedsPermission("The board refuses."), RuntimeError("secret text")]
    sweep(hub.parts)
    for problem in ("The board refuses.", "Something went wrong inside Inlay (RuntimeError)."):
        clock.now += 3601
        assert sweep(hub.parts) == 1
        with hub.database.reading() as tx:
            state = sweeps.get(tx, "board")
        assert state is not None
        assert (state.cursor, state.problem) == ({"at": 1}, problem)
    clock.now += 3601
    sweep(hub.parts)
    assert board.cursors == [{}, {"at": 1}, {"at": 1}, {"at": 1}]


def test_a_long_sweep_goes_on_page_by_page_and_keeps_how_far_it_came(hub: Hub, board: Board, clock: Clock) -> None:
    board.to_sweep = [
        Swept(requests=[board.request("a")], cursor={"page": 1}, more=True),
        Unavailable("away"),
        Swept(requests=[board.request("b")], cursor={"page": 2}, more=True),
        Swept(requests=[board.request("c")], cursor={"at": 9}),
    ]
    sweep(hub.parts)
    clock.now += 61
    sweep(hub.parts)
    assert board.cursors == [{}, {"page": 1}, {"page": 1}, {"page": 2}]
    assert len(stored(hub)) == 3


def test_a_sweep_is_made_by_one_process_and_taken_on_when_that_one_dies(hub: Hub, board: Board, clock: Clock) -> None:
    with hub.database.transaction() as tx:
        sweeps.plan(tx, ["board"], clock.now)
        assert sweeps.take(tx, ["board"], clock.now, until=clock.now + LEASE)
    assert sweep(hub.parts) == 0
    clock.now += LEASE + 1
    assert sweep(hub.parts) == 1


def test_a_paused_connection_is_not_swept(hub: Hub, board: Board, clock: Clock) -> None:
    with hub.database.transaction() as tx:
        connections.pause(tx, "board", True, clock.now)
    assert sweep(hub.parts) == 0
    assert board.cursors == []


def test_an_opinion_is_on_record_once_for_each_time_it_changes(hub: Hub, board: Board, clock: Clock) -> None:
    run = hub.run(board.request("card", Trigger.USER, team=TEAM))
    assert run.state is RunState.DELIVERED, run.problem

    def say(useful: int, comment: str = "") -> None:
        board.to_sweep = [Swept(opinions=[Opinion(key=f"{run.id}.1", run_id=run.id, useful=useful, comment=comment)])]
        clock.now += 301
        sweep(hub.parts)

    for useful in (1, 1, 5, 5, 5):
        say(useful)
    say(5, "A private word.")
    board.to_sweep = [
        Swept(
            opinions=[
                Opinion(key="o2", run_id="unknown", useful=5),
                Opinion(key="another record", run_id=run.id, useful=1),
            ]
        )
    ]
    clock.now += 301
    sweep(hub.parts)
    with hub.database.reading() as tx:
        said = [event for event in events.of_run(tx, run.id) if event.kind == "feedback.given"]
        kept = facts.of_kind(tx, "board", "opinion")
    assert [event.data["useful"] for event in said] == [1, 5, 5]
    assert not any("private" in str(event.data) for event in said)
    assert [fact.data["comment"] for fact in kept] == ["A private word."]


def test_an_opinion_about_a_run_of_another_connection_is_not_heard(hub: Hub, board: Board, clock: Clock) -> None:
    connect(hub, name="second")
    run = hub.run(board.request("card", Trigger.USER, team=TEAM))
    board.to_sweep = [Swept(), Swept(opinions=[Opinion(key=f"{run.id}.1", run_id=run.id, useful=1)])]
    sweep(hub.parts)
    with hub.database.reading() as tx:
        heard = [event for event in events.of_run(tx, run.id) if event.kind == "feedback.given"]
    # The second answer goes to the connection named "second", which never had this run.
    assert heard == []


def test_the_newest_fact_counts_and_an_older_one_changes_nothing(hub: Hub, board: Board, clock: Clock) -> None:
    def fact(at: float, amount: int) -> Swept:
        return Swept(facts=[Fact(kind="sale", vendor_id="006", at=at, data={"amount": amount})])

    for at, amount in ((10.0, 1), (20.0, 2), (15.0, 3)):
        board.to_sweep = [fact(at, amount)]
        clock.now += 301
        sweep(hub.parts)
    with hub.database.reading() as tx:
        (kept,) = facts.of_kind(tx, "board", "sale")
    assert (kept.at, kept.data) == (20.0, {"amount": 2})
