"""The Admin API of the sandbox's Cloudinary, as far as a metadata tool uses it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.dam.sandbox_cloudinary_library import Library, Refused, iso, pairs
from connectors.dam.sandbox_cloudinary_search import test
from connectors.dam.sandbox_store import HUB, Asset

#: Admin API, "Get resources by asset IDs", and of public ids.
_MOST_IDS, _MOST_PUBLIC_IDS, _MOST_RESULTS = 10, 100, 500
_KINDS = ("image", "video", "raw")


class Admin:
    """Every answer is a JSON object; ``Refused`` is one with its error."""

    def __init__(self, library: Library, cloud: str) -> None:
        self.library, self.store, self.cloud = library, library.store, cloud
        self._numbers = itertools.count(1)
        self.triggers: list[dict[str, Any]] = [
            {"id": "trigger-0", "event_type": "all", "uri": "https://hub.example/in/cloudinary", "uri_type": "webhook"}
        ]

    def answer(self, method: str, path: Sequence[str], params: Mapping[str, Any]) -> dict[str, Any]:
        """``path`` is what follows the cloud name, in parts and without quotes."""
        match method, *path:
            case "GET", "ping":
                return {"status": "ok"}
            case "GET", "config":
                return {"cloud_name": self.cloud, "settings": {"folder_mode": "dynamic"}}
            case "GET", "triggers":
                return {"triggers": self.triggers, "total": len(self.triggers)}
            case "POST", "triggers":
                return self._trigger(params)
            case "DELETE", "triggers", id:
                self.triggers[:] = [one for one in self.triggers if one["id"] != id]
                return {"message": "ok"}
            case "GET", "metadata_fields", id:
                if id not in self.library.metadata_fields:
                    raise Refused(404, f"External ID {id[:60]} doesn't exist")
                return {"external_id": id, "type": self.library.metadata_fields[id], "label": id}
            case "GET", "resources", "by_asset_ids":
                return self._by_ids(params)
            case (("GET" | "POST"), "resources", "search"):
                return self._search(params)
            case "GET", "resources", kind, type if kind in _KINDS:
                return self._by_public_ids(kind, type, params)
            case "GET", "resources", id:
                asset = self.library.by_id(id)
                return self._details(asset)
            case (("PUT" | "POST"), "resources", id):
                return self._update(self.library.by_id(id), params)
            case (("GET" | "POST"), "resources", kind, type, *public_id) if kind in _KINDS:
                asset = self.library.by_public_id(kind, type, "/".join(public_id))
                if asset is None:
                    raise Refused(404, f"Resource not found - {'/'.join(public_id)}")
                return self._details(asset) if method == "GET" else self._update(asset, params)
        raise Refused(404, "Unknown route")

    def rename(self, kind: str, type: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Another public id; the asset id stays."""
        asset = self.library.by_public_id(kind, type, str(params.get("from_public_id", "")))
        to = str(params.get("to_public_id", ""))
        if asset is None or not to:
            raise Refused(404, f"Resource not found - {params.get('from_public_id')}")
        if self.library.by_public_id(kind, type, to) is not None:
            raise Refused(409, f"to_public_id {to} already exists")
        return self.library.resource(self.store.change(asset.id, {"public_id": to}, by=HUB))

    def _trigger(self, params: Mapping[str, Any]) -> dict[str, Any]:
        uri, kind = str(params.get("uri", "")), str(params.get("event_type", ""))
        poll = params.get("uri_type") == "poll"
        if not kind or uri.startswith("poll://") != poll:
            raise Refused(400, "uri, event_type and uri_type do not fit")
        made = {
            "id": f"trigger-{next(self._numbers)}",
            "event_type": kind,
            "uri": uri,
            "uri_type": params.get("uri_type") or "webhook",
        }
        self.triggers.append(made)
        return made

    def _by_ids(self, params: Mapping[str, Any]) -> dict[str, Any]:
        ids = _several(params, "asset_ids")
        if not 1 <= len(ids) <= _MOST_IDS:
            raise Refused(400, f"asset_ids are 1 to {_MOST_IDS}")
        found = []
        for id in ids:
            try:
                found.append(self.library.resource(self.library.by_id(id), *_with(params)))
            except Refused:
                continue
        return {"resources": found}

    def _by_public_ids(self, kind: str, type: str, params: Mapping[str, Any]) -> dict[str, Any]:
        ids = _several(params, "public_ids")
        if len(ids) > _MOST_PUBLIC_IDS:
            raise Refused(400, f"public_ids are {_MOST_PUBLIC_IDS} at most")
        if ids:
            some = [self.library.by_public_id(kind, type, id) for id in ids]
            return {"resources": [self.library.resource(one, *_with(params)) for one in some if one is not None]}
        some = [one for one in self.store.every() if (self.library.kind(one), self.library.type(one)) == (kind, type)]
        return self._page([self.library.resource(one, *_with(params)) for one in some], params)

    def _search(self, params: Mapping[str, Any]) -> dict[str, Any]:
        matches = test(str(params.get("expression", "")))
        some = [one for one in self.store.every() if matches(self._indexed(one))]
        for order in params.get("sort_by") or [{"created_at": "desc"}]:
            name, direction = next(iter(order.items()))
            some.sort(key=lambda one, name=name: self._indexed(one)[name], reverse=direction == "desc")
        more = [str(one) for one in params.get("with_field") or ()]
        return {"total_count": len(some)} | self._page([self._found(one, more) for one in some], params)

    def _found(self, asset: Asset, more: Sequence[str]) -> dict[str, Any]:
        found = self.library.resource(asset, *more, custom=False)
        return {**found, "uploaded_at": iso(self.library.uploaded_at(asset)), "status": "active"}

    def _indexed(self, asset: Asset) -> dict[str, Any]:
        return {
            "created_at": asset.created_at,
            "uploaded_at": self.library.uploaded_at(asset),
            "last_updated.updated_at": asset.modified_at,
            "resource_type": self.library.kind(asset),
            "type": self.library.type(asset),
            "asset_id": asset.id,
            "public_id": self.library.public_id(asset),
            "moderation_status": asset.status if asset.status != "draft" else "",
        }

    def _page(self, found: list[dict[str, Any]], params: Mapping[str, Any]) -> dict[str, Any]:
        try:
            size, start = int(params.get("max_results", 10)), int(str(params.get("next_cursor") or 0))
        except ValueError:
            raise Refused(400, "Invalid value for next_cursor or max_results") from None
        if not 1 <= size <= _MOST_RESULTS:
            raise Refused(400, f"max_results is 1 to {_MOST_RESULTS}")
        more = {"next_cursor": str(start + size)} if start + size < len(found) else {}
        return {"resources": found[start : start + size], **more}

    def _details(self, asset: Asset) -> dict[str, Any]:
        found = self.library.resource(asset, "context", "tags", "metadata")
        if asset.status != "draft":
            found["moderation"] = [{"kind": "manual", "status": asset.status}]
        return found

    def _update(self, asset: Asset, params: Mapping[str, Any]) -> dict[str, Any]:
        """Tags and context are replaced as a whole, structured metadata is not."""
        if "context" in params:
            self.library.set_context(asset, pairs(str(params["context"])))
        if "metadata" in params:
            self.library.set_metadata(asset, pairs(str(params["metadata"])))
        if "tags" in params:
            tags = [one for one in str(params["tags"]).split(",") if one]
            self.library.tags(self.library.by_id(asset.id), "replace", tags)
        if "moderation_status" in params:
            status = params["moderation_status"]
            if status not in ("approved", "rejected"):
                raise Refused(400, f"Invalid value {str(status)[:40]} for parameter moderation_status")
            self.store.approve(asset.id, by=HUB, status=status)
        return self._details(self.library.by_id(asset.id))


def _several(params: Mapping[str, Any], name: str) -> list[str]:
    found = params.get(name)
    return [str(one) for one in found] if isinstance(found, list) else [str(found)] if found else []


def _with(params: Mapping[str, Any]) -> list[str]:
    return [one for one in ("context", "tags", "metadata", "moderations") if str(params.get(one)).lower() == "true"]
