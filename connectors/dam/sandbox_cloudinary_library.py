"""The sandbox's assets as Cloudinary's resources, and what its API changes of them, by the rules it documents."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.dam.sandbox_store import HUB, Asset, AssetStore, Change, Gone

#: Upload API, context and tags.
LONGEST, LONGEST_TAG, MOST_KEYS, MOST_TAGS = 1024, 255, 1000, 1000
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


class Refused(Exception):
    """What Cloudinary says no to: the status and the message of its answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def pairs(text: str) -> dict[str, str]:
    """A string of pairs as Cloudinary reads it: ``=`` and ``|`` mean something unless a backslash stands before them.
    Any other backslash is a backslash."""
    found: dict[str, str] = {}
    parts, key = [""], None
    signs = iter(range(len(text)))
    for at in signs:
        sign, following = text[at], text[at + 1 : at + 2]
        if sign == "\\" and following in ("=", "|", '"') and following:
            parts[-1] += following
            next(signs)
        elif sign == "=" and key is None:
            key, parts[-1] = parts[-1], ""
        elif sign == "|":
            if key is not None:
                found[key] = parts[-1]
            elif parts[-1]:
                raise Refused(400, f"Invalid value {parts[-1][:60]} for a list of pairs")
            parts, key = [""], None
        else:
            parts[-1] += sign
    if key is not None:
        found[key] = parts[-1]
    elif parts[-1]:
        raise Refused(400, f"Invalid value {parts[-1][:60]} for a list of pairs")
    return found


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Library:
    """Resources over the store. A field of the store is ``context:<key>``, ``metadata:<external id>`` or ``tags``."""

    def __init__(self, store: AssetStore, cloud: str, metadata_fields: Mapping[str, str]) -> None:
        self.store, self.cloud, self.metadata_fields = store, cloud, metadata_fields
        self._lock = threading.Lock()
        self._by_public_id: dict[str, str] = {}
        #: When each asset got the binary it has, where that was after it was made.
        self._uploaded: dict[str, float] = {}
        store.listen(self._happened)

    def by_id(self, id: str) -> Asset:
        """
        Raises:
            Refused: 404.
        """
        try:
            return self.store.get(id)
        except Gone:
            raise Refused(404, f"Resource not found - {id}") from None

    def by_public_id(self, kind: str, type: str, public_id: str) -> Asset | None:
        asset = self._known(public_id)
        if asset is None:
            with self._lock:
                self._by_public_id = {self.public_id(one): one.id for one in self.store.every()}
            asset = self._known(public_id)
        return asset if asset is not None and (self.kind(asset), self.type(asset)) == (kind, type) else None

    def public_id(self, asset: Asset) -> str:
        given = asset.fields.get("public_id")
        if given:
            return str(given)
        # With unique names, some characters of chance end it.
        stem = asset.name.rpartition(".")[0] or asset.name
        stem = re.sub(r"[?&#\\%<>+/]", "_", stem)
        return "/".join(filter(None, (asset.folder.strip("/"), f"{stem}_{asset.id.replace('-', '')[-6:]}")))

    def kind(self, asset: Asset) -> str:
        kind = asset.mime.partition("/")[0]
        return {"audio": "video", "image": "image", "video": "video"}.get(kind, "raw")

    def type(self, asset: Asset) -> str:
        return str(asset.fields.get("type", "upload"))

    def version(self, asset: Asset) -> int:
        return int(asset.created_at) + asset.version

    def uploaded_at(self, asset: Asset) -> float:
        return self._uploaded.get(asset.id, asset.created_at)

    def resource(self, asset: Asset, *with_: str, custom: bool = True) -> dict[str, Any]:
        """As a listing has it. ``with_`` are context, tags, metadata and moderations, where they are asked for."""
        public_id, kind, type, version = self.public_id(asset), self.kind(asset), self.type(asset), self.version(asset)
        ending = asset.name.rpartition(".")[2].lower() if "." in asset.name else ""
        path = f"{self.cloud}/{kind}/{type}/v{version}/{public_id}" + (f".{ending}" if kind != "raw" else "")
        found: dict[str, Any] = {
            "asset_id": asset.id,
            "public_id": public_id,
            "format": ending,
            "version": version,
            "resource_type": kind,
            "type": type,
            "created_at": iso(asset.created_at),
            "bytes": len(asset.data),
            "width": asset.width,
            "height": asset.height,
            "asset_folder": asset.folder.strip("/"),
            "display_name": asset.name.rpartition(".")[0] or asset.name,
            "url": f"http://res.cloudinary.com/{path}",
            "secure_url": f"https://res.cloudinary.com/{path}",
        }
        if "tags" in with_:
            found["tags"] = list(asset.fields.get("tags", []))
        if "context" in with_ and (context := self.part(asset, "context")):
            found["context"] = {"custom": context} if custom else context
        if "metadata" in with_ and (metadata := self.part(asset, "metadata")):
            found["metadata"] = metadata
        if "moderations" in with_ and asset.status != "draft":
            found |= {"moderation_kind": "manual", "moderation_status": asset.status}
        return found

    def part(self, asset: Asset, family: str) -> dict[str, Any]:
        """Its context or its structured metadata, by key."""
        some = {name.partition(":")[2]: value for name, value in asset.fields.items() if name.startswith(f"{family}:")}
        return {key: value for key, value in some.items() if value not in ("", None)}

    def add_context(self, asset: Asset, given: Mapping[str, str]) -> None:
        """Keys that are not named stay as they are."""
        for key, value in given.items():
            if not key or not value:
                raise Refused(400, "Context keys and values can't be empty")
            if len(value) > LONGEST or _CONTROL.search(key + value):
                raise Refused(400, f"Context value for {key[:60]} is too long or has control characters")
        if len({*self.part(asset, "context"), *given}) > MOST_KEYS:
            raise Refused(400, "Too many context keys")
        self.store.change(asset.id, {f"context:{key}": value for key, value in given.items()}, by=HUB)

    def set_context(self, asset: Asset, given: Mapping[str, str]) -> None:
        """As an update does: what is not named goes."""
        gone = {f"context:{key}": None for key in self.part(asset, "context") if key not in given}
        if gone:
            self.store.change(asset.id, gone, by=HUB)
        self.add_context(asset, given)

    def set_metadata(self, asset: Asset, given: Mapping[str, str]) -> None:
        """Fields that are not named stay as they are; an empty value clears one."""
        changes: dict[str, Any] = {}
        for key, text in given.items():
            kind = self.metadata_fields.get(key)
            if kind is None:
                raise Refused(400, f"Metadata field {key[:60]} doesn't exist")
            try:
                changes[f"metadata:{key}"] = (json.loads(text) if kind == "set" else text) if text else None
            except ValueError:
                raise Refused(400, f"Invalid value for metadata field {key[:60]}") from None
        self.store.change(asset.id, changes, by=HUB)

    def tags(self, asset: Asset, command: str, given: Sequence[str]) -> None:
        if long := [one for one in given if len(one) > LONGEST_TAG]:
            raise Refused(400, f"Tag {long[0][:60]} is too long")
        steps: dict[str, Callable[[list[str]], list[str]]] = {
            "add": lambda there: [*there, *(one for one in given if one not in there)],
            "remove": lambda there: [one for one in there if one not in given],
            "replace": lambda there: list(dict.fromkeys(given)),
            "remove_all": lambda there: [],
        }
        if command not in steps:
            raise Refused(400, f"Invalid command {command[:60]}")
        while True:
            wanted = steps[command](list(asset.fields.get("tags", [])))
            if len(wanted) > MOST_TAGS:
                raise Refused(400, "Too many tags")
            try:
                self.store.change(asset.id, {"tags": wanted or None}, by=HUB, revision=asset.revision)
                return
            except ValueError:
                asset = self.by_id(asset.id)

    def _known(self, public_id: str) -> Asset | None:
        try:
            asset = self.store.get(self._by_public_id.get(public_id, ""))
        except Gone:
            return None
        return asset if self.public_id(asset) == public_id else None

    def _happened(self, change: Change) -> None:
        if change.kind == "replaced":
            self._uploaded[change.asset.id] = change.at
        elif change.kind == "created":
            with self._lock:
                self._by_public_id[self.public_id(change.asset)] = change.asset.id
