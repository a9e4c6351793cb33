"""A DAM of one's own in the sandbox: Standard Webhooks (specification 1.0.0) and a small JSON API with ETags.

It is what the dialect ``standard_webhooks`` speaks, and whatever a preset describes that has no sandbox of its own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from connectors.dam.sandbox_store import HUB, PERSON, Asset, AssetStore, Change, Gone
from connectors.dam.sandbox_vendor import Answer, Call, Outgoing, Vendor

HOST = "dam.sommerlicht.example"
#: Both are made up, and good for nothing but the sandbox.
KEY = "whsec_" + base64.b64encode(b"the sandbox signs with this key!").decode()
TOKEN = "sandbox-token-of-a-dam-of-ones-own"
_KINDS = {
    "created": "asset.created",
    "ready": "asset.ready",
    "replaced": "asset.ready",
    "metadata": "metadata.changed",
    "approved": "asset.approved",
    "deleted": "asset.deleted",
}
_JSON = {"Content-Type": "application/json"}


class SignedVendor(Vendor):
    """The API: GET and PATCH /assets/{id} with ETag and If-Match, GET /assets, GET /assets/{id}/picture."""

    name = "standard_webhooks"
    #: The schedule the specification gives: at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h.
    schedule = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0)
    patience = 15.0
    shows = {
        "alt_text": "alt_text",
        "title": "title",
        "description": "description",
        "tags": "tags",
        "copy": "copy",
        "rights_status": "rights_status",
        "rights_note": "rights_note",
        "digital_source_type": "digital_source_type",
        "proposal": "inlay_proposal",
        "review": "inlay_review",
        "mark": "inlay_mark",
    }

    def __init__(self, store: AssetStore, dialect: str = "standard_webhooks") -> None:
        if dialect != self.name:
            raise ValueError(f"there is no sandbox for {dialect!r}; standard_webhooks is the nearest")
        super().__init__(store)
        self.key, self.token = KEY, TOKEN

    def settings(self) -> dict[str, Any]:
        return {
            "dialect": self.name,
            "host": HOST,
            "client_secret": self.token,
            "signing_secret": self.key,
            "own_actors": [HUB],
        }

    def expire(self) -> None:
        self.token = f"{TOKEN}-{hashlib.sha256(self.token.encode()).hexdigest()[:12]}"

    def answer(self, call: Call) -> Answer:
        if call.host != HOST:
            return _said(404, "there is no such host")
        if call.headers.get("authorization") != f"Bearer {self.token}":
            return _said(401, "the token is not valid")
        parts = [unquote(part) for part in call.path.strip("/").split("/")]
        try:
            match (call.method, parts):
                case ("GET", ["assets"]):
                    return self._listed(call)
                case ("GET", ["assets", id]):
                    return _shown(self.store.get(id))
                case ("GET", ["assets", id, "picture"]):
                    asset = self.store.get(id)
                    return Answer(200, asset.data, {"Content-Type": asset.mime})
                case ("PATCH", ["assets", id]):
                    return self._changed(call, id)
        except Gone:
            pass
        return _said(404, "there is nothing here")

    def webhooks(self, change: Change) -> Sequence[bytes]:
        data: dict[str, Any] = {"asset": change.asset.id, "actor": change.by}
        if change.kind == "metadata":
            data["changed"] = sorted(change.before)
        said = {"type": _KINDS[change.kind], "timestamp": _time(change.at), "number": change.number, "data": data}
        return [json.dumps(said).encode()]

    def signed(self, body: bytes, attempt: int, now: float) -> Outgoing:
        # The same id for every attempt, another time and so another signature for each.
        id, at = f"msg_{hashlib.sha256(body).hexdigest()[:24]}", str(int(now))
        key = base64.b64decode(self.key.removeprefix("whsec_"))
        made = hmac.new(key, b".".join((id.encode(), at.encode(), body)), "sha256").digest()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": at,
            "webhook-signature": f"v1,{base64.b64encode(made).decode()}",
        }
        return Outgoing(body=body, headers=headers, event=str(json.loads(body)["type"]))

    def again(self, status: int | None) -> bool:
        # "410 Gone: the endpoint is disabled"; every other answer that is none of 2xx is a failure.
        return status is None or not (200 <= status < 300 or status == 410)

    def _listed(self, call: Call) -> Answer:
        query = parse_qs(call.query)
        since = datetime.fromisoformat(query.get("changed_since", ["1970-01-01T00:00:00Z"])[0]).timestamp()
        start, limit = int(query.get("cursor", ["0"])[0]), int(query.get("limit", ["100"])[0])
        found = sorted((one for one in self.store.every() if one.modified_at >= since), key=lambda one: one.modified_at)
        page = [_document(one) for one in found[start : start + limit]]
        more = {"next": str(start + limit)} if start + limit < len(found) else {}
        return Answer(200, json.dumps({"assets": page, **more}).encode(), _JSON)

    def _changed(self, call: Call, id: str) -> Answer:
        expected = call.headers.get("if-match", "")
        if not expected:
            return _said(428, "If-Match is missing")
        try:
            fields = json.loads(call.body)["fields"]
            revision = int(expected.strip('"'))
            if not isinstance(fields, dict) or not all(
                value is None or isinstance(value, str | list) for value in fields.values()
            ):
                raise TypeError
        except (ValueError, KeyError, TypeError):
            return _said(400, "the body is no {fields: {…}}")
        try:
            return _shown(self.store.change(id, fields, by=HUB, revision=revision))
        except ValueError:
            return _said(412, "the asset is at another revision")


def _document(asset: Asset) -> dict[str, Any]:
    return {
        "id": asset.id,
        "version": asset.version,
        "name": asset.name,
        "folder": asset.folder,
        "mime": asset.mime,
        "size": len(asset.data),
        "width": asset.width,
        "height": asset.height,
        "status": asset.status,
        "fields": asset.fields,
        "created_at": _time(asset.created_at),
        "created_by": asset.created_by or PERSON,
        "modified_at": _time(asset.modified_at),
        "modified_by": asset.modified_by,
    }


def _shown(asset: Asset) -> Answer:
    return Answer(200, json.dumps(_document(asset)).encode(), {**_JSON, "ETag": f'"{asset.revision}"'})


def _said(status: int, what: str) -> Answer:
    return Answer(status, json.dumps({"error": what}).encode(), _JSON)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
