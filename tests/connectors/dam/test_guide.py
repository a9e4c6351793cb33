"""The guide to the DAM tells the truth: its example can be applied, and what it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from connectors.dam.asset import SLOTS
from connectors.dam.dialects import every
from connectors.dam.inbound import EVENTS
from connectors.dam.settings import DamSettings
from hub.configure import plan, read
from tests.guides.guides import blocks, guide
from tests.hubs import a_hub

#: Words in code that are no setting: files, fields of vendors, and values.
SETTING = re.compile(r"`([a-z]+(?:_[a-z]+)*)(?:: [^`]*)?`")


@pytest.mark.parametrize(("number", "name"), [(0, "dam"), (1, "atlas")])
def test_each_example_of_the_guide_can_be_planned(tmp_path: Path, number: int, name: str) -> None:
    text = blocks(guide("connect-a-dam"), "yaml")[number]
    environ = dict.fromkeys(re.findall(r"\$env:([A-Z_]+)", text), "a-secret-long-enough")
    with a_hub(tmp_path / "home") as hub:
        whole = "teams: {brand: {title: Brand}}\n" + text
        assert plan(hub, read(whole, folder=tmp_path, environ=environ)).todo
    assert set(yaml.safe_load(text)["connections"][name]["settings"]["starts"]) <= set(EVENTS)


def test_the_guide_and_the_readme_name_dialects_that_exist() -> None:
    text = guide("connect-a-dam")
    readme = Path(__file__).resolve().parents[3] / "connectors" / "dam" / "README.md"
    named = set(re.findall(r"`?dialect: ([a-z_]+)", text))
    assert {"aem", "bynder", "cloudinary"} <= named <= set(every())
    table = readme.read_text(encoding="utf-8").partition("| dialect |")[2].partition("\n\n")[0]
    told = {name for row in table.splitlines() for name in re.findall(r"`([a-z_]+)`", row.split("|")[1] if row else "")}
    assert told == set(every())


def test_every_word_of_code_in_the_guide_is_a_setting_a_slot_or_a_dialect() -> None:
    known = {*DamSettings.model_fields, *SLOTS, "alt", "caption", "env"}
    assert {name for name in SETTING.findall(guide("connect-a-dam"))} <= known
    for slot in ("mark", "proposal", "review"):
        assert f"`{slot}`" in guide("connect-a-dam")
