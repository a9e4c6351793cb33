"""Writes remarks beside a text, as comments, and takes them back. The text itself is never touched.

A remark hangs on the passage it is about where Google lets it: through the Docs API, by somebody who may edit. What
cannot hang there, because the passage is not in the document, the account may only comment, or the project has no
comments in its Docs API, stands beside the document through Drive and quotes its passage: editors show such comments
without an anchor (developers.google.com/workspace/drive/api/guides/manage-comments). Each comment ends with a mark of
its own, so that no two are alike, and a second attempt finds that it is there: by its whole text, and by Google's word
that the same account made it, because anybody may quote a mark. Whether both APIs name a comment alike is not
documented, so each is asked for its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from connectors.google_docs import place, waited
from connectors.google_docs.client import COMMENTS, GoogleClient, Rejected, client_of
from connectors.google_docs.document import Document, Segment, read
from hub.sdk import BadRequest, Comment, Conflict, Connection, Delivery, Json, Receipt, Target, TargetGone, clean_text

#: UTF-8 bytes of one comment. The Docs API takes 2,048; what holds there is shown whole everywhere.
MOST_BYTES = 2048
ROUNDS = 6
_QUOTED = 300


class _Thread(NamedTuple):
    """A comment that stands there. ``mine``: made by the account that looks."""

    id: str
    text: str
    answered: bool
    mine: bool


@dataclass(slots=True)
class _Seen:
    """The document and the comments both APIs show; those that hang on a passage only where the Docs API shows any."""

    document: Document
    can_hang: bool
    hanging: list[_Thread] = field(default_factory=list)
    beside: list[_Thread] = field(default_factory=list)


def write(connection: Connection, delivery: Delivery) -> Receipt:
    """See ``Connector.write_back``. ``detail["comments"]`` holds the ids of the comments, in order, and ``anchored``
    which of them hang on their passage.

    Raises:
        BadRequest: simulated remarks are meant for a real account.
    """
    if delivery.simulated and not connection.sandbox:
        raise BadRequest(
            "Simulated remarks are not written to a real Google account.",
            instead="Connect a model, or use the sandbox.",
            who="an admin",
        )
    where, client = place.address(delivery.target.at), client_of(connection)
    waited.check_bin(client, where.document, delivery)
    wanted = dict(enumerate(delivery.comments, 1))
    seen, anchored, made = _hang(client, where, delivery, wanted)
    ids = dict(anchored)
    for number, comment in wanted.items():
        if number not in ids:
            known = _ours(seen.beside, delivery, number)
            text = text_of(delivery, comment, number, quoting=True)
            ids[number] = known or client.comment(where.document, text, comment.quote)["id"]
            made = made or known is None
    said = "".join(text_of(delivery, comment, number, quoting=True) for number, comment in wanted.items())
    return Receipt(
        vendor_id=seen.document.id,
        revision=seen.document.revision,
        content_hash=hashlib.sha256(said.encode()).hexdigest(),
        url=place.url(connection, where.document, where.tab),
        already=not made,
        detail={
            "document": where.document,
            "comments": [ids[number] for number in wanted],
            "anchored": [anchored[number] for number in sorted(anchored)],
            "note": _told(len(wanted), len(anchored)),
        },
    )


def undo(connection: Connection, target: Target, receipt: Receipt) -> Receipt:
    """Delete the comments. One that somebody answered stays, and so do the others then.

    Raises:
        Conflict: somebody answered.
    """
    client, document = client_of(connection), place.address(target.at).document
    ours, anchored = set(receipt.detail["comments"]), set(receipt.detail.get("anchored", ()))
    refused: set[str] = set()
    while len(refused) < ROUNDS:
        seen = _look(client, document)
        hanging = [one for one in seen.hanging if one.id in anchored]
        beside = [one for one in seen.beside if one.id in ours and one.id not in {both.id for both in hanging}]
        if any(one.answered for one in (*hanging, *beside)):
            raise Conflict(
                "Somebody answered one of the comments, so they are left as they are.",
                instead="Resolve or delete them in the document.",
            )
        if hanging:
            if seen.document.revision in refused:
                break
            try:
                gone = [{"deleteComment": {"commentId": one.id}} for one in hanging]
                client.batch(document, gone, seen.document.revision)
            except Rejected:
                refused.add(seen.document.revision)
                continue  # The document changed, or somebody deleted one of them: another look tells.
        for one in beside:
            client.delete_comment(document, one.id)
        return Receipt(vendor_id=document, url=receipt.url, already=not hanging and not beside)
    raise Conflict(
        "Google Docs does not let Inlay delete its comments.",
        why="A comment is deleted by whoever made it, and this run's were made in somebody else's name.",
        instead="Delete them in the document.",
    )


def text_of(delivery: Delivery, comment: Comment, number: int, *, quoting: bool) -> str:
    """A comment as it is written: the passage where it does not hang on it, the remark, the mark. What is too long is
    cut, and says where the rest is.
    """
    quote = " ".join(clean_text(comment.quote).split()) if quoting else ""
    quote = f"“{quote[:_QUOTED]}{'…' if len(quote) > _QUOTED else ''}”\n" if quote else ""
    simulated = "Simulated, no model is connected. " if delivery.simulated else ""
    end = f"\n{simulated}{_mark(delivery, number)}"
    remark = clean_text(comment.text).strip()
    room = MOST_BYTES - len((quote + end).encode())
    if len(remark.encode()) > room:
        more = f"… The rest: {delivery.provenance.get('url', 'the run’s page')}"
        remark = remark.encode()[: room - len(more.encode())].decode(errors="ignore") + more
    return f"{quote}{remark}{end}"


def _hang(
    client: GoogleClient, where: place.Address, delivery: Delivery, wanted: dict[int, Comment]
) -> tuple[_Seen, dict[int, str], bool]:
    """Hangs what has its passage in the document on it: what was seen, the ids that hang by number, whether one is new.

    All go in one batch, locked to the state of the document in which the passages were found.
    """
    refused: set[str] = set()
    while True:
        seen = _look(client, where.document)
        revision = seen.document.revision
        known = {number: name for number in wanted if (name := _ours(seen.hanging, delivery, number)) is not None}
        missing = [n for n in wanted if n not in known and not _ours(seen.beside, delivery, n)]
        spans = {n: span for n in missing if (span := _passage(seen.document, where, wanted[n].quote)) is not None}
        if not spans or not seen.can_hang or revision in ("", *refused) or len(refused) == ROUNDS:
            return seen, known, False
        requests = [
            {"insertComment": {"content": text_of(delivery, wanted[n], n, quoting=False), "range": segment.range(*at)}}
            for n, (segment, *at) in spans.items()
        ]
        try:
            answer = client.batch(where.document, requests, revision)
        except Rejected:
            refused.add(revision)  # At another revision that was the lock; at the same one it is a no.
            continue
        if answer.get("commentUpdateState") == "ALL_SAVED":
            made = [reply["insertComment"]["commentThread"]["commentId"] for reply in answer["replies"]]
            return seen, known | dict(zip(spans, made, strict=True)), True
        return seen, known, False  # Google carried the batch out and kept no comment of it.


def _look(client: GoogleClient, document_id: str) -> _Seen:
    try:
        answer = client.document(document_id, comments=True)
    except Rejected:  # A project without comments in its Docs API.
        answer = client.document(document_id)
    seen = _Seen(read(answer), answer.get("commentsViewMode") == COMMENTS)
    for thread in answer.get("comments", []):
        if thread.get("anchorId"):
            seen.hanging.append(_thread(thread.get("commentId", ""), thread, thread.get("headPost", {})))
    seen.beside += [_thread(one["id"], one, one) for one in client.comments(document_id)]
    return seen


def _passage(document: Document, where: place.Address, quote: str) -> tuple[Segment, int, int] | None:
    """Where the quoted text stands: inside the place the run was about if it is there, else the nearest above it, as a
    command stands below what it is about; else the first one.
    """
    found = list(_passages(document, where, quote)) if quote.strip() else []
    try:
        about = place.find(document, where)
    except TargetGone:
        return found[0] if found else None
    same = [one for one in found if one[0] is about.segment]
    inside = [one for one in same if about.start <= one[1] and one[2] <= about.end]
    above = [one for one in same if one[2] <= about.start]
    return next(iter(inside or above[-1:] or found), None)


def _passages(document: Document, where: place.Address, quote: str) -> Iterator[tuple[Segment, int, int]]:
    for tab in document.tabs:
        if where.tab in ("", tab.id):
            for segment in tab.segments:
                yield from ((segment, start, end) for start, end in segment.find(quote))


def _thread(name: str, thread: Json, post: Json) -> _Thread:
    # Neither API writes out a false ``me`` for certain.
    mine = post.get("author", {}).get("me") is True
    return _Thread(name, post.get("content", ""), bool(thread.get("replies")), mine)


def _ours(comments: list[_Thread], delivery: Delivery, number: int) -> str | None:
    """The id of the remark where it stands already: one of an earlier receipt, or its whole text in our own name."""
    known = (delivery.earlier.detail.get("comments", []) if delivery.earlier else [])[number - 1 : number]
    texts = {_letters(text_of(delivery, delivery.comments[number - 1], number, quoting=one)) for one in (True, False)}
    found = (one.id for one in comments if one.id in known or (one.mine and _letters(one.text) in texts))
    return next(found, None)


def _letters(text: str) -> str:
    """A comment's text as it is compared: the Docs API treats it as its editor does, which formats what is typed."""
    return "".join(filter(str.isalnum, text))


def _mark(delivery: Delivery, number: int) -> str:
    return f"[Inlay run {delivery.run_id} · {delivery.key.rpartition('.')[2]}.{number}]"


def _told(number: int, anchored: int) -> str:
    counted = "one comment" if number == 1 else f"{number} comments"
    if anchored == number:
        return f"Written as {counted}."
    if anchored == 0:
        return f"Written as {counted} beside the document, each with the passage it is about."
    return f"Written as {counted}; {number - anchored} of them beside the document, with the passage quoted."


__all__ = ["MOST_BYTES", "text_of", "undo", "write"]
