"""Many records in one call: the sandbox's answers, one for each and in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.salesforce.sandbox_samples import LAUNCH, LEAD, PARTNERS, WINTER
from tests.connectors.salesforce.sandbox_bench import Org, Reply, running

UPSERT = "/composite/sobjects/AI_Output__c/Hub_Key__c"


@pytest.fixture
def org() -> Iterator[Org]:
    with running() as org:
        yield org


def key(number: int) -> str:
    return f"{number:064x}"


def output(number: int, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": "AI_Output__c"}, "Hub_Key__c": key(number), "Title__c": f"T{number}", **fields}


def upsert(org: Org, *records: dict[str, Any], together: bool = False) -> Reply:
    return org.call("PATCH", UPSERT, {"allOrNone": together, "records": list(records)})


def titles(org: Org) -> list[str]:
    return [one["Title__c"] for one in org.rows("SELECT Title__c FROM AI_Output__c ORDER BY Hub_Key__c")]


def test_two_hundred_outputs_cost_one_call_and_come_back_in_order(org: Org) -> None:
    used = org.sandbox.accounts.used
    reply = upsert(org, *(output(number) for number in range(200)))
    assert reply.status == 200
    assert [(one["success"], one["created"], one["errors"]) for one in reply.json] == [(True, True, [])] * 200
    assert org.sandbox.accounts.used == used + 1
    again = upsert(org, *(output(number) for number in reversed(range(200))))
    assert [one["id"] for one in again.json] == [one["id"] for one in reversed(reply.json)]
    assert not any(one["created"] for one in again.json)
    assert org.query("SELECT COUNT() FROM AI_Output__c").json["totalSize"] == 200


def test_more_than_two_hundred_are_refused_whole(org: Org) -> None:
    reply = upsert(org, *(output(number) for number in range(201)))
    assert (reply.status, reply.code) == (400, "EXCEEDED_ID_LIMIT")
    assert titles(org) == []


def test_one_bad_record_spoils_only_itself(org: Org) -> None:
    reply = upsert(org, output(1), output(2, Title__c="x" * 256), output(3, Campaign__c="701Hs0000009999"), output(4))
    assert reply.status == 200
    assert [one["success"] for one in reply.json] == [True, False, False, True]
    (error,) = reply.json[1]["errors"]
    assert (error["statusCode"], error["fields"], set(error)) == (
        "STRING_TOO_LONG",
        ["Title__c"],
        {"statusCode", "message", "fields"},
    )
    assert "id" not in reply.json[1]
    assert titles(org) == ["T1", "T4"]


def test_all_or_none_keeps_none_and_says_why_of_each(org: Org) -> None:
    upsert(org, output(1))
    reply = upsert(org, output(1, Title__c="changed"), output(2), output(3, Status__c="Lost"), together=True)
    assert [one["errors"][0]["statusCode"] for one in reply.json] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    ]
    assert titles(org) == ["T1"]
    assert org.call("GET", f"/sobjects/AI_Output__c/Hub_Key__c/{key(2)}").status == 404
    assert [one["created"] for one in upsert(org, output(1), output(2), together=True).json] == [False, True]


def test_the_same_key_twice_in_one_call_is_nobodys(org: Org) -> None:
    reply = upsert(org, output(1), output(2), output(2))
    assert [one["success"] for one in reply.json] == [True, False, False]
    assert {one["errors"][0]["statusCode"] for one in reply.json[1:]} == {"DUPLICATE_VALUE"}


def test_a_record_without_its_key_or_of_another_type_is_refused(org: Org) -> None:
    keyless = {"attributes": {"type": "AI_Output__c"}, "Title__c": "x"}
    reply = upsert(org, keyless, {**output(1), "attributes": {"type": "Campaign"}}, {**output(1)})
    found = [one["errors"][0]["statusCode"] if one["errors"] else "" for one in reply.json]
    assert found[0] == "MISSING_ARGUMENT"
    assert set(found[1:]) == {"INVALID_TYPE", "DUPLICATE_VALUE"}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"records": {}},
        {"records": [1]},
        {"records": [{"Title__c": "x"}]},
        {"records": [output(1, Title__c=5)]},
    ],
)
def test_a_body_that_is_no_list_of_records_fails_the_call(org: Org, body: Any) -> None:
    reply = org.call("PATCH", UPSERT, b"" if body is None else body)
    assert (reply.status, reply.code) == (400, "JSON_PARSER_ERROR")


def test_records_are_created_changed_and_deleted_by_id(org: Org) -> None:
    org.sandbox.add_user("admin@sommerlicht.example", "administrator")
    token = org.sandbox.accounts.session("admin@sommerlicht.example")
    kind = {"attributes": {"type": "Lead"}}
    made = org.call(
        "POST",
        "/composite/sobjects",
        {"records": [{**kind, "LastName": "A", "Company": "C"}, {**kind, "LastName": "B"}]},
        token=token,
    )
    assert [one["success"] for one in made.json] == [True, False]
    id = made.json[0]["id"]
    changes = [{**kind, "id": id[:15], "Title": "Owner"}, {**kind, "Title": "x"}, {**kind, "Id": LAUNCH, "Title": "x"}]
    changed = org.call("PATCH", "/composite/sobjects", {"records": changes}, token=token).json
    assert [one.get("id") for one in changed] == [id, None, None]
    assert [one["errors"][0]["statusCode"] for one in changed[1:]] == ["MISSING_ARGUMENT", "MALFORMED_ID"]
    gone = org.call("DELETE", f"/composite/sobjects?ids={id},{LAUNCH[:15]},nonsense", token=token).json
    assert [one["success"] for one in gone] == [True, True, False]
    assert org.rows(f"SELECT Id FROM Lead WHERE Id = '{id}'") == []


def test_records_are_read_by_id_with_null_for_what_is_not_there(org: Org) -> None:
    body = {"ids": [WINTER, "701Hs0000009999", LAUNCH[:15], LEAD], "fields": ["Name", "Status"]}
    reply = org.call("POST", "/composite/sobjects/Campaign", body)
    found = [one and one["Id"] for one in reply.json]
    assert found == [WINTER, None, LAUNCH, None]
    assert set(reply.json[0]) == {"attributes", "Id", "Name", "Status"}
    by_get = org.call("GET", f"/composite/sobjects/Campaign?ids={WINTER},{PARTNERS}&fields=Name").json
    assert [one["Id"] for one in by_get] == [WINTER, PARTNERS]
    assert org.call("POST", "/composite/sobjects/Campaign", {"ids": [WINTER], "fields": ["Nothing"]}).status == 400
    assert org.call("POST", "/composite/sobjects/Campaign", {"ids": [WINTER] * 2001, "fields": ["Id"]}).status == 400
