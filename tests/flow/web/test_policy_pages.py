"""The policy pages: the card, packs and rules by team, a text to try, and changes that are tried before made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.domain import Role, RunState
from hub.governance import packs
from hub.pipeline import rule_counts, what_if
from hub.store import events, policies, runs, teams
from hub.testing import FakeModel
from hub.web import policy_view
from tests.flow.web.site import OTHER, Site, open_site
from tests.hubs import TEAM, answer

HELD = "Clinically proven to shine."


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path, model=FakeModel(answer("Our new medicine has no side effects."), answer(HELD))) as made:
        with made.hub.database.transaction() as tx:
            teams.put_person(tx, "lea@example.com", "Lea", {TEAM: Role.LEAD}, 0.0)
            made.keys["lea"] = teams.new_key(
                tx, team_id=TEAM, role=Role.LEAD, email="lea@example.com", name="lea", now=0.0
            )
        yield made


def test_every_member_reads_what_the_team_may_do_and_which_packs_are_in_force(site: Site) -> None:
    mara = site.browser()
    assert "Brand team" in (first := mara.get("/policy").text) and "CRM team" not in first
    page = mara.get(f"/policy/teams/{TEAM}").text
    for said in ("What you may do", "Leave passwords and keys out", "Core rules", "for everybody", "hold the run"):
        assert said in page
    assert 'action="/policy/failing"' not in page
    narrowed = mara.get(f"/policy/teams/{TEAM}?surface=salesforce").text
    assert '<option value="salesforce" selected>Salesforce' in narrowed
    assert len(narrowed) < len(page)


def test_people_of_another_team_find_nothing(site: Site) -> None:
    with site.hub.database.transaction() as tx:
        rule = {"id": "cheap", "terms": ["cheap"], "why": "It is not us.", "instead": "Say what it is worth."}
        own = {"checks": [{"name": "copy_rules", "rules": {"rules": [rule]}}]}
        teams.put(tx, OTHER, "CRM team", own, 0.0)
    kim, mara = site.browser("kim"), site.browser()
    for there in (f"/policy/teams/{OTHER}", f"/policy/packs/team-{OTHER}", f"/policy/rules/team-{OTHER}.cheap"):
        assert kim.get(there).status_code == 200
        assert mara.get(there).status_code == 404
    for nowhere in ("/policy/packs/none", "/policy/rules/core.none", "/policy/teams/none", "/policy/what-if/none"):
        assert mara.get(nowhere).status_code == 404


@pytest.mark.parametrize("name", packs.names())
def test_every_shipped_pack_and_a_rule_of_each_has_a_page(site: Site, name: str) -> None:
    browser, rules = site.browser(), policy_view.rules_of(packs.shipped(name))
    page = browser.get(f"/policy/packs/{name}")
    assert page.status_code == 200
    assert len(re.findall(r'href="/policy/rules/', page.text)) == len(rules)
    for rule in (rules[0], rules[-1]):
        assert "What to write instead" in browser.get(f"/policy/rules/{rule.id}").text


def test_a_held_draft_leads_to_its_rule_which_says_how_often_it_fired(site: Site) -> None:
    site.run("first")
    held = site.run("second")
    assert held.state is RunState.HELD
    rule_counts.count(site.hub.parts)
    mara = site.browser()
    assert 'href="/policy/rules/claims-us.unproven-science"' in mara.get(f"/runs/{held.id}").text
    page = mara.get("/policy/rules/claims-us.unproven-science").text
    for said in ("An objective claim needs the evidence", "Name the study", "FTC Policy Statement", "1 × Brand team"):
        assert said in page
    assert "A clinically proven formula" in page
    assert "never in your teams" in site.browser("kim").get("/policy/rules/claims-us.unproven-science").text


def test_a_text_is_tried_without_being_stored_or_sent_to_a_model(site: Site) -> None:
    mara, at = site.browser(), f"/policy/teams/{TEAM}"
    model = site.hub.parts.model
    with site.hub.database.reading() as tx:
        before = events.last(tx)
    page = mara.post(at, {"text": "<b>Clinically proven</b>. Write to jo@example.com."}, at=at).text
    assert "claims-us.unproven-science" in page and "Name the study" in page
    assert '<mark class="hold"' in page and "<b>" not in page
    assert "personal-data.email" in page
    assert "Nothing is found in it" in mara.post(at, {"text": "A good lamp."}, at=at).text
    secret = mara.post(at, {"text": "The key is AKIAIOSFODNN7EXAMPLQ."}, at=at).text
    assert "secrets." in secret
    assert "AKIAIOSFODNN7EXAMPLQ" not in secret.partition("<textarea")[0]
    assert mara.post(at, {"text": " "}, at=at).status_code == 400
    with site.hub.database.reading() as tx:
        assert events.last(tx) == before
        assert runs.newest(tx, teams=None) == []
    assert not model.prompts  # type: ignore[attr-defined]


def test_an_admin_tries_a_pack_and_switches_it_on(site: Site) -> None:
    site.run("first")
    ada = site.browser("ada")
    form = {"pack": "pharma", "turns": "on", "team": ""}
    there = ada.post("/policy/what-if", form, at="/policy/packs/pharma").headers["Location"]
    under_way = ada.get(there).text
    assert "0 of 1 runs looked at" in under_way and 'data-moving="yes"' in under_way
    assert ada.post(f"{there}/switch", at=there).status_code == 303
    assert "was not tried to its end" in ada.get(there).text
    what_if.work(site.hub.parts)
    done = ada.get(f"{there}/live").text
    assert "Of 1 drafts it would have held <strong>1</strong>" in done
    ada.post(f"{there}/switch", at=there)
    assert "in force" in ada.get(there).text
    page = ada.get("/policy/packs/pharma").text
    assert "on for everybody" in page and "ada@example.com" in page
    assert ada.post("/policy/what-if", form, at="/policy/packs/core").headers["Location"] == "/policy/packs/pharma"
    assert "on for everybody already" in ada.get("/policy").text


def test_a_lead_adds_for_their_team_and_a_member_for_nobody(site: Site) -> None:
    lea, mara = site.browser("lea"), site.browser()
    assert "Try it for Brand team" in (page := lea.get("/policy/packs/finance").text)
    assert "for everybody" not in page
    form = {"pack": "finance", "turns": "on", "team": TEAM}
    at = f"/policy/teams/{TEAM}"
    assert mara.post("/policy/what-if", form, at=at).status_code == 403
    assert lea.post("/policy/what-if", {**form, "team": ""}, at=at).status_code == 403
    assert lea.post("/policy/what-if", {**form, "team": OTHER}, at=at).status_code == 404
    there = lea.post("/policy/what-if", form, at=at).headers["Location"]
    assert mara.get(there).status_code == 404
    assert site.browser("kim").get(there).status_code == 404
    what_if.work(site.hub.parts)
    lea.post(f"{there}/switch", at=there)
    with site.hub.database.reading() as tx:
        found = teams.get(tx, TEAM)
        assert found is not None and found.policy == {"packs": ["finance"]}
    assert "added by the team" in mara.get(at).text
    assert lea.post("/policy/what-if", {**form, "turns": "off"}, at=at).status_code == 403
    assert "Try Brand team without it" in site.browser("ada").get("/policy/packs/finance").text


def test_a_try_is_cancelled_and_changes_nothing(site: Site) -> None:
    ada = site.browser("ada")
    form = {"pack": "pharma", "turns": "on", "team": ""}
    there = ada.post("/policy/what-if", form, at="/policy/packs/pharma").headers["Location"]
    ada.post(f"{there}/cancel", at=there)
    assert what_if.work(site.hub.parts) == 0
    assert "Nothing was changed" in ada.get(there).text
    with site.hub.database.reading() as tx:
        assert policies.get(tx) == {}


def test_an_admin_sets_what_a_failed_check_comes_to(site: Site) -> None:
    ada, at = site.browser("ada"), "/policy/organisation"
    page = ada.get(at).text
    secrets = page.split('value="secrets"')[1].split("</select>")[0]
    assert 'value="deny"' in secrets and 'value="hold"' not in secrets and 'value="flag"' not in secrets
    ada.post("/policy/failing", {"team": "", "check": "copy_rules", "step": "flag"}, at=at)
    assert "let pass, on record" in site.browser().get(f"/policy/teams/{TEAM}").text
    ada.post("/policy/failing", {"team": "", "check": "secrets", "step": "flag"}, at=at)
    assert "not set here" in ada.get(at).text
    lea = site.browser("lea")
    form = {"team": TEAM, "check": "injection", "step": "deny"}
    assert lea.post("/policy/failing", form, at=f"/policy/teams/{TEAM}").status_code == 403
