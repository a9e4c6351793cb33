"""The documents of the sandbox: immutable snapshots behind one lock each, and the comments and folders Drive shows.

A write works on a copy and swaps it in when every request of the batch went well, so a reader never sees half a batch.
"""

from __future__ import annotations

import json
import marshal
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from connectors.google_docs import sandbox_comments as comments
from connectors.google_docs import sandbox_document as document
from connectors.google_docs.sandbox_document import Json, Refusal
from connectors.google_docs.sandbox_edits import apply
from connectors.google_docs.sandbox_suggestions import decide, suggest

DEFAULT_FOLDER = "demo-campaigns"
PERSON = "person@sandbox.example"


class Gone(Exception):
    """There is no such document."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A document at one revision. Nobody changes ``tabs`` in place. ``created`` and ``modified`` are Unix seconds."""

    id: str
    title: str
    revision: str
    writes: int
    tabs: list[Json]
    rest: Json
    created: float
    modified: float
    modified_by: str
    parents: tuple[str, ...] = (DEFAULT_FOLDER,)
    trashed: bool = False
    comments: tuple[Json, ...] = ()
    #: Replies rendered for this revision, by view. A new snapshot starts with none.
    rendered: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)


class Store:
    """All documents, by id. Safe to use from any thread."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._documents: dict[str, Snapshot] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._authors: dict[str, str] = {}
        #: What an account gets that asks to write as a suggestion: ``on`` one, ``refused`` a 400, ``ignored`` a direct
        #: edit without a word. The live API did each of them in 2026, depending on the Cloud project.
        self.suggesting: Literal["on", "refused", "ignored"] = "on"
        #: What comes of comments made through the Docs API: they are kept, a 400, or text edits kept without them.
        self.commenting: Literal["on", "refused", "failed"] = "on"

    def load(self, recorded: Json, id: str | None = None, folder: str = DEFAULT_FOLDER) -> Snapshot:
        """Take in a ``documents.get`` body, from before tabs or after; an existing document of that id is replaced.

        Raises:
            ValueError: it is no such body.
        """
        if not isinstance(recorded, dict) or not ("body" in recorded or "tabs" in recorded):
            raise ValueError("a recorded document has a body or tabs")
        tabs, rest = document.from_recorded(_copy(recorded))
        now = self._clock()
        snapshot = Snapshot(
            id=id or rest.get("documentId") or secrets.token_urlsafe(33),
            title=rest.get("title", "Untitled document"),
            revision=_new_revision(),
            writes=0,
            tabs=tabs,
            rest=rest,
            created=now,
            modified=now,
            modified_by=PERSON,
            parents=(folder,),
        )
        with self._lock:
            self._documents[snapshot.id] = snapshot
            self._locks.setdefault(snapshot.id, threading.Lock())
        return snapshot

    def seed(self, path: Path, folder: str = DEFAULT_FOLDER) -> list[str]:
        """Load a recorded file, or every ``*.json`` below a folder; gives the ids.

        A document's id is its file's name without the ending, as one account's recordings often share an id. A second
        file of that name gets its folder's name in front. Files that hold no recorded document are passed over.
        """
        files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
        ids: list[str] = []
        for file in files:
            recorded = json.loads(file.read_text(encoding="utf-8"))
            name = re.sub(r"[^A-Za-z0-9_-]", "-", file.stem)
            if name in ids:
                name = re.sub(r"[^A-Za-z0-9_-]", "-", f"{file.parent.name}--{file.stem}")
            try:
                ids.append(self.load(recorded, name, folder).id)
            except ValueError:
                continue
        return ids

    def create(self, title: str, by: str = PERSON, id: str | None = None) -> Snapshot:
        """A new, empty document."""
        made = self.load({"title": title, "body": {"content": []}}, id)
        return self._change(made.id, lambda old: replace(old, modified_by=by))

    def get(self, id: str) -> Snapshot:
        """The document as it stands.

        Raises:
            Gone: there is no such document.
        """
        snapshot = self._documents.get(id)
        if snapshot is None:
            raise Gone(id)
        return snapshot

    def all(self) -> list[Snapshot]:
        """Every document, oldest first."""
        with self._lock:
            return sorted(self._documents.values(), key=lambda one: (one.created, one.id))

    def write(
        self,
        id: str,
        requests: list[Json],
        *,
        by: str,
        check: Callable[[Snapshot], None],
        suggested: list[Json] | None = None,
    ) -> tuple[Snapshot, list[Json]]:
        """Apply a batch, whole or not at all; gives the new snapshot and the replies. ``check`` sees the one before.

        A list in ``suggested`` makes the batch a suggestion, and takes what the API answers about it.

        Raises:
            Gone: there is no such document.
            Refusal: a request was refused, or ``check`` raised it.
        """
        replies: list[Json] = []

        def work(old: Snapshot) -> Snapshot:
            check(old)
            tabs = _copy(old.tabs)
            board = comments.Board(old.comments, by, self._clock(), saves=self.commenting == "on")
            if suggested is None:
                replies.extend(apply(tabs, requests, board))
            else:
                both = suggest(tabs, requests, self._authors, by, board)
                for told, new in zip((replies, suggested), both, strict=True):
                    told.extend(new)
            return replace(self._written(old, tabs, by), comments=tuple(board.comments))

        return self._change(id, work), replies

    def _written(self, old: Snapshot, tabs: list[Json], by: str) -> Snapshot:
        return replace(
            old,
            tabs=tabs,
            revision=_new_revision(),
            writes=old.writes + 1,
            modified=self._clock(),
            modified_by=by,
        )

    def edit(self, id: str, *requests: Json) -> Snapshot:
        """Edit as a person does, with the API's own requests; needs no revision.

        Raises:
            Gone, Refusal.
        """
        return self.write(id, list(requests), by=PERSON, check=lambda _: None)[0]

    def suggest(self, id: str, *requests: Json, by: str = PERSON) -> list[str]:
        """Suggest as a person does, with the API's own requests; gives the ids of the suggestions.

        Raises:
            Gone, Refusal.
        """
        told: list[Json] = []
        self.write(id, list(requests), by=by, check=lambda _: None, suggested=told)
        return list(dict.fromkeys(one for response in told for ids in response.values() for one in ids))

    def accept(self, id: str, suggestion: str) -> Snapshot:
        """A person accepts a suggestion.

        Raises:
            Gone, Refusal.
        """
        return self._decide(id, suggestion, accept=True)

    def reject(self, id: str, suggestion: str) -> Snapshot:
        """A person rejects a suggestion.

        Raises:
            Gone, Refusal.
        """
        return self._decide(id, suggestion, accept=False)

    def _decide(self, id: str, suggestion: str, *, accept: bool) -> Snapshot:
        def work(old: Snapshot) -> Snapshot:
            tabs = _copy(old.tabs)
            if not decide(tabs, suggestion, accept):
                raise Refusal(f"Suggestion with ID {suggestion} does not exist.")
            return self._written(old, tabs, PERSON)

        return self._change(id, work)

    def somebody_types(self, id: str) -> Snapshot:
        """A colleague puts a few words at the start of the first paragraph: every index after it moves."""
        body = self.get(id).tabs[0]["documentTab"]["body"]["content"]
        first = next(node for node in body if "paragraph" in node)
        place = {"index": document.start_of(first)}
        return self.edit(id, {"insertText": {"location": place, "text": "(Somebody typed this.) "}})

    def text(self, id: str, tab: str | None = None, segment: str | None = None) -> str:
        """The text of a segment: the body of the first tab unless named otherwise.

        Raises:
            Gone: there is no such document.
            Refusal: there is no such tab or segment.
        """
        return document.text_of(document.find_segment(document.find_tab(self.get(id).tabs, tab), segment))

    def trash(self, id: str, trashed: bool = True) -> None:
        """Move a document to the bin, or back."""
        self._change(id, lambda old: replace(old, trashed=trashed))

    def delete(self, id: str) -> None:
        """Delete a document for good."""
        with self._lock:
            if self._documents.pop(id, None) is None:
                raise Gone(id)

    def comment(self, id: str, made: Json) -> None:
        """Keep a comment made through Drive."""
        self._change(id, lambda old: replace(old, comments=(*old.comments, made)))

    def delete_comment(self, id: str, comment: str) -> None:
        """Take a comment away, as Drive does."""
        self._change(id, lambda old: replace(old, comments=tuple(one for one in old.comments if one["id"] != comment)))

    def answer_comment(self, id: str, comment: str, text: str, *, by: str = PERSON, action: str | None = None) -> Json:
        """A person answers a comment, and may ``resolve`` or ``reopen`` it by that."""
        author = {"kind": "drive#user", "displayName": by.partition("@")[0]}
        made = comments.reply(text, author, comments.moment(self._clock()), action)

        def work(old: Snapshot) -> Snapshot:
            told = (comments.answered(one, made) if one["id"] == comment else one for one in old.comments)
            return replace(old, comments=tuple(told))

        self._change(id, work)
        return made

    def _change(self, id: str, work: Callable[[Snapshot], Snapshot]) -> Snapshot:
        self.get(id)
        with self._locks[id]:
            new = replace(work(self.get(id)), rendered={})
            with self._lock:
                if id not in self._documents:
                    raise Gone(id)
                self._documents[id] = new
            return new


def _copy(value: Any) -> Any:
    # Ten times as fast as copy.deepcopy on plain JSON values, and a batch copies the whole document.
    return marshal.loads(marshal.dumps(value))


def _new_revision() -> str:
    return "ALm37B" + secrets.token_urlsafe(24)


__all__ = ["DEFAULT_FOLDER", "PERSON", "Gone", "Refusal", "Snapshot", "Store"]
