"""An asset that cannot be read, a page the vendor forgot and a claim that ended hold up nothing but themselves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.dam import sweep
from connectors.dam.asset import Asset, Page
from connectors.dam.dialect import Dialect
from connectors.dam.look_up import look_up
from connectors.dam.one_by_one import one_by_one
from connectors.dam.sandbox_aem import AUTHOR
from hub.pipeline.look_up import look_up as looked_up
from hub.pipeline.run import advance
from hub.pipeline.sweep import sweep_now
from hub.sdk import (
    InlayError,
    NeedsPermission,
    Notice,
    OutOfQuota,
    RateLimited,
    Request,
    TargetGone,
    Unavailable,
    VendorRefused,
)
from hub.store import notices
from tests.connectors.dam import images
from tests.connectors.dam.aem_bench import AEM, Bench, running
from tests.connectors.dam.cloudinary_bench import DIALECT, account
from tests.connectors.dam.hub_bench import Place, connected
from tests.connectors.dam.shelf import Desk, desk

MANY = [f"a{number}" for number in range(40)]
BROKEN = [Unavailable("500"), NeedsPermission("403"), VendorRefused("400"), Unavailable("no metadata")]


def reading(troubles: dict[str, InlayError]) -> tuple[Callable[[str], Asset | None], list[str]]:
    """What reads one asset, and the ids it was asked for. One called ``gone`` is gone."""
    asked: list[str] = []

    def read(id: str) -> Asset | None:
        asked.append(id)
        if id in troubles:
            raise troubles[id]
        return None if id == "gone" else Asset(id=id, version="1")

    return read, asked


@pytest.mark.parametrize("trouble", BROKEN, ids=lambda one: f"{type(one).__name__} {one}")
def test_the_others_are_read_and_the_broken_one_says_why(trouble: InlayError) -> None:
    read, asked = reading({"a7": trouble})
    found = one_by_one([*MANY, "gone"], read)
    assert sorted(asked) == sorted([*MANY, "gone"])
    assert found.pop("a7") is trouble
    assert set(found) == {*MANY} - {"a7"}
    assert all(isinstance(one, Asset) for one in found.values())


def test_a_vendor_that_is_away_is_not_asked_for_each_asset() -> None:
    read, asked = reading(dict.fromkeys(MANY, Unavailable("away")))
    with pytest.raises(Unavailable):
        one_by_one(MANY, read)
    assert len(asked) == 3


@pytest.mark.parametrize("trouble", [RateLimited("slower", after=9.0), OutOfQuota("later", after=9.0)])
def test_what_was_read_before_the_vendor_wanted_a_rest_is_kept(trouble: RateLimited) -> None:
    """Or a batch larger than what the vendor allows at once would be begun anew for ever."""
    asked: list[str] = []

    def read(id: str) -> Asset:
        if len(asked) == 10:
            raise trouble
        asked.append(id)
        return Asset(id=id, version="1")

    found = one_by_one(MANY, read)
    assert {id for id, one in found.items() if isinstance(one, Asset)} == set(asked)
    assert {id for id, one in found.items() if one is trouble} == set(MANY) - set(asked)


def test_what_is_gone_is_an_answer_and_no_trouble() -> None:
    def read(id: str) -> Asset:
        raise TargetGone("404")

    assert one_by_one(MANY, read) == {}
    assert one_by_one([], read) == {}


def test_broken_assets_are_not_always_asked_for_first() -> None:
    """Three of them in front of a batch would else look like an account that cannot be read."""
    read, asked = reading(dict.fromkeys(MANY[:4], Unavailable("broken")))
    for _ in range(20):
        assert len(one_by_one(MANY, read)) == len(MANY)
    assert len({id for id in asked[:: len(MANY)]}) > 1


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with connected(tmp_path, "aem") as place:
        yield place


def drop(place: Place, number: int) -> list[str]:
    store, home = place.dam.store, place.dam.vendor.home
    return [
        store.add(f"{n}.png", images.png(), "image/png", folder=home, width=1200, height=800).id for n in range(number)
    ]


def waiting(place: Place) -> int:
    with place.hub.database.reading() as tx:
        return sum(one.count for one in notices.waiting(tx))


@pytest.mark.parametrize("kind", ["503", "html"])
def test_of_many_assets_in_aem_the_one_the_author_breaks_on_waits_and_the_others_get_their_texts(
    place: Place, kind: str
) -> None:
    some = drop(place, 8)
    broken = some[5]
    place.dam.faults.add(kind, on=f"GET /adobe/assets/{broken}", times=None)
    place.settle()
    assert {id for id in some if place.shows(id, "alt_text")} == {*some} - {broken}
    assert waiting(place) == 1, "it is never given up"
    place.dam.faults.clear()
    place.clock.ahead = 4000.0
    looked_up(place.hub.parts)
    for run in place.runs():
        if run.ended_at is None:
            advance(place.hub.parts, run.id)
    assert place.shows(broken, "alt_text")
    assert waiting(place) == 0


def test_a_look_over_aem_goes_on_past_a_broken_asset_and_comes_back_to_it(place: Place) -> None:
    """No webhook came of any of them: the look is all there is."""
    place.dam.sender.lose = 1.0
    some = drop(place, 5)
    broken = some[2]
    place.dam.faults.add("503", on=f"GET /adobe/assets/{broken}", times=None)
    found = sweep_now(place.hub.parts, "dam")
    assert (found.new, found.more) == (4, False)
    # Nothing happens to it meanwhile, so that no later look over what changed would show it.
    for one in place.dam.store._assets.values():
        one.modified_at -= 5000.0
    assert sweep_now(place.hub.parts, "dam").new == 0
    place.dam.faults.clear()
    assert sweep_now(place.hub.parts, "dam").new == 1
    assert len(place.runs()) == 5
    assert sweep_now(place.hub.parts, "dam").requests == 0, "it is not asked for again"


# The cursor of a look


class Forgetful:
    """A listing of two pages whose second one the vendor has forgotten."""

    def __init__(self, at: Desk, error: InlayError) -> None:
        self.at, self.error, self.asked = at, error, []

    def __call__(self, connection: Any, since: float, cursor: Any) -> Page:
        self.asked.append((since, dict(cursor)))
        if cursor:
            raise self.error
        return Page(assets=tuple(self.at.shelf.asset(one.id) for one in self.at.shelf.store.every()))


@pytest.fixture
def at(shelves: dict[str, Dialect]) -> Desk:
    return desk(settings={"starts": {"asset.ready": ["alt-text"]}})


@pytest.mark.parametrize("error", [VendorRefused("invalid cursor"), TargetGone("no such page")])
def test_a_look_whose_page_the_vendor_forgot_begins_anew_where_it_had_begun(at: Desk, error: InlayError) -> None:
    at.add()
    asked = at.shelf.changed = Forgetful(at, error)  # type: ignore[method-assign]
    began = time.time() - sweep.EXPIRES - 1
    swept = sweep.sweep(at.connection, {"page": {"at": 50}, "from": 77.0, "began": began, "since": 50.0})
    assert [one[0] for one in asked.asked] == [77.0, 77.0]
    assert [type(one) for one in swept.requests] == [Request]
    assert not swept.more
    assert float(str(swept.cursor["since"])) > began + sweep.EXPIRES


def test_a_vendor_that_always_refuses_a_page_is_not_listed_from_the_beginning_again_and_again(at: Desk) -> None:
    asked = at.shelf.changed = Forgetful(at, VendorRefused("too many pages"))  # type: ignore[method-assign]
    with pytest.raises(VendorRefused):
        sweep.sweep(at.connection, {"page": {"at": 50}, "from": 77.0, "began": time.time() - 60})
    assert len(asked.asked) == 1


def test_assets_that_cannot_be_read_are_few_in_the_cursor_and_gone_ones_leave_it(at: Desk) -> None:
    at.shelf.changed = lambda *given: Page(unread=tuple(f"x{n}" for n in range(300)))  # type: ignore[method-assign]
    swept = sweep.sweep(at.connection, {})
    assert len(swept.cursor["unread"]) == sweep.MOST_UNREAD
    at.shelf.changed = lambda *given: Page()  # type: ignore[method-assign]
    assert "unread" not in sweep.sweep(at.connection, swept.cursor).cursor


def test_while_the_account_cannot_be_read_nothing_leaves_the_cursor(at: Desk) -> None:
    def away(*given: Any) -> Any:
        raise Unavailable("away")

    at.shelf.changed = lambda *given: Page()  # type: ignore[method-assign]
    at.shelf.fetch = away  # type: ignore[method-assign]
    assert sweep.sweep(at.connection, {"unread": {"x1": 5.0}}).cursor["unread"] == {"x1": 5.0}


def test_a_claim_that_ended_while_the_hub_was_away_does_not_close_the_channel() -> None:
    with account(poll_channel="inlay") as dam:
        trigger = {"id": "upload", "event_type": "upload", "uri": "poll://inlay", "uri_type": "poll"}
        dam.vendor.admin.triggers.append(trigger)
        id = dam.upload()
        # No handle at all is what the sandbox refuses with 400; a real one may say so of one that expired.
        found = DIALECT.poll(dam.connection, {"taken": ["r"] * 101})
        assert [getattr(one, "asset", "") for one in found.events] == [id]


# What of AEM is no news


@pytest.fixture
def bench() -> Iterator[Bench]:
    with running(starts={"asset.approved": ["copy"], "asset.ready": ["alt-text"]}) as bench:
        yield bench


def test_an_approval_that_was_taken_back_before_inlay_looked_starts_nothing(bench: Bench) -> None:
    id = bench.add()
    notice = Notice(key="k", at={"asset": id, "kind": "asset.approved", "workflow": "copy"})
    bench.sandbox.store.approve(id)
    assert isinstance(look_up(bench.opened, [notice])[0], Request)
    bench.sandbox.store.approve(id, status="draft")
    assert not isinstance(look_up(bench.opened, [notice])[0], Request)


def test_without_a_checksum_inlay_s_own_metadata_is_no_news_of_a_new_file(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = bench.vendor.answer

    def without(call: Any) -> Any:
        """As the author answers of a file it makes no checksum of; its own version counts every change."""
        given = answer(call)
        if not call.path.endswith("/metadata") or call.method != "GET":
            return given
        revision = bench.sandbox.store.get(id).revision
        body = given.body.replace(b'"dam:sha1"', b'"x:sha1"').replace(
            b'"repo:version": "', b'"repo:version": "%d.' % revision
        )
        return type(given)(given.status, body, given.headers)

    monkeypatch.setattr(bench.vendor, "answer", without)
    id = bench.add(width=30, height=20)
    before = AEM.fetch(bench.opened, [id])[id]
    assert isinstance(before, Asset)
    bench.sandbox.store.change(id, {"dc:title": "By Inlay"}, by="inlay")
    after = AEM.fetch(bench.opened, [id])[id]
    assert isinstance(after, Asset)
    assert before.version == after.version != ""
    bench.sandbox.store.replace(id, images.png() + b"more")
    replaced = AEM.fetch(bench.opened, [id])[id]
    assert isinstance(replaced, Asset)
    assert replaced.version != before.version
    assert AUTHOR in bench.hosts()
