"""A Bynder portal's assets: read by id, listed by page, written by allow-listed fields, and signed in for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.dam.dialects.bynder_api import portal
from connectors.dam.sandbox_bynder import HOST, METAPROPERTIES, THUMBNAILS
from connectors.dam.sandbox_vendor import Answer
from hub.sdk import NeedsPermission, OutOfQuota, TryLater, VendorRefused
from tests.connectors.dam import images
from tests.connectors.dam.aem_bench import opened
from tests.connectors.dam.bynder_bench import BYNDER, Bench, becomes, running

COPY = f"metaproperty:Copy:{METAPROPERTIES['Copy']}"


@pytest.fixture
def bench() -> Iterator[Bench]:
    with running() as bench:
        bench.vendor.later = 0.0
        yield bench


def one(bench: Bench, id: str) -> Any:
    return BYNDER.fetch(bench.opened, [id])[id]


def test_an_asset_is_read_whichever_letters_its_id_is_written_in(bench: Bench) -> None:
    id = bench.add("dunes after sunset.jpg", data=images.png(), fields={"tags": ["dune"], "description": "A dune."})
    found = one(bench, id.upper()) if id.upper() != id else one(bench, id)
    assert (found.id, found.name, found.mime) == (id, "dunes after sunset", "image/jpeg")
    assert (found.width, found.height, found.status) == (1200, 800, "draft")
    assert found.fields == {"tags": ("dune",), "description": "A dune."}
    assert found.url == f"https://{HOST}/media/?mediaId={id}"


def test_many_are_read_in_one_call_and_those_that_are_gone_are_left_out(bench: Bench) -> None:
    ids = [bench.add(f"{number}.png") for number in range(60)]
    calls = len(bench.asked())
    found = BYNDER.fetch(bench.opened, [*(id.upper() for id in ids), "00000000-0000-0000-0000000000000000", "no id"])
    assert {asset.id for asset in found.values()} == set(ids)
    assert len(bench.asked()) - calls == 3, "a sign-in and two pages"
    assert BYNDER.fetch(bench.opened, ["00000000-0000-0000-0000000000000000"]) == {}


def test_a_status_is_the_option_of_the_metaproperty_the_settings_name(bench: Bench) -> None:
    id = bench.add()
    assert one(bench, id).status == "draft"
    bench.sandbox.store.approve(id)
    assert one(bench, id).status == "approved"
    bench.opened = opened(bench.sandbox, account="")
    assert one(bench, id).status == ""


def test_a_version_changes_with_the_file_and_not_with_its_texts(bench: Bench) -> None:
    id = bench.add()
    before = one(bench, id).version
    bench.sandbox.store.change(id, {"description": "Another."}, by="mika")
    assert one(bench, id).version == before
    bench.sandbox.store.replace(id, images.png() + b"\0")
    assert one(bench, id).version != before


def test_fields_are_written_as_a_form_and_tags_as_one_list(bench: Bench) -> None:
    id = bench.add(fields={"tags": ["old"]})
    BYNDER.write(
        bench.opened, one(bench, id), {"description": "A pier & a lamp = light", "tags": ("a", "b c"), COPY: "Hi"}
    )
    assert becomes(bench.sandbox.store, lambda: "property_Copy" in bench.sandbox.store.get(id).fields)
    assert bench.sandbox.store.get(id).fields == {
        "description": "A pier & a lamp = light",
        "tags": ["a", "b c"],
        "property_Copy": "Hi",
    }


@pytest.mark.parametrize(
    "name", ["isPublic", "archive", "metaproperty.x", "metaproperty:Copy:x", "name&isPublic=1", ""]
)
def test_a_field_that_is_not_on_the_list_never_leaves(bench: Bench, name: str) -> None:
    asset = one(bench, bench.add())
    calls = len(bench.asked())
    with pytest.raises(VendorRefused):
        BYNDER.write(bench.opened, asset, {name: "1"})
    assert len(bench.asked()) == calls


@pytest.mark.parametrize("fields", [{"alt_text": "isPublic"}, {"alt_text": "tags"}, {"copy": "metaproperty:Copy:1"}])
def test_settings_that_name_another_field_are_refused(bench: Bench, fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        opened(bench.sandbox, fields=fields)


def test_what_changed_is_listed_by_page_and_what_was_made_is_counted(bench: Bench) -> None:
    start = time.time() - 5
    ids = {bench.add(f"{number}.png") for number in range(75)}
    seen, cursor = [], {}
    while True:
        page = BYNDER.changed(bench.opened, start, cursor)
        seen += [asset.id for asset in page.assets]
        cursor = dict(page.cursor)
        if not page.more:
            break
    assert len(seen) == 75
    assert set(seen) == ids
    assert set(BYNDER.created(bench.opened, start, time.time() + 5)) == ids
    assert BYNDER.created(bench.opened, start - 100, start) == ()


def test_a_row_that_says_of_no_asset_what_it_is_holds_up_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [bench.add(f"{number}.png") for number in range(3)]
    start = time.time() - 60
    for row in ({}, {"id": None}, {"id": ["x"]}, {"id": "../../v6"}, {"id": ids[1] + "/x"}):
        # The portal's own answer, with such a row in the place of the second.
        whole = bench.vendor._listed({})
        rows = [row if one["id"] == ids[1] else one for one in json.loads(whole.body)]
        monkeypatch.setattr(bench.vendor, "_listed", lambda query, rows=rows: Answer(200, json.dumps(rows).encode()))
        assert set(BYNDER.fetch(bench.opened, ids)) == {ids[0], ids[2]}
        assert {asset.id for asset in BYNDER.changed(bench.opened, start, {}).assets} == {ids[0], ids[2]}
        assert set(BYNDER.created(bench.opened, start, time.time() + 60)) == {ids[0], ids[2]}
        monkeypatch.undo()


@pytest.mark.parametrize("answer", [None, 7, "x", {}, {"media": None}, [None], ["x"], [[]]])
def test_what_is_no_list_of_assets_is_named_and_nothing_is_made_of_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    monkeypatch.setattr(bench.vendor, "_listed", lambda query: Answer(200, json.dumps(answer).encode()))
    with pytest.raises(VendorRefused):
        BYNDER.changed(bench.opened, 0, {})


def test_what_a_portal_says_of_an_asset_is_read_as_it_is_meant(bench: Bench) -> None:
    id = bench.add("logo.svg", mime="image/svg+xml")
    assert one(bench, id).mime == "image/svg+xml"
    asked = {
        "dateCreated": "2026-11-20T09:15:42+02:00",
        "dateModified": "2026-11-20T07:15:42Z",
        "name": "a\ud800\u0000b",
        "fileSize": -1,
        "width": True,
        "height": "9",
        "tags": ["lake", 7, None, ""],
        "description": ["two", "parts"],
        "type": "image",
        "extension": "png",
    }
    bench.sandbox.store.change(id, asked, by="mika")
    found = one(bench, id)
    assert found.created_at == found.modified_at == 1795158942.0
    assert (found.size, found.width, found.height, found.mime) == (None, None, None, "")
    assert found.fields == {"tags": ("lake",), "description": "two, parts"}
    assert found.name.encode()
    assert "\0" not in found.name
    for at in ("", "yesterday", 7, [], "0000-00-00", "9999-99-99T00:00:00Z"):
        bench.sandbox.store.change(id, {"dateCreated": at, "dateModified": at}, by="mika")
        assert one(bench, id).created_at is None


@pytest.mark.parametrize(
    "url",
    [
        "http://{host}/m/x.png",
        "https://evil.example/m/x.png",
        "https://{host}@evil.example/x.png",
        "https://{host}.evil.example/x.png",
        "https://{host}:8443/x.png",
        "https://{host}/x.png?Signature=secret",
        "https://{host}/x.png#x",
        "https://{host}\\@evil.example/x.png",
        "https://{host}/" + "x" * 1000,
        "https://{host}/ü.png",
        "https://{host}",
        "file:///etc/passwd",
        7,
        None,
    ],
)
def test_the_address_of_a_picture_leads_to_no_other_host_and_carries_nothing_signed(bench: Bench, url: Any) -> None:
    id = bench.add("dunes.png", data=images.png())
    said = url.format(host=THUMBNAILS) if isinstance(url, str) else url
    bench.sandbox.store.change(id, {"thumbnails": {"webimage": said, "thul": said}}, by="mika")
    asset = one(bench, id)
    calls = len(bench.asked())
    assert BYNDER.picture(bench.opened, asset) is None
    assert len(bench.asked()) == calls


def test_a_picture_is_the_web_image_at_the_host_the_settings_name(bench: Bench) -> None:
    id = bench.add("dunes.png", data=images.png())
    found = BYNDER.picture(bench.opened, one(bench, id))
    assert found is not None
    bench.opened = opened(bench.sandbox, delivery_host="")
    calls = len(bench.asked())
    asset = one(bench, id)
    assert BYNDER.picture(bench.opened, asset) is None
    assert not [at for at in bench.asked()[calls:] if at.startswith(THUMBNAILS)]


def test_a_token_withdrawn_before_its_time_is_fetched_anew(bench: Bench) -> None:
    id = bench.add()
    one(bench, id)
    bench.vendor.expire()
    assert one(bench, id).id == id
    bench.vendor.apps.clear()
    bench.vendor.expire()
    with pytest.raises(NeedsPermission) as caught:
        one(bench, id)
    assert "client_secret" in caught.value.what
    assert bench.vendor.client_secret not in str(caught.value)


def test_a_portal_that_blocks_the_address_is_left_alone_for_five_minutes(bench: Bench) -> None:
    id = bench.add()
    one(bench, id)
    clock = [0.0]
    portal(bench.opened).clock = lambda: clock[0]
    bench.sandbox.faults.add("429", times=1)
    with pytest.raises(OutOfQuota):
        one(bench, id)
    calls = len(bench.asked())
    for _ in range(10):
        with pytest.raises(OutOfQuota) as caught:
            one(bench, id)
        assert caught.value.after == 300.0
    assert len(bench.asked()) == calls, "each call would make the block longer"
    clock[0] = 301.0
    assert one(bench, id).id == id


@pytest.mark.parametrize("fault", ["503", "drop", "html"])
def test_a_portal_that_does_not_answer_is_tried_later_or_named(bench: Bench, fault: str) -> None:
    id = bench.add()
    bench.sandbox.faults.add(fault, on=f"GET {HOST}", times=None)
    with pytest.raises((TryLater, VendorRefused)):
        one(bench, id)


def test_probes_say_what_works_and_who_can_mend_the_rest(bench: Bench) -> None:
    assert [(probe.id, probe.ok) for probe in BYNDER.probes(bench.opened)] == [
        ("sign-in", True),
        ("read", True),
        ("pictures", True),
    ]
    bench.vendor.apps.clear()
    bench.opened = opened(bench.sandbox)
    (probe,) = BYNDER.probes(bench.opened)
    assert (probe.id, probe.ok) == ("sign-in", False)
    assert probe.fix
    assert probe.who == "an admin of the Bynder portal"


def test_the_steps_name_the_topic_the_address_and_the_events(bench: Bench) -> None:
    steps = BYNDER.steps(bench.opened.settings, "https://hub.example/in/dam")
    assert steps["endpoint"] == "https://hub.example/in/dam"
    assert "asset_bank.media.create" in steps["events"]
    assert "raw" in steps["where"]
