"""Many writers at one asset leave every value once, and what became of a draft is told."""

from __future__ import annotations

import dataclasses
import threading

import pytest

from connectors.dam.read_back import read_back
from connectors.dam.write_back import write_back
from hub.sdk import Delivery, Receipt, TryLater
from tests.connectors.dam.shelf import Desk, desk

pytestmark = pytest.mark.usefixtures("shelves")
ALT = {"alt_text": "A lantern on a pier"}


def write(at: Desk, delivery: Delivery) -> Receipt:
    return write_back(at.connection, delivery)


def test_forty_writers_at_one_asset_leave_forty_values_or_say_that_later_is_better() -> None:
    at = desk(etags=False, fields={**{slot: f"x:{slot}" for slot in ("alt_text", "title", "mark", "proposal")}})
    assets = [at.add() for _ in range(4)]
    deliveries = [at.delivery(assets[n % 4], fields={"alt_text": f"By {n}"}) for n in range(40)]
    outcomes: dict[int, Receipt] = {}

    def go(number: int) -> None:
        for _ in range(50):
            try:
                outcomes[number] = write(at, deliveries[number])
                return
            except TryLater:
                continue

    threads = [threading.Thread(target=go, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(outcomes) == 40
    for asset in assets:
        values = {f"By {n}" for n in range(40) if assets[n % 4] == asset}
        assert {at.shows(asset, "alt_text"), at.shows(asset, "proposal")} <= values
        wrote = [one for one in outcomes.values() if one.vendor_id == asset and "alt_text" in one.detail["slots"]]
        assert len(wrote) == 1


def test_one_delivery_asked_for_by_forty_at_once_is_one_write() -> None:
    at = desk()
    asset = at.add()
    delivery = at.delivery(asset, fields=ALT)
    receipts: list[Receipt] = []
    threads = [threading.Thread(target=lambda: receipts.append(write(at, delivery))) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(receipts) == 40
    assert [one.already for one in receipts].count(False) == 1
    assert at.shelf.calls.count("write") == 1


def test_what_became_of_a_draft_is_told() -> None:
    at = desk()
    asset = at.add()
    delivery = at.delivery(asset, fields={**ALT, "title": "Pier"})
    written = dataclasses.replace(delivery, earlier=write(at, delivery))
    kept = read_back(at.connection, written)
    assert kept is not None
    assert (kept.state, kept.changed) == ("kept", 0.0)
    at.person(asset, alt_text="A lantern on a jetty")
    edited = read_back(at.connection, written)
    assert edited is not None
    assert edited.state == "edited"
    assert 0 < (edited.changed or 0) < 0.5
    at.person(asset, alt_text=None, title=None)
    gone = read_back(at.connection, written)
    assert gone is not None
    assert gone.state == "deleted"


def test_a_proposal_nobody_took_is_pending() -> None:
    at = desk()
    asset = at.add(alt_text="By a person")
    delivery = at.delivery(asset, fields=ALT)
    found = read_back(at.connection, dataclasses.replace(delivery, earlier=write(at, delivery)))
    assert found is not None
    assert found.state == "pending"
