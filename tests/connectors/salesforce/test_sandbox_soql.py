"""The sandbox's SOQL: what it answers, and that it refuses the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from simple_salesforce.format import format_soql

from connectors.salesforce.sandbox_errors import ApiError
from connectors.salesforce.sandbox_objects import TYPES
from connectors.salesforce.sandbox_query import Answerer
from connectors.salesforce.sandbox_samples import LAUNCH, LEAD, PARTNERS, PLANNER, WINTER
from connectors.salesforce.sandbox_schema import Schema
from connectors.salesforce.sandbox_soql import parse
from connectors.salesforce.sandbox_store import Store
from tests.connectors.salesforce.sandbox_bench import Org, running


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with running() as org:
        for number, (title, model) in enumerate((("Äpfel", "m-1"), ("o'clock \\ 100%_", None), ("zebra", "M-1"))):
            fields = {"Hub_Key__c": f"k{number}", "Title__c": title, "Model__c": model, "Truncated__c": number == 2}
            at = 1_800_000_000 + number * 60
            org.sandbox.store.plant("AI_Output__c", {**fields, "Campaign__c": LAUNCH if number else None}, at=at)
        org.sandbox.store.plant("Opportunity", {"Name": "Of no campaign", "StageName": "Prospecting"})
        yield org


def found(org: Org, where: str) -> list[str]:
    return [one["Hub_Key__c"] for one in org.rows(f"SELECT Hub_Key__c FROM AI_Output__c WHERE {where} ORDER BY Id")]


@pytest.mark.parametrize(
    ("where", "keys"),
    [
        ("Title__c = 'ÄPFEL'", "0"),
        ("Title__c != 'zebra'", "01"),
        ("Model__c = 'm-1'", "02"),
        ("Model__c != 'm-1'", "1"),
        ("Model__c = null", "1"),
        ("Model__c != NULL", "02"),
        ("Model__c = ''", "1"),
        ("Hub_Key__c = 'K1'", ""),
        ("Title__c > 'p'", "02"),
        ("Truncated__c = true", "2"),
        ("Truncated__c != TRUE", "01"),
        ("SystemModstamp >= 2027-01-15T08:01:00Z", "12"),
        ("SystemModstamp > 2027-01-15T08:01:00.000+00:00", "2"),
        ("SystemModstamp > 2027-01-15T09:00:59.500+01:00", "12"),
        ("SystemModstamp = 2027-01-15T08:01:00Z", "1"),
        ("Title__c LIKE '%E%'", "02"),
        ("Title__c LIKE '%100\\%\\_'", "1"),
        ("Title__c LIKE 'z_bra'", "2"),
        ("Title__c LIKE 'z.bra'", ""),
        ("Title__c = 'o\\'clock \\\\ 100%_'", "1"),
        ("Title__c = '\\u00c4pfel'", "0"),
        ("Hub_Key__c IN ('k0', 'k2', 'none')", "02"),
        ("Hub_Key__c NOT IN ('k0')", "12"),
        (f"Campaign__c = '{LAUNCH[:15]}'", "12"),
        (f"Campaign__c IN ('{LAUNCH}', '{WINTER}')", "12"),
        ("Campaign__c IN (SELECT Id FROM Campaign WHERE IsActive = true)", "12"),
        ("Campaign__c NOT IN (SELECT CampaignId FROM Opportunity)", "0"),
        ("Campaign__r.Owner.Name = 'noor haddad'", "12"),
        ("Campaign__r.Name = null", "0"),
        ("Hub_Key__c = 'k0' OR Hub_Key__c = 'k1' OR Hub_Key__c = 'k2'", "012"),
        ("(Hub_Key__c = 'k0' OR Hub_Key__c = 'k1') AND Model__c = null", "1"),
        ("NOT (Hub_Key__c = 'k0')", "12"),
        ("(NOT Hub_Key__c = 'k0') AND Truncated__c = false", "1"),
        ("hub_key__C = 'k0' and TITLE__c like 'ä%'", "0"),
    ],
)
def test_a_condition_finds_what_it_describes(org: Org, where: str, keys: str) -> None:
    assert found(org, where) == [f"k{key}" for key in keys]


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("", "MALFORMED_QUERY"),
        ("SELECT", "MALFORMED_QUERY"),
        ("SELECT FROM Campaign", "MALFORMED_QUERY"),
        ("SELECT * FROM Campaign", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign;", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign c", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign, Lead", "MALFORMED_QUERY"),
        ("SELECT Id, (SELECT Id FROM Opportunities) FROM Campaign", "MALFORMED_QUERY"),
        ("SELECT FIELDS(ALL) FROM Campaign LIMIT 200", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign WHERE Name", "MALFORMED_QUERY"),
        ('SELECT Id FROM Campaign WHERE Name = "x"', "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign WHERE Name = 'x", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign WHERE Name = 'x\\q'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign WHERE Name = 'x\\%'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign WHERE Name = 'x' OR Name = 'y' AND Id != null", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign WHERE Name = 'x') OR (Id != null", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign WHERE Name = 'x' -- comment", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign WHERE StartDate = LAST_N_DAYS:30", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign WHERE Id IN ()", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign WHERE StartDate = 2026-13-01", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign WHERE " + "(" * 500 + "Name = 'x'" + ")" * 500, "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign WHERE " + "NOT " * 500 + "Name = 'x'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign LIMIT -1", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign LIMIT all", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign FOR UPDATE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign WITH SECURITY_ENFORCED", "MALFORMED_QUERY"),
        ("SELECT Id FROM Campaign ORDER BY Name LIMIT 1 WHERE Id != null", "MALFORMED_QUERY"),
        ("SELECT Name, COUNT(Id) FROM Campaign", "MALFORMED_QUERY"),
        ("SELECT SUM(Name) FROM Campaign", "MALFORMED_QUERY"),
        ("UPDATE Campaign SET Name = 'x'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Nothing FROM Campaign", "INVALID_FIELD"),
        ("SELECT Nothing__r.Name FROM Campaign", "INVALID_FIELD"),
        ("SELECT Id FROM Campaign ORDER BY Nothing", "INVALID_FIELD"),
        ("SELECT Id FROM Campaign WHERE IsActive = 'true'", "INVALID_FIELD"),
        ("SELECT Id FROM Campaign WHERE BudgetedCost > '5'", "INVALID_FIELD"),
        ("SELECT Id FROM Campaign WHERE Name = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Campaign WHERE SystemModstamp > '2026-01-01T00:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Campaign WHERE SystemModstamp > 2026-01-01", "INVALID_FIELD"),
        ("SELECT Id FROM AI_Output__c WHERE Body__c = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM AI_Output__c ORDER BY Body__c", "INVALID_FIELD"),
        ("SELECT Id FROM Campaign WHERE Name IN (SELECT Id FROM Lead)", "INVALID_FIELD"),
        ("SELECT Id FROM Campaign WHERE Id = '../../Account/001'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Campaign WHERE Id LIKE '701%'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Campaign OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
        (
            "SELECT Id FROM Lead WHERE Id IN (SELECT Id FROM Lead WHERE Id IN (SELECT Id FROM Lead))",
            "MALFORMED_QUERY",
        ),
    ],
)
def test_any_other_query_is_refused(org: Org, soql: str, code: str) -> None:
    reply = org.query(soql)
    assert (reply.status, reply.code) == (400, code)
    assert set(reply.json[0]) == {"message", "errorCode"}


def test_a_refusal_says_where_the_query_goes_wrong(org: Org) -> None:
    message = org.query("SELECT Id\nFROM Campaign\nWHERE Name ~ 'x'").message
    assert "ERROR at Row:3:Column:12" in message
    assert "unexpected token" in message


def test_rows_are_sorted_by_several_fields_and_cut(org: Org) -> None:
    def names(rest: str) -> list[str]:
        return [one["Name"].split()[0] for one in org.rows(f"SELECT Name FROM Campaign {rest}")]

    assert names("ORDER BY Name") == ["Campsite", "Sommerlicht", "Winter"]
    assert names("ORDER BY Name DESC") == ["Winter", "Sommerlicht", "Campsite"]
    assert names("ORDER BY ActualCost") == ["Winter", "Campsite", "Sommerlicht"]
    assert names("ORDER BY ActualCost DESC NULLS LAST") == ["Sommerlicht", "Campsite", "Winter"]
    assert names("ORDER BY IsActive, BudgetedCost DESC") == ["Winter", "Campsite", "Sommerlicht"]
    assert names("ORDER BY Name LIMIT 1 OFFSET 1") == ["Sommerlicht"]
    assert names("LIMIT 0") == []


def test_a_lookup_is_followed_and_an_empty_one_is_null(org: Org) -> None:
    rows = org.rows("SELECT Id, Campaign__r.Name, Campaign__r.Owner.Username FROM AI_Output__c ORDER BY Hub_Key__c")
    assert rows[0]["Campaign__r"] is None
    assert rows[1]["Campaign__r"]["Owner"]["Username"] == PLANNER
    assert rows[1]["Campaign__r"]["attributes"]["type"] == "Campaign"
    assert set(rows[1]["Campaign__r"]) == {"attributes", "Name", "Owner"}


def test_numbers_are_counted_and_summed(org: Org) -> None:
    counted = org.query("SELECT COUNT() FROM AI_Output__c WHERE Model__c != null").json
    assert counted == {"totalSize": 2, "done": True, "records": []}
    soql = (
        "SELECT Model.DeveloperName, COUNT(Id) rows, SUM(RevenueShare), MAX(Influence), COUNT_DISTINCT(CampaignId) "
        "FROM CampaignInfluence GROUP BY Model.DeveloperName"
    )
    found = [{k: v for k, v in row.items() if k != "attributes"} for row in org.rows(soql)]
    assert found == [
        {"DeveloperName": "SalesforceModel", "rows": 2, "expr0": 93500.0, "expr1": 100.0, "expr2": 1},
        {"DeveloperName": "EvenDistribution", "rows": 2, "expr0": 61500.0, "expr1": 50.0, "expr2": 2},
    ]
    nothing = org.rows("SELECT COUNT(Id), SUM(Amount), AVG(Amount) FROM Opportunity WHERE Amount < 0")
    assert [(one["expr0"], one["expr1"], one["expr2"]) for one in nothing] == [(0, None, None)]


def test_the_bin_is_seen_by_query_all_only() -> None:
    with running() as org:
        store = org.sandbox.store
        store.delete(store.schema.get("Campaign"), PARTNERS)
        soql = "q=SELECT+Id+FROM+Campaign+WHERE+IsDeleted+=+true"
        assert org.call("GET", f"/query?{soql}").json["totalSize"] == 0
        assert [one["Id"] for one in org.call("GET", f"/queryAll?{soql}").json["records"]] == [PARTNERS]
        store.undelete(store.schema.get("Campaign"), PARTNERS)
        assert org.call("GET", f"/queryAll?{soql}").json["totalSize"] == 0


def test_a_long_answer_comes_in_pages_for_the_one_who_asked() -> None:
    with running() as org:
        for number in range(450):
            org.sandbox.store.plant("AI_Output__c", {"Hub_Key__c": f"k{number:03d}"})
        soql = "SELECT Hub_Key__c FROM AI_Output__c ORDER BY Hub_Key__c"
        reply = org.query(soql, headers={"Sforce-Query-Options": "batchSize=1"})
        assert (reply.json["totalSize"], reply.json["done"], len(reply.json["records"])) == (450, False, 200)
        org.sandbox.parts.batch = 100
        everything = org.library().query_all(soql)
        assert [one["Hub_Key__c"] for one in everything["records"]] == [f"k{number:03d}" for number in range(450)]
        assert everything["done"] is True
        more = reply.json["nextRecordsUrl"]
        other = org.sandbox.accounts.session(PLANNER)
        for path, token in ((more, other), (f"{more}x", None), (more.rpartition("-")[0] + "-9999", None)):
            assert org.call("GET", path, token=token).code == "INVALID_QUERY_LOCATOR"
        assert len(org.call("GET", more).json["records"]) == 100


@pytest.mark.parametrize(
    "value",
    ["o'clock", "back\\slash", 'quo"te', "line\nbreak\r\n\ttab", "100%_", "' OR Name != '", "\\' OR 1 = 1", "„Ü“ 😀"],
)
def test_what_the_library_quotes_is_found_as_it_was_written(value: str) -> None:
    with running() as org:
        org.sandbox.store.plant("AI_Output__c", {"Hub_Key__c": "k", "Title__c": value})
        assert len(org.rows(format_soql("SELECT Id FROM AI_Output__c WHERE Title__c = {}", value))) == 1
        assert len(org.rows(format_soql("SELECT Id FROM AI_Output__c WHERE Title__c IN {}", [value, "x"]))) == 1
        like = format_soql("SELECT Id FROM AI_Output__c WHERE Title__c LIKE '{:like}'", value)
        assert len(org.rows(like)) == 1


def test_dates_and_ids_that_the_library_writes_are_read(org: Org) -> None:
    at = datetime(2027, 1, 15, 8, 1, tzinfo=UTC)
    soql = format_soql(
        "SELECT Hub_Key__c FROM AI_Output__c WHERE SystemModstamp >= {} AND Campaign__c IN {}", at, [LAUNCH]
    )
    assert [one["Hub_Key__c"] for one in org.rows(soql)] == ["k1", "k2"]
    assert org.rows(format_soql("SELECT Id FROM Lead WHERE Id = {} AND IsConverted = {}", LEAD, False))


WORDS = [
    *("SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "ORDER", "BY", "GROUP", "LIMIT", "OFFSET", "NULLS"),
    *(
        "FIRST",
        "LAST",
        "ASC",
        "DESC",
        "COUNT()",
        "COUNT(Id)",
        "SUM(Amount)",
        "null",
        "true",
        "false",
        "(",
        ")",
        ",",
        "=",
    ),
    *("!=", "<", "<=", ">", ">=", "<>", "Id", "Name", "Campaign", "Opportunity", "AI_Output__c", "Campaign__r.Name"),
    *(
        "'x'",
        "'\\''",
        "'",
        "\\",
        "5",
        "-1.5",
        "2026-11-26",
        "2026-11-26T01:00:00Z",
        "9" * 400,
        "a.b.c.d.e.f.g.h",
        "\x00",
    ),
    *("SystemModstamp", "Body__c", "IsActive", "Title__c", "What.Type", "Task", "Address", "Organization", "%", "😀"),
]
FIELDS = ("Id", "Name", "IsActive", "StartDate", "BudgetedCost", "SystemModstamp", "Owner.Name", "Description")
LITERALS = ("'x'", "''", "null", "true", "5", "2026-11-26", "2026-11-26T01:00:00Z", f"'{LAUNCH}'", "'%'", "0001-01-01")


@pytest.fixture(scope="module")
def answerer() -> Answerer:
    store = Store(Schema(TYPES))
    store.plant("Campaign", {"Name": "One", "BudgetedCost": 5, "IsActive": True})
    store.plant("Campaign", {"Name": "Two"})
    return Answerer(store, store.admin, "63.0")


def answered(answerer: Answerer, soql: str) -> list[dict[str, Any]] | None:
    """The rows of a query; None when it is refused. Anything but these two fails the test."""
    try:
        return answerer.answer(parse(soql))[1]
    except ApiError as error:
        assert error.status == 400
        return None


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
@example("SELECT Id FROM Campaign WHERE StartDate > 0000-00-00")
@example("SELECT Id FROM Campaign WHERE SystemModstamp > 0001-01-01T00:00:00+14:00")
def test_any_words_are_answered_or_refused(answerer: Answerer, soql: str) -> None:
    answered(answerer, soql)
    answered(answerer, f"SELECT Id FROM Campaign WHERE {soql}")


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_any_text_is_answered_or_refused(answerer: Answerer, text: str) -> None:
    answered(answerer, text)
    answered(answerer, f"SELECT Id FROM Campaign WHERE Name = '{text}'")
    answered(answerer, f"SELECT {text} FROM Campaign")


CONDITION = st.recursive(
    st.builds(
        "{} {} {}".format,
        st.sampled_from(FIELDS),
        st.sampled_from(("=", "!=", "<", "<=", ">", ">=", "LIKE")),
        st.sampled_from(LITERALS),
    ),
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("(NOT {})".format, inner),
    ),
    max_leaves=5,
)


@settings(max_examples=300)
@given(CONDITION)
def test_a_condition_and_its_negation_share_the_rows_out(answerer: Answerer, condition: str) -> None:
    yes = answered(answerer, f"SELECT Id FROM Campaign WHERE {condition}")
    no = answered(answerer, f"SELECT Id FROM Campaign WHERE NOT {condition}")
    assert (yes is None) == (no is None)
    if yes is not None and no is not None:
        assert len(yes) + len(no) == 2
