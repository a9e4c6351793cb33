"""What the shape tests look at: the files of the project, without what tools and runs leave behind."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOP = (".ci", "connectors", "hub", "prompts", "tests")
LEFT_BEHIND = {"__pycache__", "node_modules", "vendor"}
TEXT = {
    ".md",
    ".py",
    ".toml",
    ".txt",
    ".yaml",
    ".yml",
    ".json",
    ".html",
    ".css",
    ".js",
    ".prompty",
    ".sh",
    ".ini",
    ".mako",
}


@cache
def files() -> tuple[Path, ...]:
    """Every file of the project, sorted."""
    inside = (path for top in TOP for path in (ROOT / top).rglob("*"))
    beside = ROOT.iterdir()
    found = (path for source in (beside, inside) for path in source)
    return tuple(
        sorted(
            path
            for path in found
            if path.is_file() and not LEFT_BEHIND & set(path.parts) and path.suffix != ".pyc" and path.name != ".git"
        )
    )


def python_files(*tops: str) -> tuple[Path, ...]:
    """The Python files below the given top folders, or all."""
    return tuple(path for path in files() if path.suffix == ".py" and (not tops or name(path).split("/")[0] in tops))


def text_files() -> tuple[Path, ...]:
    """Every file people read as text."""
    return tuple(path for path in files() if path.suffix in TEXT or path.suffix == "")


def name(path: Path) -> str:
    """The path as people write it: from the project's root, with slashes."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """The top-level package and line of every absolute import that happens when the program runs."""
    only_for_types = {
        id(node)
        for block in ast.walk(parsed(path))
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for child in block.body
        for node in ast.walk(child)
    }
    for node in ast.walk(parsed(path)):
        if id(node) in only_for_types:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0], node.lineno
