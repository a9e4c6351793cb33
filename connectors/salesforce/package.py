"""The source package for a Salesforce org: reads it, fills in its placeholders, and finds what a deploy would refuse.

It needs no org: each file is held against Salesforce's own schema, which ships inside simple-salesforce (Metadata API
63.0, as in ``sfdx-project.json``), then against the others, because the schema knows no names and few limits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  # lxml ships no types

from connectors.salesforce import package_checks

PROJECT = "sfdx-project.json"
#: What an admin has to write into a copy of the package, and what it is.
PLACEHOLDERS: Mapping[str, str] = {
    "REPLACE_HUB_ADDRESS": "the https address Salesforce reaches the hub at, without a slash at its end",
    "REPLACE_CONNECTION": "the connection's name in hub.yaml",
    "REPLACE_INBOUND_TOKEN": "the connection's inbound_token",
    "REPLACE_INTEGRATION_USERNAME": "the username of the integration user, which looks like an e-mail address",
}
#: How a file of each type is called, by its root element.
ROOTS = {
    "CustomApplication": ".app-meta.xml",
    "CustomField": ".field-meta.xml",
    "CustomObject": ".object-meta.xml",
    "CustomPermission": ".customPermission-meta.xml",
    "CustomTab": ".tab-meta.xml",
    "CompactLayout": ".compactLayout-meta.xml",
    "ExternalCredential": ".externalCredential-meta.xml",
    "FlexiPage": ".flexipage-meta.xml",
    "Flow": ".flow-meta.xml",
    "Layout": ".layout-meta.xml",
    "ListView": ".listView-meta.xml",
    "NamedCredential": ".namedCredential-meta.xml",
    "PermissionSet": ".permissionset-meta.xml",
    "QuickAction": ".quickAction-meta.xml",
    "ValidationRule": ".validationRule-meta.xml",
    "Workflow": ".workflow-meta.xml",
}
NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
_XSD = "http://www.w3.org/2001/XMLSchema"
_PLACEHOLDER = re.compile(r"REPLACE_[A-Z_]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where. ``line`` is 0 when it is about the whole file."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}" if self.line else f"{self.file}: {self.what}"


@dataclass(frozen=True, slots=True)
class File:
    """One part of the package: ``owner`` is the object it belongs to, if its place says so."""

    path: str
    root: str
    name: str
    owner: str
    tree: Any = field(repr=False)


def shipped() -> dict[str, str]:
    """The package as it ships, placeholders and all: path to text."""
    return dict(_walk(resources.files("connectors.salesforce") / "sfdx", PurePosixPath()))


def read(folder: Traversable) -> dict[str, str]:
    """A copy of the package on disk. What a deploy does not look at is left out."""
    return dict(_walk(folder, PurePosixPath()))


def _walk(folder: Traversable, here: PurePosixPath) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and not entry.name.startswith(".") and entry.name != "node_modules":
            yield from _walk(entry, here / entry.name)
        elif entry.name == PROJECT or entry.name.endswith("-meta.xml"):
            yield str(here / entry.name), entry.read_text(encoding="utf-8")


def fill(files: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """A copy with the placeholders named in ``values`` written out. What is not named stays."""
    written = {name: escape(value) for name, value in values.items()}

    def of(found: re.Match[str]) -> str:
        return written.get(found[0], found[0])

    return {path: _PLACEHOLDER.sub(of, text) for path, text in files.items()}


def problems(files: Mapping[str, str], *, filled: bool = False) -> list[Problem]:
    """Everything a deploy would refuse, in the order of the files. ``filled``: placeholders are problems too."""
    found: list[Problem] = list(_project(files))
    parts: list[File] = []
    for path, text in files.items():
        if path != PROJECT:
            part = _part(path, text, found)
            if part:
                parts.append(part)
                found += _by_schema(part)
        if filled:
            found += _left_open(path, text)
    if filled:
        found += _addresses(parts)
    found += (Problem(*one) for one in package_checks.of(parts))
    return sorted(set(found), key=lambda one: (one.file, one.line, one.what))


def _project(files: Mapping[str, str]) -> Iterator[Problem]:
    try:
        folders = [one["path"] for one in json.loads(files[PROJECT])["packageDirectories"]]
    except (KeyError, TypeError, ValueError):
        yield Problem(PROJECT, 0, "is missing, is no JSON, or names no packageDirectories")
        return
    for folder in folders:
        if not any(path.startswith(f"{folder}/") for path in files):
            yield Problem(PROJECT, 0, f"names the folder {folder}, and there is none")
    for path in files:
        if path != PROJECT and path.partition("/")[0] not in folders:
            yield Problem(path, 0, f"is in no folder that {PROJECT} names, so it would not be deployed")


def _part(path: str, text: str, found: list[Problem]) -> File | None:
    """One file, parsed: no entities, no network, no document type."""
    try:
        reader = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        tree = etree.fromstring(text.encode("utf-8"), reader)
    except etree.XMLSyntaxError as error:
        found.append(Problem(path, error.lineno or 0, f"is no XML: {error.msg}"))
        return None
    if tree.getroottree().docinfo.doctype:
        found.append(Problem(path, 1, "has a document type, which metadata never has"))
        return None
    root, file = etree.QName(tree), PurePosixPath(path)
    if root.namespace != NAMESPACE or root.localname not in ROOTS:
        found.append(Problem(path, tree.sourceline, f"has the root {root.localname}, which this package does not use"))
        return None
    suffix = ROOTS[root.localname]
    if not file.name.endswith(suffix):
        found.append(Problem(path, tree.sourceline, f"holds a {root.localname}, so its name has to end in {suffix}"))
        return None
    name = unquote(file.name.removesuffix(suffix))
    return File(path, root.localname, name, _owner(file, root.localname, name), tree)


def _owner(file: PurePosixPath, root: str, name: str) -> str:
    folders = file.parts
    if "objects" in folders[:-2]:
        return folders[folders.index("objects") + 1]
    return {"Layout": name.partition("-")[0], "QuickAction": name.partition(".")[0], "Workflow": name}.get(root, "")


def _by_schema(part: File) -> Iterator[Problem]:
    schema = _schema()
    schema.validate(part.tree)
    for error in schema.error_log:
        yield Problem(part.path, error.line, error.message.replace(f"{{{NAMESPACE}}}", ""))


@cache
def _schema() -> Any:
    """Salesforce's schema, with an element for each type of file: the WSDL itself has types and no such elements."""
    wsdl = (resources.files("simple_salesforce") / "metadata.wsdl").read_bytes()
    schema = etree.fromstring(wsdl).find(f".//{{{_XSD}}}schema")
    assert schema is not None
    for root in ROOTS:
        etree.SubElement(schema, f"{{{_XSD}}}element", name=root, type=f"tns:{root}")
    # Parsed anew: what was part of a WSDL still counts its lines and namespaces there.
    return etree.XMLSchema(etree.fromstring(etree.tostring(schema)))


def _left_open(path: str, text: str) -> Iterator[Problem]:
    for number, line in enumerate(text.splitlines(), 1):
        for name in _PLACEHOLDER.findall(line):
            yield Problem(path, number, f"{name} is still to be replaced: {PLACEHOLDERS.get(name, 'unknown')}")


def _addresses(parts: list[File]) -> Iterator[Problem]:
    """Salesforce calls https addresses with a host alone, and a token in them has to survive as it is."""
    for part in parts:
        if part.root in ("Workflow", "NamedCredential"):
            for place in part.tree.iterfind(".//{*}endpointUrl"):
                yield from _address(part, place)
            for place in part.tree.iterfind("{*}namedCredentialParameters"):
                if place.findtext("{*}parameterType") == "Url":
                    yield from _address(part, place.find("{*}parameterValue"))


def _address(part: File, place: Any) -> Iterator[Problem]:
    text = (place.text or "").strip()
    if _PLACEHOLDER.search(text):
        return
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
        yield Problem(part.path, place.sourceline, "is no plain https address, and Salesforce calls no other")
