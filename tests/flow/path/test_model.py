"""Whatever the model does, a run ends in a state that says what happened, and no answer is paid for twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.domain import RunState
from hub.errors import BadAnswer, Conflict, Unavailable, VendorRefused
from hub.pipeline import act, run
from hub.testing import FakeModel
from tests import hubs
from tests.hubs import a_hub, answer, kinds, request

DOCUMENT = "demo-newsletter"

DOCUMENT = "demo-newsletter"


@pytest.mark.parametrize(
    "broken", ["<html><body>502</body></html>", '{"variants": [{"te', "", "Sure! Here is your text."]
)
def test_an_answer_that_is_no_draft_is_repaired_by_one_re_ask(tmp_path: Path, broken: str) -> None:
    model = FakeModel(broken, answer())
    with a_hub(tmp_path, model=model) as hub:
        done = hub.run(request())
        assert done.state is RunState.DELIVERED, done.problem
        assert model.calls == 2
        assert "model.answer_broken" in kinds(hub, done)


def test_an_answer_that_stays_broken_holds_the_run_and_keeps_what_came(tmp_path: Path) -> None:
    model = FakeModel("<html>no</html>")
    with a_hub(tmp_path, model=model) as hub:
        held = hub.run(request())
        assert held.state is RunState.HELD
        assert model.calls == 2
        assert held.draft is not None
        assert held.draft.raw == "<html>no</html>"
        assert held.problem is not None
        assert held.problem.instead


def test_a_model_that_answers_nothing_usable_is_asked_twice_and_then_held(tmp_path: Path) -> None:
    model = FakeModel(BadAnswer("The model answered nothing."))
    with a_hub(tmp_path, model=model) as hub:
        held = hub.run(request())
        assert held.state is RunState.HELD
        assert "nothing" in f"{held.problem}"


def test_a_refused_key_fails_the_run_and_names_the_admin(tmp_path: Path) -> None:
    model = FakeModel(VendorRefused("The model's key is refused."), answer())
    with a_hub(tmp_path, model=model) as hub:
        failed = hub.run(request())
        assert failed.state is RunState.FAILED
        assert failed.problem is not None
        assert failed.problem.who == "an admin"
        act.resume(hub.parts, failed, hubs.AUTHOR)
        done = run.advance(hub.parts, failed.id)
        assert done is not None
        assert done.state is RunState.DELIVERED


def test_a_model_that_is_away_puts_the_run_off_and_it_ends_when_the_model_is_back(tmp_path: Path) -> None:
    model = FakeModel(Unavailable("The model is away."), Unavailable("The model is away."), answer())
    with a_hub(tmp_path, model=model, reap_seconds=0.05) as hub:
        waiting = hub.run(request())
        assert waiting.state is RunState.QUEUED
        assert waiting.problem is not None
        assert waiting.problem.retry
        hub.start(workers=2)
        done = hubs.wait_for(hub, waiting.id)
        assert done.state is RunState.DELIVERED
        assert model.calls == 3
        assert "model.call_in_doubt" not in kinds(hub, done)


def test_a_model_that_never_comes_back_fails_the_run_in_the_end(tmp_path: Path) -> None:
    now = [1_000.0]
    with a_hub(
        tmp_path, model=FakeModel(Unavailable("The model is away.")), max_attempts=3, clock=lambda: now[0]
    ) as hub:
        waiting = hub.run(request())
        for _ in range(2):
            now[0] += 100
            waiting = run.advance(hub.parts, waiting.id) or waiting
        assert waiting.state is RunState.FAILED
        assert waiting.problem is not None
        assert "3 times" in waiting.problem.why
        assert waiting.problem.who == "an admin"


def test_a_cancelled_run_is_fenced_off_from_the_worker_that_has_it(tmp_path: Path) -> None:
    class CancelsMeanwhile(FakeModel):
        def ask(self, prompt):  # type: ignore[no-untyped-def]
            act.cancel(hub.parts, hub.get(held[0]), hubs.AUTHOR)
            return super().ask(prompt)

    held: list[str] = []
    with a_hub(tmp_path, model=CancelsMeanwhile(answer())) as hub:
        from hub.pipeline.receive import receive

        received = receive(hub.parts, request(), lease=True)
        held.append(received.run_id)
        run.walk(hub.parts, received.run, received.birth)  # type: ignore[arg-type]
        stored = hub.get(received.run_id)
        assert stored.state is RunState.CANCELLED
        assert stored.draft is None
        assert "model.answered" not in kinds(hub, stored)
        with pytest.raises(Conflict):
            act.cancel(hub.parts, stored, hubs.AUTHOR)


def test_a_worker_that_freezes_past_its_lease_changes_nothing_when_it_thaws(tmp_path: Path) -> None:
    now = [1_000.0]

    class Freezes(FakeModel):
        frozen = False

        def ask(self, prompt):  # type: ignore[no-untyped-def]
            if not self.frozen:
                self.frozen = True
                now[0] += 60
                heirs.append(run.advance(hub.parts, ids[0]))
            return super().ask(prompt)

    ids: list[str] = []
    heirs: list = []
    model = Freezes(answer("First."), answer("Second."))
    with a_hub(tmp_path, model=model, clock=lambda: now[0]) as hub:
        from hub.pipeline.receive import receive

        received = receive(hub.parts, request(), lease=True)
        ids.append(received.run_id)
        run.walk(hub.parts, received.run, received.birth)  # type: ignore[arg-type]
        stored = hub.get(received.run_id)
        assert heirs[0].state is RunState.DELIVERED
        assert stored.draft is not None
        assert stored.draft.variants[0].text == "First."
        assert kinds(hub, stored).count("model.answered") == 1
        assert kinds(hub, stored).count("model.call_in_doubt") == 1
