"""Searching the help finds the place that fits, marks what was looked for, and takes whatever is typed."""

from __future__ import annotations

import re

import pytest

from hub.testing import FakeModel
from hub.web import problems
from hub.web.pages import help as help_pages
from hub.web.pages.help_search import Index, Section
from tests.flow.web.site import Site
from tests.hubs import request


def first(question: str) -> str:
    hits = help_pages.index().search(question)
    return hits[0].section.url if hits else ""


@pytest.mark.parametrize(
    ("question", "where"),
    [
        ("mail server", "/help/notifications"),
        ("INLAY_SMTP_URL", "/help/notifications"),
        ("how do I connect Salesforce", "/help/connect-salesforce"),
        ("keep texts days", "/help/"),
        ("second person approve", "/help/review-drafts"),
        ("needs-permission", "/help/problems#needs-permission"),
        ("write a connector", "/help/write-a-connector"),
        ("notificat", "/help/notifications"),
    ],
)
def test_the_place_that_fits_comes_first(question: str, where: str) -> None:
    assert first(question).startswith(where)


def test_every_place_a_search_leads_to_exists(site: Site) -> None:
    browser = site.browser()
    pages: dict[str, str] = {}
    for question in ("draft", "connection", "key", "check", "secret", "run"):
        for hit in help_pages.index().search(question):
            path, _, anchor = hit.section.url.partition("#")
            page = pages.setdefault(path, browser.get(path).text)
            assert not anchor or f'id="{anchor}"' in page, hit.section.url


def test_what_was_looked_for_is_marked_and_nothing_of_it_becomes_markup(site: Site) -> None:
    browser = site.browser()
    page = browser.get("/help?q=Webhook").text
    assert re.search(r"<mark>[Ww]ebhooks?</mark>", page)
    page = browser.get("/help?q=%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script>alert" not in page
    assert "Nothing for" in browser.get("/help?q=qwxzyv").text
    assert browser.get("/help?q=" + "a%20" * 5000).status_code in (200, 414)
    assert browser.get("/help?q=%00%F0%9F%99%82%28%5B*").status_code == 200


def test_an_excerpt_begins_and_ends_at_words_and_keeps_letters_with_accents() -> None:
    text = "Anfang " * 60 + "die ÜBERPRÜFUNG der Maße " + "Ende " * 60
    (hit,) = Index([Section("T", "", text, "/x"), Section("T", "", "else", "/y")]).search("uberprufung")
    assert ("ÜBERPRÜFUNG", True) in hit.pieces
    said = "".join(piece for piece, _ in hit.pieces)
    assert said.startswith("… Anfang") and said.endswith("Ende …") and len(said) < 260


def test_help_leads_from_a_page_to_the_guide_about_it(site: Site) -> None:
    browser = site.browser("jon")
    for path, guide in (("/reviews", "review-drafts"), ("/runs", "how-a-run-works"), ("/", None)):
        page = browser.get(path).text
        assert f'<a href="/help{f"/{guide}" if guide else ""}">Help</a>' in page, path
    for name in help_pages.GUIDE_OF.values():
        assert name in help_pages.guides(), name


def test_what_stopped_a_run_leads_to_what_it_means(site: Site) -> None:
    site.hub.parts.model = FakeModel({"variants": []})
    run = site.hub.run(request("broken"))
    assert run.problem is not None and run.problem.code in {kind.code for kind in problems.EVERY}
    assert f'href="/help/problems#{run.problem.code}"' in site.browser().get(f"/runs/{run.id}").text
