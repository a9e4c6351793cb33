"""Teams share the hub: one that sends a flood does not stand in front of one that sends a single request."""

from __future__ import annotations

from pathlib import Path

from hub.bootstrap import Hub
from hub.pipeline import run
from hub.pipeline.receive import ASK, receive
from hub.store import teams
from tests.hubs import TEAM, a_hub, request


def order_of_work(hub: Hub, count: int) -> list[str]:
    """The teams whose runs are worked on next, in order."""
    done = []
    for _ in range(count):
        ended = run.work(hub.parts, ASK)
        assert ended is not None
        done.append(ended.team)
    return done


def test_a_single_request_overtakes_the_tail_of_another_teams_flood(tmp_path: Path, database_url: str) -> None:
    now = [1_000.0]
    with a_hub(tmp_path, database_url=database_url, clock=lambda: now[0]) as hub:
        with hub.database.transaction() as tx:
            teams.put(tx, "media", "Media team", {}, 0.0)
        for number in range(30):
            receive(hub.parts, request(f"flood {number}"))
        now[0] += 2.5
        receive(hub.parts, request("single", team="media"))
        now[0] += 60
        order = order_of_work(hub, 31)
        assert order.index("media") == 3
        assert order.count(TEAM) == 30


def test_two_floods_take_turns(tmp_path: Path) -> None:
    now = [1_000.0]
    with a_hub(tmp_path, clock=lambda: now[0]) as hub:
        with hub.database.transaction() as tx:
            teams.put(tx, "media", "Media team", {}, 0.0)
        for number in range(10):
            receive(hub.parts, request(f"a {number}"))
        for number in range(10):
            receive(hub.parts, request(f"b {number}", team="media"))
        now[0] += 60
        order = order_of_work(hub, 20)
        assert {tuple(sorted(order[i : i + 2])) for i in range(0, 20, 2)} == {tuple(sorted((TEAM, "media")))}


def test_runs_of_one_team_are_worked_on_in_the_order_they_came(tmp_path: Path) -> None:
    with a_hub(tmp_path) as hub:
        ids = [receive(hub.parts, request(str(number))).run_id for number in range(8)]
        worked = [run.work(hub.parts, ASK) for _ in ids]
        assert [one and one.id for one in worked] == ids
        assert run.work(hub.parts, ASK) is None
