"""Every connector is complete: the same files and headings, and its events told alike in every place."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from hub.sdk import Connector
from hub.testing.connector_contract import ConnectorContract
from tests.shape.tree import ROOT

CONNECTORS = ROOT / "connectors"
FILES = (
    "__init__.py", "connector.py", "settings.py", "inbound.py", "client.py", "write_back.py", "sandbox.py", "README.md",
)  # fmt: skip
HEADINGS = ["What you get", "Set up", "Settings", "Events", "Check it worked", "If it did not", "Limits"]
FOLDERS = sorted(path for path in CONNECTORS.iterdir() if path.is_dir() and path.name[0] not in "_.")

each_connector = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def test_every_connector_folder_is_an_entry_point_and_no_entry_point_is_without_folder() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = project["entry-points"]["hub.connectors"]
    assert declared == {folder.name: f"connectors.{folder.name}" for folder in FOLDERS}


@each_connector
def test_it_has_the_files_every_connector_has(folder: Path) -> None:
    missing = [file for file in FILES if not (folder / file).is_file()]
    assert not missing
    assert (folder / "fixtures").is_dir()


@each_connector
def test_its_init_holds_the_hook_and_nothing_else(folder: Path) -> None:
    registered = _connectors_of(folder)
    assert [connector.name for connector in registered] == [folder.name]
    assert len((folder / "__init__.py").read_text(encoding="utf-8").splitlines()) <= 20


@each_connector
def test_its_readme_has_the_headings_in_their_order(folder: Path) -> None:
    headings = re.findall(r"^## (.+)$", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == HEADINGS


@each_connector
def test_its_events_are_the_same_in_code_fixtures_and_readme(folder: Path) -> None:
    (connector,) = _connectors_of(folder)
    table = set(importlib.import_module(f"connectors.{folder.name}.inbound").EVENTS)
    # A fixture is named after its event; what follows a double underscore tells two payloads of one event apart.
    recorded = {path.stem.split("__")[0] for path in (folder / "fixtures").iterdir() if path.is_file()}
    told = _told(folder, "Events")
    assert set(connector.events) == table
    assert recorded == table
    assert told == table


@each_connector
def test_every_setting_is_described_for_an_admin_and_in_the_readme(folder: Path) -> None:
    (connector,) = _connectors_of(folder)
    fields: dict[str, Any] = connector.settings.model_fields
    told = _told(folder, "Settings")
    assert not [field for field, info in fields.items() if len((info.description or "").split()) < 3]
    assert told == set(fields)


@each_connector
def test_it_is_held_to_the_contract_of_every_connector(folder: Path) -> None:
    (connector,) = _connectors_of(folder)
    tests = importlib.import_module(f"tests.connectors.{folder.name}.test_contract")
    held = [one for one in vars(tests).values() if isinstance(one, type) and issubclass(one, ConnectorContract)]
    kept = [one for one in held if one is not ConnectorContract and type(one.connector) is type(connector)]
    assert [one.__name__ for one in kept if one.__name__.startswith("Test")], "no test class inherits ConnectorContract"
    ours = {name for name in dir(ConnectorContract) if name.startswith("test_")}
    assert not [name for one in kept for name in ours if getattr(one, name) is not getattr(ConnectorContract, name)]


@each_connector
def test_only_its_client_goes_out(folder: Path) -> None:
    outgoing = re.compile(r"\.http\b|^\s*(import|from) (requests|httpx2?|urllib\.request|http\.client)\b", re.MULTILINE)
    strays = [
        path.name
        for path in folder.rglob("*.py")
        if path.name != "client.py"
        and not path.name.startswith("sandbox")
        and outgoing.search(path.read_text(encoding="utf-8"))
    ]
    assert not strays


def _connectors_of(folder: Path) -> list[Connector]:
    found: list[Connector] = []
    importlib.import_module(f"connectors.{folder.name}").register_connectors(found.append)
    return found


def _told(folder: Path, heading: str) -> set[str]:
    """The names in the first column of the first table under a heading; one cell may hold several."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    table = re.search(r"(?:^\|.*\n?)+", section, re.MULTILINE)
    cells = (row.split("|")[1] for row in table.group().splitlines()) if table else ()
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}
