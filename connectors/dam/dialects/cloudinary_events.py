"""What a Cloudinary notification says, in the connector's words. There is no event id: one is made of what repeats."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.dam import strict_json
from connectors.dam.asset import AssetEvent, Kind
from hub.sdk import Ignored

#: An asset id never changes; Cloudinary calls it immutable.
ASSET_ID = re.compile(r"[A-Za-z0-9]{10,64}", re.ASCII)
#: What an asset is called that a notification names by its public id alone: resource type, delivery type, public id.
#: Other delivery types are fetched or social pictures, which nobody keeps metadata of.
HANDLE = re.compile(r"(image|video|raw)/(upload|private|authenticated)/([^\x00-\x1f\x7f]{1,255})", re.ASCII | re.DOTALL)
#: Notifications about one asset, which stands at the top.
_ONE: Mapping[str, Kind] = {
    "upload": "asset.ready",
    "restore_asset_version": "asset.ready",
    "rename": "asset.updated",
    "moderation": "metadata.changed",
    "moderation_summary": "metadata.changed",
}
#: Notifications about some, as a list or as a map by public id.
_SOME: Mapping[str, Kind] = {
    "delete": "asset.deleted",
    "move": "asset.updated",
    "resource_tags_changed": "metadata.changed",
    "resource_context_changed": "metadata.changed",
    "resource_metadata_changed": "metadata.changed",
    "resource_display_name_changed": "asset.updated",
    "access_control_changed": "asset.updated",
}
_CHANGED: Mapping[str, tuple[str, ...]] = {
    "rename": ("public_id",),
    "move": ("asset_folder",),
    "moderation": ("moderation_status",),
    "moderation_summary": ("moderation_status",),
    "resource_tags_changed": ("tags",),
    "resource_display_name_changed": ("display_name",),
    "access_control_changed": ("access_control",),
}


def events(body: bytes) -> list[AssetEvent | Ignored]:
    """Everything the notification says of assets.

    Raises:
        BadRequest: it is no JSON object that names its kind.
    """
    found = strict_json.read(body)
    if not isinstance(found, dict) or not strict_json.text(found.get("notification_type"), 100):
        raise strict_json.bad("notification_type is missing")
    native = strict_json.text(found["notification_type"], 100)
    if native in _ONE:
        told: list[tuple[Mapping[str, Any], str]] = [(found, "")]
    elif native in _SOME:
        told = list(_each(found.get("resources")))
    else:
        return [Ignored(event=native, why="It says nothing of an asset's content or metadata.")]
    some: list[AssetEvent | Ignored] = [
        event for one, public_id in told if (event := _event(native, found, body, one, public_id))
    ]
    return some or [Ignored(event=native, why="It names no asset of the library.")]


def name(resource: Mapping[str, Any], public_id: str = "") -> str:
    """What an asset is called here: its id, or its handle where the id is not told; empty for what is neither."""
    id = strict_json.text(resource.get("asset_id"), 65)
    if ASSET_ID.fullmatch(id):
        return id
    public_id = strict_json.text(resource.get("public_id"), 256) or public_id
    kinds = (strict_json.text(resource.get(key, default), 30) for key, default in _DEFAULTS)
    handle = "/".join((*kinds, public_id))
    return handle if HANDLE.fullmatch(handle) else ""


def moment(value: Any) -> float | None:
    """An ISO time in Unix seconds."""
    try:
        at = datetime.fromisoformat(strict_json.text(value, 40))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


_DEFAULTS = (("resource_type", "image"), ("type", "upload"))


def _each(resources: Any) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Every resource, with the public id it stands under if it stands under one."""
    pairs: Iterable[tuple[str, Any]] = ()
    if isinstance(resources, dict):
        pairs = resources.items()
    elif isinstance(resources, list):
        pairs = (("", one) for one in resources)
    for public_id, one in pairs:
        if isinstance(one, dict):
            yield one, public_id


def _event(
    native: str, whole: Mapping[str, Any], body: bytes, one: Mapping[str, Any], public_id: str
) -> AssetEvent | None:
    asset = name(one, public_id or strict_json.text(one.get("to_public_id"), 256))
    if not asset:
        return None
    kind: Kind = _ONE.get(native) or _SOME[native]
    status = strict_json.text(one.get("moderation_status"), 40)
    if native.startswith("moderation") and status == "approved":
        kind = "asset.approved"
    context = whole.get("notification_context")
    context = context if isinstance(context, dict) else {}
    by = context.get("triggered_by")
    at = moment(context.get("triggered_at"))
    return AssetEvent(
        id=_id(native, whole, body, one, asset),
        kind=kind,
        asset=asset,
        native=native,
        at=at if at is not None else moment(whole.get("timestamp")),
        actor=strict_json.text(by.get("id"), 200) if isinstance(by, dict) else "",
        changed=_changed(native, one),
    )


def _id(native: str, whole: Mapping[str, Any], body: bytes, one: Mapping[str, Any], asset: str) -> str:
    """The same for every attempt: the request that caused it and what of it this tells, or else the body."""
    request = strict_json.text(whole.get("request_id"), 200)
    if not request:
        return hashlib.sha256(body + b"\0" + asset.encode()).hexdigest()
    parts = [request, native, asset]
    for key in ("version", "moderation_kind", "moderation_status"):
        value = one.get(key)
        parts.append(str(value)[:50] if isinstance(value, str | int) else "")
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _changed(native: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that changed, as this dialect calls them."""
    if native == "resource_context_changed":
        return tuple(sorted({f"context:{key}" for part in ("added", "removed", "updated") for key in _keys(one, part)}))
    if native == "resource_metadata_changed":
        before, after = (one.get(key) for key in ("previous_metadata", "new_metadata"))
        old, new = before if isinstance(before, dict) else {}, after if isinstance(after, dict) else {}
        return tuple(sorted(f"metadata:{key[:100]}" for key in {*old, *new} if old.get(key) != new.get(key)))
    return _CHANGED.get(native, ())


def _keys(one: Mapping[str, Any], part: str) -> Iterator[str]:
    """The keys of a change. Seen as a list of names and values, as a list of names, and as a map."""
    for entry in found if isinstance(found := one.get(part), dict | list) else ():
        named = entry.get("name") if isinstance(entry, dict) else entry
        if isinstance(named, str):
            yield named[:100]
