"""The card add-on, through the real hub: from opening it to the draft in the document, with tokens verified."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store import connections, teams
from hub.testing import FakeModel
from tests.connectors.google_docs.card_bench import (
    COPY,
    DOCUMENT,
    PASSAGE,
    TITLE,
    Google,
    beside_a_document,
)
from tests.flow.web.site import OTHER
from tests.hubs import TEAM, TEMPLATE, answer


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Google]:
    with beside_a_document(tmp_path) as opened:
        yield opened


def test_from_opening_the_add_on_to_the_draft_in_the_document(google: Google) -> None:
    google.rewrite()
    assert "Done: the draft is in the document" in google.words
    assert COPY in google.words
    assert google.text().count(COPY) == 1


def test_the_first_card_names_the_document_and_offers_the_teams_templates(google: Google) -> None:
    assert google.open() == {"action": {"navigations": [{"pushCard": google.card}]}}
    assert google.card["header"]["title"] == "Launch <copy>"
    assert TITLE in _lines(google)
    google.click(_lines(google)[-1])
    assert google.can_click("Run")


@pytest.mark.parametrize("title", ["", " \u00a0 ", "\n"])
def test_a_document_without_a_name_gets_a_card_with_a_title(google: Google, title: str) -> None:
    docs = {"id": DOCUMENT, "title": title, "addonHasFileScopePermission": True}
    told = google.call("home", docs=docs)
    assert told["action"]["navigations"][0]["pushCard"]["header"]["title"] == "This document"


def test_a_used_template_moves_to_the_top(tmp_path: Path) -> None:
    now = [1_790_000_000.0]
    with beside_a_document(tmp_path, clock=lambda: now[0]) as google:
        google.signer.clock = lambda: now[0]
        google.open()
        assert _lines(google)[0] != "Shorten or repurpose"
        google.click("Shorten or repurpose")
        google.click("Run")
        now[0] += 600
        google.open()
        assert _lines(google)[0] == "Shorten or repurpose"


def test_without_runs_the_first_card_says_what_will_stand_there(google: Google) -> None:
    google.open()
    assert "Nothing yet." in google.words
    google.rewrite()
    google.open()
    assert "Nothing yet." not in google.words
    google.click("Open")
    assert "Done: the draft is in the document" in google.words


def test_runs_in_another_document_and_of_other_people_are_not_listed(google: Google) -> None:
    google.rewrite()
    google.document = "demo-newsletter"
    google.open()
    assert "Nothing yet." in google.words
    google.document, google.person = DOCUMENT, "jon@example.com"
    google.open()
    assert "Nothing yet." in google.words


@pytest.mark.parametrize("granted", [False, None])
def test_a_document_the_add_on_may_not_see_is_asked_for(google: Google, granted: bool | None) -> None:
    google.granted = granted
    google.document = DOCUMENT if granted is False else ""
    google.open()
    assert "Inlay cannot see this document yet." in google.words
    assert not google.can_click(TITLE)
    assert google.click("Allow this document") == {
        "renderActions": {"hostAppAction": {"editorAction": {"requestFileScopeForActiveDocument": {}}}}
    }
    google.granted, google.document = True, DOCUMENT
    google.open("file-scope-granted")
    assert google.can_click(TITLE)


def test_the_document_is_known_though_clicks_come_without_its_id_or_flag(google: Google) -> None:
    google.keeps_id, google.granted = False, None
    google.rewrite()
    assert google.text().count(COPY) == 1
    google.click("Refresh")
    assert "Done" in google.words


def test_a_form_has_a_widget_for_each_kind_of_input_with_its_default_chosen(google: Google) -> None:
    google.open()
    google.click(TITLE)
    form = google.form()
    assert form["in.reading_level"] == ["general business"]
    assert form["in.voice"][0].startswith("clear, warm")
    assert "in.text" not in form
    google.open()
    google.click("Shorten or repurpose")
    assert google.form()["in.channels"] == ["summary", "linkedin", "newsletter"]


def test_typed_inputs_reach_the_model_as_their_types(tmp_path: Path) -> None:
    model = FakeModel(answer())
    with beside_a_document(tmp_path, model=model) as google:
        google.rewrite(voice="Dry as dust", keep="Sommerlicht\n\n Zoë \n", reading_level="expert")
        inputs = model.prompts[0].inputs
        assert inputs["keep"] == ["Sommerlicht", "Zoë"]
        assert (inputs["voice"], inputs["reading_level"]) == ("Dry as dust", "expert")


def test_an_empty_text_is_read_at_the_place_chosen(tmp_path: Path) -> None:
    model = FakeModel(answer())
    with beside_a_document(tmp_path, model=model) as google:
        google.rewrite(text="", place="replace", quote=PASSAGE)
        assert model.prompts[0].inputs["text"] == PASSAGE
        assert COPY in google.text()
        assert PASSAGE not in google.text()


def test_a_draft_goes_below_a_passage_or_to_the_end_of_a_section(google: Google) -> None:
    google.rewrite(place="below", quote=PASSAGE)
    assert f"{PASSAGE}\n{COPY}\n" in google.text()
    google.rewrite(place="heading", quote="Who it is for")
    assert google.text().count(COPY) == 2


def test_a_place_without_its_words_is_asked_for_and_the_form_stays(google: Google) -> None:
    google.open()
    google.click(TITLE)
    form = google.card
    google.click("Run", place="replace", text="Hello there, everybody.")
    assert "word for word" in google.note
    assert google.card is form
    google.click("Run", text="Hello there, everybody.")
    assert "Done" in google.words


def test_the_same_click_twice_is_one_run_and_one_text(google: Google) -> None:
    google.open()
    google.click(TITLE)
    form = google.cards.copy()
    google.click("Run", text="Hello there, everybody.")
    first = google.run_id
    google.cards = form
    google.click("Run", text="Hello there, everybody.")
    assert google.run_id == first
    assert google.text().count(COPY) == 1


def test_another_persons_click_id_is_no_way_into_their_run(google: Google) -> None:
    google.open()
    google.click(TITLE)
    form = google.cards.copy()
    google.click("Run", text="Hello there, everybody.")
    first = google.run_id
    google.cards, google.person = form, "jon@example.com"
    google.click("Run", text="Hello there, everybody.")
    assert google.run_id != first


def test_errors_are_cards_with_status_200(google: Google) -> None:
    for view, parameters in (
        ("refresh", {"run": "no-such-run"}),
        ("result-action", {"run": "no-such-run", "act": "undo"}),
        ("result-action", {"act": "dance"}),
        ("template", {"template": "no-such-template"}),
        ("run", {"template": TEMPLATE}),
        ("run", {"template": TEMPLATE, "click": "short"}),
    ):
        told = google.call(view, {}, parameters)
        (navigation,) = told["renderActions"]["action"]["navigations"]
        google._show(navigation)
        assert "What this means" in google.words


def test_a_stranger_is_told_who_can_let_them_in(google: Google) -> None:
    google.person = "stranger@example.com"
    google.open()
    assert "You are in no team that uses this connection." in google.words
    assert "a lead" in google.words


def test_a_paused_connection_says_so_on_a_card(google: Google) -> None:
    with google.site.hub.database.transaction() as tx:
        connections.pause(tx, "docs", True, google.site.hub.parts.clock())
    google.open()
    assert "is paused" in google.words


def test_whoever_proves_nothing_gets_401_and_no_card(google: Google) -> None:
    signer = google.signer
    for given in (
        {"system": "x.y.z"},
        {"system": signer.system(email="service-999@gcp-sa-gsuiteaddons.iam.gserviceaccount.com")},
        {"system": signer.system(aud="https://elsewhere.example.com/cards/home")},
        {"system": signer.user()},
        {"user": ""},
        {"user": signer.user(email_verified=False)},
        {"user": signer.user(iat=1_500_000_000, exp=1_500_003_600)},
    ):
        for view in ("home", "run"):
            answered = google.raw(view, **given)
            assert answered.status_code == 401
            assert "pushCard" not in answered.text
            assert "does not prove" in answered.text
    assert google.site.client().get("/connect/google_docs/docs/cards/home").status_code in (401, 405)


def test_an_event_with_everything_missing_or_strange_breaks_nothing(google: Google) -> None:
    for common in ({}, {"formInputs": 1, "parameters": []}, {"formInputs": {"x": {"stringInputs": {"value": "y"}}}}):
        event = {
            "commonEventObject": common,
            "docs": {"id": "../../etc/passwd", "title": 7, "addonHasFileScopePermission": "yes"},
            "authorizationEventObject": {"userIdToken": google.signer.user()},
        }
        headers = {"Authorization": f"Bearer {google.signer.system()}"}
        answered = google.site.client().post("/connect/google_docs/docs/cards/home", json=event, headers=headers)
        assert answered.status_code == 200
        google._show(answered.json["action"]["navigations"][0])
        assert "Inlay cannot see this document yet." in google.words


def test_a_person_of_two_teams_works_for_the_one_they_choose(google: Google) -> None:
    with google.site.hub.database.transaction() as tx:
        teams.put_person(tx, google.person, "Mara", dict.fromkeys((TEAM, OTHER), teams.Role.MEMBER), 0.0)
        connections.enable(tx, "docs", OTHER, {})
    google.open()
    google.click(OTHER)
    assert OTHER in google.card["header"]["subtitle"]
    google.click(TITLE)
    google.click("Run", text="Hello there, everybody.")
    assert google.site.hub.get(google.run_id).team == OTHER


def _lines(google: Google) -> list[str]:
    """The templates on the first card, from the top."""
    return [widget["decoratedText"]["text"] for widget in google.card["sections"][0]["widgets"]]
