"""What the sidebar reads of a selection: parts, several paragraphs, cells, no images, and every character."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.google_docs.addon_stage import Desk

FAMILY, FLAG, ARABIC = "👩‍👩‍👧", "🇩🇪", "مرحبا بالعالم"


def read(desk: Desk) -> tuple[str, str, bool]:
    found = desk.stage.ask("selection")
    return found["kind"], found["text"], found["replaceable"]


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def test_a_part_of_a_paragraph(desk: Desk) -> None:
    desk.stage.open("Our spring sale starts on Monday.")
    desk.stage.select([["body", 0, 0], 4, 15])
    assert read(desk) == ("selection", "spring sale", True)


@pytest.mark.parametrize("special", [FAMILY, FLAG, ARABIC, "𝒻𝑜𝑜", "naïve café", "‏שלום‏"])
def test_offsets_are_utf_16_units(desk: Desk, special: str) -> None:
    desk.stage.open(f"{special} before {special} after")
    start = units(f"{special} before ")
    desk.stage.select([["body", 0, 0], start, start + units(special)])
    assert read(desk)[1] == special


def test_a_selection_over_paragraphs_is_a_line_for_each(desk: Desk) -> None:
    desk.stage.open("One two", "", "Three", "Four five")
    desk.stage.select([["body", 0, 0], 4, 7], [["body", 1]], [["body", 2]], [["body", 3, 0], 0, 4])
    assert read(desk) == ("selection", "two\n\nThree\nFour", True)


def test_a_selection_that_starts_in_a_paragraph_and_ends_in_a_list_item_is_read_and_not_replaced(desk: Desk) -> None:
    desk.stage.open("Intro", {"li": "First"}, {"li": "Second one"})
    desk.stage.select([["body", 0]], [["body", 1]], [["body", 2, 0], 0, 6])
    assert read(desk) == ("selection", "Intro\nFirst\nSecond", False)
    desk.stage.select([["body", 1]], [["body", 2, 0], 0, 6])
    assert read(desk) == ("selection", "First\nSecond", True)


def test_cells(desk: Desk) -> None:
    desk.stage.open({"table": [["a1", ["b1", "b2"]], ["c1", "d1"]]}, "after")
    desk.stage.select([["body", 0, 0, 1, 0]], [["body", 0, 0, 1, 1, 0], 0, 1])
    assert read(desk) == ("selection", "b1\nb", True)
    desk.stage.select([["body", 0, 0, 1]], [["body", 0, 1, 0]])
    assert read(desk) == ("selection", "b1\nb2\nc1", False)
    desk.stage.select([["body", 0]])
    assert read(desk) == ("selection", "a1\nb1\nb2\nc1\nd1", False)


def test_images_and_footnotes_are_skipped_and_never_replaced(desk: Desk) -> None:
    desk.stage.open({"parts": ["See ", {"kind": "INLINE_IMAGE"}, "here", {"footnote": ["A note"]}, "."]}, "End")
    desk.stage.select([["body", 0]])
    found = desk.stage.ask("selection")
    assert (found["text"], found["skipped"], found["replaceable"]) == ("See here.", 2, False)
    desk.stage.select([["body", 0, 2], 0, 4])
    assert read(desk) == ("selection", "here", True)
    desk.stage.select([["body", 0, 1]])
    assert read(desk) == ("objects", "", False)


def test_without_a_selection_the_cursors_paragraph_is_offered(desk: Desk) -> None:
    desk.stage.open("One", "Two words", "")
    desk.stage.do("cursor", path=["body", 1, 0], offset=3)
    assert read(desk) == ("paragraph", "Two words", True)
    desk.stage.do("cursor", path=["body", 2], offset=0)
    assert read(desk)[:2] == ("empty", "")
    desk.stage.do("cursor", path=None)
    assert read(desk) == ("none", "", False)


def test_a_line_broken_inside_a_paragraph_reads_as_a_line(desk: Desk) -> None:
    desk.stage.open("One\rtwo")
    desk.stage.select([["body", 0]])
    assert read(desk)[1] == "One\ntwo"


def test_header_footer_and_footnote(desk: Desk) -> None:
    body = [{"parts": ["Text", {"footnote": ["A note"]}]}]
    desk.stage.do(
        "document",
        spec={"id": "d", "tabs": [{"id": "t", "body": body, "header": ["Top"], "footer": ["Bottom"]}]},
    )
    for path, text in ((["header", 0], "Top"), (["footer", 0], "Bottom"), (["footnote:0", 0], "A note")):
        desk.stage.select([path])
        assert read(desk) == ("selection", text, True)


def test_a_page_can_reach_no_function_of_the_script_but_the_listed(desk: Desk) -> None:
    desk.stage.open("x")
    for action in ("put_", "hub_", "constructor", "__proto__", "toString", ""):
        answer: Any = desk.stage.do("handle", action=action, given={})
        assert answer["ok"] is False
        assert "Reload" in answer["problem"]["instead"]
