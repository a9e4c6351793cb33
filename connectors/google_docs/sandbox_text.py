"""The two changes everything else is made of: put text into a segment, take a range out of it.

Both work on a segment's content (a list of structural elements), refuse what the Docs API documents as refused, and
number the segment anew. Named ranges are not their business: see ``sandbox_ranges.py``.
"""

from __future__ import annotations

import copy
import secrets
from typing import Any

from connectors.google_docs.sandbox_document import Json, Refusal, cut, lay_out, start_of

OUTSIDE_PARAGRAPH = (
    "The insertion index must be inside the bounds of an existing paragraph. "
    "You can still create new paragraphs by inserting newlines."
)
BAD_DELETION = "Invalid deletion range. Cannot delete the requested range."
LAST_NEWLINE = "The range cannot include the newline character at the end of the segment."

#: U+0000-0008, U+000C-001F and the private use area, which the API strips out of inserted text.
STRIPPED = {code: None for code in (*range(0x00, 0x09), *range(0x0C, 0x20), *range(0xE000, 0xF900))}


def insert(content: list[Json], at: int, text: str, style: Json | None = None) -> None:
    """Put ``text`` (already stripped, not empty) at index ``at``. A newline splits the paragraph.

    ``style`` is the text style of what is put in; None takes that of the text before it.

    Raises:
        Refusal: ``at`` lies beyond the segment, outside every paragraph, or inside a character.
    """
    check_index(content, at)
    spot = _paragraph_at(content, at)
    if spot is None:
        raise Refusal(OUTSIDE_PARAGRAPH)
    siblings, position = spot
    node = siblings[position]
    try:
        before, after = split_elements(node["paragraph"]["elements"], at)
    except ValueError:
        raise Refusal("The insertion index cannot be within a grapheme cluster.") from None
    if style is None:
        style = _neighbour_style(before, after)
    siblings[position : position + 1] = _split_paragraph(node, before, text, after, style)
    lay_out(content)


def delete(content: list[Json], start: int, end: int) -> None:
    """Take the range out; paragraphs whose newline goes are joined.

    Raises:
        Refusal: what is left would be no document. Nothing is changed then.
    """
    check_range(content, start, end)
    inner = _innermost(content, start, end)
    if end >= inner[-1]["endIndex"]:
        raise Refusal(LAST_NEWLINE)
    hit = [at for at, node in enumerate(inner) if start_of(node) < end and node["endIndex"] > start]
    _check_deletion(inner, hit, start, end)
    first, last = inner[hit[0]], inner[hit[-1]]
    try:
        head = split_elements(first["paragraph"]["elements"], start)[0] if "paragraph" in first else []
        tail = split_elements(last["paragraph"]["elements"], end)[1] if "paragraph" in last else []
    except ValueError:
        raise Refusal(BAD_DELETION) from None
    until = hit[-1] + 1
    kept: list[Json] = []
    if head:
        if not tail:
            # The newline went and the range ends between two elements: the next one, a paragraph, joins.
            if "paragraph" not in inner[until]:
                raise Refusal(BAD_DELETION)
            tail = inner[until]["paragraph"]["elements"]
            until += 1
        kept = [_with_elements(first, head + tail)]
    elif tail:
        kept = [_with_elements(last, tail)]
    inner[hit[0] : until] = kept
    lay_out(content)


def check_index(content: list[Json], at: int) -> None:
    """Refuse an index outside the segment, in the words measured on the live API."""
    end = content[-1]["endIndex"]
    if at < 0:
        raise Refusal(f"Index {at} must not be negative.")
    if at >= end:
        raise Refusal(f"Index {at} must be less than the end index of the referenced segment, {end}.")


def check_range(content: list[Json], start: int, end: int) -> None:
    """Refuse a range that is empty, turned round or outside the segment."""
    check_index(content, start)
    if end > content[-1]["endIndex"]:
        check_index(content, end)
    if end <= start:
        raise Refusal("The range should not be empty.")


def split_elements(elements: list[Json], at: int) -> tuple[list[Json], list[Json]]:
    """A paragraph's elements before and after an index; a text run the index falls into becomes two.

    Raises:
        ValueError: the index is inside a surrogate pair, or inside something that cannot be split.
    """
    before: list[Json] = []
    after: list[Json] = []
    for element in elements:
        if element["endIndex"] <= at:
            before.append(element)
        elif start_of(element) >= at:
            after.append(element)
        elif "textRun" in element:
            left, right = cut(element["textRun"]["content"], at - start_of(element))
            before.append({**element, "textRun": {**element["textRun"], "content": left}, "endIndex": at})
            run = {**copy.deepcopy(element["textRun"]), "content": right}
            after.append({**element, "textRun": run, "startIndex": at})
        else:
            raise ValueError("an element that is one whole")
    return before, after


def join_runs(elements: list[Json]) -> list[Json]:
    """The elements with neighbouring text runs of one style made one."""
    joined: list[Json] = []
    for element in elements:
        last = joined[-1] if joined else None
        if last is not None and "textRun" in last and "textRun" in element and _alike(last, element):
            run = {**last["textRun"], "content": last["textRun"]["content"] + element["textRun"]["content"]}
            joined[-1] = {**last, "textRun": run}
        else:
            joined.append(element)
    return joined


def _alike(one: Json, other: Json) -> bool:
    def rest(element: Json) -> Json:
        return {key: value for key, value in element["textRun"].items() if key != "content"}

    return rest(one) == rest(other)


def _paragraph_at(content: list[Json], at: int) -> tuple[list[Json], int] | None:
    """The list and position of the paragraph that holds an index, or None when the index is in no paragraph."""
    for position, node in enumerate(content):
        if start_of(node) <= at < node["endIndex"]:
            if "paragraph" in node:
                return content, position
            inner = next((one for one, low, high in _containers(node) if low <= at < high), None)
            return None if inner is None else _paragraph_at(inner, at)
    return None


def _innermost(content: list[Json], start: int, end: int) -> list[Json]:
    """The list that holds the whole range: the segment, or the one table cell the range does not leave."""
    for node in content:
        if start_of(node) <= start and end <= node["endIndex"]:
            for inner, low, high in _containers(node):
                if low <= start and end <= high:
                    return _innermost(inner, start, end)
    return content


def _containers(node: Json) -> list[tuple[list[Json], int, int]]:
    """The lists inside a table or a table of contents, each with where its content starts and ends."""
    if "table" in node:
        cells = [cell for row in node["table"].get("tableRows", ()) for cell in row.get("tableCells", ())]
        return [(cell["content"], start_of(cell) + 1, cell["endIndex"]) for cell in cells]
    if node.get("tableOfContents", {}).get("content"):
        return [(node["tableOfContents"]["content"], start_of(node) + 1, node["endIndex"] - 1)]
    return []


def _check_deletion(inner: list[Json], hit: list[int], start: int, end: int) -> None:
    for at in hit:
        node = inner[at]
        if "paragraph" not in node:
            if start > start_of(node) or end < node["endIndex"] or start_of(node) == 0:
                raise Refusal(BAD_DELETION)
        elif start < node["endIndex"] <= end:
            # The newline goes. What follows must be a paragraph to join, or go as well.
            following = inner[at + 1]
            if "paragraph" not in following and following["endIndex"] > end:
                raise Refusal(BAD_DELETION)


def _neighbour_style(before: list[Json], after: list[Json]) -> Json:
    """The style of the text before the insertion, or after it at a paragraph's start; a link grows only from inside."""

    def style_of(elements: list[Json]) -> Json:
        element = elements[0] if elements else {}
        inner: Any = element.get("textRun") or element.get("inlineObjectElement") or {}
        return dict(inner.get("textStyle", {}))

    left, right = style_of(before[-1:]), style_of(after[:1])
    style = left if before else right
    if "link" in style and (not before or left.get("link") != right.get("link")):
        del style["link"]
    return copy.deepcopy(style)


def _split_paragraph(node: Json, before: list[Json], text: str, after: list[Json], style: Json) -> list[Json]:
    pieces = text.split("\n")
    lines: list[list[Json]] = [[] for _ in pieces]
    for at, piece in enumerate(pieces):
        content = piece if at == len(pieces) - 1 else piece + "\n"
        if content:
            lines[at].append({"textRun": {"content": content, "textStyle": copy.deepcopy(style)}})
    lines[0] = before + lines[0]
    lines[-1] = lines[-1] + after
    # The heading id, its links and positioned objects stay with the paragraph that keeps the old text.
    keeper = 0 if before else len(lines) - 1
    made = []
    for at, elements in enumerate(lines):
        if at == keeper:
            made.append(_with_elements(node, elements))
            continue
        paragraph: Json = {"elements": join_runs(elements)}
        for key in ("paragraphStyle", "bullet"):
            if key in node["paragraph"]:
                paragraph[key] = copy.deepcopy(node["paragraph"][key])
        if "headingId" in paragraph.get("paragraphStyle", {}):
            paragraph["paragraphStyle"]["headingId"] = f"h.{secrets.token_hex(6)}"
        made.append({"paragraph": paragraph})
    return made


def _with_elements(node: Json, elements: list[Json]) -> Json:
    return {**node, "paragraph": {**node["paragraph"], "elements": join_runs(elements)}}
