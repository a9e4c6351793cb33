"""Suggestions: whether a draft goes in as one, finding it again before it has its named ranges, and taking it back.

A suggestion cannot be named in the batch that makes it: Google refuses createNamedRange in SUGGEST mode. So one batch
suggests the text, and a second one, right behind it, puts the named ranges over it. What ties the two together is the
text itself, below its line, which names the run: a text that stands there without ranges is ours, and is never put in
a second time. In 2026 some Cloud projects refused SUGGEST with 400 and others wrote directly, answering 200. Only the
answer tells, so each one is looked at, and what was learned is kept in the connection's memory, which lives as long as
the process. A refusal is kept for a day: Google may switch suggestions on, or refused for the sake of one document.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from connectors.google_docs import draft, place
from connectors.google_docs.document import Document, NamedRange, Segment, units
from hub.sdk import BadRequest, Connection, Delivery, TargetGone

MEMORY = "google_docs.suggest"
REFUSED = "google_docs.suggest.refused"  # When that was learned, by this machine's running clock.
REMEMBERED = 86_400.0
SUGGESTED = "Written as a suggestion."
DIRECT = "Written directly instead of as a suggestion: this account does not support suggestions."
Requests = list[dict[str, Any]]


def works(connection: Connection) -> bool | None:
    """Whether this account has suggestions; None while nobody knows, or no longer knows."""
    known = connection.memory.get(MEMORY)
    if known is False and time.monotonic() - connection.memory.get(REFUSED, 0.0) >= REMEMBERED:
        return None
    return known


def learn(connection: Connection, suggested: bool) -> None:
    """Remember what an answer of Google's has told."""
    if not suggested:
        connection.memory[REFUSED] = time.monotonic()
    connection.memory[MEMORY] = suggested


@dataclass(frozen=True, slots=True)
class Unnamed:
    """A draft of ours that stands in the document without its named ranges: its line's start, its own, its end."""

    segment: Segment
    start: int
    text: int
    end: int

    @property
    def pending(self) -> bool:
        return covered(self.segment, self.start, self.end)


@dataclass(slots=True)
class Proposal:
    """One delivery's try to go in as a suggestion. ``wanted`` needs the line above the draft: it finds it again."""

    connection: Connection
    wanted: bool
    sent: bool = False
    taken: bool = False
    direct: bool = False
    _refused_at: set[str] = field(default_factory=set)

    def open_at(self, document: Document) -> bool:
        """Whether to suggest at this state of the document, not to edit.

        Raises:
            TargetGone: this call has written it, and it is not there.
        """
        if self.taken:
            raise TargetGone(
                "The draft was taken out of the document right after it had been written.",
                instead="Copy it from the run's page, or run again.",
            )
        if not self.wanted or works(self.connection) is False:
            return False
        if document.revision in self._refused_at:
            self.direct = True
        return not self.direct

    def refused(self, document: Document) -> None:
        """Google answered 400. At another revision of the document that was the lock; at this one it is a no."""
        self._refused_at.add(document.revision)

    def answered(self, answer: dict[str, Any]) -> None:
        self.taken = True
        told = answer.get("suggestionResponses", [])
        self._learn(any(one.get("createdSuggestionIds") or one.get("updatedSummarySuggestionIds") for one in told))

    def found(self, unnamed: Unnamed) -> None:
        """The text stands there. If this call suggested it and the answer was lost, that tells what became of it."""
        if self.sent:
            self._learn(unnamed.pending)

    def note(self, standing: NamedRange, delivery: Delivery, already: bool) -> dict[str, str]:
        """The sentence for the receipt; what an earlier receipt says stays true when the author has decided since."""
        if not self.wanted:
            return {}
        if self.direct and works(self.connection) is not False:
            # Only now: the same place took the same text as an edit, so it was suggesting that was refused.
            learn(self.connection, False)
        earlier = delivery.earlier.detail.get("note") if delivery.earlier else None
        if earlier:
            return {"note": earlier}
        if pending(standing):
            return {"note": SUGGESTED}
        accepted = already and works(self.connection) is True
        return {"note": SUGGESTED if accepted else DIRECT}

    def _learn(self, suggested: bool) -> None:
        learn(self.connection, suggested)
        self.direct = not suggested


def proposal(connection: Connection, delivery: Delivery, order: draft.Order) -> Proposal:
    return Proposal(connection, delivery.suggest and bool(order.mark))


def covered(segment: Segment, start: int, end: int, comes_in: bool = True) -> bool:
    """Whether every unit there is suggested, to come in or to go."""
    at = start
    for begin, stop, kind in sorted(segment.suggested):
        if kind is comes_in and begin <= at:
            at = max(at, stop)
    return start < end <= at


def pending(standing: NamedRange) -> bool:
    """Whether nobody has decided on the text yet."""
    return covered(standing.segment, standing.start, standing.end)


def unnamed(document: Document, where: place.Address, line: str, text: str) -> Unnamed | None:
    """Exactly our line and text, where none of our named ranges lies; of several the one nearest to the place."""
    found = list(_unnamed(document, line, text))
    if len(found) > 1:
        try:
            at = place.find_to_write(document, where)
        except (TargetGone, BadRequest):
            return found[0]
        found.sort(key=lambda one: (one.segment is not at.segment, abs(one.start - at.end)))
    return found[0] if found else None


def _unnamed(document: Document, line: str, text: str) -> Iterator[Unnamed]:
    for tab in document.tabs:
        ours = [one for one in tab.ranges if one.name.startswith((draft.OUT, draft.MARK))]
        for segment in tab.segments:
            for mark in (units(line + "\n"), units(line + " ")):
                whole, at = mark + units(text), -1
                while (at := segment.units.find(whole, at + 1)) >= 0:
                    end = at + len(whole)
                    if not any(one.segment is segment and one.start < end and one.end > at for one in ours):
                        yield Unnamed(segment, at, at + len(mark), end)


def naming(found: Unnamed, order: draft.Order) -> Requests:
    """The named ranges over a text that has none yet."""
    marks = [(order.mark_marker, found.start, found.text), (order.marker, found.text, found.end)]
    return [
        {"createNamedRange": {"name": name, "range": found.segment.range(start, end)}} for name, start, end in marks
    ]


def replaced(document: Document, where: place.Address, found: Unnamed) -> str | None:
    """The text that a pending suggestion is to replace, as it still stands before it; None when that is not plain."""
    try:
        at = place.find_to_write(document, where)
    except (TargetGone, BadRequest):
        return None
    old = found.segment if at.segment is found.segment else None
    if old is None or not covered(old, at.start, found.start, comes_in=False):
        return None
    return old.text(at.start, found.start)


def withdrawal(out: NamedRange, mark: NamedRange | None, mark_is_ours: bool, old: str | None) -> Requests:
    """Takes a pending suggestion out as if it had never been made.

    By editing, not by rejectSuggestion: neighbouring suggestions of one account are one suggestion to Google, and
    another draft or the person's own words would go along.
    """
    segment, start, end = out.segment, out.start, out.end
    requests: Requests = [{"deleteNamedRange": {"namedRangeId": out.id}}]
    if mark is not None:
        requests.append({"deleteNamedRange": {"namedRangeId": mark.id}})
        if mark_is_ours and mark.segment is segment and mark.end == start:
            start = mark.start
    first = start
    if old is None:
        # The newline that came in with the draft is suggested; the paragraph's own is not, and stays.
        if segment.units[start - 1 : start] == "\n" and covered(segment, start - 1, start):
            start -= 1
        elif segment.units[end : end + 1] == "\n" and covered(segment, end, end + 1):
            end += 1
    requests.append({"deleteContentRange": {"range": segment.range(start, end)}})
    return requests + (_restored(segment, first, old) if old else [])


def _restored(segment: Segment, begin: int, old: str) -> Requests:
    """The old text without the suggestion to delete it: written anew, the marked one goes. Behind it the draft went."""
    needle = units(old)
    at = segment.units.rfind(needle, 0, begin)
    while at >= 0 and not covered(segment, at, at + len(needle), comes_in=False):
        if at + len(needle) == begin:
            return []  # Somebody rejected the deletion alone: the text stands there as it did.
        at = segment.units.rfind(needle, 0, at + len(needle) - 1)
    if at < 0:  # Somebody accepted the deletion alone.
        return [{"insertText": {"location": segment.location(begin), "text": old}}]
    end = at + len(needle)
    return [
        {"insertText": {"location": segment.location(end), "text": old}},
        {"deleteContentRange": {"range": segment.range(at, end)}},
    ]
