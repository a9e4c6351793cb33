"""What only a browser shows: the pages keep their own strict policy, follow a run live, fit a phone, and bar nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from hub.domain import Stage
from tests.browser.conftest import signed_in
from tests.flow.web.site import Site
from tests.hubs import TEMPLATE


@pytest.fixture
def page(chromium: Browser, url: str) -> Iterator[Page]:
    """A signed-in page that fails the test when the browser complains about anything."""
    with signed_in(chromium, url, "Mara") as page:
        yield page


def test_a_person_makes_a_draft_without_a_mouse(page: Page, site: Site) -> None:
    site.hub.start(workers=1)
    # Nobody has used a template yet, so the first few stand in the order of their titles, and this one behind "more".
    page.locator("summary", has_text=re.compile(r"^\d+ more$")).focus()
    page.keyboard.press("Enter")
    summary = page.locator("summary", has_text="Rewrite in brand voice")
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.insert_text("Our spring sale starts on Monday and everybody is welcome.")
    page.locator("details[open]").get_by_role("button", name="Make a draft").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rewrite in brand voice")
    expect(page.get_by_text("Spring sale, from Monday. Come in.")).to_be_visible()


def test_a_run_s_page_follows_it_to_its_end(page: Page, site: Site) -> None:
    run = site.start().json
    page.goto(f"/runs/{run['id']}")
    expect(page.locator(".chip").first).to_have_text("Working")
    page.get_by_text("Every step, as recorded").click()
    site.hub.start(workers=1)
    expect(page.locator(".chip").first).to_have_text("Done")
    expect(page.get_by_text("Spring sale, from Monday. Come in.")).to_be_visible()
    expect(page.locator("details.more", has_text="Every step").locator("table")).to_be_visible()
    assert site.hub.get(run["id"]).stage is Stage.DONE


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_no_page_bars_anybody(page: Page, site: Site, axe: str, scheme: str, width: int) -> None:
    done, queued = site.run(), site.start().json["id"]
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    pages = ("/", f"/runs/{done.id}", f"/runs/{queued}", "/runs", "/templates", f"/templates/{TEMPLATE}")
    for path in (*pages, "/help", "/help/how-a-run-works", "/help/reference"):
        page.goto(path)
        # Evaluated, not added as a script: the page's own policy lets no other script in.
        page.evaluate(axe)
        found = page.evaluate("axe.run().then(found => found.violations.map(one => [one.id, one.nodes[0].html]))")
        assert found == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
