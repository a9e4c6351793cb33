"""A UXP panel as the ``.ccx`` file an admin installs: a zip, held against Adobe's rules for a manifest.

A .ccx is a zip and carries no signature (developer.adobe.com/uxp/guides/how-to/distribution/package). Adobe packs one
with its UXP Developer Tool, a program for the desktop. Its command line, ``@adobe/uxp-devtools-cli``, is on npm, and
what that depends on is not. So it is made here.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

#: The packages of ``panels.PACKAGES`` that are UXP's.
UXP = ("photoshop", "indesign")
_MADE = (1980, 1, 1, 0, 0, 0)

Text = Annotated[str, Field(min_length=1)]
Version = Annotated[str, Field(pattern=r"^[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2}$")]
Theme = Literal["all", "lightest", "light", "medium", "dark", "darkest"]


class Part(BaseModel):
    """A part of a manifest, version 5, as documented at developer.adobe.com/indesign/uxp/plugins/concepts/manifest."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Size(Part):
    width: Annotated[int, Field(gt=0)]
    height: Annotated[int, Field(gt=0)]


class Icon(Size):
    path: Annotated[str, Field(pattern=r"\.(png|jpe?g|svg)$")]
    scale: list[Annotated[float, Field(strict=False, gt=0)]] = [1]
    theme: list[Theme] = ["all"]
    species: list[Literal["generic", "toolbar", "pluginList"]] = ["generic"]

    def files(self) -> Iterator[tuple[str, ...]]:
        """For each scale the names it may have, such as ``icon@2x.png``."""
        stem, _, kind = self.path.rpartition(".")
        for scale in self.scale:
            yield (f"{stem}@{scale:g}x.{kind}", *((self.path,) if scale == 1 else ()))


class Label(Part):
    default: Text


class Entrypoint(Part):
    type: Literal["panel", "command"]
    id: Text
    label: Label
    minimumSize: Size
    maximumSize: Size
    preferredDockedSize: Size
    preferredFloatingSize: Size
    icons: Annotated[list[Icon], Field(min_length=1)]


class Host(Part):
    app: Literal["PS", "ID"]
    minVersion: Version


class Network(Part):
    domains: Annotated[list[Annotated[str, Field(pattern=r"^https?://[^/*]+$")]], Field(min_length=1)]


class Launch(Part):
    schemes: list[Text]
    extensions: list[Text]


class Permissions(Part):
    network: Network
    launchProcess: Launch
    localFileSystem: Literal["plugin"] = "plugin"


class Manifest(Part):
    manifestVersion: Literal[5]
    id: Text
    name: Text
    version: Version
    main: Text
    host: Host
    entrypoints: Annotated[list[Entrypoint], Field(min_length=1)]
    icons: Annotated[list[Icon], Field(min_length=1)]
    requiredPermissions: Permissions


def installers(made: Mapping[str, str]) -> Mapping[str, bytes]:
    """Of what ``panels.packages`` made the installers, such as ``panels/photoshop.ccx``, and each folder's icons."""
    found: dict[str, bytes] = {}
    for package in UXP:
        folder = f"panels/{package}/"
        files = {name.removeprefix(folder): text.encode() for name, text in made.items() if name.startswith(folder)}
        if files:
            icons = {f"icons/{icon.name}": icon.read_bytes() for icon in _icons()}
            found |= {folder + name: data for name, data in icons.items()}
            found[f"panels/{package}.ccx"] = pack({**files, **icons})
    return found


def pack(files: Mapping[str, bytes]) -> bytes:
    """The files as one ``.ccx``; the same files give the same bytes.

    Raises:
        ValueError: the manifest is none that Adobe's programs take, or names a file that is not there.
    """
    if wrong := list(faults(files)):
        raise ValueError("; ".join(wrong))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _MADE), files[name], zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def faults(files: Mapping[str, bytes]) -> Iterator[str]:
    """What Adobe's programs would refuse in these files, in words."""
    try:
        manifest = Manifest.model_validate(json.loads(files.get("manifest.json", b"")))
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            yield f"manifest.json: {'.'.join(map(str, fault['loc']))}: {fault['msg']}"
        return
    except ValueError:
        yield "manifest.json is missing, or no JSON"
        return
    if manifest.main not in files:
        yield f"main names {manifest.main}, which is not there"
    ids = [entry.id for entry in manifest.entrypoints]
    if len(set(ids)) != len(ids):
        yield "two entrypoints have one id"
    for icon in [*manifest.icons, *(icon for entry in manifest.entrypoints for icon in entry.icons)]:
        for names in icon.files():
            if not any(name in files for name in names):
                yield f"an icon names {names[0]}, which is not there"


def _icons() -> list[Any]:
    return sorted((resources.files("connectors.dam") / "panels/uxp/icons").iterdir(), key=lambda icon: icon.name)
