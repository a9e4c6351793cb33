"""Suggestions in the sandbox: what stands in the document, what is told, and what a person's decision leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from connectors.google_docs.sandbox_document import Refusal, lay_out, paragraphs
from connectors.google_docs.sandbox_suggestions import suggestions
from connectors.google_docs.sandbox_text import join_runs
from tests.connectors.google_docs.sandbox_bench import (
    RECORDINGS,
    Google,
    check_arithmetic,
    delete,
    fit_recordings,
    insert,
    name,
    named_ranges,
    need_recordings,
    running,
)

STYLE = {"updateParagraphStyle": {"paragraphStyle": {"namedStyleType": "HEADING_1"}, "fields": "namedStyleType"}}


@pytest.fixture
def google() -> Iterator[Google]:
    with running() as google:
        yield google


def suggest(google: Google, *requests: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return google.write(*requests, writeMode="SUGGEST", **more)["suggestionResponses"]


def views(google: Google) -> dict[str, str]:
    found = {}
    for view in ("SUGGESTIONS_INLINE", "PREVIEW_WITHOUT_SUGGESTIONS", "PREVIEW_SUGGESTIONS_ACCEPTED"):
        answer = google.docs().get(documentId="doc", suggestionsViewMode=view).execute()
        runs = [one["textRun"] for node in answer["body"]["content"][1:] for one in node["paragraph"]["elements"]]
        found[view] = "".join(run["content"] for run in runs)
        assert view == "SUGGESTIONS_INLINE" or not any("suggestedInsertionIds" in run for run in runs)
    return found


def test_suggestions_do_what_was_measured_on_the_live_api(google: Google) -> None:
    need_recordings()
    recorded = json.loads((RECORDINGS / "measured" / "suggest-mode-semantics.json").read_text(encoding="utf-8"))
    first = recorded["exchanges"][0]
    google.load(first["seed"])
    answer = google.write(*first["request"]["requests"], **first["request"]["writeControl"])
    kinds = [list(one) for one in answer["suggestionResponses"]]
    assert kinds == [list(one) for one in first["suggestionResponses"]]
    ids = [one for told in answer["suggestionResponses"] for found in told.values() for one in found]
    assert len(ids) == 2 and len(set(ids)) == 1
    shown = views(google)
    assert {view: shown[view] for view in first["views"]} == first["views"]


def test_what_is_suggested_to_go_stays_and_counts(google: Google) -> None:
    google.load("0123456789")
    suggest(google, insert(5, "new"), delete(1, 5))
    assert views(google) == {
        "SUGGESTIONS_INLINE": "0123new456789\n",
        "PREVIEW_WITHOUT_SUGGESTIONS": "0123456789\n",
        "PREVIEW_SUGGESTIONS_ACCEPTED": "new456789\n",
    }
    check_arithmetic(google.get()["tabs"][0]["documentTab"]["body"]["content"])


@pytest.mark.parametrize(("decision", "left"), [("accept", "ab new\ncd\n"), ("reject", "ab old\ncd\n")])
def test_a_decision_leaves_one_of_the_two_texts_and_no_trace(google: Google, decision: str, left: str) -> None:
    google.load("ab old", "cd")
    (told, _) = suggest(google, insert(7, "new"), delete(4, 7))
    (one,) = told["createdSuggestionIds"]
    getattr(google.sandbox.store, decision)("doc", one)
    assert google.text() == left
    assert "suggest" not in json.dumps(google.get()["tabs"])
    with pytest.raises(Refusal, match="does not exist"):
        google.sandbox.store.accept("doc", one)


def test_a_named_range_over_suggested_text_follows_it_and_goes_with_it(google: Google) -> None:
    google.load("ab")
    (told,) = suggest(google, insert(3, " suggested"))
    google.write(name("n", 4, 13))
    google.write(insert(1, "more "))
    assert named_ranges(google.get())["n"] == [(9, 18)]
    google.sandbox.store.reject("doc", told["createdSuggestionIds"][0])
    assert google.text() == "more ab\n"
    assert named_ranges(google.get()) == {}


def test_a_suggested_paragraph_goes_whole(google: Google) -> None:
    google.load("One", "Two")
    (told,) = suggest(google, insert(4, "\nNew"))
    assert google.text() == "One\nNew\nTwo\n"
    google.sandbox.store.reject("doc", told["createdSuggestionIds"][0])
    assert google.text() == "One\nTwo\n"


@pytest.mark.parametrize(("decision", "style"), [("accept", "HEADING_1"), ("reject", None)])
def test_a_suggested_style_waits_for_the_decision(google: Google, decision: str, style: str | None) -> None:
    google.load("One")
    request = {"updateParagraphStyle": {**STYLE["updateParagraphStyle"], "range": {"startIndex": 1, "endIndex": 2}}}
    (told,) = suggest(google, request)

    def now() -> str | None:
        content = google.get()["tabs"][0]["documentTab"]["body"]["content"]
        return content[1]["paragraph"]["paragraphStyle"].get("namedStyleType")

    assert now() is None
    getattr(google.sandbox.store, decision)("doc", told["createdSuggestionIds"][0])
    assert now() == style


@pytest.mark.parametrize("request_", [name("n", 1, 2), {"deleteNamedRange": {"name": "n"}}, {"addDocumentTab": {}}])
def test_what_cannot_be_suggested_is_refused_in_the_measured_words(google: Google, request_: dict[str, Any]) -> None:
    google.load("abc")
    said = google.refusal(insert(1, "x"), request_, writeMode="SUGGEST")
    assert said == f"Invalid requests[1].{next(iter(request_))}: Request does not support application as suggestion."
    assert google.text() == "abc\n"
    assert "last newline" not in said
    assert "newline" in google.refusal(delete(1, 5), writeMode="SUGGEST")


def test_an_account_without_suggestions_is_refused_or_not_heard(google: Google) -> None:
    google.load("abc")
    google.sandbox.store.suggesting = "refused"
    assert google.refusal(insert(1, "x"), writeMode="SUGGEST") == "Unsupported WriteControl mode."
    google.sandbox.store.suggesting = "ignored"
    assert "suggestionResponses" not in google.write(insert(1, "x"), writeMode="SUGGEST")
    assert google.text() == "xabc\n"
    assert suggestions(google.sandbox.store.get("doc").tabs) == []


def test_a_suggestion_is_locked_to_its_revision_like_any_write(google: Google) -> None:
    google.load("abc")
    revision = google.get()["revisionId"]
    suggest(google, insert(1, "x"), requiredRevisionId=revision)
    with pytest.raises(HttpError):
        suggest(google, insert(1, "x"), requiredRevisionId=revision)
    assert google.text() == "xabc\n"


def test_neighbours_of_two_accounts_are_two_suggestions(google: Google) -> None:
    google.load("abc")
    (theirs,) = google.sandbox.store.suggest("doc", insert(4, " theirs"), by="colleague@sandbox.example")
    (told,) = suggest(google, insert(11, " ours"))
    assert told["createdSuggestionIds"] != [theirs]
    google.sandbox.store.reject("doc", theirs)
    assert google.text() == "abc ours\n"


def joined(tabs: Any) -> Any:
    """The tabs with neighbouring runs of one style made one, which an edit does and a recording need not have."""
    tabs = json.loads(json.dumps(tabs))
    for node in paragraphs(tabs[0]["documentTab"]["body"]["content"]):
        node["paragraph"]["elements"] = join_runs(node["paragraph"]["elements"])
    lay_out(tabs[0]["documentTab"]["body"]["content"])
    return tabs


@pytest.mark.parametrize("path", fit_recordings(), ids=lambda path: path.stem)
def test_every_recorded_paragraph_takes_a_suggestion_and_gives_it_back(google: Google, path: Any) -> None:
    google.sandbox.store.load(json.loads(path.read_text(encoding="utf-8")), "doc")
    before = google.get()["tabs"]
    content = before[0]["documentTab"]["body"]["content"]
    for node in [node for node in content if "paragraph" in node][:10]:
        told = suggest(google, insert(node["endIndex"] - 1, "\nNeu 🎯"))
        changed = google.get()["tabs"][0]["documentTab"]["body"]["content"]
        check_arithmetic(changed)
        google.sandbox.store.reject("doc", told[0]["createdSuggestionIds"][0])
        assert joined(google.get()["tabs"]) == joined(before)
