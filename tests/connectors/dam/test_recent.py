"""An asset is read no more often than its run needs, and what is remembered of it never stands in for what is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connectors.dam import recent
from connectors.dam.recent import KEPT, MOST, Recent, picture_of
from hub.domain import RunState
from hub.sdk import TargetGone, Unavailable
from tests.connectors.dam import images
from tests.connectors.dam.aem_bench import AEM, Bench, running
from tests.connectors.dam.hub_bench import connected


def reads(bench: Bench) -> int:
    return len(bench.sandbox.journal.entries(method="GET", path="/adobe/assets/"))


def looked_up(bench: Bench, id: str) -> None:
    recent.recent(bench.opened).keep(AEM.fetch(bench.opened, [id])[id])


def test_a_run_reads_its_asset_when_it_is_looked_up_and_around_its_write(tmp_path: Path) -> None:
    with connected(tmp_path, "aem") as place:
        asset = place.dam.drop("lantern.png", images.png(8, 8))
        (run,) = place.settle()
        assert run.state is RunState.DELIVERED, run.problem
        calls = [(one.method, one.path.rpartition("/")[2]) for one in place.dam.journal.entries()]
        assert calls.count(("GET", "metadata")) == 3
        assert calls.count(("PATCH", "metadata")) == 1
        assert len([one for one in place.dam.journal.entries() if asset in one.path]) == 4
        assert place.model.prompts[0].pictures


def test_what_was_looked_up_saves_the_next_read_and_no_other() -> None:
    with running() as bench:
        id = bench.add()
        looked_up(bench, id)
        before = reads(bench)
        assert picture_of(bench.opened, id) is not None
        assert reads(bench) == before
        assert picture_of(bench.opened, id) is not None
        assert reads(bench) == before + 1


def test_an_asset_that_was_moved_since_still_has_its_picture() -> None:
    with running() as bench:
        id = bench.add()
        looked_up(bench, id)
        bench.sandbox.store._assets[id].folder = "/content/dam/elsewhere"
        found = picture_of(bench.opened, id)
        assert found is not None
        assert found.media_type == "image/png"


def test_an_asset_that_was_deleted_since_is_gone() -> None:
    with running() as bench:
        id = bench.add()
        looked_up(bench, id)
        bench.sandbox.store.delete(id)
        with pytest.raises(TargetGone):
            picture_of(bench.opened, id)


def test_a_dam_in_trouble_is_not_asked_twice_for_one_picture() -> None:
    with running() as bench:
        id = bench.add()
        looked_up(bench, id)
        before = reads(bench)
        bench.sandbox.faults.add("503", on="GET /content", times=None)
        with pytest.raises(Unavailable):
            picture_of(bench.opened, id)
        assert reads(bench) == before


def test_it_is_forgotten_after_a_minute_and_when_there_are_many() -> None:
    now = [0.0]
    with running() as bench:
        ids = [bench.add(f"dunes-{number}.png") for number in range(2)]
        first, second = (AEM.fetch(bench.opened, [id])[id] for id in ids)
    kept = Recent(clock=lambda: now[0])
    kept.keep(first)
    now[0] = KEPT
    assert kept.take(first.id) is None
    kept.keep(first)
    for number in range(MOST):
        kept.keep(replace(second, id=f"urn:aaid:aem:{number:08}"))
    assert kept.take(first.id) is None
    assert kept.take(f"urn:aaid:aem:{0:08}") is not None
