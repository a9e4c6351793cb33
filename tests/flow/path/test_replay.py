"""A pack is held against earlier drafts before it is switched on: what it would have stopped, and nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.bootstrap import Hub
from hub.domain import RunState
from hub.governance.policy import Pack, load_pack
from hub.pipeline import replay as module
from hub.pipeline.replay import replay
from hub.store import events, runs, teams
from hub.testing import FakeModel
from tests.hubs import TEAM, Clock, a_hub, answer, request

PACK = """\
pack: ours
version: 1
title: Ours
checks:
  - name: copy_rules
    rules:
      rules:
        - {id: monday, terms: [monday], why: We name no days., instead: Name the date.}
        - {id: sale, terms: [sale], severity: warn, raise_tier: 3, why: Legal looks at it., instead: Say what it is.}
        - {id: come, terms: [come in], severity: info, why: It is worn., instead: Invite in your own words.}
"""
DRAFTS = ["From Monday on.", "A sale.", "Come in.", "Nothing to see here.", "A Monday sale, come in."]


@pytest.fixture
def pack() -> Pack:
    return load_pack(PACK)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(tmp_path: Path, clock: Clock, database_url: str) -> Iterator[Hub]:
    model = FakeModel(*(answer(draft) for draft in DRAFTS))
    with a_hub(tmp_path, model=model, clock=clock, database_url=database_url) as made:
        for number, _ in enumerate(DRAFTS):
            assert made.run(request(f"r{number}")).state is RunState.DELIVERED
            clock.now += 60
        yield made


def test_it_says_per_team_what_would_have_been_held_raised_and_noted(hub: Hub, pack: Pack) -> None:
    found = replay(hub.parts, pack, days=30)
    team = found.teams[TEAM]
    assert (team.runs, team.held, team.raised, team.noted) == (5, 2, 1, 1)
    assert dict(found.rules) == {"ours.monday": 2, "ours.sale": 2, "ours.come": 2}
    assert found.whole
    with hub.database.reading() as tx:
        known = {run.id for run in runs.newest(tx, teams=None)}
    assert set(found.examples["ours.monday"]) < known


def test_it_touches_nothing(hub: Hub, pack: Pack) -> None:
    def standing() -> tuple[object, ...]:
        with hub.database.reading() as tx:
            return tuple(runs.newest(tx, teams=None)), events.last(tx)

    before = standing()
    replay(hub.parts, pack, days=30)
    assert standing() == before


def test_only_the_days_and_the_team_asked_for_count(hub: Hub, pack: Pack, clock: Clock) -> None:
    assert replay(hub.parts, pack, days=30, team="another").teams == {}
    clock.now += 10 * 86_400
    assert replay(hub.parts, pack, days=5).teams == {}
    assert replay(hub.parts, pack, days=11).teams[TEAM].runs == 5


def test_a_run_that_was_held_already_is_not_counted_as_newly_held(
    tmp_path: Path, pack: Pack, database_url: str
) -> None:
    with a_hub(tmp_path, model=FakeModel(answer("A clinically proven Monday."))) as hub:
        assert hub.run(request("held")).state is RunState.HELD
        team = replay(hub.parts, pack, days=1).teams[TEAM]
        assert (team.runs, team.held) == (1, 0)


def test_it_tells_how_far_it_is_and_stops_when_told(hub: Hub, pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    told: list[int] = []
    found = replay(hub.parts, pack, days=30, progress=told.append)
    assert told == [2, 4, 5]
    assert found.teams[TEAM].runs == 5
    partly = replay(hub.parts, pack, days=30, progress=told.append, stopped=lambda: len(told) > 4)
    assert not partly.whole
    assert partly.teams[TEAM].runs == 4


def test_teams_are_told_apart(hub: Hub, pack: Pack) -> None:
    with hub.database.transaction() as tx:
        teams.put(tx, "media", "Paid media", {}, 0.0)
    hub.run(request("theirs", team="media"))
    assert set(replay(hub.parts, pack, days=30).teams) == {TEAM, "media"}
