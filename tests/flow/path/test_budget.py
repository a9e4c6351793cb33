"""A team's money: never overspent, whoever races, and given back by whoever dies over it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.bootstrap import Hub
from hub.domain import RunState, Usage
from hub.errors import VendorRefused
from hub.pipeline import act, run
from hub.pipeline.receive import receive
from hub.pipeline.spend import ceiling_micros, period
from hub.sdk import Answer
from hub.store import budgets
from hub.testing import FakeModel
from tests import hubs
from tests.hubs import a_hub, answer, request


class Priced(FakeModel):
    """Costs a tenth of what is set aside for a call, or all of it."""

    def __init__(self, cost: int = 700) -> None:
        super().__init__(answer())
        self.cost = cost

    def ask(self, prompt):  # type: ignore[no-untyped-def]
        said = super().ask(prompt)
        return Answer(text=said.text, usage=Usage(model="priced", calls=1, cost_micros=self.cost))

    def price_micros(self, input_tokens: int, output_tokens: int) -> int:
        return self.cost


def allow(hub: Hub, limit: int) -> None:
    with hub.database.transaction() as tx:
        budgets.allow(tx, hubs.TEAM, limit)


def standing(hub: Hub) -> budgets.Standing:
    with hub.database.reading() as tx:
        found = budgets.standing(tx, hubs.TEAM, period(hub.parts.clock()))
    assert found is not None
    return found


def test_sixty_four_runs_at_once_never_spend_more_than_the_budget(tmp_path: Path, database_url: str) -> None:
    model = Priced(cost=700)
    with a_hub(tmp_path, model=model, database_url=database_url, workers=24) as hub:
        allow(hub, 10_000)
        with ThreadPoolExecutor(64) as pool:
            ended = list(pool.map(lambda number: hub.run(request(str(number))), range(64)))
        states = [one.state for one in ended]
        assert states.count(RunState.DELIVERED) == 14
        assert states.count(RunState.REFUSED) == 50
        assert model.calls == 14
        assert (standing(hub).spent_micros, standing(hub).reserved_micros) == (9_800, 0)


def test_a_run_over_budget_is_refused_before_the_model_is_asked_and_says_who_can_help(tmp_path: Path) -> None:
    model = Priced(cost=700)
    with a_hub(tmp_path, model=model) as hub:
        allow(hub, 600)
        refused = hub.run(request())
        assert refused.state is RunState.REFUSED
        assert model.calls == 0
        assert refused.problem is not None
        assert refused.problem.who == "an admin"
        assert "$0.0006 of $0.0006 are left" in refused.problem.why
        assert "starts anew on" in refused.problem.instead


class Dies(Priced):
    """Its worker is gone once the model was asked, the first time."""

    def ask(self, prompt):  # type: ignore[no-untyped-def]
        said = super().ask(prompt)
        if self.calls == 1:
            raise SystemExit
        return said


def test_a_call_nobody_knows_the_answer_of_is_booked_in_full_and_the_run_asks_again(tmp_path: Path) -> None:
    now = [1_000.0]
    with a_hub(tmp_path, model=Dies(cost=700), clock=lambda: now[0]) as hub:
        allow(hub, 1_400)
        received = receive(hub.parts, request(), lease=True)
        with pytest.raises(SystemExit):
            run.walk(hub.parts, received.run, received.birth)  # type: ignore[arg-type]
        assert standing(hub).reserved_micros == 700
        now[0] += 60
        done = run.advance(hub.parts, received.run_id)
        assert done is not None
        assert done.state is RunState.DELIVERED
        assert (standing(hub).spent_micros, standing(hub).reserved_micros) == (1_400, 0)


def test_a_call_cut_off_with_the_last_of_the_money_is_booked_and_not_made_twice(tmp_path: Path) -> None:
    now, model = [1_000.0], Dies(cost=700)
    with a_hub(tmp_path, model=model, clock=lambda: now[0]) as hub:
        allow(hub, 1_399)
        received = receive(hub.parts, request(), lease=True)
        with pytest.raises(SystemExit):
            run.walk(hub.parts, received.run, received.birth)  # type: ignore[arg-type]
        now[0] += 60
        done = run.advance(hub.parts, received.run_id)
        assert done is not None
        assert done.state is RunState.REFUSED
        assert done.problem is not None
        assert "cut off" in done.problem.what
        assert model.calls == 1
        assert (standing(hub).spent_micros, standing(hub).reserved_micros) == (700, 0)


def test_a_run_cancelled_while_the_model_works_books_the_call_in_full_and_reserves_nothing(tmp_path: Path) -> None:
    class Cancels(Priced):
        def ask(self, prompt):  # type: ignore[no-untyped-def]
            assert standing(hub).reserved_micros == 700
            act.cancel(hub.parts, hub.get(ids[0]), hubs.AUTHOR)
            return super().ask(prompt)

    ids: list[str] = []
    with a_hub(tmp_path, model=Cancels(cost=700)) as hub:
        allow(hub, 1_000)
        received = receive(hub.parts, request(), lease=True)
        ids.append(received.run_id)
        run.walk(hub.parts, received.run, received.birth)  # type: ignore[arg-type]
        assert hub.get(received.run_id).state is RunState.CANCELLED
        assert (standing(hub).spent_micros, standing(hub).reserved_micros) == (700, 0)


def test_a_budget_with_a_model_of_unknown_price_refuses_and_names_the_setting(tmp_path: Path) -> None:
    model = FakeModel(answer(), price_in=None, price_out=None)
    with a_hub(tmp_path, model=model) as hub:
        unpriced = hub.run(request("free"))
        assert unpriced.state is RunState.DELIVERED
        assert unpriced.draft is not None
        assert unpriced.draft.usage.cost_micros is None
        allow(hub, 1_000_000)
        refused = hub.run(request())
        assert refused.state is RunState.REFUSED
        assert refused.problem is not None
        assert "INLAY_MODEL_PRICES" in refused.problem.instead


def test_a_failed_run_gives_its_money_back_and_sets_it_aside_anew_when_it_goes_on(tmp_path: Path) -> None:
    class RefusesFirst(Priced):
        def ask(self, prompt):  # type: ignore[no-untyped-def]
            said = super().ask(prompt)
            if self.calls == 1:
                raise VendorRefused("The model's key is refused.")
            return said

    model = RefusesFirst(cost=700)
    with a_hub(tmp_path, model=model) as hub:
        allow(hub, 1_000)
        failed = hub.run(request())
        assert failed.state is RunState.FAILED
        assert standing(hub).reserved_micros == 0
        allow(hub, 600)
        act.resume(hub.parts, failed, hubs.AUTHOR)
        refused = run.advance(hub.parts, failed.id)
        assert refused is not None
        assert refused.state is RunState.REFUSED
        assert model.calls == 1


def test_what_is_set_aside_is_at_least_what_the_call_costs(tmp_path: Path) -> None:
    model = FakeModel(answer())
    with a_hub(tmp_path, model=model) as hub:
        done = hub.run(request(inputs=hubs.inputs("Größe 🚀 " * 300)))
        assert done.draft is not None
        assert done.draft.usage.cost_micros is not None
        assert ceiling_micros(hub.parts, done) >= done.draft.usage.cost_micros


def test_a_repair_is_paid_from_the_budget_too(tmp_path: Path) -> None:
    class BreaksFirst(Priced):
        def ask(self, prompt):  # type: ignore[no-untyped-def]
            said = super().ask(prompt)
            return Answer(text="<html>", usage=said.usage) if self.calls == 1 else said

    with a_hub(tmp_path, model=BreaksFirst(cost=700)) as hub:
        allow(hub, 1_400)
        done = hub.run(request())
        assert done.state is RunState.DELIVERED
        assert (standing(hub).spent_micros, standing(hub).reserved_micros) == (1_400, 0)
    with a_hub(tmp_path / "two", model=BreaksFirst(cost=700)) as hub:
        allow(hub, 1_399)
        refused = hub.run(request())
        assert refused.state is RunState.HELD
        assert refused.problem is not None
        assert "budget" in refused.problem.what
        assert (standing(hub).spent_micros, standing(hub).reserved_micros) == (700, 0)
