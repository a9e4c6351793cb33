"""A template that looks at a picture: where it comes from, who is shown it, and what is left of it afterwards."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.bootstrap import Hub
from hub.domain import Actor, Request, Run, RunState
from hub.errors import (
    BadRequest,
    Conflict,
    NeedsPermission,
    TargetGone,
    TryLater,
    Unavailable,
    VendorRefused,
)
from hub.model import Endpoint, OpenAIModel
from hub.pipeline import act, run
from hub.pipeline import picture as pictured
from hub.pipeline.parts import AT_THE_DESK
from hub.pipeline.receive import receive
from hub.pipeline.spend import ceiling_micros, period
from hub.sdk import Picture, Secret
from hub.store import budgets, events, pictures
from hub.store.tables import ledger, picture
from hub.store.tables import run as runs
from hub.testing import FakeModel
from tests import hubs
from tests.fake_model_server import FakeModelServer
from tests.flow import album as albums
from tests.flow.album import HERON, PAGE, PNG, SENT, Album, Plugin
from tests.hubs import ENVELOPE, TEAM, Clock, a_hub

SAID = {"variants": [{"caption": "A heron at dawn"}], **ENVELOPE}
DAY = 86_400.0


@contextmanager
def opened(
    home: Path, *answers: Any, needs: str = "required", album: Album | None = None, **more: Any
) -> Iterator[tuple[Hub, FakeModel, Album]]:
    plugin, model = Plugin(album), FakeModel(*(answers or (SAID,)))
    folder = albums.captions(home, needs)
    with a_hub(home, model=model, plugins=(("album", plugin),), templates=folder, **more) as hub:
        albums.connect(hub)
        yield hub, model, plugin.album


def asked(key: str = "one", **given: Any) -> Request:
    return hubs.request(key, **{"template": "caption", "inputs": {}, "target": PAGE, **given})


def without_target(key: str = "one") -> Request:
    return asked(key, target=None, inputs={"text": "IMG_2041.png"})


def kept(hub: Hub) -> int:
    with hub.database.reading() as tx:
        return tx.execute(sa.select(sa.func.count()).select_from(picture)).scalar_one()


def answered(hub: Hub, done: Run) -> dict[str, Any]:
    with hub.database.reading() as tx:
        return next(dict(one.data) for one in events.of_run(tx, done.id) if one.kind == "model.answered")


def test_the_model_is_shown_what_stands_at_the_target_and_only_a_hash_is_recorded(
    tmp_path: Path, database_url: str
) -> None:
    with opened(tmp_path, database_url=database_url) as (hub, model, album):
        done = hub.run(asked())
        assert done.state is RunState.DELIVERED, done.problem
        assert album.looks == [None]
        assert [one.pictures for one in model.prompts] == [(HERON,)]
        data = answered(hub, done)
        assert (data["picture"], data["picture_bytes"]) == (pictured.digest(HERON), len(PNG))
        assert kept(hub) == 0
        with hub.database.reading() as tx:
            rows = [*tx.execute(sa.select(runs)), *tx.execute(sa.select(ledger))]
        assert rows and "pixels of a heron" not in f"{rows}"


def test_a_picture_that_was_sent_goes_before_the_one_at_the_target(tmp_path: Path, database_url: str) -> None:
    with opened(tmp_path, database_url=database_url) as (hub, model, album):
        done = hub.run(asked(), picture=SENT)
        assert done.state is RunState.DELIVERED, done.problem
        assert not album.looks
        assert model.prompts[0].pictures == (SENT,)
        assert answered(hub, done)["picture"] == pictured.digest(SENT)


def test_a_picture_alone_will_do_and_is_gone_once_the_run_has_ended(tmp_path: Path, database_url: str) -> None:
    with opened(tmp_path, database_url=database_url) as (hub, model, _):
        done = hub.run(without_target(), picture=SENT)
        assert done.state is RunState.DELIVERED, done.problem
        assert model.prompts[0].pictures == (SENT,)
        assert kept(hub) == 1
        pictured.forget(hub.parts)
        assert kept(hub) == 0


def test_a_picture_is_kept_for_a_run_that_may_go_on_and_for_a_day_at_most(tmp_path: Path, database_url: str) -> None:
    clock = Clock()
    given = {"database_url": database_url, "clock": clock}
    with opened(tmp_path, VendorRefused("No."), VendorRefused("No."), SAID, **given) as (hub, model, _):
        failed = hub.run(without_target(), picture=SENT)
        assert failed.state is RunState.FAILED
        clock.now += DAY - 1
        pictured.forget(hub.parts)
        act.resume(hub.parts, failed, hubs.AUTHOR)
        assert run.advance(hub.parts, failed.id) is not None
        assert [one.pictures for one in model.prompts] == [(SENT,), (SENT,)]
        clock.now += 2
        pictured.forget(hub.parts)
        assert kept(hub) == 0
        act.resume(hub.parts, hub.get(failed.id), hubs.AUTHOR)
        late = run.advance(hub.parts, failed.id)
        assert late is not None and late.problem is not None
        assert late.state is RunState.FAILED
        assert "no longer there" in late.problem.what and late.problem.instead
        assert model.calls == 2


def test_the_hub_forgets_pictures_as_one_of_its_chores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.engine.CHORE_SECONDS", 0.05)
    with opened(tmp_path) as (hub, *_):
        done = hub.run(without_target(), picture=SENT)
        hub.start(workers=1)
        deadline, pause = time.monotonic() + 20, threading.Event()
        while kept(hub) and time.monotonic() < deadline:
            pause.wait(0.02)
        assert kept(hub) == 0
        assert hub.get(done.id).request.picture == pictured.digest(SENT)


def test_the_same_click_with_another_picture_is_another_request(tmp_path: Path, database_url: str) -> None:
    with opened(tmp_path, database_url=database_url) as (hub, model, _):
        first = hub.run(without_target(), picture=SENT)
        assert hub.run(without_target(), picture=SENT).id == first.id
        with pytest.raises(Conflict):
            hub.run(without_target(), picture=HERON)
        with pytest.raises(Conflict):
            hub.run(asked())
        assert model.calls == 1 and kept(hub) == 1


def test_a_run_that_needs_a_picture_and_has_none_says_so_before_anything_is_asked(tmp_path: Path) -> None:
    with opened(tmp_path) as (hub, model, album):
        with pytest.raises(BadRequest, match="looks at a picture"):
            hub.run(without_target())
        album.shown = [None]
        stopped = hub.run(asked())
        assert stopped.state is RunState.FAILED
        assert stopped.problem is not None
        assert stopped.problem.what == "Caption looks at a picture, and there is none."
        assert stopped.problem.why and stopped.problem.instead and stopped.problem.who
        assert model.calls == 0


def test_a_template_that_can_do_without_says_that_it_did(tmp_path: Path) -> None:
    with opened(tmp_path, needs="optional") as (hub, model, album):
        album.shown = [None]
        done = hub.run(asked())
        assert done.state is RunState.DELIVERED, done.problem
        assert done.draft is not None
        assert done.draft.assumptions == ("This was written without looking at a picture: there was none.",)
        assert model.prompts[0].pictures == ()
        assert "No picture is shown to you." in model.prompts[0].messages[-1].content
        album.shown = [HERON]
        seen = hub.run(asked("two"))
        assert seen.draft is not None and seen.draft.assumptions == ()
        assert "No picture" not in f"{model.prompts[1].messages}"


def test_a_model_that_takes_no_picture_is_asked_again_without_where_that_will_do(tmp_path: Path) -> None:
    refusal = VendorRefused("blind-model at models.example.com does not take the picture.")
    with opened(tmp_path, refusal, SAID, needs="optional") as (hub, model, _):
        done = hub.run(asked())
        assert done.state is RunState.DELIVERED, done.problem
        assert [len(one.pictures) for one in model.prompts] == [1, 0]
        assert done.draft is not None
        assert done.draft.assumptions == ("This was written without looking at a picture: the model did not take it.",)
        assert done.draft.usage.calls == 1
        assert answered(hub, done)["picture_refused"] is True


def test_a_model_that_takes_no_picture_fails_a_run_that_needs_one_and_names_who_acts(tmp_path: Path) -> None:
    with opened(tmp_path, VendorRefused("It does not take the picture.")) as (hub, model, _):
        failed = hub.run(asked())
        assert failed.state is RunState.FAILED
        assert failed.problem is not None and failed.problem.who == "an admin"
        assert model.calls == 1


def test_a_real_endpoint_is_shown_the_picture_and_shown_none_when_it_refuses_one(
    tmp_path: Path, fake_model: FakeModelServer
) -> None:
    fake_model.answers(SAID)
    folder = albums.captions(tmp_path, "optional")
    endpoint = {"base_url": fake_model.base_url, "model": "gpt-4o-mini", "api_key": Secret("sk-no-real-one")}
    plugin, model = Plugin(), OpenAIModel(Endpoint(**endpoint))
    with a_hub(tmp_path, model=model, plugins=(("album", plugin),), templates=folder) as hub:
        albums.connect(hub)
        seen = hub.run(asked())
        fake_model.fails(400, message="Invalid content type. image_url is only supported by certain models.")
        unseen = hub.run(asked("two"))
    first, refused, second = (entry["body"]["messages"][-1]["content"] for entry in fake_model.journal())
    address = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert first[1] == refused[1] == {"type": "image_url", "image_url": {"url": address, "detail": "low"}}
    assert isinstance(second, str) and second.endswith("Do not say what one looks like.")
    assert seen.draft is not None and seen.draft.assumptions == ()
    assert unseen.draft is not None and "did not take it" in unseen.draft.assumptions[0]
    assert seen.state is unseen.state is RunState.DELIVERED


def test_a_repaired_answer_is_asked_for_with_the_picture_again(tmp_path: Path) -> None:
    with opened(tmp_path, "no draft at all", SAID) as (hub, model, album):
        done = hub.run(asked())
        assert done.state is RunState.DELIVERED, done.problem
        assert [one.pictures for one in model.prompts] == [(HERON,), (HERON,)]
        assert len(album.looks) == 2


def test_a_picture_that_is_no_picture_is_shown_to_nobody(tmp_path: Path) -> None:
    with opened(tmp_path, needs="optional") as (hub, model, album):
        album.shown = [Picture(media_type="image/png", data=b"<svg onload=alert(1)>")]
        stopped = hub.run(asked())
        assert stopped.state is RunState.FAILED
        for wrong in (
            Picture(media_type="image/svg+xml", data=b"<svg/>"),
            Picture(media_type="image/png", data=b"\xff\xd8\xff"),
            Picture(media_type="image/png", url="https://pictures.example.com/a.png"),
        ):
            with pytest.raises(BadRequest, match="no picture"):
                hub.run(without_target("wrong"), picture=wrong)
        assert model.calls == 0 and kept(hub) == 0


def test_a_template_that_looks_at_nothing_takes_no_picture(tmp_path: Path) -> None:
    with opened(tmp_path) as (hub, model, _):
        with pytest.raises(BadRequest, match="looks at no picture"):
            hub.run(hubs.request(), picture=SENT)
        assert model.calls == 0 and kept(hub) == 0


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (TargetGone("The page was torn out."), RunState.ORPHANED),
        (NeedsPermission("The album is locked."), RunState.WAITING_USER),
        (VendorRefused("No."), RunState.FAILED),
    ],
)
def test_trouble_with_the_picture_ends_a_run_like_any_trouble_there(
    tmp_path: Path, trouble: Exception, state: RunState
) -> None:
    with opened(tmp_path) as (hub, model, album):
        album.shown = [trouble]
        stopped = hub.run(asked())
        assert stopped.state is state
        assert model.calls == 0
        album.shown = [HERON]
        act.resume(hub.parts, stopped, hubs.AUTHOR)
        done = run.advance(hub.parts, stopped.id)
        assert done is not None and done.state is RunState.DELIVERED


def test_an_album_that_is_busy_puts_the_run_off(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock=clock) as (hub, model, album):
        album.shown = [TryLater("The album is busy.", after=30.0), Unavailable("It is away."), HERON]
        waiting = hub.run(asked())
        assert waiting.state is RunState.QUEUED and waiting.wake_at is not None
        assert waiting.wake_at >= clock.now + 30
        assert model.calls == 0
        for _ in range(2):
            clock.now += 120
            run.advance(hub.parts, waiting.id)
        assert hub.get(waiting.id).state is RunState.DELIVERED
        assert "model.call_in_doubt" not in hubs.kinds(hub, waiting)


def test_a_look_counts_as_a_read_against_the_vendors_limit(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, album=albums.Thrifty(), clock=clock) as (hub, _, album):
        waiting = hub.run(asked())
        # The one read there is went into composing.
        assert waiting.state is RunState.QUEUED
        assert waiting.problem is not None and waiting.problem.code == "rate-limited"
        assert not album.looks
        clock.now += 60
        done = run.advance(hub.parts, waiting.id)
        assert done is not None and done.state is RunState.DELIVERED
        assert len(album.looks) == 1


def test_the_picture_is_looked_at_in_the_name_of_who_asked(tmp_path: Path) -> None:
    with opened(tmp_path) as (hub, _, album):
        actor = Actor(person="mara@example.com", via=AT_THE_DESK)
        hub.parts.connections.lend("album", "mara@example.com", Secret("maras-own"), hub.parts.clock() + 3000)
        done = hub.run(asked(actor=actor))
        assert done.state is RunState.DELIVERED, done.problem
        assert album.looks == ["maras-own"]


def test_a_worker_that_dies_while_it_looks_has_asked_and_paid_for_nothing(tmp_path: Path, database_url: str) -> None:
    clock = Clock()
    with opened(tmp_path, database_url=database_url, clock=clock) as (hub, model, album):
        allow(hub, 1_000_000)
        album.shown = [KeyboardInterrupt(), HERON]
        received = receive(hub.parts, asked(), lease=True)
        assert received.run is not None
        with pytest.raises(KeyboardInterrupt):
            run.walk(hub.parts, received.run, received.birth)
        assert model.calls == 0
        clock.now += hub.settings.lease_seconds + 1
        done = run.advance(hub.parts, received.run_id)
        assert done is not None and done.state is RunState.DELIVERED
        assert model.calls == 1
        assert done.draft is not None
        assert standing(hub) == (done.draft.usage.cost_micros, 0)
        assert "model.call_in_doubt" not in hubs.kinds(hub, done)


def test_an_answer_that_is_stored_is_not_paid_for_twice_though_the_picture_is_there(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock=clock) as (hub, model, album):
        done = hub.run(asked())
        clock.now += hub.settings.lease_seconds + 1
        assert run.advance(hub.parts, done.id) is None
        assert model.calls == 1 and len(album.looks) == 1


def test_what_is_set_aside_holds_a_call_with_its_picture(tmp_path: Path, database_url: str) -> None:
    with opened(tmp_path, database_url=database_url) as (hub, model, _):
        first = hub.run(without_target("first"), picture=SENT)
        ceiling = ceiling_micros(hub.parts, first)
        assert first.draft is not None and first.draft.usage.cost_micros is not None
        # The fake model is billed the bound for each picture, so this holds to the last token.
        assert first.draft.usage.cost_micros <= ceiling
        allow(hub, ceiling - 1)
        assert hub.run(without_target("second"), picture=SENT).state is RunState.REFUSED
        allow(hub, ceiling)
        assert hub.run(without_target("third"), picture=SENT).state is RunState.DELIVERED
        assert standing(hub) == (first.draft.usage.cost_micros, 0)
        assert model.calls == 2


def test_what_is_set_aside_holds_a_call_without_the_picture_it_may_have_had(tmp_path: Path) -> None:
    with opened(tmp_path, needs="optional") as (hub, _, album):
        album.shown = [None]
        done = hub.run(asked())
        assert done.draft is not None and done.draft.usage.cost_micros is not None
        assert done.draft.usage.cost_micros < ceiling_micros(hub.parts, done)


def test_a_refused_run_keeps_no_picture(tmp_path: Path) -> None:
    with opened(tmp_path) as (hub, *_):
        secret = asked(target=None, inputs={"text": "Use key AKIAIOSFODNN7EXAMPLE for the upload, please."})
        assert hub.run(secret, picture=SENT).state is RunState.REFUSED
        assert kept(hub) == 0


def test_pictures_are_stored_and_given_back_as_they_are(tmp_path: Path, database_url: str) -> None:
    whole = Picture(media_type="image/png", data=PNG + bytes(range(256)) * 100)
    with opened(tmp_path, database_url=database_url) as (hub, *_):
        done = hub.run(without_target(), picture=whole)
        with hub.database.reading() as tx:
            assert pictures.get(tx, done.id) == whole
            assert pictures.get(tx, "none") is None


def allow(hub: Hub, limit: int) -> None:
    with hub.database.transaction() as tx:
        budgets.allow(tx, TEAM, limit)


def standing(hub: Hub) -> tuple[int, int]:
    with hub.database.reading() as tx:
        found = budgets.standing(tx, TEAM, period(hub.parts.clock()))
    assert found is not None
    return found.spent_micros, found.reserved_micros
