"""The button over real HTTP: who pressed is proven by the org's token, one press is one run, and refusals are flat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.salesforce import button
from connectors.salesforce.sandbox_samples import LAUNCH, PLANNER
from hub.pipeline.run import advance
from hub.sdk import Connection, GuardedHttp, Inbound, Secret, Target, Unverified
from hub.store import connections, teams
from tests.connectors.salesforce.connector_bench import settings
from tests.connectors.salesforce.flow_bench import SECOND_TEAM, Flow, meet
from tests.connectors.salesforce.hub_bench import Place, connected
from tests.connectors.salesforce.written import outputs
from tests.hubs import ORG_TOKEN, TEAM, TEMPLATE, request

NEW, OLD = "the-new-token-of-the-button", "the-old-token-of-the-button"
GONE = "701Hs0000000999"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with connected(tmp_path) as place:
        meet(place)
        yield place


@pytest.fixture
def flow(place: Place) -> Flow:
    return Flow(place)


def press(**more: str) -> dict[str, str]:
    return {"record_id": LAUNCH, "template": TEMPLATE, "request_key": "interview-1", **more}


def finish(place: Place) -> None:
    """Walk every run as far as it goes."""
    for run in place.runs():
        advance(place.hub.parts, run.id)


def test_a_press_is_taken_and_its_draft_is_read_where_the_answer_said(place: Place, flow: Flow) -> None:
    status, job = flow.ask(**press(instructions="Start with the date."))
    assert status == 202 and job["status"] == "queued" and job["text"] == job["problem"] == ""
    assert job["status_url"].endswith(f"/connect/salesforce/crm/requests/{job['job_id']}")
    finish(place)
    status, seen = flow.look(job["job_id"])
    assert (status, seen["status"]) == (200, "delivered")
    (output,) = outputs(place.org)
    assert seen["text"] == output["Body__c"] and seen["text"]
    assert output["Campaign__c"] == LAUNCH and output["Requested_By__c"] == flow.person
    assert output["Id"] in seen["output_url"] and seen["run_url"].endswith(f"/runs/{job['job_id']}")
    (run,) = place.runs()
    assert run.request.inputs["instruction"] == "Start with the date."
    assert run.request.actor.person == flow.person


def test_the_same_press_twice_is_one_run_and_one_output(place: Place, flow: Flow) -> None:
    first, again = flow.ask(**press()), flow.ask(**press())
    assert first[0] == again[0] == 202 and first[1]["job_id"] == again[1]["job_id"]
    finish(place)
    assert flow.ask(**press())[1]["status"] == "delivered"
    assert len(place.runs()) == len(outputs(place.org)) == 1
    assert flow.ask(**press(request_key="interview-2"))[1]["job_id"] != first[1]["job_id"]


def test_a_key_that_was_used_for_something_else_is_a_conflict(flow: Flow) -> None:
    flow.ask(**press())
    status, told = flow.ask(**press(instructions="Something else."))
    assert (status, told["code"]) == (409, "conflict") and told["error"] and told["instead"]


def test_the_same_key_of_two_people_is_two_runs_and_no_key_holds_an_address(place: Place, flow: Flow) -> None:
    other = Flow(place, person=meet(place, "jon@example.com"))
    assert flow.ask(**press())[1]["job_id"] != other.ask(**press())[1]["job_id"]
    assert not any("@" in run.request.key for run in place.runs())


def test_a_person_is_known_in_any_spelling_of_their_address(place: Place, flow: Flow) -> None:
    loud = Flow(place, person=str(flow.person).upper())
    assert flow.ask(**press())[1]["job_id"] == loud.ask(**press())[1]["job_id"]


def test_an_empty_header_beside_the_one_of_the_credential_says_nothing(place: Place, flow: Flow) -> None:
    for joined in (f",{flow.person}", f"{flow.person}, "):
        assert Flow(place, person=joined).ask(**press())[0] == 202
    both = f"{flow.person},{meet(place, 'jon@example.com')}"
    assert Flow(place, person=both).ask(**press())[0] == 401
    (run,) = place.runs()
    assert run.request.actor.person == flow.person


def test_the_address_of_the_record_s_page_stands_for_the_record(place: Place, flow: Flow) -> None:
    page = f"https://{place.org.domain}/lightning/r/Campaign/{LAUNCH}/view"
    assert flow.ask(**press(record_id=page))[0] == 202
    (run,) = place.runs()
    assert run.request.target is not None and run.request.target.at == {"record": LAUNCH}


@pytest.mark.parametrize(
    "record",
    [
        "../../Account/001",
        "https://evil.example/lightning/r/Campaign/701Hs0000000001/view",
        "//evil.example/701Hs0000000001",
        "701Hs0000000001' OR Name != '",
        "701Hs000000000",
        "001Hs0000000001",
        "x" * 2001,
        "\x00",
    ],
)
def test_what_is_no_record_of_this_org_is_refused_before_anything_is_asked(
    place: Place, flow: Flow, record: str
) -> None:
    status, told = flow.ask(**press(record_id=record))
    assert status == 400 and told["error"] and told["instead"]
    assert "evil" not in json.dumps(told)
    assert place.runs() == [] and place.org.journal.entries() == []


def test_a_record_that_is_gone_stops_the_job_and_says_what_to_do(place: Place, flow: Flow) -> None:
    _, job = flow.ask(**press(record_id=GONE))
    finish(place)
    _, seen = flow.look(job["job_id"])
    assert seen["status"] == "orphaned" and "gone" in seen["problem"] and "estore" in seen["problem"]


def test_an_unknown_template_is_not_found(place: Place, flow: Flow) -> None:
    status, told = flow.ask(**press(template="no-such-template"))
    assert (status, told["code"]) == (404, "unknown-name")
    assert place.runs() == []


def test_a_workflow_of_the_team_goes_before_a_template_of_the_same_name(place: Place, flow: Flow) -> None:
    with place.hub.database.transaction() as tx:
        for name in ("for-media", "shorten-or-repurpose"):
            connections.put_workflow(tx, connections.Workflow(TEAM, name, TEMPLATE, (), 20.0))
    for number, name in enumerate(("for-media", "shorten-or-repurpose")):
        assert flow.ask(**press(template=name, request_key=f"press {number}"))[0] == 202
    assert {(run.workflow, run.template) for run in place.runs()} == {
        ("for-media", TEMPLATE),
        ("shorten-or-repurpose", TEMPLATE),
    }


def test_a_workflow_that_needs_more_than_a_press_says_what(place: Place, flow: Flow) -> None:
    elsewhere = Target(connection="crm", at={"record": {"from_input": "where"}})
    with place.hub.database.transaction() as tx:
        connections.put_workflow(tx, connections.Workflow(TEAM, "elsewhere", TEMPLATE, (elsewhere,), 20.0))
    status, told = flow.ask(**press(template="elsewhere"))
    assert status == 422 and "where" in told["why"]
    assert place.runs() == []


def test_a_person_of_two_teams_says_which_one_it_is_for(place: Place) -> None:
    person = meet(place, "kim@example.com", TEAM, SECOND_TEAM)
    flow = Flow(place, person=person)
    status, told = flow.ask(**press(team=SECOND_TEAM))
    assert status == 400 and TEAM in told["instead"]
    with place.hub.database.transaction() as tx:
        connections.enable(tx, "crm", SECOND_TEAM, {})
    for team in (TEAM, SECOND_TEAM):
        assert flow.ask(**press(team=team, request_key=team))[0] == 202
    assert {run.team for run in place.runs()} == {TEAM, SECOND_TEAM}
    assert Flow(place).ask(**press(team=SECOND_TEAM))[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        b"{",
        b"",
        {"record_id": LAUNCH},
        {**press(), "record_id": 701},
        {**press(), "request_key": " "},
        {**press(), "request_key": "k" * 201},
        {**press(), "instructions": "i" * 32_769},
        {**press(), "template": "t" * 81},
        {**press(), "more": "x"},
        {**press(), "instructions": {"a": 1}},
        {**press(), "template": None},
    ],
    ids=lambda body: repr(body)[:40],
)
def test_a_body_that_is_not_in_the_file_is_refused_flat(place: Place, flow: Flow, body: object) -> None:
    status, told = flow.call("askForDraft", body=body)
    assert status in (400, 422) and told["error"] and told["instead"]
    assert place.runs() == []


def test_what_a_flow_leaves_empty_counts_as_left_out(place: Place, flow: Flow) -> None:
    first = flow.ask(**press())
    assert flow.call("askForDraft", body={**press(), "instructions": None, "team": None}) == first
    assert flow.ask(**press(instructions="", team=" ")) == first


def test_a_body_that_is_too_large_is_refused_flat(tmp_path: Path) -> None:
    with connected(tmp_path, max_body_bytes=10_000) as place:
        meet(place)
        status, told = Flow(place).ask(**press(instructions="i" * 10_000))
        assert status == 413 and told["error"]


def test_nobody_sees_a_run_of_another_team_nor_one_that_is_none(place: Place, flow: Flow) -> None:
    theirs = place.hub.run(request("theirs", team=_team_of_its_own(place)))
    for job in (theirs.id, "no-such-run", "..", "%00", "\x00", "x" * 500):
        status, told = flow.look(job)
        assert status == 404, job
        assert told["error"] and not told.get("text")
    # A slash leads past the two addresses, whatever it is written as.
    for path in ("requests/..%2f..%2fruns", "requests/a/b", "requests/", f"../../runs/{theirs.id}"):
        there = f"/connect/salesforce/crm/{path}"
        headers = {"Authorization": f"Bearer {flow.token}", "X_Inlay_Person": str(flow.person)}
        assert place.call("GET", there, **headers)[0] in (404, 405), path


def _team_of_its_own(place: Place) -> str:
    with place.hub.database.transaction() as tx:
        teams.put(tx, "legal", "Legal team", {}, 0.0)
    return "legal"


@pytest.mark.parametrize("token", [None, "", "x" * 30, ORG_TOKEN[:-1], ORG_TOKEN + "x", ORG_TOKEN.upper(), "\xe9" * 30])
def test_no_other_token_gets_in(place: Place, token: str | None) -> None:
    status, told = Flow(place, token=token).ask(**press())
    assert (status, told["code"]) == (401, "unverified")
    assert place.runs() == []


@pytest.mark.parametrize(
    "person", [None, "", "noor", "@", "noor@example.com jon@example.com", "a@b@c", "\xe9", "a@b,c"]
)
def test_a_call_that_does_not_say_who_pressed_gets_in_nowhere(place: Place, person: str | None) -> None:
    assert Flow(place, person=person).ask(**press())[0] == 401
    assert place.runs() == []


def test_a_person_nobody_knows_or_of_no_such_team_is_told_who_can_help(place: Place) -> None:
    for person in ("stranger@example.com", meet(place, "outside@example.com", SECOND_TEAM)):
        status, told = Flow(place, person=person).ask(**press())
        assert (status, told["code"]) == (403, "not-allowed") and told["instead"]


def test_the_token_of_another_connection_opens_nothing(place: Place) -> None:
    status, said, _ = place.call(
        "GET",
        "/connect/salesforce/docs/requests/x",
        Authorization=f"Bearer {ORG_TOKEN}",
        X_Inlay_Person="noor@example.com",
    )
    assert status == 401 and ORG_TOKEN.encode() not in said


def test_both_tokens_are_taken_while_one_is_changed_for_the_other() -> None:
    def identified(connection: Connection, bearer: str) -> str:
        headers = {"authorization": f"Bearer {bearer}", "x-inlay-person": PLANNER}
        call = Inbound(method="GET", path="/", headers=headers, query={}, body=b"")
        return button.identify(connection, call, lambda: 0.0).person

    def opened(**more: Any) -> Connection:
        return Connection(name="crm", settings=settings(**more), http=GuardedHttp(()))

    both = opened(button_token=Secret(NEW), button_token_previous=Secret(OLD))
    assert {identified(both, NEW), identified(both, OLD)} == {PLANNER}
    for closed, sent in ((opened(button_token=Secret(NEW)), OLD), (opened(), ""), (opened(), "None")):
        with pytest.raises(Unverified):
            identified(closed, sent)
