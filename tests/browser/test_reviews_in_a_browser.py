"""A reviewer clears their queue without a mouse, and the desk bars nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from hub.domain import Run, RunState
from hub.pipeline import edit
from hub.pipeline.texts import content_hash
from tests.browser.conftest import look, signed_in
from tests.flow.web.site import Site, actor
from tests.hubs import TEMPLATE


@pytest.fixture
def page(chromium: Browser, url: str) -> Iterator[Page]:
    """A page on which Jon, who reviews, is signed in."""
    with signed_in(chromium, url, "Jon") as page:
        yield page


@pytest.fixture
def wait(site: Site) -> Callable[[str], Run]:
    """Makes a run that waits for its review."""
    shelf = site.hub.parts.shelf
    shelf.add(shelf.current(TEMPLATE).model_copy(update={"tier": 2, "name": "strict", "revision": "strict"}))

    def made(key: str) -> Run:
        run = site.run(key, template="strict")
        assert run.state is RunState.IN_REVIEW, run.problem
        return run

    return made


def at(page: Page, place: str) -> None:
    """The desk shows this place of the queue and listens to the keys."""
    expect(page.get_by_text(place)).to_be_visible()
    expect(page.get_by_label("Keyboard")).to_be_visible()


def test_a_reviewer_clears_the_queue_with_the_keyboard(page: Page, site: Site, wait: Callable[[str], Run]) -> None:
    first, second, third = (wait(key) for key in ("one", "two", "three"))
    page.goto("/reviews")
    page.get_by_role("link", name="Start with the first").press("Enter")
    at(page, "1 of 3")
    page.keyboard.press("j")
    at(page, "2 of 3")
    page.keyboard.press("k")
    at(page, "1 of 3")
    page.keyboard.press("a")
    at(page, "1 of 2")
    page.keyboard.press("r")
    page.keyboard.type("Jakob says: a calmer word, and no more.")
    expect(page.get_by_text("1 of 2")).to_be_visible()
    page.keyboard.press("Control+Enter")
    at(page, "1 of 1")
    page.keyboard.press("a")
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    states = [site.hub.get(run.id) for run in (first, second, third)]
    assert sorted(run.state for run in states) == ["approved", "approved", "refused"]
    (rejected,) = [run for run in states if run.state is RunState.REFUSED]
    assert rejected.review is not None and rejected.review.reason.startswith("Jakob says")


def test_the_keys_can_be_switched_off_and_stay_off(page: Page, site: Site, wait: Callable[[str], Run]) -> None:
    run = wait("one")
    page.goto("/reviews")
    page.get_by_role("link", name="Start with the first").click()
    page.get_by_label("Keyboard").uncheck()
    page.reload()
    at(page, "1 of 1")
    expect(page.get_by_label("Keyboard")).not_to_be_checked()
    page.keyboard.press("a")
    page.get_by_role("heading", level=1).click()
    assert site.hub.get(run.id).state is RunState.IN_REVIEW


def test_a_reviewer_edits_a_draft_by_keyboard_and_leaves_it_to_somebody_else(
    page: Page, site: Site, wait: Callable[[str], Run], axe: str
) -> None:
    run = wait("one")
    page.goto("/reviews")
    page.get_by_role("link", name="Start with the first").press("Enter")
    at(page, "1 of 1")
    page.keyboard.press("e")
    expect(page.get_by_role("heading", name="Edit the draft")).to_be_visible()
    look(page, axe, "edit")
    box = page.get_by_label("Text")
    box.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Spring sale, from Tuesday. Do come in.")
    page.get_by_role("button", name="Save and check").press("Enter")
    expect(page.get_by_text("Somebody else reviews them.")).to_be_visible()
    expect(page.get_by_text("from Tuesday").first).to_be_visible()
    page.goto("/reviews")
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    edited = site.hub.get(run.id)
    assert edited.state is RunState.IN_REVIEW and edited.draft is not None
    assert edited.draft.variants[0].text == "Spring sale, from Tuesday. Do come in."


def test_who_saves_after_somebody_else_sees_both_texts_and_decides(
    chromium: Browser, url: str, site: Site, wait: Callable[[str], Run], axe: str
) -> None:
    run = wait("one")
    assert run.draft is not None
    # An edit that came too late is answered 409.
    with signed_in(chromium, url, "Jon", but=(409,)) as page:
        page.goto(f"/runs/{run.id}/edit")
        page.get_by_label("Text").fill("Spring sale, from Tuesday. My words.")
        words = edit.Words([{"text": "Spring sale, from Wednesday. Her words."}])
        edit.edit(site.hub.parts, run, actor("mara"), words, seen=content_hash(run.draft))
        page.get_by_role("button", name="Save and check").click()
        expect(page.get_by_role("alert")).to_contain_text("The draft changed since you looked at it.")
        expect(page.get_by_label("Text")).to_have_value("Spring sale, from Tuesday. My words.")
        expect(page.get_by_text("Spring sale, from Wednesday. Her words.")).to_be_visible()
        look(page, axe, "edit-late")
        page.get_by_role("button", name="Save and check").click()
        expect(page.get_by_text("My words.").first).to_be_visible()
    after = site.hub.get(run.id).draft
    assert after is not None and after.variants[0].text == "Spring sale, from Tuesday. My words."
    assert after.edited_by == ("mara@example.com", "jon@example.com")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_the_desk_bars_nobody(
    page: Page, site: Site, wait: Callable[[str], Run], axe: str, scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/reviews")
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    run = wait("one")
    page.reload()
    desk = page.get_by_role("link", name="Start with the first").get_attribute("href")
    assert desk is not None
    for path in ("/reviews", desk, f"/runs/{run.id}", f"/runs/{run.id}/provenance"):
        page.goto(path)
        page.evaluate(axe)
        found = page.evaluate("axe.run().then(found => found.violations.map(one => [one.id, one.nodes[0].html]))")
        assert found == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
