"""The templates for Salesforce go the whole path on its sandbox, also where a model gets a number wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.salesforce.sandbox import Sandbox, start
from connectors.salesforce.sandbox_samples import APP, INTEGRATION, LAUNCH, LEAD, OPPORTUNITY, SECRET, WINTER
from hub.bootstrap import Hub
from hub.domain import Outcome, Run, RunState, Target
from hub.offline import LABEL, SHORT_LABEL, Simulator
from hub.sdk import Model
from hub.store import connections
from hub.testing import FakeModel
from tests.hubs import ENVELOPE, TEAM, a_hub, request, warm

TEMPLATES = ["campaign-email", "search-ad-set", "sales-follow-up", "campaign-summary", "lead-or-segment-note"]
SUMMARY = {
    "headline": "The spring launch brought 412 leads for 21,500 of cost.",
    "what_happened": "From 17 May 2027 it was sent to 38,200 people; 1,710 responses are a response rate of 4.5 %.",
    "figures": ["Leads: 412", "Cost per lead: 52.18", "Win rate: 50.0 %", "Budget left: 26,500"],
    "why_maybe": ["Maybe the evenings were still light."],
    "next": ["Ask what is left of the open opportunity"],
}
EMAIL = {
    "headline": "Warm light without a cable",
    "subjects": ["Light for your balcony", "From 3 June on your balcony", "No socket outside?"],
    "preheader": "The lantern charges in daylight and glows through the whole evening.",
    "body": "A balcony in town has no socket.\n\n{{unsubscribe_link}}\n{{company_address}}",
    "call_to_action": "See the lantern",
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = start()
    yield sandbox
    sandbox.stop()


def connect(hub: Hub, sandbox: Sandbox) -> None:
    given = {
        "domain": sandbox.domain,
        "sandbox_root": sandbox.url,
        "username": INTEGRATION,
        "consumer_key": APP,
        "consumer_secret": SECRET,
        "organization_id": sandbox.organization,
        "inbound_token": "a-token-for-tests-that-is-long-enough",
    }
    row = hub.parts.connections.sealed("crm", "salesforce", given, sandbox=True, now=hub.parts.clock())
    with hub.database.transaction() as tx:
        connections.put(tx, row)
        connections.enable(tx, "crm", TEAM, {})


def run(home: Path, sandbox: Sandbox, model: Model, template: str, record: str, **inputs: Any) -> Run:
    with a_hub(home, model=model) as hub:
        connect(hub, sandbox)
        warm(hub)
        at = Target(connection="crm", at={"record": record})
        return hub.run(request(template=template, inputs=inputs, target=at, surface="salesforce"))


def answering(*fields: dict[str, Any], **rest: Any) -> FakeModel:
    return FakeModel(*[{"variants": [one], **ENVELOPE, **rest} for one in fields])


@pytest.mark.parametrize("record", [LAUNCH, WINTER, LEAD, OPPORTUNITY], ids=["launch", "winter", "lead", "opportunity"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_simulated_draft_goes_the_whole_path_from_a_record_alone(
    tmp_path: Path, sandbox: Sandbox, template: str, record: str
) -> None:
    if (template, record) == ("campaign-summary", LEAD):
        done = run(tmp_path, sandbox, Simulator(), template, record)
        assert done.state is RunState.FAILED
        assert done.problem is not None and "figures" in f"{done.problem}"
        return
    done = run(tmp_path, sandbox, Simulator(), template, record, instruction="start with the date")
    assert done.state in (RunState.DELIVERED, RunState.IN_REVIEW), (done.problem, done.output_verdicts)
    assert done.draft is not None and done.simulated
    assert done.draft.variants[0].text.startswith((LABEL, SHORT_LABEL))


def test_a_summary_with_the_campaigns_own_figures_is_delivered(tmp_path: Path, sandbox: Sandbox) -> None:
    done = run(tmp_path, sandbox, answering(SUMMARY), "campaign-summary", LAUNCH)
    assert done.state is RunState.DELIVERED, (done.problem, done.output_verdicts)
    assert "cost per lead: 52.18" in done.work.values["figures"]


def test_a_summary_with_one_wrong_digit_is_held_and_names_the_number(tmp_path: Path, sandbox: Sandbox) -> None:
    wrong = {**SUMMARY, "headline": "The spring launch brought 413 leads for 21,500 of cost."}
    model = answering(wrong, wrong)
    held = run(tmp_path, sandbox, model, "campaign-summary", LAUNCH)
    assert held.state is RunState.HELD
    (finding,) = [f for v in held.output_verdicts for f in v.findings if f.rule == "output-contract.figures"]
    assert finding.outcome is Outcome.HOLD
    assert held.draft is not None and finding.span is not None
    assert held.draft.variants[0].text[slice(*finding.span)] == "413"
    assert "'413'" in finding.message and finding.why and "run it again" in finding.instead
    assert model.calls == 2
    assert "'413' is none of the figures" in model.prompts[1].messages[-1].content


def test_a_summary_that_is_mended_when_asked_again_is_delivered(tmp_path: Path, sandbox: Sandbox) -> None:
    wrong = {**SUMMARY, "figures": ["Leads: 1,710"]}
    done = run(tmp_path, sandbox, answering(wrong, SUMMARY), "campaign-summary", LAUNCH)
    assert done.state is RunState.DELIVERED, done.problem


def test_figures_that_were_sent_do_not_stand_before_those_of_the_record(tmp_path: Path, sandbox: Sandbox) -> None:
    done = run(tmp_path, sandbox, answering(SUMMARY), "campaign-summary", LAUNCH, figures=["leads: 9999"])
    assert done.state is RunState.DELIVERED, done.problem
    assert "leads: 412" in done.work.values["figures"]
    assert "leads: 9999" not in done.work.values["figures"]


def test_the_figures_are_those_of_the_org_to_the_last_digit(tmp_path: Path, sandbox: Sandbox) -> None:
    campaign = sandbox.store.plant(
        "Campaign", {"Name": "Odd sums", "BudgetedCost": 1234567.89, "ActualCost": 0.1, "NumberSent": 3}
    )
    summary = {
        **SUMMARY,
        "headline": "Odd sums cost 0.1 of a budget of 1,234,567.89",
        "what_happened": "It was sent to three people.",
        "figures": ["Budget left: 1,234,567.79"],
    }
    done = run(tmp_path, sandbox, answering(summary), "campaign-summary", campaign)
    assert done.state is RunState.DELIVERED, (done.problem, done.work.values)
    assert {"budgeted cost: 1234567.89", "actual cost: 0.1"} <= set(done.work.values["figures"])


def test_an_email_with_a_price_needs_a_specialist_and_one_without_needs_a_peer(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    tiers = []
    for at, body in enumerate(("The lantern is for your balcony.", "Gifts under €40.")):
        home = tmp_path / str(at)
        home.mkdir()
        email = {**EMAIL, "body": f"{body}\n\n{{{{unsubscribe_link}}}}\n{{{{company_address}}}}"}
        model = answering(email)
        done = run(home, sandbox, model, "campaign-email", WINTER, offer="From 3 June. Gifts under €40.")
        assert done.state is RunState.IN_REVIEW, (done.problem, done.output_verdicts)
        assert model.calls == 1, "what asks for a review is no reason to ask the model again"
        tiers.append(done.tier)
    assert tiers == [2, 3]
