"""What the sandbox's tests share: Google's own client against a running sandbox, and arithmetic to hold it to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from connectors.google_docs.sandbox import Sandbox, start

RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "fixtures" / "google_docs"
#: `links`, `texts` and `empty` were edited by hand where they were published, `quotes` is a cut.
UNFIT = {"links", "texts", "empty", "quotes"}


class Google:
    """A sandbox, and Google's client libraries pointed at it. Every reply is held against Google's schema."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._docs: dict[str, Any] = {}

    def docs(self, token: str = "ya29.person") -> Any:
        """Google's ``documents()``, kept: making one takes the client library 60 ms."""
        if token not in self._docs:
            self._docs[token] = self._build("docs", "v1", self.sandbox.docs_endpoint, token).documents()
        return self._docs[token]

    def drive(self, token: str = "ya29.person") -> Any:
        return self._build("drive", "v3", self.sandbox.drive_endpoint, token)

    def load(self, *paragraphs: str, id: str = "doc") -> str:
        return self.sandbox.store.load({"body": {"content": [para(text) for text in paragraphs]}}, id).id

    def write(self, *requests: dict[str, Any], id: str = "doc", docs: Any = None, **control: Any) -> dict[str, Any]:
        body: dict[str, Any] = {"requests": list(requests)}
        if control:
            body["writeControl"] = control
        return (docs or self.docs()).batchUpdate(documentId=id, body=body).execute()

    def get(self, id: str = "doc") -> dict[str, Any]:
        return self.docs().get(documentId=id, includeTabsContent=True).execute()

    def text(self, id: str = "doc") -> str:
        return self.sandbox.store.text(id)

    def refusal(self, *requests: dict[str, Any], id: str = "doc", **control: Any) -> str:
        """The message of the 400 these requests end in."""
        with pytest.raises(HttpError) as caught:
            self.write(*requests, id=id, **control)
        assert caught.value.status_code == 400
        return caught.value.reason

    @staticmethod
    def _build(name: str, version: str, endpoint: str, token: str) -> Any:
        options = {"api_endpoint": endpoint}
        return build(name, version, credentials=Credentials(token=token), client_options=options, cache_discovery=False)


@contextmanager
def running(**options: Any) -> Iterator[Google]:
    """A sandbox for one test."""
    sandbox = start(**{"sample": False, "check_replies": True, **options})
    try:
        yield Google(sandbox)
        assert sandbox.violations == []
    finally:
        sandbox.stop()


def fit_recordings() -> list[Path]:
    """The recorded documents whose indexes add up."""
    found = sorted((*RECORDINGS.glob("gatsby*/*.json"), *RECORDINGS.glob("simongz*/*.json")))
    return [path for path in found if path.stem not in UNFIT]


def need_recordings() -> None:
    if not RECORDINGS.is_dir():
        pytest.skip("There is no folder shared/fixtures/google_docs beside the project.")


def para(text: str) -> dict[str, Any]:
    return {"paragraph": {"elements": [{"textRun": {"content": text + "\n", "textStyle": {}}}], "paragraphStyle": {}}}


def cells(*rows: list[str]) -> dict[str, Any]:
    made = [{"tableCells": [{"content": [para(text)]} for text in row]} for row in rows]
    return {"table": {"rows": len(rows), "columns": len(rows[0]), "tableRows": made}}


def insert(index: int, text: str, **place: Any) -> dict[str, Any]:
    return {"insertText": {"location": {"index": index, **place}, "text": text}}


def delete(start: int, end: int, **place: Any) -> dict[str, Any]:
    return {"deleteContentRange": {"range": {"startIndex": start, "endIndex": end, **place}}}


def name(label: str, start: int, end: int, **place: Any) -> dict[str, Any]:
    return {"createNamedRange": {"name": label, "range": {"startIndex": start, "endIndex": end, **place}}}


def width(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def check_arithmetic(content: list[dict[str, Any]], at: int = 0) -> int:
    """Assert that a segment's indexes add up, by the rules found in recorded documents; gives the index after it."""
    for node in content:
        start = node.get("startIndex", 0)
        assert start == at and node["endIndex"] > start
        if "paragraph" in node:
            elements = node["paragraph"]["elements"]
            for element in elements:
                assert element.get("startIndex", 0) == at
                run = element.get("textRun")
                assert element["endIndex"] - at == (width(run["content"]) if run else 1)
                assert run is None or run["content"]
                at = element["endIndex"]
            text = elements[-1]["textRun"]["content"]
            whole = "".join(element.get("textRun", {}).get("content", "") for element in elements)
            assert text.endswith("\n") and whole.count("\n") == 1
        elif "table" in node:
            at += 1
            for row in node["table"]["tableRows"]:
                assert row["startIndex"] == at
                at += 1
                for cell in row["tableCells"]:
                    assert cell["startIndex"] == at
                    at = check_arithmetic(cell["content"], at + 1)
                    assert cell["endIndex"] == at
                assert row["endIndex"] == at
            at += 1
        else:
            at = node["endIndex"]
        assert node["endIndex"] == at
    assert "paragraph" in content[-1]
    for before, after in pairwise(content):
        assert "table" not in after or "paragraph" in before
    return at


def named_ranges(document: dict[str, Any], tab: int = 0) -> dict[str, list[tuple[int, int]]]:
    groups = document["tabs"][tab]["documentTab"].get("namedRanges", {})
    return {
        label: [
            (one.get("startIndex", 0), one["endIndex"]) for named in group["namedRanges"] for one in named["ranges"]
        ]
        for label, group in groups.items()
    }
