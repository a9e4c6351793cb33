"""The line above an unreviewed draft, undo, edits by people, and what is refused."""

from __future__ import annotations

import dataclasses
import threading
import urllib.request

import pytest

from hub.sdk import (
    BadRequest,
    Conflict,
    NeedsPermission,
    RateLimited,
    Receipt,
    TargetGone,
    Unavailable,
    VendorRefused,
)
from tests.connectors.google_docs.connector_bench import Bench, body, delivery, paragraph, take_back

BODY = ("t.0", "")
LINE = "[AI draft, not reviewed · Inlay run run-7]"


def _typed(bench: Bench, document: str, after: str, text: str) -> None:
    """A person types behind some words."""
    (at,) = bench.read(document).tabs[0].body.find(after)
    bench.sandbox.store.edit(document, {"insertText": {"location": {"index": at[1]}, "text": text}})


def _deleted(bench: Bench, document: str, words: str) -> None:
    (at,) = bench.read(document).tabs[0].body.find(words)
    bench.sandbox.store.edit(document, {"deleteContentRange": {"range": {"startIndex": at[0], "endIndex": at[1]}}})


def test_a_review_clears_the_line_and_nothing_else(bench: Bench) -> None:
    document, connection = bench.load(body(paragraph("One"), paragraph("Two"))), bench.connection()
    order = delivery(document, "New\ncopy", quote="One", reviewed=False)
    first = bench.connector.write_back(connection, order)
    assert bench.texts(document)[BODY] == f"One\n{LINE}\nNew\ncopy\nTwo\n"
    assert first.detail["mark"] == LINE
    _typed(bench, document, "Two", " more")

    cleared = bench.connector.write_back(connection, dataclasses.replace(order, reviewed=True))
    assert bench.texts(document)[BODY] == "One\nNew\ncopy\nTwo more\n"
    assert (cleared.already, cleared.detail["mark"]) == (False, "")
    assert cleared.content_hash == first.content_hash
    assert bench.marker(document, "d1", "mark") is None

    writes = bench.writes(document)
    assert bench.connector.write_back(connection, dataclasses.replace(order, reviewed=True)).already
    assert bench.writes(document) == writes


@pytest.mark.parametrize(
    ("simulated", "note", "other"),
    [(False, "Waits for review", "Simulated draft"), (True, "Simulated draft", "Waits for review")],
)
def test_the_sandbox_s_page_says_whether_a_draft_waits_for_review_or_is_simulated(
    bench: Bench, simulated: bool, note: str, other: str
) -> None:
    document = bench.load(body(paragraph("One")))
    bench.connector.write_back(bench.connection(), delivery(document, "New", reviewed=False, simulated=simulated))
    with urllib.request.urlopen(bench.sandbox.document_url(document), timeout=10) as page:
        shown = page.read().decode()
    assert f"<b>{note}</b>" in shown
    assert f"<b>{other}</b>" not in shown


@pytest.mark.parametrize("fault", ["503", "503-after-commit", "drop", "drop-after-commit", "conflict", "html"])
def test_the_line_is_cleared_once_whatever_goes_wrong(bench: Bench, fault: str) -> None:
    document, connection = bench.load(body(paragraph("One"), paragraph("Two"))), bench.connection()
    order = delivery(document, "New", quote="One", reviewed=False)
    bench.connector.write_back(connection, order)
    bench.sandbox.faults.add(fault)
    bench.connector.write_back(connection, dataclasses.replace(order, reviewed=True))
    text = bench.texts(document)[BODY].replace("(Somebody typed this.) ", "")
    assert text == "One\nNew\nTwo\n"


def test_the_line_inside_a_sentence_does_not_break_it(bench: Bench) -> None:
    document, connection = bench.load(body(paragraph("Say the brave word"))), bench.connection()
    order = delivery(document, "bold", quote="brave", mode="replace", reviewed=False)
    receipt = bench.connector.write_back(connection, order)
    assert bench.texts(document)[BODY] == f"Say the {LINE} bold word\n"
    bench.connector.write_back(connection, dataclasses.replace(order, reviewed=True))
    assert bench.texts(document)[BODY] == "Say the bold word\n"
    take_back(bench, connection, order, receipt)
    assert bench.texts(document)[BODY] == "Say the brave word\n"


def test_what_a_person_typed_into_the_line_stays(bench: Bench) -> None:
    document, connection = bench.load(body(paragraph("One"), paragraph("Two"))), bench.connection()
    order = delivery(document, "New", quote="One", reviewed=False)
    bench.connector.write_back(connection, order)
    _typed(bench, document, LINE, " Anna: looks good")
    bench.connector.write_back(connection, dataclasses.replace(order, reviewed=True))
    assert "Anna: looks good" in bench.texts(document)[BODY]
    assert LINE not in bench.texts(document)[BODY]


def test_a_simulated_draft_says_so_and_keeps_saying_so(bench: Bench) -> None:
    document, connection = bench.load(body(paragraph("One"))), bench.connection()
    order = delivery(document, "New", simulated=True, reviewed=False)
    bench.connector.write_back(connection, order)
    expected = "One\n[Simulated draft, no model is connected · Inlay run run-7]\nNew\n"
    assert bench.texts(document)[BODY] == expected
    assert bench.connector.write_back(connection, dataclasses.replace(order, reviewed=True)).already
    assert bench.texts(document)[BODY] == expected


def test_a_simulated_draft_never_reaches_a_real_account(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    with pytest.raises(BadRequest, match="simulated"):
        bench.connector.write_back(bench.connection(sandbox=False), delivery(document, simulated=True))
    assert bench.sandbox.journal.entries() == []


def test_undo_takes_the_line_along(bench: Bench) -> None:
    document, connection = bench.load(body(paragraph("One"), paragraph("Two"))), bench.connection()
    before = bench.texts(document)
    order = delivery(document, "New", quote="One", reviewed=False)
    take_back(bench, connection, order, bench.connector.write_back(connection, order))
    assert bench.texts(document) == before
    assert bench.marker(document, "d1", "mark") is None


@pytest.mark.parametrize("fault", ["503-after-commit", "drop-after-commit", "drop", "conflict"])
def test_undo_takes_effect_once_whatever_goes_wrong(bench: Bench, fault: str) -> None:
    document, connection = bench.load(body(paragraph("One"), paragraph("Two"))), bench.connection()
    order = delivery(document, "New", quote="Two", mode="replace")
    receipt = bench.connector.write_back(connection, order)
    bench.sandbox.faults.add(fault)
    assert not take_back(bench, connection, order, receipt).already
    assert bench.texts(document)[BODY].replace("(Somebody typed this.) ", "") == "One\nTwo\n"
    assert take_back(bench, connection, order, receipt).already


def test_undo_leaves_a_draft_that_a_person_edited(bench: Bench) -> None:
    document, connection = bench.load(body(paragraph("One"))), bench.connection()
    order = delivery(document, "New copy")
    receipt = bench.connector.write_back(connection, order)
    _typed(bench, document, "New", "er")
    edited = bench.texts(document)
    with pytest.raises(Conflict, match="edited"):
        take_back(bench, connection, order, receipt)
    assert bench.texts(document) == edited


def test_undo_of_a_draft_that_a_person_deleted_is_done_already(bench: Bench) -> None:
    document, connection = bench.load(body(paragraph("One"))), bench.connection()
    order = delivery(document, "New copy")
    receipt = bench.connector.write_back(connection, order)
    _deleted(bench, document, "New copy")
    left = bench.texts(document)
    assert take_back(bench, connection, order, receipt).already
    assert bench.texts(document) == left


def test_undo_without_knowing_the_old_text_touches_nothing(bench: Bench) -> None:
    document, connection = bench.load(body(paragraph("One two"))), bench.connection()
    span = {"startIndex": 1, "endIndex": 4}
    bench.sandbox.store.edit(document, {"createNamedRange": {"name": "place", "range": span}})
    order = delivery(document, "New", named_range="place", mode="replace")
    bench.connector.write_back(connection, order)
    found_again = bench.connector.write_back(connection, order)
    assert "replaced" not in found_again.detail
    with pytest.raises(Conflict, match="not known"):
        take_back(bench, connection, order, found_again)
    assert bench.texts(document)[BODY] == "New two\n"


def test_undo_after_a_neighbour_joined_the_drafts_paragraph_takes_only_its_text(bench: Bench) -> None:
    document, connection = bench.load(body(paragraph("One"), paragraph("Two"))), bench.connection()
    order = delivery(document, "New", quote="One")
    receipt = bench.connector.write_back(connection, order)
    _deleted(bench, document, "\nTwo")
    take_back(bench, connection, order, receipt)
    assert bench.texts(document)[BODY] == "One\n"


def test_a_receipt_of_somebody_else_is_not_undone(bench: Bench) -> None:
    with pytest.raises(BadRequest, match="receipt"):
        bench.connector.undo(bench.connection(), delivery("some-document").target, Receipt(vendor_id="x"))


def test_a_place_deleted_between_reading_and_writing_ends_without_a_write(bench: Bench) -> None:
    document, connection = bench.load(body(paragraph("One"), paragraph("Two"))), bench.connection()
    order = delivery(document, quote="One")
    assert bench.connector.context(connection, order.target).text == "One"
    _deleted(bench, document, "One")
    with pytest.raises(TargetGone) as caught:
        bench.connector.write_back(connection, order)
    assert "Copy the draft" in caught.value.instead
    assert bench.texts(document)[BODY] == "\nTwo\n"


def test_a_document_deleted_between_reading_and_writing_is_gone(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    bench.sandbox.store.delete(document)
    with pytest.raises(TargetGone):
        bench.connector.write_back(bench.connection(), delivery(document))


def test_a_draft_deleted_under_its_line_is_not_written_again(bench: Bench) -> None:
    document, connection = bench.load(body(paragraph("One"))), bench.connection()
    order = delivery(document, "New copy", reviewed=False)
    bench.connector.write_back(connection, order)
    _deleted(bench, document, "New copy")
    with pytest.raises(TargetGone, match="deleted"):
        bench.connector.write_back(connection, dataclasses.replace(order, reviewed=True))
    assert "New copy" not in bench.texts(document)[BODY]


@pytest.mark.parametrize(
    ("token", "error"),
    [
        ("expired-1", NeedsPermission),
        ("readonly-1", NeedsPermission),
        ("stranger-1", NeedsPermission),
        ("hidden-1", TargetGone),
    ],
)
def test_an_account_that_may_not_is_told_so_and_who_acts(bench: Bench, token: str, error: type[Exception]) -> None:
    document = bench.load(body(paragraph("One")))
    with pytest.raises(error) as caught:
        bench.connector.write_back(bench.connection(token), delivery(document))
    problem = caught.value.problem()  # type: ignore[attr-defined]
    assert problem.instead
    assert problem.who
    assert token not in str(problem)
    assert bench.writes(document) == 0


def test_too_many_calls_are_left_to_the_hub_with_the_time_google_names(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    bench.sandbox.faults.add("429", seconds=7)
    with pytest.raises(RateLimited) as caught:
        bench.connector.write_back(bench.connection(), delivery(document))
    assert caught.value.after == 7
    assert not bench.connector.write_back(bench.connection(), delivery(document)).already


def test_a_document_edited_without_end_is_left_to_the_hub(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    bench.sandbox.faults.add("conflict", times=None)
    with pytest.raises(Unavailable, match="edited"):
        bench.connector.write_back(bench.connection(), delivery(document))
    assert len(bench.sandbox.journal.entries(operation="batchUpdate")) == 6
    assert bench.marker(document, "d1") is None


def test_a_change_refused_twice_at_one_revision_is_a_refusal(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    document = bench.load(body(paragraph("One")))
    # A name the API refuses (over 256 units) makes the whole batch one that it will never take.
    monkeypatch.setattr("connectors.google_docs.draft.OUT", "inlay:out:" + "x" * 300)
    with pytest.raises(VendorRefused, match="does not accept"):
        bench.connector.write_back(bench.connection(), delivery(document))
    assert len(bench.sandbox.journal.entries(operation="batchUpdate")) == 2
    assert bench.texts(document)[BODY] == "One\n"


def test_ten_writers_of_one_delivery_leave_one_insertion(bench: Bench) -> None:
    document, connection = bench.load(body(paragraph("One"))), bench.connection()
    order, receipts = delivery(document, "New copy"), []
    threads = [
        threading.Thread(target=lambda: receipts.append(bench.connector.write_back(connection, order)))
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receipts) == 10
    assert bench.texts(document)[BODY] == "One\nNew copy\n"


def test_one_delivery_costs_two_reads_and_one_write(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    bench.connector.write_back(bench.connection(), delivery(document))
    calls = [entry.operation.rsplit(".", 1)[-1] for entry in bench.sandbox.journal.entries()]
    assert calls == ["get", "batchUpdate", "get"]
    assert dict(bench.connector.delivery_cost) == {"read": calls.count("get"), "write": calls.count("batchUpdate")}


def test_the_marker_shows_the_key_and_no_more(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    long = delivery(document, key="k" * 300)
    receipt = bench.connector.write_back(bench.connection(), long)
    assert len(receipt.detail["marker"]) < 100
    assert bench.connector.write_back(bench.connection(), long).already
