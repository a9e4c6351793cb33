"""A designer with the panel in Adobe Express: signs in, runs a template on the page, inserts, mends, takes back."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from hub.errors import Unavailable
from hub.pipeline.run import advance
from hub.store import runs
from hub.testing import FakeModel
from tests.browser.express_stage import ORIGIN, Stage, express
from tests.hubs import ENVELOPE, answer, approve

REWRITE = "Rewrite in brand voice"
COPY = "Our spring sale starts on Monday and everybody is welcome."
DRAFT = "Spring sale, from Monday. Come in."
ADS = {
    "idea": "Light for long evenings",
    "meta_primary": "Long evenings need a light. Sommerlicht charges by day and glows for hours.",
    "meta_headline": "Light for long evenings",
    "meta_link": "See the lantern",
    "linkedin_intro": "A lantern for the terrace of your next team evening. It charges by day.",
    "linkedin_headline": "Light for team evenings",
    "call_to_action": "Learn more",
}
MORE = {
    **ADS,
    "idea": "It folds flat",
    "meta_primary": "Sommerlicht folds flat and goes into every bag. The light goes with you.",
    "linkedin_intro": "Flat in the bag, bright on the table: a lantern for people who travel for work.",
}


@pytest.fixture
def stage(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Opens Express around the panel, over a hub whose model answers with these."""
    pictures = Path(os.environ.get("INLAY_TEST_PICTURES") or tmp_path / "pictures")
    pictures.mkdir(exist_ok=True)
    closing: list[tuple[Any, Stage]] = []

    def make(*answers: Any, theme: str = "light", **given: Any) -> Stage:
        model = FakeModel(*(answers or (answer(DRAFT),)))
        opened = express(chromium, tmp_path, model, pictures, **given)
        made = opened.__enter__()
        closing.append((opened, made))
        made.open(theme)
        return made

    yield make
    for opened, made in closing:
        opened.__exit__(None, None, None)
        assert made.complaints == []


def test_a_designer_signs_in_runs_inserts_and_takes_back(stage: Callable[..., Stage]) -> None:
    it = stage()
    it.write(COPY)
    it.picture("1-signed-out")
    it.sign_in()
    it.picture("2-home")
    it.page.get_by_role("button", name=REWRITE).click()
    expect(it.page.get_by_role("heading", level=1)).to_be_focused()
    it.picture("3-form")
    it.page.get_by_role("button", name="Run", exact=True).click()
    insert = it.page.get_by_role("button", name=re.compile("^Insert"))
    expect(insert).to_be_visible()
    it.picture("4-draft")
    insert.click()
    expect(it.page.locator("#said")).to_have_text("Inserted.")
    assert it.texts() == [COPY, DRAFT]
    expect(it.page.get_by_text("✓ Inserted")).to_be_visible()
    it.picture("5-inserted")
    it.page.get_by_role("button", name=re.compile("^Undo")).click()
    expect(it.page.locator("#said")).to_have_text("Taken back.")
    assert it.texts() == [COPY]
    (prompt,) = it.site.hub.parts.model.prompts
    assert COPY in str(prompt)


def test_the_page_is_shown_to_the_model_where_the_template_looks_at_it(stage: Callable[..., Stage]) -> None:
    it = stage({"variants": [ADS, MORE], **ENVELOPE})
    it.write("Sommerlicht, the folding lantern")
    it.sign_in()
    it.run("Social ad variants", offer="Sommerlicht, a lantern that charges by day and folds flat.")
    expect(it.page.get_by_role("heading", name="Variant 2")).to_be_visible()
    it.picture("6-variants")
    (prompt,) = it.site.hub.parts.model.prompts
    (shown,) = prompt.pictures
    assert shown.media_type == "image/jpeg"
    assert it.page.evaluate("design.renditions") == 1
    # Tier 2: until a colleague has looked, every text goes in with a line that says so.
    it.page.get_by_role("button", name="Insert: Meta headline").first.click()
    expect(it.page.locator("#said")).to_have_text("Inserted.")
    line, words = it.texts()[1].split("\n")
    assert line.startswith(f"Not reviewed yet: {it.url}/runs/")
    assert words == ADS["meta_headline"]


def test_after_the_review_the_line_is_taken_out(stage: Callable[..., Stage]) -> None:
    it = stage({"variants": [ADS, MORE], **ENVELOPE})
    it.sign_in()
    it.run("Social ad variants", offer="Sommerlicht, a lantern that charges by day and folds flat.")
    it.page.get_by_role("button", name="Insert: Meta headline").first.click()
    expect(it.page.locator("#said")).to_have_text("Inserted.")
    parts = it.site.hub.parts
    with it.site.hub.database.reading() as tx:
        (run,) = runs.newest(tx, teams=None, limit=10)
    assert run.draft is not None
    approve(it.site.hub, run)
    advance(parts, run.id)
    it.page.get_by_role("button", name="‹ Back").click()
    it.page.get_by_role("button", name=re.compile("Social ad variants.*The draft is here")).click()
    it.page.get_by_role("button", name=re.compile("^Take the line out")).click()
    expect(it.page.locator("#said")).to_have_text("Reviewed: the line is gone.")
    assert it.texts() == [ADS["meta_headline"]]


def test_a_finding_s_fix_is_one_click_and_goes_in_mended(stage: Callable[..., Stage]) -> None:
    it = stage(answer("Whitelist our address, and come in on Monday."))
    it.write(COPY)
    it.sign_in()
    it.run(REWRITE)
    it.page.get_by_role("button", name="Fix").click()
    expect(it.page.locator("#said")).to_have_text("Fixed.")
    it.picture("7-mended")
    it.page.get_by_role("button", name=re.compile("^Insert")).click()
    expect(it.page.locator("#said")).to_have_text("Inserted.")
    assert it.texts()[1].lower() == "allowlist our address, and come in on monday."


def test_a_text_the_designer_changed_is_not_taken_back(stage: Callable[..., Stage]) -> None:
    it = stage()
    it.write(COPY)
    it.sign_in()
    it.run(REWRITE)
    it.page.get_by_role("button", name=re.compile("^Insert")).click()
    expect(it.page.get_by_text("✓ Inserted")).to_be_visible()
    it.page.evaluate("design.boxes[1].fullContent.text = 'Mine now.'")
    it.page.get_by_role("button", name=re.compile("^Undo")).click()
    expect(it.page.get_by_role("alert")).to_contain_text("It was not taken back.")
    assert it.texts() == [COPY, "Mine now."]


def test_what_a_rule_stops_says_why_and_what_instead(stage: Callable[..., Stage]) -> None:
    it = stage(answer("A clinically proven lantern."))
    it.write(COPY)
    it.sign_in()
    it.run(REWRITE)
    expect(it.page.get_by_text("Held: somebody has to look at it first")).to_be_visible()
    expect(it.page.get_by_role("button", name=re.compile("^Insert"))).to_have_count(0)
    it.picture("8-held")


def test_text_of_the_design_and_of_the_model_is_never_markup(stage: Callable[..., Stage]) -> None:
    hostile = "<img src=x onerror=\"document.title='owned'\"><b>Sale</b>"
    it = stage(answer(f"{hostile} from Monday."))
    it.write(hostile)
    it.sign_in()
    it.run(REWRITE)
    expect(it.page.get_by_text(hostile)).to_be_visible()
    assert it.page.title() == "Inlay"
    assert it.page.locator("main img, main b").count() == 0


def test_a_sign_in_that_ended_asks_for_another_and_keeps_the_design(stage: Callable[..., Stage]) -> None:
    it = stage()
    it.write(COPY)
    it.sign_in()
    with it.site.hub.database.transaction() as tx:
        tx.exec_driver_sql("DELETE FROM panel_pass")
    it.run(REWRITE, instruction="Shorter, please")
    expect(it.page.get_by_role("alert")).to_contain_text("You are signed out.")
    it.picture("9-signed-out-again")
    assert it.texts() == [COPY]
    # The same person goes on where they were.
    it.sign_in(who="", then=REWRITE)
    expect(it.page.locator("#in-instruction")).to_have_value("Shorter, please")
    it.page.get_by_role("button", name="Run", exact=True).click()
    expect(it.page.get_by_role("button", name=re.compile("^Insert"))).to_be_visible()


def test_a_model_that_is_away_is_told_and_the_run_can_be_opened_again(stage: Callable[..., Stage]) -> None:
    it = stage(Unavailable("The model is away."))
    it.write(COPY)
    it.sign_in()
    it.run(REWRITE)
    expect(it.page.get_by_role("button", name="Stop")).to_be_visible()
    it.picture("10-working")
    it.page.get_by_role("button", name="Stop").click()
    expect(it.page.get_by_text("Cancelled")).to_be_visible()


def test_a_hub_that_is_away_is_named_and_nothing_is_lost(stage: Callable[..., Stage]) -> None:
    it = stage()
    it.write(COPY)
    it.sign_in()
    it.page.get_by_role("button", name=REWRITE).click()
    it.page.locator("#in-instruction").fill("Shorter, please")
    it.context.route(f"{it.url}/**", lambda route: route.abort())
    it.page.get_by_role("button", name="Run", exact=True).click()
    expect(it.page.get_by_role("alert")).to_contain_text("Inlay does not answer.")
    expect(it.page.locator("#in-instruction")).to_have_value("Shorter, please")
    it.picture("11-away")
    it.context.unroute(f"{it.url}/**")
    it.page.get_by_role("button", name="Run", exact=True).click()
    expect(it.page.get_by_role("button", name=re.compile("^Insert"))).to_be_visible()


def test_a_panel_of_another_address_gets_nothing(stage: Callable[..., Stage]) -> None:
    it = stage(origin=ORIGIN.replace("w4u1fd2b0", "w4u1fd2b1"))
    it.sign_in(then="Sign in to Inlay")
    told = it.page.get_by_role("alert")
    expect(told).to_contain_text("Inlay does not answer.")
    # A browser does not tell the two apart: so the panel says what an admin of a new one has left to do.
    expect(told).to_contain_text(f"an admin adds {ORIGIN} to panel_origins")


def test_a_person_who_refuses_in_the_window_is_told_so(stage: Callable[..., Stage]) -> None:
    it = stage()
    it.sign_in(answer="Refuse", then="Sign in to Inlay")
    expect(it.page.get_by_role("alert")).to_contain_text("The sign-in was not finished.")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_screen_of_the_panel_bars_anybody(stage: Callable[..., Stage], axe: str, theme: str) -> None:
    it = stage(answer("Whitelist our address, and come in on Monday."), theme=theme)

    def unbarred() -> None:
        it.page.evaluate(axe)
        found = it.page.evaluate("axe.run().then(found => found.violations.map(one => [one.id, one.nodes[0].html]))")
        assert found == []
        assert it.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off"

    expect(it.page.get_by_role("button", name="Sign in")).to_be_visible()
    unbarred()
    it.write(COPY)
    it.sign_in()
    unbarred()
    it.picture(f"home-{theme}")
    it.page.get_by_role("button", name=REWRITE).click()
    unbarred()
    it.page.get_by_role("button", name="Run", exact=True).click()
    expect(it.page.get_by_role("button", name="Fix")).to_be_visible()
    unbarred()
    it.picture(f"draft-{theme}")
