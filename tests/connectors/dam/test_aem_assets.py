"""AEM: how assets are read, shown to a model, and written on condition of the state they were read in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from connectors.dam.asset import SLOTS
from connectors.dam.dialects import aem_api
from connectors.dam.sandbox_aem import DELIVERY
from connectors.dam.sandbox_store import HUB
from hub.sdk import Conflict, TargetGone, Unavailable, VendorRefused
from tests.connectors.dam.aem_bench import AEM, ASSET, AUTHOR, JPEG, PNG, Bench, filled, running


@pytest.fixture
def bench() -> Iterator[Bench]:
    with running() as bench:
        yield bench


# Reading


def test_an_asset_is_read_as_it_stands(bench: Bench) -> None:
    fields = {
        "dc:title": "Dunes",
        "dc:subject": ["sand", "sea"],
        "xmp:CreatorTool": "not ours",
        "Iptc4xmpExt:DigitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    }
    id = bench.add("dunes at dusk.png", fields=fields, width=540, height=360)
    asset = AEM.fetch(bench.opened, [id])[id]
    assert (asset.id, asset.name, asset.folder) == (id, "dunes at dusk.png", "/content/dam/brand")
    assert (asset.mime, asset.size, asset.width, asset.height) == ("image/png", len(PNG), 540, 360)
    assert asset.fields["dc:title"] == "Dunes"
    assert asset.fields["dc:subject"] == ("sand", "sea")
    assert "xmp:CreatorTool" not in asset.fields
    assert asset.ai_made.endswith("trainedAlgorithmicMedia")
    assert asset.etag and asset.version
    assert asset.url == f"https://{AUTHOR}/ui#/aem/assetdetails.html/content/dam/brand/dunes%20at%20dusk.png"
    assert asset.created_at == pytest.approx(time.time(), abs=60)


def test_new_metadata_leaves_the_version_as_it_is_and_a_new_file_does_not(bench: Bench) -> None:
    id = bench.add()
    before = AEM.fetch(bench.opened, [id])[id]
    bench.sandbox.store.change(id, {"dc:title": "x"}, by="mika")
    renamed = AEM.fetch(bench.opened, [id])[id]
    bench.sandbox.store.replace(id, JPEG)
    replaced = AEM.fetch(bench.opened, [id])[id]
    assert before.version == renamed.version != replaced.version
    assert before.etag != renamed.etag


def test_what_is_gone_is_missing_and_the_others_are_read(bench: Bench) -> None:
    kept, gone = bench.add(), bench.add()
    bench.sandbox.store.delete(gone)
    assert set(AEM.fetch(bench.opened, [gone, kept])) == {kept}


@pytest.mark.parametrize(
    ("found", "value"),
    [
        ("text", "text"),
        (["one"], "one"),
        (["one", "two"], ("one", "two")),
        (True, "true"),
        (7, "7"),
        ({"x-default": "text"}, '{"x-default": "text"}'),
        ("", None),
        ([], None),
        (None, None),
        ([""], None),
    ],
)
def test_whatever_a_person_keeps_in_a_field_is_seen_as_somebodys(found: Any, value: Any) -> None:
    about = {"repositoryMetadata": {}, "assetMetadata": {"dc:title": found}}
    assert aem_api.asset_of(filled(), ASSET, about, "").fields.get("dc:title") == value


@pytest.mark.parametrize("answer", [{}, {"repositoryMetadata": [], "assetMetadata": {}}, {"assetMetadata": "x"}])
def test_an_answer_that_is_no_metadata_is_tried_again_later(answer: dict[str, Any]) -> None:
    with pytest.raises(Unavailable):
        aem_api.asset_of(filled(), ASSET, answer, "")


# Writing


def test_a_write_adds_replaces_and_removes_and_leaves_the_rest(bench: Bench) -> None:
    id = bench.add(fields={"dc:title": "Old", "dc:description": "Theirs", "inlay_copy": "gone soon"})
    asset = AEM.fetch(bench.opened, [id])[id]
    AEM.write(bench.opened, asset, {"dc:title": "New", "dc:subject": ("a", "b"), "inlay_copy": "", "inlay_review": ""})
    kept = bench.sandbox.store.get(id)
    assert kept.fields == {"dc:title": "New", "dc:description": "Theirs", "dc:subject": ["a", "b"]}
    assert kept.modified_by == HUB


def test_a_write_with_nothing_to_do_calls_nobody(bench: Bench) -> None:
    id = bench.add()
    asset = AEM.fetch(bench.opened, [id])[id]
    calls = len(bench.sandbox.journal.entries())
    AEM.write(bench.opened, asset, {"dc:title": "", "dc:subject": ()})
    assert len(bench.sandbox.journal.entries()) == calls


def test_a_change_since_the_asset_was_read_is_a_conflict_and_nothing_is_written(bench: Bench) -> None:
    id = bench.add(fields={"dc:title": "Old"})
    asset = AEM.fetch(bench.opened, [id])[id]
    bench.sandbox.store.change(id, {"dc:title": "A person's"}, by="mika")
    with pytest.raises(Conflict):
        AEM.write(bench.opened, asset, {"dc:title": "Inlay's", "inlay_mark": "x"})
    assert bench.sandbox.store.get(id).fields == {"dc:title": "A person's"}


def test_without_a_state_nothing_is_written_blindly(bench: Bench) -> None:
    id = bench.add()
    asset = replace(AEM.fetch(bench.opened, [id])[id], etag="")
    with pytest.raises(Conflict):
        AEM.write(bench.opened, asset, {"dc:title": "x"})
    assert not bench.sandbox.journal.entries(method="PATCH")


def test_a_change_aem_only_took_note_of_is_tried_again_later(bench: Bench) -> None:
    id = bench.add()
    bench.vendor.author.later = True
    with pytest.raises(Unavailable):
        AEM.write(bench.opened, AEM.fetch(bench.opened, [id])[id], {"dc:title": "x"})


def test_writing_to_a_deleted_asset_says_that_it_is_gone(bench: Bench) -> None:
    id = bench.add()
    asset = AEM.fetch(bench.opened, [id])[id]
    bench.sandbox.store.delete(id)
    with pytest.raises(TargetGone):
        AEM.write(bench.opened, asset, {"dc:title": "x"})


def test_pointers_are_escaped() -> None:
    made = aem_api.patch({"a/b": "x"}, {"a/b": "new", "c~d": "new", "~1": "new", "e": ""})
    assert [step["path"] for step in made] == ["/a~1b", "/c~0d", "/~01"]
    assert [step["op"] for step in made] == ["replace", "add", "add"]


@pytest.mark.parametrize(
    "name",
    [
        *("repositoryMetadata", "repositoryMetadata/repo:path", "../repositoryMetadata", "repo:path", "jcr:content"),
        *("dam:status", "dam:activationTarget", "dam:sha1", "sling:resourceType", "", " dc:title", "dc:title\n"),
        *("dc:title/x", "a~b", "dc:", ":title", "dc:a:b", "a[1]", "a*", "ü", "a" * 200, "rep:policy", "-"),
    ],
)
def test_a_property_that_is_not_ours_to_write_is_refused_before_any_call(bench: Bench, name: str) -> None:
    id = bench.add()
    asset = AEM.fetch(bench.opened, [id])[id]
    with pytest.raises(VendorRefused):
        AEM.write(bench.opened, asset, {"dc:title": "x", name: "approved"})
    assert not bench.sandbox.journal.entries(method="PATCH")


@pytest.mark.parametrize(
    "value",
    [
        "</script><script>alert(1)</script>",
        '"}, {"op": "add", "path": "/dam:status", "value": "approved"}',
        "line\nline",
        "\u202eevil",
        "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 🏖️",
        "{{ 7*7 }}",
        "x" * 50_000,
        "~1~0/",
    ],
)
def test_a_hostile_value_is_only_a_value(bench: Bench, value: str) -> None:
    id = bench.add()
    AEM.write(bench.opened, AEM.fetch(bench.opened, [id])[id], {"dc:description": value, "dc:subject": (value,)})
    kept = bench.sandbox.store.get(id)
    assert kept.fields == {"dc:description": value, "dc:subject": [value]}
    assert kept.status == "draft"
    again = AEM.fetch(bench.opened, [id])[id]
    assert (again.fields["dc:description"], again.fields["dc:subject"]) == (value, (value,))


def test_every_slot_has_a_field_aem_takes_and_no_two_the_same(bench: Bench) -> None:
    assert set(AEM.fields) == set(SLOTS)
    assert len(set(AEM.fields.values())) == len(SLOTS)
    id = bench.add()
    AEM.write(bench.opened, AEM.fetch(bench.opened, [id])[id], {name: "x" for name in AEM.fields.values()})
    assert set(bench.sandbox.store.get(id).fields) == set(AEM.fields.values())


def test_an_admin_may_map_a_slot_to_a_field_of_their_own(bench: Bench) -> None:
    connection = bench.reopened(fields={"alt_text": "dc:description", "description": "", "mark": "brand_inlay.mark"})
    id = bench.add()
    AEM.write(connection, AEM.fetch(connection, [id])[id], {"dc:description": "Alt", "brand_inlay.mark": "m"})
    assert AEM.fetch(connection, [id])[id].fields == {"dc:description": "Alt", "brand_inlay.mark": "m"}


# Pictures


def test_a_model_sees_a_rendition_of_the_author(bench: Bench) -> None:
    id = bench.add("dunes & sea?#%.png", folder="/content/dam/brand/a b")
    picture = AEM.picture(bench.opened, AEM.fetch(bench.opened, [id])[id])
    assert picture is not None
    assert (picture.media_type, picture.data, picture.url) == ("image/png", PNG, "")
    assert bench.hosts() == {"ims-na1.adobelogin.com", AUTHOR}


def test_what_a_rendition_is_says_its_content_and_not_its_name(bench: Bench) -> None:
    id = bench.add(data=JPEG, mime="image/png")
    picture = AEM.picture(bench.opened, AEM.fetch(bench.opened, [id])[id])
    assert picture is not None
    assert picture.media_type == "image/jpeg"


def test_a_rendition_that_is_no_picture_is_refused(bench: Bench) -> None:
    id = bench.add(data=b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    with pytest.raises(VendorRefused):
        AEM.picture(bench.opened, AEM.fetch(bench.opened, [id])[id])


def test_where_there_is_no_rendition_there_is_nothing_to_see(bench: Bench) -> None:
    id = bench.add("film.mp4", data=b"film", mime="video/mp4")
    assert AEM.picture(bench.opened, AEM.fetch(bench.opened, [id])[id]) is None


@pytest.mark.parametrize(
    "path",
    [
        *("/content/dam/../../etc/x.png", "/content/dam/./x.png", "/content/dam//x.png"),
        *("/etc/x.png", "x.png", "/content/damx/y"),
    ],
)
def test_a_path_that_leads_out_of_the_assets_is_not_followed(bench: Bench, path: str) -> None:
    folder, _, name = path.rpartition("/")
    asset = replace(AEM.fetch(bench.opened, [id := bench.add()])[id], folder=folder, name=name)
    calls = len(bench.sandbox.journal.entries())
    assert AEM.picture(bench.opened, asset) is None
    assert len(bench.sandbox.journal.entries()) == calls


def test_an_approved_asset_is_shown_by_its_public_address_where_the_settings_say_so(bench: Bench) -> None:
    connection = bench.reopened(send_pictures="address")
    id = bench.add("a secret name.png")
    picture = AEM.picture(connection, AEM.fetch(connection, [id])[id])
    assert picture is not None and picture.data, "a draft has no public address"
    bench.sandbox.store.approve(id)
    picture = AEM.picture(connection, AEM.fetch(connection, [id])[id])
    assert picture is not None and not picture.data
    assert picture.url == f"https://{DELIVERY}/adobe/assets/{id}/as/asset.jpg"


def test_the_delivery_host_gets_no_token(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    id = bench.add("film.mp4", mime="video/mp4")
    bench.sandbox.store.approve(id)
    asset = AEM.fetch(bench.opened, [id])[id]
    seen: list[dict[str, str]] = []
    answer = bench.vendor.answer

    def watched(call: Any) -> Any:
        if call.host == DELIVERY:
            seen.append(dict(call.headers))
        return answer(call)

    monkeypatch.setattr(bench.vendor, "answer", watched)
    assert AEM.picture(bench.opened, asset) is not None
    assert len(seen) == 1
    assert "authorization" not in seen[0] and "x-api-key" not in seen[0]


def test_the_file_itself_is_read_for_its_manifest(bench: Bench) -> None:
    id = bench.add(data=JPEG, mime="image/jpeg")
    assert AEM.original(bench.opened, AEM.fetch(bench.opened, [id])[id]) == JPEG
