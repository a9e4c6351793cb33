"""Every way a run can go settles right, in each budget it counts against; who is over hears which, and who can help."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.bootstrap import Hub, build
from hub.domain import Actor, Request, Run, RunState, Trigger, Usage
from hub.errors import BadAnswer, Unavailable, VendorRefused
from hub.model import FallbackModel
from hub.offline import Simulator
from hub.pipeline import act, run
from hub.pipeline.money import of_team
from hub.pipeline.receive import receive
from hub.sdk import Answer, Model
from hub.settings import load
from hub.store import budgets, connections, events, teams
from hub.store.budgets import EACH, TEAM, Allowance, Scope
from hub.store.connections import Workflow
from hub.testing import FakeModel
from tests import hubs
from tests.fake_model_server import FakeModelServer
from tests.flow.path.telling import a_place
from tests.flow.test_cli_processes import running
from tests.hubs import AUTHOR, TEMPLATE, Clock, a_hub, answer, inputs, request
from tests.receiver import a_receiver

COST = 700
MARA, EMAIL = Scope("person", "mara@example.com"), Scope("workflow", "email")
SECRET = "AKIAIOSFODNN7EXAMPLE"


class Priced(FakeModel):
    """Every call costs what was set aside for it. An exception in place of an answer is raised."""

    def ask(self, prompt):  # type: ignore[no-untyped-def]
        said = super().ask(prompt)
        return Answer(text=said.text, usage=Usage(model="priced", calls=1, cost_micros=COST))

    def price_micros(self, input_tokens: int, output_tokens: int) -> int:
        return COST


def prepare(hub: Hub, limits: dict[Scope, int], *, hard: bool = True, warn_at: float = 0.8) -> None:
    with hub.database.transaction() as tx:
        connections.put_workflow(tx, Workflow(hubs.TEAM, "email", TEMPLATE, (), None))
        budgets.declare(tx, hubs.TEAM, [Allowance(scope, limit, warn_at, hard) for scope, limit in limits.items()])


def asked(key: str = "one", **more: object) -> Request:
    return request(key, **{"template": None, "workflow": "email", **more})


def stands(hub: Hub) -> dict[Scope, tuple[int, int]]:
    found = (one.standing for one in of_team(hub.parts, hubs.TEAM))
    return {one.scope: (one.spent_micros, one.reserved_micros) for one in found}


def on(hub: Hub, run_id: str, clock: Clock) -> Run:
    """The run once nothing is to be waited for any more."""
    for _ in range(20):
        clock.now += 4000
        run.advance(hub.parts, run_id)
        if hub.get(run_id).wake_at is None:
            break
    return hub.get(run_id)


@dataclass(frozen=True)
class Route:
    """What the model does, what became of the run, and what every budget has spent."""

    model: Callable[[], Model]
    state: RunState
    spent: int
    text: str = "Our spring sale starts on Monday."


AWAY = Unavailable("The model is away.")
ROUTES = {
    "answered": Route(lambda: Priced(answer()), RunState.DELIVERED, COST),
    "refused before the model": Route(lambda: Priced(answer()), RunState.REFUSED, 0, f"Use {SECRET} for it."),
    "held after the model": Route(lambda: Priced(answer("Studies show that it works.")), RunState.HELD, COST),
    "mended": Route(lambda: Priced("<html>", answer()), RunState.DELIVERED, 2 * COST),
    "broken twice": Route(lambda: Priced("<html>"), RunState.HELD, 2 * COST),
    "no draft, and nothing says what it cost": Route(
        lambda: Priced(BadAnswer("Empty."), answer()), RunState.DELIVERED, 2 * COST
    ),
    "the key is refused": Route(lambda: Priced(VendorRefused("No.")), RunState.FAILED, 0),
    "away, then there": Route(lambda: Priced(AWAY, AWAY, answer()), RunState.DELIVERED, COST),
    "away for good": Route(lambda: Priced(AWAY), RunState.FAILED, 0),
    "the second model answers": Route(
        lambda: FallbackModel([Priced(AWAY, name="first"), Priced(answer(), name="second")]), RunState.DELIVERED, COST
    ),
    "simulated": Route(Simulator, RunState.DELIVERED, 0),
}


@pytest.mark.parametrize("name", ROUTES)
def test_every_route_settles_in_every_budget(tmp_path: Path, name: str) -> None:
    route, clock = ROUTES[name], Clock()
    with a_hub(tmp_path, model=route.model(), clock=clock) as hub:
        prepare(hub, {TEAM: 10_000, Scope("person", EACH): 10_000, EMAIL: 10_000})
        started = hub.run(asked(inputs=inputs(route.text)))
        done = started if started.wake_at is None else on(hub, started.id, clock)
        assert done.state is route.state, done.problem
        with hub.database.reading() as tx:
            whole = [budgets.standing(tx, hubs.TEAM, "2026-09", scope) for scope in (TEAM, MARA, EMAIL)]
        assert [(one.spent_micros, one.reserved_micros) for one in whole if one] == [(route.spent, 0)] * 3


def test_a_run_whose_month_ends_while_it_waits_is_booked_in_the_month_it_is_answered_in(tmp_path: Path) -> None:
    clock = Clock()
    with a_hub(tmp_path, model=Priced(AWAY, answer()), clock=clock) as hub:
        prepare(hub, {TEAM: COST, MARA: COST})
        waiting = hub.run(asked())
        assert stands(hub) == {TEAM: (0, COST), MARA: (0, COST)}
        clock.now += 40 * 86_400
        assert run.advance(hub.parts, waiting.id) is not None
        with hub.database.reading() as tx:
            months = [budgets.standing(tx, hubs.TEAM, month) for month in ("2026-09", "2026-10")]
        assert [(one.spent_micros, one.reserved_micros) for one in months if one] == [(0, 0), (COST, 0)]


def test_sixty_four_runs_at_once_never_pass_a_person_s_a_workflow_s_or_the_team_s_budget(
    tmp_path: Path, database_url: str
) -> None:
    model = Priced(answer())
    people = [Actor(person=f"p{n}@example.com", via="test") for n in range(4)]
    with a_hub(tmp_path, model=model, database_url=database_url, workers=24) as hub:
        prepare(hub, {TEAM: 30 * COST, Scope("person", EACH): 9 * COST, EMAIL: 20 * COST})

        def one(number: int) -> Run:
            more = {} if number % 2 else {"workflow": None, "template": TEMPLATE}
            return hub.run(asked(str(number), actor=people[number % 4], **more))

        with ThreadPoolExecutor(64) as pool:
            ended = list(pool.map(one, range(64)))
        delivered = [done for done in ended if done.state is RunState.DELIVERED]
        assert {done.state for done in ended} == {RunState.DELIVERED, RunState.REFUSED}
        found = stands(hub)
        assert len(delivered) == model.calls == 30
        assert found[TEAM] == (30 * COST, 0)
        assert found[EMAIL] == (COST * sum(done.workflow == "email" for done in delivered), 0)
        assert found[EMAIL][0] <= 20 * COST
        for person in people:
            mine = COST * sum(done.request.actor == person for done in delivered)
            assert found[Scope("person", person.person or "")] == (mine, 0)
            assert mine <= 9 * COST


@pytest.mark.parametrize(
    ("limits", "whose", "who"),
    [
        ({TEAM: 600}, "The team's budget", "an admin"),
        ({TEAM: 9_000, MARA: 600}, "The asker's own budget", "a lead"),
        ({TEAM: 9_000, EMAIL: 600}, "The budget of the workflow email", "a lead"),
    ],
)
def test_who_is_over_hears_which_budget_what_is_left_when_it_renews_and_who_raises_it(
    tmp_path: Path, limits: dict[Scope, int], whose: str, who: str
) -> None:
    model = Priced(answer())
    with a_hub(tmp_path, model=model, clock=Clock()) as hub:
        prepare(hub, limits)
        refused = hub.run(asked())
        assert refused.state is RunState.REFUSED
        assert model.calls == 0
        problem = refused.problem
        assert problem is not None
        assert problem.what == f"{whose} for 2026-09 does not hold this request."
        assert problem.why == "It may cost up to $0.0007, and $0.0006 of $0.0006 are left."
        assert problem.instead == f"Ask {who} to raise it, or wait until it starts anew on 2026-10-01."
        assert problem.who == who


def test_an_event_without_a_person_counts_against_the_team_and_the_workflow_alone(tmp_path: Path) -> None:
    with a_hub(tmp_path, model=Priced(answer())) as hub:
        prepare(hub, {TEAM: 9_000, Scope("person", EACH): 0, EMAIL: 9_000})
        nobody = Actor(person=None, via="webhook")
        assert hub.run(asked(actor=nobody, trigger=Trigger.WEBHOOK)).state is RunState.DELIVERED
        assert stands(hub) == {TEAM: (COST, 0), EMAIL: (COST, 0)}
        assert hub.run(asked("two")).state is RunState.REFUSED


def test_a_soft_budget_lets_the_run_go_on_and_the_ledger_says_that_it_is_over(tmp_path: Path) -> None:
    with a_hub(tmp_path, model=Priced(answer())) as hub:
        prepare(hub, {TEAM: 600, MARA: 9_000}, hard=False)
        done = hub.run(asked())
        assert done.state is RunState.DELIVERED
        with hub.database.reading() as tx:
            found = {event.kind: event.data for event in events.of_run(tx, done.id)}
        assert (found["budget.over"]["budget"], found["budget.over"]["used_micros"]) == ("team", COST)
        assert "budget.warned" in found
        assert "mara" not in repr(found)
        assert hub.database.is_sqlite


def test_a_budget_that_is_nearly_used_up_is_told_by_webhook_once_however_many_ask_at_once(tmp_path: Path) -> None:
    with a_receiver() as receiver, a_place(tmp_path, receiver, model=Priced(answer()), workers=8) as place:
        place.declare("budget.warned")
        prepare(place.hub, {TEAM: 10 * COST, MARA: 100 * COST}, warn_at=0.5)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda number: place.hub.run(asked(str(number))), range(16)))
        place.sender.send()
        (told,) = receiver.verified()
        assert told["type"] == "budget.warned"
        data = told["data"]
        assert (data["budget"], data["limit_micros"], data["warn_at"]) == ("team", 10 * COST, 0.5)
        assert data["used_micros"] >= 5 * COST
        assert "person" not in data


def test_a_run_cancelled_while_the_model_works_is_booked_in_every_budget(tmp_path: Path) -> None:
    class Cancels(Priced):
        def ask(self, prompt):  # type: ignore[no-untyped-def]
            act.cancel(hub.parts, hub.get(ids[0]), AUTHOR)
            return super().ask(prompt)

    ids: list[str] = []
    with a_hub(tmp_path, model=Cancels(answer())) as hub:
        prepare(hub, {TEAM: 9_000, MARA: 9_000, EMAIL: 9_000})
        received = receive(hub.parts, asked(), lease=True)
        ids.append(received.run_id)
        run.walk(hub.parts, received.run, received.birth)  # type: ignore[arg-type]
        assert set(stands(hub).values()) == {(COST, 0)}


@pytest.fixture
def home(tmp_path: Path, fake_model: FakeModelServer) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder and the settings of processes that ask the fake model, whose every call costs the most it can."""
    environ = {
        "INLAY_HOME": str(tmp_path),
        "INLAY_LOG_LEVEL": "ERROR",
        "INLAY_SECRET_KEY": hubs.KEY,
        "INLAY_MODEL": "a-model",
        "INLAY_MODEL_BASE_URL": fake_model.base_url,
        "INLAY_MODEL_PRICES": '{"a-model": [0, 0]}',
        "INLAY_LEASE_SECONDS": "2",
        "INLAY_REAP_SECONDS": "0.2",
    }
    yield tmp_path, environ


def test_a_worker_killed_while_it_asks_leaves_nothing_set_aside_and_every_call_of_the_journal_booked(
    home: tuple[Path, dict[str, str]], fake_model: FakeModelServer
) -> None:
    folder, environ = home
    # Dollars per million tokens that nothing but answers cost, so that a call costs the same each time it is made.
    environ["INLAY_MODEL_PRICES"] = '{"a-model": [1.0, 0.0]}'
    fake_model.misbehaves(latency_ms=4000)
    settings = {"home": folder, "secret_key": hubs.KEY, "log_level": "ERROR", "model": "a-model"}
    hub = build(load(**settings, model_base_url=fake_model.base_url, model_prices={"a-model": (1.0, 0.0)}))
    try:
        with hub.database.transaction() as tx:
            teams.put(tx, hubs.TEAM, "Brand team", {}, 0.0)
        prepare(hub, {TEAM: 10_000_000, MARA: 10_000_000, EMAIL: 10_000_000})
        ids = [hub.submit(asked(str(number))).id for number in range(2)]
        pause = threading.Event()
        with running("work", "--workers", "2", **environ) as worker:
            # Both are being asked; the answers take their time.
            while _asking(hub, ids) < 2 and worker.poll() is None:
                pause.wait(0.05)
            worker.send_signal(signal.SIGKILL)
            worker.wait(10)
        held = stands(hub)
        assert len(set(held.values())) == 1 and held[TEAM][0] == 0 and held[TEAM][1] > 0
        fake_model.misbehaves()
        with running("work", "--workers", "2", **environ) as worker:
            for run_id in ids:
                assert hubs.wait_for(hub, run_id).state is RunState.DELIVERED
        with hub.database.reading() as tx:
            told = [event for run_id in ids for event in events.of_run(tx, run_id)]
        lost = [event.data["cost_micros"] for event in told if event.kind == "model.call_booked"]
        answered = [event.data["cost_micros"] for event in told if event.kind == "model.answered"]
        assert sum(lost) == held[TEAM][1], "what was set aside for the lost calls is booked"
        assert set(stands(hub).values()) == {(sum(lost) + sum(answered), 0)}
        assert len(answered) <= len(fake_model.journal()) <= len(lost) + len(answered), "no call is made for nothing"
    finally:
        hub.close()


def _asking(hub: Hub, ids: list[str]) -> int:
    return sum(hub.get(run_id).asks > 0 for run_id in ids)


def test_a_worker_killed_inside_the_commit_that_settles_leaves_the_reservation_whole(tmp_path: Path) -> None:
    clock = Clock()

    class Dies(Exception):
        pass

    with a_hub(tmp_path, model=Priced(answer()), clock=clock) as hub:
        prepare(hub, {TEAM: 9_000, MARA: 9_000})
        received = receive(hub.parts, asked(), lease=True)
        append, times = hub.parts.ledger.append, []

        def dies(*args: object, entries: tuple[object, ...], **more: object) -> None:
            # The ledger is written last: everything of the commit stands, and nothing of it is committed.
            times.append(entries)
            if len(times) == 2:
                raise KeyboardInterrupt
            append(*args, entries=entries, **more)  # type: ignore[arg-type]

        hub.parts.ledger.append = dies  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            run.walk(hub.parts, received.run, received.birth)  # type: ignore[arg-type]
        hub.parts.ledger.append = append  # type: ignore[method-assign]
        assert stands(hub) == {TEAM: (0, COST), MARA: (0, COST)}
        clock.now += 60
        done = run.advance(hub.parts, received.run_id)
        assert done is not None and done.state is RunState.DELIVERED
        # The first answer was paid for and is lost with its commit: both calls are booked.
        assert stands(hub) == {TEAM: (2 * COST, 0), MARA: (2 * COST, 0)}
