"""What only happens now and then: links to the spot, undecided suggestions, names over copies and over other words."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from connectors.google_docs import draft
from hub.sdk import BadRequest, Conflict, Standing
from tests.connectors.google_docs.connector_bench import Bench, body, delivery, paragraph, sha, table

BODY = ("t.0", "")


def heading(text: str, style: str, name: str) -> dict[str, object]:
    made = paragraph(text, style)
    made["paragraph"]["paragraphStyle"]["headingId"] = name
    return made


def at(bench: Bench, document: str, words: str) -> tuple[int, int]:
    (found,) = bench.read(document).tabs[0].body.find(words)
    return found


@pytest.mark.parametrize(
    ("quote", "spot"),
    [("Before", ""), ("One", "#heading=h.one"), ("cell", "#heading=h.two"), ("Last", "#heading=h.two")],
)
def test_a_receipt_leads_back_to_the_tab_and_the_nearest_heading_above(bench: Bench, quote: str, spot: str) -> None:
    document = bench.load(
        body(
            paragraph("Before"),
            heading("First", "HEADING_1", "h.one"),
            paragraph("One"),
            heading("Second", "HEADING_2", "h.two"),
            table(["cell", "other"]),
            paragraph("Last"),
        )
    )
    receipt = bench.connector.write_back(bench.connection(), delivery(document, quote=quote))
    assert receipt.url == f"{bench.sandbox.url}/document/d/{document}/edit?tab=t.0{spot}"


@pytest.mark.parametrize("coming_in", [True, False])
def test_text_that_holds_an_undecided_suggestion_is_not_replaced(bench: Bench, coming_in: bool) -> None:
    document = bench.load(body(paragraph("Say the brave word")))
    start, end = at(bench, document, "brave")
    if coming_in:
        bench.sandbox.store.suggest(document, {"insertText": {"location": {"index": start + 2}, "text": "--"}})
    else:
        where = {"startIndex": start, "endIndex": end}
        bench.sandbox.store.suggest(document, {"deleteContentRange": {"range": where}})
    before = bench.texts(document)
    order = delivery(document, quote="the br--ave word" if coming_in else "the brave word", mode="replace")
    for refused in (
        lambda: bench.connector.context(bench.connection(), order.target),
        lambda: bench.connector.write_back(bench.connection(), order),
    ):
        with pytest.raises(BadRequest, match="suggestion"):
            refused()
    assert bench.texts(document) == before


def test_a_draft_goes_in_behind_undecided_suggestions_at_the_right_index(bench: Bench) -> None:
    document = bench.load(body(paragraph("One"), paragraph("Two"), paragraph("Three")))
    bench.sandbox.store.suggest(document, {"insertText": {"location": {"index": 1}, "text": "🎯 suggested "}})
    start, end = at(bench, document, "Two")
    where = {"startIndex": start, "endIndex": end}
    bench.sandbox.store.suggest(document, {"deleteContentRange": {"range": where}})
    order = delivery(document, "New", quote="Three")
    receipt = bench.connector.write_back(bench.connection(), order)
    assert bench.texts(document)[BODY] == "🎯 suggested One\nTwo\nThree\nNew\n"
    assert bench.marker(document, "d1") == "New"
    bench.connector.undo(bench.connection(), order.target, receipt)
    assert bench.texts(document)[BODY] == "🎯 suggested One\nTwo\nThree\n"


def _again(bench: Bench, document: str, tabs: Any, id: str | None = None) -> str:
    """The document as somebody's copying left it."""
    return bench.sandbox.store.load({"title": "Copy", "tabs": tabs}, id or document).id


def test_a_copy_of_the_document_carries_the_names_along_and_stays_untouched(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    order = delivery(document, "New", reviewed=False)
    receipt = bench.connector.write_back(bench.connection(), order)
    copy = _again(bench, document, json.loads(json.dumps(bench.sandbox.store.get(document).tabs)), "the-copy")
    before = bench.texts(copy)
    bench.connector.write_back(bench.connection(), replace(order, reviewed=True, earlier=receipt))
    bench.connector.undo(bench.connection(), order.target, receipt)
    assert bench.texts(document)[BODY] == "One\n"
    assert bench.texts(copy) == before
    there = delivery(copy, "New", key="d2")
    bench.connector.write_back(bench.connection(), there)
    assert bench.texts(copy)[BODY].endswith("New\nNew\n")


def _with_a_copied_tab(bench: Bench, document: str) -> None:
    """A person duplicates the tab, and moves the duplicate before the original: same names, other ids."""
    (tab,) = json.loads(json.dumps(bench.sandbox.store.get(document).tabs))
    other = json.loads(json.dumps(tab).replace("kix.", "kix.copy-"))
    other["tabProperties"] = {"tabId": "t.copy", "title": "Copy of Tab 1", "index": 0}
    _again(bench, document, [other, tab])


def test_of_two_ranges_with_the_name_the_one_of_the_receipt_is_cleared_and_undone(bench: Bench) -> None:
    document = bench.load(body(paragraph("One"), paragraph("Two")))
    order = delivery(document, "New", quote="One", reviewed=False)
    receipt = bench.connector.write_back(bench.connection(), order)
    _with_a_copied_tab(bench, document)
    copied = bench.texts(document)["t.copy", ""]
    cleared = bench.connector.write_back(bench.connection(), replace(order, reviewed=True, earlier=receipt))
    assert bench.texts(document) == {BODY: "One\nNew\nTwo\n", ("t.copy", ""): copied}
    assert cleared.detail["tab"] == "t.0"
    assert bench.connector.read_back(bench.connection(), replace(order, earlier=cleared)) == Standing(
        state="kept", changed=0.0
    )
    bench.connector.undo(bench.connection(), order.target, cleared)
    assert bench.texts(document) == {BODY: "One\nTwo\n", ("t.copy", ""): copied}


def test_a_range_that_was_split_is_found_and_counts_as_edited(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    order = delivery(document, "New copy here")
    receipt = bench.connector.write_back(bench.connection(), order)
    tabs = json.loads(json.dumps(bench.sandbox.store.get(document).tabs))
    (named,) = tabs[0]["documentTab"]["namedRanges"]["inlay:out:d1"]["namedRanges"]
    start, end = named["ranges"][0]["startIndex"], named["ranges"][0]["endIndex"]
    named["ranges"] = [{"startIndex": start + 9, "endIndex": end}, {"startIndex": start, "endIndex": start + 3}]
    _again(bench, document, tabs)
    bench.sandbox.store.edit(document, {"insertText": {"location": {"index": start + 4}, "text": "typed "}})
    before = bench.texts(document)
    assert bench.connector.write_back(bench.connection(), order).already
    found = bench.connector.read_back(bench.connection(), replace(order, earlier=receipt))
    assert found is not None and found.state == "edited"
    with pytest.raises(Conflict):
        bench.connector.undo(bench.connection(), order.target, receipt)
    assert bench.texts(document) == before


def test_the_name_of_a_range_tells_the_run() -> None:
    made = {"template": "rewrite", "revision": "0123456789abcdef"}
    marker, mark = draft.names(replace(delivery("abc", key="run-7.2"), provenance=made))
    assert (draft.run_of(marker), draft.run_of(mark)) == ("run-7", "run-7")
    assert draft.run_of("inlay:out:run-7.1") == "run-7"
    for other in ("somebody's range", "inlay:in:run-7.1", "inlay:out:" + "0" * 64, ""):
        assert draft.run_of(other) is None


def name(bench: Bench, document: str, words: str, key: str) -> None:
    start, end = at(bench, document, words)
    span = {"startIndex": start, "endIndex": end}
    bench.sandbox.store.edit(document, {"createNamedRange": {"name": f"inlay:out:{key}", "range": span}})


def test_a_name_that_somebody_put_over_other_words_does_not_pass_for_the_draft(bench: Bench) -> None:
    document = bench.load(body(paragraph("Prices are subject to change."), paragraph("End")))
    name(bench, document, "subject to change", "run-7.1")
    order = delivery(document, "Come in for the spring sale.", key="run-7.1")
    receipt = bench.connector.write_back(bench.connection(), order)
    assert not receipt.already
    assert receipt.content_hash == sha("Come in for the spring sale.")
    for _ in range(2):  # The draft's own range is found beside the other one.
        assert bench.connector.write_back(bench.connection(), order) == replace(receipt, already=True)
    bench.connector.undo(bench.connection(), order.target, receipt)
    assert bench.texts(document)[BODY] == "Prices are subject to change.\nEnd\n"


COPY = "Come in for the spring sale. It starts on Monday and everybody is welcome."


@pytest.mark.parametrize("lost", ["Come in for the spring sale. ", " and everybody is welcome", "n Monday"])
@pytest.mark.parametrize("reviewed", [True, False])
def test_a_draft_edited_between_a_lost_reply_and_the_retry_is_not_written_again(
    bench: Bench, lost: str, reviewed: bool
) -> None:
    document = bench.load(body(paragraph("A")))
    order = delivery(document, COPY, key="run-7.1", reviewed=reviewed)
    bench.connector.write_back(bench.connection(), order)
    start, end = at(bench, document, lost)
    bench.sandbox.store.edit(document, {"deleteContentRange": {"range": {"startIndex": start, "endIndex": end}}})
    before = bench.texts(document)
    assert bench.connector.write_back(bench.connection(), order).already
    assert bench.texts(document) == before


def test_a_draft_rewritten_under_its_line_before_the_retry_is_not_written_again(bench: Bench) -> None:
    document = bench.load(body(paragraph("A")))
    order = delivery(document, COPY, key="run-7.1", reviewed=False)
    bench.connector.write_back(bench.connection(), order)
    start, end = at(bench, document, COPY)
    edits = [
        {"insertText": {"location": {"index": start + 1}, "text": "Quite other words from a person's hand"}},
        {"deleteContentRange": {"range": {"startIndex": end - 60 + 38, "endIndex": end - 1 + 38}}},
    ]
    bench.sandbox.store.edit(document, *edits)
    before = bench.texts(document)
    assert bench.connector.write_back(bench.connection(), order).already
    assert bench.texts(document) == before


@pytest.mark.parametrize(
    ("text", "is_it"),
    [
        (COPY, True),
        (COPY.replace("Monday", "Tuesday"), True),
        ("It starts on Monday", True),
        (f"{COPY} {'And much more was written behind it. ' * 20}", True),
        ("The summer catalogue is out now. Order yours today.", False),
        ("", False),
        ("Camp", False),
    ],
)
def test_a_text_that_shares_most_with_what_was_written_counts_as_it(text: str, is_it: bool) -> None:
    assert draft.grew_from(text, COPY) is is_it
    assert draft.grew_from(
        "春のセールは月曜日から始まります。", "春のセールは月曜日から始まります。ぜひお越しください。"
    )
