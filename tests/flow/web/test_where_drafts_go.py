"""From a page a draft stays where it is, or goes where a workflow of the person's team takes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.google_docs.sandbox import Sandbox
from hub.domain import Role, RunState, Target
from hub.store import connections, teams
from tests import hubs
from tests.flow.web.site import OTHER, Site, open_site
from tests.hubs import TEAM, TEMPLATE

PAGE = f"/templates/{TEMPLATE}"
TEXT = {"input.text": "Our spring sale starts on Monday."}


@pytest.fixture
def site(tmp_path: Path, docs: Sandbox) -> Iterator[Site]:
    with open_site(tmp_path, demo=True) as opened:
        hubs.connect(opened.hub, docs.url)
        asked = Target(connection="docs", at={"document": {"from_input": "page"}, "end": True})
        back = Target(connection="@origin", at={})
        with opened.hub.database.transaction() as tx:
            for team, name, places in (
                (TEAM, "newsletter", (asked,)),
                (TEAM, "back", (back,)),
                (OTHER, "theirs", (asked,)),
            ):
                connections.put_workflow(tx, connections.Workflow(team, name, TEMPLATE, places, None))
        yield opened


def test_a_draft_goes_into_the_document_whose_address_was_pasted(site: Site, docs: Sandbox) -> None:
    sent = {**TEXT, "workflow": "newsletter", "place.page": docs.document_url("demo-newsletter")}
    answer = site.browser().post(PAGE, sent, at=PAGE)
    run = site.hub.get(answer.headers["Location"].rpartition("/")[2])
    run = site.hub.run_to_rest(run.id) if run.state is not RunState.DELIVERED else run
    assert run.state is RunState.DELIVERED and run.request.workflow == "newsletter", run.problem
    assert "Spring sale, from Monday." in docs.store.text("demo-newsletter")


def test_without_a_workflow_it_stays_on_its_page(site: Site, docs: Sandbox) -> None:
    before = docs.store.text("demo-newsletter")
    mara = site.browser()
    answer = mara.post(PAGE, {**TEXT, "workflow": "", "place.page": "demo-newsletter"}, at=PAGE)
    assert docs.store.text("demo-newsletter") == before
    assert "nowhere else: it stays here" in mara.get(answer.headers["Location"]).text


def test_a_missing_place_is_said_beside_its_field_and_nothing_typed_is_lost(site: Site) -> None:
    answer = site.browser().post(PAGE, {**TEXT, "workflow": "newsletter"}, at=PAGE)
    assert answer.status_code == 422
    assert "This says where the result goes." in answer.text and TEXT["input.text"] in answer.text
    assert '<option value="newsletter" selected>' in answer.text


def test_only_workflows_of_the_person_s_teams_that_lead_somewhere_are_offered(site: Site) -> None:
    mara, kim = site.browser("mara"), site.browser("kim")
    assert "newsletter: to docs" in mara.get(PAGE).text and "newsletter: to docs" in mara.get("/").text
    assert 'value="back"' not in mara.get(PAGE).text and 'value="theirs"' not in mara.get(PAGE).text
    assert 'value="theirs"' in kim.get(PAGE).text and 'value="newsletter"' not in kim.get(PAGE).text
    for name in ("theirs", "back", "no-such"):
        refused = mara.post(PAGE, {**TEXT, "workflow": name, "place.page": "demo-newsletter"}, at=PAGE)
        assert refused.status_code == 400, name
        assert "has no workflow of this name" in refused.text


def test_in_two_teams_the_workflow_is_the_one_of_the_team_that_asks(site: Site) -> None:
    with site.hub.database.transaction() as tx:
        teams.put_person(tx, "kim@example.com", "Kim", {TEAM: Role.MEMBER, OTHER: Role.LEAD}, 0.0)
    kim = site.browser(None)
    kim.post("/sign-in/demo", {"person": "kim@example.com"}, at="/sign-in")
    assert "(Brand team)" in kim.get(PAGE).text
    sent = {**TEXT, "team": OTHER, "workflow": "newsletter", "place.page": "demo-newsletter"}
    assert kim.post(PAGE, sent, at=PAGE).status_code == 400
