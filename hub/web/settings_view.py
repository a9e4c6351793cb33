"""The settings as an admin reads them: value, where it comes from, what it does. Secrets only as set or not set."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from hub.sdk import Secret
from hub.settings import Settings

_USER = re.compile(r"(//)[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting: its variable, its value in words, its origin, and what it does."""

    name: str
    value: str
    origin: str
    about: str
    changed: bool


def settings(of: Settings) -> list[Shown]:
    """Every setting, in the order it is declared."""
    found = []
    for name, field in Settings.model_fields.items():
        variable = f"INLAY_{name.upper()}"
        origin = _origin(of, name, variable)
        value = _value(getattr(of, name), secret=Secret in getattr(field.annotation, "__args__", (field.annotation,)))
        found.append(Shown(variable, value, origin, field.description or "", origin != "default"))
    return found


def _origin(of: Settings, name: str, variable: str) -> str:
    if name not in of.model_fields_set:
        return "default"
    if os.environ.get(f"{variable}_FILE"):
        return f"file named by {variable}_FILE"
    # The environment is read in any case, as pydantic reads it.
    return "environment" if variable in {one.upper() for one in os.environ} else "given at the start"


def _value(value: Any, *, secret: bool) -> str:
    if secret:
        return "not set" if value is None else "set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == "" or value == [] or value == {}:
        return "empty"
    return without_passwords(str(value))


def without_passwords(text: str) -> str:
    """A text without what an address may carry in front of its host or behind its path."""
    covered = _USER.sub(r"\1…@", text)
    if "://" in covered and "?" in covered and " " not in covered:
        parts = urlsplit(covered)
        covered = urlunsplit((parts.scheme, parts.netloc, parts.path, "…" if parts.query else "", ""))
    return covered
