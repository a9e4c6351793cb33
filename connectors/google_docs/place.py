"""Where in a document a draft belongs: reads the address of a target and finds its place in a document."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from connectors.google_docs.document import OBJECT, STRUCTURE, Document, Paragraph, Segment, Tab
from hub.sdk import BadRequest, Connection, Json, TargetGone, clean_text

KINDS = ("named_range", "quote", "heading", "end")
MODES = ("below", "replace", "end")
_DOCUMENT_ID = re.compile(r"[A-Za-z0-9_-]{3,200}")
#: A document's page, as a browser shows its address.
_PAGE = re.compile(r"/document/(?:u/\d+/)?d/(?P<id>[A-Za-z0-9_-]{3,200})(?:[/?#]|$)")
_TAB_ID = re.compile(r"[A-Za-z0-9_.-]{1,200}")
_HEADING_ID = re.compile(r"[A-Za-z0-9_.-]{1,200}")
LONGEST = 20_000
PAGES = "https://docs.google.com"
#: What can be done about a place that is gone while there is no draft yet.
ELSEWHERE = "Name another place, such as the end of the document, and run it again."
#: The same once there is a draft.
COPY = "Copy the draft from the run's page, or run again and choose another place, such as the end of the document."


@dataclass(frozen=True, slots=True)
class Address:
    """A target's ``at``, checked: the document, perhaps a tab, one kind of place and its value, and how to write."""

    document: str
    tab: str
    kind: str
    value: str
    mode: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place found: ``start`` to ``end`` is its text. A draft goes below ``anchor``, or before ``before`` if set."""

    segment: Segment
    start: int
    end: int
    anchor: Paragraph
    before: Paragraph | None = None

    @property
    def text(self) -> str:
        return self.segment.text(self.start, self.end)


def address(at: Json) -> Address:
    """The address, checked.

    Raises:
        BadRequest: a field is missing, unknown or ill-formed; the message names it.
    """
    unknown = sorted(set(at) - {"document", "tab", "mode", *KINDS})
    if unknown:
        raise _bad(f"it has no field {unknown[0]!r}")
    document = _document(at.get("document"))
    tab = at.get("tab") or ""
    if not isinstance(tab, str) or (tab and not _TAB_ID.fullmatch(tab)):
        raise _bad("tab is a tab's id, such as t.0")
    given = [kind for kind in KINDS if at.get(kind) is not None]
    if len(given) != 1:
        raise _bad("it names exactly one of named_range, quote, heading and end")
    kind = given[0]
    mode = at.get("mode") or ("end" if kind == "end" else "below")
    if mode not in MODES:
        raise _bad("mode is below, replace or end")
    if kind == "end":
        if at["end"] is not True:
            raise _bad("end is true, or left out")
        if mode == "replace":
            raise _bad("mode replace needs a named_range, a quote or a heading")
        return Address(document, tab, kind, "", "end")
    if not isinstance(at[kind], str) or len(at[kind]) > LONGEST:
        raise _bad(f"{kind} is a text of at most {LONGEST:,} characters")
    value = clean_text(at[kind].replace("\v", "\n")).strip("\n")
    if not value.strip():
        raise _bad(f"{kind} is empty")
    return Address(document, tab, kind, value, mode)


def end_of(given: str) -> Json:
    """The target at the end of the document that an id, or the address of its page, names.

    Raises:
        BadRequest: it is neither.
    """
    at: Json = {"document": _document(given), "end": True}
    address(at)
    return at


def _document(given: object) -> str:
    """The id of a document that an id, or the address of its page, names: people paste the address."""
    given = given.strip() if isinstance(given, str) else ""
    found = _PAGE.search(given)
    document = found["id"] if found else given
    if not _DOCUMENT_ID.fullmatch(document):
        raise _bad("document is the id in the document's address, between /d/ and /edit")
    return document


def find(document: Document, address: Address, instead: str = ELSEWHERE) -> Place:
    """The place as the document stands now, its text as a person would read it there. ``instead`` is what a person is
    told to do where it is gone.

    Raises:
        TargetGone: it is not there, or cannot be told from others like it.
    """
    tabs = [tab for tab in document.tabs if address.tab in ("", tab.id)]
    if not tabs:
        raise TargetGone("The tab of the document is gone.", instead=instead)
    if address.kind == "end":
        end = _end_of(tabs[0], instead)
        return Place(end.segment, 0, len(end.segment.units), end.anchor)
    look, what = _LOOK[address.kind]
    found = look(tabs, address.value)
    if len(found) > 1:
        raise TargetGone(
            f"The {what} stands {len(found)} times in the document.",
            why="Inlay writes only where there is no doubt which place is meant.",
            instead="Select a longer passage, or use another place.",
        )
    if not found:
        raise TargetGone(f"The {what} is not in the document.", why="It was changed or deleted.", instead=instead)
    return found[0]


def find_to_write(document: Document, address: Address, instead: str = ELSEWHERE) -> Place:
    """The place with the address's mode applied: what to replace, or below what to write.

    Raises:
        TargetGone: as ``find``; or another hand wrote into the middle of the text to replace.
        BadRequest: there is no text to replace, or it holds something that would be lost.
    """
    place = find(document, address, instead)
    if address.mode == "end":
        return _end_of(next(tab for tab in document.tabs if tab.id == place.segment.tab), instead)
    if address.mode == "replace":
        if address.kind == "named_range" and not all(one.whole for one in document.named(address.value)):
            raise TargetGone("The text to replace was changed: somebody wrote into its middle.", instead=instead)
        return _replaceable(place)
    return place


def check_decided(place: Place) -> None:
    """Of a place to replace: nothing in it is suggested to come in or to go. It would be lost, and undo could bring it
    back only as plain text.

    Raises:
        BadRequest: it holds a suggestion.
    """
    if any(start < place.end and place.start < end for start, end, _ in place.segment.suggested):
        raise BadRequest(
            "The text to replace holds a suggestion nobody has decided on yet.",
            instead="Accept or reject it in the document first, or let the draft be written below it.",
        )


def _bad(what: str) -> BadRequest:
    return BadRequest(f"The address of the place in Google Docs is wrong: {what}.", instead="Correct it and ask again.")


def _by_name(tabs: list[Tab], name: str) -> list[Place]:
    ranges = [one for tab in tabs for one in tab.ranges if one.name == name and one.segment.paragraphs]
    return [_around(one.segment, one.start, one.end) for one in ranges]


def _by_quote(tabs: list[Tab], quote: str) -> list[Place]:
    segments = [segment for tab in tabs for segment in tab.segments]
    return [_around(segment, *span) for segment in segments for span in segment.find(quote)]


def _by_heading(tabs: list[Tab], heading: str) -> list[Place]:
    headings = [
        (tab.body, paragraph, tab.body.text(paragraph.start, paragraph.end).strip())
        for tab in tabs
        for paragraph in tab.body.paragraphs
        if paragraph.level is not None
    ]
    wanted = heading.strip()
    found = [one for one in headings if one[2] == wanted]
    if not found:
        folded = " ".join(wanted.split()).casefold()
        found = [one for one in headings if " ".join(one[2].split()).casefold() == folded]
    return [_section(segment, paragraph) for segment, paragraph, _ in found]


def _section(segment: Segment, heading: Paragraph) -> Place:
    """From below the heading to the next heading of the same or a higher level."""
    siblings = [p for p in segment.within(heading.container) if p.start >= heading.start]
    level = heading.level or 0
    closing = next((p for p in siblings[1:] if p.level is not None and p.level <= level), None)
    stop = closing.start if closing else siblings[-1].end
    around = _around(segment, heading.start, stop)
    return Place(segment, heading.end, stop, around.anchor, around.before)


def _end_of(tab: Tab, instead: str) -> Place:
    paragraphs = tab.body.within(0)
    if not paragraphs:
        raise TargetGone("This tab of the document holds no text.", instead=instead)
    return Place(tab.body, paragraphs[-1].start, paragraphs[-1].end, paragraphs[-1])


def _around(segment: Segment, start: int, end: int) -> Place:
    """The place of a range: below the last paragraph it touches, or, where it ends with a table, below that table."""
    first = segment.at(start) or next((p for p in segment.paragraphs if p.start >= start), segment.paragraphs[-1])
    siblings = segment.within(first.container)
    touched = [p for p in siblings if p.start < max(end, first.start + 1)]
    last = touched[-1]
    before = None
    if STRUCTURE in segment.units[last.end : end]:
        # There is always a paragraph behind a table, and text cannot be put between the two in any other way.
        before = next((p for p in siblings if p.start >= last.end), None)
    return Place(segment, start, end, last, before)


def _replaceable(place: Place) -> Place:
    old = place.segment.units[place.start : place.end]
    if not old:
        raise BadRequest("There is no text to replace at this place.", instead="Let the draft be written below it.")
    kept = old.rstrip("\n")  # The newline stays: it may be the last of a cell or stand before a table.
    if STRUCTURE in kept or OBJECT in kept:
        raise BadRequest(
            "The text to replace holds a table, an image, a footnote or the like, which would be lost.",
            instead="Let the draft be written below it, or select only text.",
        )
    return Place(place.segment, place.start, place.start + len(kept), place.anchor, place.before)


_LOOK: dict[str, tuple[Callable[[list[Tab], str], list[Place]], str]] = {
    "named_range": (_by_name, "named range"),
    "quote": (_by_quote, "quoted text"),
    "heading": (_by_heading, "heading"),
}


def url(connection: Connection, document_id: str, tab: str = "") -> str:
    """Where a person opens the document; a sandbox shows its documents at its own address."""
    root = connection.settings.api_root if connection.sandbox else PAGES
    return f"{root}/document/d/{document_id}/edit" + (f"?tab={tab}" if tab else "")


def spot(connection: Connection, document_id: str, segment: Segment, index: int) -> str:
    """Where a person opens the document near a place: its tab, and the nearest heading above it."""
    above = [one.heading for one in segment.paragraphs if one.heading and one.start <= index and one.level is not None]
    page = url(connection, document_id, segment.tab)
    return f"{page}#heading={above[-1]}" if above and _HEADING_ID.fullmatch(above[-1]) else page
