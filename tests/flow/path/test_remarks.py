"""Remarks beside a text, through the whole path: comments only, the text untouched, and nothing written for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.google_docs.sandbox import Sandbox
from hub.bootstrap import Hub
from hub.domain import Run, RunState
from hub.errors import Conflict
from hub.offline import Simulator
from hub.pipeline import act, look_back
from hub.sdk import Model
from hub.store import deliveries
from hub.testing import FakeModel
from hub.web import run_view
from tests import hubs
from tests.hubs import AUTHOR, ENVELOPE, a_hub, at_end_of, kinds, request

DOCUMENT = "demo-newsletter"
TEXT = "Clinically proven: the quietest drill. Call Zoë on +49 30 901820 today. You will love it."
NONE = {"quote": "", "risk": "none", "evidence": "none given", "why": "No objective claim.", "instead": "fine as it is"}


def remark(quote: str, **more: str) -> dict[str, str]:
    why = "“Clinically proven” and “guaranteed” need the study itself."
    return {"quote": quote, "risk": "high", "evidence": "none given", "why": why, "instead": "tested", **more}


def said(*variants: dict[str, str]) -> dict[str, Any]:
    return {"variants": list(variants), **ENVELOPE}


@contextmanager
def checking(home: Path, sandbox: Sandbox, model: Model) -> Iterator[Hub]:
    with a_hub(home, model=model) as hub:
        hubs.connect(hub, sandbox.url)
        yield hub


def check(hub: Hub, **more: Any) -> Run:
    inputs = {"text": TEXT, "market": "EU"}
    return hub.run(request(template="claims-check", inputs=inputs, target=at_end_of(DOCUMENT), **more))


def comments(sandbox: Sandbox) -> list[str]:
    return [one["content"] for one in sandbox.store.get(DOCUMENT).comments]


def test_each_remark_is_a_comment_and_no_letter_of_the_text_changes(tmp_path: Path, sandbox: Sandbox) -> None:
    before = sandbox.store.text(DOCUMENT)
    model = FakeModel(said(remark("the quietest drill"), remark("Clinically proven", risk="low")))
    with checking(tmp_path, sandbox, model) as hub:
        run = check(hub)
        assert run.state is RunState.DELIVERED, run.problem
        assert len(comments(sandbox)) == 2
        assert sandbox.store.text(DOCUMENT) == before
        shown = run_view.whole(run_view.opened(hub, run), "")
        assert [one["fields"]["quote"] for one in shown["draft"]["variants"]] == [
            "the quietest drill",
            "Clinically proven",
        ]


def test_remarks_may_name_the_words_that_copy_may_not_hold_and_stay_advice(tmp_path: Path, sandbox: Sandbox) -> None:
    with checking(tmp_path, sandbox, FakeModel(said(remark("Clinically proven")))) as hub:
        run = check(hub)
        assert run.state is RunState.DELIVERED, run.problem
        assert run.tier == 0
        noted = [f.rule for v in run.output_verdicts for f in v.findings]
        assert "claims-us.unproven-science" in noted


def test_copy_that_holds_them_is_still_held(tmp_path: Path, sandbox: Sandbox) -> None:
    with checking(tmp_path, sandbox, FakeModel(hubs.answer("Clinically proven to be quiet."))) as hub:
        assert hub.run(request()).state is RunState.HELD


def test_a_quote_with_personal_data_is_found_again_under_its_mask(tmp_path: Path, sandbox: Sandbox) -> None:
    class Echo(FakeModel):
        def ask(self, prompt):  # type: ignore[no-untyped-def]
            masked = prompt.inputs["text"].partition("Call ")[2].partition(" today")[0]
            assert "901820" not in masked
            return FakeModel(said(remark(f"Call {masked}"))).ask(prompt)

    with checking(tmp_path, sandbox, Echo()) as hub:
        run = check(hub)
        assert run.state is RunState.DELIVERED, run.problem
        (comment,) = sandbox.store.get(DOCUMENT).comments
        assert comment["quotedFileContent"]["value"] == "Call Zoë on +49 30 901820"


def test_a_quote_that_stands_nowhere_is_sent_back_to_be_mended(tmp_path: Path, sandbox: Sandbox) -> None:
    model = FakeModel(said(remark("the most silent drill")), said(remark("the quietest drill")))
    with checking(tmp_path, sandbox, model) as hub:
        run = check(hub)
        assert run.state is RunState.DELIVERED, run.problem
        assert model.calls == 2
        assert "word for word" in str(model.prompts[1].messages)


def test_no_claim_is_a_good_result_that_is_delivered_and_written_nowhere(tmp_path: Path, sandbox: Sandbox) -> None:
    with checking(tmp_path, sandbox, FakeModel(said(NONE))) as hub:
        calls = len(sandbox.journal.entries())
        run = check(hub)
        assert run.state is RunState.DELIVERED, run.problem
        assert comments(sandbox) == []
        # What composing reads and no more.
        assert [one.operation for one in sandbox.journal.entries()[calls:]] == ["documents.get"]
        shown = run_view.whole(run_view.opened(hub, run), "")
        (row,) = shown["deliveries"]
        assert (row["state"], row["receipt"]["vendor_id"]) == ("done", "")
        assert "nothing to remark" in row["receipt"]["note"]
        assert "No objective claim." in shown["draft"]["variants"][0]["text"]
        assert "undo" not in run_view.actions(run_view.opened(hub, run))
        with pytest.raises(Conflict):
            act.undo(hub.parts, run, AUTHOR)
        assert "delivery.done" in kinds(hub, run)


def test_nothing_written_is_not_looked_for_a_day_later(tmp_path: Path, sandbox: Sandbox) -> None:
    now = [1_800_000_000.0]
    with a_hub(tmp_path, model=FakeModel(said(NONE)), clock=lambda: now[0]) as hub:
        hubs.connect(hub, sandbox.url)
        check(hub)
        now[0] += 3 * 86_400
        assert look_back.look(hub.parts) == 0
        assert [one.operation for one in sandbox.journal.entries()] == ["documents.get"]


def test_a_remark_of_no_words_beside_others_is_shown_and_not_written(tmp_path: Path, sandbox: Sandbox) -> None:
    with checking(tmp_path, sandbox, FakeModel(said(remark("the quietest drill"), NONE))) as hub:
        run = check(hub)
        assert len(comments(sandbox)) == 1
        with hub.database.reading() as tx:
            assert all(deliveries.stands(row) for row in deliveries.of_run(tx, run.id))


def test_the_simulator_checks_claims_too(tmp_path: Path, sandbox: Sandbox) -> None:
    with checking(tmp_path, sandbox, Simulator()) as hub:
        run = check(hub)
        assert run.state is RunState.DELIVERED, run.problem
        (comment,) = comments(sandbox)
        assert "Simulated, no model is connected." in comment
