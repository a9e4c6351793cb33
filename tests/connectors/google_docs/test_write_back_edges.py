"""What only happens now and then: links back to the spot, undecided suggestions, copies of a draft, the bin."""

from __future__ import annotations

import pytest

from hub.sdk import BadRequest
from tests.connectors.google_docs.connector_bench import Bench, body, delivery, paragraph, table

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
