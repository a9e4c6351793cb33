"""Random documents: one suggestion, or one comment on the right UTF-16 range, and every other unit as it was.

Paragraphs, table cells, emoji, surrogate pairs, right-to-left text, line breaks inside paragraphs, and drafts with what
Google Docs does not hold: control characters, half surrogate pairs, the private use area.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from connectors.google_docs import draft, suggest
from connectors.google_docs.document import units
from connectors.google_docs.sandbox_document import all_tabs, segments, text_of
from connectors.google_docs.sandbox_suggestions import preview, suggestions
from hub.sdk import BadRequest, Comment, Delivery, Target, TryLater
from tests.connectors.google_docs.connector_bench import Bench, body, delivery, paragraph, sha, table, take_back
from tests.connectors.google_docs.test_suggestions_recorded import TYPED

PIECES = ["a", "b ", "e\u0301", "🎯", "👩‍🚀", "🇫🇷", "\U00010348", "שלום", "عالم ", "\u200f", "\u2066", "\t", "\v", " "]
LINES: st.SearchStrategy[str] = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
BLOCKS = st.one_of(
    LINES.map(paragraph),
    LINES.map(lambda line: paragraph(line, "HEADING_2")),
    st.lists(LINES, min_size=1, max_size=3).map(lambda row: table(row, row[::-1])),
)
#: A table has a paragraph before and behind it, in every document of Google's.
CONTENT = st.lists(BLOCKS, min_size=1, max_size=6).map(
    lambda blocks: [paragraph("Top"), *(one for block in blocks for one in (block, paragraph("")))]
)
#: What Google Docs does not hold among what it does.
NOT_HELD = ["\n", "\r\n", "\r", "\x00", "\x0c", "\x1f", "\ud83d", "\udfaf", "\ue000", "[/ai]"]
DRAFTS: st.SearchStrategy[str] = st.lists(st.sampled_from([*PIECES, *NOT_HELD]), min_size=1, max_size=8).map("".join)
FAULTS = st.sampled_from((None, "503-after-commit", "drop", "drop-after-commit", "html", "429", "conflict"))
#: The sandbox is one for all examples: each has a document of its own.
RANDOM = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def _texts(tabs: Any) -> dict[str, str]:
    return {segment: text_of(content) for tab in all_tabs(tabs) for segment, content in segments(tab)}


def _untyped(texts: dict[str, str]) -> dict[str, str]:
    return {name: text.replace(TYPED, "") for name, text in texts.items()}


@st.composite
def passages(draw: st.DrawFn) -> tuple[list[dict[str, Any]], str]:
    """A document and a passage of one of its paragraphs, cut between any two characters."""
    content = draw(CONTENT)
    lines = [line for line in text_of(body(*content)["body"]["content"]).split("\n") if line.strip()]
    line = draw(st.sampled_from(lines))
    start = draw(st.integers(0, len(line) - 1))
    quote = line[start : draw(st.integers(start + 1, len(line)))].strip("\v")
    assume(quote.strip())
    return content, quote


@RANDOM
@given(passages(), DRAFTS, st.sampled_from(("below", "replace", "end")), FAULTS, st.booleans())
def test_a_draft_is_one_suggestion_and_not_a_unit_of_the_rest_changes(
    bench: Bench, given_: tuple[list[dict[str, Any]], str], text: str, mode: str, fault: str | None, suggested: bool
) -> None:
    content, quote = given_
    document, connection = bench.load(body(*content)), bench.connection()
    assume(_times(bench, document, quote) == 1 and (fault != "conflict" or quote not in TYPED))
    bench.sandbox.faults.clear()
    connection.memory.pop(suggest.MEMORY, None)
    order = delivery(document, text, reviewed=False, quote=quote, mode=mode)
    order = dataclasses.replace(order, suggest=suggested)
    before = _texts(bench.sandbox.store.get(document).tabs)
    try:
        written = draft.order(order)
    except BadRequest:
        with pytest.raises(BadRequest):
            bench.connector.write_back(connection, order)
        assert bench.writes(document) == 0
        return
    if fault:
        bench.sandbox.faults.add(fault, seconds=0.01)
    receipt = _insisting(bench, order)
    tabs = bench.sandbox.store.get(document).tabs
    assert bench.marker(document, "d1") == written.text
    assert receipt.content_hash == sha(written.text)
    assert sum(one.count(written.mark) for one in _texts(tabs).values()) == 1
    if suggested:
        assert _untyped(_texts(preview(tabs, accepted=False))) == before
        assert len(suggestions(tabs)) == 1
        if fault != "conflict":
            edited = bench.load(body(*content))
            bench.connector.write_back(connection, dataclasses.replace(order, target=_at(edited, order), suggest=False))
            assert _texts(preview(tabs, accepted=True)) == _texts(bench.sandbox.store.get(edited).tabs)
    else:
        (left,) = _untyped(_texts(tabs)).values()
        line = written.mark + ("\n" if f"{written.mark}\n{written.text}" in left else " ") + written.text
        (was,) = before.values()
        assert left.count(line) == 1
        place = quote if mode == "replace" else ""
        assert was in [left.replace(one, place) for one in (line, f"{line}\n", f"\n{line}")]
    assert _insisting(bench, order).already
    assert bench.sandbox.store.get(document).tabs == tabs
    take_back(bench, connection, order, receipt)
    undone = bench.sandbox.store.get(document).tabs
    assert (_untyped(_texts(undone)), suggestions(undone)) == (before, [])


@RANDOM
@given(passages(), DRAFTS, FAULTS)
def test_a_comment_hangs_once_on_exactly_its_passage_and_no_unit_of_the_text_changes(
    bench: Bench, given_: tuple[list[dict[str, Any]], str], text: str, fault: str | None
) -> None:
    content, quote = given_
    document = bench.load(body(*content))
    bench.sandbox.faults.clear()
    before = _texts(bench.sandbox.store.get(document).tabs)
    at = Target(connection="docs", at={"document": document, "end": True})
    assume(fault != "conflict" or quote not in TYPED)
    # A model quotes a line break inside a paragraph as a newline.
    remark = Comment(quote=quote.replace("\v", "\n"), text=text)
    order = Delivery(key="run-7.1", run_id="run-7", target=at, text="", comments=(remark,))
    if fault:
        bench.sandbox.faults.add(fault, seconds=0.01)
    receipt = _insisting(bench, order)
    snapshot = bench.sandbox.store.get(document)
    (comment,) = snapshot.comments
    assert comment["content"].endswith("[Inlay run run-7 · 1.1]")
    (anchor,) = snapshot.tabs[0]["documentTab"]["commentAnchors"].values()
    (span,) = anchor["ranges"]
    stands = bench.read(document).tabs[0].body.units[span["startIndex"] : span["endIndex"]]
    assert stands.replace(TYPED, "") == units(quote)
    assert _untyped(_texts(snapshot.tabs)) == before
    assert _insisting(bench, order).detail == receipt.detail
    assert len(bench.sandbox.store.get(document).comments) == 1
    bench.connector.undo(bench.connection(), at, receipt)
    assert bench.sandbox.store.get(document).comments == ()


def _times(bench: Bench, document: str, quote: str) -> int:
    return sum(len(one.find(quote.replace("\v", "\n"))) for tab in bench.read(document).tabs for one in tab.segments)


def _at(document: str, order: Delivery) -> Target:
    return Target(connection="docs", at={**order.target.at, "document": document})


def _insisting(bench: Bench, order: Delivery) -> Any:
    """As the hub does: what Google asks to be tried again later is."""
    for _ in range(3):
        try:
            return bench.connector.write_back(bench.connection(), order)
        except TryLater:
            continue
    raise AssertionError("it never went through")
