"""AEM: what its events say, what is made of a hostile one, and how the sandbox sends them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.dam.asset import AssetEvent
from connectors.dam.sandbox_aem import ACCOUNT
from connectors.dam.sandbox_store import HUB
from hub.sdk import Connection, Ignored
from tests.connectors.dam.aem_bench import AEM, ASSET, AUTHOR, JPEG, Bench, event, metadata_event, running


@pytest.fixture
def bench() -> Iterator[Bench]:
    with running() as bench:
        yield bench


def said(connection: Connection, *events: dict[str, Any]) -> list[AssetEvent | Ignored]:
    body = json.dumps(events[0] if len(events) == 1 else list(events)).encode()
    return list(AEM.parse(connection, body))


def one(connection: Connection, about: dict[str, Any]) -> AssetEvent:
    (found,) = said(connection, about)
    assert isinstance(found, AssetEvent)
    return found


@pytest.mark.parametrize(
    ("native", "kind"),
    [
        ("created", "asset.created"),
        ("processing_completed", "asset.ready"),
        ("updated", "asset.updated"),
        ("metadata_updated", "metadata.changed"),
        ("deleted", "asset.deleted"),
    ],
)
def test_each_event_of_aem_has_its_word(bench: Bench, native: str, kind: str) -> None:
    found = one(bench.opened, event(native))
    assert (found.kind, found.asset, found.native) == (kind, ASSET, f"aem.assets.asset.{native}")
    assert found.at == pytest.approx(time.time(), abs=5)


@pytest.mark.parametrize(
    "native", ["aem.assets.asset.published", "aem.assets.asset.", "aem.assets.folder.created", "created", "", None, 7]
)
def test_what_is_no_work_is_ignored_and_counted(bench: Bench, native: Any) -> None:
    (found,) = said(bench.opened, event(type=native))
    assert isinstance(found, Ignored)
    assert found.event and found.why


def test_the_published_event_of_adobes_documents_is_ignored(recordings: Path, bench: Bench) -> None:
    told = json.loads((recordings / "dam/aem/docs_asset_published.json").read_text())
    (found,) = said(bench.opened, told)
    assert isinstance(found, Ignored)


def test_the_id_is_the_one_of_io_events_and_not_aems(bench: Bench) -> None:
    assert one(bench.opened, event(eventid="new", event_id="old")).id == "new"
    assert one(bench.opened, event(eventid=None, event_id="old")).id == "old"


def test_approval_is_a_change_of_the_status_to_approved_and_nothing_else(bench: Bench) -> None:
    approved = {"dam:status": "approved"}
    assert one(bench.opened, metadata_event({"dam:status": "rejected"}, **approved)).kind == "asset.approved"
    created = event("metadata_updated", data={"assetMetadata": {**approved, "event:created": ["dam:status"]}})
    assert one(bench.opened, created).kind == "asset.approved"
    for about in (
        # Approved long ago, and its title changed.
        metadata_event({"dc:title": "old"}, **approved),
        # No longer approved, or no longer anything.
        metadata_event({"dam:status": "approved"}, **{"dam:status": "rejected"}),
        metadata_event({"dam:status": "approved"}),
        metadata_event({"dam:status": ""}, **{"dam:status": ["approved"]}),
    ):
        assert one(bench.opened, about).kind == "metadata.changed"


def test_the_fields_that_changed_are_named_and_their_old_values_are_not_kept(bench: Bench) -> None:
    about = {"event:updated": {"dc:title": "what it was"}, "event:created": ["dc:subject"], "dc:title": "New"}
    found = one(bench.opened, event("metadata_updated", data={"assetMetadata": about}))
    assert set(found.changed) == {"dc:title", "dc:subject"}
    assert "what it was" not in repr(found)


@pytest.mark.parametrize(
    "hostile",
    [
        {"event:updated": "dc:title"},
        {"event:updated": ["dc:title", 7, None, {"a": 1}]},
        {"event:created": {"dc:title": {"nested": []}}},
        {"event:created": [["dc:title"]]},
        {"event:updated": {"__class__": "x", "a" * 5000: 1}},
        {"event:updated": {str(n): n for n in range(5000)}},
        ["no", "object"],
        "text",
        None,
    ],
)
def test_hostile_lists_of_changes_break_nothing(bench: Bench, hostile: Any) -> None:
    found = one(bench.opened, event("metadata_updated", data={"assetMetadata": hostile}))
    assert len(found.changed) <= 1000
    assert all(isinstance(name, str) and len(name) <= 200 for name in found.changed)


@pytest.mark.parametrize(
    "user",
    [
        {"principalId": ACCOUNT},
        {"principalId": ACCOUNT.upper(), "displayName": "Somebody"},
        {"imsUserId": "x", "displayName": ACCOUNT},
    ],
)
def test_inlays_own_account_is_known_by_any_of_its_names(bench: Bench, user: dict[str, str]) -> None:
    assert one(bench.opened, event("metadata_updated", data={"user": user})).actor.lower() == ACCOUNT


def test_another_actor_is_named_by_their_principal(bench: Bench) -> None:
    user = {"principalId": "MIKA@SOMMERLICHT.EXAMPLE", "imsUserId": "1@e", "displayName": "Mika"}
    assert one(bench.opened, event(data={"user": user})).actor == "MIKA@SOMMERLICHT.EXAMPLE"
    for nobody in (None, "Mika", [], {"principalId": 5}, {}):
        assert one(bench.opened, event(data={"user": nobody})).actor == ""


def test_an_event_of_another_environment_is_ignored_and_nobody_is_called(bench: Bench) -> None:
    for host in ("author-p1-e1.adobeaemcloud.com", "evil.example", f"{AUTHOR}.evil.example", f"{AUTHOR}@evil.example"):
        (found,) = said(bench.opened, event(data={"repositoryMetadata": {"repo:repositoryId": host}}))
        assert isinstance(found, Ignored)
        assert host not in found.why + found.event
    assert one(bench.opened, event(data={"repositoryMetadata": {"repo:repositoryId": AUTHOR.upper()}}))
    assert bench.sandbox.journal.entries() == []


@pytest.mark.parametrize(
    "id",
    [
        "urn:aaid:aem:../../bin/querybuilder.json",
        "urn:aaid:aem:1?x=1",
        "urn:aaid:aem:12345678\n",
        "urn:aaid:sc:us:12345678-1234",
        "https://evil.example/12345678",
        "urn:aaid:aem:１２３４５６７８",
        "",
        7,
        None,
        {"id": ASSET},
    ],
)
def test_what_is_no_id_of_an_asset_reaches_no_address(bench: Bench, id: Any) -> None:
    (found,) = said(bench.opened, event(data={"assetId": id}))
    assert isinstance(found, Ignored)
    if isinstance(id, str):
        assert AEM.fetch(bench.opened, [id]) == {}
    assert bench.sandbox.journal.entries() == []


def test_one_strange_event_in_a_batch_costs_the_others_nothing(bench: Bench) -> None:
    found = said(bench.opened, event(eventid="a"), event(data={"assetId": 7}), event(eventid="c"))
    assert [one.id if isinstance(one, AssetEvent) else None for one in found] == ["a", None, "c"]


def test_the_sandbox_sends_what_the_dialect_reads(bench: Bench) -> None:
    store = bench.sandbox.store
    heard: list[Any] = []
    for batched in (False, True):
        bench.vendor.batched = batched
        first = len(store.history)
        id = bench.add(quiet=False)
        store.change(id, {"dc:title": "A title"}, by="mika@sommerlicht.example")
        store.change(id, {"dc:title": "Another", "inlay_mark": "x"}, by=HUB)
        store.approve(id)
        store.approve(id, status="rejected")
        store.replace(id, JPEG)
        store.delete(id)
        for change in store.history[first:]:
            for body in bench.vendor.webhooks(change):
                out = bench.vendor.signed(body, 0, time.time())
                heard += bench.taken(replace(bench.sent(body), headers=dict(out.headers)))
    half = ["asset.created", "asset.ready", "metadata.changed", "metadata.changed", "asset.approved"]
    half += ["metadata.changed", "asset.updated", "asset.ready", "asset.deleted"]
    assert [found.kind for found in heard] == half * 2
    assert len({found.id for found in heard}) == len(heard)
    assert heard[1].actor == "", "processing has no user"
    assert heard[2].changed == ("dc:title",)
    assert (set(heard[3].changed), heard[3].actor) == ({"dc:title", "inlay_mark"}, ACCOUNT)


def test_the_sandbox_repeats_as_adobe_does_and_each_attempt_is_known(bench: Bench) -> None:
    vendor, store = bench.vendor, bench.sandbox.store
    answers = (200, 202, 301, 400, 401, 404, 408, 429, 500, 503, 505, None)
    assert [status for status in answers if vendor.again(status)] == [429, 500, 503, None]
    assert list(vendor.schedule[:6]) == [60, 120, 240, 480, 900, 900]
    assert sum(vendor.schedule) == pytest.approx(86_400, abs=900)
    store.change(bench.add(), {"dc:title": "x"}, by="mika@sommerlicht.example")
    (body,) = vendor.webhooks(store.history[-1])
    first, second = vendor.signed(body, 0, 0.0).headers, vendor.signed(body, 1, 0.0).headers
    assert "x-adobe-retry-count" not in first
    assert second["x-adobe-retry-count"] == "1"
    assert first["x-adobe-event-id"] == second["x-adobe-event-id"]
    assert first["x-adobe-delivery-id"] != second["x-adobe-delivery-id"]
