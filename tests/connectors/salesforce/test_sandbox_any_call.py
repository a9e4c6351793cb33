"""Whatever is sent to the sandbox's API gets an answer of Salesforce's form, and never one of ours that broke."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.salesforce.sandbox_objects import TYPES
from connectors.salesforce.sandbox_samples import LAUNCH, LEAD
from tests.connectors.salesforce.sandbox_bench import DATA, Org, running

NAMES = [*sorted({field.name for type in TYPES for field in type.fields}), "attributes", "nothing", ""]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        (LAUNCH, LEAD, "2026-11-26", "2026-11-26T01:00:00Z", "0001-01-01T00:00:00+14:00", "Ready", "a@b.co", 10**400)
    ),
)
VALUES = st.recursive(
    SCALARS, lambda inside: st.lists(inside, max_size=2) | st.dictionaries(st.text(max_size=3), inside)
)
FIELDS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5)
KINDS = st.sampled_from(({"type": "Task"}, {"type": "Lead"}, {"type": "x"}, {}))
RECORDS = st.lists(st.builds(lambda kind, fields: {**fields, "attributes": kind}, KINDS, FIELDS) | FIELDS, max_size=4)
BODIES = FIELDS | VALUES | st.fixed_dictionaries({"records": RECORDS, "allOrNone": st.booleans()})
KNOWN = ("sobjects", "composite", "query", "limits", "describe", "Lead", "Task", "AI_Hub_Key__c", "Id", LEAD)
PARTS = st.sampled_from(KNOWN) | st.text(min_size=1, max_size=8)
PLACES = st.one_of(
    st.lists(PARTS, max_size=5),
    st.sampled_from((["sobjects", "Lead"], ["sobjects", "Task", "AI_Hub_Key__c", "k"], ["sobjects", "Lead", LEAD])),
    st.sampled_from((["composite", "sobjects"], ["composite", "sobjects", "Task", "AI_Hub_Key__c"])),
    st.just(["composite", "sobjects", "Lead"]),
)


@pytest.fixture(scope="module")
def caller() -> Iterator[tuple[Org, str, http.client.HTTPConnection]]:
    """An org, an admin's token, and one connection for all calls."""
    with running() as org:
        org.sandbox.add_user("admin@sommerlicht.example", "administrator")
        org.sandbox.accounts.daily = 10**6
        address = urlsplit(org.sandbox.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
        yield org, org.sandbox.accounts.session("admin@sommerlicht.example"), connection
        connection.close()


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.sampled_from(("GET", "POST", "PATCH", "DELETE")), PLACES, BODIES)
def test_any_call_is_answered_in_salesforces_form(
    caller: tuple[Org, str, http.client.HTTPConnection], method: str, place: list[str], body: object
) -> None:
    _, token, connection = caller
    path = "/".join((DATA, *(quote(part, safe="") for part in place)))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request(method, path, json.dumps(body).encode() if method in ("POST", "PATCH") else None, headers)
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status in (200, 201, 204, 300, 400, 403, 404, 405, 414)
    if answer.status >= 400 and answer.status != 414:
        (one,) = json.loads(text)
        assert {"message", "errorCode"} <= one.keys() <= {"message", "errorCode", "fields"}
    elif answer.status != 204:
        json.loads(text)
