"""What became of a delivered text: kept, edited by how much, deleted, or moved somewhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.google_docs.read_back import compared
from hub.sdk import Delivery, NeedsPermission, Secret, Standing, TargetGone
from tests.connectors.google_docs.connector_bench import Bench, body, delivery, paragraph

TEXT = "Come in and sit down. The garden is open 🎯 from Monday."
MADE = {"template": "rewrite-in-brand-voice", "revision": "0123456789abcdef", "run": "run-7"}


def written(bench: Bench, document: str, text: str = TEXT, **more: Any) -> Delivery:
    """A delivery with its receipt, as the hub hands it back later."""
    order = replace(delivery(document, text, **more), provenance=MADE)
    return replace(order, earlier=bench.connector.write_back(bench.connection(), order))


def standing(bench: Bench, order: Delivery) -> Standing | None:
    return bench.connector.read_back(bench.connection(), order)


def span(bench: Bench, document: str, words: str) -> tuple[int, int]:
    (found,) = bench.read(document).tabs[0].body.find(words)
    return found


def test_a_text_nobody_touched_is_kept(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    assert standing(bench, written(bench, document)) == Standing(state="kept", changed=0.0)


def test_what_is_written_elsewhere_in_the_document_changes_nothing(bench: Bench) -> None:
    document = bench.load(body(paragraph("One"), paragraph("Two")))
    order = written(bench, document, quote="One")
    bench.sandbox.store.edit(document, {"insertText": {"location": {"index": 1}, "text": "Before "}})
    assert standing(bench, order) == Standing(state="kept", changed=0.0)


def test_a_changed_word_is_a_small_share_and_a_rewrite_a_large_one(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    order = written(bench, document)
    begin, end = span(bench, document, "garden")
    where = {"startIndex": begin, "endIndex": end}
    bench.sandbox.store.edit(
        document, {"insertText": {"location": {"index": begin + 2}, "text": "-"}}, {"deleteContentRange": {"range": {
            "startIndex": begin + 3, "endIndex": end + 1}}}
    )  # fmt: skip
    small = standing(bench, order)
    assert small is not None and small.state == "edited" and where
    assert small.changed is not None and 0 < small.changed < 0.2
    begin, end = span(bench, document, "sit down. The")
    bench.sandbox.store.edit(document, {"deleteContentRange": {"range": {"startIndex": begin, "endIndex": end}}})
    large = standing(bench, order)
    assert large is not None and large.changed is not None and large.changed > small.changed


def test_what_a_person_adds_to_the_end_of_the_line_is_an_edit(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    order = written(bench, document)
    _, end = span(bench, document, "Monday.")
    bench.sandbox.store.edit(document, {"insertText": {"location": {"index": end}, "text": " Bring a friend."}})
    found = standing(bench, order)
    assert found is not None and found.state == "edited"


def test_what_a_person_adds_to_the_beginning_of_the_line_is_an_edit(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    order = written(bench, document, reviewed=False)
    begin, _ = span(bench, document, "Come in")
    bench.sandbox.store.edit(document, {"insertText": {"location": {"index": begin}, "text": "Dear friends, "}})
    found = standing(bench, order)
    assert found is not None and found.state == "edited"


def test_the_sentence_around_a_replaced_word_is_no_edit_of_it(bench: Bench) -> None:
    document = bench.load(body(paragraph("Say the brave word")))
    order = written(bench, document, "bold", quote="brave", mode="replace")
    assert standing(bench, order) == Standing(state="kept", changed=0.0)


def test_a_deleted_text_is_deleted(bench: Bench) -> None:
    document = bench.load(body(paragraph("One"), paragraph("Two")))
    order = written(bench, document, quote="One")
    begin, end = span(bench, document, TEXT)
    bench.sandbox.store.edit(document, {"deleteContentRange": {"range": {"startIndex": begin, "endIndex": end}}})
    assert standing(bench, order) == Standing(state="deleted", changed=1.0)


def test_a_text_that_was_moved_is_found_by_its_words(bench: Bench) -> None:
    document = bench.load(body(paragraph("One"), paragraph("Two")))
    order = written(bench, document, quote="One")
    begin, end = span(bench, document, TEXT)
    bench.sandbox.store.edit(document, {"deleteContentRange": {"range": {"startIndex": begin, "endIndex": end}}})
    bench.sandbox.store.edit(document, {"insertText": {"location": {"index": 1}, "text": TEXT}})
    assert standing(bench, order) == Standing(state="kept", changed=0.0)


def test_a_line_above_the_draft_is_no_part_of_it(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    order = written(bench, document, reviewed=False)
    assert standing(bench, order) == Standing(state="kept", changed=0.0)


def test_a_document_that_is_gone_is_said_to_be(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    order = written(bench, document)
    bench.sandbox.store.delete(document)
    with pytest.raises(TargetGone):
        standing(bench, order)


def test_an_account_that_did_not_write_a_text_and_cannot_see_the_document_does_not_call_it_deleted(
    bench: Bench,
) -> None:
    document = bench.load(body(paragraph("One")))
    person = replace(bench.connection(), token=Secret("ya29.mara"), account="mara", memory={})
    order = delivery(document, TEXT)
    order = replace(order, earlier=bench.connector.write_back(person, order))
    with pytest.raises(NeedsPermission) as unseen:
        bench.connector.read_back(bench.connection("hidden-service"), order)
    assert "share it" in unseen.value.instead
    assert bench.connector.read_back(bench.connection(), order) == Standing(state="kept", changed=0.0)
    bench.sandbox.store.delete(document)
    with pytest.raises(TargetGone):
        bench.connector.read_back(person, order)


def test_a_text_that_repeats_itself_is_compared_without_taking_forever() -> None:
    before = "a b " * 12_000
    assert compared(before, "b a c " * 8000).changed == 0.3333
    assert compared(before, "d " * 20_000).changed == 1.0


def test_a_text_in_a_document_in_the_bin_is_deleted_until_it_is_taken_out(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    order = written(bench, document)
    bench.sandbox.store.trash(document)
    assert standing(bench, order) == Standing(state="deleted", changed=1.0)
    bench.sandbox.store.trash(document, False)
    assert standing(bench, order) == Standing(state="kept", changed=0.0)


def test_reading_back_costs_two_reads_and_no_write(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    order = written(bench, document)
    before = bench.sandbox.calls()
    standing(bench, order)
    after = bench.sandbox.calls()
    assert (after["reads"] - before["reads"], after["writes"] - before["writes"]) == (2, 0)


def test_the_range_around_a_draft_names_its_run_its_template_and_its_revision(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    order = written(bench, document, key="run-7.1")
    assert order.earlier is not None
    marker = order.earlier.detail["marker"]
    assert marker == "inlay:out:run-7.1 rewrite-in-brand-voice@0123456789abcdef"
    assert bench.marker(document, "run-7.1 rewrite-in-brand-voice@0123456789abcdef") == TEXT


def test_a_range_named_by_an_older_version_is_still_this_deliverys(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    older = delivery(document, TEXT, key="run-7.1")
    bench.connector.write_back(bench.connection(), older)
    again = bench.connector.write_back(bench.connection(), replace(older, provenance=MADE))
    assert again.already
    assert bench.texts(document)["t.0", ""].count(TEXT) == 1
