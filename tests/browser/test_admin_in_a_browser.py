"""An admin invites a person, gives roles, makes a key, raises a budget and verifies the ledger, as they see it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import look, signed_in
from tests.flow.web.site import Site


def test_an_admin_s_morning(chromium: Browser, site: Site, url: str, axe: str) -> None:
    site.run()
    with signed_in(chromium, url, "Ada") as page:
        page.get_by_role("link", name="Admin", exact=True).click()
        expect(page.get_by_role("heading", name="What needs somebody")).to_be_visible()
        look(page, axe, "1-front")

        page.get_by_label("Admin").get_by_role("link", name="People").click()
        page.get_by_label("Name").fill("Nora Berg")
        page.get_by_label("E-mail address").fill("nora@example.com")
        page.get_by_role("button", name="Invite").click()
        expect(page.get_by_label("Link")).to_have_value(re.compile("/sign-in/link/"))
        look(page, axe, "2-once")
        page.get_by_role("link", name="I have it").click()
        expect(page.get_by_text("Invited")).to_be_visible()
        look(page, axe, "3-people")

        page.get_by_role("link", name="Nora Berg").click()
        page.get_by_label("CRM team").select_option("reviewer")
        page.get_by_role("button", name="Change the roles").press("Enter")
        expect(page.get_by_text("The roles of Nora Berg are changed")).to_be_visible()
        look(page, axe, "4-person")

        sections = page.get_by_role("navigation", name="Admin")
        sections.get_by_role("link", name="Teams").click()
        look(page, axe, "5-teams")
        page.get_by_role("link", name="Brand team").click()
        look(page, axe, "6-team")

        sections.get_by_role("link", name="API keys").click()
        page.get_by_label("What it is for").fill("nightly")
        page.get_by_role("button", name="Make the key").click()
        expect(page.get_by_role("heading", name="The key for nightly")).to_be_visible()
        page.get_by_role("link", name="I have it").click()
        look(page, axe, "7-keys")

        sections.get_by_role("link", name="Budgets").click()
        page.locator("summary", has_text="Brand team").click()
        page.get_by_label("US dollars a month").first.fill("100")
        page.get_by_role("button", name="Set it").first.click()
        expect(page.get_by_text("The budget is $100.00 a month")).to_be_visible()
        page.get_by_text("Raise one for this month").click()
        page.get_by_label("Let it hold").fill("150")
        page.get_by_label("Why").fill("The spring launch.")
        page.get_by_role("button", name="Raise it").click()
        expect(page.get_by_text("this budget holds $150.00")).to_be_visible()
        look(page, axe, "8-budgets")

        sections.get_by_role("link", name="Ledger").click()
        page.get_by_role("button", name="Verify every row").click()
        expect(page.get_by_text("The whole chain is being verified")).to_be_visible()
        holds = page.get_by_text("Holds", exact=True)
        while not holds.is_visible():
            page.reload()
        expect(page.get_by_text("budget.raised").first).to_be_visible()
        look(page, axe, "9-ledger")

        for number, name in enumerate(("Retention", "Settings"), start=10):
            sections.get_by_role("link", name=name).click()
            look(page, axe, f"{number}-{name.lower()}")


@pytest.mark.parametrize(
    ("path", "columns"),
    [("/admin/ledger", ["Row", "When", "What", "Who", "With"]), ("/admin/settings", ["Value", "From", "What it does"])],
)
def test_on_a_phone_a_wide_table_is_read_from_top_to_bottom(
    chromium: Browser, site: Site, url: str, path: str, columns: list[str]
) -> None:
    site.run()
    with signed_in(chromium, url, "Ada") as page:
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(f"{url}{path}")
        row = page.locator(".stacked tbody tr").first
        named = "cells => cells.map(one => getComputedStyle(one, '::before').content.slice(1, -1))"
        assert row.locator("td").evaluate_all(named) == columns
        tops = row.locator("td").evaluate_all("cells => cells.map(one => one.getBoundingClientRect().top)")
        assert tops == sorted(set(tops))
        assert page.locator(".scroll").evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")
        if path == "/admin/ledger":
            page.locator(".stacked summary").first.press("Enter")
            expect(row.locator("details code")).to_be_visible()
            assert page.locator(".scroll").evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")
