"""One record over REST: what the sandbox saves, refuses and answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceResourceNotFound
from simple_salesforce.format import format_external_id

from connectors.salesforce.sandbox_ids import ALPHABET, Ids, suffix, whole
from connectors.salesforce.sandbox_rules import Rule
from connectors.salesforce.sandbox_samples import INTEGRATION, LAUNCH, LEAD, OPPORTUNITY, PLANNER, WINTER
from tests.connectors.salesforce.sandbox_bench import DATA, Org, Reply, running

KEY = "ab" * 32


@pytest.fixture
def org() -> Iterator[Org]:
    with running() as org:
        yield org


def admin(org: Org) -> str:
    org.sandbox.add_user("admin@sommerlicht.example", "administrator")
    return org.sandbox.accounts.session("admin@sommerlicht.example")


def ask(org: Org, **fields: Any) -> Reply:
    """A request as the media planner makes it."""
    token = org.sandbox.accounts.session(PLANNER)
    return org.call("POST", "/sobjects/AI_Request__c/", {"Template__c": "campaign-email", **fields}, token=token)


def refusal(reply: Reply) -> tuple[int, str, list[str]]:
    (one,) = reply.json
    assert set(one) == {"message", "errorCode", "fields"}
    return reply.status, one["errorCode"], one["fields"]


def test_ids_end_in_letters_that_guard_their_case() -> None:
    # Ids that Salesforce itself gave, from recorded answers.
    for id in ("0037e00001WZ30qAAD", "0067e00000K8i71AAB", "0015500001QdQWaAAN", "005R0000000IUUMIA4"):
        assert suffix(id[:15]) == id[15:]
        assert whole(id[:15]) == whole(id) == whole(id.lower()) == id


@given(st.text(ALPHABET, min_size=15, max_size=15))
def test_an_id_in_the_wrong_case_is_read_by_its_suffix(short: str) -> None:
    assert whole((short + suffix(short)).swapcase()) == short + suffix(short)


@given(st.text(max_size=20))
def test_what_is_no_id_is_never_taken_for_one(text: str) -> None:
    found = whole(text)
    assert found is None or (re.fullmatch(r"[0-9A-Za-z]{18}", found) and found[:15].lower() == text[:15].lower())


def test_ids_never_repeat() -> None:
    ids = Ids()
    assert len({ids.new("a01").lower() for _ in range(5000)}) == 5000


def test_an_upsert_creates_then_updates_the_same_record(org: Org) -> None:
    first, second = org.upsert(KEY, Title__c="One"), org.upsert(KEY, Title__c="Two", Campaign__c=LAUNCH[:15])
    assert (first.status, first.json["created"]) == (201, True)
    assert (second.status, second.json["created"]) == (200, False)
    assert first.json["id"] == second.json["id"]
    (row,) = org.rows("SELECT Id, Title__c, Campaign__c, Hub_Key__c, Name FROM AI_Output__c")
    assert (row["Title__c"], row["Campaign__c"], row["Hub_Key__c"], row["Name"]) == ("Two", LAUNCH, KEY, "AIO-0000001")


def test_the_library_upserts_reads_changes_and_deletes(org: Org) -> None:
    sf = org.library()
    assert sf.AI_Output__c.upsert(format_external_id("Hub_Key__c", KEY), {"Title__c": "Ü €"}) == 201
    row = sf.AI_Output__c.get_by_custom_id("Hub_Key__c", KEY)
    assert row["Title__c"] == "Ü €"
    assert sf.AI_Output__c.update(row["Id"], {"Title__c": "New"}) == 204
    assert sf.AI_Output__c.get(row["Id"])["Title__c"] == "New"
    token = admin(org)
    assert org.call("DELETE", f"/sobjects/AI_Output__c/{row['Id']}", token=token).status == 204
    with pytest.raises(SalesforceResourceNotFound) as gone:
        sf.AI_Output__c.get(row["Id"])
    assert gone.value.content[0]["errorCode"] == "ENTITY_IS_DELETED"
    with pytest.raises(SalesforceMalformedRequest):
        sf.AI_Output__c.upsert(format_external_id("Hub_Key__c", KEY), {"Title__c": "x" * 256})


def test_update_only_never_creates(org: Org) -> None:
    address = f"/sobjects/AI_Output__c/Hub_Key__c/{KEY}?updateOnly=true"
    assert org.call("PATCH", address, {"Title__c": "One"}).code == "NOT_FOUND"
    org.upsert(KEY, Title__c="One")
    assert org.call("PATCH", address, {"Title__c": "Two"}).json["created"] is False
    id = org.rows("SELECT Id FROM AI_Output__c")[0]["Id"]
    assert org.call("PATCH", f"/sobjects/AI_Output__c/Id/{id}?updateOnly=true", {"Title__c": "Three"}).status == 200
    assert org.call("PATCH", f"/sobjects/AI_Output__c/Id/{LAUNCH}", {"Title__c": "Three"}).status == 404


def test_old_versions_say_nothing_about_an_update(org: Org) -> None:
    org.upsert(KEY, Title__c="One")
    reply = org.call("PATCH", f"/services/data/v45.0/sobjects/AI_Output__c/Hub_Key__c/{KEY}", {"Title__c": "Two"})
    assert (reply.status, reply.body) == (204, b"")


def test_a_key_that_is_not_unique_answers_with_the_records_it_fits(org: Org) -> None:
    org.sandbox.store.schema.change("AI_Output__c", "Hub_Key__c", unique=False)
    ids = [org.sandbox.store.plant("AI_Output__c", {"Hub_Key__c": KEY}) for _ in range(2)]
    reply = org.upsert(KEY, Title__c="Which?")
    assert (reply.status, reply.json) == (300, [f"{DATA}/sobjects/AI_Output__c/{id}" for id in ids])
    assert org.call("GET", f"/sobjects/AI_Output__c/Hub_Key__c/{KEY}").status == 300


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("PATCH", f"/sobjects/AI_Output__c/Nothing__c/{KEY}", 404, "NOT_FOUND"),
        ("PATCH", f"/sobjects/AI_Output__c/Title__c/{KEY}", 404, "NOT_FOUND"),
        ("PATCH", f"/sobjects/Nothing__c/Hub_Key__c/{KEY}", 404, "NOT_FOUND"),
        ("GET", f"/sobjects/AI_Output__c/Hub_Key__c/{KEY}", 404, "NOT_FOUND"),
        ("GET", "/sobjects/AI_Output__c/nonsense", 404, "NOT_FOUND"),
        ("GET", f"/sobjects/AI_Output__c/{LAUNCH}", 404, "NOT_FOUND"),
        ("GET", f"/sobjects/Campaign/{LAUNCH}?fields=Nothing", 400, "INVALID_FIELD"),
        ("GET", "/sobjects/Nothing/describe", 404, "NOT_FOUND"),
        ("GET", "/nothing", 404, "NOT_FOUND"),
        ("GET", "/services/data/v99.0/limits", 404, "NOT_FOUND"),
        ("GET", "/services/data/v63/limits", 404, "NOT_FOUND"),
        ("POST", "/limits", 405, "METHOD_NOT_ALLOWED"),
        ("PUT", f"/sobjects/Campaign/{LAUNCH}", 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_what_is_not_there_is_refused_as_salesforce_does(
    org: Org, method: str, path: str, status: int, code: str
) -> None:
    reply = org.call(method, path, {"Title__c": "x"} if method == "PATCH" else None)
    assert (reply.status, reply.code) == (status, code)


@pytest.mark.parametrize(
    ("fields", "status", "code", "named"),
    [
        ({"Title__c": "x" * 256}, 400, "STRING_TOO_LONG", ["Title__c"]),
        ({"Body__c": "€" * 131_073}, 400, "STRING_TOO_LONG", ["Body__c"]),
        ({"Title__c": "😀" * 128}, 400, "STRING_TOO_LONG", ["Title__c"]),
        ({"Status__c": "Blocked"}, 400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Status__c"]),
        ({"Campaign__c": "../../x"}, 400, "MALFORMED_ID", ["Campaign__c"]),
        ({"Campaign__c": LEAD}, 400, "FIELD_INTEGRITY_EXCEPTION", ["Campaign__c"]),
        ({"Campaign__c": "701Hs0000009999"}, 400, "INVALID_CROSS_REFERENCE_KEY", []),
        ({"Feedback__c": "Useful"}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE", ["Feedback__c"]),
        ({"SystemModstamp": "2026-01-01T00:00:00Z"}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE", ["SystemModstamp"]),
        ({"Name": "AIO-1"}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE", ["Name"]),
        ({"Hub_Key__c": KEY}, 400, "INVALID_FIELD", ["Hub_Key__c"]),
        ({"Id": LAUNCH}, 400, "INVALID_FIELD", ["Id"]),
    ],
)
def test_a_write_that_does_not_fit_is_refused_and_leaves_nothing(
    org: Org, fields: dict[str, Any], status: int, code: str, named: list[str]
) -> None:
    assert refusal(org.upsert(KEY, **fields)) == (status, code, named)
    assert org.rows("SELECT Id FROM AI_Output__c") == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"Nothing__c": 1}, "INVALID_FIELD"),
        ({"Title__c": 5}, "JSON_PARSER_ERROR"),
        ({"Title__c": ["a"]}, "JSON_PARSER_ERROR"),
        ({"Truncated__c": "yes"}, "JSON_PARSER_ERROR"),
        ({"Generated_At__c": "yesterday"}, "JSON_PARSER_ERROR"),
        ({"Generated_At__c": "2026-11-26"}, "JSON_PARSER_ERROR"),
    ],
)
def test_a_write_of_the_wrong_kind_is_refused(org: Org, fields: dict[str, Any], code: str) -> None:
    reply = org.upsert(KEY, **fields)
    assert (reply.status, reply.code) == (400, code)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"Title__c": "\\ud800"}', b"[" * 5000])
def test_a_body_that_is_no_object_is_refused(org: Org, body: bytes) -> None:
    reply = org.call("PATCH", f"/sobjects/AI_Output__c/Hub_Key__c/{KEY}", body)
    assert (reply.status, reply.code) == (400, "JSON_PARSER_ERROR")


def test_the_text_of_a_long_field_comes_back_as_it_was_sent(org: Org) -> None:
    body = "Zeile 1\n\n<b>&amp;</b> „Ü“ 😀 " + "x" * (131_072 - 40)
    assert org.upsert(KEY, Body__c=body, Title__c="t" * 255).status == 201
    (row,) = org.rows("SELECT Body__c FROM AI_Output__c")
    assert row["Body__c"] == body


def test_blanks_around_a_text_are_not_kept(org: Org) -> None:
    org.upsert(KEY, Title__c="  a  ", Model__c="   ")
    (row,) = org.rows("SELECT Title__c, Model__c FROM AI_Output__c")
    assert (row["Title__c"], row["Model__c"]) == ("a", None)


def test_a_request_needs_its_template_and_exactly_one_record(org: Org) -> None:
    assert ask(org, Campaign__c=LAUNCH).status == 201
    assert refusal(ask(org, Campaign__c=LAUNCH, Template__c=None)) == (400, "REQUIRED_FIELD_MISSING", ["Template__c"])
    for about in ({}, {"Campaign__c": LAUNCH, "Lead__c": LEAD}):
        assert refusal(ask(org, **about))[:2] == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    (row,) = org.rows("SELECT Name, Status__c, CreatedBy.Username FROM AI_Request__c")
    assert (row["Name"], row["Status__c"], row["CreatedBy"]["Username"]) == ("AIR-0000001", "Requested", PLANNER)


def test_an_admins_rule_refuses_with_its_own_words(org: Org) -> None:
    rule = Rule("AI_Output__c", lambda values, old: "free" in (values["Body__c"] or ""), "Never say free.", "Body__c")
    org.sandbox.store.rules.validations.append(rule)
    reply = org.upsert(KEY, Body__c="It is free")
    assert refusal(reply) == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", ["Body__c"])
    assert reply.message == "Never say free."


def test_a_lookup_to_a_deleted_record_is_refused_and_old_ones_are_emptied(org: Org) -> None:
    org.upsert(KEY, Campaign__c=LAUNCH)
    assert org.call("DELETE", f"/sobjects/Campaign/{LAUNCH}", token=admin(org)).status == 204
    assert org.rows("SELECT Campaign__c FROM AI_Output__c")[0]["Campaign__c"] is None
    assert refusal(org.upsert("cd" * 32, Campaign__c=LAUNCH))[:2] == (400, "ENTITY_IS_DELETED")
    for method in ("GET", "PATCH", "DELETE"):
        reply = org.call(method, f"/sobjects/Campaign/{LAUNCH}", {"Name": "x"} if method == "PATCH" else None)
        assert (reply.status, reply.code) == (404, "ENTITY_IS_DELETED")


def test_a_request_whose_campaign_is_gone_still_gets_its_status(org: Org) -> None:
    id = ask(org, Campaign__c=LAUNCH).json["id"]
    org.call("DELETE", f"/sobjects/Campaign/{LAUNCH}", token=admin(org))
    assert org.call("PATCH", f"/sobjects/AI_Request__c/{id}", {"Status__c": "Needs attention"}).status == 204
    (row,) = org.rows("SELECT Status__c, Campaign__c FROM AI_Request__c")
    assert (row["Status__c"], row["Campaign__c"]) == ("Needs attention", None)


def test_the_hub_key_of_an_output_never_changes(org: Org) -> None:
    id = org.upsert(KEY, Title__c="One").json["id"]
    reply = org.call("PATCH", f"/sobjects/AI_Output__c/{id}", {"Hub_Key__c": "cd" * 32})
    assert refusal(reply) == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", ["Hub_Key__c"])


def test_a_unique_value_twice_names_the_record_that_has_it(org: Org) -> None:
    id = org.upsert(KEY).json["id"]
    reply = org.call("POST", "/sobjects/AI_Output__c", {"Hub_Key__c": KEY})
    assert refusal(reply) == (400, "DUPLICATE_VALUE", [])
    assert reply.message == f"duplicate value found: Hub_Key__c duplicates value on record with id: {id[:15]}"
    assert org.call("POST", "/sobjects/AI_Output__c", {"Hub_Key__c": KEY.upper()}).status == 201


def test_what_looks_like_a_duplicate_wants_a_header(org: Org) -> None:
    token, twin = admin(org), {"LastName": "W", "Company": "C", "Email": "JONAS.weber@cafe-am-markt.example"}
    reply = org.call("POST", "/sobjects/Lead", twin, token=token)
    assert refusal(reply)[:2] == (400, "DUPLICATES_DETECTED")
    allow = {"Sforce-Duplicate-Rule-Header": "allowSave=true; runAsCurrentUser=true"}
    assert org.call("POST", "/sobjects/Lead", twin, token=token, headers=allow).status == 201


def test_a_user_writes_only_what_the_permission_sets_allow(org: Org) -> None:
    accounts = org.sandbox.accounts
    output = org.upsert(KEY, Title__c="One").json["id"]
    request = ask(org, Campaign__c=LAUNCH).json["id"]
    planner = accounts.session(PLANNER)
    org.sandbox.add_user("reader@sommerlicht.example")
    reader = accounts.session("reader@sommerlicht.example")
    writes = [
        (org.token, "AI_Request__c", request, {"Status__c": "In work", "Status_Note__c": "x"}, 204),
        (org.token, "AI_Request__c", request, {"Instructions__c": "x"}, 400),
        (org.token, "AI_Output__c", output, {"Feedback_Comment__c": "x"}, 400),
        (org.token, "Campaign", LAUNCH, {"Description": "x"}, 204),
        (org.token, "Campaign", LAUNCH, {"AmountWonOpportunities": 5}, 400),
        (planner, "AI_Output__c", output, {"Feedback__c": "Useful", "Feedback_Comment__c": "Good."}, 204),
        (planner, "AI_Output__c", output, {"Body__c": "x"}, 400),
        (planner, "AI_Request__c", request, {"Instructions__c": "x"}, 403),
        (reader, "AI_Output__c", output, {"Feedback__c": "Useful"}, 403),
        (reader, "Campaign", LAUNCH, {"Description": "y"}, 403),
    ]
    for token, type, id, fields, status in writes:
        assert org.call("PATCH", f"/sobjects/{type}/{id}", fields, token=token).status == status
    reply = org.upsert("cd" * 32, token=reader, Title__c="x")
    assert refusal(reply) == (403, "INSUFFICIENT_ACCESS_OR_READONLY", [])
    assert org.call("DELETE", f"/sobjects/AI_Output__c/{output}").status == 403


def test_a_field_hidden_from_a_user_is_not_there(org: Org) -> None:
    org.sandbox.accounts.user(INTEGRATION).rights.hide("AI_Output__c.Body__c")
    assert org.upsert(KEY, Body__c="x").code == "INVALID_FIELD"
    assert org.query("SELECT Body__c FROM AI_Output__c").code == "INVALID_FIELD"
    fields = {one["name"]: one for one in org.call("GET", "/sobjects/AI_Output__c/describe").json["fields"]}
    assert "Body__c" not in fields
    assert (fields["Feedback__c"]["updateable"], fields["Title__c"]["updateable"]) == (False, True)


def test_a_type_without_rights_is_not_there(org: Org) -> None:
    org.sandbox.accounts.user(INTEGRATION).rights.grant("AI_Output__c", "")
    assert org.call("GET", "/sobjects/AI_Output__c/describe").code == "NOT_FOUND"
    assert org.query("SELECT Id FROM AI_Output__c").code == "INVALID_TYPE"
    assert "AI_Output__c" not in [one["name"] for one in org.call("GET", "/sobjects").json["sobjects"]]


def test_describe_tells_lengths_picklists_and_lookups(org: Org) -> None:
    told = org.library().AI_Output__c.describe()
    fields = {one["name"]: one for one in told["fields"]}
    assert (fields["Body__c"]["length"], fields["Body__c"]["type"]) == (131_072, "textarea")
    key = {"length": 64, "externalId": True, "unique": True, "caseSensitive": True, "nillable": False}
    assert {name: fields["Hub_Key__c"][name] for name in key} == key
    offered = [one["value"] for one in fields["Feedback__c"]["picklistValues"]]
    assert offered == ["Useful", "Partly useful", "Not useful"]
    assert fields["Campaign__c"]["referenceTo"] == ["Campaign"]
    assert fields["Campaign__c"]["relationshipName"] == "Campaign__r"
    org.sandbox.store.schema.change("AI_Output__c", "Title__c", length=80)
    org.sandbox.store.schema.drop("AI_Output__c", "Part__c")
    fields = {one["name"]: one for one in org.library().AI_Output__c.describe()["fields"]}
    assert fields["Title__c"]["length"] == 80
    assert "Part__c" not in fields
    assert org.upsert(KEY, Part__c="x").code == "INVALID_FIELD"


def test_conditional_headers_guard_a_row_and_not_an_upsert() -> None:
    now = [1_800_000_000.0]
    with running(clock=lambda: now[0]) as org:
        id = org.upsert(KEY, Title__c="One").json["id"]
        row = f"/sobjects/AI_Output__c/{id}"
        changed = org.call("GET", row).headers["Last-Modified"]
        assert changed == formatdate(now[0], usegmt=True)
        before = formatdate(now[0] - 1, usegmt=True)
        assert org.call("GET", row, headers={"If-Modified-Since": changed}).status == 304
        assert org.call("GET", row, headers={"If-Modified-Since": before}).status == 200
        assert org.call("PATCH", row, {"Title__c": "x"}, headers={"If-Unmodified-Since": changed}).status == 204
        stale = {"If-Unmodified-Since": before}
        reply = org.call("PATCH", row, {"Title__c": "y"}, headers=stale)
        assert (reply.status, reply.code) == (412, "PRECONDITION_FAILED")
        assert org.call("PATCH", row, {"Title__c": "y"}, headers={"If-Unmodified-Since": "soon"}).status == 400
        assert org.rows("SELECT Title__c FROM AI_Output__c")[0]["Title__c"] == "x"
        address = f"/sobjects/AI_Output__c/Hub_Key__c/{KEY}"
        assert org.call("PATCH", address, {"Title__c": "z"}, headers=stale).status == 200


def test_stamps_are_whole_seconds_and_move_with_every_write() -> None:
    now = [1_800_000_000.7]
    with running(clock=lambda: now[0]) as org:
        id = org.upsert(KEY, Title__c="One").json["id"]
        now[0] += 90
        org.upsert(KEY, Title__c="One")
        row = org.call("GET", f"/sobjects/AI_Output__c/{id[:15]}").json
        assert row["CreatedDate"] == "2027-01-15T08:00:00.000+0000"
        assert row["SystemModstamp"] == row["LastModifiedDate"] == "2027-01-15T08:01:30.000+0000"
        assert row["LastModifiedById"] == org.sandbox.accounts.user(INTEGRATION).id


def test_salesforce_works_out_some_fields_itself(org: Org) -> None:
    won = org.call("GET", f"/sobjects/Opportunity/{OPPORTUNITY}?fields=IsWon,IsClosed,StageName").json
    assert set(won) == {"attributes", "Id", "IsWon", "IsClosed", "StageName"}
    assert won["IsWon"] and won["IsClosed"]
    influence = org.rows(f"SELECT RevenueShare FROM CampaignInfluence WHERE CampaignId = '{WINTER}'")
    assert [one["RevenueShare"] for one in influence] == [30750.0]
    assert org.call("GET", f"/sobjects/Lead/{LEAD}").json["Name"] == "Jonas Weber"


def test_a_task_is_written_once_by_its_key(org: Org) -> None:
    fields = {"Subject": "Send the draft", "WhatId": LAUNCH}
    for status in (201, 200):
        reply = org.call("PATCH", f"/sobjects/Task/AI_Hub_Key__c/{KEY}", fields)
        assert reply.status == status
    (row,) = org.rows("SELECT What.Name, What.Type, Who.Name, Status FROM Task")
    assert (row["What"]["Name"], row["What"]["Type"]) == ("Sommerlicht solar lantern: spring launch", "Campaign")
    assert (row["Who"], row["Status"]) == (None, "Not Started")


def test_an_address_longer_than_salesforce_takes_is_refused(org: Org) -> None:
    assert org.query("SELECT Id FROM Campaign WHERE Name = '" + "x" * 16_400 + "'").status == 414
