"""Comments of a document: made through the Docs API they hang on the text, made through Drive they stand beside it.

Each is kept in Drive's form. One of the Docs API has an ``anchor``, an id under ``commentAnchors`` of its tab,
whose ranges move with the text (``sandbox_ranges.py``). Both APIs show all comments, under the same ids: no source says
that Google does, and the connector does not rely on it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from connectors.google_docs.sandbox_document import (
    Json,
    Refusal,
    all_tabs,
    find_segment,
    find_tab,
    paragraphs,
    start_of,
    tab_id,
)
from connectors.google_docs.sandbox_text import check_range

KINDS = ("insertComment", "addCommentReply", "deleteComment")
MOST_BYTES = 2048
ACTIONS = {"RESOLVE": "resolve", "REOPEN": "reopen"}
ANCHORS = "commentAnchors"


class Board:
    """A document's comments while a batch is applied to it. ``by`` is the account, ``now`` Unix seconds."""

    def __init__(self, comments: tuple[Json, ...], by: str, now: float, *, saves: bool = True) -> None:
        self.comments = list(comments)
        self._saves = saves
        self._author = {"kind": "drive#user", "displayName": by.partition("@")[0]}
        self._now = moment(now)

    def kinds(self, tabs: list[Json]) -> dict[str, Callable[[Json], Json]]:
        """The kinds of request it understands, each as what applies one; to no effect where nothing is saved."""
        if not self._saves:
            return dict.fromkeys(KINDS, lambda _: {})
        insert, delete = partial(self._insert, tabs), partial(self._delete, tabs)
        return dict(zip(KINDS, (insert, self._reply, delete), strict=True))

    def _insert(self, tabs: list[Json], body: Json) -> Json:
        span = body.get("range", {})
        if "startIndex" not in span or "endIndex" not in span:
            raise Refusal("Invalid range: must contain a start and end index")
        tab = find_tab(tabs, span.get("tabId"))
        content = find_segment(tab, span.get("segmentId"))
        check_range(content, span["startIndex"], span["endIndex"])
        said = _content(body)
        anchor = f"kix.{secrets.token_hex(6)}"
        kept = {**span, "tabId": tab_id(tab)}
        tab["documentTab"].setdefault(ANCHORS, {})[anchor] = {"anchorId": anchor, "ranges": [kept]}
        quote = _quote(content, span["startIndex"], span["endIndex"])
        made = new(said, self._author, self._now, anchor=anchor, quotedFileContent=_quoted(quote))
        self.comments.append(made)
        return {"insertComment": {"commentThread": thread(made, self._author["displayName"])}}

    def _reply(self, body: Json) -> Json:
        at = self._find(body.get("commentId", ""))
        post = body.get("post", {})
        action = ACTIONS.get(post.get("commentAction", ""))
        said = _content(post) if post.get("content") or action is None else ""
        made = reply(said, self._author, self._now, action)
        self.comments[at] = answered(self.comments[at], made)
        return {"addCommentReply": {"post": _post(made, self._author["displayName"])}}

    def _delete(self, tabs: list[Json], body: Json) -> Json:
        at = self._find(body.get("commentId", ""))
        if self.comments[at]["author"]["displayName"] != self._author["displayName"]:
            raise Refusal("Only the author of a comment may delete it.")
        gone = self.comments.pop(at)
        for tab in all_tabs(tabs):
            tab["documentTab"].get(ANCHORS, {}).pop(gone.get("anchor"), None)
        return {}

    def _find(self, wanted: str) -> int:
        for at, one in enumerate(self.comments):
            if one["id"] == wanted:
                return at
        raise Refusal(f"The comment with ID {wanted} was not found.")


def new(content: str, author: Json, now: str, **more: Any) -> Json:
    """A comment in Drive's form."""
    return {
        "kind": "drive#comment",
        "id": f"AAAA{secrets.token_urlsafe(5)}",
        "createdTime": now,
        "modifiedTime": now,
        "author": author,
        "content": content,
        "deleted": False,
        "resolved": False,
        "replies": [],
        **more,
    }


def reply(content: str, author: Json, now: str, action: str | None = None) -> Json:
    """A reply in Drive's form."""
    made = {"kind": "drive#reply", "id": f"AAAA{secrets.token_urlsafe(5)}", "createdTime": now, "modifiedTime": now}
    return {**made, "author": author, "content": content, "deleted": False, **({"action": action} if action else {})}


def answered(comment: Json, made: Json) -> Json:
    """A comment with one more reply, which may resolve or reopen it."""
    done = {"resolve": True, "reopen": False}.get(made.get("action", ""), comment["resolved"])
    return {**comment, "resolved": done, "modifiedTime": made["modifiedTime"], "replies": [*comment["replies"], made]}


def thread(comment: Json, viewer: str) -> Json:
    """A comment as the Docs API shows it to the account with the display name ``viewer``."""
    return {
        "commentId": comment["id"],
        **({"anchorId": comment["anchor"]} if comment.get("anchor") else {}),
        "headPost": _post(comment, viewer),
        **({"plainTextQuote": comment["quotedFileContent"]["value"]} if "quotedFileContent" in comment else {}),
        "replies": [_post(one, viewer) for one in comment["replies"]],
        "status": "RESOLVED" if comment["resolved"] else "OPEN",
    }


def without_anchors(tabs: list[Json]) -> list[Json]:
    """The tabs as they are shown where comments are left out."""
    shown = []
    for tab in tabs:
        inside = {key: value for key, value in tab["documentTab"].items() if key != ANCHORS}
        children = {"childTabs": without_anchors(tab["childTabs"])} if tab.get("childTabs") else {}
        shown.append({**tab, "documentTab": inside, **children})
    return shown


def moment(seconds: float) -> str:
    """A time as Drive writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(seconds * 1000) % 1000:03d}Z"


def _post(made: Json, viewer: str) -> Json:
    name = made["author"]["displayName"]
    action = {one: kind for kind, one in ACTIONS.items()}.get(made.get("action", ""))
    return {
        "postId": made["id"],
        "author": {"displayName": name, "me": name == viewer, "user": f"users/{name}"},
        "content": made["content"],
        "createTime": made["createdTime"],
        "updateTime": made["modifiedTime"],
        **({"commentAction": action} if action else {}),
    }


def _content(body: Json) -> str:
    said = body.get("content", "")
    if not said:
        raise Refusal("The content of a comment must not be empty.")
    if len(said.encode()) > MOST_BYTES:
        raise Refusal(f"The content of a comment must not exceed {MOST_BYTES} UTF-8 code units.")
    return said


def _quoted(text: str) -> Json:
    return {"mimeType": "text/html", "value": text}


def _quote(content: list[Json], start: int, end: int) -> str:
    raw = b""
    for node in paragraphs(content):
        for element in node["paragraph"]["elements"]:
            low, high = max(start, start_of(element)), min(end, element["endIndex"])
            if low < high and "textRun" in element:
                run = element["textRun"]["content"].encode("utf-16-le")
                raw += run[2 * (low - start_of(element)) : 2 * (high - start_of(element))]
    return raw.decode("utf-16-le", "replace")
