"""A document as ``documents.get`` gives it, and the arithmetic of its indexes, in UTF-16 code units.

A document is the JSON itself: a list of tabs, each with a body, headers, footers and footnotes. What this file does not
understand it leaves as it found it, at the width it was recorded with.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

#: The fields of a body from before tabs; today they belong to a tab.
TAB_FIELDS = (
    "body",
    "headers",
    "footers",
    "footnotes",
    "documentStyle",
    "suggestedDocumentStyleChanges",
    "namedStyles",
    "suggestedNamedStylesChanges",
    "lists",
    "namedRanges",
    "inlineObjects",
    "positionedObjects",
)
SEGMENT_MAPS = ("headers", "footers", "footnotes")


class Refusal(Exception):
    """A request the Docs API answers with 400. The message is what follows ``Invalid requests[n].<kind>: ``."""


def units(text: str) -> int:
    """The length of a text in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def cut(text: str, at: int) -> tuple[str, str]:
    """The text before and after ``at`` code units.

    Raises:
        ValueError: ``at`` falls inside a surrogate pair.
    """
    if text.isascii():
        return text[:at], text[at:]
    raw = text.encode("utf-16-le")
    return raw[: 2 * at].decode("utf-16-le"), raw[2 * at :].decode("utf-16-le")


def start_of(node: Json) -> int:
    """A node's start index. Proto3 leaves out a zero."""
    return int(node.get("startIndex", 0))


def lay_out(content: list[Json], at: int = 0) -> int:
    """Number a segment's content anew from ``at``; gives the index after it.

    A table is one unit, one for each row and each cell, the cells' content, and one unit at its end. A table of
    contents is one unit on either side of its content. A text run is as long as its text; the rest keeps its width.
    """
    for node in content:
        start = at
        if (paragraph := node.get("paragraph")) is not None:
            for element in paragraph["elements"]:
                run = element.get("textRun")
                width = units(run["content"]) if run else _width(element)
                _place(element, at, at + width)
                at += width
        elif (table := node.get("table")) is not None:
            at += 1
            for row in table.get("tableRows", ()):
                row_start = at
                at += 1
                for cell in row.get("tableCells", ()):
                    cell_start = at
                    at = lay_out(cell["content"], at + 1)
                    _place(cell, cell_start, at)
                _place(row, row_start, at)
            at += 1
        elif (contents := node.get("tableOfContents")) is not None:
            at = lay_out(contents.get("content", []), at + 1) + 1
        else:
            at += _width(node)
        _place(node, start, at)
    return at


def _width(node: Json) -> int:
    return int(node.get("endIndex", start_of(node) + 1)) - start_of(node)


def _place(node: Json, start: int, end: int) -> None:
    if start:
        node["startIndex"] = start
    else:
        node.pop("startIndex", None)
    node["endIndex"] = end


def all_tabs(tabs: list[Json]) -> Iterator[Json]:
    """Every tab, parents before their children."""
    for tab in tabs:
        yield tab
        yield from all_tabs(tab.get("childTabs", []))


def tab_id(tab: Json) -> str:
    return str(tab["tabProperties"]["tabId"])


def find_tab(tabs: list[Json], wanted: str | None) -> Json:
    """The tab with this id, or the first one when none is named.

    Raises:
        Refusal: there is no such tab.
    """
    if not wanted:
        return tabs[0]
    for tab in all_tabs(tabs):
        if tab_id(tab) == wanted:
            return tab
    raise Refusal(f"The tab with ID {wanted} was not found.")


def segments(tab: Json) -> Iterator[tuple[str, list[Json]]]:
    """The segments of a tab as (segment id, content); the body's id is empty."""
    inside = tab["documentTab"]
    yield "", inside["body"]["content"]
    for kind in SEGMENT_MAPS:
        for key, segment in inside.get(kind, {}).items():
            yield key, segment["content"]


def find_segment(tab: Json, wanted: str | None) -> list[Json]:
    """The content of a segment of a tab.

    Raises:
        Refusal: there is no such segment.
    """
    for key, content in segments(tab):
        if key == (wanted or ""):
            return content
    raise Refusal(f"Segment with ID {wanted} was not found.")


def from_recorded(recorded: Json) -> tuple[list[Json], Json]:
    """A recorded ``documents.get`` body as (tabs, the other top-level fields).

    A body from before tabs becomes one tab, ``t.0``. Every segment is numbered anew. ``recorded`` is taken over.
    """
    rest = {key: value for key, value in recorded.items() if key not in TAB_FIELDS and key != "tabs"}
    tabs = recorded.get("tabs")
    if not tabs:
        inside = {key: recorded[key] for key in TAB_FIELDS if key in recorded}
        tabs = [{"tabProperties": {"tabId": "t.0", "title": "Tab 1", "index": 0}, "documentTab": inside}]
    for tab in all_tabs(tabs):
        body = tab.setdefault("documentTab", {}).setdefault("body", {})
        content = body.setdefault("content", [])
        if not content or "sectionBreak" not in content[0]:
            content.insert(0, {"endIndex": 1, "sectionBreak": {"sectionStyle": {"sectionType": "CONTINUOUS"}}})
        if "paragraph" not in content[-1]:
            content.append(paragraph("\n"))
        for _, segment in segments(tab):
            lay_out(segment)
    return tabs, rest


def paragraph(text: str, style: str = "NORMAL_TEXT", bullet: Json | None = None) -> Json:
    """A paragraph of one text run, not numbered yet. ``text`` ends in a newline."""
    made: Json = {
        "elements": [{"textRun": {"content": text, "textStyle": {}}}],
        "paragraphStyle": {"namedStyleType": style, "direction": "LEFT_TO_RIGHT"},
    }
    if bullet is not None:
        made["bullet"] = bullet
    return {"paragraph": made}


def paragraphs(content: list[Json]) -> Iterator[Json]:
    """Every paragraph's structural element, in order, those in table cells and tables of contents too."""
    for node in content:
        if "paragraph" in node:
            yield node
        elif "table" in node:
            for row in node["table"].get("tableRows", ()):
                for cell in row.get("tableCells", ()):
                    yield from paragraphs(cell["content"])
        elif "tableOfContents" in node:
            yield from paragraphs(node["tableOfContents"].get("content", []))


def text_of(content: list[Json]) -> str:
    """The text of a segment, as a person reads it: the text runs in order."""
    return "".join(
        element["textRun"]["content"]
        for node in paragraphs(content)
        for element in node["paragraph"]["elements"]
        if "textRun" in element
    )
