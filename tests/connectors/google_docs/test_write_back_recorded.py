"""Write-backs into every recorded document: one insertion, correct indexes, and not a letter of the rest changed."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.google_docs.document import OBJECT, Document, read
from connectors.google_docs.sandbox_faults import KINDS
from tests.connectors.google_docs.connector_bench import FIT, Bench, delivery, recorded, sha, take_back

DRAFT = "Neu: 🎯 Schöne Überschrift\r\nzweite Zeile 🇫🇷\x0c"
CLEAN = "Neu: 🎯 Schöne Überschrift\nzweite Zeile 🇫🇷"


def places_of(document: Document, *, typed_into: bool = False) -> list[dict[str, Any]]:
    """Every kind of place the document has: its end, quotes in each kind of segment and cell, headings.

    With ``typed_into`` the sandbox's somebody types into the first paragraph: it is then no longer a heading of a name.
    """
    tab = document.tabs[0]
    places: list[dict[str, Any]] = [{"end": True}]
    seen: set[tuple[str, bool, str]] = set()
    for segment in tab.segments:
        for one in segment.paragraphs:
            quote = segment.text(one.start, one.end - 1).split("\v")[0].strip("\n")[:40]
            times = sum(len(other.find(quote)) for other in tab.segments) if quote.strip() else 0
            sort = (segment.kind, one.container != 0, one.next)
            if times == 1 and sort not in seen:
                seen.add(sort)
                places.append({"quote": quote})
                if OBJECT not in segment.units[one.start : one.end]:
                    places.append({"quote": quote, "mode": "replace"})
            if one.level is not None and times == 1:
                whole = segment.text(one.start, one.end).strip()
                places.append({"heading": whole})
    if typed_into:
        first = document.tabs[0].body
        typed = first.text(first.paragraphs[0].start, first.paragraphs[0].end).strip()
        places = [at for at in places if at.get("heading") != typed]
    return places


def _without(text: str, part: str) -> list[str]:
    """What is left of a text when one insertion, with one of its newlines or none, is taken out."""
    cut = text.index(part)
    left, right = text[:cut], text[cut + len(part) :]
    return [left + right, left + right.removeprefix("\n"), left.removesuffix("\n") + right]


def _write_everywhere(bench: Bench, name: str, fault: str | None = None, on: str = "batchUpdate") -> int:
    raw, connection = recorded(name), bench.connection()
    places = places_of(read(raw), typed_into=fault == "conflict")
    for at in places:
        document = bench.load(raw)
        before = bench.texts(document)
        order = delivery(document, DRAFT, **at)
        if fault is not None:
            bench.sandbox.faults.add(fault, on=on, seconds=0.01)
        receipt = bench.connector.write_back(connection, order)
        assert bench.sandbox.faults.waiting() == []

        after = bench.texts(document)
        changed = [key for key in after if after[key] != before[key] and (fault != "conflict" or CLEAN in after[key])]
        assert len(changed) == 1
        now, was = after[changed[0]], before[changed[0]]
        if fault == "conflict":
            now = now.replace("(Somebody typed this.) ", "")
        assert now.count(CLEAN) == 1
        if at.get("mode") == "replace":
            assert now.replace(CLEAN, at["quote"]) == was
        else:
            assert was in _without(now, CLEAN)
        assert bench.marker(document, "d1") == CLEAN
        assert receipt.content_hash == sha(CLEAN)
        assert (receipt.vendor_id, receipt.already) == (document, False)

        writes = bench.writes(document)
        again = bench.connector.write_back(connection, order)
        assert again.already
        assert (again.content_hash, again.detail) == (receipt.content_hash, receipt.detail)
        assert bench.writes(document) == writes
        assert bench.texts(document) == after

        take_back(bench, connection, order, receipt)
        undone = bench.texts(document)
        if fault != "conflict":
            assert undone == before
        assert bench.marker(document, "d1") is None
    return len(places)


@pytest.mark.parametrize("name", FIT)
def test_a_draft_goes_to_every_kind_of_place_of_a_recorded_document_and_comes_out_again(
    bench: Bench, name: str
) -> None:
    assert _write_everywhere(bench, name) >= 1


@pytest.mark.parametrize("fault", [kind for kind in KINDS if kind != "429"])
@pytest.mark.parametrize("name", FIT)
def test_one_insertion_whatever_goes_wrong_with_the_write(bench: Bench, name: str, fault: str) -> None:
    _write_everywhere(bench, name, fault)


@pytest.mark.parametrize("fault", ["503", "drop", "html"])
def test_one_insertion_whatever_goes_wrong_with_the_first_read(bench: Bench, fault: str) -> None:
    _write_everywhere(bench, "gatsby-source-google-docs/tables", fault, on="get")
