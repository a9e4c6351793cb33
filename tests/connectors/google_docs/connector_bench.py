"""What the tests of the Google Docs connector share: a bench with a running sandbox, and readers of its documents."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connectors.google_docs.connector import GoogleDocs
from connectors.google_docs.document import Document, read
from connectors.google_docs.sandbox import Sandbox
from connectors.google_docs.settings import GoogleDocsSettings
from hub.sdk import Connection, Delivery, GuardedHttp, Receipt, Secret, Target

RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "fixtures" / "google_docs"
#: The recorded documents whose indexes add up; the others were edited by hand where they were published.
FIT = (
    *(
        f"gatsby-source-google-docs/{name}"
        for name in ("breaks", "codes", "cover", "footnotes", "french", "horizontal-rule", "images", "lists", "poem")
    ),
    "gatsby-source-google-docs/special-chars",
    "gatsby-source-google-docs/tables",
    *(f"simongz-google-docs-converter/{name}" for name in ("link-sample", "list-sample", "sample")),
)


def recorded(name: str) -> dict[str, Any]:
    """A recorded document; the test is skipped where the recordings are not."""
    path = RECORDINGS / f"{name}.json"
    if not path.exists():
        pytest.skip(f"the recorded payloads are missing: {RECORDINGS}")
    return json.loads(path.read_text(encoding="utf-8"))


def paragraph(text: str, style: str = "NORMAL_TEXT", **more: Any) -> dict[str, Any]:
    """A structural element without indexes; the sandbox lays it out."""
    return {
        "paragraph": {
            "elements": [{"textRun": {"content": text + "\n", "textStyle": {}}}],
            "paragraphStyle": {"namedStyleType": style, "direction": "LEFT_TO_RIGHT"},
            **more,
        }
    }


def table(*rows: list[str]) -> dict[str, Any]:
    """A table of plain cells, each text one paragraph."""
    return {
        "table": {
            "rows": len(rows),
            "columns": len(rows[0]),
            "tableRows": [{"tableCells": [{"content": [paragraph(cell)]} for cell in row]} for row in rows],
        }
    }


def body(*content: dict[str, Any]) -> dict[str, Any]:
    """A document of one tab with this content."""
    return {"title": "Launch", "body": {"content": [{"endIndex": 1, "sectionBreak": {}}, *lay_out(content, 1)[0]]}}


def lay_out(content: Any, at: int) -> tuple[list[dict[str, Any]], int]:
    """Write the UTF-16 indexes as Google does: a table, a row, a cell take one unit each, a table's end one."""
    out = []
    for node in content:
        start = at
        node = json.loads(json.dumps(node))
        if "paragraph" in node:
            for element in node["paragraph"]["elements"]:
                run = element.get("textRun")
                element["startIndex"] = at
                at += len(run["content"].encode("utf-16-le", "surrogatepass")) // 2 if run else 1
                element["endIndex"] = at
        elif "table" in node:
            at += 1
            for row in node["table"]["tableRows"]:
                row["startIndex"] = at
                at += 1
                for cell in row["tableCells"]:
                    cell["startIndex"] = at
                    cell["content"], at = lay_out(cell["content"], at + 1)
                    cell["endIndex"] = at
                row["endIndex"] = at
            at += 1
        else:
            at += 1
        out.append({"startIndex": start, "endIndex": at, **node})
    return out, at


@dataclass
class Bench:
    """A sandbox, a connection to it, and the connector."""

    sandbox: Sandbox
    connector: GoogleDocs = field(default_factory=GoogleDocs)
    made: int = 0
    _usual: Connection | None = None

    def connection(self, token: str = "", *, sandbox: bool = True, **settings: Any) -> Connection:
        """A connection to the sandbox; without arguments always the same one."""
        if token or settings or not sandbox:
            return self._connect(token or "ya29.person", sandbox, settings)
        self._usual = self._usual or self._connect("ya29.person", True, {})
        return self._usual

    def _connect(self, token: str, sandbox: bool, settings: dict[str, Any]) -> Connection:
        filled = GoogleDocsSettings(
            **{
                "api_root": self.sandbox.url,
                "drive_root": self.sandbox.url,
                "token_uri": f"{self.sandbox.url}/token",
                "access_token": Secret(token),
                **settings,
            }
        )
        return Connection(name="docs", settings=filled, http=GuardedHttp(filled.hosts()), sandbox=sandbox)

    def load(self, raw: dict[str, Any]) -> str:
        """A document of its own for the test; gives its id."""
        self.made += 1
        return self.sandbox.store.load(raw, f"test-document-{self.made}").id

    def read(self, document: str) -> Document:
        """The document as its API gives it, by the connector's own reader."""
        from connectors.google_docs.client import client_of

        return read(client_of(self.connection()).document(document))

    def texts(self, document: str) -> dict[tuple[str, str], str]:
        """The text of every segment, as the sandbox tells it without the connector's reader."""
        found = {}
        for tab in _tabs(self.sandbox.store.get(document).tabs):
            name, content = tab["tabProperties"]["tabId"], tab["documentTab"]
            for segment in ("", *(one for kind in SEGMENTS for one in content.get(kind) or {})):
                found[name, segment] = self.sandbox.store.text(document, name, segment or None)
        return found

    def marker(self, document: str, key: str, kind: str = "out") -> str | None:
        """The text under the delivery's named range, cut out of the recorded runs by UTF-16 index; None without one."""
        for tab in _tabs(self.sandbox.store.get(document).tabs):
            group = (tab["documentTab"].get("namedRanges") or {}).get(f"inlay:{kind}:{key}")
            if group:
                (named,) = group["namedRanges"]
                (span,) = named["ranges"]
                content = tab["documentTab"]
                segment = span.get("segmentId", "")
                holder = content["body"] if not segment else _segment(content, segment)
                return _cut(holder["content"], span.get("startIndex", 0), span["endIndex"])
        return None

    def writes(self, document: str) -> int:
        return self.sandbox.store.get(document).writes


SEGMENTS = ("headers", "footers", "footnotes")


def _tabs(tabs: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for tab in tabs:
        yield tab
        yield from _tabs(tab.get("childTabs", []))


def _segment(content: dict[str, Any], name: str) -> dict[str, Any]:
    return next(content[kind][name] for kind in SEGMENTS if name in (content.get(kind) or {}))


def _cut(content: list[dict[str, Any]], start: int, end: int) -> str:
    raw = b""
    for node in content:
        for row in node.get("table", {}).get("tableRows", []):
            for cell in row["tableCells"]:
                raw += _cut(cell["content"], start, end).encode("utf-16-le")
        for element in node.get("paragraph", {}).get("elements", []):
            low, high = max(start, element.get("startIndex", 0)), min(end, element["endIndex"])
            if low < high and "textRun" in element:
                run = element["textRun"]["content"].encode("utf-16-le")
                begin = element.get("startIndex", 0)
                raw += run[2 * (low - begin) : 2 * (high - begin)]
    return raw.decode("utf-16-le")


def delivery(document: str, text: str = "New copy", key: str = "d1", **at_or_more: Any) -> Delivery:
    """A delivery; ``at`` fields and those of ``Delivery`` by name."""
    own = {name: at_or_more.pop(name) for name in ("reviewed", "simulated", "run_id") if name in at_or_more}
    at = {"document": document, **(at_or_more or {"end": True})}
    return Delivery(key=key, text=text, target=Target(connection="docs", at=at), **{"run_id": "run-7", **own})


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def take_back(bench: Bench, connection: Connection, order: Delivery, receipt: Receipt) -> Receipt:
    return bench.connector.undo(connection, order.target, receipt)
