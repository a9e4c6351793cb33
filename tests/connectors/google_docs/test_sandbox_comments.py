"""Comments in the sandbox: threads on the text through the Docs API, beside it through Drive, and both show all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from tests.connectors.google_docs.sandbox_bench import Google, delete, insert, running


@pytest.fixture
def google() -> Iterator[Google]:
    with running() as google:
        yield google


def remark(text: str, start: int, end: int, **place: Any) -> dict[str, Any]:
    return {"insertComment": {"content": text, "range": {"startIndex": start, "endIndex": end, **place}}}


def shown(google: Google, token: str = "ya29.person", **more: Any) -> dict[str, Any]:
    view = {"commentsViewMode": "COMMENTS_VIEW_MODE_INCLUDED", "suggestionsViewMode": "SUGGESTIONS_INLINE"}
    return google.docs(token).get(documentId="doc", includeTabsContent=True, **{**view, **more}).execute()


def anchors(document: dict[str, Any]) -> list[tuple[int, int]]:
    found = document["tabs"][0]["documentTab"].get("commentAnchors", {}).values()
    return [(span["startIndex"], span["endIndex"]) for one in found for span in one["ranges"]]


def test_a_comment_hangs_on_its_text_and_moves_with_it(google: Google) -> None:
    google.load("Say the brave word 🎯")
    answer = google.write(remark("Bolder?", 9, 14), insert(1, "🎯 "))
    made = answer["replies"][0]["insertComment"]["commentThread"]
    assert answer["commentUpdateState"] == "ALL_SAVED"
    document = shown(google)
    (thread,) = document["comments"]
    assert thread["commentId"] == made["commentId"]
    assert (thread["plainTextQuote"], thread["status"]) == ("brave", "OPEN")
    assert (thread["headPost"]["content"], thread["headPost"]["author"]["me"]) == ("Bolder?", True)
    assert list(document["tabs"][0]["documentTab"]["commentAnchors"]) == [thread["anchorId"]]
    assert anchors(document) == [(12, 17)]
    google.write(delete(10, 19))
    assert anchors(shown(google)) == []
    assert len(shown(google)["comments"]) == 1


def test_a_plain_read_leaves_comments_out(google: Google) -> None:
    google.load("abc")
    google.write(remark("x", 1, 2))
    document = google.get()
    assert "comments" not in document
    assert "commentAnchors" not in document["tabs"][0]["documentTab"]


def test_both_apis_show_the_comments_of_both(google: Google) -> None:
    google.load("abc")
    drive = google.drive()
    google.write(remark("through Docs", 1, 2))
    drive.comments().create(fileId="doc", body={"content": "through Drive"}, fields="id").execute()
    listed = drive.comments().list(fileId="doc", fields="comments(id,content)").execute()["comments"]
    assert [one["content"] for one in listed] == ["through Docs", "through Drive"]
    threads = shown(google)["comments"]
    assert [one["commentId"] for one in threads] == [one["id"] for one in listed]
    assert ["anchorId" in one for one in threads] == [True, False]


def test_an_answer_resolves_and_reopens(google: Google) -> None:
    google.load("abc")
    google.write(remark("x", 1, 2))
    (thread,) = shown(google)["comments"]
    wanted = thread["commentId"]
    google.write({"addCommentReply": {"commentId": wanted, "post": {"commentAction": "RESOLVE"}}})
    assert shown(google)["comments"][0]["status"] == "RESOLVED"
    body = {"content": "No, it is open", "action": "reopen"}
    google.drive().replies().create(fileId="doc", commentId=wanted, body=body, fields="id").execute()
    (thread,) = shown(google)["comments"]
    assert (thread["status"], [one["content"] for one in thread["replies"]]) == ("OPEN", ["", "No, it is open"])
    got = google.drive().comments().get(fileId="doc", commentId=wanted, fields="resolved,replies(action)").execute()
    assert got == {"resolved": False, "replies": [{"action": "resolve"}, {"action": "reopen"}]}


def test_only_its_author_deletes_a_comment(google: Google) -> None:
    google.load("abc")
    google.write(remark("x", 1, 2))
    gone = {"deleteComment": {"commentId": shown(google)["comments"][0]["commentId"]}}
    with pytest.raises(HttpError, match="author"):
        google.write(gone, docs=google.docs("ya29.other"))
    assert shown(google, "ya29.other")["comments"][0]["headPost"]["author"]["me"] is False
    google.write(gone)
    assert (shown(google)["comments"], anchors(shown(google))) == ([], [])


def test_comments_are_made_along_with_suggestions(google: Google) -> None:
    google.load("abc")
    answer = google.write(insert(2, "x"), remark("why", 2, 3), writeMode="SUGGEST")
    assert [bool(one) for one in answer["suggestionResponses"]] == [True, False]
    assert shown(google)["comments"][0]["plainTextQuote"] == "x"


@pytest.mark.parametrize(
    "bad", [remark("", 1, 2), remark("é" * 1025, 1, 2), remark("x", 1, 99), {"insertComment": {"content": "x"}}]
)
def test_a_comment_without_text_or_place_or_too_long_is_refused_with_its_batch(google: Google, bad: Any) -> None:
    google.load("abc")
    assert google.refusal(insert(1, "x"), bad).startswith("Invalid requests[1].insertComment: ")
    assert google.text() == "abc\n"


def test_a_project_without_comments_is_refused_and_a_failed_save_keeps_the_text(google: Google) -> None:
    google.load("abc")
    google.sandbox.store.commenting = "refused"
    assert google.refusal(remark("x", 1, 2))
    with pytest.raises(HttpError):
        shown(google)
    google.sandbox.store.commenting = "failed"
    answer = google.write(remark("x", 1, 2), insert(1, "y"))
    assert answer["commentUpdateState"] == "ALL_FAILED_UNKNOWN_REASON"
    assert (google.text(), shown(google)["comments"]) == ("yabc\n", [])


def test_who_may_only_comment_comments_through_drive_and_sees_no_revision(google: Google) -> None:
    google.load("abc")
    document = shown(google, "commenter-1")
    assert "revisionId" not in document
    with pytest.raises(HttpError, match="permission"):
        google.write(remark("x", 1, 2), docs=google.docs("commenter-1"))
    google.drive("commenter-1").comments().create(fileId="doc", body={"content": "x"}, fields="id").execute()
    with pytest.raises(HttpError, match="permission"):
        shown(google, "readonly-1")


def test_comments_are_shown_with_suggestions_inline_or_not_at_all(google: Google) -> None:
    google.load("abc")
    with pytest.raises(HttpError, match="400"):
        shown(google, suggestionsViewMode="PREVIEW_WITHOUT_SUGGESTIONS")
