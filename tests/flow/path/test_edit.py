"""A person writes their own words into a draft: they are checked like the model's, and somebody else reviews them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.google_docs.sandbox import Sandbox
from hub.bootstrap import Hub
from hub.domain import Actor, Role, RunState, Stage
from hub.errors import Conflict, InvalidInputs, NotAllowed
from hub.pipeline import deliver, edit, erase, review, reviewers
from hub.pipeline import run as running
from hub.pipeline.edit import Words
from hub.sdk import Answer, Prompt
from hub.store import reviews, teams
from hub.store.tables import run as run_table
from hub.testing import FakeModel
from tests.flow.path.review_desk import ADA, KIM
from tests.flow.path.writers import DOCUMENT, approve, held, in_review, seen, write, writers_hub
from tests.hubs import AUTHOR, REVIEWER, TEAM, TEMPLATE, answer, at_end_of, inputs, kinds, request

MAIL = "anna@example.com"
MEMBER = Actor(person="noor@example.com", role=Role.MEMBER, via="test")


@pytest.fixture
def hub(tmp_path: Path, database_url: str, sandbox: Sandbox) -> Iterator[Hub]:
    with writers_hub(tmp_path, database_url, sandbox.url) as hub:
        yield hub


def test_a_held_draft_without_a_fix_is_put_right_in_ones_own_words_and_delivered(hub: Hub, sandbox: Sandbox) -> None:
    run = held(hub, "Cheap tyres, in town.")
    done = write(hub, run, "Tyres that last, in town.")
    assert done.state is RunState.DELIVERED, done.problem
    assert "Tyres that last, in town." in sandbox.store.text(DOCUMENT) and "Cheap" not in sandbox.store.text(DOCUMENT)
    assert kinds(hub, done).count("output.checked") == 2 and "draft.edited" in kinds(hub, done)
    assert done.draft is not None and done.draft.edited_by == ("mara@example.com",)


def test_ones_own_words_are_checked_like_the_models_and_kept_when_they_are_held(hub: Hub, sandbox: Sandbox) -> None:
    run = held(hub, "Cheap tyres, in town.")
    again = write(hub, run, "So cheap, these tyres.")
    assert again.state is RunState.HELD and again.draft is not None
    assert again.draft.variants[0].text == "So cheap, these tyres."
    assert [f.rule for v in again.output_verdicts for f in v.findings if f.outcome != "allow"] == ["team-brand.cheap"]
    assert "heap" not in sandbox.store.text(DOCUMENT)
    assert write(hub, again, "Fine tyres.").state is RunState.DELIVERED


class Echo(FakeModel):
    """Writes the placeholder that it was given into its draft."""

    def ask(self, prompt: Prompt) -> Answer:
        said = "\n".join(message.content for message in prompt.messages)
        (found,) = set(re.findall(r"\[EMAIL_\d_\w+\]", said))
        return FakeModel(answer(f"Cheap tyres: {found}")).ask(prompt)


def test_an_address_that_was_given_may_stand_in_edited_words_and_one_that_was_not_is_held(hub: Hub) -> None:
    held(hub, "Cheap tyres.")
    hub.parts.model = Echo()
    asked = inputs(f"Cheap tyres. Write to {MAIL}.")
    run = hub.run(request("mail", inputs=asked, target=at_end_of(DOCUMENT)))
    assert run.state is RunState.HELD, run.problem
    strange = write(hub, run, "Fine tyres: stranger@example.net")
    assert strange.state is RunState.HELD
    assert "personal-data.email" in [f.rule for v in strange.output_verdicts for f in v.findings]
    done = write(hub, strange, f"Fine tyres: {MAIL}")
    assert done.state is RunState.DELIVERED, done.problem
    assert done.draft is not None and MAIL in done.draft.variants[0].text


def test_a_reviewer_who_edits_is_an_author_and_another_approves_the_very_words(hub: Hub, sandbox: Sandbox) -> None:
    run = in_review(hub)
    assert "Spring sale" in sandbox.store.text(DOCUMENT)
    edited = write(hub, run, "Spring sale, from Tuesday. Come in.", REVIEWER)
    assert edited.state is RunState.IN_REVIEW and edited.review is None
    text = sandbox.store.text(DOCUMENT)
    assert text.count("from Tuesday") == 1 and "from Monday" not in text
    for author in (REVIEWER, AUTHOR):
        with pytest.raises(NotAllowed):
            approve(hub, edited, author)
    with pytest.raises(Conflict, match="changed"):
        review.decide(hub.parts, edited, KIM, accept=True, seen=seen(run))
    done = approve(hub, edited, KIM)
    assert done.state is RunState.DELIVERED, done.problem
    text = sandbox.store.text(DOCUMENT)
    assert text.count("Spring sale, from Tuesday. Come in.") == 1 and "from Monday" not in text
    assert kinds(hub, done).count("delivery.undone") == 1


def test_words_that_a_person_changed_in_the_document_stay_and_nothing_is_written_beside_them(
    hub: Hub, sandbox: Sandbox
) -> None:
    run = in_review(hub)
    wanted = {"containsText": {"text": "from Monday", "matchCase": True}, "replaceText": "from Sunday"}
    sandbox.store.edit(DOCUMENT, {"replaceAllText": wanted})
    stuck = write(hub, run, "Spring sale, from Tuesday. Come in.")
    assert stuck.state is RunState.FAILED and stuck.problem is not None, stuck.state
    text = sandbox.store.text(DOCUMENT)
    assert "from Sunday" in text and "from Tuesday" not in text
    assert stuck.problem.what and stuck.problem.instead


@pytest.mark.parametrize("before", ["the old text is taken back", "the new text is written"])
def test_a_process_that_dies_while_it_exchanges_the_words_leaves_them_once(
    hub: Hub, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    run = in_review(hub)

    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(deliver, "_make_room" if before == "the old text is taken back" else "_one", die)
        with pytest.raises(Killed):
            write(hub, run, "Spring sale, from Tuesday. Come in.")
    assert hub.get(run.id).state is RunState.ANSWERED
    hub.parts.leases.drop(hub.get(run.id).token or "")
    with hub.database.transaction() as tx:
        tx.execute(sa.update(run_table).where(run_table.c.id == run.id).values(token=None, wake_at=0.0))
    running.advance(hub.parts, run.id)
    assert hub.get(run.id).state is RunState.IN_REVIEW
    text = sandbox.store.text(DOCUMENT)
    assert text.count("from Tuesday") == 1 and "from Monday" not in text
    assert kinds(hub, run).count("delivery.undone") == 1


def test_words_that_were_not_checked_yet_are_left_alone_by_who_only_writes(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = in_review(hub)
    with monkeypatch.context() as patch:
        patch.setattr(edit.running, "walk", lambda parts, run, **_: run)
        waiting = write(hub, run, "Spring sale, from Tuesday. Come in.")
    assert (waiting.stage, waiting.queue) == (Stage.CHECK_OUTPUT, "ask")


def test_who_edited_does_not_see_it_in_their_queue_and_others_do(hub: Hub) -> None:
    edited = write(hub, in_review(hub), "Spring sale, from Tuesday.", REVIEWER)
    with hub.database.reading() as tx:
        (waiting,) = reviews.every_waiting(tx, teams=[TEAM])
        case = reviewers.case_waiting(tx, waiting)
        assert case == reviewers.case_of(tx, edited, waiting.look)
        with pytest.raises(NotAllowed, match="wrote in it"):
            reviewers.need_reviewer(tx, case, REVIEWER)
        reviewers.need_reviewer(tx, case, KIM)


def test_an_approval_of_the_words_before_counts_for_nothing(hub: Hub) -> None:
    run = in_review(hub)
    review.opened(hub.parts, reviewers.look_id(run.id), KIM)
    write(hub, run, "Spring sale, from Tuesday.", AUTHOR)
    with pytest.raises(Conflict):
        review.decide(hub.parts, run, KIM, accept=True, seen=seen(run))
    assert hub.get(run.id).state is RunState.IN_REVIEW
    with hub.database.reading() as tx:
        assert reviews.opened_at(tx, reviewers.look_id(run.id), "kim@example.com") is None


def test_two_who_edit_at_once_leave_one_text_and_one_is_told(hub: Hub) -> None:
    run = in_review(hub)
    first = write(hub, run, "Spring sale, from Tuesday.", AUTHOR)
    with pytest.raises(Conflict):
        write(hub, run, "Spring sale, from Friday.", KIM)
    assert seen(hub.get(run.id)) == seen(first)


def test_a_colleague_who_neither_asked_nor_reviews_does_not_edit_what_is_in_review(hub: Hub) -> None:
    run = in_review(hub)
    with pytest.raises(NotAllowed):
        write(hub, run, "Spring sale, from Tuesday.", MEMBER)
    with pytest.raises(NotAllowed, match="by a person"):
        write(hub, run, "Spring sale, from Tuesday.", Actor(via="api"))


@pytest.mark.parametrize(
    ("variants", "place"),
    [
        ([], "variants"),
        ([{"text": "a"}, {"text": "b"}], "variants"),
        ([{"headline": "a"}], "variant 1, headline"),
        ([{"text": ["a"]}], "variant 1, text"),
        ([{"text": "a" * 300_000}], "variant 1, text"),
    ],
)
def test_words_that_do_not_fit_are_named_and_nothing_changes(hub: Hub, variants: Any, place: str) -> None:
    run = in_review(hub)
    with pytest.raises(InvalidInputs) as caught:
        edit.edit(hub.parts, run, AUTHOR, Words(variants), seen=seen(run))
    assert place in caught.value.fields
    assert hub.get(run.id) == run


def test_words_that_change_nothing_are_no_edit(hub: Hub) -> None:
    run = in_review(hub)
    with pytest.raises(Conflict, match="Nothing is changed"):
        write(hub, run, "Spring sale, from Monday. Come in.")
    assert "draft.edited" not in kinds(hub, run)


@pytest.mark.parametrize("state", [RunState.DELIVERED, RunState.CANCELLED])
def test_what_waits_for_nobody_is_not_edited(hub: Hub, state: RunState) -> None:
    run = replace(in_review(hub), state=state)
    with pytest.raises(Conflict):
        write(hub, run, "Spring sale, from Tuesday.")


def test_a_claim_goes_with_its_sentence_and_stays_while_the_sentence_does(hub: Hub) -> None:
    said = answer("Our lantern lasts 9 hours. Come in.")
    claim = {"text": "The lantern lasts 9 hours.", "evidence_id": None}
    shelf = hub.parts.shelf
    shelf.add(shelf.current(TEMPLATE).model_copy(update={"tier": 2, "name": "tier-2", "revision": "r2"}))
    hub.parts.model = FakeModel({**said, "claims": [claim]})
    run = hub.run(request("claim", template="tier-2", inputs=inputs("Our lantern lasts 9 hours.")))
    assert run.state is RunState.IN_REVIEW and run.draft is not None and len(run.draft.claims) == 1, run.problem
    kept = write(hub, run, "The lantern now lasts 9 hours. Do come in.")
    assert kept.draft is not None and [one.text for one in kept.draft.claims] == ["The lantern lasts 9 hours."]
    gone = write(hub, kept, "A lantern for the garden. Come in.")
    assert gone.draft is not None and gone.draft.claims == ()


def test_an_editor_who_is_erased_leaves_no_address_and_does_not_come_back_as_a_reviewer(hub: Hub) -> None:
    run = write(hub, in_review(hub, at=False), "Spring sale, from Tuesday.", KIM)
    erase.erase(hub.parts, "kim@example.com")
    after = hub.get(run.id)
    assert after.draft is not None and "kim@example.com" not in repr(after.draft)
    with hub.database.transaction() as tx:
        teams.put_person(tx, "kim@example.com", "Kim", {TEAM: Role.LEAD}, hub.parts.clock())
    with pytest.raises(NotAllowed, match="was here"):
        approve(hub, after, KIM)
    assert approve(hub, after, ADA).state is RunState.DELIVERED
