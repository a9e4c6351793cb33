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

from connectors.dam.dialects.signed import Signed
from hub.sdk import Connection, Inbound
from tests.connectors.dam.signed_bench import (
    BODY,
    CUSTOM,
    FILLED,
    VARIANTS,
    dialect,
    frameio,
    opened,
    outcome,
    plain,
    posted,
    standard,
)
from tests.connectors.dam.test_adobe_io_fuzz import mutants

#: Some 13,000 deliveries for each scheme, most of them changed by a seeded die: that is faster than drawing each byte.
TRIES = trying(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None)
TEXT = st.text(max_size=80)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
SCHEMES = {
    "standard": (opened(), standard(BODY)),
    "frameio": (opened("frameio"), frameio(BODY)),
    "hmac": (opened("custom", preset=CUSTOM), plain(BODY)),
    **{name: (opened("custom", preset=preset), sign(BODY)) for name, (preset, sign) in VARIANTS.items()},
}


@pytest.fixture(params=sorted(SCHEMES), scope="module")
def scheme(request: pytest.FixtureRequest) -> tuple[Connection, Inbound]:
    return SCHEMES[request.param]


def says_the_same(connection: Connection, name: str, good: str, said: str) -> bool:
    """Whether a changed header still holds the good signature: among others, or in capitals where it is hexadecimal."""
    who = dialect(connection)
    assert isinstance(who, Signed)
    signature = who.preset.prove.signature
    if signature is None or signature.header != name:
        return False
    some, mine = (one.split(signature.separator) if signature.separator else [one] for one in (said, good))
    return mine[-1] in some or (signature.encoding == "hex" and mine[-1].casefold() in [one.casefold() for one in some])


@TRIES
@given(seed=st.integers(0, 2**64))
def test_no_change_of_a_signed_body_is_accepted(scheme: tuple[Connection, Inbound], seed: int) -> None:
    connection, good = scheme
    assert outcome(connection, good) in ("taken", "bad")
    for body in mutants(good.body, random.Random(seed), 30):
        assert outcome(connection, replace(good, body=body)) == "unverified"


@TRIES
@given(seed=st.integers(0, 2**64))
def test_no_change_of_a_header_is_accepted(scheme: tuple[Connection, Inbound], seed: int) -> None:
    connection, good = scheme
    dice = random.Random(seed)
    for _ in range(10):
        name = dice.choice(sorted(good.headers))
        (value,) = mutants(good.headers[name].encode(), dice, 1)
        said = value.decode(dice.choice(("latin-1", "utf-8")), "replace")
        came = outcome(connection, replace(good, headers={**good.headers, name: said}))
        assert came == "unverified" or says_the_same(connection, name, good.headers[name], said)


@TRIES
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


@trying(parent=TRIES, max_examples=150)
@given(value=VALUES, raw=st.binary(max_size=200), which=st.integers(0, 2))
def test_what_the_sender_signed_is_read_or_called_bad_and_nothing_else(value: Any, raw: bytes, which: int) -> None:
    body = raw if which == 0 else json.dumps(value if which == 1 else {"type": "asset.ready", "data": value}).encode()
    assert outcome(opened(), standard(body)) in ("taken", "bad")
    for name, sign in (("frameio", frameio), ("hmac", plain)):
        assert outcome(SCHEMES[name][0], sign(body)) in ("taken", "bad")
    for name, (_, sign) in VARIANTS.items():
        # A digit beside a time that is not parted from it could be one of it.
        assert outcome(SCHEMES[name][0], sign(body)) in ("taken", "bad") or body[-1:].isdigit()


@trying(parent=TRIES, max_examples=40)
@given(value=VALUES, header=st.sampled_from(["x-acquia-signature", "x-frontify-signature", "authorization"]))
def test_every_preset_refuses_what_nobody_signed(value: Any, header: str) -> None:
    body = json.dumps(value).encode()
    for connection in PRESETS:
        assert outcome(connection, posted(body, **{header: "0" * 64})) == "unverified"


PRESETS = [opened(name) for name in (*FILLED, "aprimo", "dropbox", "frontify")]
