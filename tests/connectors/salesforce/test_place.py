"""A target's address: which record it means, and everything it must not mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.salesforce.place import Address, address, own_hosts, url
from connectors.salesforce.sandbox_samples import LAUNCH, LEAD, OPPORTUNITY
from hub.sdk import BadRequest, Connection, VendorRefused
from tests.connectors.salesforce.connector_bench import Bench, connection, org, sandboxed, settings

CAMPAIGN = "701Hs0000000001IAA"


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with sandboxed() as made:
        yield made


def refused(opened: Connection, **at: Any) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        address(opened, at)
    assert "evil" not in f"{caught.value.what} {caught.value.why}"
    return caught.value


def request_record(bench: Bench) -> str:
    return bench.sandbox.store.plant("AI_Request__c", {"Campaign__c": LAUNCH, "Template__c": "campaign-email"})


@pytest.mark.parametrize(
    ("record", "object"),
    [(LAUNCH, "Campaign"), (LEAD, "Lead"), (OPPORTUNITY, "Opportunity"), ("003Hs0000000001", "Contact")],
)
def test_the_records_people_work_on_are_known_without_a_call(record: str, object: str) -> None:
    with org() as made:
        opened = connection(made.url)
        found = address(opened, {"record": record})
        short = address(opened, {"record": record[:15]})
        assert made.calls == made.sign_ins == []
    assert found == short
    assert (found.object, found.record[:15], len(found.record)) == (object, record[:15], 18)
    assert (found.way, found.request, found.field) == ("output", "", "")


@pytest.mark.parametrize(
    "page",
    [
        f"https://acme.my.salesforce.com/lightning/r/Campaign/{CAMPAIGN}/view",
        f"https://acme.lightning.force.com/lightning/r/Campaign/{CAMPAIGN}/view?ws=%2Flightning#top",
        f"https://ACME.lightning.force.com/lightning/r/{CAMPAIGN}/view",
        f"https://acme.my.salesforce.com/{CAMPAIGN[:15]}",
        f"  https://acme.my.salesforce.com/{CAMPAIGN}  ",
    ],
)
def test_the_address_of_a_record_s_page_means_the_record(page: str) -> None:
    assert address(connection("http://127.0.0.1:9"), {"record": page}) == Address("Campaign", CAMPAIGN)


@pytest.mark.parametrize("id", [CAMPAIGN, "701E0000000JuFHIA0", "0037e00001WZ30qAAD"])
def test_an_id_that_lost_its_capitals_is_read_right(id: str) -> None:
    opened = connection("http://127.0.0.1:9")
    for written in (id, id.lower(), id.upper(), id[:15]):
        assert address(opened, {"record": written}).record == id


def test_a_sandbox_org_s_pages_have_a_host_of_their_own() -> None:
    uat = settings(domain="acme--uat.sandbox.my.salesforce.com", login_audience="https://test.salesforce.com")
    assert own_hosts(uat) == {"acme--uat.sandbox.my.salesforce.com", "acme--uat.sandbox.lightning.force.com"}


def test_the_stand_in_s_own_page_means_the_record(bench: Bench) -> None:
    opened = bench.connection()
    page = url(opened, LAUNCH)
    assert page == bench.sandbox.record_url("Campaign", LAUNCH)
    assert address(opened, {"record": page}).record == LAUNCH


@pytest.mark.parametrize(
    "page",
    [
        f"https://evil.example/lightning/r/Campaign/{CAMPAIGN}/view",
        f"https://acme.my.salesforce.com.evil.example/lightning/r/Campaign/{CAMPAIGN}/view",
        f"https://acme.my.salesforce.com@evil.example/{CAMPAIGN}",
        f"https://evil@acme.my.salesforce.com/{CAMPAIGN}",
        f"https://other.my.salesforce.com/lightning/r/Campaign/{CAMPAIGN}/view",
        f"https://acme.my.salesforce.com/lightning/r/Lead/{CAMPAIGN}/view",
        f"https://acme.my.salesforce.com/lightning/r/Campaign/{CAMPAIGN}/../../Account/view",
        f"https://acme.my.salesforce.com/services/data/v63.0/sobjects/Campaign/{CAMPAIGN}",
        f"javascript://acme.my.salesforce.com/{CAMPAIGN}",
        f"//acme.my.salesforce.com/{CAMPAIGN}",
        "https://acme.my.salesforce.com/lightning/o/Campaign/list",
        "https://[acme/701",
        f"../../Account/{CAMPAIGN}",
        f"{CAMPAIGN}' OR Name != '",
        f"{CAMPAIGN}?x",
        "701Hs000000000",
        "701Hs0000000001AAA",
        "001Hs0000000001IAA",
        "005Hs0000000001IAA",
        "\uff17\uff10\uff11Hs0000000001",
        "",
        "   ",
        "x" * 5000,
        None,
        7,
        ["701Hs0000000001IAA"],
    ],
)
def test_everything_else_is_refused_before_a_call(page: Any) -> None:
    with org() as made:
        refused(connection(made.url), record=page)
        assert made.calls == made.sign_ins == []


def test_a_request_and_an_output_are_known_by_what_the_org_says_of_them(bench: Bench) -> None:
    record = request_record(bench)
    assert address(bench.connection(), {"record": record}).object == "AI_Request__c"
    output = bench.sandbox.store.plant("AI_Output__c", {"Hub_Key__c": "ab" * 32, "Campaign__c": LAUNCH})
    assert address(bench.connection(), {"record": output}).object == "AI_Output__c"
    refused(bench.connection(), record="a99Hs0000000001")


def test_the_request_belongs_to_the_address_and_is_one(bench: Bench) -> None:
    record = request_record(bench)
    found = address(bench.connection(), {"record": LAUNCH, "request": record[:15]})
    assert (found.record, found.request) == (LAUNCH, record)
    for wrong in (LAUNCH, "../x", 7):
        refused(bench.connection(), record=LAUNCH, request=wrong)


def test_an_org_without_the_package_says_so() -> None:
    with sandboxed() as fresh:
        fresh.sandbox.store.schema.drop("AI_Request__c")
        with pytest.raises(VendorRefused, match="no such object"):
            address(fresh.connection(), {"record": LAUNCH, "request": "a01Hs0000000001"})


def test_a_field_is_written_only_where_the_settings_list_it() -> None:
    opened = connection("http://127.0.0.1:9", record_fields=("Campaign.Description",))
    found = address(opened, {"record": CAMPAIGN, "as": "field", "field": "Description"})
    assert (found.way, found.field) == ("field", "Description")
    assert "record_fields" in refused(opened, record=CAMPAIGN, **{"as": "field", "field": "Name"}).why
    assert "record_fields" in refused(opened, record=LEAD, **{"as": "field", "field": "Description"}).why
    refused(opened, record=CAMPAIGN, **{"as": "field", "field": "Description, Id FROM User"})
    refused(opened, record=CAMPAIGN, **{"as": "field"})
    refused(opened, record=CAMPAIGN, field="Description")


def test_a_task_is_left_only_where_the_settings_allow_it(bench: Bench) -> None:
    opened = connection("http://127.0.0.1:9", tasks=True)
    assert address(opened, {"record": CAMPAIGN, "as": "task"}).way == "task"
    assert "tasks" in refused(connection("http://127.0.0.1:9"), record=CAMPAIGN, **{"as": "task"}).why
    refused(bench.connection(tasks=True), record=request_record(bench), **{"as": "task"})


def test_an_unknown_field_or_way_is_named() -> None:
    opened = connection("http://127.0.0.1:9")
    assert "'recrod'" in refused(opened, recrod=CAMPAIGN).what
    assert "output, task or field" in refused(opened, record=CAMPAIGN, **{"as": "email"}).what


def test_a_record_s_page_is_where_a_person_opens_it() -> None:
    real = Connection(name="s", settings=settings(), http=connection("http://127.0.0.1:9").http)
    assert url(real, CAMPAIGN[:15]) == f"https://acme.my.salesforce.com/lightning/r/Campaign/{CAMPAIGN}/view"
    output = url(real, "a02Hs0000000001", "AI_Output__c")
    assert output == "https://acme.my.salesforce.com/lightning/r/AI_Output__c/a02Hs0000000001IAA/view"
    assert url(real, "a02Hs0000000001") == "https://acme.my.salesforce.com/a02Hs0000000001IAA"
    for bad in ("../x", "701Hs0000000001AAA"):
        with pytest.raises(BadRequest):
            url(real, bad)
