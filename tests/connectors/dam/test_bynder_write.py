"""Drafts in a Bynder portal: a form of listed fields, looked for until it shows, and never over a person's words."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.dam import marks
from connectors.dam.dialect import Dialect
from connectors.dam.dialects.bynder import Bynder
from connectors.dam.sandbox import Sandbox, start
from connectors.dam.sandbox_bynder import HOST, METAPROPERTIES, BynderVendor
from connectors.dam.sandbox_store import PERSON, AssetStore
from connectors.dam.sandbox_vendor import Answer, Call
from connectors.dam.write_back import undo, write_back
from hub.sdk import BadRequest, Conflict, Delivery, OutOfQuota, Receipt, Target, TargetGone, Unavailable
from tests.connectors.dam import images
from tests.connectors.dam.aem_bench import opened
from tests.connectors.dam.bynder_bench import Bench, becomes

ALT = {"alt_text": "A lantern on a pier"}
MEDIA = "POST /api/v4/media/"
#: Every name a form may hold: the texts of an asset, and the metaproperties the settings name.
ALLOWED = {"name", "description", "tags", *(f"metaproperty.{id}" for id in METAPROPERTIES.values())}


class Hasty(Bynder):
    """Which waits only a moment for what was taken note of, so that a test of waiting in vain does not take long."""

    lag = 0.2


class Telling(BynderVendor):
    """Which keeps the forms that were sent to it. ``forgets`` says how many it answers 202 and never carries out."""

    forgets = 0

    def __init__(self, store: AssetStore) -> None:
        super().__init__(store)
        self.forms: list[dict[str, list[str]]] = []

    def answer(self, call: Call) -> Answer:
        if call.method == "POST" and "/media/" in call.path:
            self.forms.append(parse_qs(call.body.decode(), keep_blank_values=True))
        return super().answer(call)

    def _do(self, id: str, fields: Mapping[str, Any]) -> None:
        if self.forgets:
            self.forgets -= 1
            return
        super()._do(id, fields)


@dataclasses.dataclass
class Place(Bench):
    """A portal, and deliveries to it."""

    count: int = 0

    @property
    def portal(self) -> Telling:
        assert isinstance(self.vendor, Telling)
        return self.vendor

    def delivery(self, id: str, fields: Mapping[str, Any] = ALT, *, key: str = "", **more: Any) -> Delivery:
        self.count += 1
        key = key or f"run{self.count}.1"
        target = Target(connection="dam", at={"asset": id})
        return Delivery(key=key, run_id=key.partition(".")[0], target=target, text="text", fields=fields, **more)

    def write(self, delivery: Delivery) -> Receipt:
        return write_back(self.opened, delivery)

    def shows(self, id: str, slot: str) -> Any:
        return self.sandbox.store.get(id).fields.get(self.vendor.shows[slot], "")

    def person(self, id: str, **slots: Any) -> None:
        named = {self.vendor.shows[slot]: value for slot, value in slots.items()}
        self.sandbox.store.change(id, named, by=PERSON)


@pytest.fixture
def place(shelves: dict[str, Dialect]) -> Iterator[Place]:
    shelves["bynder"] = Bynder()
    sandbox: Sandbox = start(sample=False, dialect="bynder", vendor=Telling)
    try:
        assert isinstance(sandbox.vendor, Telling)
        sandbox.vendor.later = 0.02
        yield Place(sandbox, sandbox.vendor, opened(sandbox))
    finally:
        sandbox.stop()


def test_a_draft_becomes_one_form_of_its_own_fields_and_nothing_else_leaves(place: Place) -> None:
    id = place.add(fields={"property_Caption": "By a person"})
    fields = {
        **ALT,
        "tags": ["lake", "summer"],
        "copy": "Two\nlines",
        "isPublic": "1",
        "archive": "1",
        "brandId": "x",
        "property_Rights": "free",
        "mark": "no",
    }
    place.write(place.delivery(id, fields, reviewed=False))
    (form,) = place.portal.forms
    assert set(form) <= ALLOWED
    assert form["description"] == ["A lantern on a pier"]
    assert form["tags"] == ["lake,summer"]
    assert form[f"metaproperty.{METAPROPERTIES['Copy']}"] == ["Two\nlines"]
    assert {"name", f"metaproperty.{METAPROPERTIES['Caption']}"}.isdisjoint(form), "what is not in the draft stays"
    assert place.shows(id, "description") == "By a person"
    assert place.shows(id, "review").startswith("Not reviewed")


@pytest.mark.parametrize(
    "text",
    [
        "A lantern&isPublic=1",
        "A lantern=1&metaproperty.x=2",
        "A lantern; isPublic=1",
        "A lantern+lamp %26 100%",
        "Un café à l'été",
        "日本の灯り 🏮",
        '{"isPublic": 1}',
    ],
)
def test_no_text_becomes_another_field_and_every_text_arrives_as_it_was(place: Place, text: str) -> None:
    id = place.add()
    place.write(place.delivery(id, {"alt_text": text}))
    assert place.shows(id, "alt_text") == text
    assert all(set(form) <= ALLOWED for form in place.portal.forms)


def test_a_tag_with_a_comma_would_be_two_and_is_left_out(place: Place) -> None:
    id = place.add()
    receipt = place.write(place.delivery(id, {"tags": ["lake", "sale, today", "x" * 256, "pier"]}))
    assert place.shows(id, "tags") == ["lake", "pier"]
    assert "tags" in str(receipt.detail["note"])


def test_what_was_taken_note_of_is_looked_for_until_it_shows(place: Place) -> None:
    place.portal.later = 0.5
    id = place.add()
    receipt = place.write(place.delivery(id))
    assert place.shows(id, "alt_text") == "A lantern on a pier", "the receipt came after it showed"
    assert not receipt.already
    assert len(place.portal.forms) == 1
    assert receipt.url == f"https://{HOST}/media/?mediaId={id}"


def test_what_does_not_show_in_time_is_put_off_and_found_by_the_next_attempt(
    place: Place, shelves: dict[str, Dialect]
) -> None:
    shelves["bynder"] = Hasty()
    place.portal.later = 60.0
    id = place.add()
    delivery = place.delivery(id)
    with pytest.raises(Unavailable) as late:
        place.write(delivery)
    assert late.value.after
    assert place.shows(id, "alt_text") == ""
    # It is done after all, a while later.
    for timer in [one for one in threading.enumerate() if isinstance(one, threading.Timer)]:
        timer.cancel()
        timer.function(*timer.args, **timer.kwargs)
    receipt = place.write(delivery)
    assert receipt.already
    assert len(place.portal.forms) == 1, "it is not written twice"
    place.portal.later = 0.0
    undo(place.opened, delivery.target, receipt)
    assert place.shows(id, "alt_text") == ""


def test_what_was_taken_note_of_and_never_done_is_written_again(place: Place, shelves: dict[str, Dialect]) -> None:
    shelves["bynder"] = Hasty()
    place.portal.forgets = 1
    id = place.add()
    delivery = place.delivery(id)
    with pytest.raises(Unavailable):
        place.write(delivery)
    assert not place.write(delivery).already
    assert place.shows(id, "alt_text") == "A lantern on a pier"


def test_a_person_s_text_stays_and_the_draft_stands_beside_it(place: Place) -> None:
    id = place.add(fields={"description": "By a person", "tags": ["own"]})
    receipt = place.write(place.delivery(id, {**ALT, "tags": ["lake"], "copy": "Come and see."}))
    assert (place.shows(id, "alt_text"), place.shows(id, "tags")) == ("By a person", ["own"])
    assert place.shows(id, "copy") == "Come and see."
    assert place.shows(id, "proposal") == "Alt text: A lantern on a pier\nTags: lake"
    assert not any({"description", "tags"} & set(form) for form in place.portal.forms)
    assert "is not Inlay's" in str(receipt.detail["note"])


def test_what_a_person_edited_stays_also_when_the_file_is_replaced(place: Place) -> None:
    id = place.add(data=images.png())
    place.write(place.delivery(id, {**ALT, "copy": "Come and see."}))
    place.person(id, alt_text="Edited by a person")
    place.sandbox.store.replace(id, images.png() + b"\0")
    place.write(place.delivery(id, {"alt_text": "A lake", "copy": "Come to the lake."}))
    assert place.shows(id, "alt_text") == "Edited by a person"
    assert place.shows(id, "copy") == "Come to the lake.", "Inlay's own text about another file gives way"


def test_an_edit_that_is_saved_before_the_write_shows_stays_in_every_other_field(place: Place) -> None:
    place.portal.later = 0.3
    id = place.add(fields={"property_Caption": "Old"})
    person = threading.Timer(0.1, place.person, (id,), {"description": "By a person", "title": "Pier"})
    person.start()
    place.write(place.delivery(id))
    person.join(5)
    assert (place.shows(id, "description"), place.shows(id, "title")) == ("By a person", "Pier")
    assert place.shows(id, "alt_text") == "A lantern on a pier"


def test_undo_brings_back_what_stood_there_and_not_over_an_edit(place: Place) -> None:
    id, other = place.add(fields={"property_Caption": "By a person"}), place.add()
    before = place.sandbox.store.get(id).fields
    delivery = place.delivery(id, {**ALT, "tags": ["lake"]}, reviewed=False)
    receipt = place.write(delivery)
    stored = dataclasses.replace(receipt, detail=json.loads(json.dumps(dict(receipt.detail))))
    undo(place.opened, delivery.target, stored)
    assert place.sandbox.store.get(id).fields == before
    edited = place.delivery(other)
    receipt = place.write(edited)
    place.person(other, alt_text="Edited by a person")
    forms = len(place.portal.forms)
    with pytest.raises(Conflict):
        undo(place.opened, edited.target, receipt)
    assert place.shows(other, "alt_text") == "Edited by a person"
    assert len(place.portal.forms) == forms


@pytest.mark.parametrize("lost", ["drop-after-commit", "503-after-commit"])
def test_an_answer_that_is_lost_leaves_one_text_that_can_be_taken_back(place: Place, lost: str) -> None:
    id = place.add()
    place.sandbox.faults.add(lost, on=MEDIA, times=1)
    delivery = place.delivery(id)
    with pytest.raises(Unavailable):
        place.write(delivery)
    assert becomes(place.sandbox.store, lambda: place.shows(id, "alt_text") == "A lantern on a pier")
    receipt = place.write(delivery)
    assert receipt.already
    assert len(place.portal.forms) == 1
    assert [one.key for one in marks.read(place.shows(id, "mark"))] == [delivery.key]


def test_a_token_that_ends_at_the_write_costs_one_call_and_no_second_write(place: Place) -> None:
    id = place.add()
    place.write(place.delivery(id))
    place.sandbox.faults.add("expired-token", on=MEDIA, times=1)
    place.write(place.delivery(id, {"copy": "Come and see."}))
    assert place.shows(id, "copy") == "Come and see."
    assert len(place.portal.forms) == 2


def test_a_portal_that_blocks_the_address_gets_no_write_and_says_when(place: Place) -> None:
    id = place.add()
    place.write(place.delivery(id))
    place.sandbox.faults.add("429", on=MEDIA, times=1)
    delivery = place.delivery(id, {"copy": "Come and see."})
    with pytest.raises(OutOfQuota) as blocked:
        place.write(delivery)
    calls = len(place.asked())
    with pytest.raises(OutOfQuota):
        place.write(delivery)
    assert len(place.asked()) == calls
    assert blocked.value.after == 300.0
    assert place.shows(id, "copy") == ""


def test_an_asset_that_is_gone_is_written_no_more(place: Place) -> None:
    id = place.add()
    delivery = place.delivery(id)
    place.sandbox.store.delete(id)
    with pytest.raises(TargetGone):
        place.write(delivery)
    assert place.portal.forms == []


def test_a_draft_without_a_place_in_the_portal_is_refused_before_any_call(place: Place) -> None:
    place.opened = opened(place.sandbox, fields={"alt_text": "", "tags": ""})
    id = place.add()
    with pytest.raises(BadRequest) as refused:
        place.write(place.delivery(id, ALT))
    assert "fields" in refused.value.instead
    assert place.portal.forms == []
