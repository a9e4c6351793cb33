"""The author of the sandbox's AEM: metadata with ETag and JSON Patch, the query builder, and renditions."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from connectors.dam.sandbox_store import HUB, Asset, AssetStore, Gone
from connectors.dam.sandbox_vendor import Answer, Call

_METADATA = re.compile(r"/adobe/assets/([^/]+)/metadata")
_RENDITION = re.compile(r"(/content/dam/.+)/_jcr_content/renditions/([^/]+)")
#: Made of pictures. A small thumbnail is left out: nobody needs it to see that there is one.
_RENDITIONS = ("cq5dam.web.1280.1280.jpeg", "cq5dam.thumbnail.319.319.png", "original")
#: Prefixes the repository knows; a name with any other is no name there. ``repo`` names what cannot be written.
_PREFIXES = frozenset({"dc", "dam", "xmp", "xmpRights", "photoshop", "Iptc4xmpCore", "Iptc4xmpExt", "cq", "prism"})
_NAME = re.compile(r"(?:([^:]*):)?[^:/\[\]|*\x00-\x1f]+")


class Author:
    """``later`` has it take changes without making them; ``read_only`` has it refuse them."""

    def __init__(self, store: AssetStore, host: str) -> None:
        self.store, self.host = store, host
        self.later = False
        self.read_only = False

    def answer(self, call: Call) -> Answer:
        """What it answers to somebody it has let in."""
        if hit := _METADATA.fullmatch(call.path):
            return self._metadata(call, unquote(hit[1]))
        if call.method == "GET" and call.path == "/bin/querybuilder.json":
            return _json(200, self._query(dict(parse_qsl(call.query, True))))
        if call.method == "GET" and (hit := _RENDITION.fullmatch(unquote(call.path))):
            return self._rendition(hit[1], hit[2])
        return problem(404, "There is nothing here.")

    def find(self, id: str) -> Asset | None:
        try:
            return self.store.get(id)
        except Gone:
            return None

    def _metadata(self, call: Call, id: str) -> Answer:
        asset = self.find(id)
        if asset is None:
            return problem(404, "There is no such asset.")
        if call.method == "PATCH":
            return self._patch(call, asset)
        if call.method != "GET":
            return problem(405, "An asset's metadata is read, or patched.")
        said = {
            "assetId": asset.id,
            "repositoryMetadata": about(asset, self.host),
            "assetMetadata": {**asset.fields, **status_of(asset)},
        }
        return _json(200, said, {"ETag": _etag(asset)})

    def _patch(self, call: Call, asset: Asset) -> Answer:
        if self.read_only:
            return problem(403, "The account may not edit this asset.")
        if call.headers.get("content-type", "").partition(";")[0].strip() != "application/json-patch+json":
            return problem(415, "The change is an application/json-patch+json.")
        condition = call.headers.get("if-match", "")
        if not condition:
            return problem(428, "The request has to be conditional, by If-Match.")
        if condition not in ("*", _etag(asset)):
            return problem(412, "The asset is in another state.")
        try:
            changes = _changes(json.loads(call.body), asset.fields)
        except (ValueError, KeyError, TypeError) as wrong:
            return problem(400, str(wrong) if isinstance(wrong, ValueError) else "This is no JSON Patch.")
        if self.later:
            return Answer(202, b"{}", {"Content-Type": "application/json", "Retry-After": "1"})
        try:
            made = self.store.change(asset.id, changes, by=HUB, revision=asset.revision)
        except Gone:
            return problem(404, "There is no such asset.")
        except ValueError:
            return problem(412, "The asset is in another state.")
        return Answer(204, b"", {"ETag": _etag(made)})

    def _query(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """The predicates Inlay uses, as Adobe's reference describes them; an unknown one is an error there too."""
        known = {"path", "type", "orderby", "orderby.sort", "p.hits", "p.properties", "p.guessTotal"}
        known |= {"p.limit", "p.offset", "daterange.property"}
        known |= {f"daterange.{one}{half}" for one in ("lower", "upper") for half in ("Bound", "Operation")}
        if set(asked) - known or asked.get("type") != "dam:Asset":
            return {"success": False, "error": "unknown predicate"}
        created = "jcr:created" in (asked.get("daterange.property"), asked.get("orderby", "").lstrip("@"))
        found = [(one.created_at if created else one.modified_at, one) for one in self.store.every()]
        lower, upper = _date(asked.get("daterange.lowerBound")), _date(asked.get("daterange.upperBound"))
        found = [
            (at, one)
            for at, one in found
            if path_of(one).startswith(asked["path"].rstrip("/") + "/")
            and (lower is None or at >= lower)
            and (upper is None or at < upper)
        ]
        found.sort(key=lambda pair: pair[0], reverse=asked.get("orderby.sort") == "desc")
        offset, limit = int(asked.get("p.offset", "0")), int(asked.get("p.limit", "10"))
        page = found[offset : offset + limit]
        hits = [
            {
                "jcr:path": path_of(one),
                "jcr:uuid": one.id.removeprefix("urn:aaid:aem:"),
                "jcr:content": {"jcr:lastModified": _ecma(one.modified_at)},
            }
            for _, one in page
        ]
        more = offset + limit < len(found)
        return {
            "success": True,
            "results": len(hits),
            "total": min(len(found), offset + limit + (1 if more else 0)),
            "more": more,
            "offset": offset,
            "hits": hits,
        }

    def _rendition(self, path: str, name: str) -> Answer:
        asset = next((one for one in self.store.every() if path_of(one) == path), None)
        if asset is None or name not in _RENDITIONS or (name != "original" and not asset.mime.startswith("image/")):
            return problem(404, "There is no such rendition.")
        return Answer(200, asset.data, {"Content-Type": asset.mime})


def about(asset: Asset, host: str) -> dict[str, Any]:
    """What the repository knows of an asset and nobody can write."""
    sha1 = hashlib.sha1(asset.data, usedforsecurity=False).hexdigest()
    return {
        "repo:repositoryId": host,
        "repo:assetId": asset.id,
        "repo:assetClass": "file",
        "repo:name": asset.name,
        "repo:path": path_of(asset),
        "repo:state": "ACTIVE",
        "repo:version": f"1.{asset.version - 1}::ci:{sha1[:32]}",
        "repo:size": len(asset.data),
        "repo:createDate": _iso(asset.created_at),
        "repo:createdBy": asset.created_by.upper(),
        "repo:modifyDate": _iso(asset.modified_at),
        "repo:modifiedBy": asset.modified_by.upper(),
        "dc:format": asset.mime,
        "dam:sha1": sha1,
        "aem:assetState": "processed",
        **({"tiff:imageWidth": asset.width, "tiff:imageLength": asset.height} if asset.width else {}),
    }


def path_of(asset: Asset) -> str:
    folder = asset.folder.rstrip("/")
    return f"{folder if folder.startswith('/content/dam') else '/content/dam' + folder}/{asset.name}"


def status_of(asset: Asset) -> dict[str, str]:
    """AEM has no word for a draft: nobody said anything of it yet."""
    return {} if asset.status == "draft" else {"dam:status": asset.status}


def problem(status: int, detail: str) -> Answer:
    """RFC 7807, as AEM answers what it refuses."""
    return _json(status, {"status": status, "detail": detail}, {"Content-Type": "application/problem+json"})


def _changes(patch: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON Patch as new values, None for what goes.

    Raises:
        ValueError: it cannot be done; nothing of it is.
    """
    if not isinstance(patch, list):
        raise ValueError("a JSON Patch is a list")
    made: dict[str, Any] = {}
    for step in patch:
        if step["op"] not in ("add", "replace", "remove") or not step["path"].startswith("/"):
            raise ValueError("each step is an add, a replace or a remove at a pointer")
        pointer = step["path"][1:]
        if "/" in pointer or re.search(r"~(?![01])", pointer):
            raise ValueError("a pointer names a property")
        name = pointer.replace("~1", "/").replace("~0", "~")
        hit = _NAME.fullmatch(name)
        if hit is None or (hit[1] is not None and hit[1] not in _PREFIXES) or name == "repositoryMetadata":
            raise ValueError("this is no property that can be written")
        there = name in fields if name not in made else made[name] is not None
        if step["op"] != "add" and not there:
            raise ValueError("there is no such property")
        value = None if step["op"] == "remove" else step["value"]
        if not (value is None or isinstance(value, str | bool | int | float) or _texts(value)):
            raise ValueError("a property is a text, a number, or a list of texts")
        made[name] = value
    return made


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _etag(asset: Asset) -> str:
    return f'"{asset.id[-12:]}-{asset.revision}"'


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _ecma(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%a %b %d %Y %H:%M:%S GMT+0000")


def _date(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _json(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(
        status, json.dumps(body, ensure_ascii=False).encode(), {"Content-Type": "application/json", **(headers or {})}
    )
