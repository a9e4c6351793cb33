"""The client's calls: what each sends, what it makes of the answer, and what many records cost."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.sdk import InlayError, NeedsPermission, TargetGone, Unavailable, VendorRefused
from tests.connectors.salesforce.connector_bench import API, Call, Told, client, error

CAMPAIGN = "701Hs0000000001IAA"
OUTPUT = "a02Hs0000000001AAA"
KEY = "ab" * 32
ROWS_PATH = f"{API}/composite/sobjects/AI_Output__c/Hub_Key__c"
DESCRIBED = {
    "name": "AI_Output__c",
    "label": "AI Output",
    "keyPrefix": "a02",
    "createable": True,
    "updateable": True,
    "fields": [
        {
            "name": "Title__c",
            "type": "string",
            "length": 255,
            "createable": True,
            "updateable": True,
            "nillable": True,
            "picklistValues": [],
        },
        {
            "name": "Status__c",
            "type": "picklist",
            "length": 255,
            "createable": True,
            "updateable": False,
            "nillable": True,
            "restrictedPicklist": True,
            "picklistValues": [{"value": "Ready", "active": True}, {"value": "Old", "active": False}],
        },
    ],
}


def query_page(*ids: str, following: str = "") -> Told:
    records = [{"attributes": {"type": "Campaign", "url": f"{API}/x"}, "Id": one} for one in ids]
    more: dict[str, Any] = {"nextRecordsUrl": f"{API}/query/{following}"} if following else {}
    return Told(200, {"totalSize": 3, "done": not following, "records": records, **more})


def made(call: Call, **rows: dict[str, Any]) -> Told:
    """A collection's answer: every record made, but those whose title is in ``rows``."""
    results = []
    for number, record in enumerate(call.json["records"]):
        usual = {"id": f"a02Hs{number:010}AAA", "success": True, "errors": [], "created": True}
        results.append(rows.get(record.get("Title__c", ""), usual))
    return Told(200, results)


def no(code: str, message: str = "", *fields: str) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": list(fields)}]}


def test_every_page_of_a_query_is_read() -> None:
    with client(query_page("1", following="01gA-2000"), query_page("2", following="01gA-4000"), query_page("3")) as (
        salesforce,
        org,
    ):
        assert salesforce.query("SELECT Id FROM Campaign") == [{"Id": "1"}, {"Id": "2"}, {"Id": "3"}]
    assert [call.path for call in org.calls] == [f"{API}/query/", f"{API}/query/01gA-2000", f"{API}/query/01gA-4000"]


def test_a_query_may_look_into_the_recycle_bin() -> None:
    with client(query_page()) as (salesforce, org):
        assert salesforce.query("SELECT Id FROM Campaign", deleted=True) == []
    assert org.calls[0].path == f"{API}/queryAll/"


def test_records_are_asked_for_two_hundred_a_call_and_each_once() -> None:
    many = [f"701Hs{number:010}" for number in range(250)]
    with client() as (salesforce, org):
        org.otherwise = lambda call: query_page()
        salesforce.records("Campaign", [*many, many[0], CAMPAIGN], ["Name", "Parent.Name", "Id"])
    first, second = (call.query["q"] for call in org.calls)
    assert first.startswith("SELECT Id, Name, Parent.Name FROM Campaign WHERE Id IN ('701Hs0000000000IAA',")
    assert (first.count("701Hs"), second.count("701Hs")) == (200, 50)


def test_no_records_cost_no_call() -> None:
    with client() as (salesforce, org):
        assert salesforce.records("Campaign", [], ["Name"]) == []
        assert salesforce.upsert_many("AI_Output__c", "Hub_Key__c", []) == []
        assert salesforce.update_many("AI_Output__c", []) == []
        assert org.calls == []


def test_a_record_is_read_by_its_id() -> None:
    body = {"attributes": {"type": "Campaign"}, "Id": CAMPAIGN, "Owner": {"attributes": {}, "Name": "Ann"}}
    with client(Told(200, body)) as (salesforce, org):
        assert salesforce.record("Campaign", CAMPAIGN[:15], ["Owner.Name"]) == {
            "Id": CAMPAIGN,
            "Owner": {"Name": "Ann"},
        }
    assert (org.calls[0].path, org.calls[0].query) == (
        f"{API}/sobjects/Campaign/{CAMPAIGN}",
        {"fields": "Id,Owner.Name"},
    )


def test_a_record_that_is_gone_is_told_from_one_that_is_refused() -> None:
    gone = error("NOT_FOUND", "The requested resource does not exist", status=404)
    with client(gone, error("INSUFFICIENT_ACCESS", status=403)) as (salesforce, _):
        with pytest.raises(TargetGone):
            salesforce.record("Campaign", CAMPAIGN, [])
        with pytest.raises(VendorRefused):
            salesforce.record("Campaign", CAMPAIGN, [])


def test_an_object_is_described_once_an_hour() -> None:
    now = [0.0]
    with client() as (salesforce, org):
        salesforce._clock = lambda: now[0]
        org.otherwise = lambda call: Told(200, DESCRIBED)
        found = salesforce.describe("AI_Output__c")
        now[0] = 3599.0
        assert salesforce.describe("AI_Output__c") is found
        assert len(org.calls) == 1
        now[0] = 3601.0
        assert salesforce.describe("AI_Output__c") is not found
    assert [call.path for call in org.calls] == [f"{API}/sobjects/AI_Output__c/describe"] * 2
    assert found.prefix == "a02"
    assert found.length("Title__c", 80) == 255
    assert found.length("Gone__c", 80) == 80
    status = found.fields["Status__c"]
    assert (status.values, status.restricted, status.createable, status.writable) == (("Ready",), True, True, False)


def test_once_described_an_object_s_ids_are_held_to_its_prefix() -> None:
    with client(Told(200, DESCRIBED)) as (salesforce, org):
        salesforce.describe("AI_Output__c")
        with pytest.raises(InlayError, match="another kind"):
            salesforce.update("AI_Output__c", CAMPAIGN, {})
        assert len(org.calls) == 1


@pytest.mark.parametrize("body", [{}, {"fields": []}, [1], {"fields": [{"name": "x"}]}])
def test_a_description_that_is_none_is_no_answer(body: object) -> None:
    with client(Told(200, body)) as (salesforce, _), pytest.raises(Unavailable):
        salesforce.describe("AI_Output__c")


def test_an_upsert_says_whether_it_made_the_record() -> None:
    new = Told(201, {"id": OUTPUT, "success": True, "errors": [], "created": True})
    old = Told(200, {"id": OUTPUT, "success": True, "errors": [], "created": False})
    with client(new, old) as (salesforce, org):
        assert salesforce.upsert("AI_Output__c", "Hub_Key__c", KEY, {"Title__c": "One"}) == (OUTPUT, True)
        assert salesforce.upsert("AI_Output__c", "Hub_Key__c", KEY, {"Title__c": "One"}) == (OUTPUT, False)
    (call, _) = org.calls
    assert (call.method, call.path) == ("PATCH", f"{API}/sobjects/AI_Output__c/Hub_Key__c/{KEY}")
    assert call.json == {"Title__c": "One"}


def test_an_upsert_answered_without_an_id_asks_for_it() -> None:
    with client(Told(204), query_page(OUTPUT)) as (salesforce, org):
        assert salesforce.upsert("AI_Output__c", "Hub_Key__c", KEY, {}) == (OUTPUT, False)
    assert org.calls[1].query["q"] == f"SELECT Id FROM AI_Output__c WHERE Hub_Key__c = '{KEY}' LIMIT 5"


def test_two_first_writes_that_meet_leave_one_record() -> None:
    taken = error("DUPLICATE_VALUE", f"duplicate value found: Hub_Key__c duplicates value on record with id: {OUTPUT}")
    with client(taken, Told(200, {"id": OUTPUT, "success": True, "created": False})) as (salesforce, org):
        assert salesforce.upsert("AI_Output__c", "Hub_Key__c", KEY, {"Title__c": "One"}) == (OUTPUT, False)
    assert org.calls[0].body == org.calls[1].body


def test_a_value_that_stays_taken_is_a_refusal_after_one_repeat() -> None:
    with client() as (salesforce, org):
        org.otherwise = lambda call: error("DUPLICATE_VALUE", "duplicate value found", "Hub_Key__c")
        with pytest.raises(VendorRefused, match="same unique value") as caught:
            salesforce.upsert("AI_Output__c", "Hub_Key__c", KEY, {})
    assert len(org.calls) == 2
    assert caught.value.why == "It is about Hub_Key__c of AI_Output__c."


def test_two_records_with_one_key_are_named() -> None:
    both = Told(300, [f"{API}/sobjects/AI_Output__c/{OUTPUT}", f"{API}/sobjects/AI_Output__c/a02Hs0000000002AAA"])
    with client(both) as (salesforce, org):
        org.otherwise = lambda call: query_page(OUTPUT, "a02Hs0000000002AAA")
        with pytest.raises(VendorRefused, match=f"{OUTPUT}, a02Hs0000000002AAA") as caught:
            salesforce.upsert("AI_Output__c", "Hub_Key__c", KEY, {})
    assert "Delete all but one" in caught.value.instead


def test_an_update_and_a_delete_go_to_one_record() -> None:
    with client(Told(204), Told(204)) as (salesforce, org):
        salesforce.update("Campaign", CAMPAIGN, {"Description": "New"})
        salesforce.delete("Campaign", CAMPAIGN)
    assert [(call.method, call.path) for call in org.calls] == [
        ("PATCH", f"{API}/sobjects/Campaign/{CAMPAIGN}"),
        ("DELETE", f"{API}/sobjects/Campaign/{CAMPAIGN}"),
    ]
    assert "if-unmodified-since" not in org.calls[0].headers


@pytest.mark.parametrize("code", ["ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY"])
def test_a_deleted_record_is_gone(code: str) -> None:
    with client(error(code, status=404)) as (salesforce, _), pytest.raises(TargetGone):
        salesforce.delete("Campaign", CAMPAIGN)


def test_two_hundred_and_one_rows_are_two_calls_with_one_answer_each() -> None:
    rows = [{"Hub_Key__c": f"{number:064x}", "Title__c": f"Title {number}"} for number in range(201)]
    with client() as (salesforce, org):
        org.otherwise = lambda call: made(call)
        answers = salesforce.upsert_many("AI_Output__c", "Hub_Key__c", rows)
    first, second = org.calls
    assert (first.method, first.path) == ("PATCH", ROWS_PATH)
    assert first.json["allOrNone"] is False
    assert [*first.json["records"], *second.json["records"]] == [
        {"attributes": {"type": "AI_Output__c"}, **row} for row in rows
    ]
    assert len(first.json["records"]) == 200
    assert answers == [*((f"a02Hs{number:010}AAA", True) for number in range(200)), ("a02Hs0000000000AAA", True)]


def test_rows_too_long_together_are_split_by_size() -> None:
    rows = [{"Hub_Key__c": f"{number:064x}", "Body__c": "x" * 131_000} for number in range(60)]
    with client() as (salesforce, org):
        org.otherwise = lambda call: made(call)
        assert all(answer[1] for answer in salesforce.upsert_many("AI_Output__c", "Hub_Key__c", rows))  # type: ignore[index]
    assert sum(len(call.json["records"]) for call in org.calls) == 60
    assert len(org.calls) == 2
    assert all(len(call.body) < 5_000_000 for call in org.calls)


def test_a_refused_row_keeps_its_place_and_harms_no_other() -> None:
    rows = [{"Hub_Key__c": f"{number:064x}", "Title__c": title} for number, title in enumerate(("a", "long", "c"))]
    too_long = no("STRING_TOO_LONG", "Title: data value too large: long (max length=255)", "Title__c")
    with client() as (salesforce, org):
        org.otherwise = lambda call: made(call, long=too_long)
        first, second, third = salesforce.upsert_many("AI_Output__c", "Hub_Key__c", rows)
    assert first == ("a02Hs0000000000AAA", True)
    assert third == ("a02Hs0000000002AAA", True)
    assert isinstance(second, VendorRefused)
    assert second.why == "It is about Title__c of AI_Output__c. At most 255 characters fit."


def test_only_rows_whose_key_was_taken_are_sent_again() -> None:
    rows = [{"Hub_Key__c": f"{number:064x}", "Title__c": title} for number, title in enumerate(("a", "b", "c"))]

    def answer(call: Call) -> Told:
        if len(org.calls) == 1:
            return made(call, b=no("DUPLICATE_VALUE", "duplicate value found", "Hub_Key__c"))
        return Told(200, [{"id": OUTPUT, "success": True, "errors": [], "created": False}])

    with client() as (salesforce, org):
        org.otherwise = answer
        answers = salesforce.upsert_many("AI_Output__c", "Hub_Key__c", rows)
    assert answers == [("a02Hs0000000000AAA", True), (OUTPUT, False), ("a02Hs0000000002AAA", True)]
    assert [record["Title__c"] for record in org.calls[1].json["records"]] == ["b"]


def test_a_call_that_fails_is_the_answer_of_its_rows_and_of_those_behind_it() -> None:
    rows = [{"Hub_Key__c": f"{number:064x}", "Title__c": "x"} for number in range(500)]
    with client() as (salesforce, org):
        org.otherwise = lambda call: made(call) if len(org.calls) == 1 else Told(503, b"<html>")
        answers = salesforce.upsert_many("AI_Output__c", "Hub_Key__c", rows)
    assert [isinstance(one, Unavailable) for one in answers] == [False] * 200 + [True] * 300
    assert len(org.calls) == 2


@pytest.mark.parametrize("body", [[], [{}], {"success": True}, [1, 2], [{"success": True, "id": 7}] * 2])
def test_an_answer_that_lacks_records_counts_for_none(body: object) -> None:
    rows = [{"Hub_Key__c": "a", "Title__c": "x"}, {"Hub_Key__c": "b", "Title__c": "y"}]
    with client(Told(200, body)) as (salesforce, _):
        answers = salesforce.upsert_many("AI_Output__c", "Hub_Key__c", rows)
    assert len(answers) == 2
    assert all(isinstance(one, InlayError) for one in answers)


def test_many_records_are_updated_by_their_ids() -> None:
    rows = [{"Id": "a01Hs0000000001", "Status__c": "Ready"}, {"Id": "a01Hs0000000002IAA", "Status__c": "Ready"}]
    gone = no("ENTITY_IS_DELETED", "entity is deleted")
    done = {"id": "a01Hs0000000001AAA", "success": True, "errors": []}
    with client(Told(200, [done, gone])) as (salesforce, org):
        first, second = salesforce.update_many("AI_Request__c", rows)
    assert first == "a01Hs0000000001AAA"
    assert isinstance(second, TargetGone)
    (call,) = org.calls
    assert (call.method, call.path) == ("PATCH", f"{API}/composite/sobjects")
    assert call.json["records"][0] == {
        "attributes": {"type": "AI_Request__c"},
        "Id": "a01Hs0000000001IAA",
        "Status__c": "Ready",
    }


def test_two_hundred_outputs_and_their_requests_cost_four_calls() -> None:
    outputs = [{"Hub_Key__c": f"{number:064x}", "Title__c": "x"} for number in range(200)]
    requests = [{"Id": f"a01Hs{number:010}", "Status__c": "Ready"} for number in range(200)]
    with client() as (salesforce, org):
        org.answers += [Told(200, DESCRIBED), query_page()]
        org.otherwise = lambda call: made(call)
        salesforce.describe("AI_Output__c")
        salesforce.query("SELECT Id FROM AI_Request__c WHERE SystemModstamp >= {}", datetime.now(UTC))
        assert len(salesforce.upsert_many("AI_Output__c", "Hub_Key__c", outputs)) == 200
        assert len(salesforce.update_many("AI_Request__c", requests)) == 200
    assert len(org.calls) == 4


def test_the_org_says_who_it_is_and_what_its_limits_are() -> None:
    about = {"attributes": {}, "Id": "00DHs0000000001MAA", "Name": "Acme", "IsSandbox": False}
    limits = {"DailyApiRequests": {"Max": 15000, "Remaining": 14955}}
    with client(Told(200, {"totalSize": 1, "done": True, "records": [about]}), Told(200, limits)) as (salesforce, org):
        assert salesforce.organization() == {"Id": "00DHs0000000001MAA", "Name": "Acme", "IsSandbox": False}
        assert salesforce.limits() == limits
    assert org.calls[1].path == f"{API}/limits/"


def test_the_version_of_the_settings_is_called() -> None:
    with client(Told(204), api_version="66.0") as (salesforce, org):
        salesforce.delete("Campaign", CAMPAIGN)
    assert org.calls[0].path.startswith("/services/data/v66.0/")


@pytest.mark.parametrize("body", [b"<html>Maintenance</html>", b'{"records": [', b"[]", b"7"])
def test_a_page_in_place_of_an_answer_is_no_answer(body: bytes) -> None:
    with client() as (salesforce, org):
        org.otherwise = lambda call: Told(200, body)
        for act in (
            lambda: salesforce.query("SELECT Id FROM Campaign"),
            lambda: salesforce.upsert("AI_Output__c", "Hub_Key__c", KEY, {}),
            lambda: salesforce.describe("Campaign"),
        ):
            with pytest.raises(Unavailable):
                act()


def test_a_session_that_ends_between_two_chunks_costs_one_repeat() -> None:
    rows = [{"Hub_Key__c": f"{number:064x}", "Title__c": "x"} for number in range(300)]

    def answer(call: Call) -> Told:
        if len(org.calls) == 1:
            org.expire()
        return made(call)

    with client() as (salesforce, org):
        org.otherwise = answer
        answers = salesforce.upsert_many("AI_Output__c", "Hub_Key__c", rows)
    assert not any(isinstance(one, InlayError) for one in answers)
    assert [len(json.loads(call.body)["records"]) for call in org.calls] == [200, 100, 100]
    assert len(org.sign_ins) == 2


def test_a_chunk_that_may_not_be_written_stops_the_rest() -> None:
    rows = [{"Hub_Key__c": f"{number:064x}", "Title__c": "x"} for number in range(300)]
    with client() as (salesforce, org):
        org.otherwise = lambda call: error("API_DISABLED_FOR_ORG", status=403)
        answers = salesforce.upsert_many("AI_Output__c", "Hub_Key__c", rows)
    assert all(isinstance(one, NeedsPermission) for one in answers)
    assert len(org.calls) == 1
