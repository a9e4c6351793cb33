"""Whatever is sent to the address of a Bynder connection: it is refused, or it is what SNS signed for this topic."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from connectors.dam.asset import AssetEvent
from connectors.dam.sandbox_sns import CONFIRMATION, NOTIFICATION
from hub.sdk import BadRequest, Ignored
from tests.connectors.dam.bynder_bench import BYNDER, Bench, posted, running
from tests.connectors.dam.test_adobe_io_fuzz import mutants

#: Some 11,000 deliveries all in all, most of them changed by a seeded die: that is faster than drawing each byte.
TRIES = trying(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None)
NAMES = st.sampled_from([*NOTIFICATION, *CONFIRMATION, "Signature", "SignatureVersion", "SigningCertURL", "__proto__"])
TEXT = st.text(max_size=60)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with running() as bench:
        # The certificate is at hand from here on, so that no case waits for the network.
        assert bench.taken(posted(bench.topic.sealed(bench.message())))
        yield bench


def signed_part(body: bytes) -> Any:
    said = json.loads(body)
    return {name: said.get(name) for name in (*NOTIFICATION, "SignatureVersion")}


@TRIES
@given(seed=st.integers(0, 2**64))
def test_no_change_of_what_is_signed_is_accepted(bench: Bench, seed: int) -> None:
    good = bench.topic.sealed(bench.message())
    assert bench.outcome(posted(good)) == "taken"
    for body in mutants(good, random.Random(seed), 30):
        # Space between the fields, and a field nobody reads, are no part of what is signed.
        if bench.outcome(posted(body)) == "taken":
            assert signed_part(body) == signed_part(good)


@trying(parent=TRIES, max_examples=700)
@given(
    changed=st.dictionaries(NAMES, VALUES, min_size=1, max_size=4),
    made=st.none() | st.binary(max_size=300).map(lambda some: base64.b64encode(some).decode()),
    headers=st.dictionaries(st.sampled_from(["x-amz-sns-message-type", "x-amz-sns-rawdelivery"]), TEXT, max_size=2),
)
def test_no_message_put_together_by_a_stranger_is_accepted(
    bench: Bench, changed: dict[str, Any], made: str | None, headers: dict[str, str]
) -> None:
    good = json.loads(bench.topic.sealed(bench.message()))
    said = {**good, **changed} | ({} if made is None else {"Signature": made})
    if any(said.get(name) != good.get(name) for name in (*NOTIFICATION, "SignatureVersion", "Signature")):
        assert bench.outcome(posted(said, **headers)) in ("unverified", "later")


@trying(parent=TRIES, max_examples=800)
@given(raw=st.binary(max_size=300) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_without_a_signature_are_accepted(bench: Bench, raw: bytes) -> None:
    assert bench.outcome(posted(raw)) == "unverified"


@trying(parent=TRIES, max_examples=600)
@given(subject=TEXT | st.sampled_from(["asset_bank.media.create", "asset_bank.media.meta_updated"]), text=TEXT | VALUES)
def test_what_the_portal_publishes_is_read_or_called_bad_and_nothing_else(
    bench: Bench, subject: str, text: Any
) -> None:
    said = bench.message(Subject=subject, Message=text if isinstance(text, str) else json.dumps({"media_id": text}))
    try:
        found = BYNDER.parse(bench.opened, bench.topic.sealed(said))
    except BadRequest:
        return
    for one in found:
        assert isinstance(one, AssetEvent | Ignored)
        if isinstance(one, AssetEvent):
            assert len(one.asset) == 36
