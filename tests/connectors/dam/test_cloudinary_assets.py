"""Assets of Cloudinary as they are read: many in one call, by ids that outlive renames, with their pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import cloudinary
import pytest
from cloudinary.utils import cloudinary_url
from pydantic import ValidationError

from connectors.dam.asset import Asset
from connectors.dam.dialect import Dialect
from connectors.dam.dialects import cloudinary_assets
from connectors.dam.sandbox_store import PERSON
from connectors.dam.settings import DamSettings
from hub.sdk import NeedsPermission, OutOfQuota, RateLimited, TargetGone, Unavailable
from tests.connectors.dam.cloudinary_bench import DIALECT, SETTINGS, Account, account, connected, png


@pytest.fixture
def dam(shelves: dict[str, Dialect]) -> Iterator[Account]:
    shelves["cloudinary"] = DIALECT
    with account() as running:
        yield running
    cloudinary.reset_config()


def test_an_asset_is_read_with_the_fields_the_connection_uses(dam: Account) -> None:
    id = dam.upload(context__alt="A lantern", context__price="99", tags=["lake", "summer"], metadata__alt_text="x")
    asset = dam.read(id)
    assert (asset.id, asset.name, asset.folder, asset.mime) == (id, "lantern.png", "/summer", "image/png")
    assert asset.fields == {"context:alt": "A lantern", "tags": ("lake", "summer")}
    assert (asset.width, asset.height, asset.size) == (8, 8, len(png()))
    assert asset.version.isdigit() and asset.created_at and asset.handle.startswith("image/upload/summer/lantern_")
    mapped = dam.with_settings(fields={"alt_text": "metadata:alt_text"})
    assert DIALECT.fetch(mapped, [id])[id].fields == {"metadata:alt_text": "x", "tags": ("lake", "summer")}


def test_the_version_names_the_binary_and_metadata_leaves_it(dam: Account) -> None:
    id = dam.upload()
    before = dam.read(id).version
    dam.sandbox.store.change(id, {"context:alt": "x"}, by=PERSON)
    assert dam.read(id).version == before
    dam.sandbox.store.replace(id, png())
    assert dam.read(id).version != before


def test_many_are_read_ten_in_a_call_and_those_that_are_gone_are_missing(dam: Account) -> None:
    ids = [dam.upload(f"{number}.png") for number in range(23)]
    dam.sandbox.store.delete(ids[4])
    found = DIALECT.fetch(dam.connection, [*ids, *ids[:3], "0" * 32])
    assert set(found) == set(ids) - {ids[4]}
    assert len(dam.calls("GET")) == 3


def test_a_renamed_asset_keeps_its_id(dam: Account) -> None:
    id = dam.upload()
    old = dam.read(id).handle
    dam.sandbox.store.change(id, {"public_id": "elsewhere/läufer"}, by=PERSON)
    assert dam.read(id).handle == "image/upload/elsewhere/läufer"
    # What was named by its handle alone is not there any more under the old one.
    assert DIALECT.fetch(dam.connection, [old]) == {}
    assert DIALECT.fetch(dam.connection, ["image/upload/elsewhere/läufer"])["image/upload/elsewhere/läufer"].id == id


@pytest.mark.parametrize(
    "public_id", ["a/b c/ü", "a%2Fb", "日本/灯", "a+b=c|d", "x&y[]=1#?", "q\"'", "..", "../../ping"]
)
def test_odd_public_ids_are_read_and_written_as_what_they_are(dam: Account, public_id: str) -> None:
    id, other = dam.upload(public_id=public_id), dam.upload("other.png")
    handle = f"image/upload/{public_id}"
    assert DIALECT.fetch(dam.connection, [handle])[handle].id == id
    DIALECT.write(dam.connection, dam.read(id), {"context:alt": "A lantern", "tags": ("lake",)})
    assert dam.read(id).fields == {"context:alt": "A lantern", "tags": ("lake",)}
    assert dam.read(other).fields == {}


@pytest.mark.parametrize(
    "id", ["", "..", "../ping", "a/b", "image/upload/", "image/facebook/a", "x" * 65, "a?b=c", "é" * 32]
)
def test_what_is_no_name_of_an_asset_is_not_asked_for(dam: Account, id: str) -> None:
    assert DIALECT.fetch(dam.connection, [id]) == {}
    assert dam.calls() == []


def test_the_status_is_what_moderation_decided(dam: Account) -> None:
    id = dam.upload()
    assert dam.read(id).status == ""
    dam.sandbox.store.approve(id)
    assert dam.read(id).status == "approved"
    dam.sandbox.store.approve(id, status="rejected")
    assert dam.read(id).status == "rejected"
    settings = dam.connection.settings
    base = {"asset_id": id, "public_id": "a", "resource_type": "image", "type": "upload"}

    def status(*each: str) -> str:
        read = cloudinary_assets.asset_of(settings, {**base, "moderation": [{"status": one} for one in each]})
        return read.status if read else "?"

    assert status("approved", "pending") == "draft" and status("approved", "approved") == "approved"
    assert status("approved", "rejected") == "rejected" and status("queued") == "draft"


def test_the_picture_is_made_small_and_comes_as_bytes(dam: Account) -> None:
    id = dam.upload()
    shown = DIALECT.picture(dam.connection, dam.read(id))
    assert shown is not None and (shown.media_type, shown.data, shown.url) == ("image/png", png(), "")
    assert "c_limit,h_1024,w_1024,f_jpg" in dam.calls()[-1]


def test_a_picture_that_is_not_public_is_fetched_with_a_signed_address(dam: Account) -> None:
    private = dam.upload(type="authenticated")
    dam.vendor.strict = True
    for id in (private, dam.upload()):
        shown = DIALECT.picture(dam.connection, dam.read(id))
        assert shown is not None and shown.data == png()
    wrong = dam.with_settings(client_secret="not-the-secret-of-this-key")
    with pytest.raises(NeedsPermission):
        DIALECT.picture(wrong, dam.read(private))


@pytest.mark.parametrize("public_id", ["summer/lantern", "läufer/ä b", "a:b", "deep/er/still"])
def test_the_signed_address_is_the_one_the_sdk_makes(dam: Account, public_id: str) -> None:
    asset = Asset(id="a" * 32, version="1719316754", handle=f"image/authenticated/{public_id}")
    made = cloudinary_assets.rendition(connected(SETTINGS).settings, asset, signed=True)
    said, _ = cloudinary_url(
        public_id,
        cloud_name=SETTINGS["account"],
        api_secret=SETTINGS["client_secret"],
        type="authenticated",
        secure=True,
        sign_url=True,
        long_url_signature=True,
        version="1719316754",
        format="jpg",
        raw_transformation="c_limit,h_1024,w_1024,f_jpg",
    )
    assert urlsplit(made).path == urlsplit(said).path
    assert urlsplit(made).netloc == urlsplit(said).netloc == "res.cloudinary.com"


def test_an_address_handed_out_is_plain_and_public_or_not_handed_out(shelves: dict[str, Dialect]) -> None:
    shelves["cloudinary"] = DIALECT
    settings = connected(SETTINGS).settings
    asset = Asset(id="a" * 32, version="3", handle="image/upload/summer/ä b")
    url = cloudinary_assets.rendition(settings, asset, signed=False)
    assert url == "https://res.cloudinary.com/demo/image/upload/c_limit,h_1024,w_1024,f_jpg/v3/summer/%C3%A4%20b.jpg"
    own = connected({**SETTINGS, "delivery_host": "images.example.com"}).settings
    assert cloudinary_assets.rendition(own, asset, signed=False).startswith("https://images.example.com/image/upload/")
    for handle in ("image/private/a", "raw/upload/a", "image/upload/../../secret", "image/upload/a//b", ""):
        hidden = Asset(id="a" * 32, version="3", handle=handle)
        assert cloudinary_assets.rendition(settings, hidden, signed=False) == ""
    assert cloudinary_assets.rendition(
        settings, Asset(id="a" * 32, version="", handle="video/upload/v"), signed=False
    ) == ("https://res.cloudinary.com/demo/video/upload/so_0,c_limit,h_1024,w_1024,f_jpg/v.jpg")


def test_an_address_is_handed_out_only_after_a_stranger_got_the_picture(dam: Account) -> None:
    real = replace(dam.with_settings(send_pictures="address"), sandbox=False)
    public, private = dam.upload(), dam.upload(type="private")
    shown = DIALECT.picture(real, dam.read(public))
    assert shown is not None and shown.data == b""
    assert (
        shown.url.startswith("https://res.cloudinary.com/inlay-sandbox/image/upload/c_limit") and "s--" not in shown.url
    )
    for hidden in (private, public):
        shown = DIALECT.picture(real, dam.read(hidden))
        assert shown is not None and (shown.data == png()) is (hidden == private)
    dam.vendor.strict = True
    shown = DIALECT.picture(real, dam.read(public))
    assert shown is not None and (shown.data, shown.url) == (png(), "")
    # A machine of one's own is no place a model's maker reaches.
    shown = DIALECT.picture(dam.with_settings(send_pictures="address"), dam.read(public))
    assert shown is not None and shown.url == ""


def test_a_used_up_hour_is_waited_for_until_the_allowance_is_back(dam: Account) -> None:
    id = dam.upload()
    dam.vendor.admin_calls = 1
    dam.read(id)
    with pytest.raises(OutOfQuota) as spent:
        dam.read(id)
    assert spent.value.after is not None and 1 <= spent.value.after <= 3600
    # The Upload API has no limit, so what is being written is finished.
    dam.vendor.admin_calls = 2
    asset = dam.read(id)
    DIALECT.write(dam.connection, asset, {"context:alt": "x", "tags": ("a",), "metadata:alt_text": "y"})


def test_a_busy_moment_is_no_used_up_hour(dam: Account) -> None:
    id = dam.upload()
    dam.sandbox.faults.add(kind="429", seconds=7)
    with pytest.raises(RateLimited) as busy:
        dam.read(id)
    assert not isinstance(busy.value, OutOfQuota) and busy.value.after == 7


def test_what_the_account_refuses_is_said_without_its_secret(dam: Account) -> None:
    id = dam.upload()
    wrong = dam.with_settings(client_secret="not-the-secret-of-this-key")
    with pytest.raises(NeedsPermission) as refused:
        DIALECT.fetch(wrong, [id])
    assert "not-the-secret" not in f"{refused.value} {refused.value.why} {refused.value.instead} {refused.value!r}"
    dam.sandbox.faults.add(kind="html")
    with pytest.raises(Unavailable):
        dam.read(id)


def test_a_look_over_the_account_finds_uploads_replacements_and_approvals(dam: Account) -> None:
    clock = [1_700_000_000.0]
    dam.sandbox.store.clock = lambda: clock[0]
    old, replaced, approved = dam.upload("old.png"), dam.upload("replaced.png"), dam.upload("approved.png")
    clock[0] += 86_400
    since = clock[0] - 60
    new = [dam.upload(f"{number}.png") for number in range(60)]
    dam.sandbox.store.replace(replaced, png())
    dam.sandbox.store.approve(approved)
    dam.sandbox.store.change(old, {"context:alt": "x"}, by=PERSON)
    seen: list[str] = []
    cursor: dict = {}
    for _ in range(10):
        page = DIALECT.changed(dam.connection, since, cursor)
        seen += [asset.id for asset in page.assets]
        cursor = dict(page.cursor)
        if not page.more:
            break
    assert not page.more
    assert set(seen) == {*new, replaced, approved}
    assert all(dam.read(id).status == ("approved" if id == approved else "") for id in (new[0], approved))


def test_what_people_added_in_a_window_is_counted_once(dam: Account) -> None:
    clock = [1_700_000_000.0]
    dam.sandbox.store.clock = lambda: clock[0]
    before = dam.upload("before.png")
    clock[0] += 3600
    inside = [dam.upload(f"{number}.png") for number in range(12)]
    clock[0] += 3600
    after = dam.upload("after.png")
    dam.sandbox.store.replace(before, png())
    assert set(DIALECT.created(dam.connection, 1_700_003_600.0, 1_700_007_200.0)) == set(inside)
    assert DIALECT.created(dam.connection, 1_700_007_200.0, 1_700_007_300.0) == (after,)


def test_the_probes_say_what_works_and_who_mends_what_does_not(dam: Account) -> None:
    dam.upload()
    mapped = dam.with_settings(fields={"alt_text": "metadata:alt_text", "copy": "metadata:nobody_made_it"})
    found = {probe.id: probe for probe in DIALECT.probes(mapped)}
    assert {id for id, probe in found.items() if not probe.ok} == {"field_copy"}
    assert {"sign_in", "read", "write", "quota", "notifications", "field_alt_text"} <= set(found)
    assert found["field_copy"].fix and found["field_copy"].who
    assert all(one.fields == {} for one in dam.sandbox.store.every()), "a probe changes nothing"
    wrong = dam.with_settings(client_secret="not-the-secret-of-this-key")
    (only,) = DIALECT.probes(wrong)
    assert (only.id, only.ok) == ("sign_in", False) and "client_secret" in only.fix
    polled = {probe.id: probe for probe in DIALECT.probes(dam.with_settings(poll_channel="inlay"))}
    assert not polled["notifications"].ok and polled["notifications"].optional


@pytest.mark.parametrize(
    "wrong",
    [
        {"account": "de/mo"},
        {"account": "../x"},
        {"host": "evil.example"},
        {"host": "api.cloudinary.com.evil.example"},
        {"signing_secret": "short"},
        {"signing_secret_previous": "short"},
        {"poll_channel": "poll://inlay"},
        {"fields": {"alt_text": "moderation_status"}},
        {"fields": {"alt_text": "access_control"}},
        {"fields": {"alt_text": "context:"}},
        {"fields": {"alt_text": "tags"}},
        {"fields": {"copy": "public_id"}},
        {"topic": "arn:aws:sns:x"},
    ],
)
def test_settings_that_cannot_work_are_refused(shelves: dict[str, Dialect], wrong: dict) -> None:
    shelves["cloudinary"] = DIALECT
    DamSettings.model_validate(SETTINGS)
    with pytest.raises(ValidationError):
        DamSettings.model_validate({**SETTINGS, **wrong})


def test_only_the_api_and_the_delivery_host_are_called(shelves: dict[str, Dialect]) -> None:
    shelves["cloudinary"] = DIALECT
    assert connected(SETTINGS).settings.hosts() == {"api.cloudinary.com", "res.cloudinary.com"}
    regional = connected({**SETTINGS, "host": "api-eu.cloudinary.com", "delivery_host": "img.example.com"})
    assert regional.settings.hosts() == {"api-eu.cloudinary.com", "img.example.com"}


def test_a_deleted_asset_has_no_picture(dam: Account) -> None:
    id = dam.upload()
    asset = dam.read(id)
    dam.sandbox.store.delete(id)
    with pytest.raises(TargetGone):
        DIALECT.picture(dam.connection, asset)
