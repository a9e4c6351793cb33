"""Remarks beside a text: written once each as comments, taken back whole, and the text itself never touched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from connectors.google_docs.client import client_of
from connectors.google_docs.sandbox import start
from hub.domain import RunState
from hub.pipeline import act
from hub.sdk import BadRequest, Comment, Conflict, Delivery, InlayError, NeedsPermission, Receipt, Target
from hub.testing import FakeModel
from tests import hubs
from tests.connectors.google_docs.connector_bench import Bench, body, paragraph
from tests.hubs import AUTHOR, ENVELOPE, a_hub, request

TEXT = "The quietest drill on the market. Nine hours on one charge."
REMARKS = (
    Comment(quote="The quietest drill on the market", text="A superlative needs a comparison."),
    Comment(quote="Nine hours on one charge", text="Covered by LT-114."),
)


def remarks(document: str, *comments: Comment, **more: Any) -> Delivery:
    at = {"document": document, "end": True}
    return Delivery(
        key="run-7.1",
        run_id="run-7",
        target=Target(connection="docs", at=at),
        text="",
        comments=comments or REMARKS,
        provenance={"url": "https://inlay.example.com/runs/run-7"},
        **more,
    )


def standing(bench: Bench, document: str) -> list[str]:
    return [one["content"] for one in bench.sandbox.store.get(document).comments]


def written(bench: Bench, order: Delivery) -> Receipt:
    return bench.connector.write_back(bench.connection(), order)


def hanging(bench: Bench, document: str) -> list[str]:
    """The passages comments hang on, in the order of the comments, as the sandbox's anchors cover them."""
    snapshot = bench.sandbox.store.get(document)
    anchors = {name: one for tab in snapshot.tabs for name, one in tab["documentTab"].get("commentAnchors", {}).items()}
    segments = {(tab.id, one.id): one for tab in bench.read(document).tabs for one in tab.segments}
    found = []
    for comment in snapshot.comments:
        for span in anchors[comment["anchor"]]["ranges"] if "anchor" in comment else []:
            segment = segments[span["tabId"], span.get("segmentId", "")]
            found.append(segment.text(span.get("startIndex", 0), span["endIndex"]))
    return found


def test_each_remark_hangs_on_its_passage_and_names_its_run(bench: Bench) -> None:
    document = bench.load(body(paragraph("🎯 🇫🇷"), paragraph(TEXT)))
    receipt = written(bench, remarks(document))
    first, second = standing(bench, document)
    assert first == "A superlative needs a comparison.\n[Inlay run run-7 · 1.1]"
    assert "[Inlay run run-7 · 1.2]" in second
    assert hanging(bench, document) == [one.quote for one in REMARKS]
    assert receipt.detail["comments"] == receipt.detail["anchored"]
    assert (len(receipt.detail["comments"]), receipt.detail["note"]) == (2, "Written as 2 comments.")


def test_remarks_cost_two_reads_and_one_write(bench: Bench) -> None:
    document = bench.load(body(paragraph(TEXT)))
    written(bench, remarks(document))
    assert bench.sandbox.calls() == {"reads": 2, "writes": 1}


def test_a_remark_whose_passage_is_not_there_quotes_it_beside_the_document(bench: Bench) -> None:
    document = bench.load(body(paragraph(TEXT)))
    order = remarks(document, REMARKS[0], Comment(quote="Nine days on one charge", text="Which test?"))
    receipt = written(bench, order)
    assert "“Nine days on one charge”\nWhich test?" in standing(bench, document)[1]
    assert hanging(bench, document) == [REMARKS[0].quote]
    assert "1 of them beside the document" in receipt.detail["note"]
    again = written(bench, order)
    assert (again.already, again.detail) == (True, receipt.detail)


def test_of_two_equal_passages_the_remark_hangs_on_the_one_the_run_was_about(bench: Bench) -> None:
    document = bench.load(body(paragraph("So quiet."), paragraph("Second. So quiet. Really.")))
    at = {"document": document, "quote": "Second. So quiet. Really."}
    order = replace(remarks(document, Comment(quote="So quiet.", text="?")), target=Target(connection="docs", at=at))
    written(bench, order)
    (anchor,) = bench.sandbox.store.get(document).tabs[0]["documentTab"]["commentAnchors"].values()
    assert anchor["ranges"][0]["startIndex"] > 11


def test_of_equal_passages_above_a_command_the_remark_hangs_on_the_nearest(bench: Bench) -> None:
    lines = ("So quiet.", "So quiet.", "/ai", "So quiet.")
    document = bench.load(body(*map(paragraph, lines)))
    at = {"document": document, "quote": "/ai"}
    order = replace(remarks(document, Comment(quote="So quiet.", text="?")), target=Target(connection="docs", at=at))
    written(bench, order)
    (anchor,) = bench.sandbox.store.get(document).tabs[0]["documentTab"]["commentAnchors"].values()
    assert anchor["ranges"][0]["startIndex"] == 11


@pytest.mark.parametrize(("commenting", "token"), [("refused", ""), ("failed", ""), ("on", "commenter-1")])
def test_where_nothing_may_hang_in_the_text_remarks_stand_beside_it(
    bench: Bench, commenting: Literal["on", "refused", "failed"], token: str
) -> None:
    document, connection = bench.load(body(paragraph(TEXT))), bench.connection(token)
    bench.sandbox.store.commenting = commenting
    before, order = bench.texts(document), remarks(document)
    receipt = bench.connector.write_back(connection, order)
    first, second = standing(bench, document)
    assert first == "“The quietest drill on the market”\nA superlative needs a comparison.\n[Inlay run run-7 · 1.1]"
    assert "[Inlay run run-7 · 1.2]" in second
    quoted = [one["quotedFileContent"]["value"] for one in bench.sandbox.store.get(document).comments]
    assert quoted == [one.quote for one in REMARKS]
    assert (bench.texts(document), receipt.detail["anchored"]) == (before, [])
    bench.sandbox.store.commenting = "on"
    again = bench.connector.write_back(connection, order)
    assert (again.already, again.detail) == (True, receipt.detail)
    bench.connector.undo(connection, order.target, receipt)
    assert standing(bench, document) == []


def test_who_may_only_read_is_told_what_to_do(bench: Bench) -> None:
    document = bench.load(body(paragraph(TEXT)))
    with pytest.raises(NeedsPermission) as caught:
        bench.connector.write_back(bench.connection("readonly-1"), remarks(document))
    assert caught.value.instead


def test_no_letter_of_the_text_changes(bench: Bench) -> None:
    document = bench.load(body(paragraph(TEXT)))
    before = bench.texts(document)
    written(bench, remarks(document))
    assert bench.texts(document) == before
    requests = {kind for one in bench.sandbox.journal.entries(operation="batchUpdate") for kind in one.requests}
    assert requests == {"insertComment"}


def test_asked_again_it_finds_its_comments_and_writes_none(bench: Bench) -> None:
    document = bench.load(body(paragraph(TEXT)))
    first = written(bench, remarks(document))
    again = written(bench, remarks(document))
    assert again.already
    assert again.detail["comments"] == first.detail["comments"]
    assert len(standing(bench, document)) == 2


MARK = "[Inlay run run-7 · 1.1]"


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("ya29.person", f"Nothing to see here. {MARK}"),
        ("ya29.person", f"Who wrote “{MARK}” here?"),
        ("ya29.somebody-else", f"Nothing to see here. {MARK}"),
        ("ya29.somebody-else", f"A superlative needs a comparison.\n{MARK}"),
    ],
)
@pytest.mark.parametrize("commenting", ["on", "refused"])
def test_a_comment_that_quotes_a_mark_does_not_pass_for_the_remark(
    bench: Bench, commenting: Literal["on", "refused"], token: str, said: str
) -> None:
    document = bench.load(body(paragraph(TEXT)))
    bench.sandbox.store.commenting = commenting
    client_of(bench.connection(token)).comment(document, said, "")
    order = remarks(document)
    receipt = written(bench, order)
    assert not receipt.already
    assert len(standing(bench, document)) == 3
    assert written(bench, order).already
    bench.connector.undo(bench.connection(), order.target, receipt)
    assert standing(bench, document) == [said]


def test_a_remark_that_its_author_changed_after_the_receipt_is_not_written_again(bench: Bench) -> None:
    document = bench.load(body(paragraph(TEXT)))
    first = written(bench, remarks(document))
    bench.sandbox.store.delete_comment(document, first.detail["comments"][1])
    client_of(bench.connection()).comment(document, "Covered, says the lab.", "")
    (_, changed) = bench.sandbox.store.get(document).comments
    known = replace(first, detail={**first.detail, "comments": [first.detail["comments"][0], changed["id"]]})
    assert written(bench, replace(remarks(document), earlier=known)).already
    assert len(standing(bench, document)) == 2


@pytest.mark.parametrize("fault", ["503", "503-after-commit", "drop", "drop-after-commit", "429", "html", "conflict"])
@pytest.mark.parametrize("commenting", ["on", "refused"])
def test_whatever_happens_to_a_reply_each_remark_stands_once(
    bench: Bench, commenting: Literal["on", "refused"], fault: str
) -> None:
    document = bench.load(body(paragraph(TEXT)))
    bench.sandbox.store.commenting = commenting
    bench.sandbox.faults.add(fault, on="batchUpdate" if commenting == "on" else "comments.create")
    for _ in range(3):
        try:
            written(bench, remarks(document))
        except InlayError as error:
            assert error.retry
    assert bench.sandbox.faults.waiting() == []
    assert sorted(one.rsplit("\n", 1)[-1] for one in standing(bench, document)) == [
        "[Inlay run run-7 · 1.1]",
        "[Inlay run run-7 · 1.2]",
    ]


def test_taking_them_back_leaves_other_peoples_comments(bench: Bench) -> None:
    document = bench.load(body(paragraph(TEXT)))
    other = replace(remarks(document, Comment(quote="", text="Somebody else's.")), key="run-8.1", run_id="run-8")
    written(bench, other)
    order = remarks(document)
    receipt = written(bench, order)
    bench.connector.undo(bench.connection(), order.target, receipt)
    assert [one.split("\n")[0] for one in standing(bench, document)] == ["Somebody else's."]
    assert bench.connector.undo(bench.connection(), order.target, receipt).already


def test_a_comment_somebody_answered_stays(bench: Bench) -> None:
    document = bench.load(body(paragraph(TEXT)))
    order = remarks(document)
    receipt = written(bench, order)
    bench.sandbox.store.answer_comment(document, receipt.detail["comments"][0], "I have the comparison.")
    with pytest.raises(Conflict):
        bench.connector.undo(bench.connection(), order.target, receipt)
    assert len(standing(bench, document)) == 2


def test_what_another_person_may_not_delete_stays_and_says_so(bench: Bench) -> None:
    document = bench.load(body(paragraph(TEXT)))
    order = remarks(document)
    receipt = written(bench, order)
    with pytest.raises(Conflict, match="let Inlay delete"):
        bench.connector.undo(bench.connection("ya29.somebody-else"), order.target, receipt)
    assert len(standing(bench, document)) == 2


@pytest.mark.parametrize("fault", ["503-after-commit", "drop", "conflict"])
def test_taking_them_back_works_whatever_goes_wrong(bench: Bench, fault: str) -> None:
    document = bench.load(body(paragraph(TEXT)))
    order = remarks(document)
    receipt = written(bench, order)
    bench.sandbox.faults.add(fault)
    for _ in range(2):
        try:
            bench.connector.undo(bench.connection(), order.target, receipt)
        except InlayError as error:
            assert error.retry
    assert standing(bench, document) == []
    assert (
        "commentAnchors" not in bench.sandbox.store.get(document).tabs[0]["documentTab"]
        or hanging(bench, document) == []
    )


def test_a_long_remark_is_cut_within_two_kilobytes_and_says_where_the_rest_is(bench: Bench) -> None:
    document = bench.load(body(paragraph(TEXT)))
    written(bench, remarks(document, Comment(quote="🎯" * 400, text="Ü🇫🇷 " * 900)))
    (said,) = standing(bench, document)
    assert len(said.encode()) <= 2048
    assert "https://inlay.example.com/runs/run-7" in said
    assert said.endswith("[Inlay run run-7 · 1.1]")


def test_simulated_remarks_reach_no_real_account(bench: Bench) -> None:
    document = bench.load(body(paragraph(TEXT)))
    with pytest.raises(BadRequest):
        bench.connector.write_back(bench.connection(sandbox=False), remarks(document, simulated=True))
    assert "Simulated" in standing_after(bench, document)


def standing_after(bench: Bench, document: str) -> str:
    written(bench, remarks(document, simulated=True))
    return standing(bench, document)[0]


def test_the_claims_of_a_document_are_checked_by_comments_alone(tmp_path: Path) -> None:
    sandbox = start(sample=False, check_replies=True)
    remark = {"risk": "high", "evidence": "none given", "why": "It compares with all rivals.", "instead": "quiet"}
    model = FakeModel({"variants": [{"quote": "The quietest drill on the market", **remark}], **ENVELOPE})
    try:
        document = sandbox.store.load(body(paragraph(TEXT)), "launch").id
        before = sandbox.store.text(document)
        with a_hub(tmp_path, model=model) as hub:
            hubs.connect(hub, sandbox.url)
            target = Target(connection="docs", at={"document": document, "quote": TEXT})
            run = hub.run(request(template="claims-check", inputs={"market": "EU"}, target=target))
            assert run.state is RunState.DELIVERED, run.problem
            (comment,) = sandbox.store.get(document).comments
            assert comment["content"].startswith("It compares with all rivals.")
            assert comment["quotedFileContent"]["value"] == "The quietest drill on the market"
            assert sandbox.store.text(document) == before
            act.undo(hub.parts, run, AUTHOR)
            assert sandbox.store.get(document).comments == ()
        assert sandbox.violations == []
    finally:
        sandbox.stop()
