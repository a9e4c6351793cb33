"""The panels' packages hold what Adobe's own tools and types ask for, and this hub's address and nothing else of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from connectors.dam.panels import packages
from connectors.dam.settings import DamSettings
from hub.sdk import Connection, GuardedHttp
from tests.conftest import ROOT, absent

MODULES = ROOT / ".venv" / "fake-model" / "node_modules"
URL = "https://inlay.example.com/connect/dam/dam"
TYPES = MODULES / "@adobe" / "ccweb-add-on-sdk-types"
#: What UXP's types leave out, or have one level above where it is documented. For InDesign Adobe has none.
PROGRAM = """
declare function setTimeout(act: (...given: any[]) => void, ms: number): number;
declare module "uxp" { namespace storage { const secureStorage: import("uxp").SecureStorage; } }
declare module "indesign" { const all: any; export = all; }
"""
OPTIONS = {"allowJs": True, "checkJs": True, "noEmit": True, "target": "es2022", "moduleResolution": "node"}
VALIDATE = """
import { AddOnManifest } from "@adobe/ccweb-add-on-manifest";
import { readFileSync } from "node:fs";
const manifest = JSON.parse(readFileSync(process.argv[2], "utf8"));
const additionalInfo = { sourceId: "DEV", isDeveloperModeUser: true };
const { manifestValidationResult } = AddOnManifest.createManifest({ manifest, additionalInfo });
console.log(JSON.stringify(manifestValidationResult));
"""


def made(url: str = URL) -> dict[str, str]:
    given = {"dialect": "aem", "host": "author-p1-e2.adobeaemcloud.com", "client_id": "c", "client_secret": "secret!"}
    settings = DamSettings.model_validate(given)
    return dict(packages(Connection(name="dam", settings=settings, http=GuardedHttp(settings.hosts())), url))


@pytest.fixture
def express(tmp_path: Path) -> Path:
    """The Express panel as a project of Adobe's tools."""
    if shutil.which("node") is None or not (MODULES / "@adobe" / "ccweb-add-on-scripts").is_dir():
        absent("Adobe's add-on tools are not installed: `make test` installs them when Node is there.")
    (tmp_path / "src").mkdir()
    for name, text in made().items():
        if name.startswith("panels/express/"):
            (tmp_path / "src" / Path(name).name).write_text(text, encoding="utf-8")
    (tmp_path / "package.json").write_text('{"name": "inlay", "version": "1.0.0", "private": true}')
    return tmp_path


def validated(folder: Path) -> dict[str, Any]:
    """What Adobe's validator says. Modules are looked for from where a script stands: so it stands beside them."""
    script = MODULES.parent / f"validate-{folder.name}.mjs"
    script.write_text(VALIDATE, encoding="utf-8")
    try:
        done = subprocess.run(["node", script, folder / "src" / "manifest.json"], capture_output=True, text=True)
    finally:
        script.unlink()
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_adobe_s_validator_takes_the_manifest_and_refuses_one_with_a_fault(express: Path) -> None:
    assert validated(express)["success"] is True
    file = express / "src" / "manifest.json"
    file.write_text(file.read_text("utf-8").replace('"allow-popups"', '"allow-forms"'), encoding="utf-8")
    assert validated(express)["success"] is False


def test_adobe_s_tool_packs_the_panel_without_a_network(express: Path) -> None:
    tool = MODULES / "@adobe" / "ccweb-add-on-scripts" / "dist" / "app.js"
    tool = tool if tool.is_file() else MODULES / ".bin" / "ccweb-add-on-scripts"
    done = subprocess.run(
        ["node", tool, "package", "--analytics=off"], cwd=express, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(express / "dist.zip") as packed:
        # The tool adds a file of its own.
        assert {Path(name).name for name in packed.namelist()} >= {file.name for file in (express / "src").iterdir()}


def types(folder: Path, files: dict[str, str], **more: Any) -> list[str]:
    """What TypeScript says of scripts held against their maker's types."""
    if shutil.which("node") is None or not (MODULES / "typescript").is_dir():
        absent("TypeScript is not installed: `make test` installs it when Node is there.")
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    declared = more.pop("declared", [])
    options = {**OPTIONS, "types": [], "skipLibCheck": True, **more}
    (folder / "tsconfig.json").write_text(
        json.dumps({"compilerOptions": options, "files": [*files, *map(str, declared)]})
    )
    done = subprocess.run(
        ["node", MODULES / "typescript" / "bin" / "tsc", "-p", folder], capture_output=True, text=True
    )
    return [line for line in done.stdout.splitlines() if "error TS" in line]


def of_express(folder: Path, changed: tuple[str, str] = ("", "")) -> list[str]:
    found = made()
    files = {name: found[f"panels/express/{name}"].replace(*changed) for name in ("express.js", "code.js")}
    declared = [TYPES / "add-on-sandbox-sdk.d.ts", TYPES / "add-on-ui-sdk.d.ts"]
    return types(folder, files, module="esnext", lib=["es2022", "dom", "dom.iterable"], declared=declared)


def of_uxp(folder: Path, package: str, name: str, changed: tuple[str, str] = ("", "")) -> list[str]:
    files = {name: made()[f"panels/{package}/{name}"].replace(*changed), "program.d.ts": PROGRAM}
    declared = [MODULES / "@adobe" / "cc-ext-uxp-types" / "uxp" / "index.d.ts"]
    return types(folder, files, module="commonjs", lib=["es2022"], declared=declared)


def of_photoshop(folder: Path, changed: tuple[str, str] = ("", "")) -> list[str]:
    script = made()["panels/photoshop/photoshop.js"].replace(*changed)
    files = {
        "photoshop.js": script,
        "uxp.d.ts": 'declare function require(name: "photoshop"): typeof import("photoshop");',
    }
    roots = {"baseUrl": str(MODULES / "@types"), "paths": {"photoshop": ["photoshop"]}}
    return types(folder, files, module="commonjs", lib=["es2022"], **roots)


def test_the_express_scripts_use_what_adobe_has(tmp_path: Path) -> None:
    assert of_express(tmp_path) == []


@pytest.mark.parametrize(
    "changed",
    [
        ("editor.createText(", "editor.createTexts("),
        ("runtime.exposeApi(", "runtime.exposeApis("),
        ("app.oauth.authorize({", "app.oauth.authorise({"),
        ("RenditionIntent.preview", "RenditionIntent.previews"),
        ("codeChallenge: challenge", "challenge"),
    ],
)
def test_a_misspelt_call_of_express_is_found(tmp_path: Path, changed: tuple[str, str]) -> None:
    assert of_express(tmp_path, changed)


def test_the_photoshop_script_uses_what_adobe_has(tmp_path: Path) -> None:
    assert of_photoshop(tmp_path) == []


@pytest.mark.parametrize(
    "changed",
    [
        ("hostControl.suspendHistory(", "hostControl.suspendHistories("),
        ("imaging.getPixels(", "imaging.getPixel("),
        ("document.createTextLayer(", "document.makeTextLayer("),
        ("LayerKind.TEXT", "LayerKind.TEXTS"),
        ("resumeHistory(held)", "resumeHistory()"),
        ("applyAlpha", "applyAlfa"),
        ("layer.delete()", "layer.remove()"),
    ],
)
def test_a_misspelt_call_of_photoshop_is_found(tmp_path: Path, changed: tuple[str, str]) -> None:
    assert of_photoshop(tmp_path, changed)


@pytest.mark.parametrize(("package", "name"), [("photoshop", "uxp.js"), ("indesign", "indesign.js")])
def test_the_uxp_scripts_use_what_adobe_has(tmp_path: Path, package: str, name: str) -> None:
    assert of_uxp(tmp_path, package, name) == []


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("uxp.js", ("shell.openExternal(", "shell.openUrl(")),
        ("uxp.js", ("kept.removeItem(", "kept.delete(")),
        ("uxp.js", ("credentials:", "credential:")),
        ("indesign.js", ("formats.binary", "formats.bytes")),
    ],
)
def test_a_misspelt_call_of_uxp_is_found(tmp_path: Path, name: str, changed: tuple[str, str]) -> None:
    assert of_uxp(tmp_path, "indesign", name, changed)


def test_every_package_is_whole_and_holds_the_hub_s_address_and_no_secret() -> None:
    found = made()
    for package in ("express", "photoshop", "indesign"):
        files = {name.split("/")[-1]: text for name, text in found.items() if name.startswith(f"panels/{package}/")}
        named = set(re.findall(r'(?:src|href)="([^"]+)"', files["index.html"]))
        assert named <= set(files)
        assert json.dumps(URL) in files["config.js"]
    text = "".join(found.values())
    assert "secret!" not in text
    assert not re.search(r"@[A-Z]+@", text)


def test_a_hub_without_https_gets_told_why_there_is_no_package() -> None:
    (only,) = made("http://hub.internal/connect/dam/dam").items()
    assert only[0] == "panels/NOT-MADE.txt"
    assert "INLAY_PUBLIC_URL" in only[1]
