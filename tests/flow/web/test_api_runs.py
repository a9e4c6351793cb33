"""Runs over the API: started once per key, waited for, looked at, listed, and kept inside their team."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from hub.domain import RunState
from hub.sdk import Answer, Prompt
from hub.store import teams
from hub.testing import FakeModel
from hub.web.api import gives
from tests.flow.web.site import Site
from tests.hubs import TEMPLATE, answer, inputs

BODY = {"template": TEMPLATE, "inputs": inputs()}


class Held(FakeModel):
    """A model that answers once it is let go."""

    def __init__(self) -> None:
        super().__init__(answer())
        self.go = threading.Event()

    def ask(self, prompt: Prompt) -> Answer:
        self.go.wait(20)
        return super().ask(prompt)


def test_a_caller_who_waits_gets_the_finished_run(site: Site) -> None:
    answered = site.start(Prefer="wait=20")
    assert answered.status_code == 200
    assert answered.headers["Preference-Applied"] == "wait=20"
    said = answered.json
    assert said["state"] == "delivered"
    assert said["draft"]["variants"][0]["text"] == "Spring sale, from Monday. Come in."
    stages = {moment["stage"]: moment["ms"] for moment in said["timeline"] if moment["stage"]}
    assert set(stages) == {"compose", "check_input", "ask", "check_output", "deliver"}
    assert all(ms >= 0 for ms in stages.values())
    assert said["asked_by"] == "mara@example.com" and said["team"] == "brand"


def test_what_the_api_gives_is_what_its_document_says(site: Site) -> None:
    started = site.start(Prefer="wait=20").get_data()
    gives.Run.model_validate_json(started, strict=True)
    get = site.client().get
    for path, shape in (
        ("/api/v1/runs", gives.RunList),
        ("/api/v1/templates", gives.TemplateList),
        (f"/api/v1/templates/{TEMPLATE}", gives.Template),
        ("/api/v1/workflows", gives.WorkflowList),
        ("/api/v1/connections", gives.ConnectionList),
    ):
        shape.model_validate_json(get(path, headers=site.bearer()).get_data(), strict=True)
    refused = site.start({"template": "none", "inputs": {}})
    gives.Problem.model_validate_json(refused.get_data(), strict=True)


def test_a_caller_who_does_not_wait_is_told_where_to_look(site: Site) -> None:
    answered = site.start()
    assert answered.status_code == 202
    assert "Preference-Applied" not in answered.headers
    assert answered.json["state"] == "queued"
    location = answered.headers["Location"]
    site.hub.start(workers=1)
    for _ in range(200):
        seen = site.client().get(location, headers=site.bearer()).json
        if seen["state"] == "delivered":
            break
        threading.Event().wait(0.05)
    assert seen["state"] == "delivered" and seen["id"] == answered.json["id"]


def test_past_the_wait_the_run_goes_on_by_itself(open_at: Any) -> None:
    model = Held()
    with open_at(model=model) as site:
        site.hub.start(workers=0)
        answered = site.start(Prefer="wait=1")
        assert answered.status_code == 202 and answered.json["state"] == "queued"
        model.go.set()
        for _ in range(200):
            if site.hub.get(answered.json["id"]).state is RunState.DELIVERED:
                break
            threading.Event().wait(0.05)
        assert site.hub.get(answered.json["id"]).state is RunState.DELIVERED
        assert model.calls == 1


@pytest.mark.parametrize("prefer", ["wait=0", "wait=-3", "wait=soon", "respond-async", "waiting=9"])
def test_a_preference_that_asks_for_no_wait_is_not_applied(site: Site, prefer: str) -> None:
    answered = site.start(Prefer=prefer)
    assert answered.status_code == 202
    assert "Preference-Applied" not in answered.headers


def test_nobody_waits_longer_than_a_minute(site: Site) -> None:
    assert site.start(Prefer="respond-async, wait=9000").headers["Preference-Applied"] == "wait=60"


def test_the_same_idempotency_key_is_the_same_run(site: Site) -> None:
    first = site.start(Prefer="wait=20", Idempotency_Key="k-1")
    again = site.start(Prefer="wait=20", Idempotency_Key="k-1")
    assert again.status_code == 200
    assert again.json["id"] == first.json["id"]
    assert len(site.client().get("/api/v1/runs", headers=site.bearer()).json["runs"]) == 1


def test_an_idempotency_key_with_another_body_is_a_conflict(site: Site) -> None:
    site.start(Idempotency_Key="k-1")
    other = site.start({"template": TEMPLATE, "inputs": inputs("Another text.")}, Idempotency_Key="k-1")
    assert other.status_code == 409
    assert other.content_type == "application/problem+json"
    assert other.json["code"] == "conflict" and other.json["instead"]


def test_an_idempotency_key_is_its_team_s_own(site: Site) -> None:
    mine = site.start(Idempotency_Key="k-1")
    theirs = site.start({"template": TEMPLATE, "inputs": inputs("Another text.")}, "kim", Idempotency_Key="k-1")
    assert theirs.status_code == 202 and theirs.json["id"] != mine.json["id"]


def test_without_a_key_every_call_is_a_new_run(site: Site) -> None:
    assert site.start().json["id"] != site.start().json["id"]


@pytest.mark.parametrize("key", ["", "with space", "x" * 201, "ümlaut"])
def test_an_idempotency_key_that_cannot_be_kept_is_refused(site: Site, key: str) -> None:
    assert site.start(Idempotency_Key=key).status_code == 400


def test_another_team_s_run_is_not_there(site: Site) -> None:
    run = site.run()
    for path in (f"/api/v1/runs/{run.id}", "/api/v1/runs/nothing"):
        answered = site.client().get(path, headers=site.bearer("kim"))
        assert answered.status_code == 404
        assert run.id not in answered.json["detail"]
    for act in ("accept", "reject", "cancel", "resume", "undo", "feedback"):
        body = {"ease": 3} if act == "feedback" else {}
        acted = site.client().post(f"/api/v1/runs/{run.id}/{act}", json=body, headers=site.bearer("kim"))
        assert acted.status_code == 404, act
    assert site.client().get("/api/v1/runs", headers=site.bearer("kim")).json["runs"] == []
    before = site.client().get(f"/api/v1/runs?before={run.id}", headers=site.bearer("kim"))
    assert before.status_code == 400


def test_an_admin_reaches_every_team(site: Site) -> None:
    started = site.start(who="kim")
    seen = site.client().get(f"/api/v1/runs/{started.json['id']}", headers=site.bearer("ada"))
    assert seen.status_code == 200 and seen.json["team"] == "crm"


def test_no_run_falls_between_two_pages(site: Site) -> None:
    site.hub.parts.clock = lambda: 1_800_000_000.0  # all of them in the same moment
    made = {site.start().json["id"] for _ in range(7)}
    seen: list[str] = []
    path = "/api/v1/runs?limit=3"
    while path:
        page = site.client().get(path, headers=site.bearer()).json
        seen += [run["id"] for run in page["runs"]]
        path = f"/api/v1/runs?limit=3&before={page['next']}" if page["next"] else ""
    assert len(seen) == 7 and set(seen) == made


def test_runs_are_listed_by_state(site: Site) -> None:
    site.start(Prefer="wait=20")
    site.start()
    get = site.client().get
    queued = get("/api/v1/runs?state=queued", headers=site.bearer()).json["runs"]
    assert [run["state"] for run in queued] == ["queued"]
    assert get("/api/v1/runs?state=lost", headers=site.bearer()).status_code == 400
    assert get("/api/v1/runs?limit=0", headers=site.bearer()).status_code == 400
    assert get("/api/v1/runs?page=2", headers=site.bearer()).status_code == 400


def test_unknown_names_are_not_found_and_wrong_inputs_are_named(site: Site) -> None:
    unknown = site.start({"template": "none", "inputs": {}})
    assert unknown.status_code == 404 and TEMPLATE in unknown.json["instead"]
    wrong = site.start({"template": TEMPLATE, "inputs": {"text": 7, "colour": "red"}})
    assert wrong.status_code == 422
    assert set(wrong.json["fields"]) == {"text", "colour"}


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"[]", "no JSON object"),
        (b'{"template": "a", "template": "b"}', "same key twice"),
        (b'{"template": "a", "inputs": {"x": NaN}}', "NaN"),
        (b'{"template": "a", "inputs": {"x": 1e999}}', "too large"),
        (b'{"template": "a", "inputs": ' + b'{"x":' * 40 + b"1" + b"}" * 41, "inside each other"),
        (b'{"template": ' + b"[" * 100_000, "nested"),
        (b"\xff\xfe{}", "no JSON"),
    ],
)
def test_a_body_that_is_no_plain_json_is_refused(site: Site, raw: bytes, says: str) -> None:
    headers = site.bearer(Content_Type="application/json")
    answered = site.client().post("/api/v1/runs", data=raw, headers=headers)
    assert answered.status_code == 400
    assert says in answered.json["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"template": "a", "workflow": "b"}, "body"),
        ({"template": 7}, "template"),
        ({"template": "a", "extra": "secret-value"}, "extra"),
        ({"template": "a", "inputs": "secret-value"}, "inputs"),
        ({"template": "a", "target": {"connection": "docs"}}, "target.at"),
        ({"template": "a", "destinations": [{"connection": 1, "at": {}}]}, "destinations.0.connection"),
    ],
)
def test_a_field_that_is_wrong_is_named_and_never_echoed(site: Site, body: dict[str, Any], field: str) -> None:
    answered = site.start(body)
    assert answered.status_code == 422
    assert field in answered.json["fields"]
    assert "secret-value" not in answered.text


def test_a_body_that_is_too_large_or_no_json_is_refused_before_it_is_read(open_at: Any) -> None:
    with open_at(max_body_bytes=2_000) as site:
        large = site.start({"template": TEMPLATE, "inputs": {"text": "x" * 3_000}})
        assert large.status_code == 413 and "2,000" in large.json["instead"]
        form = site.client().post("/api/v1/runs", data="a=b", headers=site.bearer())
        assert form.status_code == 415


def test_broken_characters_are_cleaned_and_break_nothing(site: Site) -> None:
    raw = json.dumps({"template": "\ud800\x00", "inputs": {}}).encode()
    answered = site.client().post("/api/v1/runs", data=raw, headers=site.bearer(Content_Type="application/json"))
    assert answered.status_code == 404
    body = {"template": TEMPLATE, "inputs": {"text": "A \ud800 text\x07 with rubbish."}}
    assert site.start(body, Prefer="wait=20").json["state"] == "delivered"


def test_a_key_that_was_revoked_opens_nothing_any_more(site: Site) -> None:
    assert site.start().status_code == 202
    with site.hub.database.transaction() as tx:
        caller = teams.caller(tx, site.keys["mara"])
        assert caller is not None and teams.revoke(tx, caller.key_id, 1.0)
    answered = site.start()
    assert answered.status_code == 401
    assert answered.headers["WWW-Authenticate"].startswith("Bearer")
