"""Recorded documents come out of the sandbox as they went in, through Google's own client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from tests.connectors.google_docs.sandbox_bench import (
    Google,
    cells,
    check_arithmetic,
    fit_recordings,
    insert,
    name,
    named_ranges,
    need_recordings,
    para,
    running,
)


@pytest.fixture(scope="module")
def google() -> Any:
    with running() as it:
        yield it


def test_the_recordings_are_the_fourteen_that_add_up() -> None:
    need_recordings()
    assert len(fit_recordings()) == 14


@pytest.mark.parametrize("path", fit_recordings(), ids=lambda path: path.stem)
def test_a_recorded_document_is_served_as_it_was_recorded(google: Google, path: Path) -> None:
    recorded = json.loads(path.read_text(encoding="utf-8"))
    google.sandbox.store.load(recorded, "doc")
    old = google.docs().get(documentId="doc").execute()
    for key in set(recorded) - {"documentId", "revisionId"}:
        assert old[key] == recorded[key], key
    assert set(old) == set(recorded) | {"documentId", "revisionId", "suggestionsViewMode"}


@pytest.mark.parametrize("path", fit_recordings(), ids=lambda path: path.stem)
def test_a_recorded_document_gets_one_tab_whose_indexes_add_up(google: Google, path: Path) -> None:
    google.sandbox.store.load(json.loads(path.read_text(encoding="utf-8")), "doc")
    document = google.get()
    (tab,) = document["tabs"]
    assert tab["tabProperties"]["tabId"] == "t.0" and "body" not in document
    check_arithmetic(tab["documentTab"]["body"]["content"])
    for kind in ("headers", "footers", "footnotes"):
        for segment in tab["documentTab"].get(kind, {}).values():
            check_arithmetic(segment["content"])


@pytest.mark.parametrize("path", fit_recordings(), ids=lambda path: path.stem)
def test_an_insertion_leaves_the_rest_of_a_recorded_document_alone(google: Google, path: Path) -> None:
    google.sandbox.store.load(json.loads(path.read_text(encoding="utf-8")), "doc")
    before = google.text()
    place = {"endOfSegmentLocation": {}, "text": "\nEin Satz mit 🎯 und é."}
    google.write({"insertText": place})
    assert google.text() == before[:-1] + "\nEin Satz mit 🎯 und é.\n"
    check_arithmetic(google.get()["tabs"][0]["documentTab"]["body"]["content"])


def test_a_folder_of_recordings_is_seeded_under_the_files_names(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        recorded = {"documentId": "the-same", "title": folder, "body": {"content": [para(folder)]}}
        (tmp_path / folder / "my brief.json").write_text(json.dumps(recorded), encoding="utf-8")
    (tmp_path / "notes.json").write_text("[1, 2]", encoding="utf-8")
    with running(seed=tmp_path) as google:
        assert {one.id for one in google.sandbox.store.all()} == {"my-brief", "b--my-brief"}
        assert google.text("b--my-brief") == "b\n"


def test_the_sample_documents_are_there_and_add_up() -> None:
    with running(sample=True) as google:
        ids = {one.id for one in google.sandbox.store.all()}
        assert ids == {"demo-launch-brief", "demo-newsletter", "demo-product-page"}
        for id in ids:
            content = google.get(id)["tabs"][0]["documentTab"]["body"]["content"]
            check_arithmetic(content)
        kinds = {
            key for node in google.get("demo-launch-brief")["tabs"][0]["documentTab"]["body"]["content"] for key in node
        }
        assert {"paragraph", "table", "sectionBreak"} <= kinds


def test_tabs_and_child_tabs_are_separate_segments(google: Google) -> None:
    def tab(id: str, text: str, *children: Any) -> dict[str, Any]:
        inside = {
            "body": {"content": [para(text)]},
            "footers": {"kix.f": {"footerId": "kix.f", "content": [para("foot")]}},
        }
        return {"tabProperties": {"tabId": id, "title": id}, "documentTab": inside, "childTabs": list(children)}

    google.sandbox.store.load(
        {"title": "Tabs", "tabs": [tab("t.0", "one", tab("t.child", "two")), tab("t.1", "three")]}, "doc"
    )
    google.write(
        insert(1, "first "),
        insert(1, "child ", tabId="t.child"),
        insert(0, "of the ", tabId="t.child", segmentId="kix.f"),
        name("there", 1, 6, tabId="t.child"),
    )
    store = google.sandbox.store
    assert [store.text("doc", tab) for tab in ("t.0", "t.child", "t.1")] == ["first one\n", "child two\n", "three\n"]
    assert store.text("doc", "t.child", "kix.f") == "of the foot\n" and store.text("doc", "t.0", "kix.f") == "foot\n"
    document = google.get()
    child = document["tabs"][0]["childTabs"][0]["documentTab"]
    (span,) = child["namedRanges"]["there"]["namedRanges"][0]["ranges"]
    assert span == {"startIndex": 1, "endIndex": 6, "tabId": "t.child"}
    assert named_ranges(document) == {}
    assert google.docs().get(documentId="doc").execute()["body"] == document["tabs"][0]["documentTab"]["body"]
    assert "tab" in google.refusal(insert(1, "x", tabId="t.nowhere"))
    assert "kix.nowhere" in google.refusal(insert(1, "x", segmentId="kix.nowhere"))


def test_what_the_sandbox_does_not_understand_stays_as_it_was(google: Google) -> None:
    odd = {"elements": [{"startIndex": 1, "endIndex": 5, "equation": {}}, {"textRun": {"content": "\n"}}]}
    google.sandbox.store.load({"body": {"content": [{"paragraph": odd}, cells(["a"]), para("z")]}}, "doc")
    google.write(insert(1, "ab"))
    first = google.get()["tabs"][0]["documentTab"]["body"]["content"][1]["paragraph"]["elements"]
    assert first[1] == {"startIndex": 3, "endIndex": 7, "equation": {}}
    assert "Invalid deletion range" in google.refusal(
        {"deleteContentRange": {"range": {"startIndex": 4, "endIndex": 6}}}
    )


def test_a_document_is_created_blank_and_can_be_written(google: Google) -> None:
    docs = google.docs()
    made = docs.create(body={"title": "Nouveau brief"}).execute()
    assert made["title"] == "Nouveau brief" and made["body"]["content"][-1]["endIndex"] == 2
    google.write(insert(1, "Bonjour"), id=made["documentId"], requiredRevisionId=made["revisionId"])
    assert google.text(made["documentId"]) == "Bonjour\n"


def test_a_mask_gives_only_what_it_names_and_refuses_what_does_not_exist(google: Google) -> None:
    google.load("a")
    docs = google.docs()
    assert set(docs.get(documentId="doc", fields="revisionId,title").execute()) == {"revisionId", "title"}
    slim = docs.get(documentId="doc", fields="body/content(startIndex,paragraph.elements.textRun.content)").execute()
    assert slim["body"]["content"][1] == {"startIndex": 1, "paragraph": {"elements": [{"textRun": {"content": "a\n"}}]}}
    with pytest.raises(HttpError, match="Invalid field selection titel"):
        docs.get(documentId="doc", fields="titel").execute()
