"""Reading of documents: UTF-16 indexes, segments, named ranges, quotes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.google_docs.document import OBJECT, STRUCTURE, read, text_of, units
from hub.sdk import Json
from tests.connectors.google_docs.connector_bench import FIT, body, paragraph, recorded, table


def _runs(node: object) -> list[Json]:
    if isinstance(node, dict):
        return ([node] if "textRun" in node else []) + [run for value in node.values() for run in _runs(value)]
    return [run for one in node for run in _runs(one)] if isinstance(node, list) else []


@given(st.text())
def test_units_are_counted_as_google_counts_them_and_read_back(text: str) -> None:
    assert len(units(text)) == len(text.encode("utf-16-le")) // 2
    assert text_of(units(text)) == text.replace(STRUCTURE, "").replace(OBJECT, "")


@pytest.mark.parametrize("name", FIT)
def test_every_run_of_a_recorded_document_is_found_at_its_indexes(name: str) -> None:
    raw = recorded(name)
    segment = read(raw).tabs[0].body
    runs = _runs(raw["body"]["content"])
    for run in runs:
        assert segment.text(run.get("startIndex", 0), run["endIndex"]) == run["textRun"]["content"]
    for one in segment.paragraphs:
        assert segment.units[one.end - 1] == "\n"
    assert len(segment.units) == raw["body"]["content"][-1]["endIndex"]


def test_a_run_whose_text_does_not_span_its_indexes_is_no_text() -> None:
    raw = body(paragraph("One"), paragraph("Two"))
    raw["body"]["content"][1]["paragraph"]["elements"][0]["textRun"]["content"] = "Longer than it says\n"
    segment = read(raw).tabs[0].body
    assert segment.text() == "Two\n"
    assert segment.find("Longer") == []


def test_a_quote_is_found_across_runs_and_footnotes_and_nowhere_across_cells() -> None:
    raw = body(paragraph("A brave 🇫🇷 word"), table(["left", "right"]), paragraph("Tail"))
    first = raw["body"]["content"][1]["paragraph"]
    run = first["elements"][0]
    first["elements"] = [
        {"startIndex": 1, "endIndex": 4, "textRun": {"content": "A b"}},
        {"startIndex": 4, "endIndex": 5, "footnoteReference": {"footnoteId": "f"}},
        {"startIndex": 5, "endIndex": run["endIndex"] + 1, "textRun": {"content": "rave 🇫🇷 word\n"}},
    ]
    segment = read({**raw, "body": {"content": raw["body"]["content"][:2]}}).tabs[0].body
    assert segment.find("brave 🇫🇷 w") == [(3, 16)]
    cells = read(body(table(["left", "right"]), paragraph("Tail"))).tabs[0].body
    assert cells.find("left\nright") == []
    assert len(cells.find("left")) == 1


def test_a_range_that_another_hand_split_is_not_whole() -> None:
    raw = body(paragraph("One two three"))
    pieces = [{"startIndex": 9, "endIndex": 14}, {"startIndex": 1, "endIndex": 4}]
    raw["namedRanges"] = {"n": {"name": "n", "namedRanges": [{"name": "n", "namedRangeId": "k", "ranges": pieces}]}}
    (found,) = read(raw).named("n")
    assert (found.start, found.end, found.whole) == (1, 14, False)
    pieces[1]["endIndex"] = 9
    assert read(raw).named("n")[0].whole


def test_a_named_range_that_covers_nothing_is_none() -> None:
    raw = body(paragraph("One"))
    raw["namedRanges"] = {"n": {"name": "n", "namedRanges": [{"name": "n", "namedRangeId": "k"}]}}
    assert read(raw).named("n") == []


def test_an_account_that_may_not_edit_sees_no_revision() -> None:
    assert read(body(paragraph("One"))).revision == ""
