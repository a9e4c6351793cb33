"""Requests of a batch: what they do to text, styles and named ranges, and what is refused in which words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.google_docs.sandbox_bench import (
    Google,
    cells,
    check_arithmetic,
    delete,
    insert,
    name,
    named_ranges,
    para,
    running,
)

NEWLINE = (
    "Invalid requests[0].deleteContentRange: The range cannot include the newline character at the end of the segment."
)
EMPTY = "Invalid requests[0].deleteContentRange: The range should not be empty."
BEYOND = (
    "Invalid requests[0].deleteContentRange: Index 99 must be less than the end index of the referenced segment, 18."
)
DELETION = "Invalid requests[0].deleteContentRange: Invalid deletion range. Cannot delete the requested range."


@pytest.fixture(scope="module")
def google() -> Any:
    with running() as it:
        yield it


def body(google: Google) -> list[dict[str, Any]]:
    return google.get()["tabs"][0]["documentTab"]["body"]["content"]


def load(google: Google, *content: dict[str, Any]) -> None:
    google.sandbox.store.load({"body": {"content": list(content)}}, "doc")


def test_indexes_count_utf16_units_and_each_request_sees_the_one_before(google: Google) -> None:
    google.load("🎯 Ziel")
    google.write(insert(3, "!"), insert(4, "?"), delete(1, 3))
    assert google.text() == "!? Ziel\n"


def test_a_newline_splits_the_paragraph_and_the_new_ones_take_its_style(google: Google) -> None:
    node = para("Headline")
    node["paragraph"] |= {
        "paragraphStyle": {"namedStyleType": "HEADING_2", "headingId": "h.1"},
        "bullet": {"listId": "kix.l", "textStyle": {}},
    }
    load(google, node, para("rest"))
    google.write(insert(9, "\nsecond\n🙂"))
    made = body(google)[1:4]
    assert google.text() == "Headline\nsecond\n🙂\nrest\n"
    assert [one["paragraph"]["paragraphStyle"]["namedStyleType"] for one in made] == ["HEADING_2"] * 3
    assert len({one["paragraph"]["paragraphStyle"]["headingId"] for one in made}) == 3
    assert made[0]["paragraph"]["paragraphStyle"]["headingId"] == "h.1"
    assert all(one["paragraph"]["bullet"]["listId"] == "kix.l" for one in made)


def test_put_in_text_takes_the_style_before_it_and_does_not_lengthen_a_link(google: Google) -> None:
    node = para("x")
    link = {"bold": True, "link": {"url": "https://example.com/"}}
    node["paragraph"]["elements"] = [
        {"textRun": {"content": "bold", "textStyle": link}},
        {"textRun": {"content": " plain\n", "textStyle": {"italic": True}}},
    ]
    load(google, node)
    google.write(insert(5, "ER"), insert(3, "in"))
    runs = [one["textRun"] for one in body(google)[1]["paragraph"]["elements"]]
    assert [(run["content"], run["textStyle"]) for run in runs] == [
        ("boinld", link),
        ("ER", {"bold": True}),
        (" plain\n", {"italic": True}),
    ]


def test_characters_google_strips_are_stripped_and_a_vertical_tab_stays(google: Google) -> None:
    google.load("")
    google.write(insert(1, "a\x00\x08\x0c\r\x1f\ue000\uf8ffb\x0bc\td"))
    assert google.text() == "ab\x0bc\td\n"


def test_text_goes_in_at_the_end_of_a_segment(google: Google) -> None:
    google.load("one", "two")
    google.write({"insertText": {"endOfSegmentLocation": {}, "text": "!"}})
    assert google.text() == "one\ntwo!\n"


def test_an_insertion_beyond_the_segment_is_refused_in_the_measured_words(google: Google) -> None:
    google.load("0123456789")
    said = google.refusal(insert(900000, "x"))
    assert said == (
        "Invalid requests[0].insertText: Index 900000 must be less than the end index of the referenced segment, 12."
    )


@pytest.mark.parametrize("index", [0, 3, 4, 5])
def test_an_insertion_outside_every_paragraph_is_refused(google: Google, index: int) -> None:
    load(google, para("a"), cells(["b"]), para("c"))
    assert "inside the bounds of an existing paragraph" in google.refusal(insert(index, "x"))


def test_an_insertion_into_a_cell_stays_in_the_cell(google: Google) -> None:
    load(google, para("a"), cells(["b", "c"]), para("d"))
    google.write(insert(6, "🙂\nnew "))
    assert google.text() == "a\n🙂\nnew b\nc\nd\n"
    assert check_arithmetic(body(google)) == 21


def test_an_insertion_inside_a_surrogate_pair_is_refused(google: Google) -> None:
    google.load("🎯")
    assert "grapheme cluster" in google.refusal(insert(2, "x"))


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (1, 2, DELETION),  # half of a surrogate pair
        (3, 4, DELETION),  # the newline before a table
        (1, 6, DELETION),  # into a table
        (4, 12, DELETION),  # a table without its end
        (6, 10, DELETION),  # from one cell into another
        (0, 3, DELETION),  # the section break at the start
        (7, 9, NEWLINE),
        (14, 18, NEWLINE),
        (5, 5, EMPTY),
        (1, 99, BEYOND),
    ],
)
def test_a_deletion_that_would_leave_no_document_is_refused(google: Google, start: int, end: int, said: str) -> None:
    # 1 🎯 3 \n 4 table 5 row 6 cell 7 b 8 \n 9 cell 10 c 11 \n 12 end 13 "tail" 17 \n
    load(google, para("🎯"), cells(["b", "c"]), para("tail"))
    before = body(google)
    assert google.refusal(delete(start, end)) == said
    assert body(google) == before


def test_a_whole_table_goes_and_what_is_left_adds_up(google: Google) -> None:
    load(google, para("ab"), cells(["c"]), para("de"))
    google.write(delete(2, 11))
    assert google.text() == "ae\n" and check_arithmetic(body(google)) == 4


def test_a_deletion_over_a_newline_joins_two_paragraphs(google: Google) -> None:
    google.load("one", "two", "three")
    google.write(delete(3, 6))
    assert google.text() == "onwo\nthree\n"
    google.write(delete(1, 6))
    assert google.text() == "three\n"


def test_a_footnote_goes_with_its_reference(google: Google) -> None:
    node = para("x")
    node["paragraph"]["elements"].insert(0, {"footnoteReference": {"footnoteId": "kix.n", "footnoteNumber": "1"}})
    note = {"kix.n": {"footnoteId": "kix.n", "content": [para("note")]}}
    google.sandbox.store.load({"body": {"content": [node]}, "footnotes": note}, "doc")
    google.write(name("in the note", 0, 2, segmentId="kix.n"))
    google.write(delete(1, 2))
    inside = google.get()["tabs"][0]["documentTab"]
    assert inside["footnotes"] == {} and "namedRanges" not in inside


def test_named_ranges_move_grow_shrink_and_vanish(google: Google) -> None:
    google.load("0123456789")
    google.write(name("a", 3, 6))
    for request, expected in [
        (insert(1, "xx"), [(5, 8)]),
        (insert(5, "y"), [(6, 9)]),  # at its start: it moves
        (insert(9, "z"), [(6, 9)]),  # at its end: it stays
        (insert(7, "🙂"), [(6, 11)]),
        (delete(2, 7), [(2, 6)]),
        (delete(5, 8), [(2, 5)]),
    ]:
        google.write(request)
        assert named_ranges(google.get()) == {"a": expected}, request
    google.write(delete(1, 7))
    assert named_ranges(google.get()) == {}


def test_named_ranges_of_one_name_are_deleted_by_name_or_one_by_id(google: Google) -> None:
    google.load("0123456789")
    replies = google.write(name("a", 1, 3), name("a", 4, 6), name("b", 1, 2))["replies"]
    google.write({"deleteNamedRange": {"namedRangeId": replies[0]["createNamedRange"]["namedRangeId"]}})
    assert named_ranges(google.get()) == {"a": [(4, 6)], "b": [(1, 2)]}
    google.write({"deleteNamedRange": {"name": "a"}})
    assert named_ranges(google.get()) == {"b": [(1, 2)]}
    assert google.text() == "0123456789\n"
    assert "kix.none" in google.refusal({"deleteNamedRange": {"namedRangeId": "kix.none"}})


@pytest.mark.parametrize("label", ["", "x" * 257, "🎯" * 129])
def test_a_named_range_needs_a_name_of_1_to_256_units(google: Google, label: str) -> None:
    google.load("abc")
    google.write(name("🎯" * 128, 1, 2))
    assert "between 1 and 256" in google.refusal(name(label, 1, 2))


def test_a_named_ranges_content_is_replaced_and_the_name_stays(google: Google) -> None:
    google.load("say the old word")
    google.write(name("w", 9, 12))
    google.write({"replaceNamedRangeContent": {"namedRangeName": "w", "text": "new 🙂"}})
    assert google.text() == "say the new 🙂 word\n" and named_ranges(google.get()) == {"w": [(9, 15)]}
    before = google.get()["tabs"]
    google.write({"replaceNamedRangeContent": {"namedRangeName": "nobody", "text": "x"}})
    assert google.get()["tabs"] == before
    assert "kix.no" in google.refusal({"replaceNamedRangeContent": {"namedRangeId": "kix.no", "text": "x"}})


def test_all_matches_are_replaced_in_cells_too_and_counted(google: Google) -> None:
    load(google, para("Sun sun"), cells(["the SUN"]), para("moon"))
    request = {"replaceAllText": {"containsText": {"text": "sun"}, "replaceText": "🌞"}}
    assert google.write(request)["replies"] == [{"replaceAllText": {"occurrencesChanged": 3}}]
    assert google.text() == "🌞 🌞\nthe 🌞\nmoon\n"
    exact = {"replaceAllText": {"containsText": {"text": "Moon", "matchCase": True}, "replaceText": "x"}}
    assert google.write(exact)["replies"] == [{"replaceAllText": {}}]


def test_styles_are_set_on_the_range_and_reset_by_an_unset_field(google: Google) -> None:
    google.load("bold word")
    span = {"startIndex": 1, "endIndex": 5}
    style = {"updateTextStyle": {"range": span, "textStyle": {"bold": True, "italic": True}, "fields": "bold,italic"}}
    heading = {
        "updateParagraphStyle": {"range": span, "paragraphStyle": {"namedStyleType": "HEADING_3"}, "fields": "*"}
    }
    google.write(style, heading)
    (node,) = body(google)[1:]
    assert [one["textRun"]["content"] for one in node["paragraph"]["elements"]] == ["bold", " word\n"]
    assert node["paragraph"]["paragraphStyle"] == {"namedStyleType": "HEADING_3"}
    google.write({"updateTextStyle": {"range": span, "textStyle": {}, "fields": "bold,italic"}})
    assert len(body(google)[1]["paragraph"]["elements"]) == 1
    assert "At least one field" in google.refusal({"updateTextStyle": {"range": span, "textStyle": {}}})


def test_a_batch_is_all_or_nothing(google: Google) -> None:
    google.load("abc")
    before = google.get()
    said = google.refusal(insert(1, "x"), name("n", 1, 2), insert(900, "y"))
    assert said.startswith("Invalid requests[2].insertText: Index 900 ")
    assert google.get() == before


def test_a_required_revision_lets_a_write_through_once(google: Google) -> None:
    google.load("abc")
    revision = google.get()["revisionId"]
    after = google.write(insert(1, "x"), requiredRevisionId=revision)["writeControl"]["requiredRevisionId"]
    assert after != revision and google.get()["revisionId"] == after
    google.refusal(insert(1, "x"), requiredRevisionId=revision)
    google.refusal(insert(1, "x"), targetRevisionId=revision)
    google.write(insert(1, "y"), targetRevisionId=after)
    assert google.text() == "yxabc\n"


def test_what_is_not_built_is_refused_and_says_so(google: Google) -> None:
    google.load("abc")
    assert "does not build" in google.refusal({"insertTable": {"rows": 1, "columns": 1, "location": {"index": 1}}})
    assert google.refusal() == "Must specify at least one request."
