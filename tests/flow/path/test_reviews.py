"""Reviews from the queue to the decision: who may decide, what is late, what is sampled, and who only stamps."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.bootstrap import Hub
from hub.domain import Actor, Role, Run, RunState
from hub.errors import BadRequest, Conflict, InlayError, NotAllowed
from hub.governance.reviews import ReviewRules
from hub.pipeline import act, review, reviewers, second_look
from hub.pipeline.erase import erase
from hub.store import events, reviews, teams
from tests.flow.path.review_desk import ADA, KIM, Desk, a_desk
from tests.hubs import AUTHOR, REVIEWER, TEAM


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    with a_desk(tmp_path, database_url) as desk:
        yield desk


def test_a_draft_that_needs_a_review_waits_in_the_queue_until_it_is_decided(desk: Desk) -> None:
    run = desk.run(2)
    (one,) = desk.waiting()
    assert (one.run_id, one.kind, one.tier) == (run.id, "review", 2)
    assert one.due_at == ReviewRules().due(desk.clock.now, 2)
    assert desk.decide(run, REVIEWER).state is RunState.APPROVED
    assert desk.waiting() == []


def test_a_draft_that_is_cancelled_waits_for_nobody(desk: Desk) -> None:
    run = desk.run(2)
    act.cancel(desk.hub.parts, run, AUTHOR)
    assert desk.waiting() == []
    with desk.hub.database.reading() as tx:
        dropped = reviews.get(tx, reviewers.look_id(run.id))
    assert dropped is not None and dropped.decision == "dropped"


def test_an_approval_says_which_draft_it_is_for(desk: Desk) -> None:
    run = desk.run(2)
    with pytest.raises(BadRequest, match="which draft"):
        review.decide(desk.hub.parts, run, REVIEWER, accept=True)
    with pytest.raises(Conflict, match="changed"):
        review.decide(desk.hub.parts, run, REVIEWER, accept=True, seen="0" * 64)
    assert desk.hub.get(run.id).state is RunState.IN_REVIEW


def test_one_changed_character_is_another_content_hash(desk: Desk) -> None:
    draft = desk.run(2).draft
    assert draft is not None
    first = draft.variants[0]
    other = dataclasses.replace(draft, variants=(dataclasses.replace(first, text=first.text + "!"),))
    assert review.content_hash(other) != review.content_hash(draft)


@pytest.mark.parametrize("opened", [False, True])
def test_an_approval_quicker_than_anybody_reads_is_not_recorded_as_a_review(desk: Desk, opened: bool) -> None:
    run = desk.run(2)
    assert run.draft is not None
    if opened:
        review.opened(desk.hub.parts, reviewers.look_id(run.id), REVIEWER)
        desk.clock.now += 3
    with pytest.raises(Conflict, match="too quick"):
        review.decide(desk.hub.parts, run, REVIEWER, accept=True, seen=review.content_hash(run.draft))
    assert desk.hub.get(run.id).state is RunState.IN_REVIEW
    assert desk.decide(run, REVIEWER).state is RunState.APPROVED


def test_a_rejection_needs_no_time(desk: Desk) -> None:
    run = desk.run(2)
    assert desk.decide(run, REVIEWER, accept=False, reason="Too loud.", after=0.0).state is RunState.REFUSED


def test_two_reviewers_at_once_are_one_decision(desk: Desk) -> None:
    for _ in range(5):
        run = desk.run(2)
        for actor in (REVIEWER, KIM):
            review.opened(desk.hub.parts, reviewers.look_id(run.id), actor)
        desk.clock.now += 120
        ended = _at_once(desk, run)
        assert "conflict" in ended
        assert sum(one in ("approved", "refused") for one in ended) == 1
        with desk.hub.database.reading() as tx:
            assert [event.kind for event in events.of_run(tx, run.id)].count("review.decided") == 1


def _at_once(desk: Desk, run: Run) -> list[str]:
    """One approves and one rejects in the same moment; what each was told."""
    assert run.draft is not None
    seen, gate = review.content_hash(run.draft), threading.Barrier(2)
    ended: list[str] = []

    def decide(actor: Actor, accept: bool) -> None:
        gate.wait()
        try:
            made = review.decide(desk.hub.parts, run, actor, accept=accept, seen=seen, reason="r")
            ended.append(made.state)
        except InlayError as error:
            ended.append(error.code)

    threads = [threading.Thread(target=decide, args=pair) for pair in ((REVIEWER, True), (KIM, False))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


@pytest.mark.parametrize(
    ("actor", "why"),
    [
        (AUTHOR, "does not review"),
        (dataclasses.replace(AUTHOR, role=Role.ADMIN), "somebody other"),
        (dataclasses.replace(AUTHOR, role=Role.LEAD, person=" MARA@Example.com "), "somebody other"),
        (Actor(person=None, role=Role.ADMIN, via="api"), "somebody other"),
        (Actor(person="max@example.com", role=Role.MEMBER, via="test"), "does not review"),
    ],
    ids=["the author", "an author who is admin", "an author otherwise spelt", "a machine", "a member"],
)
def test_who_asked_and_who_has_no_role_decide_nothing(desk: Desk, actor: Actor, why: str) -> None:
    run = desk.run(2)
    assert run.draft is not None
    for accept in (True, False):
        with pytest.raises(NotAllowed, match=why):
            review.decide(desk.hub.parts, run, actor, accept=accept, seen=review.content_hash(run.draft), reason="r")
    assert desk.hub.get(run.id).state is RunState.IN_REVIEW


def test_what_needs_a_specialist_is_decided_by_one_and_by_an_admin_once_it_is_late(desk: Desk) -> None:
    desk.rules(specialists=["kim@example.com", "gone@example.com"])
    first, second = desk.run(3), desk.run(3)
    for actor in (REVIEWER, ADA):
        with pytest.raises(NotAllowed, match="specialist") as refused:
            desk.decide(first, actor)
        assert "Kim" in refused.value.instead and "gone" not in refused.value.instead
    assert desk.decide(first, KIM).state is RunState.APPROVED
    desk.clock.now += 14 * 86_400
    assert second_look.escalate(desk.hub.parts) == 1
    with pytest.raises(NotAllowed):
        desk.decide(second, REVIEWER)
    assert desk.decide(second, ADA).state is RunState.APPROVED


def test_when_every_specialist_has_left_whoever_reviews_may_decide(desk: Desk) -> None:
    desk.rules(specialists=["gone@example.com"])
    assert desk.decide(desk.run(3), REVIEWER).state is RunState.APPROVED


@pytest.mark.parametrize("leaves", ["jon", "kim"])
def test_whoever_leaves_every_open_draft_has_somebody_to_decide(desk: Desk, leaves: str) -> None:
    runs = [desk.run(tier) for tier in (2, 3)]
    with desk.hub.database.transaction() as tx:
        teams.put_person(tx, f"{leaves}@example.com", leaves, {}, 0.0)
    with desk.hub.database.reading() as tx:
        for one in reviews.waiting(tx, teams=None):
            assert reviewers.eligible(tx, reviewers.case_waiting(tx, one))
    assert {one.run_id for one in desk.waiting()} == {run.id for run in runs}


def test_a_regulated_pack_asks_for_two_people(desk: Desk) -> None:
    with desk.hub.database.transaction() as tx:
        teams.put(tx, TEAM, "Brand team", {"packs": ["finance"]}, 0.0)
    run = desk.run(3)
    if run.state is not RunState.IN_REVIEW:
        pytest.fail(f"{run.problem}")
    once = desk.decide(run, REVIEWER)
    assert once.state is RunState.IN_REVIEW and once.review is not None
    with pytest.raises(NotAllowed, match="decided on this draft already"):
        desk.decide(run, REVIEWER)
    done = desk.decide(run, KIM)
    assert done.state is RunState.APPROVED
    assert done.review is not None and (done.review.first, done.review.by) == (REVIEWER.person, KIM.person)


def test_a_late_review_is_told_once_however_many_look(desk: Desk) -> None:
    desk.run(2)
    parts = desk.hub.parts
    assert second_look.escalate(parts) == 0
    desk.clock.now += 7 * 86_400
    counted: list[int] = []
    threads = [threading.Thread(target=lambda: counted.append(second_look.escalate(parts))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counted) == [0, 0, 0, 1]
    assert desk.noted("review.late") == [{"kind": "review", "tier": 2}]
    assert desk.waiting()[0].escalated_at is not None


def test_an_erased_asker_who_comes_back_does_not_approve_their_old_draft(desk: Desk) -> None:
    hub, mara = desk.hub, AUTHOR.person
    assert mara is not None
    _come(hub, REVIEWER.person, at=desk.clock.now)
    _come(hub, mara, at=desk.clock.now)
    desk.clock.now += 60
    run = desk.run(2)
    erase(hub.parts, mara)
    desk.clock.now += 60
    _come(hub, mara, at=desk.clock.now)
    back = dataclasses.replace(AUTHOR, role=Role.REVIEWER)
    with pytest.raises(NotAllowed, match="was here when it was asked for"):
        desk.decide(hub.get(run.id), back)
    assert desk.decide(hub.get(run.id), REVIEWER).state is RunState.APPROVED


def _come(hub: Hub, person: str | None, *, at: float) -> None:
    assert person is not None
    with hub.database.transaction() as tx:
        teams.put_person(tx, person, "Somebody", {TEAM: Role.REVIEWER}, at)


def test_what_waits_for_somebody_is_found_behind_any_number_of_others(desk: Desk) -> None:
    for _ in range(7):
        desk.run(2)
    with desk.hub.database.reading() as tx:
        by_twos = [one.look.id for one in reviews.every_waiting(tx, teams=[TEAM], batch=2)]
        assert by_twos == [one.look.id for one in reviews.waiting(tx, teams=[TEAM])]
    assert len(set(by_twos)) == 7
