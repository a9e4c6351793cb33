"""Google ends the script while it inserts a draft: whoever clicks again gets one draft, whole, named and told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.connectors.google_docs.addon.test_insert import DRAFT, LONG, SALE, Made, drafted, marker
from tests.connectors.google_docs.addon_stage import Desk, Problem, problem_of
from tests.flow.web.test_api_acts import ASKED, EMAIL
from tests.hubs import answer


@contextmanager
def killed_in(desk: Desk, *functions: str) -> Iterator[None]:
    """The script dies as soon as one of these is called, and nothing behind it is carried out."""
    names = ", ".join(f"{one}: {one}" for one in functions)
    die = "function () { throw new Error('Exceeded maximum execution time'); }"
    sets = " ".join(f"{one} = {die};" for one in functions)
    desk.stage.do("global", name=f"(function () {{ globalThis.alive = {{ {names} }}; {sets} }})")
    try:
        yield
    finally:
        back = " ".join(f"{one} = globalThis.alive.{one};" for one in functions)
        desk.stage.do("global", name=f"(function () {{ {back} }})")


def cut_off(desk: Desk, run: str, mode: str, *functions: str) -> None:
    """One click that is cut off: what the script would do about it is not carried out either."""
    with killed_in(desk, *functions, "remove_", "fresh_"), pytest.raises(Problem):
        desk.insert(run, mode)


@pytest.mark.parametrize("text", [DRAFT, LONG], ids=["one line", "several lines"])
@pytest.mark.parametrize("mode", ["below", "replace", "end"])
@pytest.mark.parametrize("part", [False, True], ids=["a paragraph", "a part of one"])
def test_a_script_that_dies_between_text_and_name_leaves_one_draft(
    desk_with: Made, text: str, mode: str, part: bool
) -> None:
    desk = desk_with(answer(text))
    desk.stage.open("A", f"Now: {SALE} Soon." if part else SALE, "B")
    before = desk.stage.body()
    run = drafted(desk, [["body", 1, 0], 5, 5 + len(SALE)] if part else [["body", 1]])
    cut_off(desk, run, mode, "name_")
    after = desk.stage.body()
    assert after != before
    assert desk.insert(run, mode)["status"] == "inserted"
    assert desk.stage.body() == after
    assert desk.stage.names()[marker(desk, run)] == text
    assert [one["state"] for one in desk.shown(run)["deliveries"]] == ["placed"]
    assert desk.insert(run, mode)["status"] == "already"
    assert desk.stage.ask("undo", run=run, marker=marker(desk, run))["status"] == "undone"
    assert desk.stage.body() == before


@pytest.mark.parametrize("mode", ["below", "replace"])
def test_a_draft_under_its_line_is_found_with_its_line(desk_with: Made, mode: str) -> None:
    desk = desk_with(EMAIL)
    desk.stage.open("A", f"Now: {SALE} Soon.", "B")
    before = desk.stage.body()
    desk.stage.select([["body", 1, 0], 5, 5 + len(SALE)])
    run = desk.run(ASKED["template"], **ASKED["inputs"])["run"]["id"]
    cut_off(desk, run, mode, "name_")
    after = desk.stage.body()
    assert desk.insert(run, mode)["status"] == "inserted"
    assert desk.stage.body() == after
    assert sum("not reviewed" in text for text in desk.stage.names().values()) == 1
    desk.stage.ask("undo", run=run, marker=marker(desk, run))
    assert desk.stage.body() == before


def test_a_script_that_dies_before_it_wrote_anything_writes_at_the_next_click(desk: Desk) -> None:
    desk.stage.open("A", SALE, DRAFT)
    run = drafted(desk, [["body", 1]])
    cut_off(desk, run, "replace", "replace_")
    assert desk.stage.body() == ["A", SALE, DRAFT]
    assert desk.insert(run, "replace")["status"] == "inserted"
    assert desk.stage.body() == ["A", DRAFT, DRAFT]


def test_a_model_that_changed_nothing_is_inserted_below_all_the_same(desk_with: Made) -> None:
    desk = desk_with(answer(SALE))
    desk.stage.open("A", SALE, "B")
    run = drafted(desk, [["body", 1]])
    cut_off(desk, run, "below", "below_")
    assert desk.insert(run, "below")["status"] == "inserted"
    assert desk.stage.body() == ["A", SALE, SALE, "B"]


def test_of_half_a_draft_the_person_is_told_and_nothing_is_written_until_it_is_gone(desk_with: Made) -> None:
    desk = desk_with(answer(LONG))
    desk.stage.open("A", SALE, "B")
    run = drafted(desk, [["body", 1]])
    cut_off(desk, run, "below", "span_")  # Dies behind the first line.
    assert desk.stage.body() == ["A", SALE, "First line.", "B"]
    assert "A part of this draft" in problem_of(lambda: desk.insert(run, "below"))["what"]
    assert desk.stage.body() == ["A", SALE, "First line.", "B"]
    desk.stage.do("remove", path=["body", 2])
    desk.insert(run, "below")
    assert desk.stage.body() == ["A", SALE, *LONG.split("\n"), "B"]


def test_opening_the_sidebar_again_does_not_forget_what_was_cut_off(desk: Desk) -> None:
    desk.stage.open("A", SALE, "B")
    run = drafted(desk, [["body", 1]])
    cut_off(desk, run, "below", "name_")
    desk.stage.ask("open")
    assert desk.insert(run, "below")["status"] == "inserted"
    assert desk.stage.body() == ["A", SALE, DRAFT, "B"]
    desk.stage.ask("open")
    assert not [name for name in desk.stage.do("properties") if "pending" in name]
