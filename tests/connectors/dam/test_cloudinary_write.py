"""Writing metadata in Cloudinary: only what is named changes, no value becomes a key, and twice is as good as once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from connectors.dam.asset import Asset
from connectors.dam.dialect import Dialect
from connectors.dam.dialects import cloudinary_pairs as pairs
from connectors.dam.sandbox_cloudinary_library import pairs as as_the_vendor_reads_it
from connectors.dam.sandbox_store import PERSON
from hub.sdk import Conflict, TargetGone, Unavailable, VendorRefused
from tests.connectors.dam.cloudinary_bench import DIALECT, Account, account

#: What a caption would have to be to set another field, if it could.
SMUGGLED = (
    "A lantern|price=1",
    "A lantern=1|isPublic=true",
    "A lantern\\|price=1",
    "A lantern\\\\|price=1",
    "A lantern\\",
    "|price=1",
    "=|price=1",
    "\\=\\|price\\=1",
    '"|price="1',
    "a\r\n|price=1",
    "a\x00|price=1",
    "a\u2028|price=1",
    "alt=x|caption=y|inlay_mark=z",
)


@pytest.fixture
def dam(shelves: dict[str, Dialect]) -> Iterator[Account]:
    shelves["cloudinary"] = DIALECT
    with account() as running:
        yield running


def write(dam: Account, id: str, **changes: Any) -> None:
    named = {name.replace("__", ":"): value for name, value in changes.items()}
    DIALECT.write(dam.connection, dam.read(id), named)


def stored(dam: Account, id: str) -> dict[str, Any]:
    return dict(dam.sandbox.store.get(id).fields)


def test_only_the_named_fields_change(dam: Account) -> None:
    id = dam.upload(context__alt="Old", context__price="99", context__caption="By a person", tags=["lake"])
    write(dam, id, context__alt="A lantern by the lake", tags=("lake", "summer"), metadata__alt_text="x")
    assert stored(dam, id) == {
        "context:alt": "A lantern by the lake",
        "context:price": "99",
        "context:caption": "By a person",
        "tags": ["lake", "summer"],
        "metadata:alt_text": "x",
    }


@pytest.mark.parametrize("value", SMUGGLED)
@pytest.mark.parametrize("field", ["context:caption", "metadata:alt_text"])
def test_no_value_becomes_another_key(dam: Account, field: str, value: str) -> None:
    id = dam.upload(context__price="99", context__alt="By a person")
    before = stored(dam, id)
    DIALECT.write(dam.connection, dam.read(id), {field: value, "context:inlay_mark": "r1"})
    now = stored(dam, id)
    assert now.pop(field).replace("\u29f5", "\\").split() == value.replace("\0", " ").split()
    assert now.pop("context:inlay_mark") == "r1"
    assert now == before


@given(
    values=some.dictionaries(
        some.text("abz_|=\\", min_size=1, max_size=5), some.text('ab|=\\"\n ü', min_size=1, max_size=12), max_size=4
    )
)
@settings(max_examples=2_000, deadline=None)
def test_the_vendor_reads_every_pair_as_it_was_meant(values: dict[str, str]) -> None:
    """Keys too: they come from settings, and are escaped all the same."""
    for escaped in ("|=", '|="'):
        found = as_the_vendor_reads_it(pairs.encode(values, escaped=escaped))
        expected = {key.replace("\\", "\u29f5"): value for key, value in values.items()}
        assert {key: pairs.restored(value) for key, value in found.items()} == expected


def test_a_value_as_written_is_the_value_that_is_read(dam: Account) -> None:
    id = dam.upload()
    mark = '{"inlay":[{"k":"a=b|c","s":{"alt_text":["x","He said \\"hi\\"\\n"]}}]}'
    write(dam, id, context__inlay_mark=mark, context__copy="two\nlines")
    assert dam.read(id).fields == {"context:inlay_mark": mark, "context:copy": "two\nlines"}


def test_what_a_person_saves_at_the_same_moment_stays(dam: Account) -> None:
    id = dam.upload(context__alt="Old", tags=["lake"])
    asset = dam.read(id)
    dam.sandbox.store.change(id, {"context:price": "99", "tags": ["lake", "sale"]}, by=PERSON)
    DIALECT.write(dam.connection, asset, {"context:alt": "New", "tags": ("lake", "summer")})
    assert stored(dam, id) == {"context:alt": "New", "context:price": "99", "tags": ["lake", "sale", "summer"]}


def test_tags_become_the_list_that_was_asked_for(dam: Account) -> None:
    id = dam.upload(tags=["lake", "night"])
    write(dam, id, tags=("summer", "lake"))
    assert set(stored(dam, id)["tags"]) == {"lake", "summer"}
    write(dam, id, tags=())
    assert "tags" not in stored(dam, id)
    write(dam, id, tags=("a", "a", " "))
    assert stored(dam, id)["tags"] == ["a"]


def test_an_empty_value_removes_a_field_and_leaves_the_others(dam: Account) -> None:
    id = dam.upload(context__alt="x", context__price="99=|", context__inlay_mark="r1", metadata__alt_text="y")
    write(dam, id, context__alt="", context__inlay_mark="", metadata__alt_text="")
    assert stored(dam, id) == {"context:price": "99=|"}
    write(dam, id, context__alt="")
    assert stored(dam, id) == {"context:price": "99=|"}
    write(dam, id, context__price="")
    assert stored(dam, id) == {}


def test_a_key_is_not_removed_where_another_would_be_damaged(dam: Account) -> None:
    id = dam.upload(context__alt="x", context__path="C:\\pictures\\")
    with pytest.raises(VendorRefused) as refused:
        write(dam, id, context__alt="")
    assert "alt" in refused.value.instead
    assert stored(dam, id) == {"context:alt": "x", "context:path": "C:\\pictures\\"}


@pytest.mark.parametrize("lost", ["drop-after-commit", "503-after-commit", "malformed"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_reply_that_is_lost_after_the_write_costs_nothing_but_a_second_try(
    dam: Account, lost: str, number: int
) -> None:
    id = dam.upload(context__price="99", tags=["lake"])
    changes = {
        "tags": ("lake", "summer"),
        "metadata:alt_text": "x",
        "context:alt": "A lantern",
        "context:inlay_mark": "r1",
    }
    asset = dam.read(id)
    path = ("tags", "metadata", "context")[number]
    dam.sandbox.faults.add(lost, f"POST /v1_1/inlay-sandbox/image/{path}")
    with pytest.raises(Unavailable):
        DIALECT.write(dam.connection, asset, changes)
    if number < 2:
        assert "context:inlay_mark" not in stored(dam, id), "the note is last: where it stands, all of it stands"
    DIALECT.write(dam.connection, dam.read(id), changes)
    once = stored(dam, id)
    assert once == {
        "context:price": "99",
        "context:alt": "A lantern",
        "context:inlay_mark": "r1",
        "metadata:alt_text": "x",
        "tags": ["lake", "summer"],
    }
    told = len(dam.sandbox.store.history)
    DIALECT.write(dam.connection, dam.read(id), changes)
    assert len(dam.sandbox.store.history) == told, "writing the same again changes nothing and tells nobody"


def test_an_asset_renamed_meanwhile_is_a_conflict_and_nobody_elses_asset_is_written(dam: Account) -> None:
    id = dam.upload(public_id="summer/a")
    asset = dam.read(id)
    dam.sandbox.store.change(id, {"public_id": "summer/b"}, by=PERSON)
    with pytest.raises(Conflict):
        DIALECT.write(dam.connection, asset, {"context:alt": "x"})
    DIALECT.write(dam.connection, dam.read(id), {"context:alt": "x"})
    assert stored(dam, id)["context:alt"] == "x"


def test_a_deleted_asset_is_a_conflict_and_then_missing(dam: Account) -> None:
    id = dam.upload(context__alt="x", context__b="y")
    asset = dam.read(id)
    dam.sandbox.store.delete(id)
    with pytest.raises(Conflict):
        DIALECT.write(dam.connection, asset, {"context:alt": "y"})
    with pytest.raises(TargetGone):
        DIALECT.write(dam.connection, asset, {"context:alt": ""})
    assert DIALECT.fetch(dam.connection, [id]) == {}


def test_a_value_that_is_too_long_is_refused_before_anything_is_written(dam: Account) -> None:
    id = dam.upload()
    with pytest.raises(VendorRefused) as refused:
        write(dam, id, tags=("a",), context__copy="x" * 1025)
    assert "1,024" in refused.value.why and "metadata:" in refused.value.instead
    assert stored(dam, id) == {}
    write(dam, id, context__copy="ü|" * 512)
    assert stored(dam, id)["context:copy"] == "ü|" * 512


@pytest.mark.parametrize(
    "field", ["moderation_status", "public_id", "access_control", "context:", "context:a|b", "metadata:a=b"]
)
def test_nothing_but_metadata_is_ever_written(dam: Account, field: str) -> None:
    id = dam.upload()
    with pytest.raises(VendorRefused):
        DIALECT.write(dam.connection, dam.read(id), {field: "x", "tags": ("a",)})
    assert stored(dam, id) == {}
    assert not dam.calls("POST")


def test_a_structured_field_nobody_made_is_refused_and_several_values_are_a_list(dam: Account) -> None:
    id = dam.upload()
    with pytest.raises(VendorRefused):
        write(dam, id, metadata__nobody_made_it="x")
    write(dam, id, metadata__regions=("eu", "ap"))
    assert stored(dam, id)["metadata:regions"] == ["eu", "ap"]
    mapped = dam.with_settings(fields={"tags": "metadata:regions"})
    assert DIALECT.fetch(mapped, [id])[id].fields["metadata:regions"] == ("eu", "ap")


def test_an_asset_without_an_address_is_not_written(dam: Account) -> None:
    with pytest.raises(VendorRefused):
        DIALECT.write(dam.connection, Asset(id="a" * 32, version="1", handle="x"), {"context:alt": "x"})
