"""Connections on the pages: set up step by step, switched on and off, paused, renewed, removed, each on the ledger."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import sqlalchemy as sa

from connectors.google_docs.sandbox import Sandbox
from hub.domain import RunState
from hub.pipeline import receive
from hub.pipeline import run as running
from hub.store import connections, tryouts
from hub.store.tables import ledger
from hub.web.api import gives
from tests.flow.web.site import OTHER, Site
from tests.hubs import TEAM, at_end_of, connect, request

NAME = "google-docs-sandbox"
#: A line of the form that is sent as it stands.
_INPUT = re.compile(r'name="place" value="([^"]*)"')


def _kinds(site: Site) -> list[tuple[str, str]]:
    """What the ledger says of connections, oldest first, each with its team."""
    with site.hub.database.reading() as tx:
        rows = tx.execute(sa.select(ledger).where(ledger.c.kind.startswith("connection.")).order_by(ledger.c.seq)).all()
    assert all(row.actor.startswith("person:") for row in rows)
    return [(row.kind, row.team) for row in rows]


def _row(site: Site, name: str) -> connections.ConnectionRow:
    with site.hub.database.reading() as tx:
        row = connections.get(tx, name)
    assert row is not None
    return row


def test_an_admin_goes_from_nothing_to_a_first_draft_that_stands_in_the_sandbox(site: Site) -> None:
    ada = site.browser("ada")
    assert "Nothing is connected yet." in ada.get("/connectors").text
    offered = ada.get("/connectors/new").text
    assert "Google Docs" in offered and "Silver" in offered
    begin = "/connectors/new/google_docs"
    assert "Enable the" in ada.get(begin).text or "enable the" in ada.get(begin).text
    made = ada.post(f"{begin}/sandbox", at=begin)
    assert made.status_code == 303 and made.location == f"/connectors/{NAME}/set-up"
    page = ada.get(made.location).text
    assert "it works" in page and "Fails" not in page
    chosen = ada.post(f"/connectors/{NAME}/set-up/teams", {"team": TEAM}, at=made.location)
    page = ada.get(chosen.location.partition("#")[0]).text
    place = _INPUT.search(page)
    assert place and "/document/d/demo-launch-brief" in place.group(1)
    form = {"team": TEAM, "template": "rewrite-in-brand-voice", "place": place.group(1)}
    form["input.text"] = "Our spring sale starts on Monday and everybody is welcome."
    written = ada.post(f"/connectors/{NAME}/set-up/first", form, at=f"{made.location}?template=rewrite-in-brand-voice")
    assert written.status_code == 303, written.text
    run = site.hub.get(written.location.rpartition("/")[2])
    assert run.state is RunState.DELIVERED, run.problem
    assert "Spring sale, from Monday." in httpx2.get(place.group(1)).text
    assert _kinds(site) == [("connection.made", ""), ("connection.switched_on", TEAM)]
    assert "1 arrived" in ada.get(f"/connectors/{NAME}").text


def test_what_is_switched_off_refuses_the_next_request_and_says_who_switches_it_on(site: Site, docs: Sandbox) -> None:
    connect(site.hub, docs.url)
    body = {"template": "rewrite-in-brand-voice", "inputs": {"text": "A sale."}}
    body |= {"destinations": [{"connection": "docs", "at": {"document": "demo-launch-brief", "end": True}}]}
    assert site.start(body).status_code == 202
    ada = site.browser("ada")
    assert (
        ada.post(f"/connectors/docs/teams/{TEAM}", {"on": "no", "back": "matrix"}, at="/connectors").status_code == 303
    )
    refused = site.start(body, Idempotency_Key="two")
    assert refused.status_code == 403
    assert "Ask an admin to switch it on" in refused.json["instead"] and refused.json["who"] == "an admin"
    ada.post(f"/connectors/docs/teams/{TEAM}", {"on": "yes", "back": "matrix"}, at="/connectors")
    assert site.start(body, Idempotency_Key="three").status_code == 202
    assert _kinds(site) == [("connection.switched_off", TEAM), ("connection.switched_on", TEAM)]


def test_a_pause_takes_nothing_new_holds_what_is_to_be_delivered_and_loses_nothing(site: Site, docs: Sandbox) -> None:
    connect(site.hub, docs.url)
    run = site.hub.run(request("held", workflow=None, destinations=()))
    assert run.state is RunState.DELIVERED
    ada = site.browser("ada")
    to = at_end_of("demo-launch-brief")
    taken = receive.receive(site.hub.parts, request("waits", target=to, destinations=(to,)), lease=True)
    ada.post("/connectors/docs/pause", {"paused": "yes"}, at="/connectors/docs")
    assert "It is paused" in ada.get("/connectors/docs").text
    told = site.start({"template": "rewrite-in-brand-voice", "inputs": {"text": "A"}, "target": _place()})
    assert told.status_code == 503 and told.json["code"] == "paused" and "nothing was lost" in told.json["instead"]
    assert taken.run is not None
    held = running.walk(site.hub.parts, taken.run)
    assert held.state is RunState.QUEUED and held.attempts == 0
    before = docs.calls()["writes"]
    # What a vendor sends meanwhile is kept, not refused: it sends it only so many times.
    sent = receive.receive(site.hub.parts, request("sent", target=to, destinations=(to,)), strict=False)
    assert site.hub.get(sent.run_id).state is RunState.QUEUED
    ada.post("/connectors/docs/pause", {"paused": "no"}, at="/connectors/docs")
    while running.work(site.hub.parts, "ask") or running.work(site.hub.parts, "deliver.google_docs"):
        pass
    for run_id in (held.id, sent.run_id):
        assert site.hub.get(run_id).state is RunState.DELIVERED, site.hub.get(run_id).problem
    assert docs.calls()["writes"] > before
    assert _kinds(site) == [("connection.paused", ""), ("connection.resumed", "")]


def test_a_wrong_setting_is_said_beside_its_field_and_only_secrets_are_typed_again(site: Site) -> None:
    ada, at = site.browser("ada"), "/connectors/new/salesforce"
    typed = {"name": "crm", "setting.domain": "login.salesforce.com", "setting.consumer_key": "a-consumer-key"}
    typed |= {"setting.consumer_secret": "never-shown-again", "setting.organization_id": "00D000000000001"}
    answer = ada.post(at, typed, at=at)
    assert answer.status_code == 422
    assert "serve every org" in answer.text and "a-consumer-key" in answer.text
    assert "never-shown-again" not in answer.text and "type them once more" in answer.text
    assert _kinds(site) == []


def test_a_probe_that_fails_names_the_fix_and_who_does_it(site: Site, docs: Sandbox) -> None:
    ada, at = site.browser("ada"), "/connectors/new/google_docs"
    typed = {"name": "docs", "sandbox": "yes", "setting.token_uri": f"{docs.url}/token"}
    typed |= {"setting.api_root": docs.url, "setting.drive_root": docs.url}
    made = ada.post(at, typed, at=at)
    assert made.status_code == 303
    page = ada.get(made.location).text
    assert "Fails" in page and "What to do" in page and "Who" in page and "something is missing" in page
    form = {**typed, "setting.access_token": "a-writer"}
    assert ada.post("/connectors/docs/settings", form, at="/connectors/docs").status_code == 303
    assert "it works" in ada.get(made.location).text
    assert [kind for kind, _ in _kinds(site)] == ["connection.made", "connection.changed"]
    with site.hub.database.reading() as tx:
        said = tx.execute(sa.select(ledger.c.data).where(ledger.c.kind == "connection.changed")).scalar_one()
    assert "access_token" in said and "a-writer" not in said


def test_a_secret_is_renewed_with_an_overlap_until_an_admin_ends_it(site: Site, docs: Sandbox) -> None:
    connect(site.hub, docs.url, inbound_token="the-first-token-of-docs")
    ada, at = site.browser("ada"), "/connectors/docs"

    def sends(token: str, id: str) -> int:
        event = {
            "event": "run.requested",
            "id": id,
            "document": "demo-launch-brief",
            "template": "rewrite-in-brand-voice",
        }
        headers = {"Authorization": f"Bearer {token}"}
        return site.client().post("/in/docs", json=event, headers=headers).status_code

    answer = ada.post(f"{at}/secrets/inbound_token", {"value": "the-second-token-of-docs"}, at=at)
    assert answer.status_code == 303
    page = ada.get(at).text
    assert "The one before it is accepted" in page and "token-of-docs" not in page
    assert sends("the-first-token-of-docs", "1") == sends("the-second-token-of-docs", "2") == 200
    ada.post(f"{at}/secrets/inbound_token", {"end": "yes"}, at=at)
    assert sends("the-first-token-of-docs", "3") == 401
    assert sends("the-second-token-of-docs", "4") == 200
    assert set(_row(site, "docs").secret_dates) == {"access_token", "inbound_token"}


def test_a_connection_is_removed_only_when_nothing_uses_it(site: Site, docs: Sandbox) -> None:
    connect(site.hub, docs.url)
    ada, at = site.browser("ada"), "/connectors/docs"
    page = ada.get(at).text
    assert "it is switched on for brand" in page
    answer = ada.post(f"{at}/remove", at=at)
    assert "still in use" in ada.get(answer.location).text
    ada.post(f"{at}/teams/{TEAM}", {"on": "no"}, at=at)
    answer = ada.post(f"{at}/remove", at=at)
    assert answer.location == "/connectors"
    assert ada.get(at).status_code == 404
    assert _kinds(site)[-1] == ("connection.removed", "")


def test_what_a_file_declares_is_changed_in_the_file_and_switched_here_with_a_word_of_warning(
    site: Site, docs: Sandbox
) -> None:
    connect(site.hub, docs.url)
    with site.hub.database.transaction() as tx:
        tx.execute(sa.text("UPDATE connection SET declared = true"))
        tx.execute(sa.text("UPDATE enablement SET declared = true"))
    ada, at = site.browser("ada"), "/connectors/docs"
    assert "in hub.yaml" in ada.get("/connectors").text
    assert ada.post(f"{at}/settings", {}, at=at).status_code == 409
    assert ada.post(f"{at}/remove", at=at).status_code == 303
    answer = ada.post(f"{at}/teams/{TEAM}", {"on": "no"}, at=at)
    assert "switches it on again" in ada.get(answer.location).text
    assert [kind for kind, _ in _kinds(site)] == ["connection.switched_off"]


def test_people_see_their_own_teams_and_change_nothing(site: Site, docs: Sandbox) -> None:
    connect(site.hub, docs.url, folder="a-folder-of-ours")
    mara, kim = site.browser("mara"), site.browser("kim")
    page = mara.get("/connectors").text
    assert "docs" in page and 'role="switch"' not in page and OTHER not in page
    own = mara.get("/connectors/docs")
    assert own.status_code == 200 and "a-folder-of-ours" not in own.text and "Pause it" not in own.text
    assert kim.get("/connectors/docs").status_code == 404 == kim.get("/connectors/docs/probes").status_code
    assert "Nothing is switched on for your team" in kim.get("/connectors").text
    for path in (f"docs/teams/{TEAM}", "docs/pause", "docs/try", "docs/remove", "docs/settings", "docs/secrets/x"):
        assert mara.post(f"/connectors/{path}", {"on": "no"}, at="/connectors").status_code == 403, path
    for path in ("new", "new/google_docs", "docs/set-up"):
        assert mara.get(f"/connectors/{path}").status_code == 403, path
    assert _kinds(site) == []


def test_the_sandbox_is_started_again_where_it_was(site: Site) -> None:
    ada, begin = site.browser("ada"), "/connectors/new/google_docs"
    ada.post(f"{begin}/sandbox", at=begin)
    first = _row(site, NAME).settings["api_root"]
    site.hub.closers[-1]()
    assert "The sandbox does not run." in ada.get(f"/connectors/{NAME}").text
    ada.post(f"/connectors/{NAME}/sandbox", at=f"/connectors/{NAME}")
    assert "The sandbox does not run." not in ada.get(f"/connectors/{NAME}").text
    assert _row(site, NAME).settings["api_root"] == first
    with site.hub.database.reading() as tx:
        assert tryouts.every(tx, NAME)[NAME].works


def test_a_program_of_an_admin_switches_pauses_and_tries_a_connection(site: Site, docs: Sandbox) -> None:
    connect(site.hub, docs.url)

    def call(what: str, body: dict[str, str] | None = None, who: str = "ada") -> Any:
        return site.client().post(f"/api/v1/connections/docs/{what}", json=body or {}, headers=site.bearer(who))

    assert call("enable", {"team": OTHER}).json["teams"] == [TEAM, OTHER]
    assert call("disable", {"team": OTHER}).json["teams"] == [TEAM]
    assert call("pause").json["paused"] is True and call("resume").json["paused"] is False
    tried = call("probe")
    gives.Tryout.model_validate_json(tried.get_data(), strict=True)
    assert tried.json["works"] is True and {probe["id"] for probe in tried.json["probes"]} >= {"token", "docs"}
    seen = site.client().get("/api/v1/connections/docs/probes", headers=site.bearer("mara"))
    assert seen.json == tried.json
    assert site.client().get("/api/v1/connections/docs/probes", headers=site.bearer("kim")).status_code == 404
    for what, body in (("enable", {"team": OTHER}), ("disable", {"team": TEAM}), ("pause", {}), ("probe", {})):
        assert call(what, body, who="mara").status_code == 403
    assert call("enable", {"team": "nobody"}).status_code == 404
    assert [kind.removeprefix("connection.") for kind, _ in _kinds(site)] == [
        "switched_on", "switched_off", "paused", "resumed",
    ]  # fmt: skip


def _place() -> dict[str, object]:
    return {"connection": "docs", "at": {"document": "demo-launch-brief", "end": True}}
