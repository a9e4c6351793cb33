"""What a connector's quality.toml claims is so, and its grade follows from it."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path

import pytest

from hub.quality import FILE, GRADES, RULES, Quality, quality_of, section
from hub.sdk import Connector
from tests.shape.test_connectors import FOLDERS, HEADINGS
from tests.shape.tree import ROOT

each_connector = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
#: The method of a connector that a rule is about.
METHODS = {"probes": "check_connection", "sandbox": "sandbox", "undo": "undo", "read-back": "read_back"}


def _connector(folder: Path) -> Connector:
    found: list[Connector] = []
    importlib.import_module(f"connectors.{folder.name}").register_connectors(found.append)
    return found[0]


@each_connector
def test_every_claim_names_a_known_rule_and_a_file_that_is_there(folder: Path) -> None:
    claimed = tomllib.loads((folder / FILE).read_text(encoding="utf-8"))
    assert set(claimed) == {"rules"}
    assert not set(claimed["rules"]) - {rule.name for rule in RULES}
    assert not [
        where for where in claimed["rules"].values() if not ((folder / where).exists() or (ROOT / where).exists())
    ]
    assert quality_of(_connector(folder)).met == claimed["rules"]


@each_connector
def test_a_claim_about_what_it_can_do_is_a_method_of_its_own(folder: Path) -> None:
    connector = _connector(folder)
    met = quality_of(connector).met
    own = {
        rule for rule, method in METHODS.items() if getattr(type(connector), method) is not getattr(Connector, method)
    }
    assert {rule for rule in met if rule in METHODS} == own
    assert ("sandbox" in met) == (connector.sandbox() is not None)


@each_connector
def test_its_guide_is_found_beside_its_code(folder: Path) -> None:
    assert all(section(_connector(folder), heading) for heading in HEADINGS)


@each_connector
def test_recordings_are_claimed_only_where_a_file_says_whose_they_are(folder: Path) -> None:
    where = quality_of(_connector(folder)).met.get("recordings")
    assert where is None or any(path.suffix == ".json" for path in (folder / where).iterdir())


def test_a_grade_asks_for_all_rules_up_to_it_and_for_none_beyond() -> None:
    names: dict[str, str] = {}
    assert Quality(names).grade == ""
    for grade in GRADES:
        names |= {rule.name: "there" for rule in RULES if rule.grade == grade}
        assert Quality(names).grade == grade
    assert Quality({name: "there" for name in names if name != "docs"}).grade == ""


def test_a_connector_without_the_file_has_no_grade() -> None:
    class Elsewhere:
        pass

    assert quality_of(Elsewhere()).grade == ""  # type: ignore[arg-type]
