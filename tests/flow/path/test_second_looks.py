"""Looks at what nobody had to review, second looks, planted errors, and drafts that are written anew."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.google_docs.sandbox import Sandbox
from hub.domain import Run, RunState
from hub.errors import Conflict, NotAllowed
from hub.governance.reviews import ladder
from hub.pipeline import act, redraft, retention, review, second_look
from hub.pipeline import run as running
from hub.store import reviews
from tests import hubs
from tests.flow.path.review_desk import ADA, KIM, Desk, a_desk
from tests.hubs import AUTHOR, REVIEWER, TEAM, at_end_of

DOCUMENT = "demo-newsletter"
OTHERS_TEXT = "Mail dora@example.net before Friday; the tone is too loud."


@pytest.fixture
def desk(tmp_path: Path, database_url: str, sandbox: Sandbox) -> Iterator[Desk]:
    with a_desk(tmp_path, database_url) as desk:
        hubs.connect(desk.hub, sandbox.url)
        yield desk


def delivered(desk: Desk, tier: int = 0) -> Run:
    run = desk.run(tier, target=at_end_of(DOCUMENT))
    assert run.state is RunState.DELIVERED, run.problem
    return run


def every_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every review of tier 3 comes with a planted error beside it, and no approved draft with a second look."""
    monkeypatch.setattr(second_look, "SEEDED", 1.0)
    monkeypatch.setattr(second_look, "SECOND_LOOKS", 0.0)


def test_the_first_ten_outputs_of_a_template_are_all_looked_at(desk: Desk) -> None:
    runs = {delivered(desk).id for _ in range(ladder.FIRST)}
    assert second_look.pick(desk.hub.parts) == ladder.FIRST
    assert {one.run_id for one in desk.waiting()} == runs
    assert {one.kind for one in desk.waiting()} == {"sample"}


def test_however_often_the_ledger_is_read_each_output_is_picked_once(desk: Desk) -> None:
    delivered(desk)
    assert [second_look.pick(desk.hub.parts) for _ in range(3)] == [1, 0, 0]
    delivered(desk)
    assert second_look.pick(desk.hub.parts) == 1


def test_clean_looks_bring_the_share_down_and_one_that_is_not_brings_it_back(desk: Desk) -> None:
    parts = desk.hub.parts
    for _ in range(3):
        delivered(desk)
    second_look.pick(parts)
    looks = desk.waiting()
    for one in looks[:2]:
        desk.look(one, REVIEWER, accept=True)
    with desk.hub.database.reading() as tx:
        assert reviews.step(tx, TEAM, "tier-0") == (3, 2)
    desk.look(looks[2], REVIEWER, accept=False)
    with desk.hub.database.reading() as tx:
        assert reviews.step(tx, TEAM, "tier-0") == (0, 0)
    assert [one["clean"] for one in desk.noted("review.looked")] == [True, True, False]


def test_later_outputs_are_looked_at_by_chance_that_nobody_knows_before(desk: Desk) -> None:
    with desk.hub.database.transaction() as tx:
        reviews.put_step(tx, TEAM, "tier-0", ladder.FIRST, 0)
    for _ in range(60):
        delivered(desk)
    assert 0 < second_look.pick(desk.hub.parts) < 60


def test_what_was_never_written_anywhere_and_what_a_team_does_not_want_looked_at_is_not_sampled(desk: Desk) -> None:
    assert desk.run(0).state is RunState.DELIVERED
    assert second_look.pick(desk.hub.parts) == 0
    desk.rules(samples=False)
    delivered(desk)
    assert second_look.pick(desk.hub.parts) == 0


def test_a_sample_is_not_for_the_one_who_asked_and_is_decided_once(desk: Desk) -> None:
    delivered(desk)
    second_look.pick(desk.hub.parts)
    (one,) = desk.waiting()
    with pytest.raises(NotAllowed):
        desk.look(one, AUTHOR, accept=True)
    desk.look(one, REVIEWER, accept=True)
    with pytest.raises(Conflict):
        desk.look(one, KIM, accept=True)


def test_a_text_that_was_taken_back_waits_for_no_look(desk: Desk) -> None:
    run = delivered(desk)
    second_look.pick(desk.hub.parts)
    act.undo(desk.hub.parts, run, AUTHOR)
    assert desk.waiting() == []


def test_a_second_look_is_not_for_the_one_who_approved(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_look, "SECOND_LOOKS", 1.0)
    run = desk.publish(2, REVIEWER)
    assert run.state is RunState.DELIVERED
    second_look.pick(desk.hub.parts)
    (one,) = desk.waiting()
    assert (one.kind, one.run_id) == ("second", run.id)
    with pytest.raises(NotAllowed):
        desk.look(one, REVIEWER, accept=True)
    desk.look(one, KIM, accept=True)


def test_a_planted_error_passes_for_a_review_and_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    every_seed(monkeypatch)
    first = desk.publish(3, REVIEWER)
    second_look.pick(desk.hub.parts)
    second = desk.run(3)
    assert second_look.pick(desk.hub.parts) == 1
    (planted,) = [one for one in desk.waiting() if one.kind == "seeded"]
    assert planted.run_id == first.id and planted.draft is not None and first.draft is not None
    assert review.content_hash(planted.draft) != review.content_hash(first.draft)
    assert len(planted.id) == len(next(one.id for one in desk.waiting() if one.kind == "review"))
    before = desk.hub.get(first.id)
    assert "was changed to" in desk.look(planted, KIM, accept=True)
    assert desk.hub.get(first.id) == before
    assert desk.noted("review.tested") == [{"caught": False, "tier": 3}]
    assert desk.hub.get(second.id).state is RunState.IN_REVIEW


def test_a_planted_error_is_not_for_either_of_two_who_approved_the_draft(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    every_seed(monkeypatch)
    with desk.hub.database.transaction() as tx:
        hubs.teams.put(tx, TEAM, "Brand team", {"packs": ["finance"]}, 0.0)
    first = desk.run(3)
    desk.decide(first, REVIEWER)
    desk.decide(first, KIM)
    running.advance(desk.hub.parts, first.id)
    second_look.pick(desk.hub.parts)
    desk.run(3)
    second_look.pick(desk.hub.parts)
    (planted,) = [one for one in desk.waiting() if one.kind == "seeded"]
    for who in (REVIEWER, KIM):
        with pytest.raises(NotAllowed):
            desk.look(planted, who, accept=False)
    desk.look(planted, ADA, accept=False)


def test_a_look_that_is_not_clean_counts_also_while_outputs_are_picked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered(desk)
    second_look.pick(desk.hub.parts)
    (one,) = desk.waiting()
    delivered(desk)
    passed, answers = ladder.Ladder.passed, []
    thread = threading.Thread(target=lambda: answers.append(desk.look(one, REVIEWER, accept=False)))

    def meanwhile(step: ladder.Ladder) -> ladder.Ladder:
        if not thread.ident:
            thread.start()
            thread.join(1)
        return passed(step)

    monkeypatch.setattr(ladder.Ladder, "passed", meanwhile)
    second_look.pick(desk.hub.parts)
    thread.join(30)
    assert answers == [""]
    with desk.hub.database.reading() as tx:
        assert reviews.step(tx, TEAM, "tier-0") == (0, 0)


def test_whoever_misses_planted_errors_needs_a_second_person(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    every_seed(monkeypatch)
    desk.publish(3, ADA)
    second_look.pick(desk.hub.parts)
    for _ in range(4):
        desk.publish(3, ADA)
        second_look.pick(desk.hub.parts)
    planted = [one for one in desk.waiting() if one.kind == "seeded"]
    assert len(planted) == 4
    for one in planted:
        desk.look(one, REVIEWER, accept=True)
    run = desk.run(3)
    assert desk.decide(run, REVIEWER).state is RunState.IN_REVIEW
    assert desk.decide(run, KIM).state is RunState.APPROVED
    assert desk.decide(desk.run(3), KIM).state is RunState.APPROVED


def test_a_rejected_draft_is_taken_back_and_written_anew_with_the_reason(desk: Desk, sandbox: Sandbox) -> None:
    before = sandbox.store.text(DOCUMENT)
    run = desk.run(2, target=at_end_of(DOCUMENT))
    assert "20 % off" in sandbox.store.text(DOCUMENT)
    rejected = desk.decide(run, REVIEWER, accept=False, reason=OTHERS_TEXT)
    assert rejected.state is RunState.REFUSED
    assert act.take_back(desk.hub.parts, rejected, AUTHOR) == ""
    assert sandbox.store.text(DOCUMENT) == before
    new = desk.hub.run(redraft.request_of(desk.hub.parts, rejected, AUTHOR))
    assert new.state is RunState.IN_REVIEW and new.id != run.id
    asked = "\n".join(message.content for message in desk.model.prompts[-1].messages)
    assert "the tone is too loud" in asked and "everybody is welcome, and comes in calm" in asked
    assert "dora@example.net" not in asked
    assert desk.hub.run(redraft.request_of(desk.hub.parts, rejected, AUTHOR)).id == new.id


def test_who_asked_for_a_rejected_draft_does_not_approve_what_somebody_else_had_written_anew(desk: Desk) -> None:
    run = desk.run(2, actor=KIM)
    new = desk.hub.run(redraft.request_of(desk.hub.parts, desk.decide(run, REVIEWER, accept=False, reason="r"), AUTHOR))
    newer = desk.hub.run(redraft.request_of(desk.hub.parts, desk.decide(new, ADA, accept=False, reason="r"), AUTHOR))
    for one in (new, newer):
        with pytest.raises((NotAllowed, Conflict)):
            desk.decide(one, KIM)
        assert not review.may_review(desk.hub.parts, desk.hub.get(one.id), KIM)
    assert desk.decide(newer, REVIEWER).state is RunState.APPROVED


def test_a_rejected_draft_whose_inputs_are_not_kept_is_neither_taken_back_nor_written_anew(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    with a_desk(tmp_path / "kept", keep_texts_days=1) as desk:
        hubs.connect(desk.hub, sandbox.url)
        rejected = desk.decide(desk.run(2, target=at_end_of(DOCUMENT)), REVIEWER, accept=False, reason="r")
        desk.clock.now += 3 * retention.DAY
        assert retention.clear(desk.hub.parts) == 1
        with pytest.raises(Conflict, match="nothing left"):
            redraft.request_of(desk.hub.parts, desk.hub.get(rejected.id), AUTHOR)


def test_only_a_rejected_draft_is_written_anew(desk: Desk) -> None:
    with pytest.raises(Conflict):
        redraft.request_of(desk.hub.parts, delivered(desk), AUTHOR)


def test_the_reason_of_another_teams_run_reaches_no_prompt(desk: Desk) -> None:
    rejected = desk.decide(desk.run(2), REVIEWER, accept=False, reason="a word of another team")
    with desk.hub.database.transaction() as tx:
        hubs.teams.put(tx, "crm", "CRM", {}, 0.0)
    wanted = hubs.request("stolen", team="crm", redraft_of=rejected.id, template="tier-2")
    desk.hub.run(wanted)
    asked = "\n".join(message.content for message in desk.model.prompts[-1].messages)
    assert "another team" not in asked


def test_a_rejected_text_somebody_edited_stays_and_says_so(desk: Desk, sandbox: Sandbox) -> None:
    run = desk.run(2, target=at_end_of(DOCUMENT))
    text = sandbox.store.text(DOCUMENT)
    at = len(text[: text.index("calm")].encode("utf-16-le")) // 2
    (row,) = [row for row in _rows(desk, run.id)]
    place = {"index": at + 1, "tabId": row.receipt.detail["tab"]}
    sandbox.store.edit(DOCUMENT, {"insertText": {"location": place, "text": "very "}})
    rejected = desk.decide(run, REVIEWER, accept=False, reason="r")
    said = act.take_back(desk.hub.parts, rejected, AUTHOR)
    assert said.startswith("The rejected text stays where it is")
    assert "very" in sandbox.store.text(DOCUMENT)


def _rows(desk: Desk, run_id: str) -> list:
    from hub.store import deliveries

    with desk.hub.database.reading() as tx:
        return deliveries.of_run(tx, run_id)
