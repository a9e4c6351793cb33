"""The poll channel of Cloudinary: nothing is acknowledged before it is stored, and only what is signed is believed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.dam.asset import AssetEvent
from connectors.dam.dialect import Dialect
from connectors.dam.dialects import cloudinary_signature as signature
from connectors.dam.sweep import sweep
from hub.sdk import Connection, Ignored, Request, Unavailable, Unverified, VendorRefused
from tests.connectors.dam.cloudinary_bench import DIALECT, SETTINGS, Account, account, digest, told

SECRET = SETTINGS["signing_secret"]
CHANNEL = "inlay"


@pytest.fixture
def dam(shelves: dict[str, Dialect]) -> Iterator[Account]:
    shelves["cloudinary"] = DIALECT
    with account(poll_channel=CHANNEL) as running:
        for kind in ("upload", "moderation"):
            trigger = {"id": kind, "event_type": kind, "uri": f"poll://{CHANNEL}", "uri_type": "poll"}
            running.vendor.admin.triggers.append(trigger)
        yield running


def message(body: bytes, at: str = "1700000000", **fields: Any) -> dict[str, Any]:
    signed = base64.urlsafe_b64encode(body).decode().rstrip("=")
    return {"receipt_handle": "r", "signed_payload": signed, "timestamp": at, "signature": digest(body, at), **fields}


def assets(found: Any) -> list[str]:
    return [event.asset for event in found.events if isinstance(event, AssetEvent)]


def test_what_was_taken_is_acknowledged_by_the_next_call_and_no_earlier(dam: Account) -> None:
    ids = [dam.upload(f"{number}.png") for number in range(3)]
    first = DIALECT.poll(dam.connection, {})
    assert assets(first) == ids and first.more
    assert dam.vendor.channels.waiting(CHANNEL) == 3, "until they are stored they stay where they are"
    second = DIALECT.poll(dam.connection, first.cursor)
    assert (second.events, second.cursor, second.more) == ((), {}, False)
    assert dam.vendor.channels.waiting(CHANNEL) == 0


def test_what_a_hub_took_and_did_not_store_comes_again_with_the_same_id(dam: Account) -> None:
    clock = [1_700_000_000.0]
    dam.vendor.channels.clock = lambda: clock[0]
    dam.upload()
    first = DIALECT.poll(dam.connection, {})
    assert DIALECT.poll(dam.connection, {}).events == (), "claimed by a hub that died"
    clock[0] += 601
    again = DIALECT.poll(dam.connection, {})
    assert again.events == first.events
    # The old handle is worth nothing any more, and asking with it does no harm.
    assert DIALECT.poll(dam.connection, first.cursor).events == ()
    assert dam.vendor.channels.waiting(CHANNEL) == 1
    DIALECT.poll(dam.connection, again.cursor)
    assert dam.vendor.channels.waiting(CHANNEL) == 0


def test_when_the_acknowledgement_fails_nothing_new_is_taken_and_nothing_lost(dam: Account) -> None:
    dam.upload()
    first = DIALECT.poll(dam.connection, {})
    later = dam.upload("later.png")
    dam.sandbox.faults.add("503", "POST /v2/notifications/inlay-sandbox/messages/ack")
    with pytest.raises(Unavailable):
        DIALECT.poll(dam.connection, first.cursor)
    assert dam.vendor.channels.waiting(CHANNEL) == 2
    assert assets(DIALECT.poll(dam.connection, first.cursor)) == [later]
    assert dam.vendor.channels.waiting(CHANNEL) == 1


def test_a_long_queue_is_taken_piece_by_piece(dam: Account) -> None:
    ids = [dam.upload(f"{number}.png") for number in range(120)]
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    for _ in range(5):
        found = DIALECT.poll(dam.connection, cursor)
        seen, cursor = [*seen, *assets(found)], found.cursor
        if not found.more:
            break
    assert seen == ids and dam.vendor.channels.waiting(CHANNEL) == 0


def test_events_a_channel_brings_are_those_a_webhook_brings(dam: Account) -> None:
    id = dam.upload()
    dam.sandbox.store.approve(id)
    polled = DIALECT.poll(dam.connection, {})
    by_webhook = [
        event
        for change in dam.sandbox.store.history
        for body in dam.vendor.webhooks(change)
        for event in DIALECT.parse(dam.connection, body)
    ]
    assert list(polled.events) == by_webhook
    assert [event.kind for event in polled.events if isinstance(event, AssetEvent)] == ["asset.ready", "asset.approved"]


def test_what_is_signed_with_another_secret_stays_and_is_told(dam: Account) -> None:
    dam.upload()
    wrong = dam.with_settings(poll_channel=CHANNEL, signing_secret="another-secret-of-somebody")
    with pytest.raises(VendorRefused) as refused:
        DIALECT.poll(wrong, {})
    assert "signing_secret" in refused.value.instead and "another-secret" not in str(refused.value)
    assert dam.vendor.channels.waiting(CHANNEL) == 1


def test_a_message_nobody_can_read_or_prove_does_not_hold_up_the_others(dam: Account) -> None:
    put = dam.vendor.channels.put
    put(CHANNEL, told("upload", asset_id="f" * 32), "0" * 64, 1_700_000_000)
    unread = b'{"notification_type": null}'
    put(CHANNEL, unread, digest(unread, "1700000000"), 1_700_000_000)
    id = dam.upload()
    found = DIALECT.poll(dam.connection, {})
    assert assets(found) == [id]
    assert [one.event for one in found.events if isinstance(one, Ignored)] == ["notification"]
    assert DIALECT.poll(dam.connection, found.cursor).more is False
    assert dam.vendor.channels.waiting(CHANNEL) == 1, "only the unproven one is left"


def test_the_signed_bytes_count_and_the_payload_beside_them_does_not() -> None:
    body = told("upload", asset_id="a" * 32)
    forged = json.loads(told("upload", asset_id="f" * 32))
    assert signature.payload(message(body, payload=forged), [SECRET]) == body
    # It may have waited for days: the channel is fetched from Cloudinary itself.
    assert signature.payload(message(body, at="1000000000"), [SECRET]) == body


@pytest.mark.parametrize(
    "wrong",
    [
        {"signature": None},
        {"signature": ""},
        {"signature": "0" * 64},
        {"signature": 7},
        {"timestamp": 1700000000},
        {"timestamp": " 1700000000"},
        {"timestamp": "1700000001"},
        {"timestamp": None},
        {"signed_payload": None},
        {"signed_payload": ""},
        {"signed_payload": "e30"},
        {"signed_payload": "é"},
        {"signed_payload": "e"},
        {"signed_payload": "{}"},
        {"signed_payload": base64.b64encode(b"\xff\xfe{}").decode()},
    ],
)
def test_a_message_that_is_not_whole_proves_nothing(wrong: dict[str, Any]) -> None:
    with pytest.raises(Unverified):
        signature.payload(message(told("upload"), **wrong), [SECRET])


def test_digits_do_not_move_between_a_message_and_its_time() -> None:
    body, at = told("upload"), "1700000000"
    moved = message(body + at[:3].encode(), at[3:], signature=digest(body, at))
    with pytest.raises(Unverified):
        signature.payload(moved, [SECRET])


def test_without_a_channel_nothing_is_asked(shelves: dict[str, Dialect], dam: Account) -> None:
    plain: Connection = dam.with_settings()
    before = len(dam.calls())
    assert DIALECT.polls_every(plain.settings) == 0 and not DIALECT.poll(plain, {"taken": ["r"]}).events
    assert len(dam.calls()) == before
    assert DIALECT.polls_every(dam.connection.settings) > 0


def test_a_sweep_asks_for_work_first_and_acknowledges_when_it_is_called_again(dam: Account) -> None:
    """The hub keeps a cursor once everything found with it is stored, and only then calls with it."""
    working = dam.with_settings(poll_channel=CHANNEL, starts={"asset.ready": ["alt-text"]})
    id = dam.upload()
    swept = sweep(working, {})
    asked = [one for one in swept.requests if isinstance(one, Request)]
    assert {one.target.at["asset"] for one in asked if one.target} == {id} and {one.workflow for one in asked} == {
        "alt-text"
    }
    assert len({one.key for one in asked}) == 1, "the channel and the look over the account found the same work"
    assert swept.more and dam.vendor.channels.waiting(CHANNEL) == 1
    again = sweep(working, swept.cursor)
    assert dam.vendor.channels.waiting(CHANNEL) == 0
    assert not again.more and not [one for one in again.requests if isinstance(one, Request)]
