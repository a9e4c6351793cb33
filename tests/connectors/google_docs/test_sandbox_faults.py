"""Faults do what they say, and leave the document in the state they say."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

import pytest
from googleapiclient.errors import HttpError

from connectors.google_docs.sandbox_faults import Faults
from tests.connectors.google_docs.sandbox_bench import Google, insert, running


@pytest.fixture
def google() -> Iterator[Google]:
    with running() as it:
        it.load("abc")
        yield it


def post(google: Google) -> tuple[HTTPResponse, bytes]:
    """A plain write over a new connection: the bare protocol, with no client library to try again."""
    connection = HTTPConnection(urlsplit(google.sandbox.url).netloc, timeout=10)
    body = json.dumps({"requests": [insert(1, "x")]})
    try:
        connection.request("POST", "/v1/documents/doc:batchUpdate", body, {"Authorization": "Bearer t"})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("kind", "status", "text"), [("429", 429, "abc"), ("503", 503, "abc"), ("503-after-commit", 503, "xabc")]
)
def test_an_error_is_answered_once_before_or_after_the_commit(
    google: Google, kind: str, status: int, text: str
) -> None:
    google.sandbox.faults.add(kind, seconds=7)
    with pytest.raises(HttpError) as caught:
        google.write(insert(1, "x"))
    assert caught.value.status_code == status
    assert google.text() == text + "\n"
    assert (caught.value.resp.get("retry-after") == "7") == (kind == "429")
    google.write(insert(1, "y"))
    assert google.text() == "y" + text + "\n"


@pytest.mark.parametrize(("kind", "text"), [("drop", "abc\n"), ("drop-after-commit", "xabc\n")])
def test_a_dropped_connection_gives_no_answer(google: Google, kind: str, text: str) -> None:
    google.sandbox.faults.add(kind)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        post(google)
    assert google.text() == text
    (entry,) = google.sandbox.journal.entries()
    assert (entry.status, entry.fault, entry.committed) == (0, kind, kind == "drop-after-commit")


def test_googles_own_client_sends_a_dropped_write_twice_on_its_own(google: Google) -> None:
    google.sandbox.faults.add("drop-after-commit")
    google.write(insert(1, "x"))
    assert google.text() == "xxabc\n"
    assert [entry.committed for entry in google.sandbox.journal.entries(document="doc")] == [True, True]


def test_a_conflict_changes_the_document_under_the_writers_feet(google: Google) -> None:
    revision = google.get()["revisionId"]
    google.sandbox.faults.add("conflict")
    google.refusal(insert(1, "x"), requiredRevisionId=revision)
    assert google.text() == "(Somebody typed this.) abc\n"
    google.write(insert(1, "x"), requiredRevisionId=google.get()["revisionId"])
    google.sandbox.faults.add("conflict")
    google.write(insert(3, "?"))
    assert google.text() == "(S?omebody typed this.) x(Somebody typed this.) abc\n"


def test_a_web_page_is_answered_where_json_belongs(google: Google) -> None:
    google.sandbox.faults.add("html", on="get")
    # Google's client does not raise: it hands the page over as a string.
    assert "<html" in google.docs().get(documentId="doc").execute()
    google.sandbox.faults.add("html")
    answer, body = post(google)
    assert answer.getheader("Content-Type", "").startswith("text/html") and b"<html" in body
    assert google.text() == "abc\n"


@pytest.mark.parametrize(("kind", "text"), [("slow", "abc\n"), ("slow-after-commit", "xabc\n")])
def test_a_slow_answer_is_slow_before_or_after_the_commit(google: Google, kind: str, text: str) -> None:
    google.sandbox.faults.add(kind, seconds=30)
    errors: list[BaseException] = []

    def write() -> None:
        try:
            post(google)
        except OSError as error:
            errors.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    while google.sandbox.faults.waiting() or (kind == "slow-after-commit" and google.text() != text):
        threading.Event().wait(0.005)
    assert writer.is_alive() and google.text() == text
    google.sandbox.stop()  # wakes the waiting call, and does not wait for it
    writer.join(10)
    assert not writer.is_alive()


def test_a_fault_hits_its_operation_and_document_only_and_as_often_as_told(google: Google) -> None:
    google.load("other", id="other")
    google.sandbox.faults.add("503", on="documents.batchUpdate", times=2, document="other")
    google.get()
    google.write(insert(1, "x"))
    for _ in range(2):
        with pytest.raises(HttpError):
            google.write(insert(1, "x"), id="other")
    google.write(insert(1, "x"), id="other")
    assert google.text("other") == "xother\n"


def test_faults_by_chance_repeat_with_their_seed() -> None:
    def run() -> list[bool]:
        faults = Faults()
        faults.add("503", on="*", times=None, chance=0.3, seed=11)
        return [faults.take("documents.get", "doc") is not None for _ in range(200)]

    first = run()
    assert first == run() and 30 < sum(first) < 90


def test_an_unknown_fault_is_refused_with_the_kinds_there_are(google: Google) -> None:
    with pytest.raises(ValueError, match="drop-after-commit"):
        google.sandbox.faults.add("explode")
