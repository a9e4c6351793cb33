"""The sidebar's page in a real browser at the sidebar's width: only `google.script.run` is somebody else's."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from hub.testing import FakeModel
from tests.connectors.google_docs.addon_stage import ADDON, Desk, a_desk
from tests.hubs import answer

SALE = "Our spring sale starts on Monday and everybody is welcome."
DRAFT = "Spring sale, from Monday. Come in."
WIDTH, HEIGHT = 300, 760
STUB = """<script>
  window.google = { script: { get run() {
    let done, failed;
    const made = {
      withSuccessHandler: (one) => ((done = one), made),
      withFailureHandler: (one) => ((failed = one), made),
      handle: (action, given) => { window.seam(action, given).then((answer) => answer === null ? failed(new Error("gone")) : done(answer)); },
    };
    return made;
  } } };
</script>"""


def page_source() -> str:
    """The page as HtmlService puts it together."""

    def include(found: re.Match[str]) -> str:
        return (ADDON / f"{found.group(1)}.html").read_text(encoding="utf-8")

    whole = re.sub(r'<\?!= include\("(\w+)"\); \?>', include, (ADDON / "Sidebar.html").read_text(encoding="utf-8"))
    assert "<?" not in whole
    return whole.replace("<head>", f"<head>{STUB}", 1)


@dataclass
class Sidebar:
    """The page and, behind the seam, the script under Node and a real hub. ``instead`` answers for an action."""

    page: Page
    desk: Desk
    axe: str
    pictures: Path
    instead: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def seam(self, action: str, given: Any) -> Any:
        self.asked.append(action)
        if action in self.instead:
            return self.instead[action](given)
        return self.desk.stage.do("handle", action=action, given=given)

    def open(self) -> None:
        self.page.set_content(page_source())

    def picture(self, name: str) -> None:
        """Look at the page: nothing bars anybody, nothing is wider than the sidebar; keep a picture of it."""
        self.page.wait_for_function("!document.querySelector('main.busy')")
        self.page.screenshot(path=self.pictures / f"{name}.png", full_page=True)
        self.page.evaluate(self.axe)
        found = self.page.evaluate("axe.run().then(found => found.violations.map(one => [one.id, one.nodes[0].html]))")
        assert found == [], name
        assert self.page.evaluate("document.documentElement.scrollWidth") <= WIDTH, name

    def click(self, words: str) -> None:
        self.page.get_by_role("button", name=words, exact=True).click()

    def pick(self, title: str) -> None:
        self.page.locator("#templates button", has_text=title).click()


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
