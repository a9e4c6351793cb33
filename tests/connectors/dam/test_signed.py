"""A signed webhook proves its sender by a shared secret over what was sent, now, and in one way of writing."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from connectors.dam.asset import AssetEvent
from connectors.dam.proof import one_of
from hub.sdk import BadRequest, Unverified
from tests.connectors.dam.signed_bench import (
    BODY,
    CUSTOM,
    KEY,
    NOW,
    OLD,
    SECRET,
    VARIANTS,
    dialect,
    frameio,
    opened,
    outcome,
    plain,
    posted,
    standard,
)


def test_every_recorded_vector_verifies_or_is_refused_as_marked(recordings: Path) -> None:
    cases = json.loads((recordings / "dam/standard_webhooks/vectors.json").read_text("utf-8"))["cases"]
    assert len(cases) == 3
    for case in cases:
        connection = opened(signing_secret=case["secret"])
        headers = {"webhook-id": case["id"], "webhook-timestamp": str(case["timestamp"])}
        call = replace(posted(case["payload"].encode()), headers={**headers, "webhook-signature": case["signature"]})
        try:
            dialect(connection).verify(connection, call, case["timestamp"])
            proven = True
        except Unverified:
            proven = False
        assert proven is case["expect"], case["name"]


@pytest.mark.parametrize("body", [BODY, b"", b"\xff\x00 no text", json.dumps({"a": "ä\u2028"}).encode()])
def test_the_reference_library_signs_what_is_taken_and_takes_what_is_signed_here(body: bytes) -> None:
    judge, at = Webhook(KEY), datetime.now(UTC)
    if body.decode("utf-8", "ignore").encode() == body:
        made = judge.sign("msg_9", at, body.decode())
        call = posted(body, webhook_id="msg_9", webhook_timestamp=str(int(at.timestamp())), webhook_signature=made)
        dialect(opened()).verify(opened(), call, at.timestamp())
        if body == BODY:
            assert judge.verify(body.decode(), dict(standard(body, at=int(at.timestamp())).headers)) == json.loads(body)
    forged = standard(body, key=OLD, at=int(at.timestamp()))
    with pytest.raises(Unverified):
        dialect(opened()).verify(opened(), forged, at.timestamp())
    if body == BODY:
        with pytest.raises(WebhookVerificationError):
            judge.verify(body.decode(), dict(forged.headers))


def test_one_good_signature_among_several_is_enough_and_only_of_this_version() -> None:
    good = standard()
    mine, other = good.headers["webhook-signature"], standard(key=OLD).headers["webhook-signature"]
    for said, taken in (
        (f"{other} {mine}", True),
        (f"v1a,AAAA {mine} v2,AAAA", True),
        (f"{other} {other}", False),
        (mine.replace("v1,", "v2,"), False),
        (mine.removeprefix("v1,"), False),
        (mine.replace("v1,", "v1,v1,"), False),
        (mine + "=", False),
        (mine.rstrip("="), False),
        ("", False),
    ):
        call = replace(good, headers={**good.headers, "webhook-signature": said})
        assert (outcome(opened(), call) == "taken") is taken, said


def test_the_secret_before_counts_until_it_is_cleared() -> None:
    both = opened(signing_secret=KEY, signing_secret_previous=OLD)
    assert [outcome(both, standard(key=key)) for key in (KEY, OLD)] == ["taken", "taken"]
    assert outcome(opened(), standard(key=OLD)) == "unverified"


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_without_one_of_its_headers_nothing_is_taken(name: str) -> None:
    good = standard()
    assert (
        outcome(opened(), replace(good, headers={k: v for k, v in good.headers.items() if k != name})) == "unverified"
    )
    assert outcome(opened(), replace(good, headers={**good.headers, name: ""})) == "unverified"


@pytest.mark.parametrize(
    ("seconds", "came"), [(299, "taken"), (301, "unverified"), (-299, "taken"), (-301, "unverified")]
)
def test_a_webhook_counts_for_five_minutes_either_way(seconds: int, came: str) -> None:
    assert outcome(opened(), standard(), NOW + seconds) == came
    assert outcome(opened("frameio"), frameio(b'{"type": "ping"}'), NOW + seconds) == came


@pytest.mark.parametrize(
    "at",
    [
        "+1790000000",
        "01790000000",
        " 1790000000",
        "1790000000 ",
        "1_790_000_000",
        "1790000000.0",
        "1.79e9",
        "0x6ab13b80",
        "١٧٩٠٠٠٠٠٠٠",
        "１７９０００００００",
        "-1",
        "1790000000\u200b",
        "9" * 400,
        "nan",
        "",
    ],
)
def test_a_time_in_odd_digits_is_refused_although_it_is_signed(at: str) -> None:
    assert outcome(opened(), standard(at=at)) == "unverified"
    assert outcome(opened("frameio"), frameio(b'{"type": "ping"}', at=at)) == "unverified"


def test_every_accepted_signature_is_compared_whatever_the_first_says() -> None:
    compared: list[bytes] = []
    accepted = (compared.append(one) or one for one in (b"first", b"second", b"third"))
    assert one_of(b"first", accepted)
    assert compared == [b"first", b"second", b"third"], "how long it takes tells nothing of which secret it was"
    assert not one_of("ä".encode(), [b"a"])
    assert not one_of(b"", [b"a"])


def test_an_id_that_could_pass_for_the_time_is_refused() -> None:
    # "a.1790000000" + "." + "5" reads as another id and time when its full stop is moved.
    assert outcome(opened(), standard(id=f"a.{int(NOW)}")) == "unverified"
    assert outcome(opened(), standard(id="x" * 201)) == "unverified"


@pytest.mark.parametrize("more", [b" ", b"\n", b"\x00", b"{}"])
def test_one_byte_more_or_less_is_noticed(more: bytes) -> None:
    for connection, call in (
        (opened(), standard()),
        (opened("frameio"), frameio(BODY)),
        (opened("custom", preset=CUSTOM), plain(BODY)),
    ):
        assert outcome(connection, replace(call, body=call.body + more)) == "unverified"
        assert outcome(connection, replace(call, body=call.body[:-1])) == "unverified"


@pytest.mark.parametrize("name", VARIANTS)
def test_each_way_of_signing_is_taken_as_signed_and_with_no_other_secret(name: str) -> None:
    preset, sign = VARIANTS[name]
    now, both = opened("custom", preset=preset), opened("custom", preset=preset, signing_secret_previous="before " * 5)
    assert outcome(now, sign(BODY)) == "taken"
    assert outcome(now, sign(BODY, secret="before " * 5)) == "unverified"
    assert [outcome(both, sign(BODY, secret=one)) for one in (SECRET, "before " * 5, "")] == [
        "taken",
        "taken",
        "unverified",
    ]


def test_digits_that_could_be_of_the_body_or_of_the_time_are_refused() -> None:
    preset, sign = VARIANTS["digest"]
    connection = opened("custom", preset=preset)
    # The same bytes are hashed for "…1" and 790000000 as for "…" and 1790000000.
    moved = replace(sign(BODY), body=BODY + b"1", headers={**sign(BODY).headers, "x-time": "790000000"})
    assert outcome(connection, moved, 790_000_000.0) == "unverified"
    assert outcome(connection, sign(b"[1"), NOW) == "unverified"


def test_an_id_behind_the_body_ends_where_the_body_does() -> None:
    preset, sign = VARIANTS["named"]
    connection = opened("custom", preset=preset)
    good = sign(b'{"a": 1}.5', id="e")
    assert outcome(connection, good) == "bad", "proven, and no JSON"
    moved = replace(good, body=b'{"a": 1}', headers={**good.headers, "x-id": "5.e"})
    assert outcome(connection, moved) == "unverified"


def test_an_event_is_read_and_the_same_body_is_the_same_event() -> None:
    connection = opened("custom", preset=CUSTOM)
    (event,) = dialect(connection).read(connection, plain(BODY))
    assert isinstance(event, AssetEvent)
    assert (event.kind, event.asset, event.id) == ("asset.ready", "a-1", hashlib.sha256(BODY).hexdigest())


def test_a_hex_signature_may_stand_in_capitals_and_in_no_other_form() -> None:
    connection, good = opened("custom", preset=CUSTOM), plain(BODY)
    mine = good.headers["x-signature"]
    said = {"upper": mine.upper(), "0x": f"0x{mine}", "base64": base64.b64encode(bytes.fromhex(mine)).decode()}
    came = {how: outcome(connection, posted(BODY, x_signature=value)) for how, value in said.items()}
    assert came == {"upper": "taken", "0x": "unverified", "base64": "unverified"}


def test_frame_io_s_own_example_has_the_form_the_preset_expects(recordings: Path) -> None:
    shown = json.loads((recordings / "dam/frameio/docs_header_example.json").read_text("utf-8"))
    body = (recordings / "dam/frameio/docs_file_ready.json").read_bytes()
    ours = frameio(body, at=shown["headers"]["X-Frameio-Request-Timestamp"])
    assert set(ours.headers) == {name.lower() for name in shown["headers"]}
    assert len(ours.headers["x-frameio-signature"]) == len(shown["headers"]["X-Frameio-Signature"])
    (event,) = dialect(opened("frameio")).read(opened("frameio"), ours)
    assert isinstance(event, AssetEvent)
    said = json.loads(body)
    assert (event.kind, event.asset, event.actor) == ("asset.ready", said["resource"]["id"], said["user"]["id"])


def test_a_file_of_frame_io_that_is_ready_twice_is_two_events(recordings: Path) -> None:
    body, connection = (recordings / "dam/frameio/docs_file_ready.json").read_bytes(), opened("frameio")
    ids = {dialect(connection).read(connection, frameio(body, at=int(NOW) + n))[0].id for n in (0, 0, 9)}  # type: ignore[union-attr]
    assert len(ids) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 5000 + b"]" * 5000,
        b'{"type": "asset.ready", "type": "asset.deleted", "data": {"asset": "a"}}',
        b'{"type": "asset.ready", "data": {"asset": NaN}}',
        b'{"type": "asset.ready", "data": {"asset": 1e999}}',
        b'{"type": "asset.ready", "data": {"asset": ' + b"9" * 5000 + b"}}",
        b'{"type": "asset.ready", "data": {"asset": "../../admin"}}',
        b'{"type": "asset.ready", "data": {"asset": "a/b"}}',
        b'{"type": "asset.ready", "data": {"asset": ".."}}',
        b'{"type": "asset.ready", "data": {"asset": "a?x=1"}}',
        b'{"type": "asset.ready", "data": {"asset": "a\\u0000"}}',
        b'{"type": "asset.ready", "data": {"asset": ["a"]}}',
        b'{"type": "asset.ready", "data": {}}',
        b'{"type": 5}',
        b'"text"',
        b"\xff",
        b"",
    ],
)
def test_a_signed_body_that_is_no_event_is_called_bad(body: bytes) -> None:
    assert outcome(opened(), standard(body)) == "bad"


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("standard_webhooks", "whsec_c2hvcnQ="),
        ("standard_webhooks", "whsec_no base64 at all!!"),
        ("standard_webhooks", "whsec_" + base64.b64encode(b"x" * 65).decode()),
        ("standard_webhooks", ""),
        ("canto", "short"),
        ("canto", "with/slash-and-more-characters-than-24"),
    ],
)
def test_a_secret_that_protects_nothing_is_refused_and_not_quoted(name: str, secret: str) -> None:
    with pytest.raises(ValidationError) as caught:
        opened(name, signing_secret=secret)
    assert not secret or secret not in str(caught.value)


def test_a_secret_in_the_address_is_compared_whole() -> None:
    token = "t" * 30
    connection = opened("canto", signing_secret=token)
    who = dialect(connection)
    assert who.name == "canto"
    who.verify(connection, posted(b"{}", path=f"/in/dam/{token}"), NOW)
    for path in (
        "/in/dam",
        "/in/dam/",
        f"/in/dam/{token}x",
        f"/in/dam/{token[:-1]}",
        f"/in/dam/x/{token}",
        "/in/dam/ä",
    ):
        with pytest.raises(Unverified):
            who.verify(connection, posted(b"{}", path=path), NOW)


def test_without_a_secret_nothing_is_proven() -> None:
    connection = opened("custom", preset=CUSTOM)
    bare = connection.settings.model_copy(update={"signing_secret": None})
    empty = replace(connection, settings=bare)
    with pytest.raises(Unverified):
        dialect(connection).verify(empty, plain(BODY, secret=""), NOW)


def test_a_challenge_is_echoed_where_the_preset_says_and_only_as_plain_letters() -> None:
    connection = opened("dropbox")
    ask = replace(posted(b""), method="GET", query={"challenge": "Abc-_1"})
    answer = dialect(connection).handshake(connection, ask)
    assert answer is not None
    assert (answer.body, answer.content_type) == (b"Abc-_1", "text/plain; charset=utf-8")
    for hostile in ("<script>", "a b", "a\r\nX: y", "", "x" * 201, "ä"):
        with pytest.raises(Unverified):
            dialect(connection).handshake(connection, replace(ask, query={"challenge": hostile}))
    assert dialect(connection).handshake(connection, replace(ask, method="POST")) is None


def test_a_body_that_is_a_list_of_events_gives_each_an_id_of_its_own() -> None:
    events = {**CUSTOM["events"], "list": "/events"}
    connection = opened("custom", preset={**CUSTOM, "events": events})
    said = {"events": [{"type": "asset.ready", "data": {"asset": f"a-{n}"}} for n in range(3)]}
    body = json.dumps(said).encode()
    found = dialect(connection).read(connection, plain(body))
    assert len({one.id for one in found if isinstance(one, AssetEvent)}) == 3
    for many in ([], [{"type": "x"}] * 21):
        with pytest.raises(BadRequest):
            body = json.dumps({"events": many}).encode()
            dialect(connection).read(connection, plain(body))
    assert SECRET not in repr(connection)
