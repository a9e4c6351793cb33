"""What a look at an org finds: requests with their records in one query, opinions, and facts; nothing is missed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from connectors.salesforce import look_up, sweep, write_back
from connectors.salesforce.sandbox_samples import LAUNCH, LEAD, OPPORTUNITY
from hub.sdk import Ignored, Notice, Request, Trigger, Unavailable
from tests.connectors.salesforce.connector_bench import Bench, sandboxed
from tests.connectors.salesforce.written import ask, delivery, outputs

DAY = 86_400.0


@pytest.fixture
def bench() -> Iterator[Bench]:
    with sandboxed() as bench:
        yield bench


def test_a_request_is_read_with_the_record_it_is_about(bench: Bench) -> None:
    id = ask(bench.sandbox, Instructions__c="Short, please.", Team__c="media")
    (found,) = look_up.look_up(bench.connection(), [Notice(key=id, at={"request": id})])
    assert isinstance(found, Request)
    assert found.key == id
    assert found.workflow == "campaign-email"
    assert found.inputs == {"instruction": "Short, please."}
    assert found.team == "media"
    assert found.target is not None
    assert found.target.at == {"record": LAUNCH, "request": id}
    assert found.context is not None
    campaign = bench.client().record("Campaign", LAUNCH, ("Name", "BudgetedCost", "StartDate"))
    assert found.context.title == campaign["Name"]
    assert found.context.facts["budgeted_cost"] == campaign["BudgetedCost"]
    assert found.context.facts["start"] == campaign["StartDate"]
    assert f"Start: {campaign['StartDate']}" in found.context.text


def test_amounts_have_the_org_s_currency_where_it_is_set(bench: Bench) -> None:
    id = ask(bench.sandbox)
    for currency in ("", "EUR"):
        opened = bench.connection(currency=currency)
        (found,) = look_up.look_up(opened, [Notice(key=id, at={"request": id})])
        assert isinstance(found, Request)
        assert found.context is not None
        assert found.context.facts.get("currency", "") == currency


def test_two_hundred_notices_cost_one_query_and_are_answered_in_their_order(bench: Bench) -> None:
    made = [ask(bench.sandbox) for _ in range(200)]
    bench.connection()
    bench.client().sign_in()
    before = bench.sandbox.calls()["reads"]
    asked = [Notice(key=id, at={"request": id}) for id in reversed(made)]
    found = look_up.look_up(bench.connection(), asked)
    assert [one.key for one in found if isinstance(one, Request)] == list(reversed(made))
    assert bench.sandbox.calls()["reads"] == before + 1


def test_a_request_about_a_lead_or_an_opportunity_has_its_record(bench: Bench) -> None:
    lead = ask(bench.sandbox, Campaign__c=None, Lead__c=LEAD)
    sale = ask(bench.sandbox, Campaign__c=None, Opportunity__c=OPPORTUNITY)
    found = look_up.look_up(bench.connection(), [Notice(key=id, at={"request": id}) for id in (lead, sale)])
    assert [one.target.at["record"] for one in found if isinstance(one, Request) and one.target] == [LEAD, OPPORTUNITY]
    assert all(isinstance(one, Request) and one.context and one.context.title for one in found)


def test_a_request_that_is_gone_is_no_work(bench: Bench) -> None:
    id = ask(bench.sandbox)
    bench.sandbox.store.delete(bench.sandbox.store.schema.get("AI_Request__c"), id)
    (found,) = look_up.look_up(bench.connection(), [Notice(key=id, at={"request": id})])
    assert isinstance(found, Ignored)


def test_a_sweep_finds_what_is_still_requested_and_goes_on_from_there(bench: Bench) -> None:
    first = ask(bench.sandbox)
    ask(bench.sandbox, Status__c="Ready")
    found = sweep.sweep(bench.connection(), {})
    assert [one.key for one in found.requests if isinstance(one, Request)] == [first]
    assert all(one.trigger is Trigger.SCHEDULE for one in found.requests if isinstance(one, Request))
    second = ask(bench.sandbox)
    again = sweep.sweep(bench.connection(), found.cursor)
    # The last minutes are read once more: rows of long transactions appear late.
    assert {one.key for one in again.requests if isinstance(one, Request)} == {first, second}


def test_after_a_day_away_nothing_is_missed(bench: Bench) -> None:
    cursor = sweep.sweep(bench.connection(), {}).cursor
    now = datetime.now(UTC).timestamp()
    missed = [
        bench.sandbox.store.plant(
            "AI_Request__c",
            {"Campaign__c": LAUNCH, "Template__c": "campaign-email", "Status__c": "Requested"},
            at=now + hours * 3600,
        )
        for hours in range(24)
    ]
    found = sweep.sweep(bench.connection(), cursor)
    assert [one.key for one in found.requests if isinstance(one, Request)] == missed


def test_a_long_list_is_read_page_by_page_and_none_falls_between(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "PAGE", 7)
    moment = datetime.now(UTC).timestamp()
    values = {"Campaign__c": LAUNCH, "Template__c": "campaign-email", "Status__c": "Requested"}
    # Many of one moment: their ids decide the order.
    made = {bench.sandbox.store.plant("AI_Request__c", values, at=moment + number // 10) for number in range(45)}
    seen: list[str] = []
    cursor, more, looks = {}, True, 0
    while more:
        found = sweep.sweep(bench.connection(), cursor)
        seen += [one.key for one in found.requests if isinstance(one, Request)]
        cursor, more, looks = found.cursor, found.more, looks + 1
    assert sorted(seen) == sorted(made)
    assert looks == 7
    assert "page" not in cursor


def test_a_failed_look_moves_nothing(bench: Bench) -> None:
    ask(bench.sandbox)
    bench.sandbox.faults.add("503", on="query", times=None)
    with pytest.raises(Unavailable):
        sweep.sweep(bench.connection(), {})
    bench.sandbox.faults.clear()
    assert len(sweep.sweep(bench.connection(), {}).requests) == 1


def test_what_people_said_about_an_output_is_heard(bench: Bench) -> None:
    order = delivery()
    receipt = write_back.write_back(bench.connection(), order)
    said = {"Feedback__c": "Partly useful", "Feedback_Comment__c": "Too long."}
    bench.sandbox.store.update(bench.sandbox.store.schema.get("AI_Output__c"), receipt.vendor_id, said)
    (heard,) = sweep.sweep(bench.connection(), {}).opinions
    assert (heard.key, heard.run_id, heard.useful, heard.comment) == (receipt.vendor_id, order.run_id, 3, "Too long.")


def test_facts_are_of_campaigns_with_outputs_alone_with_the_model_of_each_influence(bench: Bench) -> None:
    assert not sweep.sweep(bench.connection(), {}).facts
    write_back.write_back(bench.connection(), delivery())
    found = sweep.sweep(bench.connection(), {})
    kinds = {fact.kind for fact in found.facts}
    assert kinds == {"campaign", "opportunity", "influence"}
    assert [fact.vendor_id for fact in found.facts if fact.kind == "campaign"] == [LAUNCH]
    for fact in found.facts:
        if fact.kind == "influence":
            assert fact.data["CampaignId"] == LAUNCH
            assert fact.data["ModelId"]
            assert "IsDefaultModel" in fact.data["Model"]
        if fact.kind == "opportunity":
            assert {"IsWon", "Amount", "CloseDate"} <= set(fact.data)
    # They are not read again within the hour.
    assert not sweep.sweep(bench.connection(), found.cursor).facts


def test_a_sweep_writes_nothing(bench: Bench) -> None:
    ask(bench.sandbox)
    bench.client().sign_in()
    before = bench.sandbox.calls()
    sweep.sweep(bench.connection(), {})
    after = bench.sandbox.calls()
    assert after["writes"] == before["writes"]
    assert after["reads"] <= before["reads"] + 5
    assert outputs(bench.sandbox) == []


def test_an_org_without_influence_still_has_its_requests_found(bench: Bench) -> None:
    write_back.write_back(bench.connection(), delivery())
    id = ask(bench.sandbox)
    bench.sandbox.store.schema.drop("CampaignInfluence")
    found = sweep.sweep(bench.connection(), {})
    assert [one.key for one in found.requests if isinstance(one, Request)] == [id]
    assert {fact.kind for fact in found.facts} == {"campaign", "opportunity"}


def test_requests_with_very_long_texts_are_read_in_smaller_pages(bench: Bench) -> None:
    made = {ask(bench.sandbox, Instructions__c="€" * 32_000) for _ in range(300)}
    seen: list[str] = []
    cursor, more = {}, True
    while more:
        found = sweep.sweep(bench.connection(), cursor)
        seen += [one.key for one in found.requests if isinstance(one, Request)]
        cursor, more = found.cursor, found.more
    assert sorted(seen) == sorted(made)
