"""A delivery that waited: its document may lie in the bin by now, and what asking for it costs."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from connectors.google_docs import waited
from hub.sdk import Comment, TargetGone
from tests.connectors.google_docs.connector_bench import Bench, body, delivery, paragraph

BODY = ("t.0", "")


def test_a_document_put_into_the_bin_during_the_review_is_gone_until_it_is_taken_out(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    order = delivery(document, "New", reviewed=False)
    accepted = replace(order, reviewed=True, earlier=bench.connector.write_back(bench.connection(), order))
    bench.sandbox.store.trash(document)
    before = bench.texts(document)
    with pytest.raises(TargetGone, match="bin") as caught:
        bench.connector.write_back(bench.connection(), accepted)
    assert "out of the bin" in caught.value.instead
    assert bench.texts(document) == before
    bench.sandbox.store.trash(document, False)
    bench.connector.write_back(bench.connection(), accepted)
    assert bench.texts(document)[BODY] == "One\nNew\n"


def test_where_drive_does_not_tell_about_the_bin_the_write_goes_on(bench: Bench) -> None:
    document = bench.load(body(paragraph("One")))
    order = delivery(document, "New", reviewed=False)
    accepted = replace(order, reviewed=True, earlier=bench.connector.write_back(bench.connection(), order))
    bench.sandbox.faults.add("503", on="files.get")
    bench.connector.write_back(bench.connection(), accepted)
    assert bench.texts(document)[BODY] == "One\nNew\n"


def test_a_whole_invocation_costs_three_reads_and_one_write_and_a_suggestion_one_write_more(bench: Bench) -> None:
    for suggested, writes in ((False, 1), (True, 2)):
        document, before = bench.load(body(paragraph("One"))), bench.sandbox.calls()
        order = replace(delivery(document, "New", quote="One", reviewed=not suggested), suggest=suggested)
        bench.connector.context(bench.connection(), order.target)
        bench.connector.write_back(bench.connection(), order)
        after = bench.sandbox.calls()
        assert (after["reads"] - before["reads"], after["writes"] - before["writes"]) == (3, writes)


@pytest.mark.parametrize("remarks", [(), (Comment(quote="One", text="Says who?"),)], ids=["text", "remarks"])
def test_a_draft_that_waited_does_not_go_into_a_document_in_the_bin(bench: Bench, remarks: tuple[Comment, ...]) -> None:
    document = bench.load(body(paragraph("One")))
    an_hour_ago = {"asked_at": time.time() - 3600}
    order = replace(delivery(document, "New", key="run-7.1"), comments=remarks, provenance=an_hour_ago)
    bench.sandbox.store.trash(document)
    with pytest.raises(TargetGone, match="bin"):
        bench.connector.write_back(bench.connection(), order)
    assert bench.writes(document) == 0 and not bench.sandbox.store.get(document).comments
    bench.sandbox.store.trash(document, False)
    assert not bench.connector.write_back(bench.connection(), order).already


@pytest.mark.parametrize("suggested", [False, True])
@pytest.mark.parametrize("waits", ["not", "for minutes", "for a review"])
def test_what_a_delivery_is_said_to_cost_is_what_it_costs(bench: Bench, suggested: bool, waits: str) -> None:
    document = bench.load(body(paragraph("One")))
    asked_at = time.time() - (waited.FRESH + 60 if waits == "for minutes" else 1)
    order = replace(delivery(document, "New", quote="One", reviewed=not suggested), suggest=suggested)
    order = replace(order, provenance={"asked_at": asked_at})
    if waits == "for a review":
        first = bench.connector.write_back(bench.connection(), replace(order, reviewed=False, suggest=False))
        order = replace(order, reviewed=True, suggest=False, earlier=first)
    before = bench.sandbox.calls()
    bench.connector.write_back(bench.connection(), order)
    after = bench.sandbox.calls()
    spent = {"read": after["reads"] - before["reads"], "write": after["writes"] - before["writes"]}
    assert spent == dict(bench.connector.cost(order))
