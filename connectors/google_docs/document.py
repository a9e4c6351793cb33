"""Reads the JSON of ``documents.get``: tabs, segments and paragraphs with their UTF-16 indexes. Pure: it calls nobody.

Google counts in UTF-16 code units, Python in characters. A ``Segment`` therefore keeps its text as ``units``: a string
with one entry for each UTF-16 unit, so that an index of the API is an index of the string. What is no text holds a
stand-in: ``STRUCTURE`` where tables, cells and sections begin and end, ``OBJECT`` for an image, a footnote's number, a
chip. Both are control characters that Google removes from every text, so they never meet a real one.
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

STRUCTURE = "\x00"
OBJECT = "\x01"
_TO_READ = {ord(STRUCTURE): None, ord(OBJECT): None}


def units(text: str) -> str:
    """The text with each character beyond U+FFFF as its two surrogates: its length is its length in Google Docs."""
    if text.isascii():
        return text
    raw = text.encode("utf-16-le", "surrogatepass")
    return "".join(map(chr, struct.unpack(f"<{len(raw) // 2}H", raw)))


def text_of(part: str) -> str:
    """Units as a person reads them: surrogates joined, stand-ins left out."""
    return part.translate(_TO_READ).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph, ``start`` to ``end`` with its newline.

    ``container`` tells a table cell's paragraphs from those around the table. ``next`` is what follows inside the
    container: ``paragraph``, ``table``, ``tableOfContents``, ``sectionBreak``, or nothing. Only a newline followed by a
    paragraph may be deleted. ``heading`` is what a link to a heading names it by, ``item`` whether it is one of a list.
    """

    start: int
    end: int
    container: int
    style: str
    next: str
    heading: str = ""
    item: bool = False

    @property
    def empty(self) -> bool:
        return self.end - self.start == 1

    @property
    def level(self) -> int | None:
        """0 for the title, 1 to 6 for a heading, None for everything else."""
        if self.style == "TITLE":
            return 0
        return int(self.style[8:]) if self.style.startswith("HEADING_") and self.style[8:].isdigit() else None


@dataclass(frozen=True)
class Segment:
    """A body, header, footer or footnote. ``id`` is empty for the body, ``tab`` where the JSON has no tabs.

    ``suggested`` is what nobody has decided on yet: start, end, and whether it is to come in; if not, it is to go.
    """

    tab: str
    id: str
    kind: str
    units: str
    paragraphs: tuple[Paragraph, ...]
    suggested: tuple[tuple[int, int, bool], ...] = ()

    def text(self, start: int = 0, end: int | None = None) -> str:
        return text_of(self.units[start:end])

    def within(self, container: int) -> list[Paragraph]:
        return [paragraph for paragraph in self.paragraphs if paragraph.container == container]

    def at(self, index: int) -> Paragraph | None:
        """The paragraph that holds the unit at ``index``."""
        return next((p for p in self.paragraphs if p.start <= index < p.end), None)

    def find(self, quote: str) -> list[tuple[int, int]]:
        """Every place of the quoted text. What stands between its letters without being text is passed over."""
        haystack, where = self._searched
        needle, found, begin = units(quote), [], 0
        while needle and (begin := haystack.find(needle, begin)) >= 0:
            found.append((where[begin], where[begin + len(needle) - 1] + 1))
            begin += 1
        return found

    def location(self, index: int) -> dict[str, Any]:
        """A ``Location`` of the API."""
        return {"index": index} | self._where

    def range(self, start: int, end: int) -> dict[str, Any]:
        """A ``Range`` of the API."""
        return {"startIndex": start, "endIndex": end} | self._where

    def coming_in(self, start: int, end: int) -> list[tuple[int, int]]:
        """The stretches there, in order and apart, that are only suggested to come in."""
        return _touched(self._coming_in, start, end)

    def undecided(self, start: int, end: int) -> bool:
        """Whether anything there is suggested to come in or to go."""
        return bool(_touched(self._undecided, start, end))

    @cached_property
    def _coming_in(self) -> list[tuple[int, int]]:
        return _joined(one[:2] for one in self.suggested if one[2])

    @cached_property
    def _undecided(self) -> list[tuple[int, int]]:
        return _joined(one[:2] for one in self.suggested)

    @cached_property
    def _searched(self) -> tuple[str, list[int] | range]:
        """What quotes are looked for in, and the index of each of its units."""
        where: list[int] | range = range(len(self.units))
        haystack = self.units
        if OBJECT in haystack:
            where = [index for index, unit in enumerate(self.units) if unit != OBJECT]
            haystack = haystack.replace(OBJECT, "")
        # A line break inside a paragraph (Shift+Enter) is U+000B here and a newline in what people copy.
        return haystack.replace("\v", "\n"), where

    @cached_property
    def _where(self) -> dict[str, str]:
        return ({"tabId": self.tab} if self.tab else {}) | ({"segmentId": self.id} if self.id else {})


@dataclass(frozen=True, slots=True)
class NamedRange:
    """A named range as it stands now. ``whole`` is False when text put into its middle has split it."""

    name: str
    id: str
    segment: Segment
    start: int
    end: int
    whole: bool

    @property
    def units(self) -> str:
        return self.segment.units[self.start : self.end]

    @property
    def text(self) -> str:
        return text_of(self.units)


@dataclass(frozen=True, slots=True)
class Tab:
    id: str
    title: str
    segments: tuple[Segment, ...]
    ranges: tuple[NamedRange, ...]

    @property
    def body(self) -> Segment:
        return self.segments[0]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document at one revision. ``revision`` is empty when the account may not edit it."""

    id: str
    title: str
    revision: str
    tabs: tuple[Tab, ...]

    def named(self, name: str) -> list[NamedRange]:
        """The named ranges of that name, in every tab. Names need not be unique."""
        return [found for tab in self.tabs for found in tab.ranges if found.name == name]


def read(answer: Mapping[str, Any]) -> Document:
    """The document in an answer of ``documents.get``, with tabs or in the older form without."""
    tabs = tuple(_tab(raw) for raw in _walk(answer["tabs"])) if answer.get("tabs") else (_tab({"documentTab": answer}),)
    return Document(
        id=answer.get("documentId", ""),
        title=answer.get("title", ""),
        # Google fills revisionId only for accounts that may edit (documents reference, field revisionId).
        revision=answer.get("revisionId", ""),
        tabs=tabs,
    )


def _walk(tabs: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for tab in tabs:
        yield tab
        yield from _walk(tab.get("childTabs", []))


def _tab(raw: Mapping[str, Any]) -> Tab:
    properties, content = raw.get("tabProperties", {}), raw.get("documentTab", {})
    tab = properties.get("tabId", "")
    segments = [_segment(tab, "", "body", content.get("body", {}))]
    for kind in ("headers", "footers", "footnotes"):
        segments += [_segment(tab, name, kind[:-1], part) for name, part in (content.get(kind) or {}).items()]
    by_id = {segment.id: segment for segment in segments}
    ranges = [
        found
        for group in (content.get("namedRanges") or {}).values()
        for one in group.get("namedRanges", [])
        if (found := _named_range(one, by_id))
    ]
    return Tab(tab, properties.get("title", ""), tuple(segments), tuple(ranges))


def _named_range(raw: Mapping[str, Any], segments: Mapping[str, Segment]) -> NamedRange | None:
    pieces = sorted(
        (r.get("startIndex", 0), r.get("endIndex", 0), r.get("segmentId", "")) for r in raw.get("ranges", [])
    )
    segment = segments.get(pieces[0][2]) if pieces else None
    if segment is None:
        return None
    joined = all(one[1] >= two[0] and one[2] == two[2] for one, two in pairwise(pieces))
    return NamedRange(
        raw.get("name", ""), raw.get("namedRangeId", ""), segment, pieces[0][0], max(p[1] for p in pieces), joined
    )


def _segment(tab: str, name: str, kind: str, raw: Mapping[str, Any]) -> Segment:
    content = raw.get("content", [])
    buffer = [STRUCTURE] * (content[-1].get("endIndex", 0) if content else 0)
    paragraphs: list[Paragraph] = []
    suggested: list[tuple[int, int, bool]] = []
    containers = iter(range(1_000_000_000))

    def note(part: Mapping[str, Any], held: Mapping[str, Any]) -> None:
        for name, comes_in in (("suggestedInsertionIds", True), ("suggestedDeletionIds", False)):
            if held.get(name):
                suggested.append((part.get("startIndex", 0), part.get("endIndex", 0), comes_in))

    def walk(elements: list[dict[str, Any]]) -> None:
        container = next(containers)
        for element, after in zip(elements, [*elements[1:], {}], strict=True):
            if "paragraph" in element:
                look = element["paragraph"].get("paragraphStyle", {})
                style, heading = look.get("namedStyleType", ""), look.get("headingId", "")
                # proto3 leaves out a startIndex of 0.
                span = element.get("startIndex", 0), element["endIndex"]
                item = "bullet" in element["paragraph"]
                paragraphs.append(Paragraph(*span, container, style, _kind(after), heading, item))
                for part in element["paragraph"].get("elements", []):
                    _fill(buffer, part)
                    for held in part.values():  # Beside its indexes an element holds one thing: a text run, an image.
                        note(part, held if isinstance(held, dict) else {})
            note(element, element.get("table", {}))
            for row in element.get("table", {}).get("tableRows", []):
                note(row, row)
                for cell in row.get("tableCells", []):
                    note(cell, cell)
                    walk(cell.get("content", []))

    walk(content)
    return Segment(tab, name, kind, "".join(buffer), tuple(paragraphs), tuple(suggested))


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches in order, those that touch made one: so that a place is looked up and not searched for."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _touched(joined: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    first = bisect_right(joined, start, key=lambda one: one[1])
    stop = bisect_left(joined, end, key=lambda one: one[0])
    return joined[first:stop]


def _fill(buffer: list[str], element: Mapping[str, Any]) -> None:
    start, end = element.get("startIndex", 0), element["endIndex"]
    part = units(element.get("textRun", {}).get("content", ""))
    # A run whose text does not span its indexes cannot be addressed: it counts as no text, so nothing is cut wrongly.
    buffer[start:end] = part if len(part) == end - start else OBJECT * (end - start)


def _kind(element: Mapping[str, Any]) -> str:
    return next((kind for kind in ("paragraph", "table", "tableOfContents", "sectionBreak") if kind in element), "")
