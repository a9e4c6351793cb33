"""A lead forks a template, edits it beside its preview and tests it; a colleague publishes it; a member uses it."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from hub.domain import Role
from hub.store import teams
from tests.browser.conftest import look, signed_in
from tests.flow.web.site import Site
from tests.flow.web.written import FORK, PAGE, TESTS
from tests.hubs import TEAM, TEMPLATE


def test_a_lead_forks_edits_and_tests_a_template_a_colleague_publishes_and_a_member_uses_it(
    chromium: Browser, url: str, site: Site, axe: str
) -> None:
    with site.hub.database.transaction() as tx:
        for who in ("Lea", "Leo"):
            teams.put_person(tx, f"{who.lower()}@example.com", who, {TEAM: Role.LEAD}, 0.0)
    site.hub.start(workers=1)
    with signed_in(chromium, url, "Lea lead") as page:
        page.goto("/templates")
        look(page, axe, "template-1")
        page.goto(f"/templates/{TEMPLATE}")
        page.get_by_label("Name of the fork").fill(FORK)
        page.get_by_role("button", name="Fork").click()
        text = page.get_by_label("The template")
        source = text.input_value()
        text.fill(source.replace("metadata:", "metadata:\n  strange: 1", 1))
        expect(page.locator("#preview")).to_contain_text("strange")
        page.get_by_role("link", name="Line").click()
        selected = "s => s.value.slice(s.selectionStart, s.selectionEnd)"
        assert text.evaluate(selected) == "  strange: 1"
        look(page, axe, "template-2")
        text.fill(source.replace("displayName: Rewrite in brand voice", "displayName: Our own voice"))
        page.get_by_label("Its tests").fill(TESTS)
        expect(page.locator("#preview")).to_contain_text("2 tests.")
        look(page, axe, "template-3")
        page.get_by_role("button", name="Save and go to its page").click()
        page.get_by_role("button", name="Run the tests").click()
        expect(page.locator("#tests .chip").first).to_have_text("Passed")
        page.get_by_role("button", name="Send for review").click()
        expect(page.get_by_text("Sent for review.")).to_be_visible()
        look(page, axe, "template-4")
    with signed_in(chromium, url, "Leo lead") as page:
        page.goto(PAGE)
        page.get_by_role("button", name="Publish this revision").click()
        expect(page.get_by_text("Published. Everybody")).to_be_visible()
        page.get_by_role("link", name="Edit", exact=True).click()
        page.get_by_label("The template").fill(
            page.get_by_label("The template").input_value().replace("Our own", "Our")
        )
        page.get_by_role("button", name="Save and go to its page").click()
        page.get_by_role("button", name="Compare").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("What changed")
        look(page, axe, "template-5")
    with signed_in(chromium, url, "Mara") as page:
        page.goto("/templates")
        page.get_by_role("link", name="Our own voice").click()
        page.get_by_label("Text").first.fill("Our spring sale starts on Monday and everybody is welcome.")
        page.get_by_role("button", name="Make a draft").click()
        expect(page.get_by_text("Spring sale, from Monday. Come in.")).to_be_visible()
