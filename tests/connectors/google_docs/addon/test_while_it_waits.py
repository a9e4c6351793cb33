"""The document changes while a run waits, the hub goes away, a review comes later: nothing is lost or overwritten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.testing import FakeModel
from hub.web import create_app
from tests.connectors.google_docs.addon.test_insert import DRAFT, SALE, Made, drafted, marker
from tests.connectors.google_docs.addon_stage import DOCUMENT, Desk, a_desk, problem_of, served
from tests.flow.web.test_api_acts import ASKED, EMAIL, SECRET
from tests.hubs import TEMPLATE, a_hub, answer, wait_for

OFFER = "Winter is over: change your tyres."


def test_text_moved_up_and_down_is_still_found(desk: Desk) -> None:
    desk.stage.open("A", SALE, "B")
    run = drafted(desk, [["body", 1]])
    desk.stage.do("paragraph", path=["body"], at=0, text="New first")
    desk.stage.do("type", path=["body", 1, 0], offset=0, text="More. ")
    desk.insert(run, "replace")
    assert desk.stage.body() == ["New first", "More. A", DRAFT, "B"]


@pytest.mark.parametrize("mode", ["below", "replace"])
def test_a_text_that_was_edited_meanwhile_is_not_touched_and_other_places_are_offered(desk: Desk, mode: str) -> None:
    desk.stage.open("A", SALE, "B")
    run = drafted(desk, [["body", 1]])
    desk.stage.do("type", path=["body", 1, 0], offset=4, text="great ")
    told = desk.insert(run, mode)
    assert (told["status"], told["why"], told["offers"]) == ("orphaned", "changed", ["below", "cursor", "end"])
    assert desk.stage.body()[1] == "Our great spring sale starts on Monday and everybody is welcome."
    assert desk.insert(run, "replace", anyway=True)["status"] == "orphaned"
    assert desk.insert(run, "below", anyway=True)["status"] == "inserted"
    assert desk.stage.body()[2] == DRAFT


def test_a_text_that_was_deleted_meanwhile_leaves_the_end_and_the_cursor(desk: Desk) -> None:
    desk.stage.open("A", SALE, "B")
    run = drafted(desk, [["body", 1]])
    desk.stage.do("remove", path=["body", 1])
    told = desk.insert(run)
    assert (told["why"], told["offers"]) == ("gone", ["cursor", "end"])
    desk.stage.do("cursor", path=None)
    assert "cursor" in problem_of(lambda: desk.insert(run, "cursor"))["what"]
    desk.stage.do("cursor", path=["body", 0, 0], offset=1)
    desk.insert(run, "cursor")
    assert desk.stage.body() == ["A", DRAFT, "B"]
    desk.stage.ask("undo", run=run, marker=marker(desk, run))
    desk.insert(run, "end")
    assert desk.stage.body() == ["A", "B", DRAFT]
    desk.stage.ask("undo", run=run, marker=marker(desk, run))
    assert desk.stage.body() == ["A", "B"]


def test_of_several_places_of_one_name_the_one_with_the_selected_text_counts(desk: Desk) -> None:
    desk.stage.open("A", SALE, "B")
    run = drafted(desk, [["body", 1]])
    name = desk.stage.ask("look", run=run)["run"]["range"]
    desk.stage.do("nameRange", name=name, parts=[{"path": ["body", 0]}])
    desk.stage.do("nameRange", name=name, parts=[{"path": ["body", 2]}])
    desk.insert(run, "replace")
    assert desk.stage.body() == ["A", DRAFT, "B"]


def test_a_range_that_was_split_is_changed_text_and_is_not_replaced(desk: Desk) -> None:
    desk.stage.open("One two", "Three four")
    run = drafted(desk, [["body", 0]], [["body", 1]])
    desk.stage.do("paragraph", path=["body"], at=1, text="In between")
    desk.stage.do("erase", path=["body", 0, 0], start=0, end=4)
    assert desk.insert(run, "replace")["why"] == "changed"
    assert desk.stage.body() == ["two", "In between", "Three four"]


def test_a_paragraph_put_between_the_selected_ones_keeps_them_from_being_replaced(desk: Desk) -> None:
    desk.stage.open("One two", "Three four")
    run = drafted(desk, [["body", 0]], [["body", 1]])
    desk.stage.do("paragraph", path=["body"], at=1, text="In between")
    assert problem_of(lambda: desk.insert(run, "replace"))["instead"] == "Insert it below instead."
    assert desk.stage.body() == ["One two", "In between", "Three four"]


def test_tabs_inside_tabs_are_searched_and_the_tab_of_the_click_is_written(desk: Desk) -> None:
    tabs = [
        {"id": "t.0", "body": ["First tab"], "childTabs": [{"id": "t.0.0", "body": ["A", SALE]}]},
        {"id": "t.1", "body": [SALE], "childTabs": [{"id": "t.1.0", "body": [SALE, "B"]}]},
    ]
    desk.stage.open(tabs=tabs)
    run = drafted(desk, [["body", 0]], tab="t.1.0")
    desk.stage.select([["body", 0]], tab="t.0")
    desk.insert(run, "replace")
    assert desk.stage.body("t.1.0") == [DRAFT, "B"]
    assert desk.stage.body("t.1") == [SALE]
    assert desk.stage.body("t.0.0") == ["A", SALE]
    assert desk.shown(run)["deliveries"][0]["url"].endswith("tab=t.1.0")


def test_an_edited_draft_is_not_undone(desk: Desk) -> None:
    desk.stage.open(SALE)
    run = drafted(desk, [["body", 0]])
    desk.insert(run)
    desk.stage.do("type", path=["body", 1, 0], offset=6, text=" and summer")
    problem = problem_of(lambda: desk.stage.ask("undo", run=run, marker=marker(desk, run)))
    assert "edited" in problem["what"]
    assert desk.stage.body()[1] == "Spring and summer sale, from Monday. Come in."
    assert desk.shown(run)["deliveries"][0]["state"] == "placed"


def test_a_draft_that_is_gone_already_counts_as_taken_back(desk: Desk) -> None:
    desk.stage.open("A", SALE, "B")
    run = drafted(desk, [["body", 1]])
    desk.insert(run)
    name = marker(desk, run)
    desk.stage.do("remove", path=["body", 2])
    assert desk.stage.ask("undo", run=run, marker=name)["status"] == "undone"
    assert desk.stage.body() == ["A", SALE, "B"]


def test_a_lost_answer_to_a_click_is_one_run(desk: Desk) -> None:
    desk.stage.open(SALE)
    desk.stage.select([["body", 0]])
    desk.stage.do("lose", call=1)
    problem = problem_of(lambda: desk.start(TEMPLATE, click="click-lost"))
    assert problem["code"] == "away"
    assert "once" in problem["instead"]
    run = desk.start(TEMPLATE, click="click-lost")["run"]["id"]
    assert [one["id"] for one in desk.stage.ask("open")["runs"]] == [run]


def test_a_receipt_that_got_lost_is_told_at_the_next_opening_and_undo_still_knows_the_old_text(
    desk: Desk, wholes: dict[str, Any]
) -> None:
    desk.stage.open("A", SALE, options=wholes)
    run = drafted(desk, [["body", 1]])
    # The call before the last asks for the run; the last one cannot say that it was written.
    desk.stage.do("fail", call=2)
    told = desk.insert(run, "replace")
    assert (told["status"], told["reported"]) == ("inserted", False)
    desk.stage.ask("open")
    assert len(desk.shown(run)["deliveries"]) == 1
    assert desk.insert(run, "replace")["status"] == "already"
    desk.stage.ask("undo", run=run, marker=marker(desk, run))
    assert desk.stage.body() == ["A", SALE]


def test_the_hub_is_restarted_between_click_and_insert(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.stage.open("A", SALE)
        run = drafted(desk, [["body", 1]])
        desk.server.stop()
        desk.site.hub.close()
        with a_hub(tmp_path) as again, served(create_app(again), desk.server.port):
            assert desk.insert(run)["status"] == "inserted"
            assert again.get(run).state == "delivered"
        assert desk.stage.body() == ["A", SALE, DRAFT]


def test_a_hub_that_is_away_says_so_and_the_click_is_not_lost(desk: Desk) -> None:
    desk.stage.open(SALE)
    run = drafted(desk, [["body", 0]])
    desk.server.stop()
    problem = problem_of(lambda: desk.insert(run))
    assert problem["code"] == "away"
    assert desk.stage.body() == [SALE]


def test_who_is_not_known_is_told_in_words(desk: Desk) -> None:
    desk.stage.open(SALE)
    desk.stage.do("token", token="")
    assert "who you are" in problem_of(lambda: desk.stage.ask("open"))["what"]
    desk.sign_in(aud="somebody-else")
    problem = problem_of(lambda: desk.stage.ask("open"))
    assert problem["status"] == 401
    desk.sign_in("stranger@example.com")
    assert "lead" in problem_of(lambda: desk.stage.ask("open"))["instead"]


def test_a_refused_click_leaves_no_name_in_the_document(desk: Desk) -> None:
    desk.stage.open(SALE)
    desk.stage.select([["body", 0]])
    assert "reading_level" in str(problem_of(lambda: desk.start(TEMPLATE, reading_level="nobody"))["fields"])
    assert desk.stage.names() == {}


def test_a_text_a_rule_refuses_is_shown_with_why_and_instead_and_can_be_inserted_nowhere(desk: Desk) -> None:
    desk.stage.open(f"The key is {SECRET}.")
    desk.stage.select([["body", 0]])
    run = desk.run(TEMPLATE)["run"]
    assert run["state"] == "refused"
    assert run["problem"]["why"] and run["problem"]["instead"]
    assert [step["state"] for step in run["steps"]] == ["done", "stopped", "todo", "todo"]
    assert SECRET not in str(run)
    problem_of(lambda: desk.insert(run["id"]))
    assert desk.stage.body() == [f"The key is {SECRET}."]


def _reviewing(desk_with: Made, *body: str, **given: Any) -> tuple[Desk, str]:
    desk = desk_with(EMAIL, answer(), **given)
    desk.stage.open(*(body or ("A", OFFER, "B")))
    desk.stage.select([["body", 1]])
    seen = desk.run(ASKED["template"], **{k: v for k, v in ASKED["inputs"].items() if k != "offer"})
    assert seen["run"]["state"] == "in_review", seen["run"]["problem"]
    return desk, seen["run"]["id"]


def _accept(desk: Desk, run: str) -> None:
    answered = desk.site.approve(run)
    assert answered.status_code == 200, answered.text
    desk.site.hub.start(workers=1)
    wait_for(desk.site.hub, run)


@pytest.mark.parametrize("mode", ["below", "replace"])
def test_an_unreviewed_draft_carries_its_line_until_somebody_accepted_it(desk_with: Made, mode: str) -> None:
    desk, run = _reviewing(desk_with)
    told = desk.insert(run, mode)
    line = f"[AI draft, not reviewed · Inlay run {run}]"
    at = 2 if mode == "below" else 1
    assert desk.stage.body()[at] == line
    assert desk.shown(run)["deliveries"][0]["reviewed"] is False
    assert told["run"]["says"] == "In the document, not reviewed yet"
    desk.stage.ask("open")
    assert desk.stage.body()[at] == line
    _accept(desk, run)
    desk.stage.ask("open")
    assert line not in desk.stage.body()
    assert desk.shown(run)["deliveries"][0]["reviewed"] is True
    assert not [name for name in desk.stage.names() if name.startswith("inlay:mark:")]
    desk.stage.ask("undo", run=run, marker=marker(desk, run))
    assert desk.stage.body() == ["A", OFFER, "B"]


def test_inside_a_sentence_the_line_stands_before_the_draft_and_goes_without_a_trace(desk_with: Made) -> None:
    desk = desk_with(EMAIL, answer())
    desk.stage.open(f"So: {OFFER} Really.")
    desk.stage.select([["body", 0, 0], 4, 4 + len(OFFER)])
    seen = desk.run(ASKED["template"], **{k: v for k, v in ASKED["inputs"].items() if k != "offer"})
    run = seen["run"]["id"]
    desk.insert(run, "replace")
    line, text = seen["run"]["variants"][0]["mark"], seen["run"]["variants"][0]["text"]
    first, last = text.split("\n")[0], text.split("\n")[-1]
    assert desk.stage.body()[0] == f"So: {line} {first}"
    assert desk.stage.body()[-1] == f"{last} Really."
    _accept(desk, run)
    desk.stage.ask("open")
    assert desk.stage.body()[0] == f"So: {first}"
    desk.stage.ask("undo", run=run, marker=marker(desk, run))
    assert desk.stage.body() == [f"So: {OFFER} Really."]


def test_a_line_somebody_wrote_into_stays_theirs(desk_with: Made) -> None:
    desk, run = _reviewing(desk_with)
    desk.insert(run)
    desk.stage.do("type", path=["body", 2, 0], offset=3, text=" (mine)")
    kept = desk.stage.body()[2]
    _accept(desk, run)
    desk.stage.ask("open")
    assert desk.stage.body()[2] == kept


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lambda stage: None, "kept"),
        (lambda stage: stage.do("type", path=["body", 2, 0], offset=6, text=" and summer"), "edited"),
        (lambda stage: stage.do("remove", path=["body", 2]), "deleted"),
    ],
)
def test_at_the_next_opening_what_became_of_a_draft_is_told_once(
    desk: Desk, change: Callable[[Any], Any], state: str
) -> None:
    desk.stage.open("A", SALE, "B")
    run = drafted(desk, [["body", 1]])
    desk.insert(run)
    change(desk.stage)
    desk.stage.do("calls")
    for _ in range(2):
        desk.stage.ask("open")
    standing = desk.shown(run)["deliveries"][0]["standing"]
    assert standing["state"] == state
    assert (0 < standing["changed"] < 1) == (state == "edited")
    told = [call for call in desk.stage.do("calls") if call["url"].endswith("/stands")]
    assert len(told) == (2 if state == "edited" else 1)
    assert [e["event"] for e in desk.shown(run)["timeline"]].count("delivery.read_back") == 1


def test_a_draft_pasted_elsewhere_is_kept(desk: Desk) -> None:
    desk.stage.open("A", SALE, "B")
    run = drafted(desk, [["body", 1]])
    desk.insert(run)
    desk.stage.do("remove", path=["body", 2])
    desk.stage.do("paragraph", path=["body"], at=0, text=DRAFT)
    desk.stage.ask("open")
    assert desk.shown(run)["deliveries"][0]["standing"]["state"] == "kept"


def test_a_copy_of_the_document_tells_nothing_of_the_original(desk: Desk) -> None:
    desk.stage.open("A", SALE, "B")
    run = drafted(desk, [["body", 1]])
    desk.insert(run)
    desk.stage.do("copyOf", id="another-document")
    desk.stage.do("remove", path=["body", 2])
    assert desk.stage.ask("open")["runs"] == []
    assert desk.shown(run)["deliveries"][0]["standing"] is None
    assert desk.shown(run)["deliveries"][0]["receipt"]["vendor_id"] == DOCUMENT


def test_from_a_place_in_the_document_a_person_reaches_the_run(desk: Desk) -> None:
    desk.stage.open("A", SALE, "B")
    run = drafted(desk, [["body", 1]])
    desk.insert(run)
    desk.stage.do("cursor", path=["body", 2, 0], offset=5)
    assert desk.stage.ask("here") == {"run": run, "marker": marker(desk, run)}
    desk.stage.select([["body", 2, 0], 2, 6])
    assert desk.stage.ask("here")["run"] == run
    desk.stage.do("cursor", path=["body", 3, 0], offset=0)
    assert desk.stage.ask("here") is None


def test_a_run_that_was_ended_meanwhile_leaves_nothing_in_the_document(desk_with: Made) -> None:
    desk, run = _reviewing(desk_with)
    desk.stage.ask("act", run=run, act="cancel")
    problem_of(lambda: desk.insert(run))
    assert desk.stage.body() == ["A", OFFER, "B"]
    assert desk.stage.names() == {}


def test_a_simulated_draft_goes_into_a_sandbox_with_its_line_and_into_no_real_document(tmp_path: Path) -> None:
    class Simulated(FakeModel):
        simulated = True

    for sandbox in (True, False):
        with a_desk(tmp_path / str(sandbox), sandbox=sandbox, model=Simulated(answer())) as desk:
            desk.stage.open(SALE)
            run = drafted(desk, [["body", 0]])
            if sandbox:
                desk.insert(run)
                assert desk.stage.body()[1].startswith("[Simulated draft")
            else:
                assert "no model" in problem_of(lambda desk=desk, run=run: desk.insert(run))["what"]
                assert desk.stage.body() == [SALE]
