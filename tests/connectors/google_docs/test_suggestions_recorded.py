"""Suggestions into every recorded document, under every fault: one suggestion, and nothing else is touched."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from connectors.google_docs import suggest
from connectors.google_docs.document import read
from connectors.google_docs.sandbox_faults import KINDS
from connectors.google_docs.sandbox_suggestions import preview, suggestions
from connectors.google_docs.sandbox_text import join_runs
from hub.sdk import RateLimited
from tests.connectors.google_docs.connector_bench import FIT, Bench, delivery, recorded, sha, take_back
from tests.connectors.google_docs.test_write_back_recorded import CLEAN, DRAFT, places_of

LINE = "[AI draft, not reviewed · Inlay run run-7]"
TYPED = "(Somebody typed this.) "


def _text(tabs: Any, *, accepted: bool | None = None) -> dict[str, str]:
    """The text of every segment, with the suggestions inline, accepted, or left out."""
    from connectors.google_docs.sandbox_document import all_tabs, segments, tab_id, text_of

    tabs = tabs if accepted is None else preview(tabs, accepted)
    return {
        f"{tab_id(tab)}/{segment}": text_of(content) for tab in all_tabs(tabs) for segment, content in segments(tab)
    }


def _shape(tabs: Any) -> str:
    """The whole document, its runs of one style joined, without indexes: what a person could tell apart."""

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(one) for one in node]
        if not isinstance(node, dict):
            return node
        found = {name: walk(value) for name, value in node.items() if name not in ("startIndex", "endIndex")}
        if isinstance(found.get("elements"), list):
            found["elements"] = join_runs(found["elements"])
        return found

    return json.dumps(walk(tabs), sort_keys=True)


def _suggest_everywhere(bench: Bench, name: str, fault: str | None, nth: int = 1) -> None:
    raw, connection = recorded(name), bench.connection()
    places = places_of(read(raw), typed_into=fault == "conflict")
    for at in places:
        connection.memory.pop(suggest.MEMORY, None)
        document = bench.load(raw)
        before = bench.sandbox.store.get(document).tabs
        order = dataclasses.replace(delivery(document, DRAFT, reviewed=False, **at), suggest=True)
        if fault is not None:
            for _ in range(nth - 1):
                bench.sandbox.faults.add("slow", seconds=0)
            bench.sandbox.faults.add(fault, seconds=0.01)
        try:
            receipt = bench.connector.write_back(connection, order)
        except RateLimited:
            receipt = bench.connector.write_back(connection, order)
        bench.sandbox.faults.clear()

        tabs = bench.sandbox.store.get(document).tabs
        (changed,) = [key for key, text in _text(tabs).items() if CLEAN in text]
        assert _text(tabs)[changed].count(LINE) == 1
        assert bench.marker(document, "d1") == CLEAN
        assert receipt.content_hash == sha(CLEAN)
        direct = bench.sandbox.store.suggesting != "on"
        assert receipt.detail["note"] == (suggest.DIRECT if direct else suggest.SUGGESTED)
        if not direct:
            assert _untyped(_text(tabs, accepted=False)) == _text(before)
            assert len(suggestions(tabs)) == 1
        if fault is None:
            edited = bench.load(raw)
            bench.connector.write_back(connection, delivery(edited, DRAFT, reviewed=False, **at))
            assert _text(tabs, accepted=True) == _text(bench.sandbox.store.get(edited).tabs)

        again = bench.connector.write_back(connection, order)
        assert again.already
        assert (again.content_hash, {**receipt.detail, **again.detail}) == (receipt.content_hash, receipt.detail)
        assert bench.sandbox.store.get(document).tabs == tabs

        take_back(bench, connection, order, receipt)
        undone = bench.sandbox.store.get(document).tabs
        assert _untyped(_text(undone)) == _text(before)
        assert suggestions(undone) == []
        if not direct and fault != "conflict" and at.get("mode") != "replace":
            assert _shape(undone) == _shape(before)


def _untyped(texts: dict[str, str]) -> dict[str, str]:
    return {key: text.replace(TYPED, "") for key, text in texts.items()}


FAULTS = sorted(KINDS)


def _each_with_some(*, first: int) -> list[tuple[str, str]]:
    """Every document under two faults, and every fault on several documents: which ones turns with ``first``."""
    return [
        (name, FAULTS[(first + number + step) % len(FAULTS)])
        for number, name in enumerate(FIT)
        for step in (0, len(FAULTS) // 2)
    ]


@pytest.mark.parametrize("name", FIT)
def test_one_suggestion_in_every_kind_of_place(bench: Bench, name: str) -> None:
    _suggest_everywhere(bench, name, None)


@pytest.mark.parametrize(("name", "fault"), _each_with_some(first=0))
def test_one_suggestion_whatever_goes_wrong_with_it(bench: Bench, name: str, fault: str) -> None:
    _suggest_everywhere(bench, name, fault)


@pytest.mark.parametrize(("name", "fault"), _each_with_some(first=1))
def test_one_suggestion_whatever_goes_wrong_with_its_ranges(bench: Bench, name: str, fault: str) -> None:
    _suggest_everywhere(bench, name, fault, nth=2)


@pytest.mark.parametrize("mode", ["refused", "ignored"])
@pytest.mark.parametrize(("name", "fault"), [*((name, None) for name in FIT), *_each_with_some(first=2)])
def test_one_edit_where_the_account_has_no_suggestions(bench: Bench, name: str, fault: str | None, mode: Any) -> None:
    bench.sandbox.store.suggesting = mode
    _suggest_everywhere(bench, name, fault)
