"""Of what Adobe signed only an event for this account, of these eight days, is taken."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.dam.dialects import adobe_io
from hub.sdk import Unverified
from tests.connectors.dam.aem_bench import CLIENT, Bench, event, running

DAY = 86_400.0


@pytest.fixture
def bench() -> Iterator[Bench]:
    with running() as bench:
        yield bench


def body_of(*events: dict[str, Any]) -> bytes:
    return json.dumps(events[0] if len(events) == 1 else list(events)).encode()


# Whose event it is


@pytest.mark.parametrize(
    "named",
    [
        {"recipientclientid": "another"},
        {"recipient_client_id": "another"},
        {"recipientclientid": None, "recipient_client_id": None},
        {"recipientclientid": CLIENT.upper()},
        {"recipientclientid": [CLIENT]},
        {"recipientclientid": {"id": CLIENT}},
        {"recipientclientid": CLIENT + " "},
        {"recipient_client_id": ""},
        {"recipient_client_id": 5},
    ],
)
def test_an_event_for_another_account_is_refused_alone_and_in_a_batch(bench: Bench, named: dict[str, Any]) -> None:
    assert bench.taken(bench.sent(event()))
    for some in ([event(**named)], [event(), event(**named)], [event(**named), event(), event()]):
        with pytest.raises(Unverified):
            bench.taken(bench.sent(*some))


@pytest.mark.parametrize("kept", ["recipientclientid", "recipient_client_id"])
def test_the_old_and_the_new_name_of_the_recipient_are_both_enough(bench: Bench, kept: str) -> None:
    both = {"recipientclientid": None, "recipient_client_id": None}
    assert bench.taken(bench.sent(event(**{**both, kept: CLIENT})))


def test_a_second_recipient_behind_a_repeated_key_is_refused(bench: Bench) -> None:
    good = body_of(event())
    for hidden in (b'{"recipientclientid": "another", ', b'{"recipient_client_id": "another", '):
        assert json.loads(hidden + good[1:])["recipientclientid"] == CLIENT, "a careless reader sees one recipient"
        with pytest.raises(Unverified):
            bench.taken(bench.sent(hidden + good[1:]))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"7",
        b'"text"',
        b"[[]]",
        b"[" * 60_000,
        b'{"a":' * 70 + b"1" + b"}" * 70,
        b'{"recipientclientid": NaN}',
        b'{"recipientclientid": ' + b"9" * 5000 + b"}",
        b'{"recipientclientid": "\\ud800"}',
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"{}",
        b"{} {}",
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(bench: Bench, body: bytes) -> None:
    assert bench.taken(bench.sent(event()))
    with pytest.raises(Unverified):
        bench.taken(bench.sent(body))


def test_a_batch_of_more_than_twenty_is_refused(bench: Bench) -> None:
    with pytest.raises(Unverified):
        bench.taken(bench.sent(*[event() for _ in range(21)]))


# When it was


def test_an_event_is_taken_for_eight_days_and_not_longer(bench: Bench) -> None:
    now = time.time()
    call = bench.sent(event())
    assert bench.taken(call, now + 8 * DAY - 60)
    with pytest.raises(Unverified):
        bench.taken(call, now + 8 * DAY + 60)
    with pytest.raises(Unverified):
        bench.taken(call, now - 2 * DAY)


def test_one_old_event_in_a_batch_is_enough_to_refuse_it(bench: Bench) -> None:
    with pytest.raises(Unverified):
        bench.taken(bench.sent(event(), event(time="2024-01-01T00:00:00Z")))


@pytest.mark.parametrize(
    "written",
    [
        *(None, "", "now", 1_790_000_000, "2026-W01-1", "20260101T000000Z", "2026-01-01 00:00:00Z"),
        *("2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "２０２６-01-01T00:00:00Z", "2026-01-01T00:00:00Z\n"),
        "0000-01-01T00:00:00Z",
    ],
)
def test_an_event_without_a_readable_time_is_refused(bench: Bench, written: Any) -> None:
    with pytest.raises(Unverified):
        bench.taken(bench.sent(event(time=written)))


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("1970-01-01T00:01:40Z", 100.0),
        ("1970-01-01T00:01:40.500Z", 100.5),
        ("1970-01-01T00:01:40.500000417Z", 100.5),
        ("1970-01-01T02:01:40+02:00", 100.0),
    ],
)
def test_times_are_read_to_the_nanosecond_and_in_any_zone(written: str, at: float) -> None:
    assert adobe_io.when(written) == pytest.approx(at, abs=0.001)
