"""Bynder inside the sandbox: sign-in, a portal's media API, the host of its thumbnails, and events over Amazon SNS."""

from __future__ import annotations

import json
import secrets
import threading
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote

from connectors.dam.sandbox_sns import SandboxTopic
from connectors.dam.sandbox_store import HUB, Asset, AssetStore, Change, Gone
from connectors.dam.sandbox_vendor import Answer, Call, Outgoing, Vendor

HOST, THUMBNAILS = "sommerlicht.getbynder.com", "d1ra4hr810e003.cloudfront.net"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:sommerlicht-assets"
CLIENT = "6b9f3d10-5c1c-4c0a-9d0e-sandbox"
#: The portal's own metaproperties, by name.
METAPROPERTIES: Mapping[str, str] = {
    name: str(uuid.uuid5(uuid.NAMESPACE_DNS, name.lower()))
    for name in (
        "Caption",
        "Copy",
        "Rights",
        "Rights_note",
        "Source_type",
        "Inlay_proposal",
        "Inlay_review",
        "Inlay_mark",
    )
}
_BY_ID = {id: name for name, id in METAPROPERTIES.items()}
_KINDS = {
    "ready": "asset_bank.media.create",
    "replaced": "asset_bank.media.updated",
    "metadata": "asset_bank.media.meta_updated",
    "approved": "asset_bank.media.meta_updated",
    "deleted": "asset_bank.media.deleted",
}
_TYPES = {"image": "image", "video": "video", "audio": "audio"}
_JSON = {"Content-Type": "application/json"}
#: Calls of one address in five minutes; beyond them it is blocked for five more, and each call begins these anew.
_MOST, _WINDOW = 4500, 300.0


class BynderVendor(Vendor):
    """One portal. ``later`` is how many seconds a change takes to show after its 202."""

    name: ClassVar[str] = "bynder"
    #: SNS's default policy for HTTP: three more attempts, 20 s apart.
    schedule: ClassVar[Sequence[float]] = (20.0, 20.0, 20.0)
    patience: ClassVar[float] = 15.0
    shows: ClassVar[Mapping[str, str]] = {
        "title": "name",
        "alt_text": "description",
        "description": "property_Caption",
        "tags": "tags",
        "copy": "property_Copy",
        "rights_status": "property_Rights",
        "rights_note": "property_Rights_note",
        "digital_source_type": "property_Source_type",
        "proposal": "property_Inlay_proposal",
        "review": "property_Inlay_review",
        "mark": "property_Inlay_mark",
    }

    def __init__(self, store: AssetStore) -> None:
        super().__init__(store)
        store.new_id = lambda: str(uuid.uuid4())
        self.topic = SandboxTopic(TOPIC, store.clock)
        self.client_secret = "sandbox-" + secrets.token_urlsafe(18)
        #: Every OAuth app of the portal: its secret by its client id.
        self.apps = {CLIENT: self.client_secret}
        self.later = 0.05
        self.blocked_until = 0.0
        self._calls: list[float] = []
        self._tokens: set[str] = set()

    def settings(self) -> dict[str, Any]:
        fields = {slot: _setting(name) for slot, name in self.shows.items() if name.startswith("property_")}
        return {
            "dialect": "bynder",
            "host": HOST,
            "client_id": CLIENT,
            "client_secret": self.client_secret,
            "topic": TOPIC,
            "confirm_subscription": True,
            "account": "Status=approved",
            "delivery_host": THUMBNAILS,
            "fields": fields,
        }

    def webhooks(self, change: Change) -> Sequence[bytes]:
        kind = _KINDS.get(change.kind)
        if kind is None or not self.topic.confirmed:
            return ()
        # Events write an id in capitals, the API in small letters.
        return [self.topic.notification(kind, json.dumps({"media_id": change.asset.id.upper()}))]

    def signed(self, body: bytes, attempt: int, now: float) -> Outgoing:
        return self.topic.outgoing(body)

    def again(self, status: int | None) -> bool:
        # "4xx: client-side errors are not retried", but 429 is.
        return status is None or status == 429 or status >= 500

    def greetings(self) -> Sequence[bytes]:
        return () if self.topic.confirmed else (self.topic.confirmation(),)

    def expire(self) -> None:
        self._tokens.clear()

    def answer(self, call: Call) -> Answer:
        if call.host == self.topic.host:
            return self.topic.answer(call)
        if call.host == THUMBNAILS:
            return self._thumbnail(call)
        if call.host != HOST:
            return _said(404, "there is no such host in this sandbox")
        if self._over():
            return Answer(429)
        parts = [unquote(part) for part in call.path.strip("/").split("/")]
        if (call.method, parts) == ("POST", ["v6", "authentication", "oauth2", "token"]):
            return self._sign_in(call)
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self._tokens:
            return _said(401, "the token is not valid")
        try:
            match (call.method, parts):
                case ("GET", ["api", "v4", "media"]):
                    return self._listed(dict(parse_qsl(call.query)))
                case ("GET", ["api", "v4", "media", id]):
                    return _json(200, _row(self.store.get(id.lower())))
                case ("POST", ["api", "v4", "media", id]):
                    return self._changed(id.lower(), call)
        except Gone:
            pass
        return _said(404, "there is nothing here")

    def _sign_in(self, call: Call) -> Answer:
        form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
        if self.apps.get(form.get("client_id", "")) != form.get("client_secret", ""):
            return _json(401, {"error": "invalid_client"})
        if form.get("grant_type") != "client_credentials" or "asset:write" not in form.get("scope", "").split():
            return _json(400, {"error": "invalid_request"})
        token = secrets.token_urlsafe(32)
        self._tokens.add(token)
        return _json(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": form["scope"]})

    def _listed(self, query: Mapping[str, str]) -> Answer:
        found = sorted(self.store.every(), key=lambda asset: asset.created_at)
        if "ids" in query:
            wanted = query["ids"].lower().split(",")
            found = [asset for asset in found if asset.id in wanted]
        for name, at in (("dateModified", "modified_at"), ("dateCreated", "created_at")):
            if name in query:
                since = datetime.fromisoformat(query[name]).timestamp()
                found = [asset for asset in found if getattr(asset, at) >= since]
        limit, page = int(query.get("limit", 50)), int(query.get("page", 1))
        return _json(200, [_row(asset) for asset in found[(page - 1) * limit : page * limit]])

    def _changed(self, id: str, call: Call) -> Answer:
        self.store.get(id)
        if not call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return _said(400, "the fields go into a form")
        fields: dict[str, Any] = {}
        for name, value in parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True):
            kind, _, key = name.partition(".")
            if kind == "metaproperty" and key in _BY_ID:
                fields[f"property_{_BY_ID[key]}"] = value or None
            elif name == "tags":
                fields[name] = [tag.strip() for tag in value.split(",") if tag.strip()] or None
            elif name in ("name", "description"):
                fields[name] = value or None
            else:
                return _said(400, f"there is no field {name!r}")
        timer = threading.Timer(self.later, self._do, (id, fields))
        timer.daemon = True
        timer.start()
        return _json(202, {"message": "Accepted", "statuscode": 202})

    def _do(self, id: str, fields: Mapping[str, Any]) -> None:
        try:
            self.store.change(id, fields, by=HUB)
        except Gone:
            return  # It was deleted meanwhile; who asked for the change was told nothing but 202.

    def _thumbnail(self, call: Call) -> Answer:
        parts = call.path.split("/")
        try:
            asset = self.store.get(parts[2]) if len(parts) == 4 and parts[1] == "m" else None
        except Gone:
            asset = None
        if call.method != "GET" or asset is None or not asset.mime.startswith("image/"):
            return Answer(403, b"<Error><Code>AccessDenied</Code></Error>", {"Content-Type": "application/xml"})
        return Answer(200, asset.data, {"Content-Type": asset.mime})

    def _over(self) -> bool:
        now = self.store.clock()
        self._calls = [at for at in self._calls if at > now - _WINDOW]
        self._calls.append(now)
        if len(self._calls) > _MOST or now < self.blocked_until:
            self.blocked_until = now + _WINDOW
            return True
        return False


def _setting(name: str) -> str:
    plain = name.removeprefix("property_")
    return f"metaproperty:{plain}:{METAPROPERTIES[plain]}"


def _row(asset: Asset) -> dict[str, Any]:
    """An asset as the API shows it. Its name is the file's until somebody gives it another."""
    stem, ending = PurePath(asset.name).stem, PurePath(asset.name).suffix.lstrip(".")
    at = f"https://{THUMBNAILS}/m/{asset.id}"
    return {
        "id": asset.id,
        "name": stem,
        "description": "",
        "tags": [],
        "type": _TYPES.get(asset.mime.partition("/")[0], "document"),
        "extension": [ending],
        "fileSize": len(asset.data),
        "width": asset.width,
        "height": asset.height,
        "isPublic": 0,
        "archive": 0,
        "dateCreated": _time(asset.created_at),
        "dateModified": _time(asset.modified_at),
        "thumbnails": {name: f"{at}/{name}-{asset.id[:8]}.{ending}" for name in ("mini", "thul", "webimage")},
        "property_Status": [asset.status],
        **asset.fields,
    }


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _said(status: int, what: str) -> Answer:
    return _json(status, {"message": what, "statuscode": status})


def _json(status: int, body: Any) -> Answer:
    return Answer(status, json.dumps(body).encode(), _JSON)
