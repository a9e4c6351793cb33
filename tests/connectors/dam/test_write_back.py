"""Drafts on assets: each value once, never over a person's own words, and taken back as they came."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from connectors.dam import marks
from connectors.dam.read_back import read_back
from connectors.dam.write_back import undo, write_back
from hub.sdk import BadRequest, Comment, Conflict, Delivery, Receipt, TargetGone, TryLater, Unavailable
from tests.connectors.dam.shelf import Desk, desk, detail

pytestmark = pytest.mark.usefixtures("shelves")
ALT = {"alt_text": "A lantern on a pier"}


def write(at: Desk, delivery: Delivery) -> Receipt:
    return write_back(at.connection, delivery)


def test_fields_called_like_slots_go_into_their_fields_and_every_other_is_ignored() -> None:
    at = desk()
    asset = at.add()
    fields = {
        **ALT,
        "tags": ["Lake", "lake", "summer"],
        "isPublic": "1",
        "x:copy": "no",
        "mark": "no",
        "proposal": "no",
    }
    write(at, at.delivery(asset, fields=fields))
    assert at.shows(asset, "alt_text") == "A lantern on a pier"
    assert at.shows(asset, "tags") == ["Lake", "summer"]
    assert at.shows(asset, "copy") == at.shows(asset, "proposal") == ""
    assert set(at.shelf.store.get(asset).fields) == {"x:alt_text", "x:tags", "x:mark", "x:review"}


def test_a_text_without_slots_is_copy_or_goes_to_the_one_slot_the_place_names() -> None:
    at = desk()
    one, other = at.add(), at.add()
    write(at, at.delivery(one, text="The whole text."))
    write(at, at.delivery(other, text="The whole text.", only=["description"]))
    assert (at.shows(one, "copy"), at.shows(other, "description")) == ("The whole text.", "The whole text.")
    assert at.shows(other, "copy") == ""


def test_a_place_may_name_the_slots_that_are_written() -> None:
    at = desk()
    asset = at.add()
    write(at, at.delivery(asset, fields={**ALT, "title": "Pier"}, only=["title"]))
    assert (at.shows(asset, "title"), at.shows(asset, "alt_text")) == ("Pier", "")


@pytest.mark.parametrize(
    "at", [{}, {"asset": ""}, {"asset": 7}, {"asset": "a", "isPublic": True}, {"asset": "a", "only": ["mark"]},
           {"asset": "a", "only": "alt_text"}, {"asset": "a\nb"}, {"asset": "x" * 2000}],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(at: dict[str, Any]) -> None:
    there = desk()
    delivery = there.delivery(there.add())
    with pytest.raises(BadRequest):
        write(there, dataclasses.replace(delivery, target=dataclasses.replace(delivery.target, at=at)))


def test_what_a_person_wrote_stays_and_the_draft_becomes_a_proposal() -> None:
    at = desk()
    asset = at.add(alt_text="By a person")
    receipt = write(at, at.delivery(asset, fields={**ALT, "title": "Pier"}))
    assert at.shows(asset, "alt_text") == "By a person"
    assert at.shows(asset, "title") == "Pier"
    assert at.shows(asset, "proposal") == "A lantern on a pier"
    assert "alt text" in detail(receipt)
    assert "proposal" in detail(receipt)


def test_several_values_that_are_left_make_one_proposal_with_their_names() -> None:
    at = desk()
    asset = at.add(alt_text="By a person", tags=["own"])
    write(at, at.delivery(asset, fields={**ALT, "tags": ["lake", "pier"]}))
    assert at.shows(asset, "proposal") == "Alt text: A lantern on a pier\nTags: lake, pier"
    assert at.shows(asset, "tags") == ["own"]


def test_a_person_s_own_text_among_the_proposals_stays_too() -> None:
    at = desk()
    asset = at.add(alt_text="By a person", proposal="Ideas of a person")
    receipt = write(at, at.delivery(asset, fields=ALT))
    assert at.shows(asset, "proposal") == "Ideas of a person"
    assert "run's page" in detail(receipt)
    assert receipt.content_hash
    assert undo(at.connection, at.delivery(asset).target, receipt).already


def test_another_binary_gets_another_text_where_the_text_is_still_inlay_s() -> None:
    at = desk()
    asset = at.add()
    write(at, at.delivery(asset, fields={**ALT, "title": "Pier"}))
    at.person(asset, title="Pier, by a person")
    at.shelf.store.replace(asset, b"another")
    receipt = write(at, at.delivery(asset, fields={"alt_text": "A lake", "title": "Lake"}))
    assert at.shows(asset, "alt_text") == "A lake"
    assert at.shows(asset, "title") == "Pier, by a person"
    undo(at.connection, at.delivery(asset).target, receipt)
    assert at.shows(asset, "alt_text") == "A lantern on a pier"


def test_two_runs_about_one_binary_do_not_replace_each_other() -> None:
    at = desk()
    asset = at.add()
    write(at, at.delivery(asset, fields=ALT))
    receipt = write(at, at.delivery(asset, fields={"alt_text": "Another run's"}))
    assert at.shows(asset, "alt_text") == "A lantern on a pier"
    assert at.shows(asset, "proposal") == "Another run's"
    assert "another run" in detail(receipt)


def test_a_value_that_stands_there_already_is_not_written_and_not_taken_away() -> None:
    at = desk()
    asset = at.add(alt_text="A lantern on a pier")
    receipt = write(at, at.delivery(asset, fields=ALT))
    assert "write" not in at.shelf.calls
    undo(at.connection, at.delivery(asset).target, receipt)
    assert at.shows(asset, "alt_text") == "A lantern on a pier"


@pytest.mark.parametrize("etags", [True, False])
def test_a_lost_answer_leaves_one_effect_that_can_be_undone(etags: bool) -> None:
    at = desk(etags=etags)
    asset = at.add()
    write(at, at.delivery(asset, fields=ALT))
    at.shelf.store.replace(asset, b"another")
    delivery = at.delivery(asset, fields={"alt_text": "A lake"})
    at.shelf.trouble.lose = 1
    with pytest.raises(Unavailable):
        write(at, delivery)
    receipt = write(at, delivery)
    assert receipt.already
    assert write(at, delivery).content_hash == receipt.content_hash
    undo(at.connection, delivery.target, receipt)
    assert at.shows(asset, "alt_text") == "A lantern on a pier"
    assert undo(at.connection, delivery.target, receipt).already


def test_what_changed_between_reading_and_writing_is_read_again() -> None:
    at = desk()
    asset = at.add()
    at.shelf.trouble.between = lambda: at.person(asset, alt_text="A person was faster")
    write(at, at.delivery(asset, fields={**ALT, "title": "Pier"}))
    assert at.shows(asset, "alt_text") == "A person was faster"
    assert (at.shows(asset, "title"), at.shows(asset, "proposal")) == ("Pier", "A lantern on a pier")


def test_an_asset_that_never_rests_is_put_off() -> None:
    at = desk()
    asset = at.add()

    def again() -> None:
        at.person(asset, rights_note=str(len(at.shelf.calls)))
        at.shelf.trouble.between = again

    at.shelf.trouble.between = again
    with pytest.raises(TryLater):
        write(at, at.delivery(asset, fields=ALT))
    assert at.shelf.calls.count("write") == 3


def test_a_note_that_another_writer_replaced_is_written_anew_beside_theirs() -> None:
    at = desk(etags=False)
    asset = at.add()
    theirs = marks.Entry(key="r.1", run="r", binary="b", reviewed="free", wrote={"title": marks.Wrote(digest="d")})
    plain = at.shelf.fetch

    def fetch(connection: Any, ids: Any) -> Any:
        if at.shelf.calls == ["fetch", "write"]:
            at.person(asset, mark=marks.written([theirs]))
        return plain(connection, ids)

    at.shelf.fetch = fetch  # type: ignore[method-assign]
    delivery = at.delivery(asset, fields=ALT)
    receipt = write(at, delivery)
    assert [one.key for one in marks.read(at.shows(asset, "mark"))] == ["r.1", delivery.key]
    undo(at.connection, delivery.target, receipt)
    assert at.shows(asset, "alt_text") == ""
    assert [one.key for one in marks.read(at.shows(asset, "mark"))] == ["r.1"]


def test_a_vendor_that_writes_later_is_waited_for_or_found_by_the_next_attempt() -> None:
    at = desk(lag=0.05)
    asset = at.add()
    at.shelf.trouble.late = 3
    delivery = at.delivery(asset, fields=ALT)
    receipt = write(at, delivery)
    assert not receipt.already
    at.shelf.trouble.late = 10_000
    other = at.delivery(asset, fields={"title": "Pier"})
    with pytest.raises(Unavailable):
        write(at, other)
    at.shelf.trouble.late = 1
    assert write(at, other).already
    assert at.shows(asset, "title") == "Pier"


def test_a_write_that_ended_halfway_is_finished_and_all_of_it_can_be_undone() -> None:
    at = desk(etags=False)
    at.shelf.slowly = True
    asset = at.add(description="By a person")
    before = at.shelf.store.get(asset).fields
    delivery = at.delivery(asset, fields={"tags": ["lake"], **ALT, "title": "Pier", "description": "By Inlay"})
    at.shelf.trouble.half = 2
    with pytest.raises(Unavailable):
        write(at, delivery)
    assert (at.shows(asset, "tags"), at.shows(asset, "title")) == ("", "Pier")
    at.shelf.trouble.half = 0
    receipt = write(at, delivery)
    assert (at.shows(asset, "tags"), at.shows(asset, "proposal")) == (["lake"], "By Inlay")
    assert write(at, delivery).already
    undo(at.connection, delivery.target, receipt)
    assert at.shelf.store.get(asset).fields == before


def test_the_review_changes_a_word_and_no_text() -> None:
    at = desk()
    asset = at.add()
    delivery = at.delivery(asset, fields=ALT, reviewed=False, provenance={"url": "https://hub.example/runs/1"})
    first = write(at, delivery)
    assert at.shows(asset, "review") == "Not reviewed · https://hub.example/runs/1"
    other = at.delivery(asset, fields={"title": "Pier"})
    write(at, other)
    assert at.shows(asset, "review").startswith("Not reviewed"), "one text of the asset still waits"
    at.person(asset, alt_text="Edited by a person")
    write(at, dataclasses.replace(delivery, reviewed=True, earlier=first))
    assert at.shows(asset, "review").startswith("Reviewed")
    assert at.shows(asset, "alt_text") == "Edited by a person"


def test_a_word_people_wrote_into_the_field_for_reviews_stays() -> None:
    at = desk()
    asset = at.add(review="Ask Mika first")
    write(at, at.delivery(asset, fields=ALT, reviewed=False))
    assert at.shows(asset, "review") == "Ask Mika first"


def test_what_a_person_removed_is_not_written_again() -> None:
    at = desk()
    asset = at.add()
    delivery = at.delivery(asset, fields=ALT)
    receipt = write(at, delivery)
    at.person(asset, alt_text=None)
    with pytest.raises(TargetGone):
        write(at, dataclasses.replace(delivery, earlier=receipt))
    assert at.shows(asset, "alt_text") == ""


def test_undo_touches_nothing_when_one_value_was_edited() -> None:
    at = desk()
    asset = at.add()
    delivery = at.delivery(asset, fields={**ALT, "title": "Pier"})
    receipt = write(at, delivery)
    at.person(asset, title="Edited")
    with pytest.raises(Conflict) as caught:
        undo(at.connection, delivery.target, receipt)
    assert caught.value.instead
    assert (at.shows(asset, "alt_text"), at.shows(asset, "title")) == ("A lantern on a pier", "Edited")


def test_undo_leaves_the_asset_as_it_was() -> None:
    at = desk()
    asset = at.add(description="By a person")
    before = at.shelf.store.get(asset).fields
    delivery = at.delivery(asset, fields={**ALT, "description": "By Inlay", "tags": ["lake"]}, reviewed=False)
    receipt = write(at, delivery)
    stored = dataclasses.replace(receipt, detail=json.loads(json.dumps(dict(receipt.detail))))
    undo(at.connection, delivery.target, stored)
    assert at.shelf.store.get(asset).fields == before


def test_without_a_field_for_the_note_only_empty_fields_are_filled() -> None:
    at = desk(settings={"fields": {"mark": "", "review": ""}})
    asset = at.add()
    delivery = at.delivery(asset, fields=ALT)
    write(at, delivery)
    assert write(at, delivery).content_hash
    at.shelf.store.replace(asset, b"another")
    write(at, at.delivery(asset, fields={"alt_text": "A lake"}))
    assert at.shows(asset, "alt_text") == "A lantern on a pier"
    assert at.shows(asset, "proposal") == "A lake"


def test_the_source_type_of_a_file_is_said_once_and_never_changed() -> None:
    at = desk()
    asset = at.add(digital_source_type="digitalCapture")
    write(at, at.delivery(asset, fields={**ALT, "digital_source_type": "trainedAlgorithmicMedia"}))
    assert at.shows(asset, "digital_source_type") == "digitalCapture"
    assert at.shows(asset, "proposal") == ""


def test_values_are_clean_and_fit() -> None:
    at = desk(longest={"alt_text": 20, "tags": 10}, no_tag_holds=",|")
    asset = at.add()
    fields = {
        "alt_text": "A lantern\x00 on\n a very\u202e long pier at night",
        "tags": ["a|b=c", "lake, pier", "#Summer", "x" * 40, "summer"],
        "copy": "One.\r\n\r\nTwo.\x07",
    }
    receipt = write(at, at.delivery(asset, fields=fields))
    assert at.shows(asset, "alt_text") == "A lantern on a very…"
    assert at.shows(asset, "tags") == ["Summer"]
    assert at.shows(asset, "copy") == "One.\n\nTwo."
    assert "cut to 20" in detail(receipt)
    assert "3 of the tags" in detail(receipt)


def test_a_draft_without_a_place_here_says_who_can_make_one() -> None:
    at = desk(settings={"fields": {"copy": ""}})
    with pytest.raises(BadRequest) as caught:
        write(at, at.delivery(at.add(), text="Copy."))
    assert caught.value.who == "an admin"


@pytest.mark.parametrize("lag", [0.0, 0.05])
def test_a_vendor_may_keep_tags_in_one_text_and_a_text_in_a_list(lag: float) -> None:
    at = desk(lag=lag)
    plain = at.shelf.asset

    def told(id: str) -> Any:
        found = plain(id)
        fields = {name: ", ".join(v) if isinstance(v, tuple) else v for name, v in found.fields.items()}
        fields = {name: (v,) if name == "x:alt_text" else v for name, v in fields.items()}
        return dataclasses.replace(found, fields=fields)

    at.shelf.asset = told  # type: ignore[method-assign]
    asset = at.add()
    delivery = at.delivery(asset, fields={**ALT, "tags": ["pier", "lake"]})
    receipt = write(at, delivery)
    kept = read_back(at.connection, dataclasses.replace(delivery, earlier=receipt))
    assert kept is not None
    assert kept.state == "kept"
    undo(at.connection, delivery.target, receipt)
    assert (at.shows(asset, "alt_text"), at.shows(asset, "tags")) == ("", "")


def test_simulated_drafts_and_remarks_are_refused() -> None:
    at = desk()
    asset = at.add()
    real = dataclasses.replace(at.connection, sandbox=False)
    with pytest.raises(BadRequest):
        write_back(real, at.delivery(asset, fields=ALT, simulated=True))
    with pytest.raises(BadRequest):
        write(at, at.delivery(asset, comments=(Comment(quote="a", text="b"),)))
    write(at, at.delivery(asset, fields=ALT, simulated=True))


def test_a_field_that_is_never_written_is_not_written_by_a_dialect_s_mistake() -> None:
    at = desk(fields={"alt_text": "isPublic"})
    with pytest.raises(BadRequest):
        write(at, at.delivery(at.add(), fields=ALT))
    assert "write" not in at.shelf.calls
