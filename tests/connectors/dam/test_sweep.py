"""The look over a DAM: what no webhook told is found, what was handled is known, and fetched events are kept first."""

from __future__ import annotations

import time

import pytest

from connectors.dam import sweep
from connectors.dam.asset import AssetEvent
from connectors.dam.connector import Dam
from connectors.dam.inbound import notices
from connectors.dam.look_up import look_up
from connectors.dam.sandbox_store import AssetStore
from hub.sdk import Ignored, Json, Notice, Request, Swept, Trigger
from tests.connectors.dam.shelf import Desk, desk

pytestmark = pytest.mark.usefixtures("shelves")
STARTS = {"asset.ready": ["alt-text"], "asset.created": ["check"], "asset.approved": ["copy"], "asset.updated": ["no"]}


class Clock:
    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def at_desk(clock: Clock | None = None) -> Desk:
    return desk(AssetStore(clock or Clock()), settings={"starts": STARTS})


def all_of(at: Desk, cursor: Json) -> tuple[list[Request], Json]:
    """Everything one look finds, page by page, and the cursor behind it."""
    found: list[Request] = []
    for _ in range(20):
        swept: Swept = sweep.sweep(at.connection, cursor)
        found += [one for one in swept.requests if isinstance(one, Request)]
        cursor = swept.cursor
        if not swept.more:
            return found, cursor
    raise AssertionError("the look never ends")


def asked(found: list[Request]) -> set[tuple[str, str]]:
    return {(str(one.raw["asset"]), str(one.workflow)) for one in found}


def test_lost_events_are_found_over_many_pages() -> None:
    at = at_desk()
    assets = [at.add() for _ in range(5)]
    at.shelf.store.approve(assets[0])
    found, cursor = all_of(at, {})
    assert asked(found) == {(one, name) for one in assets for name in ("alt-text", "check")} | {(assets[0], "copy")}
    assert {one.trigger for one in found} == {Trigger.SCHEDULE}
    assert set(cursor) == {"since"}


def test_what_a_webhook_brought_has_the_same_key() -> None:
    at = at_desk()
    asset = at.add()
    event = AssetEvent(id="e", kind="asset.ready", asset=asset, native="ready")
    (notice,) = notices(at.connection.settings, event)
    assert isinstance(notice, Notice)
    (brought,) = look_up(at.connection, [notice])
    assert isinstance(brought, Request)
    found, _ = all_of(at, {})
    assert brought.key in {one.key for one in found}


def test_a_new_binary_is_new_work_and_new_metadata_is_none() -> None:
    at = at_desk()
    asset = at.add()
    before, _ = all_of(at, {})
    at.person(asset, title="By a person")
    same, _ = all_of(at, {})
    at.shelf.store.replace(asset, b"another")
    after, _ = all_of(at, {})
    assert {one.key for one in before} == {one.key for one in same}
    assert not {one.key for one in before} & {one.key for one in after}


def test_the_look_begins_before_the_last_one_ended_and_goes_no_further_back_than_an_hour_at_first() -> None:
    clock = Clock()
    at = at_desk(clock)
    clock.ahead = -2 * sweep.FIRST
    at.add()
    clock.ahead = -sweep.OVERLAP / 2
    seen_late = at.add()
    found, cursor = all_of(at, {})
    assert {str(one.raw["asset"]) for one in found} == {seen_late}
    again, _ = all_of(at, cursor)
    assert {one.key for one in again} == {one.key for one in found}


@pytest.mark.parametrize("cursor", [{"since": "x"}, {"since": 1e18}, {"page": 3}, {"poll": []}, {"since": True}])
def test_a_cursor_that_makes_no_sense_is_begun_anew(cursor: Json) -> None:
    at = at_desk()
    at.add()
    assert all_of(at, cursor)[0]


def test_fetched_events_are_acknowledged_once_they_are_stored() -> None:
    at = at_desk()
    asset = at.add()
    at.shelf.kept = [
        AssetEvent(id="p1", kind="asset.ready", asset=asset, native="upload"),
        AssetEvent(id="p2", kind="asset.deleted", asset=asset, native="delete"),
        Ignored(event="eager", why="Nothing to do."),
    ]
    assert Dam().sweep_after(at.connection) == 5.0
    first = sweep.sweep(at.connection, {"since": time.time()})
    assert asked([one for one in first.requests if isinstance(one, Request)]) == {(asset, "alt-text")}
    assert at.shelf.acknowledged == [{}], "nothing is acknowledged before the hub has stored it"
    sweep.sweep(at.connection, first.cursor)
    assert at.shelf.acknowledged[-1] == {"ack": ["p1", "p2"]}


def test_polling_every_few_seconds_does_not_list_the_account_every_few_seconds() -> None:
    at = at_desk()
    at.add()
    at.shelf.acknowledged.append({})
    found, cursor = all_of(at, {})
    assert found
    again, _ = all_of(at, cursor)
    assert again == []
    assert Dam().sweep_after(desk().connection) == 900.0


def test_assets_people_added_are_counted() -> None:
    at = at_desk()
    ids = {at.add() for _ in range(3)}
    now = time.time()
    found = Dam().count_items(at.connection, "assets", now - 60, now + 60)
    assert (found.count, set(found.ids)) == (3, ids)
    assert Dam().count_items(at.connection, "assets", now - 900, now - 60).count == 0
