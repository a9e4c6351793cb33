"""What the tests of signed webhooks share: connections by preset, and deliveries signed by formulas of their own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from connectors.dam.dialect import Dialect
from connectors.dam.dialects import dialect_of
from connectors.dam.settings import DamSettings
from hub.sdk import BadRequest, Connection, GuardedHttp, Inbound, Unverified

NOW = 1_790_000_000.0
KEY, OLD = "whsec_" + base64.b64encode(b"k" * 32).decode(), "whsec_" + base64.b64encode(b"o" * 32).decode()
SECRET = "a-shared-secret-of-36-characters-long"
BODY = json.dumps({"type": "asset.ready", "data": {"asset": "a-1"}}).encode()
#: What each preset needs filled in beside its secret.
FILLED: dict[str, dict[str, Any]] = {
    "standard_webhooks": {"host": "dam.example", "signing_secret": KEY},
    "frameio": {"account": "6f70f1bd-7e89-4a7e-b4d3-7e576585a181", "client_secret": "t"},
    "acquia": {"client_secret": "t"},
    "brandfolder": {"client_secret": "t"},
    "canto": {"client_secret": "t", "account": "acme"},
}
#: A sender with the plainest proof there is; the variants below differ in nothing but their proof.
CUSTOM: dict[str, Any] = {
    "title": "A sender of ours",
    "prove": {"scheme": "hmac", "signature": {"header": "X-Signature"}},
    "events": {
        "type": "/type",
        "kinds": {"asset.ready": "asset.ready"},
        "asset": "/data/asset",
        "id": {"hash": "body"},
    },
}


def opened(dialect: str = "standard_webhooks", **settings: Any) -> Connection:
    """A connection to a sender of this dialect. Nothing answers at its hosts."""
    given = {"dialect": dialect, "signing_secret": SECRET, **FILLED.get(dialect, {}), **settings}
    filled = DamSettings.model_validate(given)
    return Connection(name="dam", settings=filled, http=GuardedHttp(filled.hosts(), timeout=1.0))


def dialect(connection: Connection) -> Dialect:
    return dialect_of(connection.settings)


def posted(body: bytes, path: str = "/in/dam", **headers: str) -> Inbound:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Inbound(method="POST", path=path, headers=named, query={}, body=body)


def standard(body: bytes = BODY, *, key: str = KEY, id: str = "msg_1", at: object = int(NOW)) -> Inbound:
    """Standard Webhooks 1.0.0: base64 of HMAC-SHA256 over ``id.timestamp.body``."""
    raw = base64.b64decode(key.removeprefix("whsec_"))
    made = hmac.new(raw, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()
    return posted(
        body,
        webhook_id=id,
        webhook_timestamp=str(at),
        webhook_signature=f"v1,{base64.b64encode(made).decode()}",
    )


def frameio(body: bytes, *, secret: str = SECRET, at: object = int(NOW)) -> Inbound:
    """Frame.io V4: ``v0=`` and the hex of HMAC-SHA256 over ``v0:timestamp:body``."""
    made = hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    return posted(body, x_frameio_request_timestamp=str(at), x_frameio_signature=f"v0={made}")


def plain(body: bytes, *, secret: str = SECRET, header: str = "x_signature") -> Inbound:
    """The hex of HMAC-SHA256 over the body alone."""
    return posted(body, **{header: hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()})


def outcome(connection: Connection, call: Inbound, now: float = NOW) -> str:
    """What came of a delivery; anything else that is raised is a failure of the test."""
    who = dialect(connection)
    try:
        who.handshake(connection, call)
        who.prepare(connection, call)
        who.verify(connection, call, now)
    except Unverified:
        return "unverified"
    try:
        who.read(connection, call)
    except BadRequest:
        return "bad"
    return "taken"


def _listed(body: bytes, *, secret: str = SECRET) -> Inbound:
    """Several signatures with a comma between them, each ``sha512=`` and base64, over the body alone."""
    made = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha512).digest()).decode()
    return posted(body, x_signature=f"sha512=AAAA,sha512={made}")


def _digest(body: bytes, *, secret: str = SECRET, at: object = int(NOW)) -> Inbound:
    """No HMAC but a digest over body, time and secret, with nothing between them."""
    made = hashlib.sha1(body + str(at).encode() + secret.encode()).hexdigest()
    return posted(body, x_signature=made, x_time=str(at))


def _named(body: bytes, *, secret: str = SECRET, id: str = "e-1", at: object = int(NOW * 1000)) -> Inbound:
    """Milliseconds and an id, the id behind the body."""
    made = hmac.new(secret.encode(), f"{at}.".encode() + body + f".{id}".encode(), hashlib.sha256).hexdigest()
    return posted(body, x_signature=made, x_time=str(at), x_id=id)


def _proof(**prove: Any) -> dict[str, Any]:
    return {**CUSTOM, "prove": {"scheme": "hmac", "signature": {"header": "X-Signature"}, **prove}}


#: Other proofs of the same family: the preset, and what signs a body for it.
VARIANTS: dict[str, tuple[dict[str, Any], Callable[..., Inbound]]] = {
    "listed": (
        _proof(
            algorithm="sha512",
            signature={"header": "X-Signature", "encoding": "base64", "prefix": "sha512=", "separator": ","},
        ),
        _listed,
    ),
    "digest": (
        _proof(scheme="digest", algorithm="sha1", message="{body}{ts}{secret}", timestamp={"header": "X-Time"}),
        _digest,
    ),
    "named": (
        _proof(message="{ts}.{body}.{id}", timestamp={"header": "X-Time", "unit": "ms"}, id_header="X-Id"),
        _named,
    ),
}
