"""The sandbox as a server: Drive's neighbourhood, controls, the page, and clients that die in the middle."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from googleapiclient.errors import HttpError

from tests.connectors.google_docs.sandbox_bench import Google, cells, insert, name, para, running

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def google() -> Iterator[Google]:
    with running() as it:
        it.load("abc")
        yield it


def ask(google: Google, method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(f"{google.sandbox.url}{path}", data, method=method), timeout=10) as answer:
        raw = answer.read().decode()
        return json.loads(raw) if answer.headers["Content-Type"].startswith("application/json") else raw


def test_drive_gives_a_file_what_is_asked_for_and_little_unasked(google: Google) -> None:
    files = google.drive().files()
    assert set(files.get(fileId="doc").execute()) == {"kind", "id", "name", "mimeType"}
    asked = files.get(fileId="doc", fields="trashed,webViewLink,capabilities(canEdit)").execute()
    link = google.sandbox.document_url("doc")
    assert asked == {"trashed": False, "webViewLink": link, "capabilities": {"canEdit": True}}
    with pytest.raises(HttpError, match="File not found: nothing") as caught:
        files.get(fileId="nothing").execute()
    assert caught.value.status_code == 404


def test_drive_lists_a_folder_by_query_in_pages(google: Google) -> None:
    store = google.sandbox.store
    for number in range(5):
        store.load({"title": f"Brief {number}", "body": {"content": []}}, f"b{number}", "folder-1")
    store.trash("b3")
    store.load({"title": "Elsewhere", "body": {"content": []}}, "e", "folder-2")
    files = google.drive().files()
    query = "'folder-1' in parents and trashed = false and mimeType = 'application/vnd.google-apps.document'"
    found, token = [], None
    while True:
        page = files.list(q=query, pageSize=2, pageToken=token, fields="nextPageToken,files(id)").execute()
        found += [one["id"] for one in page["files"]]
        if (token := page.get("nextPageToken")) is None:
            break
    assert sorted(found) == ["b0", "b1", "b2", "b4"]
    assert files.list(q=f"{query} and createdTime > '2999-01-01T00:00:00'").execute()["files"] == []
    named = files.list(
        q="name contains 'brief' and createdTime > '2020-01-01T00:00:00Z'", orderBy="name desc"
    ).execute()
    assert [one["id"] for one in named["files"]] == ["b4", "b3", "b2", "b1", "b0"]
    with pytest.raises(HttpError) as caught:
        files.list(q="colour = 'red'").execute()
    assert caught.value.status_code == 400


def test_drive_says_who_one_is_and_keeps_comments(google: Google) -> None:
    drive = google.drive()
    assert drive.about().get(fields="user").execute()["user"]["me"] is True
    body = {"content": "Wer prüft das? 🙂", "quotedFileContent": {"mimeType": "text/plain", "value": "abc"}}
    made = drive.comments().create(fileId="doc", body=body, fields="*").execute()
    assert "emailAddress" not in made["author"]
    listed = drive.comments().list(fileId="doc", fields="comments(id,content)").execute()
    assert listed == {"comments": [{"id": made["id"], "content": "Wer prüft das? 🙂"}]}
    for call in (drive.about().get(), drive.comments().list(fileId="doc")):
        with pytest.raises(HttpError, match="'fields' parameter is required"):
            call.execute()


def test_the_bin_and_deletion_are_seen_by_the_apis(google: Google) -> None:
    ask(google, "POST", "/__sandbox__/trash/doc")
    assert google.drive().files().get(fileId="doc", fields="trashed").execute() == {"trashed": True}
    ask(google, "POST", "/__sandbox__/untrash/doc")
    assert google.drive().files().get(fileId="doc", fields="trashed").execute() == {"trashed": False}
    ask(google, "POST", "/__sandbox__/delete/doc")
    with pytest.raises(HttpError) as caught:
        google.get()
    assert caught.value.status_code == 404


def test_the_controls_show_and_change_what_they_say(google: Google) -> None:
    assert ask(google, "GET", "/__sandbox__/health") == {"ok": True, "documents": 1}
    recorded = {"title": "Neu", "body": {"content": [para("é")]}}
    assert ask(google, "POST", "/__sandbox__/documents/new", recorded) == {"id": "new"}
    assert [one["title"] for one in ask(google, "GET", "/__sandbox__/documents")] == ["Untitled document", "Neu"]
    ask(google, "POST", "/__sandbox__/edit/new", {"requests": [insert(1, "caf")]})
    assert ask(google, "GET", "/__sandbox__/text/new") == "café\n"
    ask(google, "POST", "/__sandbox__/edit/new")
    assert ask(google, "GET", "/__sandbox__/text/new?tab=t.0") == "(Somebody typed this.) café\n"
    waiting = ask(google, "POST", "/__sandbox__/faults", {"kind": "503", "times": 2})
    assert waiting == ask(google, "GET", "/__sandbox__/faults") and waiting[0]["times"] == 2
    with pytest.raises(HttpError):
        google.write(insert(1, "x"))
    assert ask(google, "DELETE", "/__sandbox__/faults") == []
    google.write(insert(1, "x"))
    journal = ask(google, "GET", "/__sandbox__/journal?document=doc&operation=batchUpdate")
    assert [(one["status"], one["fault"], one["requests"]) for one in journal] == [
        (503, "503", []),
        (200, None, ["insertText"]),
    ]
    assert ask(google, "GET", f"/__sandbox__/journal?since={journal[-1]['number']}") == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/__sandbox__/faults", {"kind": "explode"}, 400),
        ("POST", "/__sandbox__/documents", {"no": "document"}, 400),
        ("POST", "/__sandbox__/edit/doc", {"requests": [insert(99, "x")]}, 400),
        ("POST", "/__sandbox__/trash/nothing", None, 404),
        ("GET", "/__sandbox__/nothing", None, 404),
        ("GET", "/document/d/nothing/edit", None, 404),
        ("GET", "/v2/documents/doc", None, 404),
    ],
)
def test_a_wrong_control_is_answered_and_nothing_breaks(
    google: Google, method: str, path: str, body: Any, status: int
) -> None:
    from urllib.error import HTTPError

    with pytest.raises(HTTPError) as caught:
        ask(google, method, path, body)
    assert caught.value.code == status and ask(google, "GET", "/__sandbox__/health")["ok"]


def test_a_name_that_points_at_this_machine_is_turned_away(google: Google) -> None:
    from urllib.error import HTTPError

    with pytest.raises(HTTPError) as caught:
        urlopen(Request(f"{google.sandbox.url}/__sandbox__/documents", headers={"Host": "evil.example"}), timeout=10)
    assert caught.value.code == 403


def test_the_page_shows_the_document_and_marks_what_inlay_wrote(google: Google) -> None:
    bullet = para("point")
    bullet["paragraph"]["bullet"] = {"listId": "kix.l"}
    title = para("Fête <script>alert(1)</script>")
    title["paragraph"]["paragraphStyle"] = {"namedStyleType": "TITLE"}
    linked = para("go")
    linked["paragraph"]["elements"][0]["textRun"]["textStyle"] = {"link": {"url": "javascript:alert(1)"}}
    content = [title, para("A 🎯 draft here"), bullet, cells(["left", "right"]), linked]
    google.sandbox.store.load({"title": "<b>Fête</b>", "body": {"content": content}}, "doc")
    start = google.text().index("🎯") + 1
    google.write(name("inlay:out:<run-1>", start, start + 8), name("someone:else", 1, 3))
    page = ask(google, "GET", "/document/d/doc/edit")
    assert (
        "<mark>🎯 draft</mark>" in page
        and "Written by Inlay" in page
        and "&lt;run-1&gt;" in page
        and page.count('class="note"') == 1
    )
    assert "<td>" in page and 'class="glyph">•' in page
    assert "<script" not in page and "javascript:" not in page and "<b>Fête" not in page
    assert "doc/edit" in ask(google, "GET", "/")


def test_half_a_request_is_no_request_and_the_server_lives_on(google: Google) -> None:
    body = json.dumps({"requests": [insert(1, "x")]}).encode()
    head = (
        "POST /v1/documents/doc:batchUpdate HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    host, port = urlsplit(google.sandbox.url).netloc.split(":")
    for part in (head.encode()[:40], head.encode() + body[:-5]):
        with socket.create_connection((host, int(port)), timeout=10) as victim:
            victim.sendall(part)
    google.write(insert(1, "y"))
    assert google.text() == "yabc\n"


def test_many_writers_lose_no_write_and_share_no_revision(google: Google) -> None:
    google.load("")
    failures: list[Any] = []

    def write(number: int) -> None:
        connection = HTTPConnection(urlsplit(google.sandbox.url).netloc, timeout=30)
        headers = {"Authorization": f"Bearer worker-{number}"}
        for turn in range(25):
            while True:
                connection.request("GET", "/v1/documents/doc?fields=revisionId", headers=headers)
                revision = json.loads(connection.getresponse().read())["revisionId"]
                body = {"requests": [insert(1, f"<{number}.{turn}>")], "writeControl": {"requiredRevisionId": revision}}
                connection.request("POST", "/v1/documents/doc:batchUpdate", json.dumps(body), headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    break
                if answer.status != 400:
                    failures.append(answer.status)
        connection.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert failures == []
    assert all(google.text().count(f"<{number}.{turn}>") == 1 for number in range(4) for turn in range(25))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_serving_in_the_foreground_ends_on_a_signal(how: signal.Signals) -> None:
    code = "from connectors.google_docs.sandbox import serve; serve(ready=lambda it: print(it.url, flush=True))"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urlopen(f"{url}/__sandbox__/health", timeout=10) as answer:
            assert json.load(answer)["documents"] == 3
        process.send_signal(how)
        assert process.wait(10) == 0
