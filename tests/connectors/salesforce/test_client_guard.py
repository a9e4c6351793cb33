"""Where calls go: to the org's own host and places, whatever an id, a name, a value or an answer would rather have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.salesforce.client import Client, client_of
from hub.sdk import BadRequest, Connection, GuardedHttp, Unavailable, VendorRefused
from tests.connectors.salesforce.connector_bench import API, Told, client, connection, org, settings

CAMPAIGN = "701Hs0000000001IAA"
KEY = "ab" * 32
EMPTY = Told(200, {"totalSize": 0, "done": True, "records": []})
BAD_IDS = [
    "../../Account/001Hs0000000001IAA",
    "https://evil.example/701Hs0000000001",
    "//evil.example/701Hs0000000001",
    "701Hs0000000001IAA/../x",
    "701Hs0000000001IAA?x=1",
    "701Hs0000000001IAA#x",
    "701Hs000000000%2e",
    "701Hs00000000",
    "701Hs0000000001IA",
    "701Hs0000000001IA!",
    "001Hs0000000001IAA",
    "\uff17\uff10\uff11Hs000000000\uff11",
    "701Hs0000000001\n",
    "",
    None,
]
BAD_NAMES = [
    "../Account",
    "https://evil.example/",
    "Account/describe",
    "Account WHERE Id != null",
    "Name FROM User--",
    "__class__",
    "bulk?",
    "A.B'C",
    "",
    None,
]


def asks_nothing(*acts: Callable[[Client], Any], expected: type[Exception] = BadRequest) -> None:
    """Each is refused before anything leaves: no call, and no sign-in either."""
    with client() as (salesforce, made):
        for act in acts:
            with pytest.raises(expected) as caught:
                act(salesforce)
            assert "evil" not in str(caught.value)
        assert made.calls == made.sign_ins == []


@pytest.mark.parametrize("id", BAD_IDS)
def test_an_id_that_is_none_leads_nowhere(id: Any) -> None:
    asks_nothing(
        lambda salesforce: salesforce.record("Campaign", id, ["Name"]),
        lambda salesforce: salesforce.records("Campaign", [CAMPAIGN, id], ["Name"]),
        lambda salesforce: salesforce.update("Campaign", id, {"Description": "x"}),
        lambda salesforce: salesforce.delete("Campaign", id),
    )


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_is_none_leads_nowhere(name: Any) -> None:
    asks_nothing(
        lambda salesforce: salesforce.describe(name),
        lambda salesforce: salesforce.records(name, [CAMPAIGN], ["Name"]),
        lambda salesforce: salesforce.records("Campaign", [CAMPAIGN], [name]),
        lambda salesforce: salesforce.record("Campaign", CAMPAIGN, [name]),
        lambda salesforce: salesforce.upsert(name, "Hub_Key__c", KEY, {}),
        lambda salesforce: salesforce.upsert("AI_Output__c", name, KEY, {}),
        lambda salesforce: salesforce.upsert("AI_Output__c", "Hub_Key__c", KEY, {name: "x"}),
        lambda salesforce: salesforce.upsert_many("AI_Output__c", name, []),
        lambda salesforce: salesforce.update_many(name, []),
    )


@pytest.mark.parametrize("key", ["", "a/b", "a.b", "../x", "a b", "ü", "x" * 256, "https://evil.example", None])
def test_a_key_that_cannot_stand_in_an_address_is_refused(key: Any) -> None:
    asks_nothing(lambda salesforce: salesforce.upsert("AI_Output__c", "Hub_Key__c", key, {}))


@pytest.mark.parametrize("row", [{}, {"Hub_Key__c": ""}, {"Hub_Key__c": None}, {"Hub_Key__c": 7}])
def test_a_row_without_a_key_is_not_sent(row: dict[str, Any]) -> None:
    with client() as (salesforce, made):
        (only,) = salesforce.upsert_many("AI_Output__c", "Hub_Key__c", [row])
        assert isinstance(only, BadRequest)
        assert made.calls == []


@pytest.mark.parametrize("field", ["Id", "attributes", "Hub_Key__c"])
def test_a_body_names_no_record_of_its_own(field: str) -> None:
    asks_nothing(
        lambda salesforce: salesforce.upsert("AI_Output__c", "Hub_Key__c", KEY, {field: "x"}), expected=ValueError
    )


def test_a_value_stays_a_value_in_a_query() -> None:
    nasty = "x' OR Name LIKE '%\\' \n\"{0}"
    with client(EMPTY) as (salesforce, made):
        salesforce.query("SELECT Id FROM Campaign WHERE Name = {} AND Id IN {}", nasty, [CAMPAIGN])
    quoted = "'x\\' OR Name LIKE \\'%\\\\\\' \\n\\\"{0}'"
    assert made.calls[0].query["q"] == f"SELECT Id FROM Campaign WHERE Name = {quoted} AND Id IN ('{CAMPAIGN}')"


def test_a_query_takes_no_raw_text_and_no_time_without_its_zone() -> None:
    asks_nothing(lambda salesforce: salesforce.query("SELECT Id FROM {:literal}", "User"), expected=ValueError)
    at = datetime(2026, 11, 26, 9, 0)
    asks_nothing(lambda salesforce: salesforce.query("SELECT Id FROM User WHERE X > {}", at), expected=ValueError)


def test_a_time_in_a_query_is_in_utc() -> None:
    with client(EMPTY) as (salesforce, made):
        salesforce.query("SELECT Id FROM Campaign WHERE SystemModstamp >= {}", datetime(2026, 11, 26, 9, tzinfo=UTC))
    assert made.calls[0].query["q"].endswith("SystemModstamp >= 2026-11-26T09:00:00+00:00")


@pytest.mark.parametrize(
    "page",
    [
        "@evil.example/services/data/v63.0/query/01g",
        "//evil.example/services/data/v63.0/query/01g",
        "https://evil.example/services/data/v63.0/query/01g",
        "/services/data/v63.0/query/../sobjects/User",
        "/services/data/v63.0/sobjects/User",
        ":8443/services/data/v63.0/query/01g",
        None,
        7,
    ],
)
def test_a_next_page_elsewhere_is_not_turned(page: object) -> None:
    first = Told(200, {"totalSize": 2, "done": False, "nextRecordsUrl": page, "records": [{"Id": CAMPAIGN}]})
    with client(first) as (salesforce, made), pytest.raises(Unavailable):
        salesforce.query("SELECT Id FROM Campaign")
    assert len(made.calls) == 1


def test_pages_that_lead_back_to_themselves_end() -> None:
    page = {"totalSize": 2, "done": False, "nextRecordsUrl": f"{API}/query/01gD", "records": [{"Id": CAMPAIGN}]}
    with client() as (salesforce, made):
        made.otherwise = lambda call: Told(200, page)
        with pytest.raises(Unavailable):
            salesforce.query("SELECT Id FROM Campaign")
    assert len(made.calls) == 2


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with org() as other, client() as (salesforce, made):
        made.answers.append(Told(status, b"", {"location": f"{other.url}{API}/query/"}))
        with pytest.raises(VendorRefused, match="redirect"):
            salesforce.query("SELECT Id FROM Campaign")
        assert other.calls == other.sign_ins == []


def test_no_token_leaves_for_another_host() -> None:
    with org() as other, client() as (salesforce, made):
        salesforce.sign_in()
        session = salesforce._salesforce.session
        port = other.url.rpartition(":")[2]
        for address in (
            f"{other.url}{API}/query/",
            f"https://127.0.0.1:{port}{API}/query/",
            f"http://acme.my.salesforce.com{API}/query/",
            f"https://acme.my.salesforce.com:{port}{API}/query/",
            f"https://acme.my.salesforce.com@127.0.0.1:{port}{API}/query/",
            "https://acme.my.salesforce.com/secur/logout.jsp",
            "https://acme.my.salesforce.com/services/../secur/logout.jsp",
            "https://acme.my.salesforce.com/services/%2e%2E/secur/logout.jsp",
            "ftp://acme.my.salesforce.com/services/",
            "https:services/",
            "",
        ):
            with pytest.raises(BadRequest):
                session.request("GET", address)
        assert other.calls == made.calls == []


def test_a_real_connection_calls_its_own_org_over_https_only() -> None:
    real = settings()
    assert real.hosts() == {"acme.my.salesforce.com"}
    refused = Connection(name="real", settings=real, http=GuardedHttp({"other.my.salesforce.com"}), sandbox=False)
    with pytest.raises(BadRequest, match="does not call acme"):
        Client(refused).sign_in()


def test_a_sandbox_connection_without_a_stand_in_goes_nowhere() -> None:
    real = settings()
    away = Connection(name="s", settings=real, http=GuardedHttp(real.hosts(), loopback_only=True), sandbox=True)
    with pytest.raises(BadRequest, match="does not call"):
        Client(away).sign_in()


def test_proxies_and_netrc_of_the_environment_count_for_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password stolen\n")
    netrc.chmod(0o600)
    with org() as proxy, client(EMPTY) as (salesforce, made):
        monkeypatch.setenv("NETRC", str(netrc))
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        salesforce.query("SELECT Id FROM Campaign")
        assert proxy.calls == proxy.sign_ins == []
        assert "Basic" not in made.calls[0].headers["authorization"]
        assert "authorization" not in made.sign_ins[0].headers


def test_every_call_has_a_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float | None] = []

    class Noting(GuardedHttp):
        def request(self, *args: Any, timeout: float | None = None, **more: Any) -> Any:
            seen.append(timeout)
            return super().request(*args, timeout=timeout, **more)

    with org() as made:
        filled = settings(made.url)
        made.otherwise = lambda call: Told(200, {"id": CAMPAIGN, "records": [], "done": True})
        salesforce = Client(Connection(name="s", settings=filled, http=Noting(filled.hosts()), sandbox=True))
        salesforce.query("SELECT Id FROM Campaign")
        salesforce.upsert("AI_Output__c", "Hub_Key__c", KEY, {})
        salesforce.update("Campaign", CAMPAIGN, {})
        salesforce.delete("Campaign", CAMPAIGN)
        salesforce.record("Campaign", CAMPAIGN, [])
        salesforce.limits()
        salesforce.update_many("Campaign", [{"Id": CAMPAIGN}])
    assert len(seen) == 8
    assert all(one is not None and 10 <= one <= 120 for one in seen)


def test_an_org_that_does_not_answer_is_away() -> None:
    with org() as made:
        url = made.url
    with pytest.raises(Unavailable):
        Client(connection(url)).sign_in()


def test_a_connection_has_one_client() -> None:
    opened = connection("http://127.0.0.1:9")
    assert client_of(opened) is client_of(opened)
    assert client_of(opened) is not client_of(connection("http://127.0.0.1:9"))
