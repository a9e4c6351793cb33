"""Faults of the sandbox: each happens as often as asked, to the call or record meant, before or after the commit."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from connectors.salesforce.sandbox_samples import LAUNCH, WINTER
from tests.connectors.salesforce.sandbox_bench import Org, Reply, running

KEY = "ab" * 32


@pytest.fixture
def org() -> Iterator[Org]:
    with running() as org:
        yield org


def outputs(org: Org) -> int:
    return len(org.sandbox.store.rows("AI_Output__c"))


@pytest.mark.parametrize(
    ("kind", "status", "code", "kept"),
    [
        ("503", 503, "SERVER_UNAVAILABLE", 0),
        ("503-after-commit", 503, "SERVER_UNAVAILABLE", 1),
        ("500", 500, "UNKNOWN_EXCEPTION", 0),
        ("expired-session", 401, "INVALID_SESSION_ID", 0),
        ("limit", 403, "REQUEST_LIMIT_EXCEEDED", 0),
        ("concurrent", 403, "REQUEST_LIMIT_EXCEEDED", 0),
        ("lock", 400, "UNABLE_TO_LOCK_ROW", 0),
        ("validation", 400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", 0),
        ("lost-race", 400, "DUPLICATE_VALUE", 1),
    ],
)
def test_a_fault_answers_its_error_once(org: Org, kind: str, status: int, code: str, kept: int) -> None:
    org.sandbox.faults.add(kind, "upsert")
    reply = org.upsert(KEY, Title__c="One")
    assert (reply.status, reply.code, outputs(org)) == (status, code, kept)
    if kind == "expired-session":
        assert org.call("GET", "/limits").status == 401
        org.token = org.sandbox.accounts.session("inlay.integration@sommerlicht.example")
    again = org.upsert(KEY, Title__c="One")
    assert (again.status, outputs(org)) == (200 if kept else 201, 1)
    assert [one.fault for one in org.sandbox.journal.entries(operation="upsert")][-2:] == [
        # What a single record meets is not told of the whole call.
        None if kind in ("lock", "validation", "lost-race") else kind,
        None,
    ]


@pytest.mark.parametrize(("kind", "kept"), [("drop", 0), ("drop-after-commit", 1)])
def test_a_dropped_call_has_no_answer(org: Org, kind: str, kept: int) -> None:
    org.sandbox.faults.add(kind, "sobjects.upsert")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        org.upsert(KEY, Title__c="One")
    assert outputs(org) == kept
    assert org.sandbox.journal.entries(operation="upsert")[-1].status == 0


@pytest.mark.parametrize(("kind", "kept"), [("slow", 0), ("slow-after-commit", 1)])
def test_a_slow_call_works_before_or_after_its_wait(org: Org, kind: str, kept: int) -> None:
    org.sandbox.faults.add(kind, "upsert", seconds=30)
    with ThreadPoolExecutor() as pool:
        begun = org.sandbox.accounts.used
        waiting = pool.submit(org.upsert, KEY, Title__c="One")
        wait_for(lambda: org.sandbox.accounts.used > begun and outputs(org) == kept)
        assert not waiting.done()
        org.sandbox.parts.stopping.set()
        assert waiting.result(20).status == 201


@pytest.mark.parametrize(("kind", "status", "kept"), [("html", 200, 0), ("401-html", 401, 0), ("malformed", 201, 1)])
def test_an_answer_may_be_no_json(org: Org, kind: str, status: int, kept: int) -> None:
    org.sandbox.faults.add(kind, "upsert")
    reply = org.upsert(KEY, Title__c="One")
    assert (reply.status, outputs(org)) == (status, kept)
    with pytest.raises(ValueError):
        assert reply.json


def test_a_fault_waits_for_its_operation_its_type_and_its_record(org: Org) -> None:
    faults = org.sandbox.faults
    faults.add("503", "query", times=2)
    faults.add("500", "get", type="Campaign", record=WINTER)
    assert org.call("GET", f"/sobjects/Campaign/{LAUNCH}").status == 200
    assert [org.query("SELECT Id FROM Lead").status for _ in range(3)] == [503, 503, 200]
    assert org.call("GET", f"/sobjects/Campaign/{WINTER}").status == 500
    assert faults.waiting() == []
    faults.add("503", "token")
    assert org.login().status == 503
    faults.add("503", times=None)
    assert {org.call("GET", "/limits").status for _ in range(5)} == {503}
    faults.clear()
    assert org.call("GET", "/limits").status == 200
    with pytest.raises(ValueError):
        faults.add("nonsense")


def test_a_chance_is_the_same_for_the_same_seed(org: Org) -> None:
    def statuses() -> list[int]:
        org.sandbox.faults.clear()
        org.sandbox.faults.add("503", "limits", times=None, chance=0.5, seed=7)
        return [org.call("GET", "/limits").status for _ in range(20)]

    assert statuses() == statuses()
    assert set(statuses()) == {200, 503}


def test_a_locked_record_of_many_fails_alone(org: Org) -> None:
    records = [
        {"attributes": {"type": "AI_Output__c"}, "Hub_Key__c": name * 64, "Title__c": name} for name in ("a", "b", "c")
    ]
    org.sandbox.faults.add("lock", "collections.upsert", record="b" * 64)
    org.sandbox.faults.add("lost-race", record="c" * 64)

    def send() -> list[Any]:
        body = {"allOrNone": False, "records": records}
        reply = org.call("PATCH", "/composite/sobjects/AI_Output__c/Hub_Key__c", body)
        return [one["errors"][0]["statusCode"] if one["errors"] else one["created"] for one in reply.json]

    assert send() == [True, "UNABLE_TO_LOCK_ROW", "DUPLICATE_VALUE"]
    assert send() == [False, True, False]


def test_so_many_calls_at_once_and_no_more(org: Org) -> None:
    org.sandbox.accounts.concurrent = 2
    org.sandbox.faults.add("slow", "limits", times=2, seconds=30)
    with ThreadPoolExecutor() as pool:
        slow = [pool.submit(org.call, "GET", "/limits") for _ in range(2)]
        wait_for(lambda: org.sandbox.accounts.used == 2)
        refused = org.call("GET", "/limits")
        assert (refused.status, refused.code) == (403, "REQUEST_LIMIT_EXCEEDED")
        assert refused.message.startswith("ConcurrentRequests")
        org.sandbox.parts.stopping.set()
        assert [one.result(20).status for one in slow] == [200, 200]
    assert org.call("GET", "/limits").status == 200


def test_many_first_upserts_of_one_key_leave_one_record(org: Org) -> None:
    with ThreadPoolExecutor(16) as pool:
        replies: list[Reply] = list(pool.map(lambda number: org.upsert(KEY, Title__c=f"T{number}"), range(48)))
    assert sorted(reply.status for reply in replies) == [200] * 47 + [201]
    assert outputs(org) == 1


def test_the_journal_names_users_and_never_a_token(org: Org) -> None:
    org.upsert(KEY, Title__c="One")
    org.call("GET", "/nothing")
    entries = org.sandbox.journal.entries()
    assert [(one.operation, one.type, one.record, one.status, one.committed) for one in entries] == [
        ("sobjects.upsert", "AI_Output__c", KEY, 201, 1),
        ("unknown", None, None, 404, 0),
    ]
    assert entries[0].by == "inlay.integration@sommerlicht.example"
    assert org.token not in repr(entries)
    assert org.sandbox.journal.entries(type="AI_Output__c", since=entries[0].number) == []


def test_calls_are_counted_by_what_they_do(org: Org) -> None:
    before = org.sandbox.calls()
    org.login()
    org.query("SELECT Id FROM Lead")
    org.upsert(KEY, Title__c="One")
    after = org.sandbox.calls()
    assert {kind: after[kind] - before[kind] for kind in after} == {"reads": 1, "writes": 1, "logins": 1}


def test_controls_work_from_outside(org: Org) -> None:
    def control(method: str, path: str, body: Any = None) -> Reply:
        return org.call(method, f"/__sandbox__/{path}", body, token="")

    assert control("GET", "health").json["organization"] == org.sandbox.organization
    assert control("POST", "faults", [{"kind": "503", "on": "limits"}]).json[0]["kind"] == "503"
    assert org.call("GET", "/limits").status == 503
    assert control("POST", "faults", {"kind": "nonsense"}).status == 400
    assert control("DELETE", "faults").json == []
    planted = control("POST", "records/AI_Output__c?at=1800000000", {"Hub_Key__c": "k"}).json["id"]
    (row,) = control("GET", "records/AI_Output__c").json
    assert (row["Id"], row["SystemModstamp"]) == (planted, "2027-01-15T08:00:00.000+0000")
    assert control("POST", f"delete/{planted}").json == {"done": True}
    assert control("GET", "records/AI_Output__c").json == []
    assert control("POST", f"undelete/{planted}").status == 200
    assert control("POST", "rules", {"type": "AI_Output__c", "message": "No.", "field": "Title__c", "contains": "x"})
    assert [org.upsert(KEY, Title__c=title).status for title in ("x", "y")] == [400, 201]
    assert control("POST", "schema/AI_Output__c.Title__c", {"length": 1}).status == 200
    assert org.upsert(KEY, Title__c="yy").code == "STRING_TOO_LONG"
    assert control("POST", "schema/AI_Output__c.Part__c").status == 200
    assert org.upsert(KEY, Part__c="y").code == "INVALID_FIELD"
    assert control("POST", "limits", {"daily": 5, "used": 5}).status == 200
    assert org.call("GET", "/limits").status == 403
    assert control("POST", "limits", {"used": 0}).status == 200
    assert control("POST", "apps/k", {"secret": "s", "run_as": "inlay.integration@sommerlicht.example"}).status == 200
    assert org.login(grant_type="client_credentials", client_id="k", client_secret="s").status == 200
    assert control("POST", "sessions/expire").status == 200
    assert org.call("GET", "/limits").status == 401
    assert [one["operation"] for one in control("GET", "journal?operation=token").json] == ["token"]
    assert control("GET", "nothing").status == 404
    assert control("POST", "records/Nothing", {}).status == 400


def test_a_name_that_points_here_opens_nothing(org: Org) -> None:
    assert org.call("GET", "/limits", headers={"Host": "evil.example"}).status == 403


def wait_for(holds: Callable[[], bool]) -> None:
    """Ask again until it holds; what it waits for has no event of its own."""
    pause = threading.Event()
    for _ in range(2000):
        if holds():
            return
        pause.wait(0.01)
    raise AssertionError("it never held")
