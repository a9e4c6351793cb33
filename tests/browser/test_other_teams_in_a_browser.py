"""Somebody visits every page of the hub with another team's ids in its address, and reads nothing of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import look, signed_in
from tests.flow.web.site import OTHER, Site
from tests.flow.web.wall import LAST, MARK, Visit, Wall, open_wall, visits

#: Addresses of programs, and what is no page.
NO_PAGES = ("/api/", "/connect/", "/in/", "/static/", "/healthz", "/readyz", "/metrics", "/openapi.json")
REFUSED = {403, 404}


@pytest.fixture
def wall(tmp_path: Path) -> Iterator[Wall]:
    with open_wall(tmp_path, demo=True) as wall:
        yield wall


@pytest.fixture
def site(wall: Wall) -> Site:
    return wall.site


def pages(wall: Wall) -> list[Visit]:
    every = visits(wall.site.app, wall.values)
    return [
        one
        for one in every
        if one.method == "GET" and one.rule.rule not in LAST and not one.rule.rule.startswith(NO_PAGES)
    ]


def told(page: Page, wall: Wall, visit: Visit, more: str = "") -> str:
    """What is wrong with what this page shows, empty when nothing is."""
    answer = page.goto(visit.path + more, wait_until="domcontentloaded")
    assert answer is not None
    # What a person reads, and what stands in the page besides: values of forms, addresses of links.
    read = (page.content() + page.title()).lower().replace(wall.values["connection"], "")
    marks = [MARK.lower()] if visit.owned else [MARK.lower(), wall.theirs.id, wall.values["look_id"]]
    if any(mark in read for mark in marks):
        return "shows something of theirs"
    if answer.status >= 500:
        return f"is answered {answer.status}"
    if visit.owned and answer.status not in REFUSED:
        return f"is answered {answer.status}"
    if answer.status in REFUSED and not helps(page):
        return "refuses without a way on"
    return ""


def helps(page: Page) -> bool:
    """A page that refuses says so in a heading and has a way on."""
    main = page.get_by_role("main")
    return main.get_by_role("heading", level=1).count() == 1 and main.get_by_role("link").count() > 0


def test_a_person_of_another_team_reads_nothing_of_theirs_on_any_page(
    chromium: Browser, wall: Wall, url: str, axe: str
) -> None:
    with signed_in(chromium, url, "Lea lead", but=(400, 403, 404)) as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("What do you want to make?")
        wrong = {}
        for visit in pages(wall):
            for more in ("",) if visit.owned else ("", f"?team={OTHER}"):
                if said := told(page, wall, visit, more):
                    wrong[visit.path + more] = said
        assert wrong == {}
        page.goto(f"/runs/{wall.theirs.id}/edit")
        look(page, axe, "other-team-refused")
        page.get_by_role("main").get_by_role("link", name="Home").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("What do you want to make?")


def test_whose_they_are_reads_them_on_the_same_pages(chromium: Browser, wall: Wall, url: str) -> None:
    with signed_in(chromium, url, "Kim", but=(400, 403, 404)) as page:
        read = {visit.rule.rule for visit in pages(wall) if told(page, wall, visit) == "shows something of theirs"}
    for reached in ("/runs", "/runs/<run_id>", "/templates/<name>", "/reviews", "/policy/rules/<rule_id>"):
        assert reached in read, read
