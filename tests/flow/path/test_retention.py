"""Texts of runs that ended are removed when they are old; what happened, what it cost and what it wrote stay known."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.google_docs.sandbox import Sandbox
from hub.bootstrap import Hub
from hub.domain import RunState
from hub.errors import Conflict
from hub.pipeline import act, retention, review
from hub.pipeline import run as running
from hub.store import clearing, deliveries, events
from hub.store.tables import run
from hub.testing import FakeModel
from tests import hubs
from tests.flow.web.test_api_acts import EMAIL
from tests.hubs import Clock, a_hub, at_end_of, inputs, kinds, request

DAY = 86_400.0
DOCUMENT = "demo-newsletter"
SAID = "Our spring sale with the word Zanzibar starts on Monday."


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(tmp_path: Path, database_url: str, clock: Clock, sandbox: Sandbox):  # type: ignore[no-untyped-def]
    with a_hub(tmp_path, database_url=database_url, clock=clock) as hub:
        hubs.connect(hub, sandbox.url)
        yield hub


def texts(hub: Hub, run_id: str) -> str:
    """Every text column of a run's row, as stored."""
    with hub.database.reading() as tx:
        row = tx.execute(sa.select(run).where(run.c.id == run_id)).one()
    return "\n".join(str(value) for value in row)


def cleared(hub: Hub, run_id: str) -> clearing.Cleared:
    with hub.database.reading() as tx:
        found = clearing.of(tx, run_id)
    assert found is not None
    return found


def notes(hub: Hub) -> list[dict]:
    with hub.database.reading() as tx:
        return [dict(event.data) for event, _ in events.walk(tx) if event.kind == "retention.cleared"]


def test_inputs_go_after_90_days_and_the_output_after_two_years(hub: Hub, clock: Clock) -> None:
    done = hub.run(request(inputs=inputs(SAID), raw={"typed": SAID}, target=at_end_of(DOCUMENT)))
    digest = review.content_hash(done.draft)  # type: ignore[arg-type]
    before = kinds(hub, done)
    clock.now += 90 * DAY
    assert retention.clear(hub.parts) == 0
    clock.now += DAY
    assert retention.clear(hub.parts) == 1
    assert retention.clear(hub.parts) == 0
    half, left = hub.get(done.id), cleared(hub, done.id)
    assert "Zanzibar" not in texts(hub, done.id)
    assert half.draft is not None and half.draft.variants == done.draft.variants  # type: ignore[union-attr]
    assert left.keeps == "output" and half.state is RunState.DELIVERED
    clock.now += 640 * DAY
    assert retention.clear(hub.parts) == 1
    bare, left = hub.get(done.id), cleared(hub, done.id)
    assert "Spring sale" not in texts(hub, done.id)
    assert left.draft_hash == digest
    assert bare.draft is not None and bare.draft.usage == done.draft.usage  # type: ignore[union-attr]
    assert kinds(hub, done) == before
    assert notes(hub) == [{"runs": 1, "kept": "all", "days": 90}, {"runs": 1, "kept": "output", "days": 730}]
    with hub.database.reading() as tx:
        assert hub.parts.ledger.verify(tx)[1] is None


def test_a_cleared_run_is_undone_by_its_receipts_and_is_still_the_run_of_its_key(
    hub: Hub, clock: Clock, sandbox: Sandbox
) -> None:
    before = sandbox.store.text(DOCUMENT)
    wanted = request(target=at_end_of(DOCUMENT))
    done = hub.run(wanted)
    clock.now += 800 * DAY
    assert retention.clear(hub.parts) == 1
    assert cleared(hub, done.id).keeps == "nothing"
    assert hub.run(wanted).id == done.id
    assert sandbox.store.text(DOCUMENT).count("Spring sale, from Monday") == 1
    with pytest.raises(Conflict) as caught:
        review.decide(hub.parts, hub.get(done.id), hubs.AUTHOR, accept=True)
    assert "730 days" in caught.value.why or "90 days" in caught.value.why
    act.feedback(hub.parts, hub.get(done.id), hubs.AUTHOR, ease=5, useful=None, tag=None)
    act.undo(hub.parts, hub.get(done.id), hubs.AUTHOR)
    assert sandbox.store.text(DOCUMENT).rstrip("\n") == before.rstrip("\n")
    with hub.database.reading() as tx:
        assert [row.state for row in deliveries.of_run(tx, done.id)] == ["undone"]


def test_what_is_open_is_never_cleared(tmp_path: Path, database_url: str, clock: Clock) -> None:
    asked = {"offer": "Tyres by Friday", "segment": "drivers", "goal": "book"}
    with a_hub(tmp_path, database_url=database_url, clock=clock, model=FakeModel(EMAIL)) as hub:
        waits = hub.run(request(template="campaign-email", inputs=asked))
        assert waits.state is RunState.IN_REVIEW
        with hub.database.transaction() as tx:
            for number, state in enumerate(("held", "failed", "waiting_user", "orphaned", "queued", "answered")):
                row = dict(tx.execute(sa.select(run).where(run.c.id == waits.id)).one()._mapping)
                more = {"id": f"r{number}", "request_key": f"k{number}", "state": state, "ended_at": clock.now}
                tx.execute(sa.insert(run).values({**row, **more}))
        clock.now += 3000 * DAY
        assert retention.clear(hub.parts) == 0
        hubs.approve(hub, waits)
        done = running.advance(hub.parts, waits.id)
        assert done is not None and done.state is RunState.DELIVERED
        clock.now += 92 * DAY
        assert retention.clear(hub.parts) == 1


def test_many_runs_are_cleared_in_small_transactions_by_two_at_once_each_run_once(hub: Hub, clock: Clock) -> None:
    from concurrent.futures import ThreadPoolExecutor

    sample = hub.run(request(inputs=inputs(SAID)))
    many = 2 * retention.BATCH + 20
    with hub.database.transaction() as tx:
        row = dict(tx.execute(sa.select(run).where(run.c.id == sample.id)).one()._mapping)
        copies = [{**row, "id": f"copy{n}", "request_key": f"copy{n}"} for n in range(many)]
        tx.execute(sa.insert(run), copies)
    clock.now += 92 * DAY
    with ThreadPoolExecutor(2) as pool:
        done = sum(pool.map(lambda _: retention.clear(hub.parts), range(2)))
    done += retention.clear(hub.parts)
    assert done == many + 1 == sum(note["runs"] for note in notes(hub))
    with hub.database.reading() as tx:
        assert tx.execute(sa.select(sa.func.count()).where(run.c.keeps == "all")).scalar() == 0


def test_nothing_is_cleared_where_the_setting_says_so_and_an_output_lasts_as_long_as_its_inputs(
    tmp_path: Path, clock: Clock
) -> None:
    with a_hub(tmp_path / "a", clock=clock, keep_texts_days=0) as hub:
        hub.run(request())
        clock.now += 3000 * DAY
        assert retention.clear(hub.parts) == 0
    with a_hub(tmp_path / "b", clock=clock, keep_texts_days=30, keep_outputs_days=7) as hub:
        done = hub.run(request())
        clock.now += 20 * DAY
        assert retention.clear(hub.parts) == 0
        clock.now += 12 * DAY
        assert retention.clear(hub.parts) == 1
        assert cleared(hub, done.id).keeps == "nothing"
    with a_hub(tmp_path / "c", clock=clock, keep_outputs_days=0) as hub:
        done = hub.run(request())
        clock.now += 3000 * DAY
        assert retention.clear(hub.parts) == 1
        assert cleared(hub, done.id).keeps == "output"


def test_the_look_for_old_runs_is_answered_by_its_index(hub: Hub) -> None:
    if not hub.database.is_sqlite:
        pytest.skip("PostgreSQL scans a table this small")
    with hub.database.reading() as tx:
        assert clearing.old(tx, "all", 1.0, 10) == []
        asked = sa.select(run.c.id).where(clearing.ENDED, run.c.keeps == "all", run.c.ended_at < 1.0)
        said = asked.compile(compile_kwargs={"literal_binds": True})
        plan = str(tx.execute(sa.text(f"EXPLAIN QUERY PLAN {said}")).all())
    assert "ix_run_keeps_ended_at" in plan
