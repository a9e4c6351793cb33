"""Answers recorded from real orgs go through the real client: what comes out is what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from hub.sdk import InlayError, NeedsPermission, TargetGone, VendorRefused
from tests.connectors.salesforce.connector_bench import API, RECORDINGS, Told, client, recorded

RECORD = "701Hs0000000001IAA"
WRITES = (
    "TestUpsert.test_upsert__rest.yaml",
    "TestUpsert.test_upsert_complex_external_id_field_rest__duplicate_error.yaml",
)
#: Recorded answers to calls the client never makes, or that say nothing about one.
UNUSED = {"services_data_success_response.json"}


def told(name: str, status: int = 200) -> Told:
    return Told(status, recorded(f"restforce/{name}_response.json"))


def tape(name: str) -> list[dict[str, Any]]:
    """The calls of a recording that stand in it whole."""
    loaded = yaml.safe_load(recorded(f"cumulusci/{name}"))
    return [one for one in loaded["interactions"] if "request" in one]


def heard(call: dict[str, Any]) -> Told:
    return Told(call["response"]["status"]["code"], call["response"]["body"]["string"].encode())


def test_an_expired_session_is_renewed() -> None:
    with client(told("expired_session", 401), told("query_success")) as (salesforce, org):
        (record,) = salesforce.query("SELECT Text_Label FROM Whizbang")
    assert record["Text_Label"] == "Hi there!"
    assert record["ParentWhizbang__r"] == {"Name": "Parent Whizbang", "Text_Label": "Hello"}
    assert record["Whizbangs__r"]["records"] == [{"Name": "Child Whizbang"}]
    assert len(org.sign_ins) == 2


@pytest.mark.parametrize("name", ["auth_error", "refresh_error"])
def test_a_refused_sign_in_needs_somebody(name: str) -> None:
    with client() as (salesforce, org):
        org.sign_in_answers.append(told(name, 400))
        with pytest.raises(NeedsPermission) as caught:
            salesforce.sign_in()
    assert caught.value.instead


def test_both_pages_of_a_query_are_read() -> None:
    first, last = told("query_paginated_first_page"), told("query_paginated_last_page")
    with client(first, last) as (salesforce, org):
        found = salesforce.query("SELECT Text_Label FROM Whizbang")
    assert [one["Text_Label"] for one in found] == ["First Page", "Last Page"]
    assert org.calls[1].path == "/services/data/v26.0/query/01gD"


def test_sums_come_out_as_they_stand() -> None:
    with client(told("query_aggregate_success"), told("query_empty")) as (salesforce, _):
        sums = salesforce.query("SELECT CampaignId, SUM(Amount) FROM Opportunity GROUP BY CampaignId")
        assert salesforce.query("SELECT Id FROM Whizbang") == []
    assert [(one["CampaignId"], one["expr0"]) for one in sums] == [
        ("701E0000000JuFHIA0", 300.0),
        ("701E00000005ZqAIAU", 100.0),
        (None, 400),
    ]


def test_the_org_says_who_it_is() -> None:
    with client(told("org_query")) as (salesforce, _):
        assert salesforce.organization() == {"Id": "00Dx0000000BV7z"}


@pytest.mark.parametrize(("name", "field"), [("sobject_find_success", "Auto_Number"), ("sobject_select_success", "Id")])
def test_a_record_is_read(name: str, field: str) -> None:
    with client(told(name)) as (salesforce, _):
        record = salesforce.record("Whizbang", RECORD, [field])
    assert record["Id"] == "23foo"
    assert field in record and "attributes" not in record


@pytest.mark.parametrize("name", ["sobject_find_error", "delete_error"])
def test_a_record_that_is_not_there_is_gone(name: str) -> None:
    with client(told(name, 404), told(name, 404)) as (salesforce, _):
        with pytest.raises(TargetGone):
            salesforce.record("Whizbang", RECORD, [])
        with pytest.raises(TargetGone):
            salesforce.delete("Whizbang", RECORD)


def test_an_object_that_is_not_there_is_the_admin_s() -> None:
    with client(told("sobject_describe_error", 404)) as (salesforce, _), pytest.raises(VendorRefused) as caught:
        salesforce.describe("Whizbang")
    assert caught.value.who == "a Salesforce admin"


def test_an_upsert_is_told_made_from_changed() -> None:
    created, updated, asked = (
        told("upsert_created_success", 201),
        told("upsert_updated_success", 204),
        told("org_query"),
    )
    with client(created, updated, asked) as (salesforce, _):
        assert salesforce.upsert("Whizbang", "External__c", "12", {}) == ("foo", True)
        assert salesforce.upsert("Whizbang", "External__c", "12", {}) == ("00Dx0000000BV7z", False)
    with client(told("create_success", 201)) as (salesforce, _):
        assert salesforce.upsert("Whizbang", "External__c", "12", {}) == ("some_id", True)


def test_an_upsert_by_a_field_that_is_none_is_the_admin_s() -> None:
    with client(told("upsert_error", 404)) as (salesforce, _), pytest.raises(VendorRefused) as caught:
        salesforce.upsert("Whizbang", "Namez", "12", {})
    assert "AI_Hub_Integration" in caught.value.instead


def test_two_records_with_one_key_are_a_refusal() -> None:
    both = {"done": True, "records": [{"Id": "foo"}, {"Id": "bar"}]}
    with client(told("upsert_multiple_error", 300)) as (salesforce, org):
        org.otherwise = lambda call: Told(200, both)
        with pytest.raises(VendorRefused, match="foo, bar"):
            salesforce.upsert("Whizbang", "External__c", "12", {})


@pytest.mark.parametrize(("name", "why"), [("write_error", "It is about foo of Whizbang."), ("query_error", "")])
def test_a_field_that_is_not_there_is_the_admin_s(name: str, why: str) -> None:
    with client(told(name, 400)) as (salesforce, _), pytest.raises(VendorRefused) as caught:
        salesforce.upsert("Whizbang", "External__c", "12", {"foo": "bar"})
    assert caught.value.why == why


def test_no_recorded_answer_is_left_out() -> None:
    if not RECORDINGS.is_dir():
        pytest.skip(f"the recorded payloads are missing: {RECORDINGS}")
    here = Path(__file__).read_text(encoding="utf-8")
    names = {path.name for path in (RECORDINGS / "restforce").glob("*.json")}
    left = {one for one in names - UNUSED if one.removesuffix("_response.json") not in here}
    assert left == set()


@pytest.mark.parametrize("name", WRITES)
def test_a_collection_is_sent_as_it_was_recorded_and_read_as_it_was_answered(name: str) -> None:
    """The key is the record's Email; those recorded with Id as the key are made anew, with an Id of null."""
    writes = [one for one in tape(name) if one["request"]["method"] == "PATCH"]
    assert writes
    for call in writes:
        object, field = urlsplit(call["request"]["uri"]).path.split("/")[-2:]
        sent = json.loads(call["request"]["body"])
        rows = [{k: v for k, v in one.items() if k not in ("attributes", "Id")} for one in sent["records"]]
        key = "Email" if object == "Contact" else "AccountNumber"
        with client(heard(call)) as (salesforce, org):
            answers = salesforce.upsert_many(object, key, rows)
        (mine,) = org.calls
        if field == key:
            assert mine.path == f"{API}/composite/sobjects/{object}/{field}"
            assert mine.json == sent
        results = json.loads(call["response"]["body"]["string"])
        assert answers == [(one["id"], one["created"]) for one in results]


@pytest.mark.parametrize("name", WRITES)
def test_recorded_queries_are_asked_and_read_alike(name: str) -> None:
    queries = [one for one in tape(name) if "/query/" in one["request"]["uri"]]
    assert queries
    for call in queries:
        asked = parse_qs(urlsplit(call["request"]["uri"]).query)["q"][0]
        with client(heard(call)) as (salesforce, org):
            found = salesforce.query(asked)
        answer = json.loads(call["response"]["body"]["string"])
        assert org.calls[0].query["q"] == asked
        assert len(found) == answer["totalSize"]
        for mine, theirs in zip(found, answer["records"], strict=True):
            assert set(mine) == set(theirs) - {"attributes"}
            assert all(mine[name] == theirs[name] for name in mine if not isinstance(theirs[name], dict))


def test_a_recorded_description_is_understood() -> None:
    loaded = yaml.safe_load(recorded("cumulusci/GET_sobjects_Custom__c_describe.yaml"))
    with client(heard(loaded)) as (salesforce, _):
        found = salesforce.describe("Custom__c")
    assert (found.name, found.prefix, found.createable, found.updateable) == ("Custom__c", "aB5", True, True)
    assert list(found.fields) == ["Id", "Name", "CustomField__c"]
    theirs = {one["name"]: one for one in json.loads(loaded["response"]["body"]["string"])["fields"]}
    for name, field in found.fields.items():
        assert (field.length, field.createable, field.type) == (
            theirs[name]["length"],
            theirs[name]["createable"],
            theirs[name]["type"],
        )


def test_a_recorded_organization_is_read() -> None:
    loaded = yaml.safe_load(recorded("cumulusci/GET_sobjects_Organization.yaml"))
    with client(heard(loaded)) as (salesforce, _):
        found = salesforce.record("Organization", "00DHs0000000001", ["Name", "IsSandbox"])
    assert (found["Name"], found["IsSandbox"], found["InstanceName"]) == ("CumulusCI - Dev Workspace", True, "CS420")


def test_a_recorded_error_inside_a_composite_answer_has_the_form_of_any_other() -> None:
    (call,) = tape("TestCompositeParallelSalesforce.test_errors.yaml")
    (inner,) = json.loads(call["response"]["body"]["string"])["compositeResponse"]
    with client(Told(inner["httpStatusCode"], inner["body"])) as (salesforce, _), pytest.raises(InlayError) as caught:
        salesforce.describe("Foo")
    assert isinstance(caught.value, VendorRefused)
