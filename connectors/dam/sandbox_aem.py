"""AEM Assets inside the sandbox: sign-in, author, delivery and key hosts, and events signed the way Adobe does it."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote

from connectors.dam.sandbox_aem_author import Author, problem
from connectors.dam.sandbox_aem_events import Events
from connectors.dam.sandbox_aem_keys import SigningKeys
from connectors.dam.sandbox_store import AssetStore, Change
from connectors.dam.sandbox_vendor import Answer, Call, Outgoing, Vendor

IMS, KEYS = "ims-na1.adobelogin.com", "static.adobeioevents.com"
AUTHOR, DELIVERY = "author-p10001-e20001.adobeaemcloud.com", "delivery-p10001-e20001.adobeaemcloud.com"
CLIENT = "5f2c7be1d0a94c1e8b36a7d94e0f1c22"
#: The names AEM shows for the project's technical account.
ACCOUNT = "inlay-5f2c7be1@techacct.adobe.com"
_DAY = 86_399


class AemVendor(Vendor):
    """``batched`` sends what belongs together as one JSON array, as a registration of that style gets it."""

    name: ClassVar[str] = "aem"
    #: A minute, two, four, eight, then every fifteen, for a day.
    schedule: ClassVar[Sequence[float]] = (60, 120, 240, 480, *([900] * 95))
    patience: ClassVar[float] = 10.0
    shows: ClassVar[Mapping[str, str]] = {
        "title": "dc:title",
        "alt_text": "Iptc4xmpCore:AltTextAccessibility",
        "description": "dc:description",
        "tags": "dc:subject",
        "copy": "inlay_copy",
        "digital_source_type": "Iptc4xmpExt:DigitalSourceType",
        "rights_status": "inlay_rights_status",
        "rights_note": "inlay_rights_note",
        "proposal": "inlay_proposal",
        "review": "inlay_review",
        "mark": "inlay_mark",
    }
    home: ClassVar[str] = "/content/dam/sommerlicht"

    def __init__(self, store: AssetStore, *, batched: bool = False) -> None:
        super().__init__(store)
        store.new_id = lambda: f"urn:aaid:aem:{uuid.uuid4()}"
        self.batched = batched
        self.client_secret = "p8e-" + secrets.token_urlsafe(18)
        #: Every project that may call, by client id.
        self.projects = {CLIENT: self.client_secret}
        self.keys = SigningKeys()
        self.author = Author(store, AUTHOR)
        self.events = Events(store, AUTHOR, CLIENT, ACCOUNT)
        self._tokens: dict[str, float] = {}
        #: How often somebody signed in.
        self.signed_in = 0

    def settings(self) -> dict[str, Any]:
        return {
            "dialect": "aem",
            "host": AUTHOR,
            "client_id": CLIENT,
            "client_secret": self.client_secret,
            "delivery_host": DELIVERY,
            "own_actors": [ACCOUNT],
        }

    def answer(self, call: Call) -> Answer:
        match call.host:
            case h if h == IMS:
                return self._sign_in(call)
            case h if h == KEYS:
                return self.keys.answer(call)
            case h if h == DELIVERY:
                return self._deliver(call)
            case h if h == AUTHOR:
                return self._refused(call) or self.author.answer(call)
            case _:
                return problem(404, "There is no such host in this sandbox.")

    def webhooks(self, change: Change) -> Sequence[bytes]:
        events = self.events.of(change)
        if self.batched and events:
            return [json.dumps(events).encode()]
        return [json.dumps(event, ensure_ascii=False).encode() for event in events]

    def signed(self, body: bytes, attempt: int, now: float) -> Outgoing:
        found = json.loads(body)
        first = found[0] if isinstance(found, list) else found
        headers = {
            "content-type": "application/json",
            "user-agent": "Adobe/1.0",
            "x-adobe-event-id": first["eventid"],
            "x-adobe-event-code": first["type"],
            "x-adobe-provider": "aem_assets",
            "x-adobe-delivery-id": str(uuid.uuid4()),
            "x-request-id": secrets.token_hex(16),
            **self.keys.headers(body),
        }
        if attempt:
            headers["x-adobe-retry-count"] = str(attempt)
        return Outgoing(body=body, headers=headers, event=first["type"])

    def again(self, status: int | None) -> bool:
        return status is None or status == 429 or (status >= 500 and status != 505)

    def register(self, get: Callable[[str], tuple[int, str, bytes]]) -> bool:
        challenge = str(uuid.uuid4())
        status, kind, body = get(f"challenge={challenge}")
        if status != 200:
            return False
        if kind.startswith("application/json"):
            try:
                return json.loads(body).get("challenge") == challenge
            except (ValueError, AttributeError):
                return False
        return kind.startswith("text/plain") and body == challenge.encode()

    def expire(self) -> None:
        self._tokens.clear()

    def _sign_in(self, call: Call) -> Answer:
        if call.method != "POST" or call.path != "/ims/token/v3":
            return problem(404, "There is nothing here.")
        form = dict(parse_qsl(call.body.decode("utf-8", "replace"), True))
        if call.query or not call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return _json(400, {"error": "invalid_request", "error_description": "the parameters go into the body"})
        if form.get("grant_type") != "client_credentials":
            return _json(400, {"error": "unsupported_grant_type"})
        if self.projects.get(form.get("client_id", "")) != form.get("client_secret", ""):
            return _json(401, {"error": "invalid_client", "error_description": "invalid client_secret parameter"})
        if "aem.assets.author" not in form.get("scope", "").split(","):
            return _json(400, {"error": "invalid_scope"})
        token = "eyJ" + secrets.token_urlsafe(48)
        self._tokens[token] = self.store.clock() + _DAY
        self.signed_in += 1
        return _json(200, {"access_token": token, "token_type": "bearer", "expires_in": _DAY})

    def _refused(self, call: Call) -> Answer | None:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or self._tokens.get(token, 0.0) <= self.store.clock():
            return problem(401, "The access token is missing, or not valid any more.")
        if call.headers.get("x-api-key") not in self.projects:
            return problem(403, "Api Key is required, and has to be one this environment allows.")
        return None

    def _deliver(self, call: Call) -> Answer:
        """Approved assets are everybody's; of others nobody learns that they exist."""
        parts = call.path.split("/")
        if call.method != "GET" or parts[:3] != ["", "adobe", "assets"] or len(parts) != 6 or parts[4] != "as":
            return problem(404, "There is nothing here.")
        asset = self.author.find(unquote(parts[3]))
        if asset is None or asset.status != "approved":
            return problem(404, "There is no such asset.")
        return Answer(200, asset.data, {"Content-Type": asset.mime, "Cache-Control": "public, max-age=600"})


def _json(status: int, body: Mapping[str, Any]) -> Answer:
    return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json"})
