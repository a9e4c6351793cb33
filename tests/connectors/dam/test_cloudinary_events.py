"""What Cloudinary's notifications say: every kind in the connector's words, and one id for every attempt of one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.dam.asset import AssetEvent
from connectors.dam.dialects.cloudinary_events import events
from hub.sdk import BadRequest, Ignored
from tests.connectors.dam.cloudinary_bench import DIALECT, told

ID = "09169cf604b03521789d1b3b8cca53d1"
OTHER = "8e8fa813b32fdfb78cc6a53bdb21da32"
ABOUT = {"asset_id": ID, "resource_type": "image", "type": "upload"}


def one(kind: str, **fields: Any) -> AssetEvent:
    found = events(told(kind, **fields))
    assert len(found) == 1 and isinstance(found[0], AssetEvent), found
    return found[0]


def some(kind: str, **fields: Any) -> list[AssetEvent]:
    return [event for event in events(told(kind, **fields)) if isinstance(event, AssetEvent)]


def test_an_upload_is_ready_to_work_on_and_says_who_and_when() -> None:
    by = {"triggered_at": "2024-06-25T11:59:14.123+02:00", "triggered_by": {"source": "ui", "id": "mika@example.org"}}
    event = one("upload", **ABOUT, public_id="a", version=1719316754, notification_context=by)
    assert (event.kind, event.asset, event.native) == ("asset.ready", ID, "upload")
    assert (event.actor, event.at) == ("mika@example.org", 1719309554.123)
    assert event.settle == 0, "it is told once it is done"


def test_approved_is_what_moderation_says_and_nothing_else() -> None:
    assert one("moderation", **ABOUT, moderation_status="approved").kind == "asset.approved"
    assert one("moderation_summary", **ABOUT, moderation_status="approved").kind == "asset.approved"
    for status in ("rejected", "pending", "queued", "aborted", "Approved", None, ["approved"]):
        assert one("moderation", **ABOUT, moderation_status=status).kind == "metadata.changed"
    # A person's context may say anything: it is no decision of a reviewer.
    said = {"a": {**ABOUT, "added": [{"name": "moderation_status", "value": "approved"}]}}
    assert one("resource_context_changed", resources=said).kind == "metadata.changed"


def test_changes_are_a_map_by_public_id_or_a_list_and_name_the_fields() -> None:
    context = {
        "summer/a": {**ABOUT, "added": [{"name": "alt", "value": "x"}], "updated": [{"name": "caption", "value": "y"}]},
        "b": {"asset_id": OTHER, "removed": ["inlay_review"], "added": {}},
    }
    first, second = some("resource_context_changed", resources=context)
    assert (first.asset, first.changed) == (ID, ("context:alt", "context:caption"))
    assert (second.asset, second.changed) == (OTHER, ("context:inlay_review",))
    metadata = {
        "a": {**ABOUT, "previous_metadata": {"x": "1", "same": 3}, "new_metadata": {"x": "2", "same": 3, "y": []}}
    }
    assert one("resource_metadata_changed", resources=metadata).changed == ("metadata:x", "metadata:y")
    tags = [{**ABOUT, "public_id": "a", "added": ["lake"]}, {"asset_id": OTHER, "added": ["dunes"]}]
    found = some("resource_tags_changed", resources=tags)
    assert [(event.asset, event.changed) for event in found] == [(ID, ("tags",)), (OTHER, ("tags",))]


def test_the_fields_of_changes_are_called_as_inlay_calls_those_it_writes() -> None:
    assert {"context:alt", "context:caption", "tags", "context:inlay_mark"} <= set(DIALECT.fields.values())


def test_what_happens_to_names_places_and_rights_is_an_update_and_a_deletion_is_one() -> None:
    renamed = one("rename", **ABOUT, from_public_id="a", to_public_id="b")
    assert (renamed.kind, renamed.asset, renamed.changed) == ("asset.updated", ID, ("public_id",))
    moved = one("move", resources={"a": {**ABOUT, "from_asset_folder": "x", "to_asset_folder": "y"}})
    assert (moved.kind, moved.changed) == ("asset.updated", ("asset_folder",))
    called = {"a": {**ABOUT, "public_id": "a", "new_display_name": "z"}}
    assert one("resource_display_name_changed", resources=called).kind == "asset.updated"
    assert one("access_control_changed", resources=[{**ABOUT, "public_id": "a"}]).changed == ("access_control",)
    assert [event.kind for event in some("delete", resources=[ABOUT, {"asset_id": OTHER}])] == ["asset.deleted"] * 2
    assert one("restore_asset_version", **ABOUT, version=3).kind == "asset.ready"


@pytest.mark.parametrize(
    "kind",
    [
        *(
            "eager",
            "multi",
            "explode",
            "create_folder",
            "delete_folder",
            "move_or_rename_asset_folder",
            "related_assets",
        ),
        *("proof_status_changed", "publish", "report", "nobody.has.heard.of.it"),
    ],
)
def test_what_says_nothing_of_an_assets_content_is_ignored_and_counted(kind: str) -> None:
    (found,) = events(told(kind, **ABOUT))
    assert isinstance(found, Ignored) and found.event == kind


def test_an_asset_without_its_id_goes_by_its_handle_and_any_public_id_is_kept_as_it_is() -> None:
    for public_id in ("summer/lantern", "Über uns/läufer", "a%2Fb", "../../v1_1/x", "a b", "e\u0301", "日本/灯"):
        event = one("upload", public_id=public_id, resource_type="image", type="upload")
        assert event.asset == f"image/upload/{public_id}"
    (deleted,) = some("delete", resources={"summer/a": {"resource_type": "video", "type": "private"}})
    assert deleted.asset == "video/private/summer/a"


@pytest.mark.parametrize(
    "about",
    [
        {},
        {"asset_id": ""},
        {"asset_id": "a/b"},
        {"asset_id": "../../../v1_1/x"},
        {"asset_id": "x" * 65},
        {"asset_id": 7},
        {"asset_id": None, "public_id": ["a"]},
        {"public_id": "a" * 300},
        {"public_id": "a\nb"},
        {"public_id": "a\x00"},
        {"public_id": "a", "resource_type": "facebook"},
        {"public_id": "a", "type": "fetch"},
        {"public_id": "a", "resource_type": "../image"},
    ],
)
def test_what_names_no_asset_of_the_library_is_ignored(about: dict[str, Any]) -> None:
    (found,) = events(told("upload", **about))
    assert isinstance(found, Ignored)


def test_the_id_is_the_same_for_every_attempt_and_another_for_everything_else() -> None:
    first = one("upload", **ABOUT, version=1)
    assert one("upload", **ABOUT, version=1).id == first.id
    other = [
        one("upload", **ABOUT, version=2),
        one("upload", asset_id=OTHER, version=1),
        one("restore_asset_version", **ABOUT, version=1),
        one("upload", **{**ABOUT, "request_id": "r2"}, version=1),
        one("moderation", **ABOUT, moderation_status="rejected", moderation_kind="manual"),
        one("moderation", **ABOUT, moderation_status="rejected", moderation_kind="webpurify"),
        one("moderation", **ABOUT, moderation_status="approved", moderation_kind="manual"),
    ]
    assert len({first.id, *(event.id for event in other)}) == len(other) + 1
    both = some("delete", resources=[ABOUT, {"asset_id": OTHER}])
    assert both[0].id != both[1].id


def test_without_a_request_the_body_is_the_id() -> None:
    plain = {"notification_type": "resource_tags_changed", "resources": [ABOUT, {"asset_id": OTHER}]}
    body = json.dumps(plain).encode()
    (first, second), again = events(body), events(body)
    assert isinstance(first, AssetEvent) and isinstance(second, AssetEvent)
    assert [event.id for event in again if isinstance(event, AssetEvent)] == [first.id, second.id]
    assert first.id != second.id
    (other, _) = events(body.replace(b'"resources"', b'"source": "ui", "resources"'))
    assert isinstance(other, AssetEvent) and other.id != first.id


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"upload"',
        b"{}",
        b'{"notification_type": null}',
        b'{"notification_type": ["upload"]}',
        b'{"notification_type": ""}',
        b'{"notification_type": "upload", "notification_type": "delete"}',
        b'{"notification_type": "upload", "version": NaN}',
        b'{"notification_type": "upload", "public_id": "\\ud800"}',
        b'{"notification_type": "upload", "version": ' + b"9" * 5000 + b"}",
        b'{"notification_type": "upload", "x": ' + b"[" * 2000 + b"]" * 2000 + b"}",
        b'\xff{"notification_type": "upload"}',
    ],
)
def test_what_is_no_notification_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest):
        events(body)


@pytest.mark.parametrize(
    "resources", [None, 7, "a", [], {}, [None, 1, "x", []], {"a": None, "b": 3}, [[{"asset_id": ID}]]]
)
def test_resources_of_another_form_name_nobody(resources: Any) -> None:
    for kind in ("delete", "move", "resource_tags_changed", "resource_context_changed", "resource_metadata_changed"):
        (found,) = events(told(kind, resources=resources))
        assert isinstance(found, Ignored)


def test_it_is_acknowledged_with_exactly_200() -> None:
    assert DIALECT.acknowledge().status == 200
