"""Attacks on money and on four eyes: spend what nobody books, approve one's own draft, move what others get."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.google_docs.sandbox import Sandbox
from hub.bootstrap import Hub
from hub.domain import Actor, DeliveryState, Role, Run, RunState, Usage
from hub.errors import NotAllowed
from hub.pipeline import act, review, run
from hub.pipeline.spend import period
from hub.sdk import Answer
from hub.store import budgets, deliveries
from hub.testing import FakeModel
from tests import hubs
from tests.hubs import a_hub, answer, at_end_of, inputs, request

COST = 700


class Slow(FakeModel):
    """A model with a price that answers when it is let."""

    def __init__(self) -> None:
        super().__init__(answer())
        self.asked, self.go_on = threading.Event(), threading.Event()

    def ask(self, prompt):  # type: ignore[no-untyped-def]
        said = super().ask(prompt)
        self.asked.set()
        assert self.go_on.wait(20)
        return Answer(text=said.text, usage=Usage(model="priced", calls=1, cost_micros=COST))

    def price_micros(self, input_tokens: int, output_tokens: int) -> int:
        return COST


def standing(hub: Hub) -> budgets.Standing:
    with hub.database.reading() as tx:
        found = budgets.standing(tx, hubs.TEAM, period(hub.parts.clock()))
    assert found is not None
    return found


def rows(hub: Hub, run_id: str) -> list:
    with hub.database.reading() as tx:
        return deliveries.of_run(tx, run_id)


def test_cancelling_while_the_model_works_does_not_hide_what_the_call_costs(tmp_path: Path, database_url: str) -> None:
    model = Slow()
    with a_hub(tmp_path, model=model, database_url=database_url) as hub:
        with hub.database.transaction() as tx:
            budgets.allow(tx, hubs.TEAM, 10_000)
        started = hub.submit(request(), wait=0.001)
        assert model.asked.wait(20)
        cancelled = act.cancel(hub.parts, hub.get(started.id), hubs.AUTHOR)
        assert cancelled.state is RunState.CANCELLED
        model.go_on.set()
        hub.pool.shutdown(wait=True)
        assert model.calls == 1
        assert (standing(hub).spent_micros, standing(hub).reserved_micros) == (COST, 0)


def test_cancelling_before_the_model_is_asked_gives_the_money_back(tmp_path: Path) -> None:
    model = FakeModel(answer())
    with a_hub(tmp_path, model=model) as hub:
        with hub.database.transaction() as tx:
            budgets.allow(tx, hubs.TEAM, 10_000_000)
        waiting = hub.submit(request())
        act.cancel(hub.parts, waiting, hubs.AUTHOR)
        assert (standing(hub).spent_micros, standing(hub).reserved_micros) == (0, 0)
        assert run.advance(hub.parts, waiting.id) is None
        assert model.calls == 0


def _in_review(hub: Hub, key: str, author: Actor) -> Run:
    """A run of this author's that waits for its review."""
    shelf = hub.parts.shelf
    strict = shelf.current(hubs.TEMPLATE).model_copy(update={"tier": 2})
    shelf.add(strict)
    made = hub.run(request(key, actor=author))
    assert made.state is RunState.IN_REVIEW, made.problem
    return made


@pytest.mark.parametrize("spelling", ["Mara@Example.com", "MARA@EXAMPLE.COM", " mara@example.com"])
def test_an_author_does_not_become_somebody_else_by_another_spelling_of_their_address(
    tmp_path: Path, spelling: str
) -> None:
    with a_hub(tmp_path) as hub:
        made = _in_review(hub, "one", replace(hubs.AUTHOR, person=spelling))
        same = Actor(person="mara@example.com", role=Role.REVIEWER, via="web")
        with pytest.raises(NotAllowed):
            review.decide(hub.parts, made, same, accept=True)
        assert hub.get(made.id).state is RunState.IN_REVIEW


@pytest.mark.parametrize("role", [Role.ADMIN, Role.LEAD, Role.REVIEWER])
def test_no_role_reviews_its_own_draft_and_no_key_without_a_person_reviews_at_all(tmp_path: Path, role: Role) -> None:
    with a_hub(tmp_path) as hub:
        made = _in_review(hub, "one", replace(hubs.AUTHOR, role=role))
        for nobody in (replace(hubs.AUTHOR, role=role), Actor(person=None, role=role), Actor(person="", role=role)):
            with pytest.raises(NotAllowed):
                review.decide(hub.parts, made, nobody, accept=True)
        assert hub.get(made.id).state is RunState.IN_REVIEW


def test_moving_a_lost_source_does_not_move_what_goes_to_another_document(tmp_path: Path, sandbox: Sandbox) -> None:
    with a_hub(tmp_path) as hub:
        hubs.connect(hub, sandbox.url)
        goes_to, new_source = "demo-newsletter", "demo-launch-brief"
        untouched = sandbox.store.text(new_source)
        lost = hub.run(request(inputs={}, target=at_end_of("no-such-document"), destinations=(at_end_of(goes_to),)))
        assert lost.state is RunState.ORPHANED, lost.problem
        act.resume(hub.parts, lost, hubs.AUTHOR, at={"document": new_source, "end": True})
        done = run.advance(hub.parts, lost.id)
        assert done is not None
        assert done.state is RunState.DELIVERED, done.problem
        assert sandbox.store.text(new_source) == untouched
        assert "Spring sale, from Monday" in sandbox.store.text(goes_to)


def test_moving_one_lost_place_leaves_the_places_that_only_wait_where_they_are(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    with a_hub(tmp_path) as hub:
        hubs.connect(hub, sandbox.url)
        made = hub.run(
            request(
                inputs=inputs(),
                destinations=(at_end_of("demo-newsletter"), at_end_of("no-such-document")),
            )
        )
        assert made.state is RunState.ORPHANED, made.problem
        act.undo(hub.parts, made, hubs.AUTHOR)
        act.resume(hub.parts, made, hubs.AUTHOR, at={"document": "demo-launch-brief", "end": True})
        run.advance(hub.parts, made.id)
        undone, moved = rows(hub, made.id)
        assert (undone.state, undone.target.at["document"]) == (DeliveryState.UNDONE, "demo-newsletter")
        assert undone.receipt is not None
        assert (moved.state, moved.target.at["document"]) == (DeliveryState.DONE, "demo-launch-brief")
