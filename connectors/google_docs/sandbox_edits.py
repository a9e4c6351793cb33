"""``documents.batchUpdate``: each request of a batch, applied in order to a copy of the document's tabs."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

from connectors.google_docs import sandbox_ranges as ranges
from connectors.google_docs import sandbox_text as text
from connectors.google_docs.sandbox_comments import Board
from connectors.google_docs.sandbox_document import (
    SEGMENT_MAPS,
    Json,
    Refusal,
    all_tabs,
    find_segment,
    find_tab,
    lay_out,
    paragraphs,
    segments,
    start_of,
    units,
)

BAD_RANGE = "Invalid range: must contain a start and end index"


def apply(tabs: list[Json], requests: list[Json], board: Board | None = None) -> list[Json]:
    """Apply parsed requests to ``tabs``, in place; gives one reply each. ``board`` takes those about comments.

    Raises:
        Refusal: with the whole message. ``tabs`` may then be half changed: throw the copy away.
    """
    editor = Editor(tabs, board)
    return [editor.apply(number, request) for number, request in enumerate(requests)]


class Editor:
    def __init__(self, tabs: list[Json], board: Board | None = None) -> None:
        self.tabs = tabs
        self.kinds: dict[str, Callable[[Json], Json]] = {
            "insertText": self._insert_text,
            "deleteContentRange": self._delete_content_range,
            "createNamedRange": self._create_named_range,
            "deleteNamedRange": self._delete_named_range,
            "replaceNamedRangeContent": self._replace_named_range_content,
            "replaceAllText": self._replace_all_text,
            "updateTextStyle": self._update_text_style,
            "updateParagraphStyle": self._update_paragraph_style,
            "deleteParagraphBullets": self._delete_paragraph_bullets,
            **(board.kinds(tabs) if board else {}),
        }

    def apply(self, number: int, request: Json) -> Json:
        if not request:
            raise Refusal(f"Invalid requests[{number}]: No request set.")
        ((kind, body),) = request.items()
        work = self.kinds.get(kind)
        try:
            if work is None:
                raise Refusal("The sandbox does not build this kind of request; the Docs API does.")
            return work(body)
        except Refusal as refusal:
            raise Refusal(f"Invalid requests[{number}].{kind}: {refusal}") from None

    # The requests.

    def _insert_text(self, body: Json) -> Json:
        wanted = body.get("text", "").translate(text.STRIPPED)
        if "location" in body:
            place = body["location"]
            tab, segment = find_tab(self.tabs, place.get("tabId")), place.get("segmentId", "")
            at = place.get("index", 0)
        elif "endOfSegmentLocation" in body:
            place = body["endOfSegmentLocation"]
            tab, segment = find_tab(self.tabs, place.get("tabId")), place.get("segmentId", "")
            at = find_segment(tab, segment)[-1]["endIndex"] - 1
        else:
            raise Refusal("Insert text requests must specify an insertion location.")
        if not wanted:
            raise Refusal("Insert text requests must specify text to insert.")
        self.put(tab, segment, at, wanted)
        return {}

    def _delete_content_range(self, body: Json) -> Json:
        tab, segment, start, end = self.range(body)
        self.take(tab, segment, start, end)
        return {}

    def _create_named_range(self, body: Json) -> Json:
        tab, segment, start, end = self.range(body)
        made = ranges.create(tab, tab is self.tabs[0], body.get("name", ""), segment, start, end)
        return {"createNamedRange": {"namedRangeId": made}}

    def _delete_named_range(self, body: Json) -> Json:
        if "namedRangeId" in body:
            tab, named = self._named_by_id(body["namedRangeId"], body)
            ranges.drop(tab, named["namedRangeId"])
        elif "name" in body:
            # An unknown name is taken as nothing to do, as it is documented for replaceNamedRangeContent.
            for tab in self._criteria(body):
                for named in [one for one in ranges.all_named(tab) if one["name"] == body["name"]]:
                    ranges.drop(tab, named["namedRangeId"])
        else:
            raise Refusal("Delete named range requests must specify a named range ID or name.")
        return {}

    def _replace_named_range_content(self, body: Json) -> Json:
        wanted = body.get("text", "").translate(text.STRIPPED)
        if "namedRangeId" in body:
            targets = [self._named_by_id(body["namedRangeId"], body)]
        elif "namedRangeName" in body:
            targets = [
                (tab, named)
                for tab in self._criteria(body)
                for named in ranges.all_named(tab)
                if named["name"] == body["namedRangeName"]
            ]
        else:
            raise Refusal("Replace named range content requests must specify a named range ID or name.")
        for tab, named in targets:
            self._replace_one(tab, named, wanted)
        return {}

    def _replace_all_text(self, body: Json) -> Json:
        criteria = body.get("containsText", {})
        if not criteria.get("text"):
            raise Refusal("The text to find must not be empty.")
        source = criteria["text"] if criteria.get("searchByRegex") else re.escape(criteria["text"])
        try:
            pattern = re.compile(source, 0 if criteria.get("matchCase") else re.IGNORECASE)
        except re.error:
            raise Refusal("The search text is not a valid regular expression.") from None
        wanted = body.get("replaceText", "").translate(text.STRIPPED)
        changed = 0
        for tab in self._criteria(body):
            for segment, content in segments(tab):
                hits = [span for node in paragraphs(content) for span in _matches(node["paragraph"], pattern)]
                for start, end in reversed(hits):
                    self._swap(tab, segment, start, end, wanted)
                changed += len(hits)
        return {"replaceAllText": {"occurrencesChanged": changed} if changed else {}}

    def _update_text_style(self, body: Json) -> Json:
        tab, segment, start, end = self.range(body)
        names = fields_of(body)
        content = find_segment(tab, segment)
        for node in overlapped(content, start, end):
            try:
                before, rest = text.split_elements(node["paragraph"]["elements"], start)
                inside, after = text.split_elements(rest, end)
            except ValueError:
                raise Refusal("The range cannot start or end within a grapheme cluster.") from None
            for element in inside:
                for holder in element.values():
                    if isinstance(holder, dict) and "textStyle" in holder:
                        holder["textStyle"] = _masked(holder["textStyle"], body.get("textStyle", {}), names)
            node["paragraph"]["elements"] = text.join_runs(before + inside + after)
        lay_out(content)
        return {}

    def _update_paragraph_style(self, body: Json) -> Json:
        tab, segment, start, end = self.range(body)
        names = fields_of(body)
        for node in overlapped(find_segment(tab, segment), start, end):
            old = node["paragraph"].get("paragraphStyle", {})
            node["paragraph"]["paragraphStyle"] = _masked(old, body.get("paragraphStyle", {}), names)
        return {}

    def _delete_paragraph_bullets(self, body: Json) -> Json:
        tab, segment, start, end = self.range(body)
        for node in overlapped(find_segment(tab, segment), start, end):
            bullet = node["paragraph"].pop("bullet", None)
            if bullet is not None:
                # "The nesting level of each paragraph will be visually preserved by adding indent to the start."
                indent = {"magnitude": 36 * (1 + bullet.get("nestingLevel", 0)), "unit": "PT"}
                node["paragraph"].setdefault("paragraphStyle", {})["indentStart"] = indent
        return {}

    # What they share.

    def range(self, body: Json) -> tuple[Json, str, int, int]:
        span = body.get("range", {})
        if "startIndex" not in span or "endIndex" not in span:
            raise Refusal(BAD_RANGE)
        tab, segment = find_tab(self.tabs, span.get("tabId")), span.get("segmentId", "")
        text.check_range(find_segment(tab, segment), span["startIndex"], span["endIndex"])
        return tab, segment, span["startIndex"], span["endIndex"]

    def put(self, tab: Json, segment: str, at: int, wanted: str, style: Json | None = None) -> None:
        text.insert(find_segment(tab, segment), at, wanted, style)
        ranges.moved(tab, segment, at, 0, units(wanted))

    def take(self, tab: Json, segment: str, start: int, end: int) -> None:
        content = find_segment(tab, segment)
        objects = _objects(content)
        text.delete(content, start, end)
        ranges.moved(tab, segment, start, end - start, 0)
        for kind, gone in objects - _objects(content):
            tab["documentTab"].get(kind, {}).pop(gone, None)
            if kind in SEGMENT_MAPS:
                ranges.drop_segment(tab, gone)

    def _swap(self, tab: Json, segment: str, start: int, end: int, wanted: str) -> None:
        """Put ``wanted`` in the place of a range, in the style its text has."""
        if wanted:
            self.put(tab, segment, start, wanted, _style_at(find_segment(tab, segment), start))
        self.take(tab, segment, start + units(wanted), end + units(wanted))

    def _replace_one(self, tab: Json, named: Json, wanted: str) -> None:
        first, *others = sorted(named["ranges"], key=start_of)
        for span in reversed(others):
            self.take(tab, span.get("segmentId", ""), start_of(span), span["endIndex"])
        segment, start, end = first.get("segmentId", ""), start_of(first), first["endIndex"]
        self._swap(tab, segment, start, end, wanted)
        if not wanted:
            return
        # Its old text is gone and the range with it; the name stays on the new text, under the same id.
        ranges.drop(tab, named["namedRangeId"])
        group = (
            tab["documentTab"]
            .setdefault("namedRanges", {})
            .setdefault(named["name"], {"name": named["name"], "namedRanges": []})
        )
        span = {**first, "startIndex": start, "endIndex": start + units(wanted)}
        if not start:
            del span["startIndex"]
        group["namedRanges"].append({**named, "ranges": [span]})

    def _named_by_id(self, wanted: str, body: Json) -> tuple[Json, Json]:
        for tab in self._criteria(body):
            for named in ranges.all_named(tab):
                if named["namedRangeId"] == wanted:
                    return tab, named
        raise Refusal(f"No named range with ID {wanted} was found.")

    def _criteria(self, body: Json) -> list[Json]:
        wanted = body.get("tabsCriteria", {}).get("tabIds")
        return [find_tab(self.tabs, one) for one in wanted] if wanted else list(all_tabs(self.tabs))


def _matches(paragraph: Json, pattern: re.Pattern[str]) -> list[tuple[int, int]]:
    """Where a pattern matches a paragraph's text, as (start, end) indexes; never across anything that is no text."""
    spans = []
    stretch, origin = "", 0
    for element in [*paragraph["elements"], {}]:
        run = element.get("textRun")
        if run is not None:
            origin = origin if stretch else start_of(element)
            stretch += run["content"]
            continue
        for hit in pattern.finditer(stretch.removesuffix("\n")):
            if hit.end() > hit.start():
                start = origin + units(stretch[: hit.start()])
                spans.append((start, start + units(hit.group())))
        stretch = ""
    return spans


def overlapped(content: list[Json], start: int, end: int) -> list[Json]:
    return [node for node in paragraphs(content) if start_of(node) < end and node["endIndex"] > start]


def _style_at(content: list[Json], at: int) -> Json:
    for node in paragraphs(content):
        for element in node["paragraph"]["elements"]:
            if start_of(element) <= at < element["endIndex"] and "textRun" in element:
                return copy.deepcopy(element["textRun"].get("textStyle", {}))
    return {}


def _objects(content: list[Json]) -> set[tuple[str, str]]:
    """What a segment refers to and takes along when it is deleted: (map of the tab, id)."""
    found = set()
    for node in paragraphs(content):
        for element in node["paragraph"]["elements"]:
            if "footnoteReference" in element:
                found.add(("footnotes", element["footnoteReference"].get("footnoteId", "")))
            elif "inlineObjectElement" in element:
                found.add(("inlineObjects", element["inlineObjectElement"].get("inlineObjectId", "")))
    return found


def fields_of(body: Json) -> list[str]:
    names = [name.strip() for name in body.get("fields", "").split(",") if name.strip()]
    if not names:
        raise Refusal("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    return names


def _masked(old: Json, new: Json, names: list[str]) -> Json:
    """``old`` with the named fields taken from ``new``; one that ``new`` leaves unset goes back to inherited."""
    if "*" in names:
        return copy.deepcopy(new)
    result = copy.deepcopy(old)
    for name in names:
        source: Any = new
        spot = result
        *path, last = [_camel(part) for part in name.split(".")]
        for part in path:
            source = source.get(part, {}) if isinstance(source, dict) else {}
            spot = spot.setdefault(part, {})
        if isinstance(source, dict) and last in source:
            spot[last] = copy.deepcopy(source[last])
        else:
            spot.pop(last, None)
    return result


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda hit: hit.group(1).upper(), name)
