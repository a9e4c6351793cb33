"""Imports point one way, one library has one place, SQL stays in the store, and the public door opens nothing else."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import hub.sdk
from hub import errors
from hub.sdk import hookspecs
from tests.shape.tree import ROOT, imported, name, parsed, python_files

#: Which part of the hub may import a library. What is not listed is free.
PLACES = {
    "sqlalchemy": "hub/store/",
    "alembic": "hub/store/",
    "psycopg": "hub/store/",
    "sqlite3": "hub/store/",
    "openai": "hub/model",
    "dramatiq": "hub/engine",
    "pika": "hub/engine",
    "redis": "hub/engine",
    "presidio_analyzer": "hub/governance/",
    "prompty": "hub/templates",
    "flask": "hub/web/",
    "apiflask": "hub/web/",
}
SQL = re.compile(
    r"^\s*(SELECT\s.+\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(TABLE|INDEX)|PRAGMA\s)",
    re.DOTALL,
)


def test_imports_keep_the_order() -> None:
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    checked = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_each_library_is_imported_in_its_place_only() -> None:
    strays = [
        f"{name(path)}:{line} imports {package}, which belongs in {PLACES[package]}"
        for path in python_files("hub")
        for package, line in imported(path)
        if package in PLACES and not name(path).startswith((PLACES[package], "hub/testing/"))
    ]
    assert not strays, "\n".join(strays)


def test_sql_is_written_in_the_store_only() -> None:
    strays = [
        f"{name(path)}:{node.lineno}"
        for path in python_files("hub", "connectors")
        # Salesforce's queries look alike, and go to Salesforce.
        if not name(path).startswith(("hub/store/", "connectors/salesforce/"))
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]
    assert not strays


def test_nothing_lives_at_module_level_that_belongs_to_one_hub() -> None:
    strays = [
        f"{name(path)}: {target.id}"
        for path in python_files("hub")
        for node in parsed(path).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in {"app", "db", "hub", "session", "engine", "broker", "settings"}
    ]
    assert not strays


def test_the_hub_does_not_hold_a_connector_s_name() -> None:
    names = {path.name for path in (ROOT / "connectors").iterdir() if path.is_dir() and path.name[0] not in "_."}
    strays = [
        f"{name(path)}:{node.lineno}"
        for path in python_files("hub")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and node.value in names
    ]
    assert not strays


def test_the_public_door_is_exactly_what_it_says() -> None:
    public = {key for key, value in vars(hub.sdk).items() if not key.startswith("_") and not inspect.ismodule(value)}
    assert public == set(hub.sdk.__all__)
    assert list(hub.sdk.__all__) == sorted(hub.sdk.__all__)


def test_the_public_door_carries_neither_a_web_server_nor_a_database() -> None:
    code = "import sys, hub.sdk; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert not {"flask", "sqlalchemy", "openai", "dramatiq", "googleapiclient", "presidio_analyzer"} & set(
        loaded.stdout.split()
    )


def hooks() -> Iterator[tuple[str, str]]:
    """Name and documentation of each hook."""
    for key, value in vars(hookspecs).items():
        if hasattr(value, f"{hookspecs.PROJECT}_spec"):
            yield key, inspect.getdoc(value) or ""


def test_every_hook_says_when_it_is_called_what_it_gets_and_what_happens_when_it_raises() -> None:
    found = dict(hooks())
    assert {"register_connectors", "register_checks", "on_run_finished"} <= set(found)
    for hook, text in found.items():
        for part in ("Called:", "Args:", "Raises:", "Example::"):
            assert part in text, f"{hook} does not say {part}"


def test_every_public_name_of_the_sdk_is_documented() -> None:
    tree = inspect.getdoc(errors) or ""
    public = {key: getattr(hub.sdk, key) for key in hub.sdk.__all__}
    bare = [
        key
        for key, value in public.items()
        if (inspect.isclass(value) or inspect.isfunction(value))
        and not _own_docstring(Path(inspect.getfile(value)), key)
        and f"── {key} " not in tree
    ]
    assert not bare, f"{', '.join(bare)}: neither a docstring nor a line in the tree of errors"


def _own_docstring(path: Path, wanted: str) -> bool:
    # Read from the source: a dataclass writes itself a docstring, and a subclass inherits one.
    return any(
        ast.get_docstring(node)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == wanted
    )
