"""The .ccx files: what an admin installs is whole, asks for this hub and no more, and breaks no rule of Adobe's."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connectors.dam.connector import Dam
from connectors.dam.panels import ccx
from connectors.dam.settings import DamSettings
from hub.cli import main
from hub.sdk import Connection, GuardedHttp

HUB = "https://inlay.example.com"
MINE = {"dialect": "aem", "host": "author-p1-e2.adobeaemcloud.com", "client_id": "c", "client_secret": "secret!"}
#: The imaging API of Photoshop, and plugins of InDesign, since these versions.
PROGRAMS = {
    "photoshop": {"app": "PS", "minVersion": "24.4.0"},
    "indesign": {"app": "ID", "minVersion": "18.5.0"},
}
HUB_YAML = """
connections:
  dam:
    connector: dam
    settings:
      dialect: cloudinary
      account: acme
      client_id: "614335564976464"
      client_secret: $env:CLOUDINARY_API_SECRET
      signing_secret: $env:CLOUDINARY_SIGNING_SECRET
"""


def files(hub: str = HUB) -> Mapping[str, str | bytes]:
    settings = DamSettings.model_validate(MINE)
    at = Connection(name="dam", settings=settings, http=GuardedHttp(settings.hosts()))
    return Dam().manifests(at, f"{hub}/connect/dam/dam")


def unpacked(program: str) -> dict[str, bytes]:
    data = files()[f"panels/{program}.ccx"]
    assert isinstance(data, bytes)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_package_is_what_stands_in_the_folder_with_the_manifest_at_its_root(program: str) -> None:
    packed = unpacked(program)
    folder = f"panels/{program}/"
    beside = {name.removeprefix(folder): data for name, data in files().items() if name.startswith(folder)}
    assert packed == {name: data.encode() if isinstance(data, str) else data for name, data in beside.items()}
    named = re.findall(r'(?:src|href)="([^"]+)"', packed["index.html"].decode())
    assert set(named) <= set(packed)
    assert f"{program}.js" in named
    assert b"secret!" not in b"".join(packed.values())


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_manifest_asks_for_the_hub_and_for_nothing_else(program: str) -> None:
    manifest = json.loads(unpacked(program)["manifest.json"])
    assert manifest["host"] == PROGRAMS[program]
    asked = manifest["requiredPermissions"]
    assert asked["network"] == {"domains": [HUB]}
    assert asked["launchProcess"] == {"schemes": ["https"], "extensions": []}
    # Its own folder, for the picture of a page, and no file of the person's.
    more = {"localFileSystem": "plugin"} if program == "indesign" else {}
    assert {name: asked[name] for name in asked if name not in ("network", "launchProcess")} == more


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_icon_is_a_picture_of_the_size_it_says(program: str) -> None:
    packed = unpacked(program)
    manifest = json.loads(packed["manifest.json"])
    icons = [*manifest["icons"], *manifest["entrypoints"][0]["icons"]]
    assert {theme for icon in icons for theme in icon["theme"]} == {"darkest", "dark", "medium", "light", "lightest"}
    for icon in icons:
        for scale in icon["scale"]:
            data = packed[icon["path"].replace(".png", f"@{scale}x.png")]
            assert data.startswith(b"\x89PNG")
            assert struct.unpack(">II", data[16:24]) == (icon["width"] * scale, icon["height"] * scale)


def test_the_same_hub_gives_the_same_bytes_and_another_hub_is_another_plugin() -> None:
    assert files()["panels/photoshop.ccx"] == files()["panels/photoshop.ccx"]
    mine = json.loads(unpacked("photoshop")["manifest.json"])["id"]
    other = json.loads(str(files("https://hub.example.org")["panels/photoshop/manifest.json"]))["id"]
    assert mine != other


def test_a_hub_without_https_gets_no_installer() -> None:
    assert not [name for name in files("http://hub.internal") if name.endswith(".ccx")]


def test_a_command_writes_what_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HOME": str(tmp_path / "home"), "PUBLIC_URL": HUB}.items():
        monkeypatch.setenv(f"INLAY_{name}", value)
    for name in ("API", "SIGNING"):
        monkeypatch.setenv(f"CLOUDINARY_{name}_SECRET", f"a-{name}-secret-that-is-long-enough")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hub.yaml").write_text(HUB_YAML, encoding="utf-8")
    for words in (["apply", "hub.yaml"], ["connectors", "manifest", "dam", "--out", "made"]):
        said = CliRunner().invoke(main, words)
        assert said.exit_code == 0, said.output
    for program in PROGRAMS:
        with zipfile.ZipFile(tmp_path / "made" / "panels" / f"{program}.ccx") as archive:
            assert archive.testzip() is None
            icon = "icons/light@2x.png"
            assert archive.read(icon) == (tmp_path / "made" / "panels" / program / icon).read_bytes()
    shown = CliRunner().invoke(main, ["connectors", "manifest", "dam"])
    assert re.search(r"==> panels/indesign\.ccx\n\([0-9,]+ bytes\)", shown.output)


def changed(*path: str | int, to: Any) -> Callable[[dict[str, bytes]], None]:
    def act(packed: dict[str, bytes]) -> None:
        manifest = json.loads(packed["manifest.json"])
        at = manifest
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = to
        packed["manifest.json"] = json.dumps(manifest).encode()

    return act


def without(name: str) -> Callable[[dict[str, bytes]], None]:
    return lambda packed: packed.__delitem__(name)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (without("manifest.json"), "missing"),
        (without("index.html"), "main names index.html"),
        (without("icons/dark@2x.png"), "icons/dark@2x.png"),
        (changed("manifestVersion", to=4), "manifestVersion"),
        (changed("version", to="1.0"), "version"),
        (changed("host", "app", to="AI"), "host.app"),
        (changed("entrypoints", to=[]), "entrypoints"),
        (changed("entrypoints", 0, "type", to="window"), "entrypoints.0.type"),
        (changed("icons", 0, "theme", to=["black"]), "icons.0.theme"),
        (changed("requiredPermissions", "network", "domains", to="all"), "network.domains"),
        (changed("requiredPermissions", "network", "domains", to=["https://*.example.com"]), "network.domains"),
        (changed("requiredPermissions", "localFileSystem", to="fullAccess"), "localFileSystem"),
        (changed("requiredPermissions", "clipboard", to="read"), "clipboard"),
    ],
)
def test_a_package_adobe_would_refuse_or_that_asks_for_more_is_not_made(
    spoil: Callable[[dict[str, bytes]], None], says: str
) -> None:
    packed = unpacked("photoshop")
    spoil(packed)
    with pytest.raises(ValueError, match=re.escape(says)):
        ccx.pack(packed)
