"""A designer with the panel in Photoshop and InDesign: allows a code, runs a template, undoes each change in a step."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from hub.testing import FakeModel
from tests.browser.uxp_stage import Stage, uxp
from tests.hubs import ENVELOPE, answer

REWRITE = "Rewrite in brand voice"
COPY = "Our spring sale starts on Monday\nand everybody is welcome."
DRAFT = "Spring sale, from Monday. Come in."
META = {
    "alt_text": "A lantern glows on a wooden pier at dusk.",
    "title": "Lantern on the pier",
    "description": "A solar lantern stands at the end of a pier. The lake is calm.",
    "tags": ["lantern", "pier", "lake", "dusk", "summer"],
    "digital_source_type": "",
}
PROGRAMS = ["photoshop", "indesign"]


@pytest.fixture(params=PROGRAMS)
def stage(request: pytest.FixtureRequest, chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Opens the program around the panel, over a hub whose model answers with these."""
    pictures = Path(os.environ.get("INLAY_TEST_PICTURES") or tmp_path / "pictures")
    pictures.mkdir(exist_ok=True)
    closing: list[tuple[Any, Stage]] = []

    def make(*answers: Any) -> Stage:
        model = FakeModel(*(answers or (answer(DRAFT),)))
        opened = uxp(chromium, tmp_path, model, pictures, request.param)
        made = opened.__enter__()
        closing.append((opened, made))
        return made

    yield make
    for opened, made in closing:
        opened.__exit__(None, None, None)
        assert made.complaints == []


def test_a_designer_types_no_key_runs_inserts_and_takes_back_in_single_steps(stage: Callable[..., Stage]) -> None:
    it = stage()
    it.write(COPY)
    it.sign_in()
    it.run(REWRITE)
    it.page.get_by_role("button", name=re.compile("^Insert")).click()
    expect(it.page.locator("#said")).to_have_text("Inserted.")
    assert it.texts() == [COPY, DRAFT]
    assert len(it.steps()) == 1
    it.page.screenshot(path=it.pictures / f"{it.program}-inserted.png")
    it.page.get_by_role("button", name=re.compile("^Undo")).click()
    expect(it.page.locator("#said")).to_have_text("Taken back.")
    assert it.texts() == [COPY]
    assert len(it.steps()) == 2
    (prompt,) = it.site.hub.parts.model.prompts
    assert COPY.splitlines()[1] in str(prompt)


def test_a_text_the_designer_changed_is_not_taken_back(stage: Callable[..., Stage]) -> None:
    it = stage()
    it.come_back()
    it.write(COPY)
    it.run(REWRITE)
    it.page.get_by_role("button", name=re.compile("^Insert")).click()
    expect(it.page.get_by_text("✓ Inserted")).to_be_visible()
    it.page.evaluate(
        "design.layers[1].textItem ? (design.layers[1].textItem.words = 'Mine.') : (design.layers[1].words = 'Mine.')"
    )
    it.page.get_by_role("button", name=re.compile("^Undo")).click()
    expect(it.page.get_by_role("alert")).to_contain_text("It was not taken back.")
    assert it.texts() == [COPY, "Mine."]


def test_the_document_is_shown_to_the_model_as_a_small_jpeg(stage: Callable[..., Stage]) -> None:
    it = stage({"variants": [META], **ENVELOPE})
    it.come_back()
    it.run("Alt text and metadata")
    expect(it.page.get_by_text(META["alt_text"])).to_be_visible()
    (prompt,) = it.site.hub.parts.model.prompts
    (shown,) = prompt.pictures
    assert shown.media_type == "image/jpeg"
    assert it.page.evaluate("design.pictures") == 1
    if it.program == "photoshop":
        assert it.page.evaluate("[design.width, design.disposed]") == [1024, True]
    else:
        assert it.page.evaluate("design.deleted")
        # What the person set for their own exports is as it was.
        assert it.page.evaluate("[design.preferences.pageString, design.preferences.exportResolution]") == ["mine", 300]


def test_without_an_open_document_the_panel_says_what_to_open(stage: Callable[..., Stage]) -> None:
    it = stage()
    it.come_back()
    it.page.evaluate("design.open = false")
    it.run(REWRITE)
    expect(it.page.get_by_role("alert")).to_contain_text("No document is open.")
    assert it.site.hub.parts.model.calls == 0


def test_a_code_that_nobody_allowed_can_be_given_up(stage: Callable[..., Stage]) -> None:
    it = stage()
    it.page.get_by_role("button", name="Sign in").click()
    expect(it.page.locator("p.code")).to_be_visible()
    it.page.get_by_role("button", name="Cancel").click()
    expect(it.page.get_by_role("heading", name="Sign in to Inlay")).to_be_visible()


def test_the_manifest_asks_for_the_hub_and_for_nothing_else(stage: Callable[..., Stage]) -> None:
    it = stage()
    manifest = json.loads(it.files["manifest.json"])
    asked = manifest["requiredPermissions"]
    assert asked["network"] == {"domains": [it.url]}
    assert asked["launchProcess"] == {"schemes": ["http"], "extensions": []}
    assert set(asked) - {"network", "launchProcess"} == ({"localFileSystem"} if it.program == "indesign" else set())
    assert asked.get("localFileSystem", "plugin") == "plugin", "its own folder, and no file of the person's"
    assert manifest["manifestVersion"] == 5
    assert manifest["host"]["app"] == {"photoshop": "PS", "indesign": "ID"}[it.program]
    assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", manifest["version"])
    named = set(re.findall(r'(?:src|href)="([^"]+)"', it.files["index.html"]))
    assert named <= set(it.files)
    assert manifest["main"] in it.files
    assert not re.search(r"@[A-Z]+@", "".join(it.files.values()))
