"""What is built is what runs: the wheel carries every file, and every entry point leads to code."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib
import zipfile

import pytest

from tests.shape.tree import ROOT, files, imported, name, python_files

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
POINTS = {
    **{f"command {key}": value for key, value in PROJECT["scripts"].items()},
    **{f"{group} {key}": value for group, points in PROJECT["entry-points"].items() for key, value in points.items()},
}
#: What the project imports of a library whose package has another name on the index.
OTHER_NAMES = {
    "google": "google-auth",
    "googleapiclient": "google-api-python-client",
    "re2": "google-re2",
    "argon2": "argon2-cffi",
    "ahocorasick": "pyahocorasick",
    "yaml": "pyyaml",
    "pydantic_core": "pydantic",
    "flask": "apiflask",
    "itsdangerous": "apiflask",
    "werkzeug": "apiflask",
    "markupsafe": "jinja2",
    "httplib2": "google-api-python-client",
    "spacy": "presidio-analyzer",
    "tldextract": "presidio-analyzer",
    "pika": "dramatiq",
    "redis": "dramatiq",
    "importlinter": "import-linter",
    "markdown_it": "markdown-it-py",
    "pytest": "",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel built from the project."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def test_the_wheel_carries_every_file_of_the_three_packages(wheel: set[str]) -> None:
    source = {name(path) for path in files() if name(path).startswith(("hub/", "connectors/", "prompts/"))}
    assert not source - wheel


def test_the_wheel_carries_nothing_else(wheel: set[str]) -> None:
    assert {path.split("/")[0] for path in wheel if ".dist-info" not in path} == {"hub", "connectors", "prompts"}


@pytest.mark.parametrize("point", POINTS)
def test_an_entry_point_leads_to_code(point: str) -> None:
    module, _, attribute = POINTS[point].partition(":")
    found = importlib.import_module(module)
    assert not attribute or callable(getattr(found, attribute))


@pytest.mark.parametrize("tops", [("hub", "connectors", "prompts"), ("tests",)], ids=["the product", "its tests"])
def test_every_library_that_is_imported_is_declared(tops: tuple[str, ...]) -> None:
    lines = PROJECT["dependencies"] + (PROJECT["optional-dependencies"]["dev"] if tops == ("tests",) else [])
    declared = {_library(line) for line in lines}
    own = {"hub", "connectors", "prompts", "tests", *sys.stdlib_module_names}
    strays = {
        f"{name(path)} imports {package}"
        for path in python_files(*tops)
        for package, _ in imported(path)
        if package not in own and OTHER_NAMES.get(package, package.replace("_", "-")) not in {*declared, ""}
    }
    assert not strays


def test_every_declared_library_is_pinned() -> None:
    pins = {_library(line) for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()}
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    assert not {_library(line) for line in wanted} - pins


def _library(requirement: str) -> str:
    """The name of a package as the index compares it."""
    bare = requirement.split("[")[0].split(">")[0].split("=")[0].split("<")[0].strip()
    return bare.lower().replace("_", "-").replace(".", "-")
