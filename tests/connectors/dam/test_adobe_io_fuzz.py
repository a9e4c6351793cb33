"""Whatever is sent to the address of an AEM connection: it is refused, or it is what Adobe signed for this account."""

from __future__ import annotations

import base64
import json
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from connectors.dam.asset import AssetEvent
from connectors.dam.sandbox_aem import ACCOUNT
from connectors.dam.sandbox_aem_keys import private_key
from connectors.dam.strict_json import DEEPEST
from hub.sdk import BadRequest, Ignored, Inbound, Unavailable, Unverified
from tests.connectors.dam.aem_bench import AEM, ASSET, CLIENT, Bench, event, metadata_event, posted, running

HEADERS = (
    *("x-adobe-digital-signature-1", "x-adobe-digital-signature-2"),
    *("x-adobe-public-key1-path", "x-adobe-public-key2-path"),
)
#: Some 13,000 deliveries all in all, most of them changed by a seeded die: that is faster than drawing each byte.
TRIES = trying(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None)
TEXT = st.text(max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from([CLIENT, ASSET, ACCOUNT]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
#: The names a careless reader would use, at any level.
NAMES = st.sampled_from(
    [
        *("type", "id", "eventid", "event_id", "recipientclientid", "recipient_client_id", "time", "data", "source"),
        *("assetId", "user", "principalId", "repositoryMetadata", "repo:repositoryId", "assetMetadata"),
        *("event:updated", "event:created", "dam:status", "validationUrl", "__proto__", "constructor"),
    ]
)
PATHS = st.uuids().map(lambda one: f"/prod/keys/pub-key-{one}.pem")
SIGNATURES = st.binary(max_size=60).map(lambda some: base64.b64encode(some).decode())
KINDS = st.sampled_from(["created", "processing_completed", "updated", "metadata_updated", "deleted", "published", "x"])


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with running() as bench:
        # The keys are at hand from here on, so that no case waits for the network.
        assert bench.taken(bench.sent(event()))
        yield bench


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """A good event with some of it replaced by anything."""
    made = (
        event(draw(KINDS)) if draw(st.booleans()) else metadata_event({"dc:title": "x"}, **{"dam:status": "approved"})
    )
    for _ in range(draw(st.integers(0, 3))):
        place: Any = made
        while isinstance(place.get("data"), dict) and draw(st.booleans()):
            place = place["data"]
        name = draw(NAMES)
        if draw(st.booleans()):
            place[name] = draw(VALUES)
        else:
            place.pop(name, None)
    return made


def mutants(body: bytes, dice: random.Random, number: int) -> Iterator[bytes]:
    """The body with bytes cut out, put in, repeated or changed, none of them the body itself."""
    while number:
        made = bytearray(body)
        for _ in range(dice.randint(1, 4)):
            at = dice.randint(0, len(made))
            upto = min(len(made), at + dice.choice((0, 0, 1, 2, 40, 400)))
            new = dice.choice((b"", dice.randbytes(dice.randint(1, 8)), bytes(made[at:upto]) * 2, b'"', b"}", b"\x00"))
            made[at:upto] = new
        if bytes(made) != body:
            number -= 1
            yield bytes(made)


def outcome(bench: Bench, call: Inbound) -> str:
    """What came of a delivery; anything but these is a failure of the test."""
    try:
        AEM.handshake(bench.opened, call)
        AEM.prepare(bench.opened, call)
        AEM.verify(bench.opened, call, time.time())
    except Unverified:
        return "unverified"
    except Unavailable:
        return "later"
    try:
        found = AEM.read(bench.opened, call)
    except BadRequest:
        return "bad"
    assert all(isinstance(one, AssetEvent | Ignored) for one in found)
    return "taken"


def ours(body: bytes) -> bool:
    """Whether a careful reader sees events for this account and nobody else in it."""
    seen: list[Any] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    def no_number(constant: str) -> None:
        raise ValueError(constant)

    try:
        found = json.loads(body.decode(), object_pairs_hook=once, parse_constant=no_number)
        seen = found if isinstance(found, list) else [found]
        named = [{one.get("recipientclientid"), one.get("recipient_client_id")} - {None} for one in seen]
        return bool(named) and all(names == {CLIENT} for names in named)
    except (ValueError, AssertionError, AttributeError, TypeError, RecursionError):
        return False


@TRIES
@given(seed=st.integers(0, 2**64), about=events())
def test_no_change_of_a_signed_delivery_is_accepted(bench: Bench, seed: int, about: dict[str, Any]) -> None:
    call = bench.sent({**event(), "data": about.get("data")})
    # What is no JSON (Python writes Infinity and NaN) names no recipient.
    assert outcome(bench, call) in (("taken", "bad") if ours(call.body) else ("unverified",))
    for body in mutants(call.body, random.Random(seed), 20):
        assert outcome(bench, replace(call, body=body)) in ("unverified", "later")


@trying(parent=TRIES, max_examples=800)
@given(
    headers=st.dictionaries(st.sampled_from(HEADERS), st.text(max_size=60) | PATHS | SIGNATURES, max_size=4),
    more=st.binary(max_size=60),
)
def test_no_headers_make_an_unsigned_body_accepted(bench: Bench, headers: dict[str, str], more: bytes) -> None:
    known = bench.vendor.keys.pairs[0][0]
    good = json.dumps(event()).encode()
    pair = base64.b64encode(more.ljust(256, b"0")).decode()
    for body in (good, good + more, more, b"[" + good + b"]"):
        for said in (headers, {**dict(zip(HEADERS, (pair, pair, known, known), strict=True)), **headers}):
            assert outcome(bench, posted(body, said)) in ("unverified", "later")


@trying(parent=TRIES, max_examples=300)
@given(some=st.lists(events(), min_size=1, max_size=3), shape=st.sampled_from(["one", "many", "stranger"]))
def test_what_adobe_signed_is_taken_only_if_it_is_ours(bench: Bench, some: list[dict[str, Any]], shape: str) -> None:
    body = json.dumps(some[0] if shape == "one" else some).encode()
    if shape == "stranger":
        known = bench.vendor.keys.pairs[0][0]
        made = base64.b64encode(private_key(9).sign(body, PKCS1v15(), SHA256())).decode()
        call = posted(body, dict(zip(HEADERS, (made, made, known, known), strict=True)))
        assert outcome(bench, call) in ("unverified", "later")
    else:
        came = outcome(bench, bench.sent(body))
        assert came in ("taken", "bad", "unverified")
        assert came == "unverified" or ours(body)


@trying(parent=TRIES, max_examples=500)
@given(some=st.lists(events() | VALUES, max_size=3), raw=st.binary(max_size=300), which=st.booleans())
def test_a_verified_body_is_read_or_called_bad_and_nothing_else(
    bench: Bench, some: list[Any], raw: bytes, which: bool
) -> None:
    body = json.dumps(some).encode() if which else raw
    try:
        found = AEM.parse(bench.opened, body)
    except BadRequest as bad:
        # It says what is wrong without repeating what was sent.
        assert raw.decode("utf-8", "replace") not in str(bad) or len(raw) < 3
        return
    for one in found:
        if isinstance(one, AssetEvent):
            assert one.id
            assert one.asset.startswith("urn:aaid:aem:")
            assert len(one.actor) <= 300
            assert all(isinstance(name, str) for name in one.changed)


def test_nesting_to_the_limit_is_read_and_one_deeper_is_not(bench: Bench) -> None:
    def nested(levels: int) -> bytes:
        inner: Any = 1
        for _ in range(levels):
            inner = {"a": inner}
        return json.dumps(event(data={"assetMetadata": inner})).encode()

    assert AEM.parse(bench.opened, nested(DEEPEST - 5))
    with pytest.raises(BadRequest):
        AEM.parse(bench.opened, nested(DEEPEST + 1))


def test_headers_of_a_good_delivery_do_not_help_another_body(bench: Bench) -> None:
    good, other = bench.sent(event()), bench.sent(event(eventid="other", event_id="other"))
    headers: Mapping[str, str] = {**good.headers}
    assert outcome(bench, good) == outcome(bench, other) == "taken"
    assert outcome(bench, replace(other, headers=headers)) == "unverified"
