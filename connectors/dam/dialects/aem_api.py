"""Calls of an AEM author: the Assets Author API, the query builder, and where a rendition is.

Sources, and how sure each is:
- ``/adobe/assets/{id}/metadata`` with ETag, JSON Patch and If-Match: Adobe's tutorial for OpenAPI-based AEM APIs. That
  a missing If-Match is 428 and ``repositoryMetadata`` cannot be written is from users' notes on the OpenAPI document.
- ``/bin/querybuilder.json``: Adobe's "Query Builder API" and "Query Builder Predicate Reference". The Assets Author API
  documents no listing. That a token of the same project is taken there is from users; a probe tries it.
- Renditions at ``…/_jcr_content/renditions/…`` of the asset's path, and their names: Adobe's "Asset microservices" and
  the asset's own JSON (``dam:processingRenditions``). The Assets Author API documents none.
- ``/adobe/assets/{id}/as/{name}.{format}`` on the delivery host, for approved assets: Adobe's "Delivery APIs".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote, urlencode

from connectors.dam.asset import SLOTS, Asset, Value
from connectors.dam.client import client_of, refusal, renewing
from connectors.dam.dialects import adobe_ims, adobe_io
from connectors.dam.settings import DamSettings
from hub.sdk import Connection, Reply, Unavailable, clean_json

#: An id stands in addresses: what is no id goes nowhere.
ID = re.compile(r"urn:aaid:aem:[A-Za-z0-9-]{8,64}", re.ASCII)
_HOME = "/content/dam"
#: How Sling writes a date in JSON (``Fri Oct 25 2024 18:11:57 GMT+0000``).
_ECMA = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([0-9]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT([+-][0-9]{4})", re.ASCII
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SOURCE_TYPE, _AI = "Iptc4xmpExt:DigitalSourceType", "dam:isAiGenerated"


def headers_of(connection: Connection, token: adobe_ims.Token) -> dict[str, str]:
    """What every call of the author has to carry. They go to the author of the settings and nowhere else."""
    return {"authorization": f"Bearer {token.secret.reveal()}", "x-api-key": connection.settings.client_id}


def call(
    connection: Connection,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Reply:
    """An answer of the author below 400. ``path`` is quoted and begins with a slash.

    Raises:
        NeedsPermission, TargetGone, Conflict, TryLater, VendorRefused.
    """
    client, signed = client_of(connection), adobe_ims.sign_in(connection)
    url = f"https://{connection.settings.host}{path}"
    said = {"accept": "application/json", **(headers or {})}

    def send(token: adobe_ims.Token) -> Reply:
        return client.raw(method, url, headers={**said, **headers_of(connection, token)}, body=body)

    # A token can end before its time, when somebody changes the project.
    reply = renewing(signed.token(), lambda ended: signed.token(ended=ended), send)
    if reply.status >= 400:
        raise refusal(reply, connection.settings.host)
    return reply


def metadata(connection: Connection, id: str) -> Asset:
    """An asset as it stands.

    Raises:
        NeedsPermission, TargetGone, TryLater, VendorRefused.
    """
    reply = call(connection, "GET", f"/adobe/assets/{id}/metadata")
    return asset_of(connection.settings, id, _object(reply), reply.headers.get("etag", ""))


def patch(fields: Mapping[str, Value], changes: Mapping[str, Value]) -> list[dict[str, Any]]:
    """JSON Patch (RFC 6902) that makes these changes to an asset's metadata; ``fields`` is what stands there."""
    made: list[dict[str, Any]] = []
    for name, value in changes.items():
        path = "/" + name.replace("~", "~0").replace("/", "~1")
        if value:
            plain = value if isinstance(value, str) else list(value)
            made.append({"op": "replace" if name in fields else "add", "path": path, "value": plain})
        elif name in fields:
            made.append({"op": "remove", "path": path})
    return made


def query(connection: Connection, predicates: Sequence[tuple[str, str]]) -> tuple[list[dict[str, Any]], bool]:
    """Assets of the query builder as flat properties, and whether there are more of them."""
    asked = [
        ("path", _HOME),
        ("type", "dam:Asset"),
        ("p.hits", "selective"),
        ("p.properties", "jcr:path jcr:uuid jcr:content/jcr:lastModified"),
        ("p.guessTotal", "true"),
        *predicates,
    ]
    found = _object(call(connection, "GET", f"/bin/querybuilder.json?{urlencode(asked)}"))
    hits = found.get("hits")
    if found.get("success") is not True or not isinstance(hits, list):
        raise Unavailable(f"{connection.settings.host} could not run the query.")
    return [_flat(hit) for hit in hits if isinstance(hit, dict)], found.get("more") is True


def id_of(hit: Mapping[str, Any]) -> str:
    """The id the Assets Author API and the events use for a hit: its ``jcr:uuid`` as a URN. Empty if it has none."""
    id = f"urn:aaid:aem:{hit.get('jcr:uuid')}"
    return id if ID.fullmatch(id) else ""


def modified(hit: Mapping[str, Any]) -> float | None:
    """When a hit was changed last, in Unix seconds."""
    return read_time(hit.get("jcr:content/jcr:lastModified"))


def written(at: float) -> str:
    """A time as the query builder takes it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def read_time(value: object) -> float | None:
    """A time as AEM writes it, in one way or the other, in Unix seconds."""
    hit = _ECMA.fullmatch(value) if isinstance(value, str) else None
    if hit is None:
        return adobe_io.when(value)
    month, day, year, hour, minute, second, zone = hit.groups()
    if month not in _MONTHS:
        return None
    iso = f"{year}-{_MONTHS.index(month) + 1:02}-{day}T{hour}:{minute}:{second}{zone[:3]}:{zone[3:]}"
    return adobe_io.when(iso)


def rendition(settings: DamSettings, asset: Asset, name: str) -> str:
    """The address of a rendition, or an empty text where the asset's path is none the author can have given."""
    parts = f"{asset.folder}/{asset.name}".split("/")
    if parts[:3] != ["", "content", "dam"] or any(part in ("", ".", "..") for part in parts[1:]):
        return ""
    path = "/".join(quote(part, safe="") for part in parts)
    return f"https://{settings.host}{path}/_jcr_content/renditions/{name}"


def delivery(settings: DamSettings, asset: Asset) -> str:
    """The public address of an approved asset. The last part has no meaning to AEM, so that it tells nothing."""
    return f"https://{settings.delivery_host}/adobe/assets/{asset.id}/as/asset.jpg"


def asset_of(settings: DamSettings, id: str, found: Mapping[str, Any], etag: str) -> Asset:
    """The asset an answer of the Assets Author API describes.

    Raises:
        Unavailable: it describes none.
    """
    about, said = found.get("repositoryMetadata"), found.get("assetMetadata")
    if not isinstance(about, dict) or not isinstance(said, dict):
        raise Unavailable(f"{settings.host} answered with something that is no metadata.")
    path = _text(about.get("repo:path"))
    folder, _, name = path.rpartition("/")
    tags = settings.field_of("tags")
    used = {settings.field_of(slot) for slot in SLOTS} - {""}
    values = {field: _value(said.get(field), many=field == tags) for field in used}
    made = _text(_one(said.get(_SOURCE_TYPE)))
    return Asset(
        id=id,
        version=_text(about.get("dam:sha1")) or _version(about),
        name=name or _text(about.get("repo:name")),
        folder=folder,
        mime=_text(about.get("dc:format")).lower(),
        size=_int(about.get("repo:size")),
        width=_int(about.get("tiff:imageWidth")),
        height=_int(about.get("tiff:imageLength")),
        status=_status(said.get("dam:status")),
        fields={field: value for field, value in values.items() if value},
        etag=etag,
        # Adobe's unified shell shows the asset's details here; the path is the only name it takes.
        url=f"https://{settings.host}/ui#/aem/assetdetails.html{quote(path)}" if path.startswith(_HOME + "/") else "",
        ai_made=made or ("dam:isAiGenerated" if said.get(_AI) is True else ""),
        handle=path,
        created_at=adobe_io.when(about.get("repo:createDate")),
        modified_at=adobe_io.when(about.get("repo:modifyDate")),
        modified_by=_text(about.get("repo:modifiedBy")),
    )


def ids(hits: Iterable[Mapping[str, Any]]) -> list[str]:
    """The ids of hits, those without one left out."""
    return [id for id in map(id_of, hits) if id]


def _version(about: Mapping[str, Any]) -> str:
    """What changes with the file and with nothing else, where AEM has no checksum of it. ``repo:version`` may move with
    metadata as well, and Inlay's own would then be news of a new file, again and again."""
    some = [_int(about.get(name)) for name in ("repo:size", "tiff:imageWidth", "tiff:imageLength")]
    return "-".join(str(one or 0) for one in some) if any(some) else ""


def _status(found: object) -> Literal["draft", "approved", "rejected"]:
    """Nothing is said of a draft, nor of an asset whose approval somebody took back."""
    if found == "approved":
        return "approved"
    if found == "rejected":
        return "rejected"
    return "draft"


def _object(reply: Reply) -> dict[str, Any]:
    found = reply.json()
    if not isinstance(found, dict):
        raise Unavailable("AEM answered with something that is no object.")
    # Whoever uploads names assets, also with what no address and no database takes.
    return clean_json(found)


def _flat(hit: Mapping[str, Any]) -> dict[str, Any]:
    """Selected properties of nodes below come nested, or by their path: seen both ways."""
    inner = hit.get("jcr:content")
    below = {f"jcr:content/{name}": value for name, value in inner.items()} if isinstance(inner, dict) else {}
    return {**hit, **below}


def _value(found: object, *, many: bool) -> Value:
    """A property as a text or a list of them. What is neither is kept as JSON, so that nobody takes it for empty."""
    if isinstance(found, list):
        texts = tuple(_plain(one) for one in found if one not in (None, ""))
        # Metadata read from a file makes lists of one of what is a single text by any schema.
        return texts if many or len(texts) > 1 else "".join(texts)
    text = "" if found is None else _plain(found)
    return ((text,) if text else ()) if many else text


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _one(value: object) -> object:
    return value[0] if isinstance(value, list) and value else value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _int(value: object) -> int | None:
    """A number, which AEM writes as a text in some places."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
