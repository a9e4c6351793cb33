"""Reads a hub.yaml: unknown keys and wrong values are refused with their line, references become what they name."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hub import faults
from hub.configure.declared import Declaration
from hub.configure.yaml_lines import line_of, parse
from hub.errors import BadRequest, InvalidInputs

LARGEST_SECRET = 100_000
_REFERENCE = re.compile(r"\$(env|file):(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Source:
    """A hub.yaml that was read: what it declares, where each thing stands, and how its references are resolved."""

    name: str
    declared: Declaration
    lines: Mapping[tuple[str | int, ...], int]
    environ: Mapping[str, str] = field(repr=False)
    folder: Path

    def wrong(self, *faults: tuple[tuple[str | int, ...], str]) -> InvalidInputs:
        """The error that names each fault with its line."""
        fields = {_numbered(self.lines, path): what for path, what in faults}
        what = f"{self.name} cannot be applied."
        return InvalidInputs(what, fields=fields, instead="Correct these lines.", who="an admin")

    def resolve(self, value: Any) -> Any:
        """The value, or what it refers to when it is ``$env:NAME`` or ``$file:PATH``.

        Raises:
            BadRequest: the variable is not set, or the file cannot be read. No content is quoted.
        """
        found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            return value
        kind, name = found.group(1), found.group(2).strip()
        if kind == "env":
            if name not in self.environ:
                raise BadRequest(f"the environment variable {name} is not set", who="an admin")
            return self.environ[name]
        try:
            with open(self.folder / name, encoding="utf-8") as file:
                text = file.read(LARGEST_SECRET + 1)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is no text"
            raise BadRequest(f"the file {name} cannot be read ({why})", who="an admin") from None
        if len(text) > LARGEST_SECRET:
            raise BadRequest(f"the file {name} is longer than {LARGEST_SECRET:,} characters", who="an admin")
        return text.strip()


def is_reference(value: Any) -> bool:
    """Whether a setting is written as ``$env:NAME`` or ``$file:PATH``."""
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None


def read_file(path: Path) -> Source:
    """The file at ``path``; ``$file:`` references are looked for beside it.

    Raises:
        BadRequest: it cannot be read.
        InvalidInputs: see ``read``.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = f"{getattr(error, 'strerror', None) or 'It is no UTF-8 text'}."
        instead = "`inlay init` writes one to start from."
        raise BadRequest(f"{path} cannot be read.", why=why, instead=instead, who="an admin") from None
    return read(text, name=path.name, folder=path.parent)


def read(
    text: str, *, name: str = "hub.yaml", folder: Path = Path(), environ: Mapping[str, str] | None = None
) -> Source:
    """What a text declares.

    Args:
        name: what errors call it.
        folder: where relative ``$file:`` references are looked for.
        environ: what ``$env:`` references name; the process's own environment when None.

    Raises:
        InvalidInputs: each unknown key and wrong value, with its line.
    """
    data, lines = parse(text, name)
    try:
        declared = Declaration.model_validate({} if data is None else data)
    except ValidationError as error:
        fields: dict[str, str] = {}
        for fault in error.errors(include_input=False, include_url=False):
            path = tuple(part for part in fault["loc"] if part != "[key]")
            fields.setdefault(_numbered(lines, path), _said(fault))
        what = f"{name} cannot be used."
        raise InvalidInputs(what, fields=fields, instead="Correct these lines.", who="an admin") from None
    return Source(name, declared, lines, os.environ if environ is None else environ, folder)


def _numbered(lines: Mapping[tuple[str | int, ...], int], path: tuple[str | int, ...]) -> str:
    return f"line {line_of(dict(lines), path)} ({'.'.join(map(str, path)) or 'the whole'})"


#: In a file, what is missing or not known is a key.
_KEYS = {"extra_forbidden": "this key is not known here", "missing": "this key is missing"}


def _said(fault: ErrorDetails) -> str:
    return _KEYS.get(fault["type"]) or faults.said(fault)
