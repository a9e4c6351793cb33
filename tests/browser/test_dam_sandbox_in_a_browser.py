"""The DAM's library as a person meets it: drop a picture, see what arrives, edit, approve, by mouse and by keyboard."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from connectors.dam.sandbox import Sandbox
from connectors.dam.sandbox_samples import picture
from connectors.dam.sandbox_store import HUB
from hub.demo import Setting, free_port, open_door, set_up
from tests.connectors.dam.tiny_vendor import running

#: Drops a file onto the page as a browser does when a person lets go of it.
DROP = """async ([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, { type: "image/png" }));
  for (const kind of ["dragenter", "dragover", "drop"])
    document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def library() -> Iterator[Sandbox]:
    with running(sample=True) as sandbox:
        yield sandbox


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Setting]:
    port = free_port("127.0.0.1", 0)
    with set_up(tmp_path, port=port, sandbox_port=0, log_level="ERROR") as setting, open_door(setting):
        yield setting


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that fails the test when the browser complains about anything."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.set_default_timeout(30_000)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert said == []


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("INLAY_TEST_PICTURES") or tmp_path / "pictures")
    folder.mkdir(exist_ok=True)
    return folder


def drop(page: Page, name: str) -> None:
    page.evaluate(DROP, [name, base64.b64encode(picture(4)).decode()])


def test_what_is_dropped_gets_a_tile_and_what_is_written_there_appears_by_itself(library: Sandbox, page: Page) -> None:
    page.goto(library.url)
    expect(page.locator("#count")).to_have_text("3 assets")
    drop(page, "evening.png")
    expect(page.get_by_role("status")).to_have_text("evening.png is in the library.")
    tile = page.locator(".tile").first
    expect(tile.get_by_role("heading")).to_have_text("evening.png")
    expect(page.locator("#count")).to_have_text("4 assets")
    library.store.change(library.store.every()[0].id, {"alt": "A lantern on a balcony"}, by=HUB)
    expect(tile.locator("[data-slot=alt_text]")).to_contain_text("A lantern on a balcony")
    expect(tile.locator("[data-slot=alt_text] .by")).to_have_text("Inlay")
    expect(tile.get_by_role("img")).to_have_accessible_name("A lantern on a balcony")


def test_a_dropped_picture_gets_its_alt_text_and_the_approved_one_leads_to_copy_on_the_campaign(
    demo: Setting, page: Page, pictures: Path
) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{demo.stand_ins['dam'].url}/")
    drop(page, "Folding solar lantern on a balcony at night.png")
    tile = page.locator(".tile").first
    # Nobody reloads the page.
    alt = tile.locator("[data-slot=alt_text]")
    expect(alt).to_contain_text("Simulated draft", timeout=60_000)
    expect(alt.locator(".by")).to_have_text("Inlay")
    expect(tile.locator("[data-slot=tags] li").nth(4)).to_be_visible()
    tile.get_by_role("button", name="Approve").click()
    expect(tile.locator(".badge").first).to_have_text("Approved")
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=pictures / "library.png")
    run = tile.get_by_role("link", name="How it was made").get_attribute("href")
    assert run is not None and run.startswith(f"{demo.hub.settings.url}/runs/")

    page.goto(demo.stand_ins["crm"].page({"record": "701Hs0000000001IAA"}))
    output = page.locator("article.output")
    while output.count() == 0:
        # The page of a record looks again by itself only while somebody waits there for an answer.
        page.wait_for_timeout(500)
        page.reload()
    expect(output).to_contain_text("Folding solar lantern on a balcony at night")
    expect(output).to_contain_text("Review: Not reviewed")


def test_a_file_can_be_chosen_and_one_of_ours_taken(library: Sandbox, page: Page) -> None:
    page.goto(library.url)
    chosen = {"name": "chosen.png", "mimeType": "image/png", "buffer": picture(5)}
    page.get_by_label("Drop a picture anywhere on this page").set_input_files([chosen, {**chosen, "name": "two.png"}])  # type: ignore[list-item]
    expect(page.locator(".tile")).to_have_count(5)
    page.get_by_role("button", name="Add one of ours").click()
    expect(page.locator(".tile")).to_have_count(6)
    assert [one.name for one in library.store.every()][1:3] == ["two.png", "chosen.png"]


def test_what_somebody_types_survives_what_arrives_meanwhile(library: Sandbox, page: Page) -> None:
    asset = library.store.every()[0].id
    page.goto(library.url)
    tile = page.locator(".tile").first
    tile.get_by_text("Edit").click()
    tile.get_by_label("Alt text").fill("My own words")
    other = library.store.every()[1].id
    library.store.change(asset, {"tags": ["lantern"]}, by=HUB)
    library.store.change(other, {"tags": ["the other one"]}, by=HUB)
    expect(page.locator(".tile").nth(1)).to_contain_text("the other one")
    expect(tile.get_by_label("Alt text")).to_have_value("My own words")
    tile.get_by_role("button", name="Save").click()
    expect(tile.locator("[data-slot=alt_text]")).to_contain_text("My own words")
    expect(tile.locator("[data-slot=tags]")).to_contain_text("None yet")
    assert library.store.get(asset).fields["alt"] == "My own words"


def test_everything_is_done_by_keyboard(library: Sandbox, page: Page) -> None:
    page.goto(library.url)
    tile = page.locator(".tile").first
    tile.get_by_role("button", name="Approve").focus()
    page.keyboard.press("Enter")
    expect(tile.locator(".badge").first).to_have_text("Approved")
    # Approve is gone; the focus stays in the tile.
    assert page.evaluate("document.activeElement.closest('.tile')?.id") == tile.get_attribute("id")
    tile.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("A title")
    page.keyboard.press("Enter")
    expect(tile.locator("[data-slot=title]")).to_contain_text("A title")
    page.on("dialog", lambda dialog: dialog.accept())
    tile.get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".tile")).to_have_count(2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_the_library_bars_nobody(
    library: Sandbox, page: Page, pictures: Path, axe: str, width: int, scheme: str
) -> None:
    one, two, *_ = library.store.every()
    texts = {"alt": "A lantern on the dunes", "tags": ["dunes", "dusk"], "review": "Not reviewed: http://127.0.0.1:1/r"}
    library.store.change(one.id, {**texts, "proposal": "Another text"}, by=HUB)
    library.store.approve(two.id)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.goto(library.url)
    page.locator("summary").first.click()
    page.screenshot(path=pictures / f"library-{width}-{scheme}.png", full_page=True)
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(found => found.violations.map(one => [one.id, one.nodes[0].html]))")
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_empty_library_invites_the_first_picture(page: Page, pictures: Path, axe: str) -> None:
    with running() as library:
        page.goto(library.url)
        expect(page.locator("#grid")).to_have_text(
            re.compile("^Nothing here yet *Drop the first picture[^.]*. [^.]*.$")
        )
        page.screenshot(path=pictures / "library-empty.png")
        page.evaluate(axe)
        assert page.evaluate("axe.run().then(found => found.violations.map(one => one.id))") == []
        drop(page, "first.png")
        expect(page.locator(".tile")).to_have_count(1)
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Delete").click()
        expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
