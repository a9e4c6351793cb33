"""Probes of a DAM connection: what is missing is named with its fix, and what is only a pity is optional."""

from __future__ import annotations

import pytest

from connectors.dam.connector import Dam
from hub.sdk import NeedsPermission, Probe
from tests.connectors.dam.shelf import Desk, desk

pytestmark = pytest.mark.usefixtures("shelves")


def probes(at: Desk) -> dict[str, Probe]:
    found = Dam().check_connection(at.connection)
    assert len({one.id for one in found}) == len(found)
    assert all(one.ok or (one.what and one.fix and one.who) for one in found)
    return {one.id: one for one in found}


def test_a_whole_connection_passes() -> None:
    assert all(one.ok for one in probes(desk(settings={"starts": {"asset.ready": ["alt-text"]}})).values())


def test_what_is_lost_without_a_field_for_the_note_is_said_and_is_no_failure_of_the_connection() -> None:
    found = probes(desk(settings={"fields": {"mark": "", "proposal": ""}}))
    for id in ("mark", "proposal", "starts"):
        assert not found[id].ok
        assert found[id].optional
    assert "person" in found["mark"].what


def test_a_dam_without_any_field_is_a_failure() -> None:
    found = probes(desk(fields={"mark": "x:mark"}))
    assert (found["slots"].ok, found["slots"].optional) == (False, False)


def test_a_dialect_that_raises_is_a_probe_that_failed() -> None:
    at = desk()

    def refuse(connection: object) -> list[Probe]:
        raise NeedsPermission("The account is locked.")

    at.shelf.probes = refuse  # type: ignore[method-assign]
    found = probes(at)
    assert not found["account"].ok
    assert "locked" in found["account"].what


def test_the_address_for_webhooks_is_told_to_the_dialect() -> None:
    at = desk()
    at.shelf.steps = lambda settings, url: {"webhook.txt": url}  # type: ignore[method-assign]
    found = Dam().manifests(at.connection, "https://hub.example.com/connect/dam/dam")
    assert found["webhook.txt"] == "https://hub.example.com/in/dam"
