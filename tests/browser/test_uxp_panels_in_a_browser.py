"""A designer with the panel in Photoshop and InDesign: allows a code, runs a template, undoes each change in a step."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from hub.errors import Unavailable
from hub.testing import FakeModel
from tests.browser.uxp_stage import Office, Stage, office, uxp
from tests.hubs import ENVELOPE, TEMPLATE, answer

COPY = "Our spring sale starts on Monday\nand everybody is welcome."
DRAFT = "Spring sale, from Monday. Come in."
ALT = "alt-text-and-metadata"
META = {
    "alt_text": "A lantern glows on a wooden pier at dusk.",
    "title": "Lantern on the pier",
    "description": "A solar lantern stands at the end of a pier. The lake is calm.",
    "tags": ["lantern", "pier", "lake", "dusk", "summer"],
    "digital_source_type": "",
}
INSERT = re.compile("^Insert")
UNDO = re.compile("^Undo")
Open = Callable[..., Stage]


@pytest.fixture(scope="module")
def hub_of_all(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("uxp")) as at:
        yield at


@pytest.fixture
def opened(hub_of_all: Office, chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Opens a program with the panel in it, over a hub whose model answers with these."""
    pictures = Path(os.environ.get("INLAY_TEST_PICTURES") or tmp_path / "pictures")
    pictures.mkdir(exist_ok=True)
    stages: list[Stage] = []
    with ExitStack() as closing:

        def make(program: str, *answers: Any, signed_in: bool = True) -> Stage:
            model = FakeModel(*(answers or (answer(DRAFT),)))
            stages.append(closing.enter_context(uxp(hub_of_all, chromium, program, model, pictures)))
            stages[-1].open(signed_in=signed_in)
            return stages[-1]

        yield make
    assert [complaint for stage in stages for complaint in stage.complaints] == []


@pytest.fixture(params=["photoshop", "indesign"])
def stage(request: pytest.FixtureRequest, opened: Open) -> Open:
    return lambda *answers, **more: opened(request.param, *answers, **more)


def test_a_designer_allows_a_code_runs_inserts_and_takes_back_in_single_steps(stage: Open) -> None:
    it = stage(signed_in=False)
    it.write(COPY)
    it.page.get_by_role("button", name="Sign in").click()
    shown = it.page.locator("p.code")
    expect(shown).to_be_visible()
    it.picture("1-code")
    it.page.wait_for_function("design.opened.length === 1")
    browser = it.context.new_page()
    browser.goto(it.design("opened[0]"))
    browser.get_by_role("button", name="Mara").click()
    expect(browser.get_by_text(shown.inner_text())).to_be_visible()
    browser.get_by_role("button", name="Allow").click()
    expect(browser.get_by_role("button", name="Allow")).to_have_count(0)
    it.page.clock.fast_forward(5_000)
    expect(it.page.get_by_role("heading", name="What do you need?")).to_be_visible()
    it.picture("2-home")
    it.run(TEMPLATE)
    it.page.get_by_role("button", name=INSERT).click()
    it.says("Inserted.")
    assert it.texts() == [COPY, DRAFT]
    assert it.steps() == ["Insert a text of Inlay"]
    it.picture("3-inserted")
    it.page.get_by_role("button", name=UNDO).click()
    it.says("Taken back.")
    assert it.texts() == [COPY]
    assert it.steps() == ["Insert a text of Inlay", "Take a text of Inlay back"]
    (prompt,) = it.model.prompts
    assert COPY.splitlines()[1] in str(prompt)
    assert it.office.hub.url in it.files["config.js"]


def test_signing_out_leaves_nothing_in_the_program(stage: Open) -> None:
    it = stage()
    assert list(it.design("kept")) == ["token"]
    it.page.get_by_role("button", name="Sign out").click()
    expect(it.page.get_by_role("heading", name="Sign in to Inlay")).to_be_visible()
    assert it.design("kept") == {}
    it.office.tokens.clear()


def test_a_browser_the_designer_does_not_let_open_is_no_way_into_the_dark(stage: Open) -> None:
    it = stage(signed_in=False)
    it.set(refuses=True)
    it.page.get_by_role("button", name="Sign in").click()
    expect(it.page.get_by_text(f"Open {it.office.hub.url}/panel and type the code.")).to_be_visible()
    it.page.get_by_role("button", name="Cancel").click()
    expect(it.page.get_by_role("heading", name="Sign in to Inlay")).to_be_visible()


def test_what_is_selected_is_read_or_all_that_can_be_seen(stage: Open) -> None:
    it = stage()
    it.write("A headline of spring.")
    it.write("An old headline.", hidden=True)
    it.write("And a text that goes on for longer.")
    it.run(TEMPLATE)
    expect(it.page.get_by_role("button", name=INSERT)).to_be_visible()
    it.page.get_by_role("button", name="‹ Back").click()
    it.page.evaluate("design.select(0)")
    it.run(TEMPLATE)
    expect(it.page.get_by_role("button", name=INSERT)).to_be_visible()
    both, one = map(str, it.model.prompts)
    assert "A headline" in both and "goes on for longer." in both
    assert "An old headline." not in both
    assert "A headline" in one and "goes on" not in one


def test_a_text_the_designer_changed_is_not_taken_back(stage: Open) -> None:
    it = stage()
    it.write(COPY)
    it.run(TEMPLATE)
    it.page.get_by_role("button", name=INSERT).click()
    it.says("Inserted.")
    it.page.evaluate("design.retype(1, 'Mine.')")
    it.page.get_by_role("button", name=UNDO).click()
    it.refused("It was not taken back.")
    it.picture("4-not-taken-back")
    assert it.texts() == [COPY, "Mine."]
    assert it.steps() == ["Insert a text of Inlay"]


def test_a_change_that_fails_leaves_the_design_as_it_was(opened: Open) -> None:
    it = opened("photoshop")
    it.write(COPY)
    it.run(TEMPLATE)
    it.set(fails="The layer is locked.")
    it.page.get_by_role("button", name=INSERT).click()
    it.refused("The layer is locked.")
    assert it.texts() == [COPY]
    assert it.steps() == []


def test_a_program_that_is_busy_says_so_and_the_next_click_works(opened: Open) -> None:
    it = opened("photoshop")
    it.write(COPY)
    it.run(TEMPLATE)
    it.set(busy=True)
    it.page.get_by_role("button", name=INSERT).click()
    it.refused("Photoshop is busy.")
    it.set(busy=False)
    it.page.get_by_role("button", name=INSERT).click()
    it.says("Inserted.")
    assert it.texts() == [COPY, DRAFT]


def test_photoshop_shows_the_document_small_on_white(opened: Open) -> None:
    it = opened("photoshop", {"variants": [META], **ENVELOPE})
    it.set(width=1200, height=9000)
    it.run(ALT)
    expect(it.page.get_by_text(META["alt_text"])).to_be_visible()
    (prompt,) = it.model.prompts
    (shown,) = prompt.pictures
    assert shown.media_type == "image/jpeg"
    assert it.design("picture") == {"height": 1024, "componentSize": 8, "colorSpace": "RGB", "applyAlpha": True}
    assert it.design("disposed")
    assert it.steps() == []


def test_indesign_shows_a_page_of_any_size_and_leaves_the_person_s_own_settings(opened: Open) -> None:
    it = opened("indesign", {"variants": [META], **ENVELOPE})
    # A banner: six megabytes at 96 dots an inch.
    it.set(weighs=6_000_000)
    before = it.design("preferences")
    it.run(ALT)
    expect(it.page.get_by_text(META["alt_text"])).to_be_visible()
    (prompt,) = it.model.prompts
    (shown,) = prompt.pictures
    assert shown.media_type == "image/jpeg"
    assert len(shown.data) == 1_500_000
    taken = it.design("picture")
    assert (taken["format"], taken["pageString"], taken["jpegColorSpace"]) == ("jpg", "iv", "RGB")
    assert it.design("preferences") == before
    assert it.design("deleted") == ["/tmp/inlay-page.jpg"]
    assert it.steps() == []


def test_an_export_that_wrote_nothing_is_no_picture(opened: Open) -> None:
    it = opened("indesign")
    it.page.evaluate("Object.defineProperty(design, 'weighs', { get() { throw new Error('The disk is full.'); } })")
    before = it.design("preferences")
    it.run(ALT)
    it.refused("The disk is full.")
    assert it.design("preferences") == before
    assert it.model.calls == 0


def test_a_document_without_text_asks_for_one(stage: Open) -> None:
    it = stage()
    it.run(TEMPLATE)
    expect(it.page.get_by_role("alert")).to_be_visible()
    it.picture("5-no-text")
    assert it.model.calls == 0


def test_without_an_open_document_the_panel_says_what_to_open(stage: Open) -> None:
    it = stage()
    it.set(open=False)
    it.run(TEMPLATE)
    it.refused("No document is open.")
    it.picture("6-nothing-open")
    assert it.model.calls == 0


def test_a_hub_that_is_away_is_named_and_what_was_typed_stays(stage: Open) -> None:
    it = stage()
    it.write(COPY)
    it.context.route(f"{it.office.hub.url}/**", lambda route: route.abort())
    it.run(TEMPLATE, instruction="Shorter, please")
    it.refused("Inlay does not answer.")
    expect(it.page.locator("#in-instruction")).to_have_value("Shorter, please")
    it.picture("7-away")
    it.context.unroute(f"{it.office.hub.url}/**")
    it.page.get_by_role("button", name="Run", exact=True).click()
    expect(it.page.get_by_role("button", name=INSERT)).to_be_visible()
    assert it.model.calls == 1


def test_a_model_that_is_away_writes_nothing_into_the_design(opened: Open) -> None:
    it = opened("indesign", Unavailable("The model is away."))
    it.write(COPY)
    it.run(TEMPLATE)
    it.page.get_by_role("button", name="Stop").click()
    expect(it.page.get_by_text("Cancelled")).to_be_visible()
    assert it.texts() == [COPY]
