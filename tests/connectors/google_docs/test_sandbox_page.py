"""The sandbox's page of a document: what waits for a decision is shown, and decided on by a click."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request
from collections.abc import Iterator

import pytest

from tests.connectors.google_docs.sandbox_bench import Google, delete, insert, running


@pytest.fixture
def google() -> Iterator[Google]:
    with running() as google:
        yield google


def page(google: Google) -> str:
    with urllib.request.urlopen(google.sandbox.document_url("doc"), timeout=10) as answer:
        return answer.read().decode()


def click(google: Google, word: str) -> str:
    """Press the first button of that name; gives the page it leads to."""
    (address, *_) = re.findall(r'<form method="post" action="([^"]+)">', page(google))
    form = urllib.parse.urlencode({"decision": word}).encode()
    with urllib.request.urlopen(google.sandbox.url + address, data=form, timeout=10) as answer:
        return answer.read().decode()


@pytest.mark.parametrize(("word", "left"), [("accept", "New & better\n"), ("reject", "Old\n")])
def test_a_suggestion_is_shown_and_decided_on_by_a_click(google: Google, word: str, left: str) -> None:
    google.load("Old")
    google.write(insert(4, "New & better"), delete(1, 4), writeMode="SUGGEST")
    assert "<ins>New &amp; better</ins>" in page(google)
    assert "<del>Old</del>" in page(google)
    after = click(google, word)
    assert google.text() == left
    assert "<form" not in after
    assert "<ins>" not in after


def test_a_click_on_what_was_decided_meanwhile_changes_nothing(google: Google) -> None:
    google.load("Old")
    (one,) = google.sandbox.store.suggest("doc", insert(1, "New "))
    shown = page(google)
    google.sandbox.store.reject("doc", one)
    (address,) = re.findall(r'action="([^"]+)"', shown)
    for form in (b"decision=accept", b"decision=eat", b""):
        with urllib.request.urlopen(google.sandbox.url + address, data=form, timeout=10) as answer:
            assert answer.url == google.sandbox.document_url("doc")
    assert google.text() == "Old\n"


def test_comments_are_shown_with_what_they_are_about_and_their_answers(google: Google) -> None:
    google.load("Say the brave word")
    at = {"startIndex": 9, "endIndex": 14}
    google.write({"insertComment": {"content": "<b>Bolder?</b>", "range": at}})
    (made,) = google.sandbox.store.get("doc").comments
    google.sandbox.store.answer_comment("doc", made["id"], "Yes & now", action="resolve")
    shown = page(google)
    assert "<b>brave · resolved</b>&lt;b&gt;Bolder?&lt;/b&gt;<small>Yes &amp; now</small>" in shown
    assert "<form" not in shown


def test_a_link_to_a_heading_finds_it(google: Google) -> None:
    style = {"namedStyleType": "HEADING_1", "headingId": "h.one"}
    node = {"paragraph": {"elements": [{"textRun": {"content": "Title\n"}}], "paragraphStyle": style}}
    google.sandbox.store.load({"body": {"content": [node]}}, "doc")
    assert 'id="heading=h.one"' in page(google)
