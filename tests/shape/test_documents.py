"""Documents stay true: links resolve, the README is short and names real commands, the change log knows the version."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import hub
from tests.shape.tree import ROOT, files, name

PAGES = tuple(path for path in files() if path.suffix == ".md")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def without_code(page: Path) -> str:
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors a page's headings have, as they are made on the web: lower case, words joined by hyphens."""
    headings = re.findall(r"^#+ (.+)$", without_code(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    broken = []
    for text, picture in LINK.findall(without_code(page)):
        target, _, anchor = (text or picture).partition("#")
        if re.match(r"[a-z]+:", target) or target.startswith("/"):
            continue
        place = (page.parent / target).resolve() if target else page
        if not place.exists() or (anchor and place.suffix == ".md" and anchor not in anchors(place)):
            broken.append(text or picture)
    assert not broken


def test_the_readme_is_read_in_two_minutes_and_shows_both_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    assert "make demo" in text
    assert "make test" in text


def test_the_build_runs_the_command_the_readme_shows() -> None:
    last = (ROOT / ".ci" / "run").read_text(encoding="utf-8").strip().splitlines()[-1]
    assert last == "exec make test"
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_every_command_a_document_names_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        (name(page), target)
        for page in PAGES
        for target in re.findall(r"(?:`|^\s*)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert not [f"{page} names make {target}" for page, target in named if target not in targets]


def test_make_alone_lists_what_it_can_do() -> None:
    said = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert said.returncode == 0
    assert all(f"make {target}" in said.stdout for target in ("demo", "test", "check"))


def test_the_change_log_begins_with_the_version_of_the_package() -> None:
    versions = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert versions[0] == hub.__version__
    assert len(versions) == len(set(versions))
