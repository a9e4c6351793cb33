"""Cloudinary inside the sandbox: its Admin, Upload and notifications APIs, its delivery host, and its notifications."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, unquote

from connectors.dam.sandbox_cloudinary_admin import Admin
from connectors.dam.sandbox_cloudinary_library import Library, Refused, pairs
from connectors.dam.sandbox_cloudinary_notices import Channels, bodies, signature
from connectors.dam.sandbox_store import AssetStore, Change
from connectors.dam.sandbox_vendor import Answer, Call, Outgoing, Vendor

CLOUD, KEY = "inlay-sandbox", "614335564976464"
#: Made up, and good for this machine alone.
SECRET, SIGNING = "sandbox-api-secret-of-no-account", "sandbox-webhook-secret-of-no-account"
JSON = {"Content-Type": "application/json; charset=utf-8"}
_DELIVERY = re.compile(
    r"/(?P<cloud>[^/]+)/(?P<kind>image|video|raw)/(?P<type>upload|private|authenticated)/"
    r"(?:s--(?P<signature>[A-Za-z0-9_-]{8,32})--/)?(?P<small>[a-z]+_[^/]+)/(?:v[0-9]+/)?(?P<source>.+)"
)
#: A signed call of the Upload API is good for an hour.
_HOUR = 3600


class CloudinaryVendor(Vendor):
    """One product environment.

    Attributes:
        admin_calls: how many Admin API calls an hour the plan has.
        strict: whether renditions are made for signed addresses alone.
        algorithm: ``sha1`` or ``sha256``, what notifications are signed with.
    """

    name = "cloudinary"
    #: Up to three more attempts, unless the answer is exactly 200.
    schedule = (180.0, 360.0, 540.0)
    shows = {
        "title": "context:caption",
        "alt_text": "context:alt",
        "description": "context:description",
        "tags": "tags",
        "copy": "context:copy",
        "digital_source_type": "context:digital_source_type",
        "rights_status": "context:rights_status",
        "rights_note": "context:rights_note",
        "proposal": "context:inlay_proposal",
        "review": "context:inlay_review",
    }

    def __init__(self, store: AssetStore) -> None:
        super().__init__(store)
        self.admin_calls, self.strict, self.algorithm = 2000, False, "sha1"
        self.library = Library(store, CLOUD, {"alt_text": "string", "campaign": "string", "regions": "set"})
        self.channels = Channels(store.clock)
        self.admin = Admin(self.library, CLOUD)
        #: The hour that is counted, and its Admin API calls so far.
        self.hour, self.calls = 0, 0
        store.new_id = lambda: uuid.uuid4().hex
        store.listen(self._keep)

    def settings(self) -> dict[str, Any]:
        return {
            "dialect": "cloudinary",
            "account": CLOUD,
            "client_id": KEY,
            "client_secret": SECRET,
            "signing_secret": SIGNING,
        }

    def webhooks(self, change: Change) -> Sequence[bytes]:
        return [_dumped(one) for one in bodies(self.library, change, KEY)]

    def signed(self, body: bytes, attempt: int, now: float) -> Outgoing:
        at = int(now)
        headers = {
            "X-Cld-Timestamp": str(at),
            "X-Cld-Signature": signature(body, at, SIGNING, self.algorithm),
            "Content-Type": "application/json",
            "User-Agent": "Cloudinary",
        }
        return Outgoing(body=body, headers=headers, event=str(json.loads(body)["notification_type"]))

    def again(self, status: int | None) -> bool:
        return status != 200

    def answer(self, call: Call) -> Answer:
        if call.host == "res.cloudinary.com":
            return self._deliver(call)
        if not re.fullmatch(r"api(-[a-z]+)?\.cloudinary\.com", call.host):
            return Answer(status=404)
        headers: dict[str, str] = {}
        try:
            params = _params(call)
            path = call.path.strip("/").split("/")
            match path:
                case ["v1_1", cloud, ("image" | "video" | "raw") as kind, action] if call.method == "POST":
                    self._signed_in(call, cloud, params)
                    return _json(self._upload(kind, action, params))
                case ["v1_1", cloud, *rest]:
                    self._signed_in(call, cloud, {})
                    headers = self._counted()
                    # What is quoted stays one part: a slash in a public id may come either way.
                    return _json(self.admin.answer(call.method, [unquote(one) for one in rest], params), headers)
                case ["v2", "notifications", cloud, *rest]:
                    self._signed_in(call, cloud, {})
                    return _json(self._messages(call.method, rest, params))
            raise Refused(404, "Unknown route")
        except Refused as no:
            refused = _dumped({"error": {"message": no.message}})
            return Answer(status=no.status, body=refused, headers={**JSON, **headers, **self._left(no)})

    def _upload(self, kind: str, action: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Metadata of several assets by public id; those nobody has are left out of the answer."""
        type, command = str(params.get("type", "upload")), str(params.get("command", ""))
        if action == "rename":
            return self.admin.rename(kind, type, params)
        done = []
        for public_id in _list(params.get("public_ids")):
            asset = self.library.by_public_id(kind, type, public_id)
            if asset is None:
                continue
            match action, command:
                case "context", "add":
                    self.library.add_context(asset, pairs(str(params.get("context", ""))))
                case "context", "remove_all":
                    self.library.set_context(asset, {})
                case "metadata", _:
                    self.library.set_metadata(asset, pairs(str(params.get("metadata", ""))))
                case "tags", _:
                    self.library.tags(asset, command, [t for t in str(params.get("tag", "")).split(",") if t])
                case _:
                    raise Refused(404, f"Unknown action {action}")
            done.append(public_id)
        return {"public_ids": done}

    def _messages(self, method: str, path: Sequence[str], params: Mapping[str, Any]) -> dict[str, Any]:
        if (method, list(path)) == ("POST", ["messages", "ack"]):
            handles = _list(params.get("receipt_handles"))
            if not 1 <= len(handles) <= 100:
                raise Refused(400, "receipt_handles are 1 to 100")
            return {"results": self.channels.acknowledge(handles)}
        if (method, list(path)) != ("GET", ["messages"]) or not params.get("channel"):
            raise Refused(400, "channel is missing")
        try:
            most, hidden = int(params.get("max_messages", 10)), int(params.get("visibility_timeout", 30))
        except ValueError:
            raise Refused(400, "a number is none") from None
        found = self.channels.claim(str(params["channel"]), most, hidden)
        return {"messages": found} if found else {}

    def _keep(self, change: Change) -> None:
        """Put into every poll channel what its triggers ask for."""
        told = bodies(self.library, change, KEY)
        for trigger in self.admin.triggers:
            if not trigger["uri"].startswith("poll://"):
                continue
            for one in told:
                if trigger["event_type"] in ("all", one["notification_type"]):
                    body, at = _dumped(one), int(self.store.clock())
                    by = signature(body, at, SIGNING, self.algorithm)
                    self.channels.put(trigger["uri"].removeprefix("poll://"), body, by, at)

    def _deliver(self, call: Call) -> Answer:
        hit = _DELIVERY.fullmatch(call.path)
        if hit is None or hit["cloud"] != CLOUD or call.method not in ("GET", "HEAD"):
            return Answer(status=404, headers={"X-Cld-Error": "Resource not found"})
        needs = self.strict or hit["type"] != "upload"
        if hit["signature"] or needs:
            digest = hashlib.sha256(f"{hit['small']}/{hit['source']}{SECRET}".encode()).digest()
            if not hmac.compare_digest(base64.urlsafe_b64encode(digest).decode()[:32], hit["signature"] or ""):
                return Answer(status=401, headers={"X-Cld-Error": "Invalid signature"})
        public_id = unquote(hit["source"]).rpartition(".")[0]
        asset = self.library.by_public_id(hit["kind"], hit["type"], public_id)
        if asset is None:
            return Answer(status=404, headers={"X-Cld-Error": f"Resource not found - {public_id.encode()!r}"})
        # The picture as it is stands in for the smaller one.
        return Answer(body=asset.data, headers={"Content-Type": asset.mime})

    def _signed_in(self, call: Call, cloud: str, params: Mapping[str, Any]) -> None:
        """Basic, or for the Upload API a signature of the parameters."""
        if cloud != CLOUD:
            raise Refused(401, f"Invalid cloud_name {cloud[:60]}")
        scheme, _, given = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                user, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
            except (binascii.Error, ValueError):
                user, secret = "", ""
            if user != KEY:
                raise Refused(401, "unknown api_key")
            if not hmac.compare_digest(secret.encode(), SECRET.encode()):
                raise Refused(401, "api_secret mismatch")
            return
        if params.get("api_key") != KEY:
            raise Refused(401, "Must supply api_key")
        if abs(self.store.clock() - int(params.get("timestamp", 0))) > _HOUR:
            raise Refused(400, "Stale request")
        signed = {name: value for name, value in params.items() if name not in ("api_key", "signature", "file")}
        said = "&".join(
            sorted(f"{name}={','.join(_list(value))}".replace("&", "%26") for name, value in signed.items() if value)
        )
        good = [hashlib.new(one, (said + SECRET).encode()).hexdigest() for one in ("sha1", "sha256")]
        if params.get("signature") not in good:
            raise Refused(401, f"Invalid Signature {str(params.get('signature'))[:64]}")

    def _counted(self) -> dict[str, str]:
        """Count an Admin API call, and what is left this hour.

        Raises:
            Refused: 420.
        """
        hour = int(self.store.clock() // _HOUR)
        if hour != self.hour:
            self.hour, self.calls = hour, 0
        if self.calls >= self.admin_calls:
            raise Refused(420, f"Rate Limit Exceeded. Limit of {self.admin_calls} api operations reached.")
        self.calls += 1
        return self._limits()

    def _left(self, no: Refused) -> dict[str, str]:
        return self._limits() if no.status == 420 else {}

    def _limits(self) -> dict[str, str]:
        return {
            "X-FeatureRateLimit-Limit": str(self.admin_calls),
            "X-FeatureRateLimit-Remaining": str(self.admin_calls - self.calls),
            "X-FeatureRateLimit-Reset": formatdate((self.hour + 1) * _HOUR, usegmt=True),
        }


def _params(call: Call) -> dict[str, Any]:
    """Query, form, JSON or the parts of a multipart form, by name without brackets."""
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    found: dict[str, Any] = {}
    pairs = parse_qsl(call.query, True)
    if call.body and kind == "application/x-www-form-urlencoded":
        pairs += parse_qsl(call.body.decode("utf-8", "replace"), True)
    elif call.body and kind == "multipart/form-data":
        pairs += _parts(call)
    elif call.body:
        try:
            sent = json.loads(call.body)
        except ValueError:
            raise Refused(400, "Invalid JSON") from None
        if isinstance(sent, dict):
            found = sent
    for name, value in pairs:
        if hit := re.fullmatch(r"([a-z_]+)\[[0-9]*\]", name):
            found.setdefault(hit[1], []).append(value)
        else:
            found[name] = value
    return found


def _parts(call: Call) -> list[tuple[str, str]]:
    boundary = call.headers["content-type"].partition("boundary=")[2].strip('"').encode()
    found = []
    for part in call.body.split(b"--" + boundary)[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        if hit := re.search(rb'name="([^"]+)"', head):
            found.append((hit[1].decode(), value.removesuffix(b"\r\n").decode("utf-8", "replace")))
    return found


def _list(value: Any) -> list[str]:
    if isinstance(value, str | int) and value != "":
        return [str(value)]
    return [str(one) for one in value] if isinstance(value, list) else []


def _json(value: Any, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(body=_dumped(value), headers={**JSON, **(headers or {})})


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
