"""Where a draft goes: cells, list items, headings, tables, headers, footnotes, nested tabs; and any text goes in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.google_docs.sandbox_document import paragraphs
from hub.sdk import BadRequest, TargetGone
from tests.connectors.google_docs.connector_bench import (
    Bench,
    body,
    delivery,
    lay_out,
    paragraph,
    sha,
    table,
    take_back,
)

BODY = ("t.0", "")


def _lands(bench: Bench, raw: dict[str, Any], expected: str, where: tuple[str, str] = BODY, **at: Any) -> str:
    """Write, compare the whole segment, undo, compare everything."""
    document, connection = bench.load(raw), bench.connection()
    before, tabs = bench.texts(document), bench.sandbox.store.get(document).tabs
    order = delivery(document, "A 🎯\nB", **at)
    receipt = bench.connector.write_back(connection, order)
    assert bench.texts(document) == {**before, where: expected}
    assert bench.marker(document, "d1") == "A 🎯\nB"
    assert (receipt.detail["tab"], receipt.detail["segment"]) == where
    styles = _styles(bench, document)
    take_back(bench, connection, order, receipt)
    assert bench.texts(document) == before
    if at.get("mode") != "replace":
        assert _shapes(bench.sandbox.store.get(document).tabs) == _shapes(tabs)
    return styles


def _styles(bench: Bench, document: str) -> str:
    """The style of each paragraph of the body, one letter each: T title, 1-6 heading, N normal."""
    return "".join(
        "T" if p.style == "TITLE" else str(p.level) if p.level else "N"
        for p in bench.read(document).tabs[0].body.paragraphs
    )


def _shapes(tabs: list[dict[str, Any]]) -> list[Any]:
    """Everything about the tabs but their named ranges, and ids the editor gives anew."""
    return [{**tab, "documentTab": {**tab["documentTab"], "namedRanges": None}} for tab in tabs]


def test_a_draft_goes_below_the_paragraph_of_the_quote(bench: Bench) -> None:
    _lands(
        bench,
        body(paragraph("One"), paragraph("Two words"), paragraph("Three")),
        "One\nTwo words\nA 🎯\nB\nThree\n",
        quote="words",
    )


def test_a_draft_goes_below_the_last_paragraph(bench: Bench) -> None:
    _lands(bench, body(paragraph("One"), paragraph("Last")), "One\nLast\nA 🎯\nB\n", quote="Last")


def test_a_draft_at_the_end_leaves_an_empty_last_line_below_itself(bench: Bench) -> None:
    _lands(bench, body(paragraph("One"), paragraph("")), "One\nA 🎯\nB\n\n", end=True)


def test_a_draft_goes_into_an_empty_document(bench: Bench) -> None:
    _lands(bench, body(paragraph("")), "A 🎯\nB\n\n", end=True)


def test_a_quote_may_run_over_several_paragraphs(bench: Bench) -> None:
    raw = body(paragraph("One"), paragraph("Two"), paragraph("Three"))
    _lands(bench, raw, "One\nTwo\nA 🎯\nB\nThree\n", quote="ne\r\nTw")
    _lands(bench, raw, "OA 🎯\nBo\nThree\n", quote="ne\nTw", mode="replace")


def test_a_draft_stays_inside_the_table_cell_of_the_quote(bench: Bench) -> None:
    raw = body(paragraph("Above"), table(["cell one", "cell two"], ["cell three", ""]), paragraph("Below"))
    for cell in ("cell one", "cell three"):
        expected = bench.texts(bench.load(raw))[BODY].replace(cell, f"{cell}\nA 🎯\nB")
        _lands(bench, raw, expected, quote=cell)
        _lands(bench, raw, expected.replace(f"{cell}\n", ""), quote=cell, mode="replace")


def test_a_draft_goes_between_a_paragraph_and_the_table_after_it(bench: Bench) -> None:
    raw = body(paragraph("Above"), table(["cell"]), paragraph("Below"))
    _lands(bench, raw, "Above\nA 🎯\nB\ncell\nBelow\n", quote="Above")


def test_a_draft_goes_to_the_end_of_a_headings_section(bench: Bench) -> None:
    raw = body(
        paragraph("Plan", "TITLE"),
        paragraph("Headlines", "HEADING_1"),
        paragraph("Old one"),
        paragraph("More", "HEADING_2"),
        paragraph("Older one"),
        paragraph("Next", "HEADING_1"),
        paragraph("Tail"),
    )
    styles = _lands(
        bench, raw, "Plan\nHeadlines\nOld one\nMore\nOlder one\nA 🎯\nB\nNext\nTail\n", heading=" headlines "
    )
    assert styles == "T1N2NNN1N"
    context = bench.connector.context(bench.connection(), delivery(bench.load(raw), heading="Headlines").target)
    assert context.text == "Old one\nMore\nOlder one"


def test_a_draft_below_a_bare_heading_is_no_heading(bench: Bench) -> None:
    raw = body(paragraph("First", "HEADING_1"), paragraph("Second", "HEADING_1"), paragraph("Tail"))
    assert _lands(bench, raw, "First\nA 🎯\nB\nSecond\nTail\n", heading="First") == "1NN1N"


def test_a_draft_goes_below_the_table_that_ends_a_section(bench: Bench) -> None:
    raw = body(paragraph("First", "HEADING_1"), table(["cell"]), paragraph("Second", "HEADING_1"), paragraph("Tail"))
    assert _lands(bench, raw, "First\ncell\nA 🎯\nB\nSecond\nTail\n", heading="First") == "1NNN1N"


def _list(*texts: str) -> list[dict[str, Any]]:
    """Items as Google tells them: a bullet, and the indent of its level."""
    indent = {"indentStart": {"magnitude": 36, "unit": "PT"}, "indentFirstLine": {"magnitude": 18, "unit": "PT"}}
    items = [paragraph(text, bullet={"listId": "kix.list"}) for text in texts]
    for item in items:
        item["paragraph"]["paragraphStyle"] |= indent
    return items


@pytest.mark.parametrize(
    ("content", "at", "expected", "items"),
    [
        ([*_list("one", "two"), paragraph("after")], {"quote": "one"}, "one\nA 🎯\nB\ntwo\nafter\n", "*--*-"),
        ([*_list("one", "two"), paragraph("after")], {"quote": "two"}, "one\ntwo\nA 🎯\nB\nafter\n", "**---"),
        ([paragraph("before"), *_list("one", "two")], {"end": True}, "before\none\ntwo\nA 🎯\nB\n", "-**--"),
        (_list("one", ""), {"end": True}, "one\nA 🎯\nB\n\n", "*--*"),
        ([table(["cell"]), *_list("one")], {"quote": "cell"}, "cell\nA 🎯\nB\none\n", "---*"),
    ],
    ids=["inside", "below", "at the end", "above an empty item", "in a cell beside a list"],
)
def test_a_draft_below_a_list_is_plain_and_the_list_stays_as_it_was(
    bench: Bench, content: list[dict[str, Any]], at: dict[str, Any], expected: str, items: str
) -> None:
    raw = body(*content)
    raw["lists"] = {"kix.list": {"listProperties": {}}}
    _lands(bench, raw, expected, **at)  # Writes, and takes back to the very same document.
    document, connection = bench.load(raw), bench.connection()
    order = delivery(document, "A 🎯\nB", **at)
    first, again = (bench.connector.write_back(connection, order) for _ in range(2))
    assert (first.already, again.already, bench.writes(document)) == (False, True, 1)
    found = list(paragraphs(bench.sandbox.store.get(document).tabs[0]["documentTab"]["body"]["content"]))
    assert "".join("*" if "bullet" in one["paragraph"] else "-" for one in found) == items
    assert ["indentStart" in one["paragraph"]["paragraphStyle"] for one in found] == [one == "*" for one in items]
    assert ["indentFirstLine" in one["paragraph"]["paragraphStyle"] for one in found] == [one == "*" for one in items]


@pytest.mark.parametrize("kind", ["headers", "footers", "footnotes"])
def test_a_draft_goes_into_headers_footers_and_footnotes(bench: Bench, kind: str) -> None:
    raw = body(paragraph("Body"))
    ids = {"headers": "headerId", "footers": "footerId", "footnotes": "footnoteId"}
    raw[kind] = {"kix.part": {ids[kind]: "kix.part", "content": lay_out([paragraph("small print")], 0)[0]}}
    _lands(bench, raw, "small print\nA 🎯\nB\n", ("t.0", "kix.part"), quote="small")
    _lands(bench, raw, "A 🎯\nB print\n", ("t.0", "kix.part"), quote="small", mode="replace")


def _tab(name: str, *content: dict[str, Any], children: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "tabProperties": {"tabId": name, "title": name, "index": 0},
        "documentTab": {"body": body(*content)["body"]},
        "childTabs": list(children),
    }


def test_a_draft_finds_its_place_in_a_nested_tab(bench: Bench) -> None:
    raw = {
        "title": "Tabs",
        "tabs": [_tab("t.0", paragraph("First"), children=(_tab("t.1", paragraph("Deep text"), paragraph("Tail")),))],
    }
    _lands(bench, raw, "Deep text\nA 🎯\nB\nTail\n", ("t.1", ""), quote="Deep")
    _lands(bench, raw, "A 🎯\nB text\nTail\n", ("t.1", ""), quote="Deep", mode="replace")
    _lands(bench, raw, "Deep text\nTail\nA 🎯\nB\n", ("t.1", ""), end=True, tab="t.1")
    _lands(bench, raw, "Deep text\nTail\nA 🎯\nB\n", ("t.1", ""), quote="Deep", mode="end")
    _lands(bench, raw, "First\nA 🎯\nB\n", BODY, end=True)
    with pytest.raises(TargetGone, match="tab"):
        bench.connector.context(bench.connection(), delivery(bench.load(raw), end=True, tab="t.9").target)


def test_a_draft_replaces_exactly_a_named_range(bench: Bench) -> None:
    document = bench.load(body(paragraph("Say the 🇫🇷 brave word"), paragraph("Tail")))
    before, connection = bench.texts(document), bench.connection()
    start = 1 + len("Say the 🇫🇷 ".encode("utf-16-le")) // 2
    span = {"startIndex": start, "endIndex": start + 5}
    bench.sandbox.store.edit(document, {"createNamedRange": {"name": "inlay:in:q", "range": span}})
    order = delivery(document, "bold", named_range="inlay:in:q", mode="replace")
    receipt = bench.connector.write_back(connection, order)
    assert bench.texts(document)[BODY] == "Say the 🇫🇷 bold word\nTail\n"
    assert receipt.detail["replaced"] == "brave"
    take_back(bench, connection, order, receipt)
    assert bench.texts(document) == before


def test_a_named_range_follows_the_text_that_somebody_moves(bench: Bench) -> None:
    document = bench.load(body(paragraph("Say it"), paragraph("Tail")))
    bench.sandbox.store.edit(
        document, {"createNamedRange": {"name": "place", "range": {"startIndex": 1, "endIndex": 7}}}
    )
    bench.sandbox.store.edit(document, {"insertText": {"location": {"index": 1}, "text": "A new first line\n"}})
    bench.connector.write_back(bench.connection(), delivery(document, "New", named_range="place"))
    assert bench.texts(document)[BODY] == "A new first line\nSay it\nNew\nTail\n"


def test_what_would_be_lost_is_not_replaced(bench: Bench) -> None:
    raw = body(paragraph("Look: here"), table(["cell"]), paragraph("Tail"))
    document = bench.load(raw)
    bench.sandbox.store.edit(
        document, {"createNamedRange": {"name": "wide", "range": {"startIndex": 1, "endIndex": 20}}}
    )
    before = bench.texts(document)
    order = delivery(document, named_range="wide", mode="replace")
    with pytest.raises(BadRequest, match="would be lost"):
        bench.connector.context(bench.connection(), order.target)
    with pytest.raises(BadRequest, match="would be lost"):
        bench.connector.write_back(bench.connection(), order)
    assert bench.texts(document) == before


def test_a_quote_that_stands_twice_is_no_place(bench: Bench) -> None:
    document = bench.load(body(paragraph("twice"), paragraph("twice")))
    with pytest.raises(TargetGone, match="2 times"):
        bench.connector.write_back(bench.connection(), delivery(document, quote="twice"))
    assert bench.writes(document) == 0


AWKWARD = st.text(
    st.one_of(st.characters(), st.sampled_from("\r\n\t\v\x00\x0c\x1f\ue000\uf8ff\ud800\udc00\u2028🇩🇪👩‍👩‍👧שלום مرحبا")),
    max_size=60,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    text=AWKWARD,
    lines=st.lists(st.text(st.sampled_from("aé🎯שب e\u0301"), max_size=8), min_size=1, max_size=5),
    data=st.data(),
)
def test_any_text_goes_into_any_paragraph_exactly_once_and_comes_out(
    bench: Bench, text: str, lines: list[str], data: st.DataObject
) -> None:
    document, connection = bench.load(body(*(paragraph(line) for line in lines))), bench.connection()
    before, structure = bench.texts(document), bench.read(document)
    chosen = data.draw(st.sampled_from(structure.tabs[0].body.paragraphs))
    start = chosen.start
    end = data.draw(st.sampled_from([chosen.end - 1, chosen.end])) if not chosen.empty else chosen.end
    bench.sandbox.store.edit(
        document, {"createNamedRange": {"name": "place", "range": {"startIndex": start, "endIndex": end}}}
    )
    order = delivery(
        document,
        text,
        named_range="place",
        mode=data.draw(st.sampled_from(["below", "replace"])),
        reviewed=data.draw(st.booleans()),
    )
    try:
        receipt = bench.connector.write_back(connection, order)
    except BadRequest:
        assert not "".join(c for c in text if not "\ue000" <= c <= "\uf8ff" and c >= " " and c != "\x7f").strip()
        return
    written = bench.marker(document, "d1")
    assert written is not None
    assert receipt.content_hash == sha(written)
    assert bench.writes(document) == 2
    plain = [
        c
        for c in text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if c.isalpha() and not "\ue000" <= c <= "\uf8ff"
    ]
    assert [c for c in written if c.isalpha()] == plain
    assert bench.connector.write_back(connection, order).already
    take_back(bench, connection, order, receipt)
    assert bench.texts(document) == before


@pytest.mark.parametrize("gone", [{"quote": "Three"}, {"heading": "Three"}, {"end": True, "tab": "t.9"}], ids=str)
def test_a_place_that_is_gone_before_there_is_a_draft_is_not_told_to_copy_one(
    bench: Bench, gone: dict[str, Any]
) -> None:
    document = bench.load(body(paragraph("One"), paragraph("Two")))
    with pytest.raises(TargetGone) as caught:
        bench.connector.context(bench.connection(), delivery(document, **gone).target)
    assert caught.value.instead == "Name another place, such as the end of the document, and run it again."
