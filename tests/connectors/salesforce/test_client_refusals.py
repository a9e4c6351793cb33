"""What Salesforce refuses with reaches people in plain words: who acts, what to do, and never a value that was sent."""

from __future__ import annotations

import json

import pytest

from connectors.salesforce.refusals import refusal, row_refusal, without
from hub.sdk import (
    Conflict,
    InlayError,
    NeedsPermission,
    OutOfQuota,
    RateLimited,
    TargetGone,
    Unavailable,
    VendorRefused,
)
from tests.connectors.salesforce.connector_bench import API, Told, client, error

KEY_PATH = f"{API}/sobjects/AI_Output__c/Hub_Key__c/{'ab' * 32}"
RECORD_PATH = f"{API}/sobjects/Campaign/701Hs0000000001IAA"
DESCRIBE_PATH = f"{API}/sobjects/AI_Output__c/describe"
VALIDATION = [
    "STRING_TOO_LONG",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION",
    "REQUIRED_FIELD_MISSING",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    "INVALID_FIELD",
    "INVALID_FIELD_FOR_INSERT_UPDATE",
    "INSUFFICIENT_ACCESS",
    "INSUFFICIENT_ACCESS_OR_READONLY",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    "DUPLICATES_DETECTED",
    "ENTITY_IS_LOCKED",
    "STORAGE_LIMIT_EXCEEDED",
    "MALFORMED_QUERY",
]


def said(code: str, message: str = "", *fields: str, status: int = 400, path: str = KEY_PATH) -> InlayError:
    body = json.dumps([{"errorCode": code, "message": message, "fields": list(fields)}]).encode()
    return refusal(status, body, path, ["what was sent"])


def words(error: InlayError) -> str:
    return f"{error.what} {error.why} {error.instead} {error!r}"


def test_the_daily_limit_waits_a_quarter_of_an_hour_and_is_no_attempt() -> None:
    refused = said("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
    assert isinstance(refused, OutOfQuota)
    assert refused.after == 900


def test_too_many_long_calls_at_once_wait_for_seconds() -> None:
    refused = said("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", status=403)
    assert type(refused) is RateLimited
    assert refused.after is not None and 1 < refused.after < 30


def test_a_locked_row_is_tried_again_at_a_moment_of_its_own() -> None:
    message = "unable to obtain exclusive access to this record or 1 records: 701Hs0000000001IAA"
    waits = {said("UNABLE_TO_LOCK_ROW", message).after for _ in range(20)}  # type: ignore[attr-defined]
    assert len(waits) > 10
    assert all(0 < wait < 10 for wait in waits)


def test_a_trigger_that_met_a_lock_is_a_lock() -> None:
    refused = said(
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "Rollup: execution of AfterUpdate: UNABLE_TO_LOCK_ROW, x: []"
    )
    assert isinstance(refused, RateLimited)


@pytest.mark.parametrize("code", VALIDATION)
def test_a_validation_error_says_what_to_do_and_who(code: str) -> None:
    refused = said(code, "what was sent: Title too long", "Title__c")
    assert type(refused) is VendorRefused
    assert not refused.retry
    assert "Title__c of AI_Output__c" in refused.why
    assert refused.instead
    assert refused.who in ("a Salesforce admin", "an admin")
    assert "what was sent" not in words(refused)
    assert code not in words(refused), "plain words, no codes"


def test_a_text_that_is_too_long_says_how_long_it_may_be() -> None:
    refused = said("STRING_TOO_LONG", "Title: data value too large: what was sent (max length=255)", "Title__c")
    assert refused.why == "It is about Title__c of AI_Output__c. At most 255 characters fit."


def test_a_validation_rule_s_own_words_are_passed_on_without_what_was_sent() -> None:
    message = "A campaign needs a budget: what was sent by ann@acme.example"
    refused = said("FIELD_CUSTOM_VALIDATION_EXCEPTION", message, "Campaign__c")
    assert "A campaign needs a budget" in refused.why
    assert "what was sent" not in words(refused)
    assert "ann@acme.example" not in words(refused)


def test_a_missing_column_is_named_without_the_query() -> None:
    message = (
        "\nSELECT Id FROM Campaign WHERE Name = 'Private'\n ^\nNo such column 'Team__c' on entity 'AI_Request__c'."
    )
    refused = said("INVALID_FIELD", message, path=f"{API}/query/")
    assert isinstance(refused, VendorRefused)
    assert refused.why == "It is about Team__c."
    assert "Private" not in words(refused)


@pytest.mark.parametrize("code", ["ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"])
def test_what_a_write_belongs_to_may_be_gone(code: str) -> None:
    assert isinstance(said(code), TargetGone)
    assert isinstance(said(code, path=RECORD_PATH), TargetGone)


def test_not_found_means_a_record_a_field_or_an_object_by_the_place_asked() -> None:
    assert isinstance(said("NOT_FOUND", status=404, path=RECORD_PATH), TargetGone)
    for path in (KEY_PATH, DESCRIBE_PATH, f"{API}/composite/sobjects/AI_Output__c/Hub_Key__c"):
        refused = said("NOT_FOUND", status=404, path=path)
        assert type(refused) is VendorRefused
        assert "AI_Hub_Integration" in refused.instead


def test_an_api_that_is_off_needs_a_permission() -> None:
    refused = said("API_DISABLED_FOR_ORG", status=403)
    assert isinstance(refused, NeedsPermission)
    assert "API Enabled" in refused.instead


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_failure_of_salesforce_s_own_is_tried_again(status: int) -> None:
    for body in (b"", b"<html>down</html>", b'[{"errorCode": "UNKNOWN_EXCEPTION", "message": "x"}]'):
        assert isinstance(refusal(status, body, KEY_PATH), Unavailable)


@pytest.mark.parametrize("code", ["SERVER_UNAVAILABLE", "QUERY_TIMEOUT", "REQUEST_RUNNING_TOO_LONG"])
def test_a_busy_server_is_tried_again(code: str) -> None:
    assert isinstance(said(code), Unavailable)


@pytest.mark.parametrize("status", [400, 403, 404, 409])
@pytest.mark.parametrize("body", [b"", b"<html>Blocked by a proxy</html>", b"{", b"[]", b"null", b'"x"', b"[7]"])
def test_a_refusal_that_is_not_salesforce_s_counts_as_away(status: int, body: bytes) -> None:
    assert isinstance(refusal(status, body, KEY_PATH), Unavailable)


def test_an_unknown_code_is_named_and_is_final() -> None:
    refused = said("SOMETHING_NEW", "what was sent is wrong")
    assert type(refused) is VendorRefused
    assert "SOMETHING_NEW" in refused.what
    assert "what was sent" not in words(refused)


def test_a_code_and_names_that_are_none_are_not_repeated() -> None:
    refused = said("<script>alert(1)</script>", "", "<b>x</b>", "Title__c")
    assert "<" not in words(refused)
    refused = said("STRING_TOO_LONG", "", "<b>x</b>", "Title__c")
    assert refused.why == "It is about Title__c of AI_Output__c."


def test_of_several_errors_the_first_known_one_is_told() -> None:
    body = [{"errorCode": "NEW", "message": ""}, {"errorCode": "UNABLE_TO_LOCK_ROW", "message": ""}]
    assert isinstance(refusal(400, json.dumps(body).encode(), KEY_PATH), RateLimited)


def test_a_row_of_a_collection_is_read_alike() -> None:
    sent = {"Title__c": "Private words", "Truncated__c": False}
    lock = [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "Private words", "fields": []}]
    assert isinstance(row_refusal(lock, "key", "AI_Output__c", sent), RateLimited)
    rule = [{"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "No Private words here", "fields": []}]
    refused = row_refusal(rule, "key", "AI_Output__c", sent)
    assert "No … here" in refused.why
    for nothing in (None, [], "x", [{}]):
        assert isinstance(row_refusal(nothing, "key", "AI_Output__c", sent), VendorRefused)


def test_412_is_a_conflict_and_429_a_wait() -> None:
    assert isinstance(refusal(412, b'[{"errorCode": "PRECONDITION_FAILED", "message": ""}]', RECORD_PATH), Conflict)
    assert isinstance(refusal(429, b'[{"errorCode": "SLOW", "message": ""}]', RECORD_PATH), RateLimited)


@pytest.mark.parametrize(
    ("message", "sent", "shown"),
    [
        ("Title: Summer Sale is bad", ["Summer Sale"], "Title: … is bad"),
        ("Title: SUMMER sale is bad", ["Summer Sale"], "Title: … is bad"),
        ("Body: and then the summer came", ["Once upon a time, and then the summer came, at last."], "Body:…"),
        ("Two\n\nlines\x00 and a tab\t.", [], "Two lines and a tab ."),
        ("Ask ann@acme.example", [], "Ask …"),
        ("A plain rule", ["Summer Sale", 7, None, "", " "], "A plain rule"),
        ("\u0130stanbul is bad", ["\u0130stanbul"], "(not repeated here)"),
    ],
)
def test_a_message_is_passed_on_without_what_was_sent(message: str, sent: list[object], shown: str) -> None:
    assert without(message, sent) == shown


def test_a_message_is_cut_short() -> None:
    assert len(without("word " * 1000, [])) == 255


def test_through_the_client_a_refusal_holds_neither_value_nor_token() -> None:
    with client() as (salesforce, org):
        org.otherwise = lambda call: error(
            "FIELD_CUSTOM_VALIDATION_EXCEPTION", f"Not so: {call.json['Title__c']}", "Title__c"
        )
        with pytest.raises(VendorRefused) as caught:
            salesforce.upsert("AI_Output__c", "Hub_Key__c", "ab", {"Title__c": "Merger with Globex"})
    shown = words(caught.value)
    assert "Not so: …" in shown
    assert "Globex" not in shown
    assert "session1" not in shown


def test_an_unknown_redirect_stays_what_it_is() -> None:
    moved = Told(301, b"", {"location": "https://acme.my.salesforce.com/"})
    with client(moved, Told(200, {"records": [], "done": True})) as (salesforce, org):
        with pytest.raises(VendorRefused, match="redirect"):
            salesforce.upsert("AI_Output__c", "Hub_Key__c", "ab", {})
        assert len(org.calls) == 2
