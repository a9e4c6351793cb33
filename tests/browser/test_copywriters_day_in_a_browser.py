"""A copywriter's day: from Home to a draft that a check holds, one click mends it, and it stands in the document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from connectors.google_docs.sandbox import Sandbox, start
from hub.domain import Target
from hub.store import connections, teams
from hub.testing import FakeModel
from tests import hubs
from tests.browser.conftest import look, signed_in
from tests.flow.web.site import Site, open_site
from tests.hubs import TEAM, TEMPLATE, answer

DOCUMENT = "demo-newsletter"
CHEAP = {"id": "cheap", "terms": ["cheap"], "fix": "good value", "why": "We sell quality.", "instead": "Say its worth."}
POLICY = {"checks": [{"name": "copy_rules", "rules": {"rules": [CHEAP]}}]}


@pytest.fixture
def docs() -> Iterator[Sandbox]:
    docs = start()
    yield docs
    docs.stop()


@pytest.fixture
def site(tmp_path: Path, docs: Sandbox) -> Iterator[Site]:
    """A team with a document to write to, a workflow that leads there, and a rule of its own."""
    with open_site(tmp_path, demo=True, model=FakeModel(answer("Cheap tyres, from Monday."))) as opened:
        hubs.connect(opened.hub, docs.url)
        place = Target(connection="docs", at={"document": {"from_input": "page"}, "end": True})
        with opened.hub.database.transaction() as tx:
            teams.put(tx, TEAM, "Brand team", POLICY, 0.0)
            connections.put_workflow(tx, connections.Workflow(TEAM, "newsletter", TEMPLATE, (place,), None))
        opened.hub.start(workers=1)
        yield opened


@pytest.fixture
def page(chromium: Browser, url: str) -> Iterator[Page]:
    with signed_in(chromium, url, "Mara") as page:
        yield page


def test_a_draft_held_for_a_word_is_mended_by_one_click_and_stands_in_the_document(
    page: Page, site: Site, docs: Sandbox, axe: str
) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("What do you want to make?")
    page.get_by_role("link", name="All templates").click()
    page.get_by_role("link", name="Rewrite in brand voice").first.click()
    page.get_by_label("Text").first.fill("Cheap tyres from Monday on.")
    page.get_by_label("Where the draft goes").select_option("newsletter")
    look(page, axe, "form")
    page.get_by_label("Page").fill(docs.document_url(DOCUMENT))
    page.get_by_role("button", name="Make a draft").click()

    expect(page.locator(".chip").first).to_have_text("Held for a person")
    expect(page.get_by_text("We sell quality.").first).to_be_visible()
    assert "tyres, from Monday" not in docs.store.text(DOCUMENT)
    look(page, axe, "held")
    held = page.url

    page.get_by_role("link", name="Home", exact=True).click()
    waits = page.get_by_role("region", name="Waits for you")
    expect(waits.get_by_role("link", name="Rewrite in brand voice")).to_be_visible()
    look(page, axe, "home")
    waits.get_by_role("link", name="Rewrite in brand voice").click()
    expect(page).to_have_url(held)
    page.get_by_role("button", name="Apply the fix and check again").click()
    expect(page.locator(".chip").first).to_have_text("Done")
    assert "ood value tyres, from Monday." in docs.store.text(DOCUMENT)

    page.get_by_role("link", name="Home", exact=True).click()
    expect(page.get_by_role("region", name="Waits for you")).to_have_count(0)
    lately = page.get_by_role("region", name="What you did lately")
    expect(lately.get_by_role("link", name="Rewrite in brand voice")).to_be_visible()

    page.get_by_role("link", name="Notifications").click()
    look(page, axe, "notifications")
    page.goto("/help?q=evidence")
    look(page, axe, "help-search")
