"""Random edits hold the invariants: indexes add up, the text is what a plain list of UTF-16 units says it is."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.google_docs.sandbox_document import Refusal, from_recorded, text_of
from connectors.google_docs.sandbox_edits import apply
from tests.connectors.google_docs.sandbox_bench import cells, check_arithmetic, delete, insert, name, para, width

TEXTS = st.text(st.sampled_from("ab é🎯\n👩‍🚀"), min_size=1, max_size=6)
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), st.integers(0, 60), TEXTS),
        st.tuples(st.just("delete"), st.integers(0, 60), st.integers(0, 12)),
        st.tuples(st.just("name"), st.integers(1, 60), st.integers(1, 12)),
    ),
    max_size=25,
)


def units(text: str) -> list[bytes]:
    raw = text.encode("utf-16-le")
    return [raw[at : at + 2] for at in range(0, len(raw), 2)]


def content(tabs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return tabs[0]["documentTab"]["body"]["content"]


def spans(tabs: list[dict[str, Any]]) -> list[tuple[int, int]]:
    groups = tabs[0]["documentTab"].get("namedRanges", {}).values()
    named = [one for group in groups for one in group["namedRanges"]]
    return sorted((span.get("startIndex", 0), span["endIndex"]) for one in named for span in one["ranges"])


@settings(max_examples=150, deadline=None)
@given(EDITS)
def test_a_document_of_paragraphs_does_what_a_list_of_units_does(edits: list[Any]) -> None:
    tabs, _ = from_recorded({"body": {"content": [para("Ein 🎯 Satz"), para("é"), para("")]}})
    model = units(text_of(content(tabs)))
    ranges: list[set[int]] = []
    ids = [object() for _ in model]  # who each unit is, so that a range can be followed
    for kind, at, what in edits:
        end = len(model) + 1
        if kind == "insert":
            high = 1 < at < end and b"\xdc" <= model[at - 1][1:] < b"\xe0"
            if at < 1 or at >= end or high:
                assert refused(tabs, insert(at, what))
                continue
            apply(tabs, [insert(at, what)])
            model[at - 1 : at - 1] = units(what)
            new = [object() for _ in units(what)]
            for span in ranges:
                if at > 1 and id(ids[at - 2]) in span and at - 1 < len(ids) and id(ids[at - 1]) in span:
                    span.update(id(one) for one in new)
            ids[at - 1 : at - 1] = new
        elif kind == "delete":
            stop = at + what
            left, right = model[: max(0, at - 1)], model[stop - 1 :]
            if at < 1 or what == 0 or stop > end - 1 or not whole(left) or not whole(right):
                assert refused(tabs, delete(at, stop))
                continue
            apply(tabs, [delete(at, stop)])
            model = left + right
            gone = {id(one) for one in ids[at - 1 : stop - 1]}
            keep = ids[at - 1 : stop - 1]  # kept alive: a new object must not get the id of one that is gone
            ranges = [span - gone for span in ranges if span - gone]
            GRAVEYARD.extend(keep)
            ids = ids[: at - 1] + ids[stop - 1 :]
        else:
            stop = at + what
            if stop > end or at >= end:
                assert refused(tabs, name("n", at, stop))
                continue
            apply(tabs, [name("n", at, stop)])
            ranges.append({id(one) for one in ids[at - 1 : stop - 1]})
        assert text_of(content(tabs)) == b"".join(model).decode("utf-16-le")
        assert check_arithmetic(content(tabs)) == len(model) + 1
        position = {id(one): index for index, one in enumerate(ids, start=1)}
        assert spans(tabs) == sorted(
            (min(map(position.__getitem__, span)), max(map(position.__getitem__, span)) + 1) for span in ranges
        )
    GRAVEYARD.clear()


GRAVEYARD: list[object] = []


def whole(part: list[bytes]) -> bool:
    try:
        b"".join(part).decode("utf-16-le")
    except UnicodeDecodeError:
        return False
    return True


def refused(tabs: list[dict[str, Any]], request: dict[str, Any]) -> bool:
    before = repr(tabs)
    try:
        apply(tabs, [request])
    except Refusal:
        return repr(tabs) == before
    return False


@settings(max_examples=200, deadline=None)
@given(EDITS)
def test_a_document_with_tables_keeps_its_shape_whatever_is_tried(edits: list[Any]) -> None:
    nested = cells(["in"])
    outer = cells(["a🎯", "b"], ["c", "d"])
    outer["table"]["tableRows"][0]["tableCells"][1]["content"] += [nested, para("after")]
    tabs, _ = from_recorded({"body": {"content": [para("one"), outer, para("two"), cells(["x"]), para("three")]}})
    for kind, at, what in edits:
        before, size = text_of(content(tabs)), check_arithmetic(content(tabs))
        request = {
            "insert": lambda at=at, what=what: insert(at, what),
            "delete": lambda at=at, what=what: delete(at, at + what),
            "name": lambda at=at, what=what: name("n", at, at + what),
        }[kind]()
        if refused(tabs, request):
            assert text_of(content(tabs)) == before
            continue
        after = check_arithmetic(content(tabs))
        if kind == "insert":
            assert after == size + width(what) and width(text_of(content(tabs))) == width(before) + width(what)
        elif kind == "delete":
            assert after == size - what
        assert all(1 <= start < end <= after for start, end in spans(tabs))
