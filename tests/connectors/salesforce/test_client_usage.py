"""The org's daily calls: seen on every answer, and left to others past the share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from connectors.salesforce.client import Client
from connectors.salesforce.usage import Usage
from hub.sdk import OutOfQuota, RateLimited, Unavailable
from tests.connectors.salesforce.connector_bench import Told, client, connection, error, org

CAMPAIGN = "701Hs0000000001IAA"
SPENT = "REQUEST_LIMIT_EXCEEDED"


def used(number: int, total: int = 100) -> dict[str, str]:
    return {"sforce-limit-info": f"api-usage={number}/{total}"}


def empty(number: int) -> Told:
    return Told(200, {"totalSize": 0, "done": True, "records": []}, used(number))


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda one: one.query("SELECT Id FROM Campaign"), Told(200, {"records": [], "done": True}, used(7))),
        (lambda one: one.upsert("AI_Output__c", "Hub_Key__c", "ab", {}), Told(201, {"id": "x"}, used(7))),
        (lambda one: one.update("Campaign", CAMPAIGN, {}), Told(204, b"", used(7))),
        (lambda one: one.delete("Campaign", CAMPAIGN), Told(204, b"", used(7))),
        (lambda one: one.record("Campaign", CAMPAIGN, []), Told(200, {"Id": CAMPAIGN}, used(7))),
        (lambda one: one.update_many("Campaign", [{"Id": CAMPAIGN}]), Told(200, [{}], used(7))),
        (lambda one: one.limits(), Told(200, {"x": 1}, used(7))),
    ],
)
def test_every_call_tells_how_much_is_used(act: Callable[[Client], Any], told: Told) -> None:
    with client(told) as (salesforce, _):
        assert salesforce.usage.part is None
        act(salesforce)
        assert (salesforce.usage.used, salesforce.usage.total, salesforce.usage.part) == (7, 100, 0.07)


def test_a_refusal_tells_how_much_is_used_too() -> None:
    with client(Told(503, b"", used(12))) as (salesforce, _):
        with pytest.raises(Unavailable):
            salesforce.query("SELECT Id FROM Campaign")
        assert salesforce.usage.used == 12


def test_how_long_a_used_up_allowance_is_waited_for_is_a_setting() -> None:
    clock = Clock()
    spent = error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
    with org(spent, empty(5)) as made:
        salesforce = Client(connection(made.url, quota_wait_seconds=60), clock=clock)
        for _ in range(2):
            with pytest.raises(OutOfQuota) as caught:
                salesforce.query("SELECT Id FROM Campaign")
            assert caught.value.after == 60
        assert len(made.calls) == 1, "the second did not go out"
        clock.now += 60
        assert salesforce.query("SELECT Id FROM Campaign") == []


def test_past_the_share_one_call_a_quarter_of_an_hour_goes_out_until_there_is_room_again() -> None:
    clock = Clock()
    with org() as made:
        salesforce = Client(connection(made.url), clock=clock)
        ask = lambda: salesforce.query("SELECT Id FROM Campaign")  # noqa: E731
        made.answers = [empty(79), empty(80)]
        ask()
        ask()
        with pytest.raises(OutOfQuota) as caught:
            ask()
        assert caught.value.after == 900
        assert "80 of 100" in caught.value.why and "80%" in caught.value.why
        clock.now += 899
        with pytest.raises(OutOfQuota) as caught:
            ask()
        assert caught.value.after == 1
        assert len(made.calls) == 2, "nothing went out"
        clock.now += 1
        made.answers = [empty(85)]
        ask()
        with pytest.raises(OutOfQuota):
            ask()
        clock.now += 900
        made.answers = [empty(10), empty(11)]
        ask()
        ask()
    assert len(made.calls) == 5


def test_when_salesforce_says_nothing_is_left_nothing_is_asked_for_a_while() -> None:
    clock = Clock()
    with org() as made:
        salesforce = Client(connection(made.url), clock=clock)
        ask = lambda: salesforce.query("SELECT Id FROM Campaign")  # noqa: E731
        made.answers = [error(SPENT, "TotalRequests Limit exceeded.", status=403)]
        for _ in range(3):
            with pytest.raises(OutOfQuota):
                ask()
        assert len(made.calls) == 1
        clock.now += 900
        made.answers = [empty(20), empty(21)]
        ask()
        ask()
    assert len(made.calls) == 3


def test_too_many_calls_at_once_do_not_stop_the_others() -> None:
    with client(error(SPENT, "ConcurrentRequests Limit exceeded.", status=403), empty(1)) as (salesforce, _):
        with pytest.raises(RateLimited, match="at the same time"):
            salesforce.query("SELECT Id FROM Campaign")
        assert salesforce.query("SELECT Id FROM Campaign") == []


def test_the_rows_of_many_wait_with_the_rest() -> None:
    rows = [{"Hub_Key__c": f"{number:064x}"} for number in range(300)]
    with client() as (salesforce, made):
        made.otherwise = lambda call: Told(
            200, [{"id": "x", "success": True, "created": True}] * len(call.json["records"]), used(90)
        )
        answers = salesforce.upsert_many("AI_Output__c", "Hub_Key__c", rows)
    assert [isinstance(one, OutOfQuota) for one in answers] == [False] * 200 + [True] * 100
    assert len(made.calls) == 1


def test_the_repeat_after_a_session_ended_belongs_to_the_call_let_through() -> None:
    clock = Clock()
    with org() as made:
        salesforce = Client(connection(made.url), clock=clock)
        made.answers = [empty(95), empty(10)]
        salesforce.query("SELECT Id FROM Campaign")
        made.expire()
        clock.now += 900
        assert salesforce.query("SELECT Id FROM Campaign") == []


def test_one_of_many_threads_looks_whether_there_is_room_again() -> None:
    clock = Clock()
    usage = Usage(0.8, clock)
    usage.seen(used(90))
    clock.now += 900
    start, passed = threading.Barrier(20), []

    def run() -> None:
        start.wait()
        try:
            usage.admit()
            passed.append(1)
        except OutOfQuota:
            passed.append(0)

    threads = [threading.Thread(target=run) for _ in range(20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(passed) == 1
    assert len(passed) == 20


@pytest.mark.parametrize(
    "header", ["", "api-usage=x/y", "api-usage=1", "api-usage=0/0", "per-app-api-usage=17/250(appName=sample)"]
)
def test_a_header_that_tells_nothing_changes_nothing(header: str) -> None:
    usage = Usage(0.8, Clock())
    usage.seen({"sforce-limit-info": header})
    assert usage.part is None
    usage.admit()


def test_the_org_s_figure_is_read_beside_an_app_s() -> None:
    usage = Usage(0.8, Clock())
    usage.seen({"sforce-limit-info": "api-usage=25/5000; per-app-api-usage=17/250(appName=sample)"})
    assert (usage.used, usage.total) == (25, 5000)


def test_a_share_of_one_works_to_the_end() -> None:
    with org() as made:
        salesforce = Client(connection(made.url), share=1.0)
        made.answers = [empty(99), empty(100)]
        salesforce.query("SELECT Id FROM Campaign")
        salesforce.query("SELECT Id FROM Campaign")
        with pytest.raises(OutOfQuota):
            salesforce.query("SELECT Id FROM Campaign")
