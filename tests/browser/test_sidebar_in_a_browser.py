"""The sidebar's page in a real browser at the sidebar's width: only `google.script.run` is somebody else's."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from hub.testing import FakeModel
from tests.browser.sidebar_page import HEIGHT, WIDTH, Sidebar
from tests.connectors.google_docs.addon_stage import a_desk
from tests.flow.web.test_api_acts import ASKED, EMAIL, SECRET
from tests.hubs import ENVELOPE, answer

SALE = "Our spring sale starts on Monday and everybody is welcome."
DRAFT = "Spring sale, from Monday. Come in."


@pytest.fixture
def sidebar(chromium: Browser, axe: str, tmp_path: Path) -> Iterator[Callable[..., Sidebar]]:
    """Makes a sidebar over a hub whose model answers with these."""
    pictures = Path(os.environ.get("INLAY_TEST_PICTURES") or tmp_path / "pictures")
    pictures.mkdir(exist_ok=True)
    closing: list[Callable[[], Any]] = []

    def make(*answers: Any, model: Any = None) -> Sidebar:
        opened = a_desk(tmp_path, model=model or FakeModel(*(answers or (answer(DRAFT),))))
        desk = opened.__enter__()
        closing.append(lambda: opened.__exit__(None, None, None))
        context = chromium.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        closing.append(context.close)
        page = context.new_page()
        page.set_default_timeout(15_000)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        # Nothing is loaded from anywhere.
        page.on("request", lambda request: said.append(request.url) if request.url.startswith("http") else None)
        closing.append(lambda: _nothing(said))
        made = Sidebar(page, desk, axe, pictures)
        page.expose_function("seam", made.seam)
        return made

    yield make
    for close in reversed(closing):
        close()


def _nothing(said: list[str]) -> None:
    assert said == []


def test_a_copywriter_goes_from_a_selection_to_a_draft_in_the_document_and_back(sidebar: Any) -> None:
    it: Sidebar = sidebar()
    page, stage = it.page, it.desk.stage
    stage.open("Launch copy", SALE, "After")
    stage.select([["body", 1]])
    it.open()
    expect(page.locator("#selection")).to_contain_text(SALE)
    it.picture("1-home")
    it.pick("Rewrite in brand voice")
    expect(page.get_by_role("heading", level=2)).to_be_focused()
    it.picture("2-form")
    it.click("Run")
    expect(page.get_by_role("button", name="Insert below")).to_be_visible()
    expect(page.locator("ins, del")).to_have_count(0)
    page.get_by_label("Show what changed").check()
    expect(page.locator("ins").first).to_be_visible()
    it.picture("3-result")
    it.click("Insert below")
    expect(page.locator(".good")).to_contain_text("In the document.")
    it.picture("4-inserted")
    assert stage.body() == ["Launch copy", SALE, DRAFT, "After"]
    it.click("Undo")
    expect(page.get_by_role("button", name="Insert below")).to_be_visible()
    assert stage.body() == ["Launch copy", SALE, "After"]
    it.click("Replace")
    expect(page.locator(".good")).to_contain_text("In the document.")
    assert stage.body() == ["Launch copy", DRAFT, "After"]
    page.locator("summary", has_text="get in the way").click()
    it.picture("5-friction")
    it.click("Wrong tone")
    expect(page.locator("main")).to_contain_text("Thank you.")
    it.click("Back")
    expect(page.locator("main")).to_contain_text("In the document")
    it.picture("6-home-again")


def test_variants_are_tabs_for_the_keyboard_and_each_is_compared_with_the_selection(sidebar: Any) -> None:
    copies = {
        "sms": "Sale: from Monday.",
        "linkedin": SALE.replace("spring", "big spring"),
        "x": "مرحبا 👩‍👩‍👧 from Monday.",
    }
    it: Sidebar = sidebar({**ENVELOPE, "variants": [{"copy": copy, "channel": name} for name, copy in copies.items()]})
    page, stage = it.page, it.desk.stage
    stage.open(SALE)
    stage.select([["body", 0]])
    it.open()
    it.pick("Shorten or repurpose")
    for box in page.locator("fieldset input").all():
        box.set_checked(False)
    it.click("Run")
    expect(page.get_by_text("Choose or type at least one.")).to_be_visible()
    it.picture("form-fault")
    for name in copies:
        page.get_by_label(name, exact=True).check()
    it.click("Run")
    tabs = page.get_by_role("tab")
    expect(tabs).to_have_text(list(copies))
    tabs.first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="linkedin")).to_be_focused()
    expect(page.locator("ins")).to_have_text(["big ", "\n(linkedin)"])
    it.picture("variants")
    page.keyboard.press("End")
    expect(page.get_by_role("tabpanel")).to_contain_text("مرحبا")
    page.get_by_label("Show what changed").uncheck()
    expect(page.locator("ins, del")).to_have_count(0)
    it.picture("variants-rtl")
    page.get_by_role("button", name="Insert below").press("Enter")
    expect(page.locator(".good")).to_be_visible()
    assert stage.body()[1:] == [copies["x"], "(x)"]
    page.get_by_role("tab", name="sms").click()
    expect(page.get_by_role("button", name="Insert below")).to_be_visible()


def test_progress_is_shown_and_said_and_can_be_cancelled(sidebar: Any) -> None:
    it: Sidebar = sidebar()
    page, stage = it.page, it.desk.stage
    stage.open(SALE)
    stage.select([["body", 0]])
    run = it.desk.start("rewrite-in-brand-voice")["run"]
    steps = [{**step, "state": state, "ms": ms} for step, state, ms in zip(
        run["steps"], ("done", "done", "now", "todo"), (0.3, 1834.0, None, None), strict=True)]  # fmt: skip
    moving = {**run, "state": "queued", "says": "Working on it", "moving": True, "steps": steps, "can": ["cancel"]}
    looks = iter([moving, moving])
    it.instead["start"] = lambda given: {"ok": True, "value": {"run": moving, "before": SALE}}
    it.instead["look"] = lambda given: {
        "ok": True,
        "value": {"run": next(looks, None) or (it.instead.pop("look") and run)},
    }
    it.open()
    it.pick("Rewrite in brand voice")
    it.click("Run")
    expect(page.locator(".steps .now")).to_contain_text("Write the draft")
    expect(page.get_by_role("status")).to_have_text("Write the draft …")
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    it.picture("progress")
    expect(page.get_by_role("button", name="Insert below")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("The draft is here")


def test_a_refusal_says_why_and_what_to_do_instead(sidebar: Any) -> None:
    it: Sidebar = sidebar()
    stage = it.desk.stage
    stage.open(f"The key is {SECRET}.")
    stage.select([["body", 0]])
    it.open()
    it.pick("Rewrite in brand voice")
    it.click("Run")
    alert = it.page.get_by_role("alert")
    expect(alert).to_contain_text("must not leave")
    expect(alert).to_contain_text("Take it out")
    expect(it.page.get_by_role("button", name="Insert below")).to_have_count(0)
    it.picture("refused")


def test_findings_are_shown_with_why_instead_and_an_example(sidebar: Any) -> None:
    it: Sidebar = sidebar()
    it.desk.stage.open(SALE)
    it.desk.stage.select([["body", 0]])
    run = it.desk.settled(it.desk.start("rewrite-in-brand-voice")["run"]["id"])
    found = {"side": "output", "rule": "claims.superlative", "why": "A superlative needs proof.", "fix": "a good sale"}
    run["run"]["findings"] = [
        {**found, "outcome": "allow", "message": "“The best sale” is a claim.", "instead": "Say what makes it good."},
        {**found, "outcome": "hold", "message": "A price without its condition.", "instead": "Add it.", "fix": None},
    ]
    run["run"]["notes"]["assumptions"] = ["The sale ends on Sunday."]
    it.instead["start"] = lambda given: {"ok": True, "value": run}
    it.open()
    it.pick("Rewrite in brand voice")
    it.click("Run")
    expect(it.page.get_by_text("For example: a good sale")).to_be_visible()
    it.picture("findings")


def test_a_draft_to_review_says_so_and_a_lost_place_offers_others(sidebar: Any) -> None:
    it: Sidebar = sidebar(EMAIL)
    page, stage = it.page, it.desk.stage
    stage.open("A", "Winter is over: change your tyres.", "B")
    stage.select([["body", 1]])
    it.open()
    it.pick("Campaign email")
    for name, value in ASKED["inputs"].items():
        if name != "offer":
            page.locator(f"#input-{name}").fill(value)
    it.picture("form-email")
    it.click("Run")
    expect(page.get_by_text("Goes in below the line")).to_be_visible()
    it.picture("in-review")
    stage.do("remove", path=["body", 1])
    it.click("Insert below")
    expect(page.get_by_role("alert")).to_contain_text("The draft is kept")
    it.picture("orphaned")
    it.click("Insert at the end")
    expect(page.locator(".good")).to_contain_text("not reviewed")
    assert stage.body()[:2] == ["A", "B"]
    assert stage.body()[2].startswith("[AI draft, not reviewed")


def test_remarks_are_a_list_and_nothing_is_inserted(sidebar: Any) -> None:
    remark = {"risk": "high", "evidence": "none given", "why": "A date is a promise.", "instead": "fine as it is"}
    it: Sidebar = sidebar({**ENVELOPE, "variants": [{"quote": "starts on Monday", **remark}]})
    it.desk.stage.open(SALE)
    it.desk.stage.select([["body", 0]])
    it.open()
    it.pick("Check the claims")
    it.click("Run")
    expect(it.page.locator("blockquote")).to_have_text("starts on Monday")
    expect(it.page.get_by_role("button", name="Insert below")).to_have_count(0)
    it.picture("remarks")


def test_a_hub_that_is_away_is_told_and_the_same_click_tried_again(sidebar: Any) -> None:
    it: Sidebar = sidebar()
    page = it.page
    it.desk.stage.open(SALE)
    it.desk.stage.select([["body", 0]])
    it.instead["open"] = lambda given: None
    it.open()
    expect(page.get_by_role("alert")).to_contain_text("did not answer")
    it.picture("closed")
    del it.instead["open"]
    it.click("Try again")
    it.pick("Rewrite in brand voice")
    it.desk.stage.do("lose", call=1)
    it.click("Run")
    expect(page.get_by_role("alert")).to_contain_text("your click counts once")
    it.picture("away")
    it.click("Run")
    expect(page.get_by_role("button", name="Insert below")).to_be_visible()
    clicks = [call["body"]["click"] for call in it.desk.stage.do("calls") if call["url"].endswith("/runs")]
    assert len(clicks) == 2 and len(set(clicks)) == 1
    assert len(it.desk.stage.ask("open")["runs"]) == 1


def test_what_a_document_or_a_model_says_is_text_and_never_markup(sidebar: Any) -> None:
    evil = "<img src=x onerror=\"document.title='gone'\"><script>document.title='gone'</script> &amp; {{7*7}}"
    it: Sidebar = sidebar(answer(evil))
    it.desk.stage.open(evil)
    it.desk.stage.select([["body", 0]])
    it.open()
    expect(it.page.locator("#selection")).to_contain_text(evil)
    it.pick("Rewrite in brand voice")
    it.click("Run")
    expect(it.page.locator(".panel")).to_contain_text(evil)
    assert it.page.locator("img, main script").count() == 0
    assert it.page.title() == "Inlay"


def test_commands_are_listed_and_run_on_a_click(sidebar: Any) -> None:
    it: Sidebar = sidebar()
    page, stage = it.page, it.desk.stage
    stage.open(SALE, "/ai rewrite warmer", "End", "/ai dance")
    it.open()
    it.click("Run /ai commands")
    expect(page.get_by_text("Rewrite in brand voice, on the text above it")).to_be_visible()
    it.picture("commands")
    assert not [one for one in it.asked if one == "command"]
    it.click("Run 1 command")
    expect(page.get_by_text("In the document")).to_be_visible()
    it.picture("commands-run")
    assert stage.body() == [SALE, DRAFT, "End", "/ai dance"]


def test_from_the_cursor_in_a_draft_to_its_run(sidebar: Any) -> None:
    it: Sidebar = sidebar()
    page, stage = it.page, it.desk.stage
    stage.open(SALE, "B")
    stage.select([["body", 0]])
    run = it.desk.run("rewrite-in-brand-voice")["run"]["id"]
    it.desk.insert(run)
    stage.do("cursor", path=["body", 2, 0], offset=0)
    it.open()
    it.click("What is this?")
    expect(page.locator(".notice")).to_contain_text("No draft of Inlay's stands at the cursor.")
    it.picture("nothing-here")
    stage.do("cursor", path=["body", 1, 0], offset=3)
    it.click("What is this?")
    expect(page.get_by_role("link", name="Open the run")).to_have_attribute("href", re.compile(f"/runs/{run}$"))
    it.click("Show")
    assert stage.do("selected") == DRAFT


@pytest.mark.parametrize("kind", ["none", "empty", "objects"])
def test_without_a_selection_the_text_can_be_typed(sidebar: Any, kind: str) -> None:
    it: Sidebar = sidebar()
    page, stage = it.page, it.desk.stage
    stage.open("", {"parts": [{"kind": "INLINE_IMAGE"}]})
    if kind == "empty":
        stage.do("cursor", path=["body", 0], offset=0)
    if kind == "objects":
        stage.select([["body", 1]])
    it.open()
    expect(page.locator("#selection")).to_contain_text({"none": "Nothing", "empty": "empty", "objects": "Images"}[kind])
    it.pick("Rewrite in brand voice")
    page.locator("#input-text").fill(SALE)
    it.picture(f"typed-{kind}")
    it.click("Run")
    expect(page.locator(".panel")).to_contain_text(DRAFT)


def test_templates_are_found_by_their_words(sidebar: Any) -> None:
    it: Sidebar = sidebar()
    page = it.page
    it.desk.stage.open(SALE)
    opened = it.desk.stage.ask("open")
    opened["templates"] = [{**opened["templates"][0], "name": f"t{n}", "title": f"Template {n}"} for n in range(12)]
    opened["teams"] = ["brand", "crm"]
    it.instead["open"] = it.instead["team"] = lambda given: {"ok": True, "value": opened}
    it.open()
    page.get_by_label("Find a template").fill("late 11")
    expect(page.locator("#templates button")).to_have_text([re.compile("Template 11")])
    it.picture("filter")
    page.get_by_label("Find a template").fill("nothing like it")
    expect(page.get_by_text("No template says this")).to_be_visible()
    page.get_by_label("Team").select_option("crm")
    expect(page.locator("#templates button")).to_have_count(12)
    opened["templates"], opened["friction"] = [], []
    it.open()
    expect(page.get_by_text("Your team has no templates")).to_be_visible()
    it.picture("no-templates")
