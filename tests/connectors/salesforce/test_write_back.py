"""Drafts in an org: one record for each delivery, whatever goes wrong, and what people changed is left alone."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.salesforce import output, read_back, write_back
from connectors.salesforce.sandbox_samples import LAUNCH, LEAD, WINTER
from connectors.salesforce.sandbox_schema import ObjectType
from hub.domain import RunState
from hub.sdk import (
    BadRequest,
    Conflict,
    InlayError,
    News,
    OutOfQuota,
    RateLimited,
    Receipt,
    TargetGone,
    Unavailable,
    VendorRefused,
)
from tests.connectors.salesforce.connector_bench import Bench, sandboxed
from tests.connectors.salesforce.written import TEXT, ask, delivery, outputs, rows, target


@pytest.fixture
def bench() -> Iterator[Bench]:
    with sandboxed() as bench:
        yield bench


def test_a_delivery_becomes_one_output_on_its_campaign_with_where_it_comes_from(bench: Bench) -> None:
    request = ask(bench.sandbox)
    order = delivery(at=target(request=request))
    receipt = write_back.write_back(bench.connection(), order)
    (row,) = outputs(bench.sandbox)
    assert row["Campaign__c"] == LAUNCH
    assert row["Request__c"] == request
    assert row["Body__c"] == TEXT
    assert row["Review_Status__c"] == "Not needed"
    assert row["Template__c"] == "campaign-email"
    assert row["Hub_Run__c"] == order.run_id
    assert row["Requested_By__c"] == "noor@example.com"
    assert row["Full_Output_URL__c"] == order.provenance["url"]
    assert json.loads(row["Provenance__c"])["run"] == order.run_id
    assert not row["Truncated__c"]
    assert row["Hub_Key__c"] == output.key_of(order, LAUNCH)
    assert receipt.vendor_id == row["Id"]
    assert receipt.content_hash == output.digest(TEXT)
    assert not receipt.already
    assert receipt.url.endswith(f"/lightning/r/AI_Output__c/{row['Id']}/view")


def test_the_request_says_that_its_output_is_ready(bench: Bench) -> None:
    request = ask(bench.sandbox)
    write_back.write_back(bench.connection(), delivery(at=target(request=request)))
    (row,) = rows(bench.sandbox, "AI_Request__c")
    assert row["Status__c"] == "Ready"


@pytest.mark.parametrize("fault", ["lock", "503", "drop", "limit", "concurrent"])
def test_an_output_arrived_though_its_request_cannot_be_told_so_which_is_done_later(bench: Bench, fault: str) -> None:
    made = [ask(bench.sandbox), ask(bench.sandbox)]
    connection = bench.connection()
    orders = [delivery(at=target(request=request)) for request in made]
    bench.sandbox.faults.add(fault, on="collections.update", type="AI_Request__c" if fault == "lock" else None)
    outcomes = write_back.write_many(connection, orders)
    assert all(isinstance(one, Receipt) for one in outcomes)
    untold = [at for at, one in enumerate(outcomes) if isinstance(one, Receipt) and one.detail.get("untold")]
    assert untold
    bench.client().usage.seen({"sforce-limit-info": "api-usage=1/15000"})  # There are calls again.
    for at in untold:
        order = orders[at]
        news = News(run_id=order.run_id, target=order.target, state=RunState.DELIVERED, what="The draft is there.")
        write_back.tell(connection, news)
    assert [row["Status__c"] for row in rows(bench.sandbox, "AI_Request__c")] == ["Ready", "Ready"]
    assert len(outputs(bench.sandbox)) == 2


def test_a_request_the_org_never_lets_be_told_holds_up_no_output(bench: Bench) -> None:
    bench.sandbox.faults.add("validation", on="collections.update", times=None, type="AI_Request__c")
    order = delivery(at=target(request=ask(bench.sandbox)))
    assert isinstance(write_back.write_back(bench.connection(), order), Receipt)
    assert len(outputs(bench.sandbox)) == 1


def test_a_draft_nobody_reviewed_is_marked_and_the_review_clears_the_mark(bench: Bench) -> None:
    order = delivery(reviewed=False)
    receipt = write_back.write_back(bench.connection(), order)
    assert outputs(bench.sandbox)[0]["Review_Status__c"] == "Not reviewed"
    again = dataclasses.replace(order, reviewed=True, earlier=receipt)
    write_back.write_back(bench.connection(), again)
    (row,) = outputs(bench.sandbox)
    assert row["Review_Status__c"] == "Reviewed"


def test_what_a_person_edited_stays_when_the_mark_is_cleared(bench: Bench) -> None:
    order = delivery(reviewed=False)
    receipt = write_back.write_back(bench.connection(), order)
    bench.sandbox.store.update(_type(bench), receipt.vendor_id, {"Body__c": "By a person."})
    write_back.write_back(bench.connection(), dataclasses.replace(order, reviewed=True, earlier=receipt))
    (row,) = outputs(bench.sandbox)
    assert (row["Body__c"], row["Review_Status__c"]) == ("By a person.", "Reviewed")


def test_feedback_is_never_written(bench: Bench) -> None:
    order = delivery(reviewed=False)
    receipt = write_back.write_back(bench.connection(), order)
    said = {"Feedback__c": "Useful", "Feedback_Comment__c": "Good start."}
    bench.sandbox.store.update(_type(bench), receipt.vendor_id, said)
    for again in (order, dataclasses.replace(order, reviewed=True, earlier=receipt)):
        write_back.write_back(bench.connection(), again)
        row = outputs(bench.sandbox)[0]
        assert {name: row[name] for name in said} == said


@pytest.mark.parametrize("fault", ["drop-after-commit", "503-after-commit", "malformed", "drop", "503", "html", "500"])
def test_whatever_becomes_of_the_reply_the_retry_leaves_one_output(bench: Bench, fault: str) -> None:
    order = delivery()
    bench.sandbox.faults.add(fault, on="collections.upsert")
    with pytest.raises(Unavailable):
        write_back.write_back(bench.connection(), order)
    done = len(outputs(bench.sandbox))
    receipt = write_back.write_back(bench.connection(), order)
    assert len(outputs(bench.sandbox)) == 1
    assert receipt.already is bool(done)


def test_two_first_writes_that_meet_leave_one_output(bench: Bench) -> None:
    bench.sandbox.faults.add("lost-race", on="*")
    write_back.write_back(bench.connection(), delivery())
    assert len(outputs(bench.sandbox)) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [("lock", RateLimited), ("limit", OutOfQuota), ("concurrent", RateLimited), ("validation", VendorRefused)],
)
def test_what_salesforce_refuses_is_told_in_the_hub_s_words(bench: Bench, fault: str, error: type[InlayError]) -> None:
    bench.connection()
    bench.client().describe("AI_Output__c")
    bench.sandbox.faults.add(fault, on="collections.upsert", times=None)
    with pytest.raises(error):
        write_back.write_back(bench.connection(), delivery())
    assert outputs(bench.sandbox) == []


def test_a_text_longer_than_salesforce_takes_is_cut_and_says_where_the_rest_is(bench: Bench) -> None:
    bench.sandbox.store.schema.change("AI_Output__c", "Body__c", length=1000)
    order = delivery(text="A line of this text.\n" * 500)
    receipt = write_back.write_back(bench.connection(), order)
    (row,) = outputs(bench.sandbox)
    assert row["Truncated__c"]
    assert len(row["Body__c"]) <= 1000
    assert order.provenance["url"] in row["Body__c"]
    assert "cut" in receipt.detail["note"]
    assert receipt.content_hash == output.digest(row["Body__c"])


def test_a_field_an_admin_made_shorter_costs_one_refusal(bench: Bench) -> None:
    bench.client().describe("AI_Output__c")
    bench.sandbox.store.schema.change("AI_Output__c", "Body__c", length=1000)
    order = delivery("A line of this text.\n" * 500)
    with pytest.raises(VendorRefused):
        write_back.write_back(bench.connection(), order)
    write_back.write_back(bench.connection(), order)
    assert outputs(bench.sandbox)[0]["Truncated__c"]


def test_an_output_a_person_removed_is_not_written_again(bench: Bench) -> None:
    order = delivery(reviewed=False)
    receipt = write_back.write_back(bench.connection(), order)
    bench.sandbox.store.delete(_type(bench), receipt.vendor_id)
    with pytest.raises(TargetGone):
        write_back.write_back(bench.connection(), dataclasses.replace(order, reviewed=True, earlier=receipt))
    assert outputs(bench.sandbox) == []


def test_an_output_removed_while_its_mark_is_cleared_is_not_made_anew(bench: Bench) -> None:
    order = delivery(reviewed=False)
    receipt = write_back.write_back(bench.connection(), order)
    client = bench.client()
    mark = client.update_many

    def late(object: str, rows: Any) -> Any:
        bench.sandbox.store.delete(_type(bench), receipt.vendor_id)
        return mark(object, rows)

    client.update_many = late  # type: ignore[method-assign]
    with pytest.raises(InlayError):
        write_back.write_back(bench.connection(), dataclasses.replace(order, reviewed=True, earlier=receipt))
    assert outputs(bench.sandbox) == []


def test_what_people_made_of_its_status_stays_when_the_mark_is_cleared(bench: Bench) -> None:
    order = delivery(reviewed=False)
    receipt = write_back.write_back(bench.connection(), order)
    bench.sandbox.store.update(_type(bench), receipt.vendor_id, {"Status__c": "Superseded"})
    write_back.write_back(bench.connection(), dataclasses.replace(order, reviewed=True, earlier=receipt))
    (row,) = outputs(bench.sandbox)
    assert (row["Status__c"], row["Review_Status__c"]) == ("Superseded", "Reviewed")


def test_a_run_that_goes_on_at_another_record_leaves_the_first_output_as_it_is(bench: Bench) -> None:
    order = delivery()
    first = write_back.write_back(bench.connection(), order)
    bench.sandbox.store.update(_type(bench), first.vendor_id, {"Body__c": "By a person."})
    write_back.write_back(bench.connection(), dataclasses.replace(order, target=target(LEAD)))
    assert [row["Body__c"] for row in outputs(bench.sandbox)] == ["By a person.", TEXT]
    assert [(row["Campaign__c"], row["Lead__c"]) for row in outputs(bench.sandbox)] == [(LAUNCH, None), (None, LEAD)]


def test_a_request_about_another_record_is_not_called_ready(bench: Bench) -> None:
    other = ask(bench.sandbox, WINTER)
    write_back.write_back(bench.connection(), delivery(at=target(request=other)))
    (row,) = rows(bench.sandbox, "AI_Request__c")
    assert row["Status__c"] == "Requested"


def test_a_text_of_emoji_is_cut_as_salesforce_counts_it(bench: Bench) -> None:
    bench.sandbox.store.schema.change("AI_Output__c", "Body__c", length=1000)
    made = {**delivery().provenance, "title": "🌞" * 200}
    write_back.write_back(bench.connection(), delivery("🌞🇩🇪\n" * 300, provenance=made))
    (row,) = outputs(bench.sandbox)
    assert row["Truncated__c"]
    assert output.size(row["Body__c"]) <= 1000
    assert row["Title__c"] == "🌞" * 127


def test_a_field_whose_cleared_mark_was_not_answered_is_cleared_once(bench: Bench) -> None:
    at = target(WINTER, **{"as": "field", "field": "Description"})
    connection = bench.connection(record_fields=("Campaign.Description",))
    order = delivery("A shorter description.", at, reviewed=False)
    receipt = write_back.write_back(connection, order)
    later = dataclasses.replace(order, reviewed=True, earlier=receipt)
    bench.sandbox.faults.add("503-after-commit", on="sobjects.update")
    with pytest.raises(Unavailable):
        write_back.write_back(connection, later)
    assert write_back.write_back(connection, later).already
    assert description(bench) == "A shorter description."


def test_undo_withdraws_an_output_once_and_leaves_an_edited_one(bench: Bench) -> None:
    order = delivery()
    receipt = write_back.write_back(bench.connection(), order)
    assert not write_back.undo(bench.connection(), order.target, receipt).already
    assert outputs(bench.sandbox)[0]["Status__c"] == "Withdrawn"
    assert write_back.undo(bench.connection(), order.target, receipt).already
    other = delivery()
    kept = write_back.write_back(bench.connection(), other)
    bench.sandbox.store.update(_type(bench), kept.vendor_id, {"Body__c": "By a person."})
    with pytest.raises(Conflict):
        write_back.undo(bench.connection(), other.target, kept)
    assert [row["Status__c"] for row in outputs(bench.sandbox)] == ["Withdrawn", "Ready"]


def test_many_drafts_are_written_with_one_outcome_each_though_some_are_refused(bench: Bench) -> None:
    orders = [delivery(f"Text {number}") for number in range(5)]
    orders[1] = dataclasses.replace(orders[1], target=target("../../Account/001"))
    orders[2] = dataclasses.replace(orders[2], text="   ")
    bench.sandbox.faults.add("validation", on="*", type="AI_Output__c", record=output.key_of(orders[3], LAUNCH))
    outcomes = write_back.write_many(bench.connection(), orders)
    assert [type(one) for one in outcomes] == [Receipt, BadRequest, BadRequest, VendorRefused, Receipt]
    assert sorted(row["Body__c"] for row in outputs(bench.sandbox)) == ["Text 0", "Text 4"]


def test_two_hundred_drafts_cost_three_calls(bench: Bench) -> None:
    requests = [ask(bench.sandbox) for _ in range(200)]
    orders = [delivery(f"Text {at}", target(request=request)) for at, request in enumerate(requests)]
    bench.client().describe("AI_Output__c")
    bench.client().describe("AI_Request__c")
    before = bench.sandbox.calls()
    outcomes = write_back.write_many(bench.connection(), orders)
    after = bench.sandbox.calls()
    assert all(isinstance(one, Receipt) for one in outcomes)
    assert {name: after[name] - before[name] for name in after} == {"reads": 1, "writes": 2, "logins": 0}
    assert len({row["Hub_Key__c"] for row in outputs(bench.sandbox)}) == 200
    assert {row["Status__c"] for row in rows(bench.sandbox, "AI_Request__c")} == {"Ready"}


def test_a_simulated_draft_does_not_reach_a_real_org(bench: Bench) -> None:
    real = dataclasses.replace(bench.connection(), sandbox=False)
    with pytest.raises(BadRequest):
        write_back.write_back(real, delivery(simulated=True))
    assert outputs(bench.sandbox) == []


def test_a_draft_can_be_a_task_marked_until_it_is_reviewed(bench: Bench) -> None:
    connection = bench.connection(tasks=True)
    order = delivery(at=target(LEAD, **{"as": "task"}), reviewed=False)
    receipt = write_back.write_back(connection, order)
    write_back.write_back(connection, order)
    (row,) = rows(bench.sandbox, "Task")
    assert (row["WhoId"], row["Description"]) == (LEAD, TEXT)
    assert row["Subject"] == "[Not reviewed] Campaign e-mail"
    write_back.write_back(connection, dataclasses.replace(order, reviewed=True, earlier=receipt))
    (row,) = rows(bench.sandbox, "Task")
    assert row["Subject"] == "Campaign e-mail"


def test_a_field_is_written_only_when_allowed_and_undo_puts_back_what_stood_there(bench: Bench) -> None:
    at = target(WINTER, **{"as": "field", "field": "Description"})
    with pytest.raises(BadRequest):
        write_back.write_back(bench.connection(), delivery(at=at))
    connection = bench.connection(record_fields=("Campaign.Description",))
    before = description(bench)
    order = delivery("A shorter description.", at, reviewed=False)
    receipt = write_back.write_back(connection, order)
    assert description(bench) == "[Not reviewed]\nA shorter description."
    assert write_back.write_back(connection, order).already
    done = write_back.write_back(connection, dataclasses.replace(order, reviewed=True, earlier=receipt))
    assert description(bench) == "A shorter description."
    kept = dataclasses.replace(done, detail={**receipt.detail, **done.detail})
    write_back.undo(connection, at, kept)
    assert description(bench) == before


def test_a_field_somebody_changed_since_is_left_alone(bench: Bench) -> None:
    at = target(WINTER, **{"as": "field", "field": "Description"})
    connection = bench.connection(record_fields=("Campaign.Description",))
    order = delivery("A shorter description.", at, reviewed=False)
    receipt = write_back.write_back(connection, order)
    bench.sandbox.store.update(bench.sandbox.store.schema.get("Campaign"), WINTER, {"Description": "By a person."})
    with pytest.raises(TargetGone):
        write_back.write_back(connection, dataclasses.replace(order, reviewed=True, earlier=receipt))
    with pytest.raises(Conflict):
        write_back.undo(connection, at, receipt)
    assert description(bench) == "By a person."


def test_what_became_of_a_draft_is_read_back(bench: Bench) -> None:
    order = delivery()
    receipt = write_back.write_back(bench.connection(), order)
    later = dataclasses.replace(order, earlier=receipt)
    assert read_back.read_back(bench.connection(), later).state == "kept"  # type: ignore[union-attr]
    bench.sandbox.store.update(_type(bench), receipt.vendor_id, {"Body__c": TEXT + " Now."})
    standing = read_back.read_back(bench.connection(), later)
    assert standing is not None
    assert standing.state == "edited"
    assert 0 < (standing.changed or 0) < 0.2
    bench.sandbox.store.delete(_type(bench), receipt.vendor_id)
    assert read_back.read_back(bench.connection(), later).state == "deleted"  # type: ignore[union-attr]


def _type(bench: Bench) -> ObjectType:
    return bench.sandbox.store.schema.get("AI_Output__c")


def description(bench: Bench) -> str:
    (row,) = (row for row in rows(bench.sandbox, "Campaign") if row["Id"] == WINTER)
    return row["Description"] or ""
