"""Named ranges: made, found, deleted, and moved along when the text around them changes, as anchors of comments are."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from connectors.google_docs.sandbox_document import Json, Refusal, start_of, tab_id, units


def moved(tab: Json, segment: str, at: int, taken: int, put: int) -> None:
    """Move a tab's named ranges for ``taken`` units taken out and ``put`` units put in at ``at``.

    A range grows with text put inside it, not with text put at its edges; it shrinks with text taken out, and a named
    range that has nothing left is gone.
    """
    for named in list(all_named(tab)):
        named["ranges"] = _shifted(named["ranges"], segment, at, taken, put)
        if not named["ranges"]:
            drop(tab, named["namedRangeId"])
    anchors = tab["documentTab"].get("commentAnchors", {})
    for name, anchor in list(anchors.items()):
        anchor["ranges"] = _shifted(anchor["ranges"], segment, at, taken, put)
        if not anchor["ranges"]:
            del anchors[name]


def create(tab: Json, first_tab: bool, name: str, segment: str, start: int, end: int) -> str:
    """Make a named range; gives its id.

    Raises:
        Refusal: the name is empty or longer than 256 UTF-16 units.
    """
    if not 1 <= units(name) <= 256:
        raise Refusal("The named range name must be between 1 and 256 characters long.")
    made = f"kix.{secrets.token_hex(6)}"
    span: Json = {}
    _set(span, start, end)
    if segment:
        span["segmentId"] = segment
    if not first_tab:
        # Recorded ranges of a first tab carry no tab id.
        span["tabId"] = tab_id(tab)
    groups = tab["documentTab"].setdefault("namedRanges", {})
    group = groups.setdefault(name, {"name": name, "namedRanges": []})
    group["namedRanges"].append({"namedRangeId": made, "name": name, "ranges": [span]})
    return made


def all_named(tab: Json) -> Iterator[Json]:
    """Every named range of a tab: ``{namedRangeId, name, ranges}``."""
    for group in tab["documentTab"].get("namedRanges", {}).values():
        yield from group.get("namedRanges", ())


def drop(tab: Json, range_id: str) -> None:
    """Take a named range off a tab; its text stays."""
    groups = tab["documentTab"].get("namedRanges", {})
    for name, group in list(groups.items()):
        group["namedRanges"] = [one for one in group["namedRanges"] if one["namedRangeId"] != range_id]
        if not group["namedRanges"]:
            del groups[name]
    if not groups:
        tab["documentTab"].pop("namedRanges", None)


def drop_segment(tab: Json, segment: str) -> None:
    """Take off the named ranges of a segment that is gone."""
    for named in list(all_named(tab)):
        named["ranges"] = [span for span in named["ranges"] if span.get("segmentId", "") != segment]
        if not named["ranges"]:
            drop(tab, named["namedRangeId"])


def _shifted(spans: list[Json], segment: str, at: int, taken: int, put: int) -> list[Json]:
    left = []
    for span in spans:
        if span.get("segmentId", "") != segment:
            left.append(span)
            continue
        start, end = start_of(span), span["endIndex"]
        if taken:
            start, end = _after_taking(start, at, taken), _after_taking(end, at, taken)
        if put:
            start, end = start + (put if at <= start else 0), end + (put if at < end else 0)
        if start < end:
            _set(span, start, end)
            left.append(span)
    return left


def _after_taking(index: int, at: int, taken: int) -> int:
    return index if index <= at else max(at, index - taken)


def _set(span: Json, start: int, end: int) -> None:
    if start:
        span["startIndex"] = start
    else:
        span.pop("startIndex", None)
    span["endIndex"] = end
