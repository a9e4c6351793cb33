"""The Google Docs connector keeps the contract of every connector, against its own sandbox."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from connectors.google_docs import write_back
from connectors.google_docs.connector import GoogleDocs
from connectors.google_docs.sandbox import start
from hub.sdk import Inbound, Json
from hub.testing.connector_contract import ConnectorContract, Stand, posted
from tests.connectors.google_docs.connector_bench import body, paragraph
from tests.connectors.google_docs.sandbox_bench import delete, insert, named_ranges

TOKEN = "planted-access-token"


class DocsStand(Stand):
    """The sandbox. Each target is the end of a document of its own."""

    def __init__(self) -> None:
        self.sandbox = start(sample=False, check_replies=True)
        self.numbers = itertools.count(1)

    def settings(self, key: str, previous: str = "") -> dict[str, Any]:
        url = self.sandbox.url
        tokens = {"access_token": TOKEN, "inbound_token": key, "inbound_token_previous": previous}
        return {"api_root": url, "drive_root": url, "token_uri": f"{url}/token", "folder": "watched", **tokens}

    def place(self, text: str) -> Json:
        name = f"document-{next(self.numbers)}"
        return {"document": self.sandbox.store.load(body(paragraph(text)), name, folder="places").id, "end": True}

    def shown(self, at: Json) -> str:
        return self.sandbox.store.text(at["document"])

    def effects(self, key: str) -> int:
        return len(self._ranges(key))

    def calls(self) -> int:
        return len(self.sandbox.journal.entries())

    def edit(self, key: str) -> None:
        ((document, start, _),) = self._ranges(key)
        self.sandbox.store.edit(document, insert(start + 1, " by a person "))

    def remove(self, key: str) -> None:
        ((document, start, end),) = self._ranges(key)
        self.sandbox.store.edit(document, delete(start, end))

    def delete(self, at: Json) -> None:
        self.sandbox.store.delete(at["document"])

    def lose_reply(self) -> None:
        self.sandbox.faults.add("drop-after-commit")

    def busy(self) -> None:
        self.sandbox.faults.add("429", on="*", times=None)

    def expire(self) -> None:
        self.sandbox.faults.clear()
        self.sandbox.accounts.add(TOKEN, "inlay@example.com", seconds=-1)

    def make_item(self) -> None:
        self.sandbox.store.load(body(paragraph("")), f"document-{next(self.numbers)}", folder="watched")

    def stop(self) -> None:
        self.sandbox.stop()

    def _ranges(self, key: str) -> list[tuple[str, int, int]]:
        """Where the delivery's text stands: document, start, end."""
        return [
            (document.id, *span)
            for document in self.sandbox.store.all()
            for name, spans in named_ranges({"tabs": document.tabs}).items()
            if name.split(" ")[0] == f"inlay:out:{key}"
            for span in spans
        ]


class TestGoogleDocs(ConnectorContract):
    connector: ClassVar[GoogleDocs] = GoogleDocs()
    counts = "documents"
    # Programs that start a run prove themselves by a token alone.
    signs_body = False

    @pytest.fixture(autouse=True)
    def _soon(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setattr(write_back, "PAUSE", 0.001)
        yield

    def stand(self) -> Stand:
        return DocsStand()

    def signed(self, event: bytes, key: str) -> Inbound:
        return posted(event, Authorization=f"Bearer {key}", Content_Type="application/json")
