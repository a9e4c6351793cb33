"""Quality: what a connector ships beside its code says which rules it meets, and the grade is computed from that."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from hub.sdk import Connector

FILE = "quality.toml"
GUIDE = "README.md"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing a connector can be held to; ``grade`` is the first grade that asks for it."""

    name: str
    grade: str
    means: str


RULES = (
    Rule("contract-tests", "bronze", "It passes the tests every connector is held to."),
    Rule("probes", "bronze", "It can be tried, and each probe that fails names its fix and who can do it."),
    Rule("docs", "bronze", "Its README says how to set it up, how to check that it worked, and its limits."),
    Rule("sandbox", "silver", "It can be tried on this machine, without an account."),
    Rule("undo", "silver", "What it wrote can be taken back, as long as nobody changed it."),
    Rule("read-back", "silver", "It looks what became of the texts it wrote."),
    Rule("recordings", "gold", "Its tests replay what a real account sent."),
)
#: In this order: each asks for all that the ones before it do.
GRADES = ("bronze", "silver", "gold")


@dataclass(frozen=True, slots=True)
class Quality:
    """Which rules a connector says it meets, each with where that shows."""

    met: Mapping[str, str]

    @property
    def grade(self) -> str:
        """The highest grade all of whose rules are met; empty below the first."""
        reached = ""
        for grade in GRADES:
            if any(rule.name not in self.met for rule in RULES if rule.grade == grade):
                break
            reached = grade
        return reached

    @property
    def missing(self) -> tuple[Rule, ...]:
        """The rules that are not met."""
        return tuple(rule for rule in RULES if rule.name not in self.met)


def quality_of(connector: Connector) -> Quality:
    """What a connector's ``quality.toml`` says. Without one, or with one that cannot be read, no rule counts as met."""
    try:
        said: dict[str, Any] = tomllib.loads(_beside(connector, FILE))
    except ValueError:
        return Quality({})
    rules, known = said.get("rules", {}), {rule.name for rule in RULES}
    return Quality({name: shown for name, shown in rules.items() if name in known and isinstance(shown, str) and shown})


def section(connector: Connector, heading: str) -> str:
    """A section of the connector's README as Markdown, without its heading; empty where there is none."""
    found = re.search(
        rf"^## {re.escape(heading)}[ \t]*\n(.*?)(?=^## |\Z)", _beside(connector, GUIDE), re.DOTALL | re.MULTILINE
    )
    return found.group(1).strip() if found else ""


def _beside(connector: Connector, file: str) -> str:
    """A text file in the package of the connector's code, or an empty text."""
    module = sys.modules.get(type(connector).__module__)
    package = getattr(module, "__package__", "") or ""
    if not package:
        return ""
    try:
        return resources.files(package).joinpath(file).read_text(encoding="utf-8")
    except (OSError, ModuleNotFoundError, UnicodeDecodeError):
        return ""
