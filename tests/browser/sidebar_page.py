"""The sidebar's page as HtmlService puts it together, with the one call it makes handed to a test."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.connectors.google_docs.addon_stage import ADDON, Desk

WIDTH, HEIGHT = 300, 760
STUB = """<script>
  window.google = { script: { get run() {
    let done, failed;
    const made = {
      withSuccessHandler: (one) => ((done = one), made),
      withFailureHandler: (one) => ((failed = one), made),
      handle: (action, given) => {
        window.seam(action, given).then((answer) => (answer === null ? failed(new Error("gone")) : done(answer)));
      },
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
        self.page.goto("about:blank")
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
