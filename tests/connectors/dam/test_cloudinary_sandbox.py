"""Cloudinary's own SDK works in the sandbox, which refuses what Cloudinary refuses and tells what it tells."""

from __future__ import annotations

import json
from collections.abc import Iterator

import cloudinary
import pytest
from cloudinary import api, exceptions, search, uploader, utils

from connectors.dam.dialect import Dialect
from connectors.dam.sandbox_cloudinary import CLOUD, KEY, SECRET, SIGNING
from connectors.dam.sandbox_cloudinary_library import Refused, pairs
from connectors.dam.sandbox_store import PERSON
from tests.connectors.dam.cloudinary_bench import DIALECT, Account, account


@pytest.fixture
def dam(shelves: dict[str, Dialect]) -> Iterator[Account]:
    """An account, and the SDK signed in to it."""
    shelves["cloudinary"] = DIALECT
    with account() as running:
        prefix = f"{running.sandbox.url}/api.cloudinary.com"
        cloudinary.config(cloud_name=CLOUD, api_key=KEY, api_secret=SECRET, upload_prefix=prefix)
        yield running
    cloudinary.reset_config()


def test_the_sdk_reads_assets_in_each_of_its_ways(dam: Account) -> None:
    id = dam.upload(public_id="summer/läufer 1", context__alt="A lantern", tags=["lake"], metadata__alt_text="x")
    (by_id,) = api.resources_by_asset_ids([id], context=True, tags=True, metadata=True)["resources"]
    assert (by_id["asset_id"], by_id["context"], by_id["tags"]) == (id, {"custom": {"alt": "A lantern"}}, ["lake"])
    assert api.resource_by_asset_id(id)["metadata"] == {"alt_text": "x"}
    assert api.resource("summer/läufer 1")["asset_id"] == id
    (listed,) = api.resources_by_ids(["summer/läufer 1"], context=True)["resources"]
    assert listed["public_id"] == "summer/läufer 1"
    found = search.Search().expression("resource_type:image AND type=upload").execute()
    assert [one["asset_id"] for one in found["resources"]] == [id]
    with pytest.raises(exceptions.NotFound):
        api.resource("nobody")
    with pytest.raises(exceptions.BadRequest):
        api.resources_by_asset_ids([f"{number:032x}" for number in range(11)])


def test_the_sdk_writes_metadata_and_context_merges_or_is_replaced(dam: Account) -> None:
    id = dam.upload(public_id="a", context__price="99")
    assert uploader.add_context({"alt": "x|y=z"}, ["a", "nobody"])["public_ids"] == ["a"]
    assert dam.sandbox.store.get(id).fields["context:alt"] == "x|y=z"
    assert dam.sandbox.store.get(id).fields["context:price"] == "99"
    api.update("a", context={"caption": "new"}, tags=["one", "two"], moderation_status="approved")
    now = dam.sandbox.store.get(id)
    assert now.fields == {"public_id": "a", "context:caption": "new", "tags": ["one", "two"]}
    assert now.status == "approved"
    uploader.add_tag("three", ["a"])
    uploader.remove_tag("one", ["a"])
    assert dam.sandbox.store.get(id).fields["tags"] == ["two", "three"]
    uploader.update_metadata({"alt_text": "m", "regions": ["eu", "ap"]}, ["a"])
    assert dam.sandbox.store.get(id).fields["metadata:regions"] == ["eu", "ap"]
    uploader.update_metadata({"alt_text": ""}, ["a"])
    assert "metadata:alt_text" not in dam.sandbox.store.get(id).fields
    uploader.remove_all_context(["a"])
    assert "context:caption" not in dam.sandbox.store.get(id).fields
    assert uploader.rename("a", "b")["public_id"] == "b"
    assert dam.read(id).handle == "image/upload/b"


def test_a_key_the_sdk_does_not_escape_shows_in_the_sandbox(dam: Account) -> None:
    """The SDK escapes values and not keys. Were Inlay's encoding like that, the tests of writing would see it here."""
    id = dam.upload(public_id="a")
    uploader.add_context({"alt=x|price": "1"}, ["a"])
    fields = dam.sandbox.store.get(id).fields
    assert fields["context:alt"] == "x" and fields["context:price"] == "1"


def test_the_sdk_proves_a_notification_of_the_sandbox_and_a_polled_message(dam: Account) -> None:
    trigger = api.create_trigger("poll://demo", "upload", uri_type="poll")
    id = dam.upload()
    cloudinary.config(api_secret=SIGNING)
    for algorithm in ("sha1", "sha256"):
        dam.vendor.algorithm = algorithm
        change = next(one for one in dam.sandbox.store.history if one.kind == "ready")
        (body,) = dam.vendor.webhooks(change)
        out = dam.vendor.signed(body, 0, dam.sandbox.store.clock())
        at, made = out.headers["X-Cld-Timestamp"], out.headers["X-Cld-Signature"]
        assert utils.verify_notification_signature(body.decode(), at, made, algorithm=algorithm)
    cloudinary.config(api_secret=SECRET)
    (message,) = api.notifications(channel="demo", wait_seconds=0)["messages"]
    assert message["payload"]["asset_id"] == id
    cloudinary.config(api_secret=SIGNING)
    assert utils.verify_notification(message)
    cloudinary.config(api_secret=SECRET)
    assert api.ack_notifications([message["receipt_handle"], "nobody"])["results"] == [
        {"receipt_handle": message["receipt_handle"], "status": "acked"},
        {"receipt_handle": "nobody", "status": "not_found"},
    ]
    assert api.notifications(channel="demo", wait_seconds=0).get("messages", []) == []
    api.delete_trigger(trigger["id"])
    assert [one["event_type"] for one in api.triggers()["triggers"]] == ["all"]


def test_the_sdk_is_told_of_the_limit_and_refused_past_it(dam: Account) -> None:
    dam.vendor.admin_calls = 2
    assert api.ping().rate_limit_remaining == 1
    assert api.ping().rate_limit_allowed == 2
    with pytest.raises(exceptions.RateLimited):
        api.ping()


def test_who_is_not_signed_in_is_refused(dam: Account) -> None:
    dam.upload(public_id="a")
    cloudinary.config(api_secret="another")
    with pytest.raises(exceptions.AuthorizationRequired):
        api.ping()
    with pytest.raises(exceptions.AuthorizationRequired):
        uploader.add_tag("x", ["a"])
    cloudinary.config(api_secret=SECRET, cloud_name="another")
    with pytest.raises(exceptions.AuthorizationRequired):
        api.ping()


def test_context_is_refused_as_the_documents_say(dam: Account) -> None:
    dam.upload(public_id="a")
    for context in ("alt=", "=x", "alt=" + "x" * 1025, "alt=a\tb", "alone"):
        with pytest.raises(exceptions.Error):
            uploader.add_context(context, ["a"])
    with pytest.raises(exceptions.Error):
        uploader.update_metadata({"nobody_made_it": "x"}, ["a"])
    with pytest.raises(exceptions.Error):
        uploader.add_tag("x" * 256, ["a"])


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("alt=a|caption=b", {"alt": "a", "caption": "b"}),
        ("alt=a\\|caption=b", {"alt": "a|caption=b"}),
        ("alt=a\\=b", {"alt": "a=b"}),
        ("alt=a=b", {"alt": "a=b"}),
        ("alt=a\\", {"alt": "a\\"}),
        ("alt=a\\b", {"alt": "a\\b"}),
        ("alt=", {"alt": ""}),
        ("", {}),
    ],
)
def test_pairs_are_read_as_documented(text: str, read: dict[str, str]) -> None:
    assert pairs(text) == read


def test_pairs_without_a_value_are_refused() -> None:
    with pytest.raises(Refused):
        pairs("alt=a|alone")


def test_each_change_is_told_as_its_notification(dam: Account) -> None:
    id = dam.upload(public_id="summer/a", context__alt="old")
    store = dam.sandbox.store
    store.change(id, {"context:alt": "new", "context:more": "x"}, by=PERSON)
    store.change(id, {"metadata:alt_text": "x"}, by=PERSON)
    store.change(id, {"tags": ["lake"]}, by=PERSON)
    store.change(id, {"public_id": "summer/b"}, by=PERSON)
    store.approve(id)
    store.replace(id, b"new")
    store.delete(id)
    told = [json.loads(body) for change in store.history for body in dam.vendor.webhooks(change)]
    assert [one["notification_type"] for one in told] == [
        *("upload", "resource_context_changed", "resource_metadata_changed", "resource_tags_changed"),
        *("rename", "moderation", "upload", "delete"),
    ]
    assert set(told[1]["resources"]) == {"summer/a"}
    assert told[1]["resources"]["summer/a"]["updated"] == [{"name": "alt", "value": "new"}]
    assert isinstance(told[3]["resources"], list) and isinstance(told[7]["resources"], list)
    assert told[4]["from_public_id"] == "summer/a" and told[4]["asset_id"] == id
    assert told[0]["notification_context"]["triggered_by"] == {"source": "ui", "id": PERSON}
    assert len({one["request_id"] for one in told}) == len(told)


def test_it_sends_three_times_more_unless_the_answer_is_exactly_200(dam: Account) -> None:
    assert list(dam.vendor.schedule) == [180, 360, 540]
    assert not dam.vendor.again(200)
    assert all(dam.vendor.again(status) for status in (None, 201, 202, 204, 302, 401, 500))
