"""Drafts as suggestions: one suggestion, named, whatever goes wrong; accepted, rejected, reviewed and taken back."""

from __future__ import annotations

import dataclasses
import json
import threading
from typing import Any

import pytest

from connectors.google_docs import suggest, write_back
from connectors.google_docs.sandbox_faults import KINDS
from connectors.google_docs.sandbox_suggestions import preview, suggestions
from hub.sdk import Conflict, Delivery, RateLimited, Receipt, Standing, TargetGone
from tests.connectors.google_docs.connector_bench import Bench, body, delivery, paragraph, table, take_back

BODY = ("t.0", "")
LINE = "[AI draft, not reviewed · Inlay run run-7]"


def proposed(document: str, text: str = "New copy", key: str = "d1", **more: Any) -> Delivery:
    return dataclasses.replace(delivery(document, text, key, reviewed=False, **more), suggest=True)


def write(bench: Bench, order: Delivery) -> Receipt:
    return bench.connector.write_back(bench.connection(), order)


def shown(bench: Bench, document: str, accepted: bool) -> str:
    """The text with every suggestion accepted, or without them."""
    from connectors.google_docs.sandbox_document import text_of

    tabs = preview(bench.sandbox.store.get(document).tabs, accepted)
    return text_of(tabs[0]["documentTab"]["body"]["content"])


def ids(bench: Bench, document: str) -> list[str]:
    return suggestions(bench.sandbox.store.get(document).tabs)


def three(bench: Bench) -> str:
    return bench.load(body(paragraph("One", "HEADING_1"), paragraph("Say the brave word"), paragraph("Two")))


PLACES: list[dict[str, Any]] = [
    {"end": True},
    {"heading": "One"},
    {"quote": "brave"},
    {"quote": "brave", "mode": "replace"},
    {"quote": "Say the brave word", "mode": "replace"},
]


@pytest.mark.parametrize("at", PLACES, ids=str)
@pytest.mark.parametrize("decision", ["accept", "reject"])
def test_an_author_gets_what_an_edit_would_have_made_or_the_document_as_it_was(
    bench: Bench, at: dict[str, Any], decision: str
) -> None:
    document, edited = three(bench), three(bench)
    before = bench.texts(document)
    receipt = write(bench, proposed(document, "New\ncopy", **at))
    write(bench, delivery(edited, "New\ncopy", reviewed=False, **at))
    assert receipt.detail["note"] == suggest.SUGGESTED
    assert shown(bench, document, accepted=False) == before[BODY]
    assert shown(bench, document, accepted=True) == bench.texts(edited)[BODY]
    assert (bench.marker(document, "d1"), bench.marker(document, "d1", "mark", ).strip()) == ("New\ncopy", LINE)  # type: ignore[union-attr]  # fmt: skip

    for one in ids(bench, document):
        getattr(bench.sandbox.store, decision)(document, one)
    assert bench.texts(document) == (bench.texts(edited) if decision == "accept" else before)
    assert bench.marker(document, "d1") == ("New\ncopy" if decision == "accept" else None)


def test_a_draft_below_a_heading_is_no_heading_once_accepted(bench: Bench) -> None:
    document = three(bench)
    write(bench, proposed(document, heading="One", mode="below"))
    for one in ids(bench, document):
        bench.sandbox.store.accept(document, one)
    found = bench.read(document).tabs[0].body
    levels = {found.text(one.start, one.end).strip(): one.level for one in found.paragraphs}
    assert levels["One"] == 1
    assert levels["New copy"] is None


def test_a_draft_below_a_list_is_still_suggested_and_leaves_the_list_alone(bench: Bench) -> None:
    raw = body(paragraph("one", bullet={"listId": "kix.list"}), paragraph("after"))
    document = bench.load({**raw, "lists": {"kix.list": {"listProperties": {}}}})
    order = proposed(document, quote="one")
    receipt = write(bench, order)
    assert receipt.detail["note"] == suggest.SUGGESTED
    take_back(bench, bench.connection(), order, receipt)
    found = bench.read(document).tabs[0].body
    assert [(found.text(one.start, one.end), one.item) for one in found.paragraphs] == [
        ("one\n", True),
        ("after\n", False),
    ]


@pytest.mark.parametrize("at", PLACES, ids=str)
def test_undo_of_a_pending_suggestion_leaves_no_trace(bench: Bench, at: dict[str, Any]) -> None:
    document = three(bench)
    before = bench.texts(document)
    order = proposed(document, "New\ncopy", **at)
    receipt = write(bench, order)
    take_back(bench, bench.connection(), order, receipt)
    assert bench.texts(document) == before
    assert ids(bench, document) == []
    assert take_back(bench, bench.connection(), order, receipt).already


@pytest.mark.parametrize("at", PLACES, ids=str)
def test_undo_of_an_accepted_suggestion_is_the_undo_of_an_edit(bench: Bench, at: dict[str, Any]) -> None:
    document = three(bench)
    before = bench.texts(document)
    order = proposed(document, **at)
    receipt = write(bench, order)
    for one in ids(bench, document):
        bench.sandbox.store.accept(document, one)
    take_back(bench, bench.connection(), order, receipt)
    assert bench.texts(document) == before


def test_undo_leaves_a_suggestion_that_somebody_edited(bench: Bench) -> None:
    document = three(bench)
    order = proposed(document)
    receipt = write(bench, order)
    (at,) = bench.read(document).tabs[0].body.find("New copy")
    bench.sandbox.store.edit(document, {"insertText": {"location": {"index": at[0] + 3}, "text": "er"}})
    edited = bench.texts(document)
    with pytest.raises(Conflict):
        take_back(bench, bench.connection(), order, receipt)
    assert bench.texts(document) == edited


def test_undo_takes_one_of_two_drafts_that_google_holds_for_one_suggestion(bench: Bench) -> None:
    document = three(bench)
    first = proposed(document, "First")
    write(bench, first)
    with_first = bench.texts(document)
    second = proposed(document, "Second", "d2")
    receipt = write(bench, second)
    assert len(ids(bench, document)) == 1
    take_back(bench, bench.connection(), second, receipt)
    assert bench.texts(document) == with_first
    assert bench.marker(document, "d1") == "First"
    assert shown(bench, document, accepted=False) == "One\nSay the brave word\nTwo\n"


def test_a_review_clears_the_line_inside_the_suggestion_and_leaves_the_rest_to_the_author(bench: Bench) -> None:
    document = three(bench)
    order = proposed(document, quote="Two")
    receipt = write(bench, order)
    reviewed = dataclasses.replace(order, reviewed=True, suggest=False, earlier=receipt)
    cleared = write(bench, reviewed)
    assert bench.texts(document)[BODY] == "One\nSay the brave word\nTwo\nNew copy\n"
    assert cleared.detail["mark"] == ""
    assert shown(bench, document, accepted=False) == "One\nSay the brave word\nTwo\n"
    assert bench.connector.read_back(bench.connection(), reviewed) == Standing(state="pending")
    take_back(bench, bench.connection(), order, cleared)
    assert bench.texts(document)[BODY] == "One\nSay the brave word\nTwo\n"
    assert ids(bench, document) == []


def test_what_became_of_it_waits_for_the_author(bench: Bench) -> None:
    document, refused = three(bench), three(bench)
    order, other = proposed(document), proposed(refused)
    order = dataclasses.replace(order, earlier=write(bench, order))
    other = dataclasses.replace(other, earlier=write(bench, other))
    assert bench.connector.read_back(bench.connection(), order) == Standing(state="pending")
    bench.sandbox.store.accept(document, *ids(bench, document))
    assert bench.connector.read_back(bench.connection(), order) == Standing(state="kept", changed=0.0)
    bench.sandbox.store.reject(refused, *ids(bench, refused))
    assert bench.connector.read_back(bench.connection(), other) == Standing(state="deleted", changed=1.0)


def test_a_rejected_suggestion_is_not_written_again(bench: Bench) -> None:
    document = three(bench)
    order = proposed(document)
    receipt = write(bench, order)
    bench.sandbox.store.reject(document, *ids(bench, document))
    for again in (order, dataclasses.replace(order, reviewed=True, suggest=False)):
        with pytest.raises(TargetGone):
            write(bench, dataclasses.replace(again, earlier=receipt))
    assert bench.texts(document)[BODY] == "One\nSay the brave word\nTwo\n"


@pytest.mark.parametrize("at", PLACES, ids=str)
@pytest.mark.parametrize("between", ["nothing", "accepted", "reviewed"])
def test_a_crash_before_the_ranges_is_mended_by_the_next_call(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, at: dict[str, Any], between: str
) -> None:
    document, straight = three(bench), three(bench)
    before = bench.texts(document)
    order = proposed(document, **at)
    write(bench, proposed(straight, **at))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(write_back, "_name", _crash)
        write(bench, order)
    assert bench.marker(document, "d1") is None
    if between == "accepted":
        bench.sandbox.store.accept(document, *ids(bench, document))
        bench.sandbox.store.accept(straight, *ids(bench, straight))
    if between == "reviewed":
        order = dataclasses.replace(order, reviewed=True, suggest=False)
        write(bench, dataclasses.replace(order, target=proposed(straight, **at).target))
    receipt = write(bench, order)
    assert bench.texts(document) == bench.texts(straight)
    assert bench.marker(document, "d1") == "New copy"
    assert receipt.already is (between != "reviewed")
    assert write(bench, order).already
    if between != "accepted":
        take_back(bench, bench.connection(), order, receipt)
        assert bench.texts(document) == before
        assert ids(bench, document) == []


def _crash(*_: Any) -> Any:
    raise KeyboardInterrupt


def test_two_drafts_of_one_run_left_without_ranges_are_not_mistaken_for_each_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = three(bench)
    orders = [proposed(document, key="d1", quote="One"), proposed(document, key="d2", quote="Two")]
    for order in orders:
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            # Nobody sees the other's text as its own before it is there: the second one starts from nothing.
            patch.setattr(write_back, "_name", _crash)
            patch.setattr(suggest, "_unnamed", _far(order.target.at["quote"]))
            write(bench, order)
    assert bench.texts(document)[BODY].count(LINE) == 2
    for order in orders:
        assert write(bench, order).already
    below = [bench.read(document).named(f"inlay:out:{key}")[0].start for key in ("d1", "d2")]
    assert below == sorted(below)
    assert bench.texts(document)[BODY].count(LINE) == 2


def _far(quote: str) -> Any:
    """``_unnamed`` as if the two had written at the same moment: it sees only what stands below ``quote``."""
    real = suggest._unnamed  # pyright: ignore[reportPrivateUsage]

    def seen(document: Any, line: str, text: str) -> Any:
        return [one for one in real(document, line, text) if one.segment.text(0, one.start).endswith(f"{quote}\n")]

    return seen


def test_ten_writers_of_one_delivery_leave_one_suggestion(bench: Bench) -> None:
    document, receipts = three(bench), list[Receipt]()
    order = proposed(document)
    threads = [threading.Thread(target=lambda: receipts.append(write(bench, order))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receipts) == 10
    assert bench.texts(document)[BODY].count("New copy") == 1
    assert {receipt.detail["note"] for receipt in receipts} == {suggest.SUGGESTED}


@pytest.mark.parametrize("mode", ["on", "refused", "ignored"])
@pytest.mark.parametrize("fault", KINDS)
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_one_effect_whichever_batch_something_goes_wrong_with(bench: Bench, mode: Any, fault: str, nth: int) -> None:
    bench.sandbox.store.suggesting = mode
    for at in PLACES:
        bench.connection().memory.pop(suggest.MEMORY, None)
        document = three(bench)
        before = bench.texts(document)
        where: dict[str, Any] = at if fault != "conflict" or "heading" not in at else {"end": True}
        order = proposed(document, **where)
        for _ in range(nth - 1):
            bench.sandbox.faults.add("slow", seconds=0)
        bench.sandbox.faults.add(fault, seconds=0)
        try:
            receipt = write(bench, order)
        except RateLimited:
            receipt = write(bench, order)
        bench.sandbox.faults.clear()
        assert bench.texts(document)[BODY].count(LINE) == 1
        assert bench.marker(document, "d1") == "New copy"
        assert receipt.detail["note"] == (suggest.SUGGESTED if mode == "on" else suggest.DIRECT)
        assert write(bench, order).already
        take_back(bench, bench.connection(), order, receipt)
        assert bench.texts(document)[BODY].replace("(Somebody typed this.) ", "") == before[BODY]
        assert ids(bench, document) == []


@pytest.mark.parametrize("mode", ["refused", "ignored"])
def test_an_account_without_suggestions_is_asked_once_and_each_receipt_says_so(bench: Bench, mode: Any) -> None:
    bench.sandbox.store.suggesting = mode
    document = three(bench)
    receipt = write(bench, proposed(document))
    assert receipt.detail["note"] == suggest.DIRECT
    assert bench.connection().memory[suggest.MEMORY] is False
    assert ids(bench, document) == []
    other, asked = three(bench), len(bench.sandbox.journal.entries(operation="batchUpdate"))
    assert write(bench, proposed(other)).detail["note"] == suggest.DIRECT
    assert len(bench.sandbox.journal.entries(operation="batchUpdate")) == asked + 1


def test_an_account_with_suggestions_is_remembered_and_costs_two_reads_and_two_writes(bench: Bench) -> None:
    write(bench, proposed(three(bench)))
    assert bench.connection().memory[suggest.MEMORY] is True
    calls = [entry.operation.rsplit(".", 1)[-1] for entry in bench.sandbox.journal.entries()]
    assert calls == ["get", "batchUpdate", "batchUpdate", "get"]


@pytest.mark.parametrize("mode", ["refused", "ignored"])
def test_a_refusal_after_a_success_is_remembered_for_a_day_and_then_tried_again(bench: Bench, mode: Any) -> None:
    memory, calls = bench.connection().memory, bench.sandbox.journal
    assert write(bench, proposed(three(bench))).detail["note"] == suggest.SUGGESTED
    bench.sandbox.store.suggesting = mode
    assert write(bench, proposed(three(bench))).detail["note"] == suggest.DIRECT
    bench.sandbox.store.suggesting = "on"
    asked = len(calls.entries(operation="batchUpdate"))
    assert write(bench, proposed(three(bench))).detail["note"] == suggest.DIRECT
    assert len(calls.entries(operation="batchUpdate")) == asked + 1
    memory[suggest.REFUSED] -= suggest.REMEMBERED
    assert write(bench, proposed(three(bench))).detail["note"] == suggest.SUGGESTED
    assert suggest.works(bench.connection()) is True


def test_the_note_stays_true_when_the_author_has_accepted(bench: Bench) -> None:
    document = three(bench)
    order = proposed(document)
    receipt = write(bench, order)
    bench.sandbox.store.accept(document, *ids(bench, document))
    assert write(bench, order).detail["note"] == suggest.SUGGESTED
    del bench.connection().memory[suggest.MEMORY]
    assert write(bench, dataclasses.replace(order, earlier=receipt)).detail["note"] == suggest.SUGGESTED


def test_a_reviewed_draft_and_one_that_nobody_asked_to_suggest_are_written_directly(bench: Bench) -> None:
    for order in (dataclasses.replace(delivery(three(bench)), suggest=True), delivery(three(bench), reviewed=False)):
        receipt = write(bench, order)
        assert ids(bench, receipt.vendor_id) == []
        assert "note" not in receipt.detail


@pytest.mark.parametrize("mode", ["on", "refused", "ignored"])
@pytest.mark.parametrize(
    "at", [{"end": True}, {"quote": "cell two", "mode": "replace"}, {"quote": "cell two"}], ids=str
)
def test_somebody_elses_suggestions_stay_as_they_are(bench: Bench, mode: Any, at: dict[str, Any]) -> None:
    bench.sandbox.store.suggesting = mode
    document = bench.load(body(paragraph("One 🎯"), table(["cell one", "cell two"]), paragraph("Two")))
    words = [
        {"insertText": {"location": {"index": 4}, "text": "🇫🇷 theirs\nnext"}},
        {"deleteContentRange": {"range": {"startIndex": 1, "endIndex": 3}}},
    ]
    theirs = bench.sandbox.store.suggest(document, *words, by="colleague@sandbox.example")
    (end,) = bench.read(document).tabs[0].body.find("Two")
    span = {"startIndex": end[0] + 1, "endIndex": end[1]}
    theirs += bench.sandbox.store.suggest(document, {"deleteContentRange": {"range": span}}, by="colleague@x.example")
    before = bench.sandbox.store.get(document).tabs
    order = proposed(document, "Neu 🎯\nzwei", **at)
    receipt = write(bench, order)
    assert bench.marker(document, "d1") == "Neu 🎯\nzwei"
    assert set(theirs) <= set(ids(bench, document))
    take_back(bench, bench.connection(), order, receipt)
    assert json.dumps(bench.sandbox.store.get(document).tabs, sort_keys=True) == json.dumps(before, sort_keys=True)
