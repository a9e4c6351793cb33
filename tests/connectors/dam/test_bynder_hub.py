"""Bynder at the door of a real hub: a subscription, a picture's texts written once, a person's words left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.dam.sandbox_bynder import BynderVendor
from connectors.dam.sandbox_sns import SandboxTopic
from hub.domain import RunState
from hub.pipeline.sweep import sweep_now
from hub.store import notices
from tests.connectors.dam import images
from tests.connectors.dam.hub_bench import FIELDS, TEMPLATE, Place, connected


def topic_of(place: Place) -> SandboxTopic:
    vendor = place.dam.vendor
    assert isinstance(vendor, BynderVendor)
    return vendor.topic


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with connected(tmp_path, "bynder") as place:
        # The first message asks to be confirmed. Before that SNS sends nothing else.
        assert place.settle() == []
        assert topic_of(place).confirmed
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


def answers(place: Place, body: bytes) -> list[int]:
    """What the hub answers to a message, one status for each time SNS tries."""
    before = len(place.dam.sender.attempts)
    place.dam.sender.send(body)
    assert place.dam.sender.drained()
    return [attempt.status for attempt in list(place.dam.sender.attempts)[before:]]


def waiting(place: Place) -> int:
    with place.hub.database.reading() as tx:
        return sum(one.count for one in notices.waiting(tx))


def about(asset: str) -> str:
    return json.dumps({"media_id": asset})


def test_a_stranger_with_a_topic_of_their_own_is_refused_once_and_starts_nothing(place: Place) -> None:
    topic = topic_of(place)
    asset = place.dam.store.add("quiet.png", images.png(), "image/png", quiet=True).id
    stranger = SandboxTopic("arn:aws:sns:eu-west-1:999999999999:theirs", topic.clock)
    # Amazon signs for them with the same certificate.
    stranger.key, stranger.path = topic.key, topic.path
    calls = len(place.dam.journal.entries())
    assert answers(place, stranger.notification("asset_bank.media.create", about(asset))) == [401]
    assert answers(place, stranger.confirmation()) == [401]
    forged = json.loads(topic.notification("asset_bank.media.create", about(asset)))
    assert answers(place, json.dumps({**forged, "Subject": "asset_bank.media.updated"}).encode()) == [401]
    assert len(topic.confirmations) == 1, "that of the portal's own topic"
    assert len(place.dam.journal.entries()) == calls
    assert waiting(place) == 0
    assert place.settle() == []


def test_a_message_counts_for_as_long_as_sns_tries_and_once(place: Place) -> None:
    asset = place.dam.store.add("quiet.png", images.png(), "image/png", quiet=True).id
    body = topic_of(place).notification("asset_bank.media.create", about(asset))
    place.clock.ahead = 3500.0
    assert answers(place, body) == [200]
    assert answers(place, body) == [200]
    assert waiting(place) == 1
    place.clock.ahead = 2 * 3600.0
    assert answers(place, body) == [401]
    assert waiting(place) == 1


def test_sns_sends_again_while_its_certificate_cannot_be_had(place: Place) -> None:
    topic, sender = topic_of(place), place.dam.sender
    topic.rotate()
    place.dam.faults.add("503", on=f"GET {topic.host}", times=None)
    # So slow that the next attempt comes only when it is hurried.
    sender.speed = 0.001
    before = len(sender.attempts)
    asset = drop(place)
    assert sender.attempted(before + 1)
    assert sender.attempts[-1].status == 503, "any 4xx would lose the message for good"
    assert waiting(place) == 0
    place.dam.faults.clear()
    sender.speed = 10_000.0
    sender.hurry()
    (run,) = place.settle()
    assert run.state is RunState.DELIVERED
    assert place.shows(asset, "alt_text") == FIELDS["alt_text"]


def test_what_sns_gave_up_is_found_by_the_look_over_the_portal(place: Place) -> None:
    topic, sender = topic_of(place), place.dam.sender
    topic.rotate()
    place.dam.faults.add("503", on=f"GET {topic.host}", times=None)
    before = len(sender.attempts)
    asset = drop(place)
    assert sender.drained()
    tries = list(sender.attempts)[before:]
    assert [(one.number, one.status) for one in tries] == [(0, 503), (1, 503), (2, 503), (3, 503)]
    assert tries[-1].given_up
    place.dam.faults.clear()
    assert sweep_now(place.hub.parts, "dam").new == 1
    (run,) = place.settle()
    assert run.state is RunState.DELIVERED
    assert place.shows(asset, "alt_text") == FIELDS["alt_text"]


def test_a_subscription_nobody_allowed_is_left_to_a_person(tmp_path: Path) -> None:
    with connected(tmp_path, "bynder", confirm_subscription=False) as place:
        topic = topic_of(place)
        assert place.settle() == []
        assert not topic.confirmed
        assert topic.confirmations == []
        # A person opens the address.
        topic.confirmed = True
        asset = drop(place)
        (run,) = place.settle()
        assert run.state is RunState.DELIVERED
        assert place.shows(asset, "alt_text") == FIELDS["alt_text"]
