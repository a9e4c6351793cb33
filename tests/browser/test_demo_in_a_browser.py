"""The demo as its visitor walks it: ask on a campaign's page, see the output arrive, follow it to its run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hub.demo import Setting, free_port, open_door, set_up
from tests.flow.web.site import has_read

CAMPAIGN = {"record": "701Hs0000000001IAA"}


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


def ask(page: Page, template: str, instructions: str = "") -> None:
    page.get_by_label("Template").fill(template)
    page.get_by_label("Instructions").fill(instructions)
    page.get_by_role("button", name="Ask about this campaign").click()


def test_a_planner_asks_on_a_campaign_sees_the_output_arrive_and_follows_it_to_its_run(
    demo: Setting, page: Page, pictures: Path
) -> None:
    page.goto(demo.stand_ins["crm"].page(CAMPAIGN))
    expect(page.get_by_text("There is no output yet.")).to_be_visible()
    page.screenshot(path=pictures / "campaign-before.png")
    ask(page, "search-ad-set", "Start with the date.")
    # Nobody reloads the page.
    output = page.locator("article.output")
    expect(output).to_have_count(1)
    expect(output).to_contain_text("Simulated draft")
    expect(output).to_contain_text("Review: Not reviewed")
    expect(page.locator("#requests")).to_contain_text("Ready")
    page.screenshot(path=pictures / "campaign-after.png")
    run = output.get_by_role("link", name="How it was made").get_attribute("href")
    assert run is not None and run.startswith(f"{demo.hub.settings.url}/runs/")

    page.goto(demo.hub.settings.url)
    page.get_by_role("button", name="Inês").click()
    page.goto(demo.stand_ins["crm"].page(CAMPAIGN))
    output.get_by_role("link", name="How it was made").click()
    expect(page).to_have_url(run)
    expect(page.get_by_role("heading", level=1)).to_have_text("Search ad set")
    expect(page.locator("body")).to_contain_text("asked by noor.haddad@sommerlicht.example")
    page.screenshot(path=pictures / "run.png", full_page=True)
    has_read(demo.hub, run.rpartition("/")[2])
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".chip").first).to_have_text("Done")

    page.goto(demo.stand_ins["crm"].page(CAMPAIGN))
    expect(output).to_contain_text("Review: Reviewed")


def test_what_cannot_be_done_is_said_on_the_campaign_while_another_text_is_being_typed(
    demo: Setting, page: Page
) -> None:
    page.goto(demo.stand_ins["crm"].page(CAMPAIGN))
    ask(page, "no-such-template")
    page.get_by_label("Instructions").fill("The next thing I want")
    expect(page.locator("#requests")).to_contain_text("Needs attention", timeout=60_000)
    expect(page.locator("#requests small")).not_to_be_empty()
    expect(page.get_by_label("Instructions")).to_have_value("The next thing I want")


@pytest.mark.parametrize("width", [390, 1200])
def test_the_campaign_s_page_bars_nobody(demo: Setting, page: Page, axe: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(demo.stand_ins["crm"].page(CAMPAIGN))
    ask(page, "campaign-summary")
    expect(page.locator("article.output")).to_have_count(1)
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(found => found.violations.map(one => [one.id, one.nodes[0].html]))")
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
