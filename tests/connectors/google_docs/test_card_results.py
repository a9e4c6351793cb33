"""A run on a card: its result, however long the model takes and whatever became of the place, and what can be done."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.google_docs import cards
from hub.sdk import Answer, Prompt, Unavailable
from hub.testing import FakeModel
from tests.connectors.google_docs.card_bench import (
    COPY,
    DOCUMENT,
    PASSAGE,
    Google,
    beside_a_document,
    texts,
    widgets,
)
from tests.connectors.google_docs.sandbox_bench import delete, insert
from tests.flow.web.test_api_acts import EMAIL, SECRET
from tests.hubs import answer, wait_for


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Google]:
    with beside_a_document(tmp_path) as opened:
        yield opened


class Held(FakeModel):
    """Answers only once it is let go."""

    def __init__(self) -> None:
        super().__init__(answer())
        self.asked, self.go = threading.Event(), threading.Event()

    def ask(self, prompt: Prompt) -> Answer:
        self.asked.set()
        assert self.go.wait(60)
        return super().ask(prompt)


def test_a_click_is_answered_while_the_model_still_works_and_refresh_shows_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "WAIT", 0.05)
    model = Held()
    with beside_a_document(tmp_path, model=model) as google:
        try:
            google.rewrite()
            assert "Working on it" in google.words
            google.click("Refresh")
            assert "Working on it" in google.words
            assert COPY not in google.text()
        finally:
            model.go.set()
        wait_for(google.site.hub, google.run_id)
        google.click("Refresh")
        assert "Done: the draft is in the document" in google.words


def test_a_card_waits_for_a_result_less_long_than_google_does() -> None:
    assert 0 < cards.WAIT < 5


def test_undo_takes_the_draft_out_again(google: Google) -> None:
    before = google.text()
    google.rewrite()
    google.click("Undo")
    assert google.note == "Taken back."
    assert "Taken back: the document is as it was" in google.words
    assert google.text() == before
    assert not google.can_click("Undo")


def test_a_draft_somebody_edited_is_not_undone_and_the_card_says_why(google: Google) -> None:
    google.rewrite(place="below", quote=PASSAGE)
    google.sandbox.store.edit(DOCUMENT, insert(google.text().index(COPY) + 8, "!"))
    google.click("Undo")
    assert "edited" in google.words
    assert len(google.cards) == 3, "the card with the run is still there, below this one"


def test_one_tap_says_what_got_in_the_way(google: Google) -> None:
    google.rewrite()
    google.click("wrong tone")
    assert google.note.startswith("Thank you")
    shown = google.site.client().get(f"/api/v1/runs/{google.run_id}", headers=google.site.bearer()).json
    (given,) = [one for one in shown["timeline"] if one["event"] == "feedback.given"]
    assert given["data"]["tag"] == "wrong tone"


def test_a_place_that_is_gone_keeps_the_draft_and_offers_the_end_and_other_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "WAIT", 0.05)
    model = Held()
    with beside_a_document(tmp_path, model=model) as google:
        try:
            google.rewrite(place="below", quote=PASSAGE)
            assert model.asked.wait(60)
            start = google.text().index(PASSAGE)
            google.sandbox.store.edit(DOCUMENT, delete(start + 1, start + 13))
        finally:
            model.go.set()
        wait_for(google.site.hub, google.run_id)
        google.click("Refresh")
        assert "The place in the document is gone; the draft is kept" in google.words
        assert COPY in google.words
        google.click("Insert there", place="below", quote="")
        assert "word for word" in google.note
        google.click("Insert at the end")
        google.site.hub.start(workers=1)
        wait_for(google.site.hub, google.run_id)
        google.click("Refresh")
        assert "Done" in google.words
        assert google.text().rstrip("\n").endswith(COPY)


def test_an_expired_token_waits_for_the_person_and_goes_on_at_their_next_click(google: Google) -> None:
    google.token = "expired-ya29"
    google.rewrite()
    assert "Waits for you" in google.words
    google.token = "ya29.fresh"
    google.site.hub.start(workers=1)
    google.click("Refresh")
    wait_for(google.site.hub, google.run_id)
    google.click("Refresh")
    assert "Done" in google.words
    assert google.text().count(COPY) == 1


def test_each_person_writes_with_their_own_token_and_nobody_with_anothers(tmp_path: Path) -> None:
    with beside_a_document(tmp_path, settings={"access_token": None}) as google:
        google.rewrite()
        assert "Done" in google.words
        google.person, google.token = "jon@example.com", "readonly-ya29-of-jon"
        google.rewrite()
        assert "Waits for you" in google.words
        assert "Google does not let Inlay work on this document in your name." in google.words
        google.site.hub.start(workers=1)
        google.click("Allow this document")
        wait_for(google.site.hub, google.run_id)
        google.token = "ya29.of-jon"
        google.click("Try again")
        wait_for(google.site.hub, google.run_id)
        google.click("Refresh")
        assert "Done" in google.words
        assert google.text().count(COPY) == 2
        calls = google.sandbox.journal.entries()
        assert len({one.by for one in calls if one.operation == "documents.batchUpdate"}) == 2


def test_try_again_goes_on_once_however_the_run_came_to_move(google: Google) -> None:
    google.token = "expired-ya29"
    google.rewrite()
    google.token = "ya29.fresh"
    google.site.hub.start(workers=1)
    google.click("Try again")
    wait_for(google.site.hub, google.run_id)
    google.click("Refresh")
    assert google.text().count(COPY) == 1


def test_what_a_check_found_is_told_with_why_and_instead(google: Google) -> None:
    google.rewrite(text=f"The key is {SECRET}, use it.")
    assert "What the checks found" in google.words
    assert "Why: " in google.words
    assert "Instead: " in google.words
    assert SECRET not in json.dumps([one for one in google.card["sections"]])
    assert COPY not in google.text()


def test_a_draft_that_a_peer_reviews_says_so_and_leads_to_its_run(tmp_path: Path) -> None:
    with beside_a_document(tmp_path, model=FakeModel(EMAIL)) as google:
        google.open()
        google.click("Campaign email")
        google.click("Run", offer="Tyres by Friday", segment="drivers", goal="book")
        assert "a reviewer looks at it" in google.words
        assert f"/runs/{google.run_id}" in google.words


def test_what_a_document_or_a_model_says_is_shown_and_never_read_as_markup(tmp_path: Path) -> None:
    nasty = '<a href="https://evil.example">click</a> & <b>bold</b> <img src=x>'
    with beside_a_document(tmp_path, model=FakeModel(answer(nasty))) as google:
        google.rewrite(text="<i>Hello</i> there, everybody.")
        shown = [text for widget in widgets(google.card) for _, text in texts(widget)]
        assert not any("<" in text.replace("<br>", "").replace("<b>", "").replace("</b>", "") for text in shown)
        assert any("&lt;a href=" in text and "&amp; &lt;b&gt;bold&lt;/b&gt;" in text for text in shown)


def test_a_long_draft_is_cut_short_on_the_card_and_whole_in_the_document(tmp_path: Path) -> None:
    long = "Spring sale. " * 900
    with beside_a_document(tmp_path, model=FakeModel(answer(long.strip()))) as google:
        google.rewrite(text=long)
        assert long.strip() in google.text()
        assert len(google.words) < 15_000
        assert "…" in google.words


def test_a_model_that_is_away_is_told_and_the_run_goes_on_by_itself(tmp_path: Path) -> None:
    with beside_a_document(tmp_path, model=FakeModel(Unavailable("The model is away."), answer())) as google:
        google.rewrite()
        assert google.can_click("Refresh")


def test_the_persons_token_stands_in_no_card_and_no_run(google: Google) -> None:
    google.token = "ya29.a-token-nobody-may-read"
    google.rewrite()
    shown = google.site.client().get(f"/api/v1/runs/{google.run_id}", headers=google.site.bearer()).text
    assert "nobody-may-read" not in json.dumps(google.cards) + shown + repr(google.site.hub.get(google.run_id))
