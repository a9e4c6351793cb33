"""The client against the sandbox, fault by fault: what is written stands once, and what fails says whether to wait."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.salesforce.sandbox_samples import LAUNCH
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
from tests.connectors.salesforce.connector_bench import Bench, sandboxed

KEY = "ab" * 32


@pytest.fixture
def bench() -> Iterator[Bench]:
    with sandboxed() as made:
        yield made


def output(**more: Any) -> dict[str, Any]:
    return {"Campaign__c": LAUNCH, "Title__c": "Spring mail", "Body__c": "Dear reader", **more}


def upsert(bench: Bench, key: str = KEY, **more: Any) -> tuple[str, bool]:
    return bench.client().upsert("AI_Output__c", "Hub_Key__c", key, output(**more))


def outputs(bench: Bench) -> list[str]:
    return [record.values["Title__c"] for record in bench.sandbox.store.rows("AI_Output__c")]


def test_an_output_is_made_once_and_then_changed(bench: Bench) -> None:
    id, made = upsert(bench)
    assert made
    assert upsert(bench, Title__c="Summer mail") == (id, False)
    assert outputs(bench) == ["Summer mail"]
    (found,) = bench.client().records("AI_Output__c", [id], ["Title__c", "Campaign__r.Name"])
    assert found["Title__c"] == "Summer mail"
    assert found["Campaign__r"]["Name"].startswith("Sommerlicht")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("503", Unavailable),
        ("503-after-commit", Unavailable),
        ("500", Unavailable),
        ("drop", Unavailable),
        ("drop-after-commit", Unavailable),
        ("html", Unavailable),
        ("malformed", Unavailable),
        ("lock", RateLimited),
        ("concurrent", RateLimited),
        ("validation", VendorRefused),
    ],
)
def test_after_a_fault_the_same_write_again_leaves_one_output(
    bench: Bench, fault: str, expected: type[InlayError]
) -> None:
    bench.sandbox.faults.add(fault, on="sobjects.upsert")
    with pytest.raises(expected) as caught:
        upsert(bench)
    assert type(caught.value) is expected
    assert "Dear reader" not in f"{caught.value.what} {caught.value.why}"
    upsert(bench)
    assert outputs(bench) == ["Spring mail"]


@pytest.mark.parametrize("fault", ["expired-session", "401-html", "lost-race"])
def test_a_fault_the_client_mends_itself_is_not_seen(bench: Bench, fault: str) -> None:
    bench.sandbox.faults.add(fault, on="sobjects.upsert")
    upsert(bench)
    assert outputs(bench) == ["Spring mail"]


def test_a_session_that_stays_refused_needs_somebody(bench: Bench) -> None:
    bench.sandbox.faults.add("401-html", times=None, on="query")
    with pytest.raises(NeedsPermission):
        bench.client().organization()
    assert bench.sandbox.calls()["logins"] == 2


def test_a_day_s_limit_stops_the_calls_until_there_is_room(bench: Bench) -> None:
    now = [0.0]
    client = bench.client()
    client.usage._clock = lambda: now[0]
    bench.sandbox.accounts.use(15_000)
    for _ in range(3):
        with pytest.raises(OutOfQuota):
            upsert(bench)
    assert bench.sandbox.calls()["writes"] <= 1
    bench.sandbox.accounts.reset()
    with pytest.raises(OutOfQuota):
        upsert(bench)
    now[0] += 900
    upsert(bench)
    upsert(bench, "cd" * 32)
    assert len(outputs(bench)) == 2


def test_two_hundred_rows_are_one_call_and_a_locked_one_harms_no_other(bench: Bench) -> None:
    keys = [f"{number:064x}" for number in range(200)]
    rows = [{"Hub_Key__c": key, **output(Title__c=f"Mail {number}")} for number, key in enumerate(keys)]
    bench.sandbox.faults.add("lock", on="*", record=keys[7])
    bench.sandbox.faults.add("lost-race", on="*", record=keys[9])
    client = bench.client()
    answers = client.upsert_many("AI_Output__c", "Hub_Key__c", rows)
    assert [at for at, one in enumerate(answers) if isinstance(one, InlayError)] == [7]
    assert isinstance(answers[7], RateLimited)
    assert bench.sandbox.calls()["writes"] == 2, "the second is the repeat of the lost race"
    again = client.upsert_many("AI_Output__c", "Hub_Key__c", rows)
    assert not [one for one in again if isinstance(one, InlayError)]
    assert len(outputs(bench)) == 200


def test_rows_of_a_call_that_was_lost_after_it_was_done_stand_once(bench: Bench) -> None:
    rows = [{"Hub_Key__c": f"{number:064x}", **output()} for number in range(200)]
    client = bench.client()
    client.sign_in()
    bench.sandbox.faults.add("503-after-commit")
    first = client.upsert_many("AI_Output__c", "Hub_Key__c", rows)
    assert all(isinstance(one, Unavailable) for one in first)
    second = client.upsert_many("AI_Output__c", "Hub_Key__c", rows)
    assert [one[1] for one in second if not isinstance(one, InlayError)] == [False] * 200
    assert len(outputs(bench)) == 200


def test_a_text_too_long_says_how_long_it_may_be(bench: Bench) -> None:
    with pytest.raises(VendorRefused) as caught:
        upsert(bench, Title__c="Long " * 100)
    assert "At most 255 characters fit" in caught.value.why
    assert "Long Long" not in f"{caught.value.what} {caught.value.why}"


def test_a_value_that_is_on_no_list_is_named_by_its_field(bench: Bench) -> None:
    with pytest.raises(VendorRefused) as caught:
        upsert(bench, Status__c="Draft one")
    assert "Status__c of AI_Output__c" in caught.value.why
    assert "Draft one" not in f"{caught.value.what} {caught.value.why}"


def test_a_field_the_user_may_not_write_is_the_admin_s(bench: Bench) -> None:
    with pytest.raises(VendorRefused) as caught:
        upsert(bench, Feedback__c="Useful")
    assert caught.value.who == "a Salesforce admin"


def test_an_output_for_a_campaign_that_is_gone_has_no_place(bench: Bench) -> None:
    kind = bench.sandbox.store.schema.get("Campaign")
    bench.sandbox.store.delete(kind, LAUNCH)
    with pytest.raises(TargetGone):
        upsert(bench)
    with pytest.raises(TargetGone):
        bench.client().record("Campaign", LAUNCH, ["Name"])
    assert bench.client().records("Campaign", [LAUNCH], ["Name"]) == []


def test_a_key_that_two_records_have_is_refused_by_their_ids(bench: Bench) -> None:
    store = bench.sandbox.store
    store.schema.change("AI_Output__c", "Hub_Key__c", unique=False)
    both = sorted(store.plant("AI_Output__c", {"Hub_Key__c": KEY, "Title__c": title}) for title in "ab")
    with pytest.raises(VendorRefused, match="More than one record") as caught:
        upsert(bench)
    assert all(one in caught.value.what for one in both)


def test_a_record_changed_since_it_was_read_is_not_overwritten(bench: Bench) -> None:
    client = bench.client()
    read = datetime.now(UTC)
    client.update("Campaign", LAUNCH, {"Description": "First"}, unchanged_since=read + timedelta(minutes=1))
    with pytest.raises(Conflict):
        client.update("Campaign", LAUNCH, {"Description": "Second"}, unchanged_since=read - timedelta(days=1))
    assert client.record("Campaign", LAUNCH, ["Description"])["Description"] == "First"


def test_every_page_of_a_long_query_arrives(bench: Bench) -> None:
    for number in range(2100):
        bench.sandbox.store.plant("Lead", {"LastName": f"Lead {number}", "Company": "Long"})
    found = bench.client().query("SELECT LastName FROM Lead WHERE Company = {}", "Long")
    assert len({one["LastName"] for one in found}) == 2100
    assert bench.sandbox.calls()["reads"] == 2


def test_quotes_in_a_value_find_what_they_name(bench: Bench) -> None:
    name = "O'Hara \\ \"Sons\" %_ {0}\n' OR Name != '"
    id = bench.sandbox.store.plant("Account", {"Name": name})
    assert bench.client().query("SELECT Id FROM Account WHERE Name = {}", name) == [{"Id": id}]


def test_what_is_used_is_seen_at_every_call(bench: Bench) -> None:
    client = bench.client()
    client.organization()
    client.describe("Campaign")
    upsert(bench)
    assert (client.usage.used, client.usage.total) == (3, 15_000)
    assert client.limits()["DailyApiRequests"]["Max"] == 15_000
