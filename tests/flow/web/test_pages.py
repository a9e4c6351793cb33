"""The pages: signing in, starting a run from a form, reading a run, acting on it, and problems a person can read."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.google_docs.sandbox import start
from hub.domain import DeliveryState, Role, RunState
from hub.offline import Simulator
from hub.store import deliveries, runs, searches, teams
from hub.testing import FakeModel
from hub.web.pages import help as help_pages
from tests.flow.web.site import Site, has_read
from tests.flow.web.test_api_acts import ASKED, EMAIL
from tests.hubs import TEAM, TEMPLATE, Clock, answer, at_end_of, connect

TEXT = "Our spring sale starts on Monday & everybody is <b>welcome</b>."


def test_home_teaches_when_nothing_has_run_yet(site: Site) -> None:
    page = site.browser().get("/").text
    assert "Nothing has run yet" in page
    assert "Rewrite in brand voice" in page and 'name="input.text"' in page


def test_help_is_with_people_who_are_there_and_in_no_channel_that_is_not(site: Site) -> None:
    def says(who: str) -> str:
        pages = [site.browser(who).get(at).text for at in ("/", f"/templates/{TEMPLATE}")]
        assert not any("#ask" in page for page in pages)
        return " ".join(" ".join(pages).split())

    assert 'Ada</span><span class="sub">Ask about any' in says("mara") and "Ask Ada." in says("mara")
    with site.hub.database.transaction() as tx:
        teams.put_person(tx, "lea@example.com", "Lea <Lead>", {TEAM: Role.LEAD}, 0.0)
    assert 'Lea &lt;Lead&gt;</span><span class="sub">Ask about any' in says("mara")
    assert "Ask Lea &lt;Lead&gt;." in says("mara") and "Ask Ada" not in says("mara")


def test_whoever_is_alone_on_the_hub_is_not_told_to_ask_themselves(site: Site) -> None:
    with site.hub.database.transaction() as tx:
        for who in ("mara", "jon", "kim"):
            teams.put_person(tx, f"{who}@example.com", who, {"crm": Role.MEMBER}, 0.0)
    assert "Nobody to ask yet" in site.browser("ada").get("/").text


def test_a_channel_the_organisation_has_named_is_where_help_is(site: Site) -> None:
    shelf = site.hub.parts.shelf
    shipped = shelf.current(TEMPLATE)
    own = shipped.help.model_copy(update={"channel": "#our-copy-desk"})
    shelf.add(shipped.model_copy(update={"help": own, "revision": "f" * 64}))
    assert "#our-copy-desk" in site.browser().get("/").text
    assert "#our-copy-desk" in site.browser().get(f"/templates/{TEMPLATE}").text


def test_people_read_the_title_of_a_team_and_the_address_holds_its_id(site: Site) -> None:
    run = site.run()
    mara, ada = site.browser(), site.browser("ada")
    for at in ("/", "/runs", f"/runs/{run.id}", f"/runs/{run.id}/provenance"):
        assert "· Brand team" in mara.get(at).text and "· brand" not in mara.get(at).text, at
    assert "· Brand team" in ada.get("/runs?team=brand").text
    assert "Member of Brand team" in ada.get("/admin/people").text


def test_a_form_starts_a_run_and_leads_to_its_page(site: Site) -> None:
    browser = site.browser()
    sent = browser.post(
        f"/templates/{TEMPLATE}", {"input.text": TEXT, "input.keep": "a\n\nb"}, at=f"/templates/{TEMPLATE}"
    )
    assert sent.status_code == 303
    page = browser.get(sent.headers["Location"])
    assert page.status_code == 200
    assert "Spring sale, from Monday. Come in." in page.text
    assert "<b>welcome</b>" not in page.text and "&lt;b&gt;welcome" in page.text
    with site.hub.database.reading() as tx:
        (run,) = runs.newest(tx, teams=None)
    assert run.request.inputs["keep"] == ["a", "b"] and run.request.surface == "web"
    assert run.request.actor.person == "mara@example.com"
    assert "Rewrite in brand voice" in browser.get("/").text


def test_the_same_form_sent_twice_is_one_run_and_corrected_it_is_another(site: Site) -> None:
    browser = site.browser()
    at = f"/templates/{TEMPLATE}"
    nonce = {"nonce": "a" * 32}
    first = browser.post(at, {"input.text": TEXT, **nonce}, at=at)
    again = browser.post(at, {"input.text": TEXT, **nonce}, at=at)
    other = browser.post(at, {"input.text": TEXT + " More.", **nonce}, at=at)
    assert first.headers["Location"] == again.headers["Location"] != other.headers["Location"]


def test_inputs_to_correct_are_named_beside_their_field_and_nothing_is_lost(site: Site) -> None:
    browser = site.browser()
    at = f"/templates/{TEMPLATE}"
    sent = browser.post(at, {"input.text": "", "input.voice": "warm and short"}, at=at)
    assert sent.status_code == 422
    assert 'id="try-text-wrong"' in sent.text and "is missing" in sent.text
    assert "warm and short" in sent.text
    with site.hub.database.reading() as tx:
        assert runs.newest(tx, teams=None) == []


def test_a_form_without_its_token_changes_nothing(site: Site) -> None:
    browser = site.browser()
    sent = browser.client.post(f"/templates/{TEMPLATE}", data={"input.text": TEXT}, headers={"Accept": "text/html"})
    assert sent.status_code == 400 and "form has expired" in sent.text
    run = site.run()
    acted = browser.client.post(f"/runs/{run.id}/feedback", data={"ease": "5"})
    assert acted.status_code == 400
    assert browser.client.post("/sign-in", data={"key": site.keys["jon"]}).status_code == 400


def test_a_run_s_page_shows_path_draft_receipt_and_undo(site: Site) -> None:
    sandbox = start()
    try:
        connect(site.hub, sandbox.url)
        run = site.run(target=at_end_of("demo-launch-brief"))
        browser = site.browser()
        page = browser.get(f"/runs/{run.id}").text
        for words in ("Receive", "Compose", "Check", "Ask", "Deliver", "Written", "Receipt"):
            assert words in page
        assert len(re.findall(r'<span class="ms">[\d.,]+ (?:ms|s)</span>', page)) == 5
        assert f"{sandbox.url}/document/d/demo-launch-brief" in page
        assert "$0.00" in page and "Take it back" in page
        undone = browser.post(f"/runs/{run.id}/undo", at=f"/runs/{run.id}")
        assert undone.status_code == 303
        after = browser.get(f"/runs/{run.id}").text
        assert "Taken back" in after and "Take it back" not in after
    finally:
        sandbox.stop()


def test_a_run_is_done_while_anything_of_it_stands_and_then_taken_back(site: Site) -> None:
    def chips() -> list[str]:
        browser = site.browser()
        chip = r'<span class="chip \w+"(?: role="status")?>([^<]+)<'
        return [re.findall(chip, browser.get(at).text)[0] for at in ("/runs", f"/runs/{run.id}")]

    sandbox = start()
    try:
        connect(site.hub, sandbox.url)
        run = site.run(target=at_end_of("demo-launch-brief"))
        assert chips() == ["Done", "Done"]
        with site.hub.database.transaction() as tx:
            (row,) = deliveries.of_run(tx, run.id)
            deliveries.add(tx, replace(row, key=f"{run.id}.2", number=2), 0.0)
            deliveries.save(tx, row.key, 0.0, {"state": DeliveryState.UNDONE})
        assert chips() == ["Done", "Done"]
        site.browser().post(f"/runs/{run.id}/undo", at=f"/runs/{run.id}")
        assert chips() == ["Taken back", "Taken back"]
        page = site.browser().get("/").text
        assert '<span class="chip calm">Taken back</span>' in page and ">Done<" not in page
    finally:
        sandbox.stop()


def test_a_run_that_wrote_nothing_anywhere_is_done(site: Site) -> None:
    run = site.run()
    assert ">Done<" in site.browser().get(f"/runs/{run.id}").text


def test_a_problem_says_what_why_what_to_do_and_who(open_at: Any) -> None:
    with open_at(model=FakeModel("no json at all")) as site:
        run = site.run()
        assert run.state is RunState.HELD and run.problem is not None
        page = site.browser().get(f"/runs/{run.id}").text
        assert run.problem.what.split(",")[0].replace("'", "&#39;") in page
        assert "What to do" in page and "a lead" in page
        assert "no json at all" in page, "the answer is kept and shown"
        assert "Run it again" in page and "Cancel this run" in page


def test_a_simulated_draft_says_so_everywhere(open_at: Any) -> None:
    with open_at(model=Simulator()) as site:
        run = site.run()
        browser = site.browser()
        page = browser.get(f"/runs/{run.id}").text
        assert "This draft is simulated" in page
        assert "simulated" in browser.get("/runs").text
        shown = site.client().get(f"/api/v1/runs/{run.id}", headers=site.bearer()).json
        assert shown["simulated"] and shown["label"].startswith("Simulated")


def test_a_review_is_offered_to_those_who_may_and_bound_to_what_they_saw(open_at: Any) -> None:
    clock = Clock()
    with open_at(model=FakeModel(EMAIL), clock=clock) as site:
        run = site.start(ASKED, Prefer="wait=20").json
        page = f"/runs/{run['id']}"
        assert "Not reviewed" in site.browser("mara").get(page).text
        assert "Your decision" not in site.browser("mara").get(page).text
        reviewer = site.browser("jon")
        assert "Your decision" in reviewer.get(page).text
        stale = reviewer.post(f"{page}/accept", {"content_hash": "0" * 64}, at=page)
        assert "changed since you looked" in reviewer.get(stale.headers["Location"]).text
        assert site.hub.get(run["id"]).state is RunState.IN_REVIEW
        has_read(site.hub, run["id"])
        reviewer.post(f"{page}/accept", {"content_hash": run["draft"]["content_hash"]}, at=page)
        assert site.hub.get(run["id"]).review is not None


def test_a_run_can_be_made_again_with_what_was_given(open_at: Any) -> None:
    with open_at(model=FakeModel(answer())) as site:
        site.start({"template": TEMPLATE, "inputs": {"text": "A text.", "voice": "dry as dust"}}, Prefer="wait=20")
        with site.hub.database.reading() as tx:
            (run,) = runs.newest(tx, teams=None)
        again = f"/templates/{TEMPLATE}?again={run.id}"
        assert "dry as dust" in site.browser("mara").get(again).text
        assert "dry as dust" not in site.browser("jon").get(again).text, "what a person typed is theirs"
        assert site.browser("kim").get(again).status_code == 404


def test_another_team_s_pages_are_not_there(site: Site) -> None:
    run = site.run()
    browser = site.browser("kim")
    for path in (f"/runs/{run.id}", f"/runs/{run.id}/live"):
        page = browser.get(path)
        assert page.status_code == 404 and "Not found" in page.text and run.id not in page.text.split("<main", 1)[1]
    assert run.id not in browser.get("/runs").text
    assert browser.post(f"/runs/{run.id}/cancel", at="/").status_code == 404


def test_the_live_part_is_the_page_s_inner_part(site: Site) -> None:
    queued = site.start().json
    browser = site.browser()
    part = browser.get(f"/runs/{queued['id']}/live").text
    assert 'data-moving="yes"' in part and "<html" not in part
    assert part.strip() in browser.get(f"/runs/{queued['id']}").text.replace("\r", "") or "csrf_token" in part
    done = site.run()
    assert 'data-moving="no"' in browser.get(f"/runs/{done.id}/live").text


def test_runs_are_paged_and_filtered(site: Site) -> None:
    for _ in range(33):
        site.start()
    site.run()
    browser = site.browser()
    first = browser.get("/runs").text
    assert first.count('class="line"') == 30
    older = re.search(r'href="([^"]*before=[^"]*)"', first)
    assert older
    assert browser.get(older.group(1).replace("&amp;", "&")).text.count('class="line"') == 4
    assert browser.get("/runs?state=delivered").text.count('class="line"') == 1
    assert browser.get("/runs?state=nonsense").status_code == 400


def test_a_session_ends_with_its_key_and_with_signing_out(site: Site) -> None:
    browser = site.browser("mara")
    assert browser.get("/").status_code == 200
    browser.post("/sign-out", at="/")
    assert browser.get("/").status_code == 303
    browser = site.browser("mara")
    with site.hub.database.transaction() as tx:
        caller = teams.caller(tx, site.keys["mara"])
        assert caller is not None
        teams.revoke(tx, caller.key_id, 1.0)
    assert browser.get("/").headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("key", ["", "nothing", "machine"])
def test_only_a_person_s_key_signs_in(site: Site, key: str) -> None:
    browser = site.browser(None)
    sent = browser.post("/sign-in", {"key": site.keys.get(key, key)}, at="/sign-in")
    assert sent.status_code == 401 and "no key of a person" in sent.text
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ("/runs?state=held", "/runs?state=held"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_to_a_page_of_this_hub_only(site: Site, wanted: str, there: str) -> None:
    sent = site.browser(None).post("/sign-in", {"key": site.keys["mara"], "next": wanted}, at="/sign-in")
    assert sent.headers["Location"] == there


def test_guessing_keys_is_slowed_down(site: Site) -> None:
    browser = site.browser(None)
    statuses = [browser.post("/sign-in", {"key": "guess"}, at="/sign-in").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    last = browser.post("/sign-in", {"key": site.keys["mara"]}, at="/sign-in")
    assert last.status_code == 429 and int(last.headers["Retry-After"]) > 0


def test_the_demo_lets_people_in_on_this_machine_only(open_at: Any) -> None:
    with open_at(demo=True) as site:
        browser = site.browser(None)
        assert "Pick who you are" in browser.get("/sign-in").text
        sent = browser.post("/sign-in/demo", {"person": "jon@example.com"}, at="/sign-in")
        assert sent.status_code == 303 and browser.get("/").status_code == 200
        assert browser.post("/sign-in/demo", {"person": "nobody@example.com"}, at="/").status_code == 403
        away = browser.client.get("/", headers={"X-Forwarded-For": "10.0.0.1", "Accept": "text/html"})
        assert away.status_code == 303
    with open_at(demo=False) as site:
        browser = site.browser(None)
        assert "Pick who you are" not in browser.get("/sign-in").text
        assert browser.post("/sign-in/demo", {"person": "jon@example.com"}, at="/sign-in").status_code == 403


def test_problems_are_readable_pages(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = site.browser()
    missing = browser.get("/nothing-here")
    assert missing.status_code == 404 and "There is nothing at this address" in missing.text

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the text of a document")

    monkeypatch.setattr(searches, "search", broken)
    monkeypatch.setattr("hub.web.errors.log", type("Log", (), {"error": lambda *_, **__: None})())
    fault = browser.get("/runs")
    assert fault.status_code == 500 and "logged as" in fault.text and "text of a document" not in fault.text


def test_help_lists_the_guides_and_explains_every_problem(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "start.md").write_text(
        "# First steps\n\nSee **what** `inlay` does in [more](more.md#x). <script>alert(1)</script>\n\n"
        "| a |\n|---|\n| b |\n"
    )
    monkeypatch.setattr(help_pages, "GUIDES", tmp_path)
    help_pages.guides.cache_clear()
    browser = site.browser()
    every = browser.get("/help").text
    assert "First steps" in every and "See what inlay does in more." in every
    guide = browser.get("/help/start").text
    assert 'href="/help/more#x"' in guide and "<table>" in guide
    assert "<script>alert" not in guide and "&lt;script&gt;" in guide
    assert browser.get("/help/none").status_code == 404
    problems = browser.get("/help/problems").text
    assert 'id="conflict"' in problems and 'id="invalid-inputs"' in problems
    assert browser.get(f"/help/templates/{TEMPLATE}").headers["Location"] == f"/templates/{TEMPLATE}"
    help_pages.guides.cache_clear()


def test_no_page_holds_script_or_style_of_its_own(site: Site) -> None:
    run = site.run()
    browser = site.browser()
    for path in ("/", f"/runs/{run.id}", "/runs", "/templates", f"/templates/{TEMPLATE}", "/help", "/sign-in"):
        page = browser.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", page), path
        assert not re.search(r'(?:src|href)="(?:https?:)?//(?!127\.0\.0\.1)', page.split("<main")[0]), path
