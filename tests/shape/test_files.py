"""Every file is small, says what it is for, has a name that means something, and holds no trace of unfinished work."""

from __future__ import annotations

import ast
import re
import statistics
from pathlib import Path

import pytest

from tests.shape.tree import ROOT, files, name, parsed, python_files, text_files

LONGEST = 400
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
# Spelt in pieces, so that this file does not hold what it looks for.
UNFINISHED = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "NotImplemented" + "Error")))
OF_ONE_MACHINE = re.compile(
    "|".join((r"(?<![\w.])/wo" + "rk/", r"(?<![\w.])/ro" + "ot/", "/tmp/ve" + "nv", r"/home/\w+/"))
)
INDEXES = re.compile(
    "|".join((r"registry\.np" + "mjs", r"files\.python" + "hosted", r"extra-index-" + "url", r"index-" + "url"))
)
LOCKS = {"package-lock.json", "yarn.lock", "pnpm-lock.yaml", "uv.lock", "poetry.lock", "Pipfile.lock"}


def test_no_python_file_is_longer_than_four_hundred_lines() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    long = {path: lines for path, lines in lengths.items() if lines > LONGEST}
    assert not long, f"Split these along what they do: {long}"


def test_files_are_short_as_a_rule() -> None:
    lengths = [len(path.read_text(encoding="utf-8").splitlines()) for path in python_files("hub", "connectors")]
    assert statistics.median(lengths) <= 150


@pytest.mark.parametrize("path", python_files(), ids=name)
def test_a_file_s_first_sentence_says_what_it_is_for(path: Path) -> None:
    first = (ast.get_docstring(parsed(path)) or "").partition("\n\n")[0]
    assert len(first.split()) >= 3, f"{name(path)} begins without a sentence that says what it is for"
    assert first.rstrip()[-1] in ".:?!", f"the first sentence of {name(path)} has no end"


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    empty = [name(path) for path in files() if EMPTY_WORDS & set(re.split(r"[/_.\-]", name(path).lower()))]
    assert not empty


def test_nothing_is_left_unfinished() -> None:
    assert not _lines(UNFINISHED, {".py", ".js", ".html", ".yaml"})


def test_nothing_names_the_machine_it_was_written_on() -> None:
    assert not _lines(OF_ONE_MACHINE)


def test_nothing_records_where_packages_are_downloaded_from() -> None:
    assert not _lines(INDEXES)
    assert not [name(path) for path in files() if path.name in LOCKS]
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert not [pin for pin in pins if not re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", pin)]


def _lines(pattern: re.Pattern[str], suffixes: set[str] | None = None) -> list[str]:
    """Where the pattern stands, as ``file:line``."""
    return [
        f"{name(path)}:{number}"
        for path in text_files()
        if suffixes is None or path.suffix in suffixes
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
