"""A connection by an unverified preset says so wherever it is shown: on pages, in the API and on the command line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connectors.dam.connector import Dam
from hub.bootstrap import Hub, build
from hub.cli import main
from hub.settings import load
from hub.store import connections, teams
from tests.connectors.dam.signed_bench import FILLED, SECRET, opened
from tests.connectors.dam.test_presets import UNVERIFIED
from tests.flow.web.site import Site, open_site
from tests.hubs import TEAM

#: At a port of this machine where nobody answers.
NOWHERE = {"sandbox_root": "http://127.0.0.1:9"}
CANTO = {"dialect": "canto", "signing_secret": SECRET, **FILLED["canto"], **NOWHERE}
KNOWN = {"dialect": "standard_webhooks", **FILLED["standard_webhooks"], **NOWHERE}
SAID = "Canto (unverified preset): nobody has compared it with a real account yet."


def put(hub: Hub, name: str, given: Mapping[str, Any]) -> None:
    row = hub.parts.connections.sealed(name, "dam", given, sandbox=True, now=hub.parts.clock())
    with hub.database.transaction() as tx:
        connections.put(tx, row)
        connections.enable(tx, name, TEAM, {})


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path) as site:
        yield site


def test_home_says_it_beside_the_connection_s_name(site: Site) -> None:
    put(site.hub, "known", KNOWN)
    assert "unverified" not in site.browser().get("/").text
    put(site.hub, "media", CANTO)
    page = site.browser().get("/").text
    assert f"<strong>media</strong> {SAID}" in page
    assert "<strong>known</strong>" not in page


def test_the_api_says_it_of_this_connection_alone(site: Site) -> None:
    put(site.hub, "known", KNOWN)
    put(site.hub, "media", CANTO)
    listed = site.client().get("/api/v1/connections", headers=site.bearer()).json["connections"]
    said = {one["name"]: one["caution"] for one in listed}
    assert said["media"].startswith(SAID)
    assert said["known"] == ""


def test_a_connection_that_cannot_be_opened_does_not_take_the_page_down(site: Site) -> None:
    put(site.hub, "media", CANTO)
    with site.hub.database.transaction() as tx:
        row = connections.get(tx, "media")
        assert row is not None
        gone = {**row.settings, "dialect": "gone"}
        connections.put(tx, dataclasses.replace(row, settings=gone, updated_at=row.updated_at + 1))
    page = site.browser().get("/")
    assert page.status_code == 200
    assert "unverified" not in page.text


@pytest.fixture
def inlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """A hub with the connection, and its commands."""
    monkeypatch.setenv("INLAY_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    hub = build(load(log_level="ERROR"))
    with hub.database.transaction() as tx:
        teams.put(tx, TEAM, "Brand team", {}, 0.0)
    put(hub, "media", CANTO)
    hub.close()
    return lambda *words: CliRunner().invoke(main, words, catch_exceptions=False)


def test_the_commands_say_it_and_call_it_no_fault(inlay: Callable[..., Result]) -> None:
    assert f"media: {SAID}" in inlay("connectors").output
    doctor = inlay("doctor", "media", "--json")
    said = {probe["id"]: probe for probe in json.loads(doctor.output)}
    assert SAID in said["media: dialect"]["what"]
    assert (said["media: dialect"]["ok"], said["media: dialect"]["optional"]) == (False, True), "a note"
    assert "were not seen" in said["media: preset"]["what"], "it names what is a guess"


@pytest.mark.parametrize("name", sorted(UNVERIFIED))
def test_every_unverified_preset_is_a_note_with_its_fix_for_whoever_checks_it(name: str) -> None:
    connection = opened(name, **NOWHERE)
    note = {probe.id: probe for probe in Dam().check_connection(connection)}["dialect"]
    assert "unverified preset" in note.what
    assert note.fix
    assert note.who == "an admin"
    assert Dam().caution(connection)
    assert Dam().caution(opened()) == ""
