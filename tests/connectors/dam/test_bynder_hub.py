"""Bynder at the door of a real hub: a subscription, a picture's texts written once, a person's words left alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.domain import RunState
from tests.connectors.dam import images
from tests.connectors.dam.hub_bench import FIELDS, TEMPLATE, Place, connected


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with connected(tmp_path, "bynder") as place:
        # The first message asks to be confirmed. Before that SNS sends nothing else.
        assert place.settle() == []
        assert place.dam.vendor.topic.confirmed
        yield place


def drop(place: Place, name: str = "dunes.png") -> str:
    return place.dam.store.add(name, images.png(), "image/png", width=1200, height=800).id


def test_a_picture_dropped_into_the_portal_gets_its_texts_once_and_nothing_echoes(place: Place) -> None:
    asset = drop(place)
    (run,) = place.settle()
    assert run.state is RunState.DELIVERED
    assert place.shows(asset, "alt_text") == FIELDS["alt_text"]
    assert place.shows(asset, "tags") == FIELDS["tags"]
    by_the_hub = [change for change in place.dam.store.history if change.by == "inlay"]
    assert len({change.asset.id for change in by_the_hub}) == 1
    # The portal told of Inlay's own changes too.
    assert [attempt.event for attempt in place.dam.sender.attempts].count("asset_bank.media.meta_updated") >= 1
    assert len(place.runs()) == 1


def test_an_event_that_comes_ten_times_is_one_run(place: Place) -> None:
    place.dam.sender.repeat = 10
    drop(place)
    assert len(place.settle()) == 1


def test_a_person_s_alt_text_is_never_overwritten(place: Place) -> None:
    asset = place.dam.store.add(
        "pier.png", images.png(), "image/png", width=1200, height=800, fields={"description": "Mine."}
    ).id
    place.settle()
    assert place.shows(asset, "alt_text") == "Mine."
    assert FIELDS["alt_text"] in place.shows(asset, "proposal")


def test_a_metaproperty_that_says_approved_starts_what_approval_starts(tmp_path: Path) -> None:
    with connected(tmp_path, "bynder", starts={"asset.approved": [TEMPLATE]}) as place:
        place.settle()
        asset = drop(place)
        assert place.settle() == []
        place.dam.store.approve(asset)
        (run,) = place.settle()
        assert run.state is RunState.DELIVERED
        assert place.shows(asset, "alt_text") == FIELDS["alt_text"]
