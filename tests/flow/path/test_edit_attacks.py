"""Whoever edits a draft gets round nothing by it: no text twice, no decision on what was not seen, no check dodged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.google_docs.sandbox import Sandbox
from hub.bootstrap import Hub
from hub.domain import DeliveryState, Receipt, RunState, Target
from hub.errors import Conflict
from hub.pipeline import edit, mend, placed, redraft, review, reviewers
from hub.pipeline import run as running
from hub.pipeline.edit import Words
from hub.store import deliveries
from hub.store.tables import run as run_table
from hub.testing import FakeModel
from tests.flow.path.review_desk import KIM
from tests.flow.path.writers import (
    DOCUMENT,
    approve,
    forbid_cheap,
    in_review,
    seen,
    write,
    writers_hub,
)
from tests.hubs import AUTHOR, REVIEWER, TEMPLATE, answer, at_end_of, inputs, kinds, request


@pytest.fixture
def hub(tmp_path: Path, database_url: str, sandbox: Sandbox) -> Iterator[Hub]:
    with writers_hub(tmp_path, database_url, sandbox.url) as hub:
        yield hub


def test_words_that_are_held_and_edited_once_more_are_written_once(hub: Hub, sandbox: Sandbox) -> None:
    forbid_cheap(hub)
    run = in_review(hub)
    stopped = write(hub, run, "Cheap, from Tuesday.")
    assert stopped.state is RunState.HELD
    again = write(hub, stopped, "Fine, from Wednesday.")
    assert again.state is RunState.IN_REVIEW, again.problem
    with hub.database.reading() as tx:
        rows = deliveries.of_run(tx, run.id)
    assert [row.state for row in rows] == [DeliveryState.UNDONE, DeliveryState.DONE]
    assert kinds(hub, again).count("delivery.undone") == 1
    assert approve(hub, again, KIM).state is RunState.DELIVERED
    text = sandbox.store.text(DOCUMENT)
    assert text.count("from Wednesday") == 1 and "from Tuesday" not in text and "from Monday" not in text


def test_an_approval_counts_for_the_disclosures_that_were_seen(hub: Hub) -> None:
    hub.parts.model = FakeModel({**answer("Sale."), "disclosures": ["Paid partnership."]})
    shelf = hub.parts.shelf
    shelf.add(shelf.current(TEMPLATE).model_copy(update={"tier": 2, "name": "tier-2", "revision": "r2"}))
    run = hub.run(request("paid", template="tier-2"))
    before = seen(run)
    edited = edit.edit(hub.parts, run, AUTHOR, Words([{}], ["Nothing to say."]), seen=before)
    assert edited.state is RunState.IN_REVIEW, edited.problem
    with pytest.raises(Conflict, match="changed"):
        review.decide(hub.parts, edited, KIM, accept=True, seen=before)
    with pytest.raises(Conflict, match="changed"):
        edit.edit(hub.parts, edited, KIM, Words([{}], ["Mine."]), seen=before)


def claiming(hub: Hub) -> Any:
    """A run of tier 1 that a word holds, with a claim in it."""
    forbid_cheap(hub)
    claim = {"text": "The lantern lasts 9 hours.", "evidence_id": None}
    hub.parts.model = FakeModel({**answer("Cheap and good. The lantern lasts 9 hours."), "claims": [claim]})
    run = hub.run(request("claim", inputs=inputs("Cheap lantern, 9 hours."), target=at_end_of(DOCUMENT)))
    assert run.state is RunState.HELD and run.tier == 1, run.problem
    return run


@pytest.mark.parametrize("words", ["Nine hours of light. Come in.", "The lantern lasts way over 9 hours. Come in."])
def test_who_changes_the_words_of_a_claim_has_somebody_else_look_at_it(hub: Hub, sandbox: Sandbox, words: str) -> None:
    done = write(hub, claiming(hub), words)
    assert (done.state, done.tier) == (RunState.IN_REVIEW, 2), done.problem
    with hub.database.reading() as tx:
        assert [row.reviewed for row in deliveries.of_run(tx, done.id)] == [False]


def test_who_leaves_the_claims_alone_needs_nobody(hub: Hub) -> None:
    done = write(hub, claiming(hub), "Good value. The lantern lasts 9 hours.")
    assert (done.state, done.tier) == (RunState.DELIVERED, 1), done.problem


def test_what_a_model_answers_to_a_template_s_test_is_nobody_s_to_improve(hub: Hub) -> None:
    forbid_cheap(hub)
    hub.parts.model = FakeModel(answer("Cheap tyres."))
    revision = hub.parts.shelf.current(TEMPLATE).revision
    run = hub.run(request("trial", trial=revision, surface="trial"))
    assert run.state is RunState.HELD, run.problem
    assert not edit.may_edit(hub.parts, run, AUTHOR)
    with pytest.raises(Conflict):
        write(hub, run, "Fine tyres.")
    assert mend.fixes(run) == ()


def test_who_wrote_in_a_rejected_draft_does_not_approve_the_one_that_follows_it(hub: Hub) -> None:
    edited = write(hub, in_review(hub, at=False), "Spring sale, from Tuesday.", REVIEWER)
    review.opened(hub.parts, reviewers.look_id(edited.id), KIM)
    refused = review.decide(hub.parts, edited, KIM, accept=False, seen=seen(edited), reason="Say it again.")
    anew = hub.run(redraft.request_of(hub.parts, refused, AUTHOR))
    assert anew.state is RunState.IN_REVIEW, anew.problem
    assert not review.may_review(hub.parts, anew, REVIEWER)
    assert review.may_review(hub.parts, anew, KIM)


def test_a_panel_that_places_the_draft_while_somebody_edits_it_keeps_it(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = in_review(hub, at=False)
    panel = Target(connection="docs", at={"piece": "1"})
    receipt = Receipt(vendor_id="p1", content_hash="0", detail={"marker": "1"})
    may = edit.may_edit

    def and_then(*given: Any) -> bool:
        found = may(*given)
        placed.place(hub.parts, run, AUTHOR, panel, receipt, reviewed=False)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(edit, "may_edit", and_then)
        with pytest.raises(Conflict):
            write(hub, run, "Spring sale, from Tuesday.")
    after = hub.get(run.id)
    assert after.state is RunState.IN_REVIEW and seen(after) == seen(run)
    assert approve(hub, after, KIM).state is RunState.DELIVERED


@pytest.mark.parametrize("lost", ["undo", "write_back"])
def test_a_process_that_dies_right_after_the_vendor_did_it_leaves_the_words_once(
    hub: Hub, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    run = in_review(hub)
    connector = hub.parts.connections.connector("google_docs")
    does = getattr(type(connector), lost)

    class Killed(BaseException):
        pass

    def and_die(*given: Any, **more: Any) -> None:
        does(*given, **more)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(type(connector), lost, and_die)
        with pytest.raises(Killed):
            write(hub, run, "Spring sale, from Tuesday. Come in.")
    hub.parts.leases.drop(hub.get(run.id).token or "")
    with hub.database.transaction() as tx:
        tx.execute(sa.update(run_table).where(run_table.c.id == run.id).values(token=None, wake_at=0.0))
    running.advance(hub.parts, run.id)
    assert hub.get(run.id).state is RunState.IN_REVIEW, hub.get(run.id).problem
    text = sandbox.store.text(DOCUMENT)
    assert text.count("from Tuesday") == 1 and "from Monday" not in text
