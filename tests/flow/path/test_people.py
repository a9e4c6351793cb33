"""What people do to a run: review it, undo it, repair it; and what a simulated draft may not do."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.google_docs.sandbox import Sandbox
from hub.bootstrap import Hub
from hub.domain import DeliveryState, RunState, Stage
from hub.errors import Conflict, NotAllowed
from hub.pipeline import act, review, run
from hub.store import deliveries, teams
from tests import hubs
from tests.hubs import a_hub, at_end_of, kinds, request

DOCUMENT = "demo-newsletter"

DOCUMENT = "demo-newsletter"


def rows(hub: Hub, run_id: str) -> list:
    with hub.database.reading() as tx:
        return deliveries.of_run(tx, run_id)


def test_a_tier_two_draft_stands_marked_until_somebody_else_approves_it(hub: Hub, sandbox: Sandbox) -> None:
    made = _raised_to_tier_two(hub)
    assert made.state is RunState.IN_REVIEW
    marked = sandbox.store.text(DOCUMENT)
    assert "not reviewed" in marked
    with pytest.raises(NotAllowed):
        review.decide(hub.parts, made, hubs.AUTHOR, accept=True)
    with pytest.raises(Conflict):
        review.decide(hub.parts, made, hubs.REVIEWER, accept=True, seen="0" * 64)
    digest = review.content_hash(made.draft)  # type: ignore[arg-type]
    approved = review.decide(hub.parts, made, hubs.REVIEWER, accept=True, seen=digest)
    assert approved.state is RunState.APPROVED
    done = run.advance(hub.parts, made.id)
    assert done is not None
    assert done.state is RunState.DELIVERED, done.problem
    text = sandbox.store.text(DOCUMENT)
    assert "not reviewed" not in text
    assert text.count("Spring sale, from Monday") == 1
    with pytest.raises(Conflict):
        review.decide(hub.parts, made, hubs.REVIEWER, accept=False)


def test_a_draft_that_a_check_sends_to_review_stands_marked_until_then(hub: Hub, sandbox: Sandbox) -> None:
    rule = {"id": "sale", "terms": ["sale"], "severity": "warn", "raise_tier": 2, "why": "Dates.", "instead": "Look."}
    with hub.database.transaction() as tx:
        policy = {"checks": [{"name": "copy_rules", "rules": {"rules": [rule]}}]}
        teams.put(tx, hubs.TEAM, "Brand team", policy, 0.0)
    made = hub.run(request(target=at_end_of(DOCUMENT)))
    assert (made.state, made.tier) == (RunState.IN_REVIEW, 2), made.problem
    assert [row.reviewed for row in rows(hub, made.id)] == [False]
    assert "not reviewed" in sandbox.store.text(DOCUMENT)
    hubs.approve(hub, made)
    run.advance(hub.parts, made.id)
    assert hub.get(made.id).state is RunState.DELIVERED
    assert "not reviewed" not in sandbox.store.text(DOCUMENT)
    assert sandbox.store.text(DOCUMENT).count("Spring sale, from Monday") == 1


def test_a_draft_a_person_deleted_before_the_review_is_not_written_again(hub: Hub, sandbox: Sandbox) -> None:
    before = sandbox.store.text(DOCUMENT)
    made = _raised_to_tier_two(hub)
    (row,) = rows(hub, made.id)
    written = sandbox.store.get(DOCUMENT)
    end = len(sandbox.store.text(DOCUMENT).encode("utf-16-le")) // 2
    start = len(before.encode("utf-16-le")) // 2
    assert written.writes == 2  # The suggestion, then its named ranges.
    sandbox.store.edit(
        DOCUMENT,
        {"deleteContentRange": {"range": {"startIndex": start, "endIndex": end, "tabId": row.receipt.detail["tab"]}}},
    )
    assert "Spring sale, from Monday" not in sandbox.store.text(DOCUMENT)
    hubs.approve(hub, made)
    gone = run.advance(hub.parts, made.id)
    assert gone is not None
    assert gone.state is RunState.ORPHANED
    assert "Spring sale, from Monday" not in sandbox.store.text(DOCUMENT)


def test_a_rejected_draft_ends_refused_with_the_reviewers_reason(hub: Hub) -> None:
    made = _raised_to_tier_two(hub)
    ended = review.decide(hub.parts, made, hubs.REVIEWER, accept=False, reason="Too loud.")
    assert ended.state is RunState.REFUSED
    assert ended.problem is not None
    assert ended.problem.why == "Too loud."


def test_undo_takes_the_text_back_and_leaves_the_rest(hub: Hub, sandbox: Sandbox) -> None:
    before = sandbox.store.text(DOCUMENT)
    done = hub.run(request(target=at_end_of(DOCUMENT)))
    undone = act.undo(hub.parts, done, hubs.AUTHOR)
    assert sandbox.store.text(DOCUMENT) == before
    assert [row.state for row in rows(hub, undone.id)] == [DeliveryState.UNDONE]
    assert kinds(hub, undone)[-1] == "delivery.undone"
    with pytest.raises(Conflict):
        act.undo(hub.parts, undone, hubs.AUTHOR)


def test_a_simulated_draft_is_never_written_to_a_real_account(tmp_path: Path, sandbox: Sandbox) -> None:
    from hub.offline import Simulator
    from hub.store import connections

    with a_hub(tmp_path, model=Simulator()) as hub:
        hubs.connect(hub, sandbox.url)
        row = hub.parts.connections.sealed("live", "google_docs", {"access_token": "t"}, sandbox=False, now=1.0)
        with hub.database.transaction() as tx:
            connections.put(tx, row)
            connections.enable(tx, "live", hubs.TEAM, {})
        before = sandbox.store.text(DOCUMENT)
        stopped = hub.run(request(target=None, destinations=(at_end_of(DOCUMENT, connection="live"),)))
        assert stopped.state is RunState.FAILED
        assert "simulated" in f"{stopped.problem}".lower()
        assert sandbox.store.text(DOCUMENT) == before
        written = hub.run(request("two", destinations=(at_end_of(DOCUMENT),)))
        assert written.state is RunState.DELIVERED, written.problem
        assert written.simulated
        assert "imulated" in sandbox.store.text(DOCUMENT)


def test_one_delivery_of_several_that_fails_is_visible_and_repairable(hub: Hub, sandbox: Sandbox) -> None:
    sandbox.store.delete("demo-product-page")
    made = hub.run(request(destinations=(at_end_of(DOCUMENT), at_end_of("demo-product-page"))))
    assert made.state is RunState.ORPHANED
    assert [row.state for row in rows(hub, made.id)] == [DeliveryState.DONE, DeliveryState.ORPHANED]
    assert made.problem is not None
    assert "1 of 2" in made.problem.what
    act.resume(hub.parts, made, hubs.AUTHOR, at={"document": "demo-launch-brief", "end": True})
    done = run.advance(hub.parts, made.id)
    assert done is not None
    assert done.state is RunState.DELIVERED, done.problem
    assert sandbox.store.text(DOCUMENT).count("Spring sale, from Monday") == 1
    assert sandbox.store.text("demo-launch-brief").count("Spring sale, from Monday") == 1


def _raised_to_tier_two(hub: Hub):  # type: ignore[no-untyped-def]
    """A run of a template whose tier asks for a second person."""
    template = hub.parts.shelf.current(hubs.TEMPLATE).model_copy(update={"tier": 2, "name": "strict", "revision": "s"})
    hub.parts.shelf.add(template)
    made = hub.run(request(template="strict", target=at_end_of(DOCUMENT)))
    assert made.stage is Stage.REVIEW, made.problem
    return made
