"""Whatever is sent to the address of a signed webhook: it is refused, or its sender knew the secret."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from hub.sdk import Connection, Inbound
from tests.connectors.dam.signed_bench import BODY, FILLED, frameio, opened, outcome, plain, posted, standard
from tests.connectors.dam.test_adobe_io_fuzz import mutants
from tests.connectors.dam.test_signed import CUSTOM

#: Some 30,000 deliveries all in all, most of them changed by a seeded die.
TRIES = trying(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None)
TEXT = st.text(max_size=80)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
SCHEMES = {
    "standard": (opened(), standard(BODY)),
    "frameio": (opened("frameio"), frameio(BODY)),
    "hmac": (opened("custom", preset=CUSTOM), plain(BODY)),
}


@pytest.fixture(params=sorted(SCHEMES), scope="module")
def scheme(request: pytest.FixtureRequest) -> tuple[Connection, Inbound]:
    return SCHEMES[request.param]


@TRIES
@given(seed=st.integers(0, 2**64))
def test_no_change_of_a_signed_body_is_accepted(scheme: tuple[Connection, Inbound], seed: int) -> None:
    connection, good = scheme
    assert outcome(connection, good) in ("taken", "bad")
    for body in mutants(good.body, random.Random(seed), 30):
        assert outcome(connection, replace(good, body=body)) == "unverified"


@trying(parent=TRIES, max_examples=300)
@given(
    changed=st.dictionaries(
        st.integers(0, 3), TEXT | st.binary(max_size=80).map(lambda some: base64.b64encode(some).decode()), min_size=1
    ),
    raw=st.binary(max_size=200),
    keep=st.booleans(),
)
def test_no_headers_make_a_body_of_a_stranger_accepted(
    scheme: tuple[Connection, Inbound], changed: dict[int, str], raw: bytes, keep: bool
) -> None:
    connection, good = scheme
    names = sorted(good.headers)
    said = {names[at % len(names)]: value for at, value in changed.items()}
    headers = {**(good.headers if keep else {}), **said}
    for body in (good.body, raw, good.body + raw):
        if body != good.body or any(good.headers[name] != value for name, value in said.items()):
            assert outcome(connection, replace(good, headers=headers, body=body)) == "unverified"


@trying(parent=TRIES, max_examples=200)
@given(value=VALUES, raw=st.binary(max_size=200), which=st.integers(0, 2))
def test_what_the_sender_signed_is_read_or_called_bad_and_nothing_else(value: Any, raw: bytes, which: int) -> None:
    body = raw if which == 0 else json.dumps(value if which == 1 else {"type": "asset.ready", "data": value}).encode()
    assert outcome(opened(), standard(body)) in ("taken", "bad")
    assert outcome(SCHEMES["frameio"][0], frameio(body)) in ("taken", "bad")
    assert outcome(SCHEMES["hmac"][0], plain(body)) in ("taken", "bad")


@trying(parent=TRIES, max_examples=60)
@given(value=VALUES, header=st.sampled_from(["x-acquia-signature", "x-frontify-signature", "authorization"]))
def test_every_preset_refuses_what_nobody_signed(value: Any, header: str) -> None:
    body = json.dumps(value).encode()
    for connection in [SCHEMES["standard"][0], *(opened(name) for name in FILLED if name != "standard_webhooks")]:
        assert outcome(connection, posted(body, **{header: "0" * 64})) == "unverified"
