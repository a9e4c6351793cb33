"""Putting a draft into the document: below, in place, in cells, lists and margins, once for each variant, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.connectors.google_docs.addon_stage import Desk, problem_of
from tests.hubs import ENVELOPE, TEMPLATE, answer

SALE = "Our spring sale starts on Monday and everybody is welcome."
LONG = "First line.\n\nThird line, which is last."
DRAFT = "Spring sale, from Monday. Come in."
Made = Callable[..., Desk]


def drafted(desk: Desk, *parts: Any, tab: str | None = None) -> str:
    """Select this, run the template, and give the run's id."""
    desk.stage.select(*parts, tab=tab)
    seen = desk.run(TEMPLATE)
    assert seen["run"]["state"] == "delivered", seen["run"]["problem"]
    return seen["run"]["id"]


def out(run: str, variant: int = 1) -> str:
    return f"inlay:out:{run}.s{variant}"


def marker(desk: Desk, run: str) -> str:
    (name,) = [name for name in desk.stage.names() if name.startswith(out(run))]
    return name


PLACES: list[tuple[str, list[Any], list[Any], list[Any], list[Any]]] = [
    (
        "a paragraph",
        ["A", SALE, "B"],
        [[["body", 1]]],
        ["A", SALE, *LONG.split("\n"), "B"],
        ["A", *LONG.split("\n"), "B"],
    ),
    (
        "a part of a paragraph",
        ["A", f"Now: {SALE} Soon.", "B"],
        [[["body", 1, 0], 5, 5 + len(SALE)]],
        ["A", f"Now: {SALE} Soon.", *LONG.split("\n"), "B"],
        ["A", "Now: First line.", "", "Third line, which is last. Soon.", "B"],
    ),
    (
        "several paragraphs, the first and last in part",
        ["Keep one, drop one", "drop two", "drop three, keep two"],
        [[["body", 0, 0], 10, 18], [["body", 1]], [["body", 2, 0], 0, 10]],
        ["Keep one, drop one", "drop two", "drop three, keep two", *LONG.split("\n")],
        ["Keep one, First line.", "", "Third line, which is last., keep two"],
    ),
    (
        "the last paragraphs of the document",
        ["A", "Drop me", SALE],
        [[["body", 1]], [["body", 2]]],
        ["A", "Drop me", SALE, *LONG.split("\n")],
        ["A", *LONG.split("\n")],
    ),
    (
        "a cell",
        [{"table": [["left", [SALE]], ["c", "d"]]}, "B"],
        [[["body", 0, 0, 1, 0]]],
        [{"table": [[["left"], [SALE, *LONG.split("\n")]], [["c"], ["d"]]]}, "B"],
        [{"table": [[["left"], LONG.split("\n")], [["c"], ["d"]]]}, "B"],
    ),
]


@pytest.mark.parametrize(("body", "parts", "below", "replaced"), [p[1:] for p in PLACES], ids=[p[0] for p in PLACES])
def test_a_draft_goes_below_or_in_place_and_undo_leaves_the_document_as_it_was(
    desk_with: Made, wholes: dict[str, Any], body: list[Any], parts: list[Any], below: list[Any], replaced: list[Any]
) -> None:
    desk = desk_with(answer(LONG))
    desk.stage.open(*body, options=wholes)
    before = desk.stage.body()
    run = drafted(desk, *parts)
    for mode, after in (("below", below), ("replace", replaced), ("below", below)):
        assert desk.insert(run, mode)["status"] == "inserted"
        assert desk.stage.body() == after, mode
        assert desk.stage.names()[marker(desk, run)] == LONG
        shown = desk.shown(run)["deliveries"][0]
        assert shown["state"] == "placed"
        assert shown["receipt"]["content_hash"] == hashlib.sha256(LONG.encode()).hexdigest()
        assert desk.stage.ask("undo", run=run, marker=marker(desk, run))["status"] == "undone"
        assert desk.stage.body() == before, mode
        assert desk.shown(run)["deliveries"][0]["state"] == "undone"


def test_one_line_takes_the_place_of_several_paragraphs(desk: Desk, wholes: dict[str, Any]) -> None:
    desk.stage.open("Keep one, drop", "drop", "drop, keep two", options=wholes)
    before = desk.stage.body()
    run = drafted(desk, [["body", 0, 0], 10, 14], [["body", 1]], [["body", 2, 0], 0, 4])
    desk.insert(run, "replace")
    assert desk.stage.body() == [f"Keep one, {DRAFT}, keep two"]
    desk.stage.ask("undo", run=run, marker=marker(desk, run))
    assert desk.stage.body() == before


def test_list_items_stay_list_items_when_they_are_replaced(desk_with: Made) -> None:
    desk = desk_with(answer(LONG))
    items = [{"li": "One", "list": "L"}, {"li": "Two", "list": "L"}, {"li": "Three", "list": "L"}]
    desk.stage.open("A", *items, "B")
    before = desk.stage.body()
    run = drafted(desk, [["body", 1]], [["body", 2]])
    desk.insert(run, "replace")
    body = desk.stage.body()
    assert [one["text"] if isinstance(one, dict) else one for one in body] == ["A", *LONG.split("\n"), "Three", "B"]
    assert {(one["kind"], one["list"]) for one in body if isinstance(one, dict)} == {("LIST_ITEM", "L")}
    desk.stage.ask("undo", run=run, marker=marker(desk, run))
    assert desk.stage.body() == before
    desk.insert(run, "below")
    assert desk.stage.body()[:6] == [*before[:3], *LONG.split("\n")]


def test_below_a_heading_the_draft_is_no_heading_and_runs_in_the_texts_direction(desk: Desk) -> None:
    desk.stage.open({"p": "עברית, כאן ועכשיו", "heading": "HEADING1", "ltr": False}, "After")
    run = drafted(desk, [["body", 0]])
    desk.insert(run)
    assert desk.stage.body()[1] == {
        "kind": "PARAGRAPH", "text": DRAFT, "heading": "NORMAL", "ltr": False, "list": None, "style": "",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["👩‍👩‍👧 family 🇩🇪🇫🇷", "مرحبا بالعالم", "e\u0301 é ‏שלום‏", "𝒻" * 40])
def test_every_character_arrives_and_is_named_whole(desk_with: Made, text: str) -> None:
    desk = desk_with(answer(text))
    desk.stage.open(f"{text} {SALE}")
    start = len(f"{text} ".encode("utf-16-le")) // 2
    run = drafted(desk, [["body", 0, 0], start, start + len(SALE)])
    desk.insert(run, "replace")
    assert desk.stage.body() == [f"{text} {text}"]
    assert desk.stage.names()[marker(desk, run)] == text


def test_what_google_strips_is_gone_before_anything_is_counted(desk_with: Made) -> None:
    desk = desk_with(answer("One\r\ntwo\x0b\ue000 three\rfour\x00"))
    desk.stage.open("A", SALE)
    run = drafted(desk, [["body", 1]])
    told = desk.insert(run)
    assert desk.stage.body()[2:] == ["One", "two three", "four"]
    assert told["run"]["places"][0]["text_hash"] == hashlib.sha256(b"One\ntwo three\nfour").hexdigest()


def test_the_same_click_twice_starts_one_run_and_inserts_once(desk: Desk) -> None:
    desk.stage.open(SALE)
    desk.stage.select([["body", 0]])
    first, second = desk.start(TEMPLATE, click="click-same"), desk.start(TEMPLATE, click="click-same")
    run = first["run"]["id"]
    assert second["run"]["id"] == run
    desk.settled(run)
    assert [desk.insert(run)["status"] for _ in range(3)] == ["inserted", "already", "already"]
    assert desk.insert(run, "replace")["status"] == "already"
    assert desk.stage.body() == [SALE, DRAFT]
    assert len(desk.shown(run)["deliveries"]) == 1


def test_the_second_of_two_clicks_works_on_the_place_of_the_first(desk: Desk) -> None:
    """The answer to a click was lost, and meanwhile the selection moved."""
    desk.stage.open(SALE, "Another text, for another day.")
    desk.stage.select([["body", 0]])
    first = desk.start(TEMPLATE, click="click-same")
    desk.stage.select([["body", 1]])
    again = desk.start(TEMPLATE, click="click-same")
    assert (again["run"]["id"], again["before"]) == (first["run"]["id"], SALE)


def test_variants_are_inserted_one_by_one(desk_with: Made) -> None:
    variants = [{"copy": "Short.", "channel": "sms"}, {"copy": "A little longer.", "channel": "linkedin"}]
    desk = desk_with({**ENVELOPE, "variants": variants})
    desk.stage.open(SALE, "After")
    desk.stage.select([["body", 0]])
    run = desk.run("shorten-or-repurpose", channels=["sms", "linkedin"])["run"]
    assert [one["label"] for one in run["variants"]] == ["sms", "linkedin"]
    desk.insert(run["id"], variant=2)
    desk.insert(run["id"], variant=1)
    assert desk.stage.body() == [SALE, "Short.", "(sms)", "A little longer.", "(linkedin)", "After"]
    assert len(desk.shown(run["id"])["deliveries"]) == 2
    assert "no draft" in problem_of(lambda: desk.insert(run["id"], variant=3))["what"]


def test_over_several_cells_it_goes_below_the_table_and_replaces_nothing(desk: Desk) -> None:
    desk.stage.open({"table": [["a", "b"], ["c", "d"]]}, "After")
    run = drafted(desk, [["body", 0, 0, 1]], [["body", 0, 1, 0]])
    assert "several cells" in problem_of(lambda: desk.insert(run, "replace"))["why"]
    desk.insert(run)
    assert desk.stage.body() == [{"table": [[["a"], ["b"]], [["c"], ["d"]]]}, DRAFT, "After"]


def test_headers_and_footers_take_a_draft_where_google_names_places_in_them(desk: Desk, wholes: dict[str, Any]) -> None:
    desk.stage.open("Body", header=["Top line"], options=wholes)
    run = drafted(desk, [["header", 0]])
    desk.insert(run, "replace")
    assert desk.stage.body(section="header") == [DRAFT]
    desk.stage.ask("undo", run=run, marker=marker(desk, run))
    assert desk.stage.body(section="header") == ["Top line"]


def test_where_google_names_no_place_the_click_is_refused_in_words(desk: Desk) -> None:
    desk.stage.open({"parts": ["Body", {"footnote": ["A note"]}]}, options={"noNames": ["FOOTNOTE_SECTION"]})
    desk.stage.select([["footnote:0", 0]])
    problem = problem_of(lambda: desk.start(TEMPLATE))
    assert "does not let Inlay remember this place" in problem["what"]
    assert "body" in problem["instead"]
    assert desk.stage.do("calls") == []


@pytest.mark.parametrize("sale", [SALE, SALE.replace(" ", "\r", 1)], ids=["one line", "a line break"])
def test_a_draft_that_cannot_be_named_is_taken_out_again(desk: Desk, sale: str) -> None:
    desk.stage.open("Body", sale)
    run = drafted(desk, [["body", 1]])
    before = desk.stage.body()
    for mode in ("below", "replace"):
        desk.stage.do("options", options={"noNames": ["BODY_SECTION"]})
        assert "remember a place" in problem_of(lambda mode=mode: desk.insert(run, mode))["what"]
        assert desk.stage.body() == before
    assert desk.shown(run)["deliveries"] == []
    assert not [name for name in desk.stage.do("properties") if "pending" in name]


def test_while_somebody_else_inserts_the_click_waits_its_turn_and_says_so(desk: Desk) -> None:
    desk.stage.open(SALE)
    run = drafted(desk, [["body", 0]])
    desk.stage.do("lock", locked=True)
    assert "at this moment" in problem_of(lambda: desk.insert(run))["what"]
    desk.stage.do("lock", locked=False)
    assert desk.insert(run)["status"] == "inserted"
