"""A change of packs is tried on earlier drafts in the background, and made with what was found, on record."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.bootstrap import Hub
from hub.domain import Actor, Role, RunState
from hub.errors import BadRequest, Conflict, NotAllowed
from hub.governance.additions import Additions, policy_of
from hub.offline import Simulator
from hub.pipeline import choose, rule_counts, what_if
from hub.pipeline import replay as replaying
from hub.store import events, policies, rule_days, teams, what_ifs
from hub.store.what_ifs import WhatIf
from hub.testing import FakeModel
from tests.hubs import TEAM, Clock, a_hub, answer, request

ADMIN = Actor(person="ada@example.com", role=Role.ADMIN, via="test")
LEAD = Actor(person="lea@example.com", role=Role.LEAD, via="test")
#: The pack ``pharma`` is off unless somebody chooses it, and holds the second.
DRAFTS = ["Nothing to see here.", "Our new medicine has no side effects.", "All fine."]
LATER = ["Our new medicine has no side effects.", "Clinically proven."]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(tmp_path: Path, clock: Clock, database_url: str) -> Iterator[Hub]:
    model = FakeModel(*(answer(draft) for draft in (*DRAFTS, *LATER)))
    with a_hub(tmp_path, model=model, clock=clock, database_url=database_url) as made:
        for number, _ in enumerate(DRAFTS):
            assert made.run(request(f"r{number}")).state is RunState.DELIVERED
            clock.now += 60
        yield made


def tried(hub: Hub, actor: Actor = ADMIN, *, scope: str = "", pack: str = "pharma", turns: str = "on") -> WhatIf:
    asked = what_if.ask(hub.parts, actor, scope=scope, pack=pack, turns=turns)  # type: ignore[arg-type]
    what_if.work(hub.parts)
    return seen(hub, asked.id)


def wait_until(true: Callable[[], bool]) -> None:
    deadline, pause = time.monotonic() + 10, threading.Event()
    while not true():
        assert time.monotonic() < deadline
        pause.wait(0.02)


def seen(hub: Hub, id: str) -> WhatIf:
    with hub.database.reading() as tx:
        found = what_ifs.get(tx, id)
    assert found is not None
    return found


def test_a_pack_is_switched_on_with_what_it_would_have_done_and_stands_in_the_ledger(hub: Hub, clock: Clock) -> None:
    one = tried(hub)
    assert (one.state, one.looked, one.total) == ("done", 3, 3)
    team = what_if.replay_of(one).teams[TEAM]
    assert (team.runs, team.held) == (3, 1)
    choose.switch(hub.parts, one, ADMIN)
    with hub.database.reading() as tx:
        chosen = Additions.model_validate(policies.get(tx))
        who = [(choice.scope, choice.person) for choice in policies.choices(tx) if choice.pack == "pharma"]
        (row,) = (event for event, _ in events.walk(tx) if event.kind == "policy.switched")
    assert chosen.packs is not None and "pharma" in chosen.packs
    assert who == [("", "ada@example.com")]
    assert (row.data["pack"], row.data["drafts"], row.data["held"]) == ("pharma", 3, 1)
    assert row.actor.startswith("person:")
    assert row.data["policy"] == policy_of(chosen).revision
    with pytest.raises(Conflict):
        choose.switch(hub.parts, one, ADMIN)


def test_what_was_tried_under_other_rules_is_tried_again_first(hub: Hub) -> None:
    one = tried(hub)
    choose.switch(hub.parts, tried(hub, pack="finance"), ADMIN)
    with pytest.raises(Conflict, match="changed since"):
        choose.switch(hub.parts, one, ADMIN)


def test_switching_off_says_what_its_rules_alone_stopped(hub: Hub) -> None:
    choose.switch(hub.parts, tried(hub), ADMIN)
    wait_until(lambda: any(name.startswith("pharma@") for name in hub.parts.policy_of(TEAM).packs))
    assert hub.run(request("held")).state is RunState.HELD
    one = tried(hub, turns="off")
    assert what_if.replay_of(one).teams[TEAM].freed == 1
    choose.switch(hub.parts, one, ADMIN)
    with hub.database.reading() as tx:
        assert "pharma" not in (Additions.model_validate(policies.get(tx)).packs or ())
        assert not [choice for choice in policies.choices(tx) if choice.pack == "pharma"]


def test_a_lead_adds_a_pack_for_the_team_and_takes_none_away(hub: Hub) -> None:
    choose.switch(hub.parts, tried(hub, LEAD, scope=TEAM), LEAD)
    with hub.database.reading() as tx:
        team = teams.get(tx, TEAM)
        assert team is not None and team.policy == {"packs": ["pharma"]}
        assert policies.get(tx) == {}
    for scope, turns in (("", "on"), (TEAM, "off")):
        with pytest.raises(NotAllowed):
            tried(hub, LEAD, scope=scope, turns=turns)
    with pytest.raises(BadRequest, match="everybody already"):
        tried(hub, LEAD, scope=TEAM, pack="inclusive")


def test_what_guards_secrets_is_not_switched_off(hub: Hub) -> None:
    with pytest.raises(BadRequest, match="not switched off here"):
        tried(hub, pack="core", turns="off")


def test_a_cancelled_one_stops_and_cannot_be_made(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "BATCH", 1)
    asked = what_if.ask(hub.parts, ADMIN, scope="", pack="pharma", turns="on")
    weigh = what_if.weigh

    def cancelled_meanwhile(*given: object) -> None:
        weigh(*given)  # type: ignore[arg-type]
        what_if.cancel(hub.parts, asked)

    monkeypatch.setattr(what_if, "weigh", cancelled_meanwhile)
    assert what_if.work(hub.parts) == 0
    one = seen(hub, asked.id)
    assert (one.state, one.looked) == ("cancelled", 0)
    with pytest.raises(Conflict):
        choose.switch(hub.parts, one, ADMIN)


def test_whoever_takes_it_over_goes_on_where_the_last_one_was(
    hub: Hub, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "BATCH", 1)
    asked = what_if.ask(hub.parts, ADMIN, scope="", pack="pharma", turns="on")
    weigh, seen_runs = what_if.weigh, []

    def dies_at_the_second(parts: object, pack: object, found: object, batch: object) -> None:
        some = list(batch)  # type: ignore[call-overload]
        seen_runs.extend(run.id for run in some)
        if len(seen_runs) == 2:
            raise OSError("the process is gone")
        weigh(parts, pack, found, some)  # type: ignore[arg-type]

    monkeypatch.setattr(what_if, "weigh", dies_at_the_second)
    with pytest.raises(OSError):
        what_if.work(hub.parts)
    assert seen(hub, asked.id).looked == 1
    assert what_if.work(hub.parts) == 0
    clock.now += what_if.LEASE + 1
    assert what_if.work(hub.parts) == 1
    one = seen(hub, asked.id)
    assert (one.state, one.looked, what_if.replay_of(one).teams[TEAM].runs) == ("done", 3, 3)
    assert len(set(seen_runs)) == 3 and len(seen_runs) == 4


def test_simulated_drafts_do_not_count(tmp_path: Path) -> None:
    with a_hub(tmp_path) as hub:
        hub.parts.model = Simulator()
        assert hub.run(request("simulated")).simulated
        assert what_if.replay_of(tried(hub)).teams == {}


def test_how_often_a_rule_found_something_is_counted_once(hub: Hub, clock: Clock) -> None:
    assert [hub.run(request(f"more {n}")).state for n in range(2)] == [RunState.DELIVERED, RunState.HELD]
    rule_counts.count(hub.parts)
    rule_counts.count(hub.parts)
    with hub.database.reading() as tx:
        counted = rule_days.counts(tx, [TEAM], clock.now - 86_400)
        assert counted["claims-us.unproven-science"] == 1
        assert rule_days.of_rule(tx, "claims-us.unproven-science", None, 0.0) == [(TEAM, 1)]
        assert rule_days.counts(tx, ["another"], 0.0) == {}


def test_an_admin_sets_what_a_failed_check_comes_to_and_nothing_milder_than_the_packs_say(hub: Hub) -> None:
    choose.set_step(hub.parts, "", "copy_rules", "flag", ADMIN)
    choose.set_step(hub.parts, TEAM, "copy_rules", "deny", ADMIN)
    with hub.database.reading() as tx:
        known = choose.stand(tx, TEAM)
    failing = {check.name: check.failing for check in policy_of(known.organisation, TEAM, known.added).checks}
    assert failing["copy_rules"] == "deny"
    assert {check.name: check.failing for check in policy_of(known.organisation).checks}["copy_rules"] == "flag"
    choose.set_step(hub.parts, TEAM, "copy_rules", None, ADMIN)
    with hub.database.reading() as tx:
        assert choose.stand(tx, TEAM).added == Additions()
    for scope, check, step in (("", "secrets", "hold"), ("", "personal_data", "flag"), (TEAM, "injection", "flag")):
        with pytest.raises(BadRequest):
            choose.set_step(hub.parts, scope, check, step, ADMIN)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        choose.set_step(hub.parts, TEAM, "injection", "deny", LEAD)


def test_two_changes_at_one_moment_are_not_made_over_each_other(hub: Hub) -> None:
    tries = [tried(hub, pack="pharma"), tried(hub, pack="finance")]
    ready = threading.Barrier(2)
    said: list[str] = []

    def switch(one: WhatIf) -> None:
        ready.wait(10)
        try:
            choose.switch(hub.parts, one, ADMIN)
            said.append(one.pack)
        except Conflict:
            said.append("again")

    threads = [threading.Thread(target=switch, args=(one,)) for one in tries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(said)[0] == "again" and len(said) == 2
    with hub.database.reading() as tx:
        chosen = Additions.model_validate(policies.get(tx)).packs or ()
    assert {"pharma", "finance"} & set(chosen) == set(said) - {"again"}
