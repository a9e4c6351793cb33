"""The events an AEM author sends about its assets, through Adobe I/O, in the form they have when they arrive."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.dam.sandbox_aem_author import about, path_of, status_of
from connectors.dam.sandbox_store import HUB, Asset, AssetStore, Change

#: The last parts of the types, by what happened. A new file is processed like a first one.
_TYPES: Mapping[str, tuple[str, ...]] = {
    "created": ("created",),
    "ready": ("processing_completed",),
    "replaced": ("updated", "processing_completed"),
    "metadata": ("metadata_updated",),
    "approved": ("metadata_updated",),
    "deleted": ("deleted",),
}


class Events:
    """Events of one author for one project."""

    def __init__(self, store: AssetStore, host: str, client: str, account: str) -> None:
        self._store, self._host, self._client, self._account = store, host, client, account

    def of(self, change: Change) -> list[dict[str, Any]]:
        """What is sent because of a change, in the order AEM makes it."""
        return [self._event(change, kind) for kind in _TYPES[change.kind]]

    def _event(self, change: Change, kind: str) -> dict[str, Any]:
        asset = change.asset
        data: dict[str, Any] = {
            "assetId": asset.id,
            "repositoryMetadata": {**about(asset, self._host), "repo:size": str(len(asset.data))},
            "assetMetadata": self._metadata(change, kind),
        }
        if kind == "deleted":
            # Nothing of it is left to tell but where it was.
            data["repositoryMetadata"] = {
                "repo:repositoryId": self._host,
                "repo:path": path_of(asset),
                "repo:name": asset.name,
                "repo:state": "DELETED",
            }
        if kind != "processing_completed":
            data["user"] = self._user(change.by)
        event_id = str(uuid.uuid4())
        at = datetime.fromtimestamp(change.at, UTC)
        return {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": "acct:aem-p10001-e20001@adobe.com",
            "type": f"aem.assets.asset.{kind}",
            "datacontenttype": "application/json",
            # Nine digits after the point, as they come.
            "time": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06}417Z",
            "eventid": event_id,
            "event_id": event_id,
            "recipientclientid": self._client,
            "recipient_client_id": self._client,
            "data": data,
        }

    def _metadata(self, change: Change, kind: str) -> dict[str, Any]:
        """New values of what changed, names of what is new, and old values of what was there before."""
        if kind == "processing_completed":
            return {"xcm:machineKeywords": [{"value": "lantern", "confidence": 0.914}]}
        if kind != "metadata_updated":
            return {}
        now = _named(change.asset)
        before = {("dam:status" if name == "status" else name): value for name, value in change.before.items()}
        old = {name: value for name, value in before.items() if value not in (None, "", "draft")}
        return {
            **{name: now[name] for name in before if name in now},
            **({"event:created": sorted(set(before) - set(old))} if set(before) - set(old) else {}),
            **({"event:updated": old} if old else {}),
        }

    def _user(self, by: str) -> dict[str, str]:
        if by == HUB:
            return {
                "imsUserId": "5F2C7BE1D0A94C1E@techacct.adobe.com",
                "principalId": self._account,
                "displayName": "Inlay",
            }
        return {"imsUserId": "11362B9E62F4CD400A495ECF@e", "principalId": by.upper(), "displayName": by.split("@")[0]}


def _named(asset: Asset) -> dict[str, Any]:
    return {**asset.fields, **status_of(asset)}
