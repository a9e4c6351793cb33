"""The script holds against Google's own types: a misspelt method does not reach anybody's document."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT, absent
from tests.connectors.google_docs.addon_stage import ADDON

MODULES = ROOT / ".venv" / "fake-model" / "node_modules"
OPTIONS = {
    "allowJs": True,
    "checkJs": True,
    "noEmit": True,
    "target": "es2020",
    "lib": ["es2020"],
    "types": ["google-apps-script"],
    "typeRoots": [str(MODULES / "@types")],
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The script as a project of TypeScript's."""
    if shutil.which("node") is None or not (MODULES / "typescript").is_dir():
        absent("TypeScript is not installed: `make test` installs it when Node is there.")
    for file in ADDON.glob("*.gs"):
        (tmp_path / f"{file.stem}.js").write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": OPTIONS, "include": ["*.js"]}))
    return tmp_path


def faults(project: Path) -> list[str]:
    done = subprocess.run(
        ["node", str(MODULES / "typescript" / "bin" / "tsc"), "-p", str(project)], capture_output=True, text=True
    )
    return [line for line in done.stdout.splitlines() if "error TS" in line]


def test_the_script_uses_what_google_has(project: Path) -> None:
    assert faults(project) == []


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("Selection.js", ".getSelection()", ".getSelected()"),
        ("Write.js", ".deleteText(0, ", ".deleteText("),
        ("Ranges.js", "here.addNamedRange(name, ", "here.addNamedRange("),
        ("Hub.js", "ScriptApp.getIdentityToken()", "ScriptApp.getIdToken()"),
        ("Code.js", "lock.tryLock(", "lock.trylock("),
        ("Ranges.js", "Utilities.Charset.UTF_8", "Utilities.Charset.UTF8"),
    ],
)
def test_a_misspelt_method_is_found(project: Path, file: str, right: str, wrong: str) -> None:
    source = (project / file).read_text()
    assert right in source
    (project / file).write_text(source.replace(right, wrong, 1))
    found = faults(project)
    assert any(line.startswith(f"{file}(") or f"/{file}(" in line for line in found), found
