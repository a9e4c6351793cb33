"""One run, several places: a draft asked for in a document lands there and on a campaign, each with its own receipt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.google_docs.sandbox import Sandbox
from connectors.salesforce import sandbox as salesforce
from connectors.salesforce.sandbox_samples import LAUNCH
from hub import configure
from hub.bootstrap import Hub
from hub.domain import DeliveryRow, DeliveryState, Request, RunState
from hub.errors import BadRequest, Conflict, InvalidInputs
from hub.pipeline import act, routes
from hub.pipeline import run as running
from hub.store import deliveries
from tests import hubs
from tests.hubs import AUTHOR, TEAM, TEMPLATE, Clock, a_hub, at_end_of, inputs, request

DOCUMENT = "demo-newsletter"
COPY = "Spring sale, from Monday. Come in."
FLOWS = f"""
workflows:
  {TEAM}:
    to-campaign:
      template: {TEMPLATE}
      destinations:
        - origin: true
        - connection: crm
          at: {{record: {{from_input: campaign}}}}
"""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def org() -> Iterator[salesforce.Sandbox]:
    org = salesforce.start()
    yield org
    org.stop()


@pytest.fixture
def hub(tmp_path: Path, database_url: str, sandbox: Sandbox, org: salesforce.Sandbox, clock: Clock) -> Iterator[Hub]:
    with a_hub(tmp_path, database_url=database_url, clock=clock) as hub:
        hubs.connect(hub, sandbox.url)
        hubs.connect_org(hub, org)
        configure.apply(hub, configure.read(FLOWS, name="test"), actor="system:test")
        yield hub


def flow(key: str = "one", **more: Any) -> Request:
    given = {"template": None, "workflow": "to-campaign", "target": at_end_of(DOCUMENT), **more}
    return request(key, **{"inputs": {**inputs(), "campaign": LAUNCH}, **given})


def rows(hub: Hub, run_id: str) -> list[DeliveryRow]:
    with hub.database.reading() as tx:
        return deliveries.of_run(tx, run_id)


def bodies(org: salesforce.Sandbox) -> list[str]:
    return [row.values["Body__c"] for row in org.store.rows("AI_Output__c")]


def test_a_draft_lands_in_the_document_and_on_the_campaign(hub: Hub, sandbox: Sandbox, org: salesforce.Sandbox) -> None:
    done = hub.run(flow())
    assert done.state is RunState.DELIVERED, done.problem
    assert sandbox.store.text(DOCUMENT).count(COPY) == 1
    assert bodies(org) == [COPY]
    assert org.store.rows("AI_Output__c")[0].values["Campaign__c"] == LAUNCH
    there = rows(hub, done.id)
    assert [row.target.connection for row in there] == ["docs", "crm"]
    assert all(row.receipt is not None and row.receipt.url for row in there)
    assert "campaign" not in done.request.inputs


def test_the_campaign_is_named_by_its_page_s_address_too(hub: Hub, org: salesforce.Sandbox) -> None:
    page = (
        f"https://{org.domain.replace('.my.salesforce.com', '.lightning.force.com')}/lightning/r/Campaign/{LAUNCH}/view"
    )
    done = hub.run(flow(inputs={**inputs(), "campaign": page}))
    assert done.state is RunState.DELIVERED, done.problem
    assert bodies(org) == [COPY]


def test_a_request_that_does_not_say_where_is_told_what_is_missing(hub: Hub, org: salesforce.Sandbox) -> None:
    for given in (inputs(), {**inputs(), "campaign": "  "}, {**inputs(), "campaign": 7}):
        with pytest.raises(InvalidInputs) as caught:
            hub.run(flow(inputs=given))
        assert list(caught.value.fields) == ["campaign"]


def test_the_same_request_for_another_campaign_is_another_request(hub: Hub) -> None:
    hub.run(flow())
    assert hub.run(flow()).id
    with pytest.raises(Conflict):
        hub.run(flow(inputs={**inputs(), "campaign": "701Hs0000000002IAA"}))


def test_one_place_that_fails_is_visible_and_repaired_alone(
    hub: Hub, sandbox: Sandbox, org: salesforce.Sandbox, clock: Clock
) -> None:
    org.faults.add("validation", on="*", times=None, type="AI_Output__c")
    stuck = hub.run(flow())
    assert stuck.state is RunState.FAILED
    assert stuck.problem is not None
    assert stuck.problem.what.startswith("1 of 2 deliveries arrived.")
    assert [row.state for row in rows(hub, stuck.id)] == [DeliveryState.DONE, DeliveryState.FAILED]
    before = sandbox.store.text(DOCUMENT)
    org.faults.clear()
    act.resume(hub.parts, stuck, AUTHOR)
    clock.now += 1
    running.advance(hub.parts, stuck.id)
    assert hub.get(stuck.id).state is RunState.DELIVERED
    assert bodies(org) == [COPY]
    assert sandbox.store.text(DOCUMENT) == before


def test_an_answer_of_salesforce_that_was_lost_delays_one_place_and_doubles_nothing(
    hub: Hub, sandbox: Sandbox, org: salesforce.Sandbox, clock: Clock
) -> None:
    org.faults.add("drop-after-commit", on="collections.upsert")
    run = hub.run(flow())
    assert run.state is RunState.ANSWERED
    assert [row.state for row in rows(hub, run.id)] == [DeliveryState.DONE, DeliveryState.PENDING]
    clock.now += 60
    running.advance(hub.parts, run.id)
    assert hub.get(run.id).state is RunState.DELIVERED
    assert bodies(org) == [COPY]
    assert sandbox.store.text(DOCUMENT).count(COPY) == 1


def test_undo_takes_it_back_everywhere(hub: Hub, sandbox: Sandbox, org: salesforce.Sandbox) -> None:
    done = hub.run(flow())
    act.undo(hub.parts, done, AUTHOR)
    assert COPY not in sandbox.store.text(DOCUMENT)
    assert [row.values["Status__c"] for row in org.store.rows("AI_Output__c")] == ["Withdrawn"]


def test_a_surface_that_writes_its_own_place_sends_only_to_the_others(hub: Hub, org: salesforce.Sandbox) -> None:
    done = hub.run(flow(target=None))
    assert [row.target.connection for row in rows(hub, done.id)] == ["crm"]
    assert bodies(org) == [COPY]


@pytest.mark.parametrize(
    "campaign", ["../../Account/001", "https://evil.example/lightning/r/Campaign/x/view", "001Hs0000000001IAA"]
)
def test_a_campaign_that_is_none_is_refused_and_the_document_has_its_draft(
    hub: Hub, sandbox: Sandbox, org: salesforce.Sandbox, campaign: str
) -> None:
    stuck = hub.run(flow(inputs={**inputs(), "campaign": campaign}))
    assert stuck.state is RunState.FAILED
    assert bodies(org) == []
    assert sandbox.store.text(DOCUMENT).count(COPY) == 1


def test_a_workflow_may_not_take_an_input_of_its_template_for_a_place(hub: Hub) -> None:
    wrong = FLOWS.replace("from_input: campaign", "from_input: text")
    with pytest.raises(BadRequest) as caught:
        configure.apply(hub, configure.read(wrong, name="test"), actor="system:test")
    assert "text is an input of the template itself" in caught.value.why


def test_what_a_workflow_asks_for_is_known() -> None:
    with_input = hubs.Target(connection="crm", at={"record": {"from_input": "campaign"}, "as": "output"})
    assert routes.asks([routes.ORIGIN, with_input, with_input]) == ("campaign",)
