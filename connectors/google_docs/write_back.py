"""Writes a draft into a document exactly once, clears its "not reviewed" line, and takes it back.

The proof that a draft stands in a document is in the document: the batch that inserts the text also puts a named range,
``inlay:out:<key>``, around it, and the batch is all or nothing. So whatever happens to a reply, reading the document
again tells whether the write took effect. Each batch is locked to the revision it was planned for.

Google does not document what a missed lock (``requiredRevisionId``) looks like beyond "400 bad request". A 400 is
therefore read as "look again"; the same 400 twice at one revision is a refusal.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.google_docs import draft, place, suggest, waited
from connectors.google_docs.client import GoogleClient, Rejected, client_of
from connectors.google_docs.document import OBJECT, STRUCTURE, Document, NamedRange, Paragraph, Segment, read, units
from hub.sdk import (
    BadRequest,
    Conflict,
    Connection,
    Delivery,
    NeedsPermission,
    Receipt,
    Target,
    TargetGone,
    Unavailable,
    VendorRefused,
)

ROUNDS = 6
PATIENCE = 20.0  # Seconds after which a failure of Google's is left to the hub's own retry.
PAUSE = 0.05  # Seconds before the second look after a failure of Google's; doubles each time.
Requests = list[dict[str, Any]]
Names = Callable[[bool], Requests]


@dataclass(frozen=True, slots=True)
class Batch:
    """What to send: requests, as a suggestion where a ``proposal`` is given, and then right behind it the ``names``,
    which depend on whether it became one. ``effect`` False only names what stands there already.
    """

    requests: Requests
    proposal: suggest.Proposal | None = None
    names: Names | None = None
    effect: bool = True


Step = Callable[[Document, bool], Receipt | Batch]


def write_back(connection: Connection, delivery: Delivery) -> Receipt:
    """See ``Connector.write_back``. ``content_hash`` is the SHA-256 of the text as it stands in the document, UTF-8.

    ``detail`` holds ``document``, ``tab``, ``segment``, ``account`` (who wrote it, as the connection names them),
    ``marker`` (the named range's name), ``named_range`` (its id), ``mark`` (the line above the draft while it stands),
    and ``replaced``, the old text, when a text was replaced and the old one is known. A later call may not know it and
    leaves it out: keep what an earlier receipt says. When a suggestion was asked for, ``note`` says whether it is one.

    Raises:
        BadRequest: the address is wrong, there is nothing to write, or a simulated draft is meant for a real account.
    """
    if delivery.simulated and not connection.sandbox:
        raise BadRequest(
            "A simulated draft is not written to a real Google account.",
            instead="Connect a model, or use the sandbox.",
            who="an admin",
        )
    where = place.address(delivery.target.at)
    order = draft.order(delivery)
    proposal = suggest.proposal(connection, delivery, order)
    known: dict[str, str] = {}
    if (where.kind, where.mode) == ("quote", "replace") and "\n" not in where.value:
        known["replaced"] = where.value

    def step(document: Document, untouched: bool) -> Receipt | Batch:
        standing = _standing(document, order, delivery)
        mark = _mark_of(document, order.mark_marker, standing)
        if standing is None and (mark is not None or delivery.earlier is not None):
            raise TargetGone(
                "The draft was deleted from the document after it had been written.",
                instead="Copy it from the run's page, or run again.",
            )
        if standing is None and (found := suggest.unnamed(document, where, draft.line(delivery), order.text)):
            proposal.found(found)
            if where.mode == "replace" and (old := suggest.replaced(document, where, found)):
                known["replaced"] = old
            return Batch(suggest.naming(found, order), effect=False)
        if standing is None:
            at = place.find_to_write(document, where, place.COPY)
            if where.mode == "replace":
                place.check_decided(at)
                known["replaced"] = at.text
            requests, names = _insertion(at, order, replace=where.mode == "replace")
            return Batch(requests, proposal, names) if proposal.open_at(document) else Batch(requests + names(False))
        if mark is not None and not order.mark:
            return Batch(_clearing(mark, draft.line(delivery)))
        detail = {"mark": draft.line(delivery) if mark else ""} | known
        detail |= proposal.note(standing, delivery, untouched)
        return _receipt(connection, document, standing, untouched, detail)

    client = client_of(connection)
    waited.check_bin(client, where.document, delivery)
    return _settle(client, where.document, step)


def undo(connection: Connection, target: Target, receipt: Receipt) -> Receipt:
    """See ``Connector.undo``. Text and paragraphs come back exactly; the style of replaced text is that of its place.

    Raises:
        Conflict: the draft was edited since, or the text it replaced is not known any more.
    """
    where = place.address(target.at)
    marker = receipt.detail.get("marker", "")
    if not str(marker).startswith(draft.OUT):
        raise BadRequest("This receipt is none of a Google Docs write-back.", who="an admin")
    mark_marker = draft.MARK + marker.removeprefix(draft.OUT)
    # The sidebar says in the receipt how it placed the draft the last time, and writes a line break inside a paragraph
    # as U+2028.
    mode = receipt.detail.get("mode") or where.mode
    replaced = receipt.detail.get("replaced") if mode == "replace" else None
    if replaced is not None and receipt.detail.get("by") == "sidebar":
        replaced = replaced.replace("\u2028", "\v")
    chosen: list[str] = []

    def step(document: Document, untouched: bool) -> Receipt | Batch:
        standing = _ours(document, marker, receipt)
        chosen.append(standing.id if standing else "")
        if standing is None or standing.id != chosen[0]:  # Ours is gone by now; what has its name is a copy.
            return Receipt(vendor_id=document.id, revision=document.revision, url=receipt.url, already=untouched)
        if _hash(standing.text) != receipt.content_hash or {OBJECT, STRUCTURE} & set(standing.units):
            raise Conflict(
                "The draft was edited in the document since it was written, so it is left as it is.",
                instead="Edit the document by hand, or use its version history.",
            )
        if mode == "replace" and replaced is None:
            raise Conflict(
                "The text that the draft replaced is not known any more, so the draft is left in place.",
                instead="Use the document's version history.",
            )
        mark = _mark_of(document, mark_marker, standing)
        ours = mark is not None and mark.text.rstrip(" \n") == receipt.detail.get("mark")
        removal = suggest.withdrawal if suggest.pending(standing) else _removal
        return Batch(removal(standing, mark, ours, replaced))

    return _settle(client_of(connection), where.document, step)


def _settle(client: GoogleClient, document_id: str, step: Step) -> Receipt:
    """Read, decide, write, and read again until ``step`` finds its effect in the document."""
    refused_at, untouched, began = "", True, time.monotonic()
    for round_ in range(ROUNDS):
        try:
            document = read(client.document(document_id))
            done = step(document, untouched)
            if isinstance(done, Receipt):
                return done
            if not document.revision:
                raise NeedsPermission(
                    "The Google account of this connection may read the document but not edit it.",
                    instead="Share the document with the account as an editor; then retry.",
                )
            untouched = untouched and not done.effect
            if not _sent(client, document, done):
                if refused_at == document.revision:
                    raise VendorRefused(
                        "Google Docs does not accept the change.",
                        why="Asked twice at the same state of the document, it refused twice.",
                        instead="Choose another place, such as the end of the document; the draft is kept.",
                    )
                refused_at = document.revision
        except Unavailable:
            # The write may have taken effect all the same: only another look tells.
            if round_ == ROUNDS - 1 or time.monotonic() - began > PATIENCE:
                raise
            time.sleep(random.uniform(0.5, 1) * PAUSE * 2**round_)
    raise Unavailable("The document is being edited so fast that the draft found no moment to go in.")


def _sent(client: GoogleClient, document: Document, batch: Batch) -> bool:
    """Whether Google took the batch. False is a 400: a changed document or a refusal."""
    if batch.proposal is None:
        try:
            client.batch(document.id, batch.requests, document.revision)
        except Rejected:
            return False
        return True
    batch.proposal.sent = True
    try:
        answer = client.batch(document.id, batch.requests, document.revision, suggest=True)
    except Rejected:
        # No refusal of the text yet: if the document did not change, it is tried as an edit.
        batch.proposal.refused(document)
    else:
        batch.proposal.answered(answer)
        if batch.names is not None:
            _name(client, document.id, batch.names(not batch.proposal.direct), answer)
    return True


def _name(client: GoogleClient, document_id: str, names: Requests, answer: dict[str, Any]) -> None:
    """Puts the named ranges over what was just suggested, unless somebody was faster: then another look finds it."""
    revision = answer.get("writeControl", {}).get("requiredRevisionId")
    if revision:
        with contextlib.suppress(Rejected):
            client.batch(document_id, names, revision)


def _insertion(at: place.Place, order: draft.Order, *, replace: bool) -> tuple[Requests, Names]:
    """The requests that put the text in, and those that name it, once it is known whether it is a suggestion."""
    segment = at.segment
    no_items: Requests = []
    if replace:
        whole_line = any(p.start == at.start for p in segment.paragraphs)
        payload = draft.payload(order, newline_after_mark=whole_line)
        begin = at.start
        requests: Requests = [{"insertText": {"location": segment.location(at.end), "text": payload.text}}]
        if at.end > at.start:
            # The new text goes in behind the old and takes its style; then the old goes.
            requests.append({"deleteContentRange": {"range": segment.range(at.start, at.end)}})
    else:
        payload = draft.payload(order, newline_after_mark=True)
        neighbour = at.before or at.anchor
        # One paragraph's worth of text and one newline, always: undo removes exactly that much.
        above = at.before is not None or at.anchor.empty
        begin, index = (neighbour.start, neighbour.start) if above else (neighbour.end, neighbour.end - 1)
        text = payload.text + "\n" if above else "\n" + payload.text
        requests = [{"insertText": {"location": segment.location(index), "text": text}}]
        requests += _plain(segment, neighbour, begin, begin + payload.length)
        no_items = _no_items(segment, neighbour, begin, begin + payload.length)

    def names(suggested: bool) -> Requests:
        # Text that is only suggested to go still stands before the new one.
        first = at.end if replace and suggested else begin
        marks = [(order.mark_marker, first, first + payload.mark_length)] if payload.mark_length else []
        marks.append((order.marker, first + payload.mark_length, first + payload.length))
        named = [{"createNamedRange": {"name": name, "range": segment.range(start, end)}} for name, start, end in marks]
        # Whether Google suggests taking bullets away is not known, and one request it refuses would turn the whole
        # suggestion into an edit. So a suggested draft below a list stays an item until its author decides otherwise.
        return named if suggested else no_items + named

    return requests, names


def _plain(segment: Segment, neighbour: Paragraph, start: int, end: int) -> Requests:
    """A new paragraph takes its neighbour's style: a draft below a heading must not be one."""
    if neighbour.level is None and neighbour.style != "SUBTITLE":
        return []
    style = {"range": segment.range(start, end), "paragraphStyle": {"namedStyleType": "NORMAL_TEXT"}}
    return [{"updateParagraphStyle": {**style, "fields": "namedStyleType"}}]


def _no_items(segment: Segment, neighbour: Paragraph, start: int, end: int) -> Requests:
    """A new paragraph below a list's item is one too, until its bullet goes. Google then keeps its indent ("visually
    preserved", DeleteParagraphBulletsRequest), so that goes as well: unset, it is that of plain text. Indexes stay.
    """
    if not neighbour.item:
        return []
    where = {"range": segment.range(start, end)}
    indent = {**where, "paragraphStyle": {}, "fields": "indentStart,indentFirstLine"}
    return [{"deleteParagraphBullets": where}, {"updateParagraphStyle": indent}]


def _clearing(mark: NamedRange, line: str) -> Requests:
    """Removes the "not reviewed" line, and what a person may have typed into its range stays."""
    requests: Requests = [{"deleteNamedRange": {"namedRangeId": mark.id}}]
    offset = mark.units.find(units(line))
    if offset < 0:
        return requests
    start = mark.start + offset
    end = start + len(units(line))
    if mark.segment.units[end : end + 1] in ("\n", " ") and end < mark.end:
        end += 1
    return [*requests, {"deleteContentRange": {"range": mark.segment.range(start, end)}}]


def _removal(out: NamedRange, mark: NamedRange | None, mark_is_ours: bool, replaced: str | None) -> Requests:
    segment, start, end = out.segment, out.start, out.end
    requests: Requests = [{"deleteNamedRange": {"namedRangeId": out.id}}]
    if mark is not None:
        requests.append({"deleteNamedRange": {"namedRangeId": mark.id}})
        if mark_is_ours and mark.segment is segment and mark.end == start:
            start = mark.start
    if replaced:
        requests.append({"insertText": {"location": segment.location(end), "text": replaced}})
    elif replaced is None:
        start, end = _with_newline(segment, start, end)
    requests.append({"deleteContentRange": {"range": segment.range(start, end)}})
    return requests


def _with_newline(segment: Segment, start: int, end: int) -> tuple[int, int]:
    """The draft's own paragraphs whole, when it still has paragraphs of its own; else just its text."""
    first, last = segment.at(start), segment.at(end)
    if first is None or last is None or first.start != start or last.end - 1 != end:
        return start, end
    if last.next == "paragraph":
        return start, end + 1
    # Its newline is the last of a cell or the document, or stands before a table, and stays; the one above can go.
    above = segment.at(start - 1)
    return (start - 1, end) if above is not None and above.container == first.container else (start, end)


def _receipt(
    connection: Connection, document: Document, out: NamedRange, already: bool, detail: dict[str, str]
) -> Receipt:
    segment = out.segment
    place_of = {"document": document.id, "tab": segment.tab, "segment": segment.id}
    return Receipt(
        vendor_id=document.id,
        revision=document.revision,
        content_hash=_hash(out.text),
        url=place.spot(connection, document.id, segment, out.start),
        already=already,
        detail={**place_of, "account": connection.account, "marker": out.name, "named_range": out.id, **detail},
    )


def _ours(document: Document, name: str, receipt: Receipt | None) -> NamedRange | None:
    """The delivery's range. A copy of a text, in another tab or another document, carries the name along, so the one
    whose id the receipt has goes first.
    """
    found = _named(document, name)
    known = receipt.detail.get("named_range") if receipt else None
    return next((one for one in found if one.id == known), next(iter(found), None))


def _standing(document: Document, order: draft.Order, delivery: Delivery) -> NamedRange | None:
    """The range of the draft, if it was written.

    Without a receipt it may have been written all the same, by a call whose reply was lost, and a person may have
    worked on it since: it must never be written a second time. But everybody who may edit can put any name over any
    text. So a range counts by what stands in it: the order's text, or our own line right above, or a text that shares
    most with the order's. Words that were never ours do not pass for the draft; it is then written at its place.
    """
    if delivery.earlier is not None:
        return _ours(document, order.marker, delivery.earlier)
    found = sorted(_named(document, order.marker), key=lambda one: one.text != order.text)
    line = draft.line(delivery)
    return next((one for one in found if draft.grew_from(one.text, order.text) or _is_below(one, line)), None)


def _is_below(out: NamedRange, line: str) -> bool:
    """Whether the line stands right above a range, or before it in its sentence."""
    told = units(line)
    before = out.segment.units[max(0, out.start - len(told) - 1) : out.start]
    return before in (told + "\n", told + " ")


def _mark_of(document: Document, name: str, out: NamedRange | None) -> NamedRange | None:
    """The range over the line above a draft: the one right before it. Where there is but one draft, a person may have
    moved the two apart.
    """
    found = _named(document, name)
    for one in found:
        if out is not None and one.segment is out.segment and one.end == out.start:
            return one
    copied = out is not None and len(_named(document, out.name)) > 1
    return None if copied else next(iter(found), None)


def _named(document: Document, name: str) -> list[NamedRange]:
    return [one for tab in document.tabs for one in tab.ranges if draft.same(one.name, name)]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
