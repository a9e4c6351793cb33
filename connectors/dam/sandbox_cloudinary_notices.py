"""What the sandbox's Cloudinary tells: the bodies of its notifications, how they are signed, and its poll channels."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.dam.sandbox_cloudinary_library import Library, Refused, iso
from connectors.dam.sandbox_store import HUB, Change


def bodies(library: Library, change: Change, api_key: str) -> list[dict[str, Any]]:
    """The notifications of one change, in the order they are sent."""
    asset = change.asset
    resource = library.resource(asset, "tags")
    about = {key: resource[key] for key in ("asset_id", "resource_type", "type")}
    where = {**about, "public_id": resource["public_id"]}
    before = dict(change.before)
    match change.kind:
        case "ready" | "replaced":
            told: list[dict[str, Any]] = [{"notification_type": "upload", **resource, "api_key": api_key}]
            if change.kind == "replaced":
                told[0]["overwritten"] = True
        case "approved":
            told = [_moderated(resource, "approved")]
        case "deleted":
            told = [{"notification_type": "delete", "resources": [{**where, "version": resource["version"]}]}]
        case "metadata":
            told = list(_changed(library, change, resource, about, before))
        case _:
            return []
    by = {"source": "api", "id": api_key} if change.by == HUB else {"source": "ui", "id": change.by}
    for number, one in enumerate(told):
        one |= {
            "timestamp": iso(change.at),
            "request_id": hashlib.sha256(f"{change.number}.{number}".encode()).hexdigest()[:32],
            "notification_context": {"triggered_at": iso(change.at), "triggered_by": by},
            "signature_key": api_key,
        }
    return told


def _changed(
    library: Library, change: Change, resource: Mapping[str, Any], about: Mapping[str, Any], before: dict[str, Any]
) -> Sequence[dict[str, Any]]:
    asset, public_id = change.asset, resource["public_id"]
    source = "api" if change.by == HUB else "ui"
    told: list[dict[str, Any]] = []
    if "status" in before:
        told.append(_moderated(resource, "rejected" if asset.status == "rejected" else "pending"))
    if "public_id" in before:
        renamed = {"from_public_id": before["public_id"], "to_public_id": public_id}
        told.append({"notification_type": "rename", **about, **renamed})
    context = {name.partition(":")[2]: was for name, was in before.items() if name.startswith("context:")}
    if context:
        now = library.part(asset, "context")
        parts: dict[str, list[dict[str, Any]]] = {"added": [], "removed": [], "updated": []}
        for key, was in context.items():
            part = "removed" if key not in now else "updated" if was else "added"
            parts[part].append({"name": key, "value": now.get(key, was)})
        told.append(
            {
                "notification_type": "resource_context_changed",
                "source": source,
                "resources": {public_id: {**parts, **about}},
            }
        )
    metadata = {name.partition(":")[2]: was for name, was in before.items() if name.startswith("metadata:")}
    if metadata:
        now = library.part(asset, "metadata")
        old = {**now, **metadata}
        both = {"previous_metadata": {key: was for key, was in old.items() if was}, "new_metadata": now}
        told.append(
            {
                "notification_type": "resource_metadata_changed",
                "source": source,
                "resources": {public_id: {**both, **about}},
            }
        )
    if "tags" in before:
        was, tags = before["tags"] or [], asset.fields.get("tags", [])
        both = {"added": [t for t in tags if t not in was], "removed": [t for t in was if t not in tags]}
        told.append(
            {
                "notification_type": "resource_tags_changed",
                "source": source,
                "resources": [{**about, "public_id": public_id, **both}],
            }
        )
    return told


def _moderated(resource: Mapping[str, Any], status: str) -> dict[str, Any]:
    return {
        "notification_type": "moderation",
        **{key: value for key, value in resource.items() if key != "tags"},
        "moderation_kind": "manual",
        "moderation_status": status,
    }


def signature(body: bytes, at: int, secret: str, algorithm: str) -> str:
    """Over the body, the time and the secret, one behind the other."""
    return hashlib.new(algorithm, body + str(at).encode() + secret.encode()).hexdigest()


@dataclass(slots=True)
class Message:
    body: bytes
    signature: str
    at: int
    handle: str = ""
    hidden_until: float = 0.0


@dataclass(slots=True)
class Channels:
    """Messages by channel, kept until somebody acknowledges them. A claimed one is hidden for a while, then comes again
    under another receipt handle; the old one is worth nothing any more."""

    clock: Callable[[], float]
    _kept: dict[str, list[Message]] = field(default_factory=dict)
    _numbers: itertools.count = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, channel: str, body: bytes, signature: str, at: int) -> None:
        with self._lock:
            self._kept.setdefault(channel, []).append(Message(body, signature, at))

    def waiting(self, channel: str) -> int:
        """How many are not acknowledged."""
        with self._lock:
            return len(self._kept.get(channel, []))

    def claim(self, channel: str, most: int, hidden: float) -> list[dict[str, Any]]:
        """
        Raises:
            Refused: a number outside what the API takes.
        """
        if not 1 <= most <= 100 or not 1 <= hidden <= 600:
            raise Refused(400, "max_messages is 1 to 100, visibility_timeout 1 to 600")
        found = []
        with self._lock:
            for message in self._kept.get(channel, []):
                if len(found) < most and message.hidden_until <= self.clock():
                    message.handle, message.hidden_until = f"receipt-{next(self._numbers)}", self.clock() + hidden
                    found.append(_plain(message))
        return found

    def acknowledge(self, handles: Sequence[str]) -> list[dict[str, str]]:
        results = []
        with self._lock:
            for handle in handles:
                known = False
                for kept in self._kept.values():
                    for message in [one for one in kept if one.handle == handle and one.hidden_until > self.clock()]:
                        kept.remove(message)
                        known = True
                results.append({"receipt_handle": handle, "status": "acked" if known else "not_found"})
        return results


def _plain(message: Message) -> dict[str, Any]:
    return {
        "receipt_handle": message.handle,
        "payload": json.loads(message.body),
        "signed_payload": base64.urlsafe_b64encode(message.body).decode().rstrip("="),
        "signature": message.signature,
        "timestamp": str(message.at),
    }
