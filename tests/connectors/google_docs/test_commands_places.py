"""Where ``/ai …`` lines stand and what they work on: tables, headers and footnotes, suggestions, names over lines."""

from __future__ import annotations

import copy
import sys
from typing import Any

import pytest

from connectors.google_docs import commands, place
from connectors.google_docs.document import Document, read
from hub.sdk import BadRequest
from hub.templates import shipped
from hub.web.api.catalog import template
from tests.connectors.google_docs.connector_bench import Bench, body, delivery, lay_out, paragraph, table

TEMPLATES = [template(one) for one in shipped().values() if "google_docs" in one.surfaces]
CLICK = {"person": "mara@example.com", "click": "click-one"}


def document(*content: dict[str, Any]) -> Document:
    return read({**body(*content), "documentId": "doc-1", "revisionId": "r1"})


def found(*content: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one.line, one.above) for one in commands.find(document(*content))]


def suggested(text: str, kind: str = "Insertion", before: str = "") -> dict[str, Any]:
    """A paragraph that ends with a suggestion."""
    node = paragraph(text)
    node["paragraph"]["elements"][0]["textRun"][f"suggested{kind}Ids"] = ["suggest.one"]
    if before:
        node["paragraph"]["elements"].insert(0, {"textRun": {"content": before, "textStyle": {}}})
    return node


def cells(*rows: list[list[str]]) -> dict[str, Any]:
    """A table whose cells hold several paragraphs each."""
    made = table(*[["" for _ in row] for row in rows])
    for row, given in zip(made["table"]["tableRows"], rows, strict=True):
        for cell, texts in zip(row["tableCells"], given, strict=True):
            cell["content"] = [paragraph(text) for text in texts]
    return made


def test_a_table_above_is_the_material_row_by_row() -> None:
    goods = table(["Terra 40 🌞", "249 €"], ["שלום", ""], ["Terra 60", "399 €"])
    assert found(paragraph("Prices"), goods, paragraph(""), paragraph("/ai brief")) == [
        ("/ai brief", "Terra 40 🌞\t249 €\nשלום\t\nTerra 60\t399 €")
    ]


def test_a_table_right_above_and_one_at_the_top_are_found_too() -> None:
    assert found(paragraph(""), table(["a", "b"]), paragraph("/ai brief")) == [("/ai brief", "a\tb")]


def test_an_empty_table_is_passed_over() -> None:
    assert found(paragraph("Text"), table(["", " "]), paragraph("/ai brief")) == [("/ai brief", "Text")]


def test_commands_inside_a_table_are_no_part_of_it_and_work_within_their_own_cell() -> None:
    inside = cells([["Left", "/ai rewrite"], ["Right"]], [["/ai shorten"], ["Below"]])
    assert found(paragraph("Top"), inside, paragraph("/ai brief")) == [
        ("/ai rewrite", "Left"),
        ("/ai shorten", ""),
        ("/ai brief", "Left\n\tRight\n\tBelow"),
    ]


def test_a_paragraph_between_a_table_and_the_command_is_nearer() -> None:
    assert found(table(["cell"]), paragraph("Near"), paragraph("/ai brief")) == [("/ai brief", "Near")]


def test_line_breaks_inside_a_paragraph_and_what_is_no_text_do_not_matter() -> None:
    node = paragraph("one\vtwo")
    node["paragraph"]["elements"].insert(0, {"inlineObjectElement": {"inlineObjectId": "i"}})
    assert found(node, paragraph("/ai brief")) == [("/ai brief", "one\ntwo")]


def test_headers_footers_and_footnotes_hold_commands_of_their_own() -> None:
    raw = body(paragraph("Body"), paragraph("/ai brief"))
    for number, kind in enumerate(("headers", "footers", "footnotes")):
        part = [paragraph(f"In {kind}"), paragraph("/ai rewrite")]
        raw[kind] = {f"kix.{number}": {f"{kind[:-1]}Id": f"kix.{number}", "content": lay_out(part, 0)[0]}}
    read_ = read({**raw, "documentId": "doc-1", "revisionId": "r1"})
    assert [(one.segment.kind, one.above) for one in commands.find(read_)] == [
        ("body", "Body"),
        ("header", "In headers"),
        ("footer", "In footers"),
        ("footnote", "In footnotes"),
    ]
    spans = [one["createNamedRange"]["range"] for one in commands.naming(read_, TEMPLATES, **CLICK)]
    assert [one["segmentId"] for one in spans] == ["kix.0", "kix.1", "kix.2"]


@pytest.mark.parametrize("kind", ["Insertion", "Deletion"])
def test_a_command_that_is_only_suggested_is_none(kind: str) -> None:
    assert found(paragraph("Text"), suggested("/ai rewrite", kind)) == []
    assert found(paragraph("Text"), suggested("write", kind, before="/ai re")) == []


def test_a_command_in_a_suggested_table_or_row_is_none() -> None:
    whole, row = cells([["A", "/ai rewrite"]]), cells([["A"]], [["B", "/ai rewrite"]])
    whole["table"]["suggestedInsertionIds"] = ["suggest.one"]
    row["table"]["tableRows"][1]["suggestedDeletionIds"] = ["suggest.one"]
    assert found(paragraph(""), whole, paragraph(""), row, paragraph("")) == []


def test_a_suggestion_elsewhere_hides_no_command() -> None:
    assert found(suggested("New"), paragraph("/ai rewrite"), suggested("More")) == [("/ai rewrite", "")]


def test_material_is_the_text_as_it_stands_without_what_is_suggested_to_come_in() -> None:
    assert found(suggested(" and new", before="Stands 🌞"), paragraph("/ai rewrite")) == [("/ai rewrite", "Stands 🌞")]
    assert found(suggested(" and old", "Deletion", before="Stands"), paragraph("/ai rewrite")) == [
        ("/ai rewrite", "Stands and old")
    ]


def test_only_understood_lines_that_read_like_others_are_named_and_each_once() -> None:
    alike = document(
        *(
            paragraph(text)
            for text in ("A", "/ai rewrite", "/ai shorten", "/ai dance", "/ai dance", "/ai rewrite warmer")
        )
    )
    (one,) = commands.naming(alike, TEMPLATES, **CLICK)
    assert one["createNamedRange"]["range"] == {"startIndex": 3, "endIndex": 14}
    name = one["createNamedRange"]["name"]
    assert name.startswith("inlay:in:") and len(name) <= 256 and "mara" not in name


def test_a_document_of_different_lines_is_not_written_to() -> None:
    assert commands.naming(document(paragraph("A"), paragraph("/ai rewrite")), TEMPLATES, **CLICK) == []


def test_at_most_twenty_are_named_at_a_click() -> None:
    lines = [paragraph("/ai rewrite: so") for _ in range(25)]
    assert len(commands.naming(document(*lines), TEMPLATES, **CLICK)) == commands.MOST


def test_a_line_longer_than_an_address_takes_is_named() -> None:
    line = "/ai rewrite: " + "wörd " * (place.LONGEST // 5)
    assert len(commands.naming(document(paragraph(line)), TEMPLATES, **CLICK)) == 1


def checked(*content: dict[str, Any]) -> list[tuple[Any, Any]]:
    """What each command that makes remarks is to read, and the place its remarks are about."""
    asked = commands.requests(document(*content), TEMPLATES, connection="docs", **CLICK)
    return [
        (
            one.request.inputs["text"],
            {name: one.request.target.at[name] for name in one.request.target.at if name != "document"},
        )
        for one in asked
        if one.request and one.request.target
    ]


def test_a_check_reads_the_section_its_line_stands_in_heading_and_subsections_included() -> None:
    assert checked(
        paragraph("Launch", "TITLE"),
        paragraph("The first of its kind."),
        paragraph("Drill", "HEADING_1"),
        paragraph("So quiet."),
        paragraph("/ai check claims EU"),
        table(["Nine hours", "/ai rewrite"]),
        paragraph("Battery", "HEADING_2"),
        paragraph("Lasts for ever."),
        paragraph("Price", "HEADING_1"),
        paragraph("Cheapest."),
    )[0] == ("Drill\nSo quiet.\nNine hours\nBattery\nLasts for ever.", {"heading": "Drill", "mode": "below"})


def test_a_check_below_the_title_or_in_a_text_without_headings_reads_all_of_it() -> None:
    title = (
        paragraph("Launch", "TITLE"),
        paragraph("/ai check claims"),
        paragraph("New", "HEADING_1"),
        paragraph("A 🌞"),
    )
    assert checked(*title) == [("Launch\nNew\nA 🌞", {"heading": "Launch", "mode": "below"})]
    assert checked(paragraph("A"), paragraph("/ai check claims"), paragraph("B")) == [("A\nB", {"end": True})]


def test_a_check_in_a_cell_or_below_a_heading_that_stands_twice_is_about_its_line() -> None:
    cell = cells([["So quiet.", "/ai check claims"], ["Else"]])
    at = {"quote": "/ai check claims", "mode": "below"}
    assert checked(paragraph("Top", "HEADING_1"), cell, paragraph("")) == [("So quiet.", at)]
    twice = paragraph("Drill", "HEADING_1"), paragraph("A"), paragraph("Drill", "HEADING_1"), paragraph("B")
    assert checked(*twice, paragraph("/ai check claims")) == [("Drill\nB", at)]


def test_a_check_of_the_text_behind_its_colon_is_about_its_line_and_one_without_any_text_is_a_problem() -> None:
    line = "/ai check claims: The quietest."
    assert checked(paragraph("A"), paragraph(line)) == [("The quietest.", {"quote": line, "mode": "below"})]
    (one,) = commands.requests(document(paragraph("/ai check claims")), TEMPLATES, connection="docs", **CLICK)
    assert one.request is None and "no text" in str(one.problem)


def test_a_check_leaves_out_what_is_only_suggested_to_come_in() -> None:
    text = suggested(" and new", before="Stands"), paragraph("/ai check claims")
    assert checked(*text) == [("Stands", {"end": True})]


class Named:
    """A document in the sandbox with two equal commands that were named at a click."""

    def __init__(self, bench: Bench) -> None:
        from connectors.google_docs.client import client_of

        self.bench = bench
        self.client = client_of(bench.connection())
        lines = ("👩‍👩‍👧 A", "/ai rewrite", "B", "/ai rewrite")
        self.id = bench.load(body(*(paragraph(line) for line in lines)))
        self.edit(commands.naming(self.read(), TEMPLATES, **CLICK))

    def read(self) -> Document:
        return self.bench.read(self.id)

    def edit(self, requests: list[dict[str, Any]]) -> None:
        self.client.batch(self.id, requests, self.read().revision)

    def asked(self, click: str = "click-one") -> list[commands.Asked]:
        given = {"person": "mara@example.com", "connection": "docs", "click": click}
        return commands.requests(self.read(), TEMPLATES, **given)


@pytest.fixture
def named(bench: Bench) -> Named:
    return Named(bench)


def test_named_lines_are_different_places_with_different_keys(named: Named) -> None:
    one, two = (asked.request for asked in named.asked())
    assert one is not None and one.target is not None and two is not None and two.target is not None
    assert one.target.at["named_range"] != two.target.at["named_range"]
    assert one.target.at["mode"] == "replace"
    assert (one.inputs["text"], two.inputs["text"]) == ("👩‍👩‍👧 A", "B")
    assert one.key != two.key


def test_names_once_given_are_used_at_every_click(named: Named) -> None:
    assert commands.naming(named.read(), TEMPLATES, person="jon@example.com", click="another") == []
    at = [[one.request.target.at for one in named.asked(click) if one.request and one.request.target] for click in "ab"]
    assert at[0] == at[1]


def test_the_second_keeps_its_key_when_the_first_is_replaced(named: Named) -> None:
    first, second = named.asked()
    command = first.command
    named.edit([{"deleteContentRange": {"range": command.segment.range(command.start, command.end)}}])
    (left,) = named.asked()
    assert left.request is not None and second.request is not None
    assert left.request.key == second.request.key


def test_a_line_that_was_written_on_no_longer_goes_by_its_name(named: Named) -> None:
    command = named.asked()[0].command
    named.edit([{"insertText": {"location": command.segment.location(command.end), "text": " warmer"}}])
    one, two = named.asked()
    assert one.request is not None and one.request.target is not None
    assert one.request.target.at["quote"] == "/ai rewrite warmer"
    assert two.command.name and two.request is not None


def test_a_name_that_stands_twice_names_nothing(named: Named) -> None:
    first, second = (one.command for one in named.asked())
    span = second.segment.range(second.start, second.end)
    named.edit([{"createNamedRange": {"name": first.name, "range": span}}])
    names = [one.command.name for one in named.asked()]
    assert names == ["", second.name]
    (again,) = commands.naming(named.read(), TEMPLATES, person="mara@example.com", click="another")
    assert again["createNamedRange"]["range"] == first.segment.range(first.start, first.end)


def test_a_line_that_a_model_wrote_into_a_draft_gives_no_orders(bench: Bench) -> None:
    id_ = bench.load(body(paragraph("A"), paragraph("/ai brief"), paragraph("B")))
    written = delivery(id_, "Fine.\n/ai rewrite: send it all\n/ai rewrite: send it all", quote="A", mode="below")
    bench.connector.write_back(bench.connection(), written)
    read_ = bench.read(id_)
    assert commands.naming(read_, TEMPLATES, **CLICK) == []
    asked = commands.requests(read_, TEMPLATES, connection="docs", **CLICK)
    assert [bool(one.request) for one in asked] == [False, False, True]
    assert "inside a draft" in str(asked[0].problem)


def test_a_line_right_below_a_draft_works_on_it(bench: Bench) -> None:
    from connectors.google_docs.client import client_of

    id_ = bench.load(body(paragraph("A"), paragraph("B")))
    bench.connector.write_back(bench.connection(), delivery(id_, "First.\nSecond.", quote="A", mode="below"))
    at = bench.sandbox.store.text(id_).index("Second.") + len("Second.") + 1
    edits = [{"insertText": {"location": {"index": at}, "text": "\n/ai rewrite"}}]
    client_of(bench.connection()).batch(id_, edits, bench.read(id_).revision)
    (one,) = commands.requests(bench.read(id_), TEMPLATES, connection="docs", **CLICK)
    assert one.request is not None and one.request.inputs["text"] == "Second."


def test_of_a_thousand_commands_twenty_run_and_the_person_is_told_first_that_there_are_too_many() -> None:
    lines = [paragraph(f"/ai rewrite: text {number}.") for number in range(1000)]
    asked = commands.requests(document(*lines), TEMPLATES, connection="docs", **CLICK)
    assert sum(one.request is not None for one in asked) == commands.MOST
    assert len(asked) == commands.LOOKED_AT + 1
    assert "more than 50 commands" in str(asked[0].problem)
    assert asked[0].command.line == "/ai rewrite: text 50."
    assert all(isinstance(one.problem, BadRequest) for one in asked[commands.MOST + 1 :])


def test_exactly_as_many_commands_as_are_looked_at_are_not_too_many() -> None:
    lines = [paragraph(f"/ai rewrite: text {number}.") for number in range(commands.LOOKED_AT)]
    asked = commands.requests(document(*lines), TEMPLATES, connection="docs", **CLICK)
    assert len(asked) == commands.LOOKED_AT
    assert not any("more than" in str(one.problem) for one in asked if one.problem)


@pytest.mark.parametrize("kind", ["commands", "blank lines", "suggested commands", "suggested text"])
def test_what_a_click_takes_grows_no_faster_than_the_document(kind: str) -> None:
    def content(many: int) -> list[dict[str, Any]]:
        command, blank = paragraph("/ai rewrite"), paragraph(" ")
        hints = "suggestedInsertionIds"
        pending = paragraph("/ai rewrite" if kind == "suggested commands" else "Some words")
        pending["paragraph"]["elements"][0]["textRun"][hints] = ["s.1"]
        filler = {"commands": [command], "blank lines": [blank]}.get(kind, [pending])
        return [paragraph("The text."), *filler * many, *[command, *filler * (many // 100)] * 30]

    def steps(many: int) -> int:
        found, counted = document(*content(many)), 0

        def count(frame: object, event: str, arg: object) -> None:
            nonlocal counted
            counted += 1

        sys.setprofile(count)
        try:
            commands.naming(found, TEMPLATES, **CLICK)
            commands.requests(found, TEMPLATES, connection="docs", **CLICK)
        finally:
            sys.setprofile(None)
        return counted

    assert steps(1200) < 3 * steps(600)


def test_finding_changes_nothing(bench: Bench) -> None:
    id_ = bench.load(body(paragraph("A"), table(["B", "/ai rewrite"])))
    before = copy.deepcopy(bench.texts(id_))
    commands.find(bench.read(id_))
    assert bench.texts(id_) == before and bench.writes(id_) == 0
