"""Whatever people and runs do to an asset in whatever order: what a person wrote is changed by people alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.dam import marks
from connectors.dam.slots import digest
from connectors.dam.write_back import undo, write_back
from hub.sdk import Conflict, Delivery, Receipt, TargetGone, TryLater
from tests.connectors.dam.shelf import Desk, desk

SLOTS = ("alt_text", "title", "tags", "copy", "proposal")
LATER = (TryLater, Conflict, TargetGone)
slot = st.sampled_from(SLOTS)
number = st.integers(0, 5)
step = st.one_of(
    st.tuples(st.just("person"), slot, st.integers(0, 3)),
    st.tuples(st.just("person empties"), slot),
    st.tuples(st.just("person spoils the note"), st.sampled_from(["", "{", '{"inlay": 3}', "notes"])),
    st.tuples(st.just("binary")),
    st.tuples(st.just("run"), number, st.sets(st.sampled_from(SLOTS[:-1]), min_size=1), st.booleans()),
    st.tuples(st.just("answer lost"), number, st.sets(st.sampled_from(SLOTS[:-1]), min_size=1)),
    st.tuples(st.just("person meanwhile"), number, slot),
    st.tuples(st.just("review"), number),
    st.tuples(st.just("undo"), number),
)


class Play:
    """One asset, six runs, and who wrote each value: what no run ever wrote is a person's."""

    def __init__(self, at: Desk) -> None:
        self.at, self.asset = at, at.add()
        self.runs: dict[int, Delivery] = {}
        self.receipts: dict[int, Receipt] = {}
        self.written: dict[str, set[str]] = {one: set() for one in SLOTS}

    def value(self, slot: str, who: str) -> Any:
        return [who, f"{who} {slot}"] if slot == "tags" else f"{who} wrote the {slot}"

    def now(self) -> dict[str, Any]:
        return {one: self.at.shows(self.asset, one) for one in SLOTS}

    def do(self, name: str, *given: Any) -> None:
        if name == "person":
            self.at.person(self.asset, **{given[0]: self.value(given[0], f"person {given[1]}")})
        elif name == "person empties":
            self.at.person(self.asset, **{given[0]: None})
        elif name == "person spoils the note":
            self.at.person(self.asset, mark=given[0] or None)
        elif name == "binary":
            self.at.shelf.store.replace(self.asset, b"another")
        else:
            self.hub(name, *given)

    def hub(self, name: str, number: int, *given: Any) -> None:
        meanwhile: dict[str, Any] = {}
        if name in ("run", "answer lost", "person meanwhile") and number not in self.runs:
            some = given[0] if isinstance(given[0], set) else {given[0]} - {"proposal"} or {"copy"}
            fields = {one: self.value(one, f"run {number}") for one in some}
            reviewed = given[1] if len(given) > 1 else True
            self.runs[number] = self.at.delivery(self.asset, key=f"r{number}.1", fields=fields, reviewed=reviewed)
        if number not in self.runs:
            return
        delivery, before = self.runs[number], self.now()
        if name == "answer lost":
            self.at.shelf.trouble.lose = 1
        if name == "person meanwhile":
            meanwhile = {given[0]: self.value(given[0], "person meanwhile")}
            self.at.shelf.trouble.between = lambda: self.at.person(self.asset, **meanwhile)
        try:
            if name == "undo":
                if number in self.receipts:
                    undo(self.at.connection, delivery.target, self.receipts[number])
            elif name == "review":
                earlier = self.receipts.get(number)
                if earlier is not None:
                    write_back(self.at.connection, dataclasses.replace(delivery, reviewed=True, earlier=earlier))
            elif number not in self.receipts:
                self.receipts[number] = write_back(self.at.connection, delivery)
        except LATER:
            pass
        happened = self.at.shelf.trouble.between is None
        self.at.shelf.trouble.lose, self.at.shelf.trouble.between = 0, None
        self.note_and_judge(before, meanwhile if happened else {})

    def note_and_judge(self, before: dict[str, Any], meanwhile: dict[str, Any]) -> None:
        now = self.now()
        for one in SLOTS:
            was = meanwhile.get(one, before[one])
            if digest(tuple(now[one]) if isinstance(now[one], list) else now[one]) == self.sum(was):
                continue
            assert not was or self.sum(was) in self.written[one], f"a person's {one} was changed"
            self.written[one].add(self.sum(now[one]))

    @staticmethod
    def sum(value: Any) -> str:
        return digest(tuple(value) if isinstance(value, list) else value)


@pytest.fixture(scope="module")
def shelves() -> Iterator[None]:
    """One registry for all cases of the property."""
    with pytest.MonkeyPatch.context() as patch:
        known: dict[str, Any] = {}
        patch.setattr("connectors.dam.dialects.every", lambda: known)
        yield


@pytest.mark.parametrize("noted", [True, False], ids=["with its note", "without"])
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(step, min_size=2, max_size=14))
def test_what_a_person_wrote_is_never_changed_by_a_run(
    shelves: None, noted: bool, steps: list[tuple[Any, ...]]
) -> None:
    play = Play(desk(settings={} if noted else {"fields": {"mark": "", "review": ""}}))
    for one in steps:
        play.do(*one)


@settings(max_examples=300, deadline=None)
@given(value=st.one_of(st.text(max_size=300), st.just('{"inlay":[{}]}'), st.just('{"inlay":' + "[" * 5000)))
def test_a_note_that_is_none_reads_as_nothing(value: str) -> None:
    assert marks.read(value) == ()


entry = st.builds(
    marks.Entry,
    key=st.text(max_size=20),
    run=st.text(max_size=8),
    binary=st.text(max_size=8),
    reviewed=st.sampled_from(["no", "yes", "free"]),
    wrote=st.dictionaries(
        st.sampled_from(SLOTS),
        st.builds(
            marks.Wrote, digest=st.text(max_size=16), before=st.one_of(st.text(max_size=60), st.just(("a", "b")))
        ),
        max_size=3,
    ),
)


@settings(max_examples=300, deadline=None)
@given(entries=st.lists(entry, max_size=16), longest=st.sampled_from([0, 80, 255, 1000]))
def test_a_note_fits_its_field_and_keeps_the_newest(entries: list[marks.Entry], longest: int) -> None:
    text = marks.written(entries, longest)
    assert len(text) <= (longest or 16_000)
    kept = marks.read(text)
    assert [one.key for one in kept] == [one.key for one in entries][len(entries) - len(kept) :]
    if not longest and len(entries) <= 12:
        assert kept == tuple(entries)
