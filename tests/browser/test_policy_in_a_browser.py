"""An admin tries a pack and switches it on, a held draft leads to its rule, and none of the pages bars anybody."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from hub.domain import RunState
from hub.pipeline import replay as replaying
from hub.pipeline import rule_counts, what_if
from hub.testing import FakeModel
from tests.browser.conftest import signed_in
from tests.flow.web.site import Site
from tests.hubs import TEAM, answer


@pytest.fixture
def page(chromium: Browser, url: str) -> Iterator[Page]:
    with signed_in(chromium, url, "Ada") as page:
        yield page


def test_a_pack_is_tried_with_progress_switched_on_and_explains_the_next_held_draft(
    page: Page, chromium: Browser, url: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.hub.parts.model = FakeModel(answer("Our new medicine has no side effects."))
    for number in range(3):
        assert site.run(f"r{number}").state is RunState.DELIVERED
    # One run a batch, and after the first the work waits until the page has shown how far it is.
    seen, weigh = threading.Event(), what_if.weigh
    monkeypatch.setattr(replaying, "BATCH", 1)

    def slowly(*given: object) -> None:
        weigh(*given)  # type: ignore[arg-type]
        if given[2].teams[TEAM].runs == 2:  # type: ignore[attr-defined]
            assert seen.wait(20)

    monkeypatch.setattr(what_if, "weigh", slowly)
    page.goto("/policy")
    page.get_by_role("link", name="Health", exact=False).first.click()
    page.get_by_role("button", name="Try it for everybody").click()
    expect(page.get_by_text("0 of 3 runs looked at")).to_be_visible()
    worker = threading.Thread(target=what_if.work, args=(site.hub.parts,))
    worker.start()
    expect(page.get_by_text("1 of 3 runs looked at")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "33")
    seen.set()
    worker.join(20)
    expect(page.get_by_text("Of 3 drafts it would have held 3 that passed.")).to_be_visible()
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_text("This is in force since")).to_be_visible()

    deadline = threading.Event()
    while not any(name.startswith("pharma@") for name in site.hub.parts.policy_of(TEAM).packs):
        deadline.wait(0.05)
    held = site.run("held")
    assert held.state is RunState.HELD
    rule_counts.count(site.hub.parts)
    with signed_in(chromium, url, "Mara") as mara:
        mara.goto(f"/runs/{held.id}")
        mara.locator(".findings a").first.click()
        expect(mara.get_by_role("heading", name="What to write instead")).to_be_visible()
        expect(mara.get_by_text(f"1 × {TEAM}")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_policy_pages_and_the_list_of_runs_bar_nobody(page: Page, site: Site, axe: str, scheme: str) -> None:
    site.hub.parts.model = FakeModel(answer("Our new medicine has no side effects."))
    run = site.run("first")
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto("/policy/packs/pharma")
    page.get_by_role("button", name="Try it for everybody").click()
    what_if.work(site.hub.parts)
    expect(page.get_by_role("button", name="Switch it on")).to_be_visible()
    tried = page.url
    here = ["/policy", f"/policy/teams/{TEAM}", "/policy/packs/core", "/policy/rules/core.dummy-text", tried]
    for there in (*here, "/policy/organisation", "/runs?state=held&mine=1", "/runs", f"/runs/{run.id}"):
        page.set_viewport_size({"width": 390 if scheme == "dark" else 1200, "height": 900})
        page.goto(there)
        page.evaluate(axe)
        found = page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        )
        assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found["violations"]] == [], there
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), there
