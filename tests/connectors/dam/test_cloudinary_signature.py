"""Who sent a Cloudinary notification: the vendor's vectors, its SDK as the judge, and what a stranger may try."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cloudinary
import pytest
from cloudinary.utils import verify_notification_signature
from hypothesis import given, settings
from hypothesis import strategies as some

from connectors.dam.asset import AssetEvent
from connectors.dam.dialect import Dialect
from connectors.dam.dialects import cloudinary_signature as signature
from hub.sdk import BadRequest, Connection, Ignored, Inbound, Unverified
from tests.connectors.dam.cloudinary_bench import DIALECT, SETTINGS, connected, digest, notification, told

NOW = 1_700_000_000.0
SECRET = SETTINGS["signing_secret"]
BODY = told("upload", asset_id="09169cf604b03521789d1b3b8cca53d1", version=2)


@pytest.fixture
def library(shelves: dict[str, Dialect]) -> Connection:
    shelves["cloudinary"] = DIALECT
    return connected(SETTINGS)


@pytest.fixture(autouse=True)
def _global_configuration() -> Iterator[None]:
    """The SDK reads its secret from one place for the whole process."""
    yield
    cloudinary.reset_config()


def proven(request: Inbound, now: float = NOW, secret: str = SECRET) -> bool:
    try:
        signature.verify(request, [secret], now)
    except Unverified:
        return False
    return True


def vectors(recordings: Path) -> list[dict[str, Any]]:
    return json.loads((recordings / "dam/cloudinary/notification_vectors.json").read_text(encoding="utf-8"))["cases"]


def test_every_recorded_vector_verifies_or_is_refused_as_marked(recordings: Path) -> None:
    for case in vectors(recordings):
        body, at = case["body"].encode(), str(case["timestamp"])
        request = notification(body, at, x_cld_signature=case["signature"])
        # Where a vector plays with the age a sender is allowed, the clock is moved by the difference to ours.
        now = case["now"] + signature.PAST - case["valid_for"]
        expected = case.get("expect_hub", case.get("expect"))
        assert proven(request, now, case["api_secret"]) is expected, case["name"]


def test_where_the_hub_refuses_a_vector_the_sdk_takes_the_time_is_the_reason(recordings: Path) -> None:
    stricter = [case for case in vectors(recordings) if "expect_hub" in case]
    assert [case["name"] for case in stricter] == ["sha256_npm_far_future_ts"]
    case = stricter[0]
    cloudinary.config(api_secret=case["api_secret"])
    assert verify_notification_signature(case["body"], case["timestamp"], case["signature"], algorithm="sha256")
    request = notification(case["body"].encode(), str(case["timestamp"]), x_cld_signature=case["signature"])
    assert proven(request, float(case["timestamp"]), case["api_secret"])


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
@given(
    public_id=some.text(max_size=40).filter(lambda text: text.isprintable()),
    secret=some.text("abcXYZ019-_", min_size=1),
)
@settings(max_examples=150, deadline=None)
def test_whatever_the_sdk_signs_and_takes_is_taken(algorithm: str, public_id: str, secret: str) -> None:
    body = json.dumps({"public_id": public_id}, ensure_ascii=False)
    at = str(int(NOW))
    made = digest(body.encode(), at, secret, algorithm)
    cloudinary.config(api_secret=secret)
    assert verify_notification_signature(body, at, made, valid_for=10**10, algorithm=algorithm)
    assert proven(notification(body.encode(), at, x_cld_signature=made), secret=secret)
    assert not proven(notification(body.encode() + b" ", at, x_cld_signature=made), secret=secret)


def test_the_previous_secret_is_taken_until_it_is_cleared(library: Connection, shelves: dict[str, Dialect]) -> None:
    new = "the-secret-after-the-rotation"
    rotated = connected({**SETTINGS, "signing_secret": new, "signing_secret_previous": SECRET})
    DIALECT.verify(library, notification(BODY), NOW)
    DIALECT.verify(rotated, notification(BODY), NOW)
    DIALECT.verify(rotated, notification(BODY, x_cld_signature=digest(BODY, "1700000000", new)), NOW)
    with pytest.raises(Unverified):
        DIALECT.verify(connected({**SETTINGS, "signing_secret": new}), notification(BODY), NOW)


def test_digits_that_move_from_the_body_into_the_time_prove_nothing() -> None:
    at = "1700000000"
    made = digest(BODY, at)
    for moved in range(1, len(at)):
        body, late = BODY + at[:moved].encode(), at[moved:]
        cloudinary.config(api_secret=SECRET)
        assert made == digest(body, late), "what is signed is the same, wherever the border is"
        assert verify_notification_signature(body.decode(), late, made, valid_for=10**11, algorithm="sha256")
        assert not proven(notification(body, late, x_cld_signature=made), now=float(late))
    # The other way round the time would have to begin with what the body ended with.
    assert not proven(notification(BODY[:-1], "}" + at, x_cld_signature=made))
    assert not proven(notification(BODY[:-2], BODY[-2:].decode() + at, x_cld_signature=made))


@pytest.mark.parametrize("at", [NOW - 7201, NOW + 301, 0, 9_999_999_999_999])
def test_what_is_too_old_or_not_signed_yet_proves_nothing(at: float) -> None:
    assert not proven(notification(BODY, str(int(at))))


@pytest.mark.parametrize("at", [NOW - 7200, NOW - 1, NOW, NOW + 300])
def test_two_hours_back_and_five_minutes_ahead_are_near_enough(at: float) -> None:
    assert proven(notification(BODY, str(int(at))))


@pytest.mark.parametrize(
    "at",
    [
        *(
            "",
            " 1700000000",
            "1700000000 ",
            "+1700000000",
            "-1",
            "1_700_000_000",
            "1700000000.0",
            "1.7e9",
            "0x6553f100",
        ),
        *("١٧٠٠٠٠٠٠٠٠", "17000000001700000000", "1700000000\n", "1700000000\x00", "nan", "１７００００００００"),
    ],
)
def test_a_time_is_plain_digits(at: str) -> None:
    made = digest(BODY, at)
    assert not proven(notification(BODY, at, x_cld_signature=made))


@pytest.mark.parametrize("name", ["x-cld-signature", "x-cld-timestamp"])
def test_a_header_that_is_missing_repeated_odd_or_endless_proves_nothing(name: str) -> None:
    good = notification(BODY)
    value = good.headers[name]
    others = {key: one for key, one in good.headers.items() if key != name}
    strange = [
        "",
        f"{value},{value}",
        f"{value}, {value}",
        f" {value}",
        f"{value}\r\n",
        value + "0" * 5000,
        value[:-1],
        "é" * 64,
    ]
    if name == "x-cld-signature":
        strange += [value.upper(), f"sha256={value}", value[:40], f"0x{value[:-2]}", "0" * 64, "g" * 64]
    for one in strange:
        assert not proven(Inbound(method="POST", path="/", headers={**others, name: one}, query={}, body=BODY)), one
    assert not proven(Inbound(method="POST", path="/", headers=others, query={}, body=BODY))
    assert proven(good)


def test_a_digest_of_the_other_kind_or_another_secret_proves_nothing() -> None:
    at = "1700000000"
    assert proven(notification(BODY, x_cld_signature=digest(BODY, at, algorithm="sha1")))
    assert not proven(notification(BODY, x_cld_signature=digest(BODY, at, secret="another-secret-of-somebody")))
    assert not proven(notification(BODY, x_cld_signature=digest(BODY, at, algorithm="md5")))
    assert not proven(notification(BODY, x_cld_signature=digest(BODY, at, algorithm="sha512")))


def test_json_written_anew_is_another_body() -> None:
    again = json.dumps(json.loads(BODY), separators=(",", ":")).encode()
    assert not proven(notification(again, x_cld_signature=digest(BODY, "1700000000")))


KINDS = (
    "upload",
    "moderation",
    "rename",
    "delete",
    "move",
    "resource_tags_changed",
    "resource_context_changed",
    "resource_metadata_changed",
    "eager",
    "",
)
KEYS = (
    "resources",
    "asset_id",
    "public_id",
    "request_id",
    "version",
    "moderation_status",
    "notification_context",
    "resource_type",
    "type",
    "timestamp",
    "to_public_id",
)
ASSET = {
    "asset_id": "a" * 32,
    "added": [{"name": "alt"}, 3],
    "updated": {"x": 1},
    "removed": ["y"],
    "new_metadata": {"z": []},
}
VALUES = (
    None,
    0,
    -1,
    10**30,
    1.5,
    True,
    "",
    "a",
    "approved",
    "a" * 32,
    "x" * 300,
    "../..",
    "\ud800",
    "image",
    "2024-13-01",
    "9999-12-31T23:59:59+00:00",
    "0001-01-01T00:00:00",
    [],
    {},
    [None],
    {"a": None},
    [[ASSET]],
    [ASSET, ASSET, 7],
    {"summer/a": ASSET, "": ASSET, "b": {"type": "fetch"}},
    {"triggered_by": [], "triggered_at": 7},
    {"triggered_by": {"id": ["x"], "source": 1}, "triggered_at": "-"},
)


@given(
    body=some.binary(max_size=40)
    | some.builds(
        lambda kind, rest: json.dumps({"notification_type": kind, **rest}).encode(),
        some.sampled_from([*KINDS, *VALUES]),
        some.dictionaries(some.sampled_from(KEYS), some.sampled_from(VALUES), max_size=5),
    ),
    at=some.sampled_from(["1700000000", "1699999999"]) | some.text(max_size=14),
    made=some.sampled_from(["sha1", "sha256", "none"]) | some.text(max_size=64),
)
@settings(max_examples=10_000, deadline=None)
def test_ten_thousand_strange_notifications_are_refused_or_read_and_nothing_else(
    body: bytes, at: str, made: str
) -> None:
    """Forged ones are never taken; signed ones become events or a refusal, whatever they hold."""
    signed = made in ("sha1", "sha256")
    said = digest(body, at, algorithm=made) if signed else made
    request = notification(body, at, x_cld_signature=said)
    try:
        signature.verify(request, [SECRET], NOW)
    except Unverified:
        taken = False
    else:
        taken = True
    assert not taken or signed
    try:
        found = DIALECT.parse(None, body)  # pyright: ignore[reportArgumentType]
    except BadRequest:
        return
    assert found and all(isinstance(one, AssetEvent | Ignored) for one in found)
    assert all(1 <= len(one.id) <= 64 and 0 < len(one.asset) <= 300 for one in found if isinstance(one, AssetEvent))
