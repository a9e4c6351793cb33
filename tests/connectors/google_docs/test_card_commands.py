"""``/ai …`` commands through the card add-on and the real hub: one click, each command once, the draft in its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.google_docs.card_commands import BUTTON
from hub.sdk import Unavailable
from hub.testing import FakeModel
from tests.connectors.google_docs.card_bench import Google, beside_a_document, widgets
from tests.connectors.google_docs.connector_bench import body, paragraph, table
from tests.hubs import ENVELOPE, answer, wait_for

ONE, TWO = "First short copy.", "Second short copy."


@pytest.fixture
def model() -> FakeModel:
    return FakeModel(answer(ONE), answer(TWO))


@pytest.fixture
def google(tmp_path: Path, model: FakeModel) -> Iterator[Google]:
    with beside_a_document(tmp_path, model=model) as opened:
        yield opened


def load(google: Google, *content: dict[str, Any]) -> None:
    google.document = google.sandbox.store.load(body(*content), "with-commands").id


def run(google: Google, button: str = BUTTON) -> None:
    """Click, let what was started end, and look at what became of it."""
    google.click(button)
    for one in widgets(google.card):
        opens = one.get("decoratedText", {}).get("button")
        if opens:
            told = {part["key"]: part["value"] for part in opens["onClick"]["action"]["parameters"]}
            wait_for(google.site.hub, told["run"])
    if google.can_click("Refresh"):
        google.click("Refresh")


def three(google: Google) -> None:
    load(
        google,
        paragraph("Our sale starts on Monday 🌞."),
        paragraph("/ai rewrite warmer"),
        paragraph("/ai dance <b>with me</b>"),
        table(["Everybody is welcome.", "/AI\u00a0rewrite: Come in, all of you."]),
    )
    google.open()


def test_one_click_runs_two_commands_in_their_places_and_tells_what_is_wrong_with_the_third(
    google: Google, model: FakeModel
) -> None:
    three(google)
    run(google)
    text = google.text()
    assert ONE in text and TWO in text
    assert "/ai rewrite" not in text and "Come in, all of you." not in text
    assert "/ai dance" in text
    assert google.words.count("Done: the draft is in the document") == 2
    assert "There is no template “dance”." in google.words and "/ai shorten" in google.words
    assert [prompt.inputs["text"] for prompt in model.prompts] == [
        "Our sale starts on Monday 🌞.",
        "Come in, all of you.",
    ]


def test_a_line_that_names_no_channel_becomes_one_version(tmp_path: Path) -> None:
    model = FakeModel({"variants": [{"copy": ONE, "channel": "summary"}], **ENVELOPE})
    with beside_a_document(tmp_path, model=model) as google:
        load(google, paragraph("Our sale starts on Monday. Come, all of you."), paragraph("/ai shorten 50 words"))
        google.open()
        run(google)
        assert model.prompts[0].inputs["channels"] == ["summary"]
        assert google.text().count(ONE) == 1


CLAIM = {"risk": "high", "evidence": "none given", "why": "It compares with all rivals.", "instead": "quiet"}
SAID = {"variants": [{"quote": "So quiet.", **CLAIM}, {"quote": "Nine hours", **CLAIM}], **ENVELOPE}
NOTHING = {"variants": [{"quote": "", **CLAIM, "risk": "none", "instead": "fine as it is"}], **ENVELOPE}


def test_a_check_writes_its_remarks_on_its_own_section_leaves_the_line_and_says_how_many(tmp_path: Path) -> None:
    with beside_a_document(tmp_path, model=FakeModel(SAID)) as google:
        load(
            google,
            paragraph("Before", "HEADING_1"),
            paragraph("So quiet. Nine hours."),
            paragraph("Drill", "HEADING_1"),
            paragraph("So quiet. Nine hours."),
            paragraph("/ai check claims EU"),
            paragraph("After", "HEADING_1"),
        )
        before = google.text()
        google.open()
        run(google)
        assert "Done: 2 remarks stand in the document as comments" in google.words
        assert google.text() == before
        anchors = google.sandbox.store.get(google.document).tabs[0]["documentTab"]["commentAnchors"].values()
        found = [before[one["ranges"][0]["startIndex"] - 1 : one["ranges"][0]["endIndex"] - 1] for one in anchors]
        assert sorted(found) == ["Nine hours", "So quiet."]
        assert all(one["ranges"][0]["startIndex"] > before.index("Drill") for one in anchors)
        google.click("Open")
        assert "the draft is in the document" not in google.words
        assert "Remarks" in google.words and "“So quiet.”" in google.words
        google.click("Undo")
        assert "Taken back" in google.words
        assert google.sandbox.store.get(google.document).comments == ()


def test_a_check_that_finds_nothing_says_that_nothing_was_written(tmp_path: Path) -> None:
    with beside_a_document(tmp_path, model=FakeModel(NOTHING)) as google:
        load(google, paragraph("Come in."), paragraph("/ai check claims"))
        google.open()
        run(google)
        assert "Done: nothing was written into the document" in google.words


def test_two_checks_of_one_section_are_two_runs(tmp_path: Path) -> None:
    away = Unavailable("The model is away.")
    with beside_a_document(tmp_path, model=FakeModel(away, SAID, SAID)) as google:
        load(google, paragraph("So quiet. Nine hours."), paragraph("/ai claims EU"), paragraph("/ai claims US"))
        google.open()
        google.click(BUTTON)
        assert _rows(google) == ["/ai claims EU", "/ai claims US"]


def test_the_same_click_again_changes_nothing(google: Google, model: FakeModel) -> None:
    three(google)
    before = google.cards.copy()
    run(google)
    text, shown = google.text(), _rows(google)
    google.cards = before
    run(google)
    assert google.text() == text
    assert model.calls == 2
    assert _rows(google) == shown


def test_the_first_card_is_ready_for_another_click(google: Google, model: FakeModel) -> None:
    load(google, paragraph("A text."), paragraph("/ai rewrite warmer"))
    google.open()
    run(google)
    load(google, paragraph("Another text."), paragraph("/ai rewrite warmer"))
    google.cards.pop()
    run(google)
    assert model.calls == 2
    assert TWO in google.text()


def test_refresh_runs_nothing_and_looking_again_runs_what_is_new(google: Google, model: FakeModel) -> None:
    load(google, paragraph("A text."), paragraph("/ai rewrite warmer"))
    google.open()
    run(google)
    load(google, paragraph("A text."), paragraph("/ai rewrite colder"))
    google.click("Refresh")
    assert model.calls == 1
    run(google, "Look for commands again")
    assert model.calls == 2
    assert TWO in google.text()


def test_a_document_without_commands_says_how_to_write_one(google: Google, model: FakeModel) -> None:
    load(google, paragraph("Nothing to do."))
    google.open()
    run(google)
    assert "There are no commands in this document." in google.words
    assert model.calls == 0


def test_equal_commands_each_work_on_their_own_text_and_are_replaced_in_their_own_place(
    google: Google, model: FakeModel
) -> None:
    load(google, paragraph("A"), paragraph("/ai rewrite"), paragraph("B"), paragraph("/ai rewrite"))
    google.open()
    run(google)
    assert google.text() == f"A\n{ONE}\nB\n{TWO}\n"
    assert [prompt.inputs["text"] for prompt in model.prompts] == ["A", "B"]
    assert _rows(google) == ["/ai rewrite", "/ai rewrite"]


def test_equal_commands_of_a_document_that_may_only_be_read_ask_for_the_permission(
    google: Google, model: FakeModel
) -> None:
    load(google, paragraph("A"), paragraph("/ai rewrite"), paragraph("B"), paragraph("/ai rewrite"))
    google.token = "readonly-ya29"
    google.open()
    google.click(BUTTON)
    assert "Google does not let Inlay work on this document in your name." in google.words
    assert model.calls == 0


@pytest.mark.parametrize("fault", ["drop-after-commit", "503-after-commit", "503"])
def test_a_name_whose_reply_is_lost_is_there_or_is_told_to_be_missing(
    google: Google, model: FakeModel, fault: str
) -> None:
    load(google, paragraph("A"), paragraph("/ai rewrite"), paragraph("B"), paragraph("/ai rewrite"))
    google.open()
    google.sandbox.faults.add(fault, on="documents.batchUpdate")
    run(google)
    if fault == "503":
        assert google.words.count("Write them differently") == 2
    else:
        assert google.text() == f"A\n{ONE}\nB\n{TWO}\n"


def test_a_line_whose_run_is_not_over_gets_no_second_run(tmp_path: Path) -> None:
    model = FakeModel(Unavailable("The model is away."), answer(ONE))
    with beside_a_document(tmp_path, model=model) as google:
        load(google, paragraph("A text."), paragraph("/ai rewrite warmer"))
        google.open()
        google.click(BUTTON)
        assert "Working on it" in google.words
        google.cards.pop()
        google.click(BUTTON)
        assert _rows(google) == ["/ai rewrite warmer"]
        assert model.calls == 1


def test_the_document_is_read_in_the_persons_own_name(google: Google) -> None:
    load(google, paragraph("Nothing to do."))
    google.open()
    google.token = "expired"
    google.click(BUTTON)
    assert "Your access to Google Docs has ended" in google.words


def test_a_click_without_its_id_is_answered_with_a_card(google: Google) -> None:
    told = google.call("commands", {}, {})
    google._show(told["renderActions"]["action"]["navigations"][0])
    assert "Open the add-on again." in google.words


def _rows(google: Google) -> list[str]:
    return [one["decoratedText"]["text"] for one in widgets(google.card) if "decoratedText" in one]
