"""Reads Cloudinary's resources as assets, and makes the addresses of their renditions."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

from connectors.dam.asset import SLOTS, Asset, Value
from connectors.dam.dialects import cloudinary_calls as calls
from connectors.dam.dialects import cloudinary_pairs as pairs
from connectors.dam.dialects.cloudinary_events import ASSET_ID, HANDLE, moment
from connectors.dam.settings import DamSettings
from connectors.dam.strict_json import text
from hub.sdk import Connection, clean_json

#: So many ids a call of ``resources/by_asset_ids`` takes (Admin API: "Maximum 10"), and of public ids.
_BY_ID, _BY_PUBLIC_ID = 10, 100
_WITH = (("context", "true"), ("tags", "true"), ("metadata", "true"), ("moderations", "true"))
#: Small enough for a model; a video gives its first frame.
SMALL = "c_limit,h_1024,w_1024,f_jpg"


def fetch(connection: Connection, ids: Sequence[str]) -> dict[str, Asset]:
    """See ``Dialect.fetch``. Ids and handles are told apart by their form; what is neither is nobody's name."""
    settings: DamSettings = connection.settings
    found: dict[str, Asset] = {}
    plain = [id for id in dict.fromkeys(ids) if ASSET_ID.fullmatch(id)]
    for some in _batches(plain, _BY_ID):
        query = [*(("asset_ids[]", id) for id in some), *_WITH]
        for one in calls.objects(calls.admin(connection, "GET", "resources/by_asset_ids", query=query), "resources"):
            if (asset := asset_of(settings, one)) and asset.id in some:
                found[asset.id] = asset
    handles: dict[str, list[str]] = {}
    for id in dict.fromkeys(ids):
        if hit := HANDLE.fullmatch(id):
            handles.setdefault(f"{hit[1]}/{hit[2]}", []).append(hit[3])
    for kind, public_ids in handles.items():
        for some in _batches(public_ids, _BY_PUBLIC_ID):
            query = [*(("public_ids[]", id) for id in some), *_WITH, ("max_results", str(_BY_PUBLIC_ID))]
            for one in calls.objects(calls.admin(connection, "GET", f"resources/{kind}", query=query), "resources"):
                if (asset := asset_of(settings, one)) and asset.handle in ids:
                    found[asset.handle] = asset
    return found


def asset_of(settings: DamSettings, resource: Mapping[str, Any]) -> Asset | None:
    """A resource of any listing; None for one without an id, or of a kind nobody keeps metadata of."""
    # Whoever uploads names assets, also with what no address and no database takes.
    resource = clean_json(resource)
    id, public_id = text(resource.get("asset_id"), 65), text(resource.get("public_id"), 256)
    handle = "/".join((text(resource.get("resource_type"), 10), text(resource.get("type"), 30), public_id))
    if not ASSET_ID.fullmatch(id) or not HANDLE.fullmatch(handle):
        return None
    folder = resource.get("asset_folder", resource.get("folder"))
    # In the legacy folder mode the folder is the beginning of the public id.
    folder = text(folder) if isinstance(folder, str) else public_id.rpartition("/")[0]
    format = text(resource.get("format"), 20)
    name = text(resource.get("display_name")) or public_id.rpartition("/")[2]
    if format and not name.lower().endswith(f".{format.lower()}"):
        name = f"{name}.{format}"
    updated = resource.get("last_updated")
    return Asset(
        id=id,
        version=str(_number(resource.get("version")) or ""),
        name=name,
        folder="/" + folder.strip("/"),
        mime=_mime(text(resource.get("resource_type"), 10), name),
        size=_number(resource.get("bytes")),
        width=_number(resource.get("width")),
        height=_number(resource.get("height")),
        status=_status(resource),
        fields=_fields(settings, resource),
        url=page(id),
        handle=handle,
        created_at=moment(resource.get("created_at")),
        modified_at=moment(updated.get("updated_at")) if isinstance(updated, dict) else None,
    )


def page(id: str) -> str:
    """Where the console shows an asset. It takes whoever is signed in to the account they used last."""
    return f"https://console.cloudinary.com/console/media_library/asset/{id}/manage" if ASSET_ID.fullmatch(id) else ""


def rendition(settings: DamSettings, asset: Asset, *, signed: bool) -> str:
    """The address of a small picture of the asset, of settings and ids alone; empty where there is none.

    A signed one is served also by accounts that make no picture for strangers, and for assets that are not public.
    """
    kind, _, rest = asset.handle.partition("/")
    type, _, public_id = rest.partition("/")
    # A client tidies dots out of an address, so these would be another asset's.
    if kind not in ("image", "video") or {"", ".", ".."} & set(public_id.split("/")):
        return ""
    if not signed and type != "upload":
        return ""
    small = SMALL if kind == "image" else f"so_0,{SMALL}"
    source = quote(f"{public_id}.jpg", safe="/:")
    parts = [f"v{asset.version}"] if asset.version else []
    if signed and settings.client_secret:
        digest = hashlib.sha256(f"{small}/{source}{settings.client_secret.reveal()}".encode()).digest()
        parts = [f"s--{base64.urlsafe_b64encode(digest).decode()[:32]}--", small, *parts]
    else:
        parts = [small, *parts]
    # A delivery host of one's own belongs to one account, so its name is not in the path.
    root = settings.delivery_host or f"{calls.DELIVERY}/{quote(settings.account, safe='')}"
    return "/".join((f"https://{root}", kind, type, *parts, source))


def _fields(settings: DamSettings, resource: Mapping[str, Any]) -> dict[str, Value]:
    """What stands in the fields this connection uses. A listing keeps context under ``custom``, a search does not."""
    context = resource.get("context")
    context = context if isinstance(context, dict) else {}
    context = context["custom"] if isinstance(context.get("custom"), dict) else context
    metadata = resource.get("metadata")
    places = {"context": context, "metadata": metadata if isinstance(metadata, dict) else {}}
    found: dict[str, Value] = {}
    for field in filter(None, map(settings.field_of, SLOTS)):
        family, key = pairs.family(field)
        value: Value = ""
        if family == "tags":
            tags = resource.get("tags")
            value = tuple(one for one in tags if isinstance(one, str)) if isinstance(tags, list) else ()
        elif family:
            value = pairs.restored(places[family].get(key))
        if value:
            found[field] = value
    return found


def _status(resource: Mapping[str, Any]) -> Literal["", "draft", "approved", "rejected"]:
    """By its moderation: approved when every one of them approves, rejected when one rejects."""
    some = [text(one.get("status"), 20) for one in calls.objects(resource, "moderation")]
    some = some or [text(resource.get("moderation_status"), 20)]
    if "rejected" in some:
        return "rejected"
    if all(one == "approved" for one in some):
        return "approved"
    return "draft" if any(some) else ""


def _mime(kind: str, name: str) -> str:
    # By the ending alone: the whole name is anybody's, and is read as an address there.
    return mimetypes.guess_type(f"a.{name.rpartition('.')[2]}")[0] or {"image": "image/*", "video": "video/*"}.get(
        kind, "application/octet-stream"
    )


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _batches(some: Sequence[str], size: int) -> list[Sequence[str]]:
    return [some[at : at + size] for at in range(0, len(some), size)]
