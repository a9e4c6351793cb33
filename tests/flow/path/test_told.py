"""A run that stops is told where it was asked for, once it is sure, and not when it goes on after all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.salesforce import sandbox as salesforce
from connectors.salesforce.sandbox_samples import LAUNCH
from hub.bootstrap import Hub
from hub.domain import Run, RunState
from hub.pipeline import act, look_up, sweep
from hub.pipeline import run as running
from hub.pipeline.arrive import note
from hub.pipeline.gather import gather
from hub.pipeline.tell import tell
from hub.sdk import Notice
from hub.store import connections, events, runs
from tests import hubs
from tests.hubs import AUTHOR, TEMPLATE, Clock, a_hub

KEY = "AKIAIOSFODNN7EXAMPLE"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def org() -> Iterator[salesforce.Sandbox]:
    org = salesforce.start()
    yield org
    org.stop()


@pytest.fixture
def hub(tmp_path: Path, database_url: str, org: salesforce.Sandbox, clock: Clock) -> Iterator[Hub]:
    with a_hub(tmp_path, database_url=database_url, clock=clock) as hub:
        hubs.connect_org(hub, org)
        yield hub


def asked(hub: Hub, org: salesforce.Sandbox, template: str = TEMPLATE, **more: str) -> tuple[str, Run]:
    """A request on a campaign, noticed and walked as far as it goes: its id and its run."""
    values = {"Campaign__c": LAUNCH, "Template__c": template, "Status__c": "Requested", **more}
    id = org.store.create("AI_Request__c", values).id
    note(hub.parts, "crm", Notice(key=id, at={"request": id}))
    look_up.look_up(hub.parts)
    with hub.database.reading() as tx:
        (run,) = (one for one in runs.newest(tx, teams=None) if one.request.key.endswith(id))
    return id, running.advance(hub.parts, run.id) or run


def status(org: salesforce.Sandbox, id: str) -> tuple[str, str]:
    record = org.store.find(id)
    assert record is not None
    return record.values["Status__c"], record.values["Status_Note__c"] or ""


def test_a_template_nobody_has_is_told_on_the_request(hub: Hub, org: salesforce.Sandbox) -> None:
    id, run = asked(hub, org, template="no-such-template")
    assert run.state is RunState.FAILED
    assert tell(hub.parts) == 1
    state, said = status(org, id)
    assert state == "Needs attention"
    assert "no-such-template" in said
    assert tell(hub.parts) == 0


def test_a_request_that_was_refused_is_told_what_to_do_and_repeats_no_secret(hub: Hub, org: salesforce.Sandbox) -> None:
    type = org.store.schema.get("Campaign")
    org.store.update(type, LAUNCH, {"Description": f"Use key {KEY} for the upload."})
    id, run = asked(hub, org)
    assert run.state in (RunState.HELD, RunState.REFUSED), run.problem
    tell(hub.parts)
    state, said = status(org, id)
    assert state == "Needs attention"
    assert run.problem is not None
    assert said.startswith(run.problem.what[:40])
    assert KEY not in said


def test_a_request_that_arrived_is_ready_and_nothing_else_is_told(
    hub: Hub, org: salesforce.Sandbox, clock: Clock
) -> None:
    id, run = asked(hub, org)
    clock.now += 2
    gather(hub.parts, "deliver.salesforce")
    assert hub.get(run.id).state is RunState.DELIVERED
    assert tell(hub.parts) == 0
    assert status(org, id)[0] == "Ready"


def test_a_run_that_goes_on_before_it_was_told_is_not_told(hub: Hub, org: salesforce.Sandbox, clock: Clock) -> None:
    org.faults.add("validation", on="*", times=None, type="AI_Output__c")
    id, run = asked(hub, org)
    clock.now += 2
    gather(hub.parts, "deliver.salesforce")
    assert hub.get(run.id).state is RunState.FAILED
    org.faults.clear()
    act.resume(hub.parts, hub.get(run.id), AUTHOR)
    for _ in range(2):  # It waits for company once more.
        clock.now += 2
        gather(hub.parts, "deliver.salesforce")
    assert hub.get(run.id).state is RunState.DELIVERED
    tell(hub.parts)
    assert status(org, id)[0] == "Ready"


def test_a_request_whose_run_was_cancelled_is_told_so(hub: Hub, org: salesforce.Sandbox) -> None:
    id, run = asked(hub, org)
    act.cancel(hub.parts, hub.get(run.id), AUTHOR)
    assert tell(hub.parts) == 1
    assert status(org, id) == ("Needs attention", "Somebody cancelled the request.")


def test_an_org_that_is_away_is_told_later(hub: Hub, org: salesforce.Sandbox, clock: Clock) -> None:
    id, _ = asked(hub, org, template="no-such-template")
    org.faults.add("503", on="*", times=None)
    assert tell(hub.parts) == 1
    assert status(org, id)[0] == "Requested"
    org.faults.clear()
    assert tell(hub.parts) == 0
    clock.now += 60
    assert tell(hub.parts) == 1
    assert status(org, id)[0] == "Needs attention"


def test_an_output_whose_request_cannot_be_told_is_delivered_and_told_later(
    hub: Hub, org: salesforce.Sandbox, clock: Clock
) -> None:
    id, run = asked(hub, org)
    org.faults.add("lock", on="*", times=None, type="AI_Request__c")
    clock.now += 2
    gather(hub.parts, "deliver.salesforce")
    assert hub.get(run.id).state is RunState.DELIVERED
    tell(hub.parts)
    assert status(org, id)[0] == "Requested"
    org.faults.clear()
    clock.now += 60
    tell(hub.parts)
    assert status(org, id)[0] == "Ready"


def test_a_pause_and_a_used_up_allowance_are_waited_for(hub: Hub, org: salesforce.Sandbox, clock: Clock) -> None:
    id, _ = asked(hub, org, template="no-such-template")
    with hub.database.transaction() as tx:
        connections.pause(tx, "crm", True, clock.now)
    for _ in range(20):
        tell(hub.parts)
        clock.now += 3600
    assert status(org, id)[0] == "Requested"
    with hub.database.transaction() as tx:
        connections.pause(tx, "crm", False, clock.now)
    tell(hub.parts)
    assert status(org, id)[0] == "Needs attention"


def test_a_request_that_was_told_is_not_found_again_by_the_sweep(
    hub: Hub, org: salesforce.Sandbox, clock: Clock
) -> None:
    asked(hub, org, template="no-such-template")
    tell(hub.parts)
    sweep.sweep(hub.parts)
    with hub.database.reading() as tx:
        assert len(runs.newest(tx, teams=None)) == 1


def test_what_people_say_of_an_output_in_salesforce_is_feedback_on_its_run(
    hub: Hub, org: salesforce.Sandbox, clock: Clock
) -> None:
    _, run = asked(hub, org)
    clock.now += 2
    gather(hub.parts, "deliver.salesforce")
    (output,) = org.store.rows("AI_Output__c")
    org.store.update(org.store.schema.get("AI_Output__c"), output.id, {"Feedback__c": "Useful"})
    sweep.sweep(hub.parts)
    with hub.database.reading() as tx:
        said = [event.data["useful"] for event in events.of_run(tx, run.id) if event.kind == "feedback.given"]
    assert said == [5]
