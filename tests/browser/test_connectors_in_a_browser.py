"""An admin connects a sandbox, sees the first draft stand in it, and takes the connection from the team again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import signed_in
from tests.flow.web.site import Site

SET_UP = "/connectors/google-docs-sandbox/set-up"


@pytest.fixture
def page(chromium: Browser, url: str) -> Iterator[Page]:
    """A page on which Ada, who is an admin, is signed in."""
    with signed_in(chromium, url, "Ada") as page:
        yield page


def _connect(page: Page) -> None:
    """From the empty list to a connection that was tried, by keyboard alone."""
    page.goto("/connectors")
    page.get_by_role("link", name="Connect something").press("Enter")
    page.get_by_role("link", name="Google Docs Inlay reads").press("Enter")
    page.get_by_role("button", name="Use the sandbox").press("Enter")
    # However long the probes take: the steps follow without a reload.
    expect(page.get_by_text("it works")).to_be_visible()


def test_from_nothing_to_a_first_draft_in_the_sandbox_and_off_again(page: Page, site: Site) -> None:
    _connect(page)
    page.get_by_label("Brand team").press("Space")
    page.get_by_role("button", name="Switch it on for them").press("Enter")
    page.get_by_label("Template").select_option("rewrite-in-brand-voice")
    page.get_by_role("button", name="Show its fields").press("Enter")
    document = page.get_by_label("Where it goes").input_value()
    page.get_by_role("button", name="Write the first draft").press("Enter")
    expect(page.get_by_text("This is the first draft over the new connection.")).to_be_visible()
    expect(page.get_by_text("Done", exact=True).first).to_be_visible()
    there = page.context.new_page()
    there.goto(document)
    expect(there.get_by_text("Spring sale, from Monday.").first).to_be_visible()
    there.close()

    page.goto("/connectors")
    switch = page.get_by_role("switch", name="google-docs-sandbox for Brand team")
    expect(switch).to_be_checked()
    switch.press("Space")
    expect(switch).not_to_be_checked()
    place = {"connection": "google-docs-sandbox", "at": {"document": "demo-launch-brief", "end": True}}
    refused = site.start({"template": "rewrite-in-brand-voice", "inputs": {"text": "A sale."}, "target": place})
    assert refused.status_code == 403
    assert "not switched on for the team brand" in refused.json["detail"]
    assert "Ask an admin to switch it on" in refused.json["instead"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_bar_nobody(page: Page, axe: str, scheme: str) -> None:
    _connect(page)
    page.get_by_label("Brand team").check()
    page.get_by_role("button", name="Switch it on for them").click()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    addresses = (
        "/connectors",
        "/connectors/new",
        "/connectors/new/salesforce",
        SET_UP,
        "/connectors/google-docs-sandbox",
    )
    for address in addresses:
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        for width in (1200, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        page.evaluate(axe)
        found = page.evaluate("axe.run().then((said) => said.violations)")
        assert not [(one["id"], [node["html"] for node in one["nodes"]][:2]) for one in found], address
