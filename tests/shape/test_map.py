"""The map in hub/README.md names every file of the hub, and no file that is gone."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.shape.tree import ROOT, name, parsed, python_files
from tests.shape.tree import files as project_files

MAP = ROOT / "hub" / "README.md"
LINE = re.compile(r"^- `([^`]+)` \S.*\S$")


def entries() -> list[str]:
    """What the map names, in its order: files, and folders with a slash at the end."""
    return [found.group(1) for line in MAP.read_text(encoding="utf-8").splitlines() if (found := LINE.match(line))]


def _purpose(path: Path) -> str:
    """The first sentence of the file, which is a fair first version of its line."""
    words = " ".join((ast.get_docstring(parsed(path)) or "").split())
    return re.split(r"(?<=\.) ", words)[0].replace("``", "`")


def in_hub(path: str) -> str:
    return path.removeprefix("hub/")


def test_the_map_names_every_python_file_of_the_hub() -> None:
    # A package's own line stands for its __init__.py; a revision of the schema is history, not a place to look.
    named = set(entries())
    missing = [
        f"- `{relative}` {_purpose(path)}"
        for path in python_files("hub")
        if not (relative := in_hub(name(path))).startswith("store/migrations/versions/")
        and relative not in named
        and not (path.name == "__init__.py" and in_hub(f"{name(path.parent)}/") in {*named, "hub/"})
    ]
    assert not missing, "Add to hub/README.md, in a reader's words:\n" + "\n".join(missing)


def test_the_map_covers_every_other_file_by_its_folder() -> None:
    folders = [entry for entry in entries() if entry.endswith("/")]
    missing = [
        relative
        for path in project_files()
        if name(path).startswith("hub/") and path.suffix != ".py" and path != MAP
        if not (relative := in_hub(name(path))).startswith(tuple(folders)) and relative not in entries()
    ]
    assert not missing, f"hub/README.md has no line for the folder of {', '.join(missing)}"


def test_the_map_names_nothing_that_is_gone() -> None:
    gone = [entry for entry in entries() if not (ROOT / "hub" / entry).exists()]
    assert not gone, f"hub/README.md names {', '.join(gone)}, which is not there"


def test_the_map_names_nothing_twice() -> None:
    assert len(entries()) == len(set(entries()))
