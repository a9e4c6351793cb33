"""What the tests of the Cloudinary dialect share: a running account, a connection to it, signed notifications."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from connectors.dam import sandbox
from connectors.dam.asset import Asset
from connectors.dam.dialects.cloudinary import Cloudinary
from connectors.dam.sandbox_cloudinary import SIGNING, CloudinaryVendor
from connectors.dam.settings import DamSettings
from hub.sdk import Connection, GuardedHttp, Inbound

DIALECT = Cloudinary()
SETTINGS = {
    "dialect": "cloudinary",
    "account": "demo",
    "client_id": "614335564976464",
    "client_secret": "the-secret-of-the-key",
    "signing_secret": SIGNING,
}


@dataclass(slots=True)
class Account:
    """A product environment in the sandbox, and a connection to it."""

    sandbox: sandbox.Sandbox
    vendor: CloudinaryVendor
    connection: Connection

    def upload(self, name: str = "lantern.png", **fields: Any) -> str:
        """The id of a new asset; its fields with ``__`` for the colon."""
        named = {field.replace("__", ":"): value for field, value in fields.items()}
        made = self.sandbox.store.add(name, png(), "image/png", folder="/summer", width=8, height=8, fields=named)
        return made.id

    def read(self, id: str) -> Asset:
        return DIALECT.fetch(self.connection, [id])[id]

    def calls(self, method: str = "") -> list[str]:
        """The paths that were asked for."""
        return [one.path for one in self.sandbox.journal.entries(method=method)]

    def with_settings(self, **more: Any) -> Connection:
        return connected({**self.sandbox.settings(), **more})


@contextmanager
def account(**more: Any) -> Iterator[Account]:
    running = sandbox.start(dialect="cloudinary", sample=False)
    try:
        vendor = running.vendor
        assert isinstance(vendor, CloudinaryVendor)
        yield Account(running, vendor, connected({**running.settings(), **more}))
    finally:
        running.stop()


def connected(plain: Mapping[str, Any]) -> Connection:
    settings = DamSettings.model_validate(dict(plain))
    http = GuardedHttp(settings.hosts(), loopback_only=bool(settings.sandbox_root), attempts=1)
    return Connection(name="library", settings=settings, http=http, sandbox=bool(settings.sandbox_root))


def digest(body: bytes, at: str, secret: str = SIGNING, algorithm: str = "sha256") -> str:
    """What Cloudinary signs with, in the reference's words: hex(SHA(raw body + timestamp + secret))."""
    return hashlib.new(algorithm, body + at.encode() + secret.encode()).hexdigest()


def notification(body: bytes, at: str = "1700000000", **headers: str) -> Inbound:
    """A signed notification; ``headers`` replace those of its signature."""
    signed = {"x-cld-timestamp": at, "x-cld-signature": digest(body, at)}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Inbound(method="POST", path="/in/library", headers={**signed, **named}, query={}, body=body)


def told(kind: str, **fields: Any) -> bytes:
    return json.dumps({"notification_type": kind, "request_id": "r1", **fields}).encode()


def png() -> bytes:
    """Eight white pixels by eight."""
    rows = zlib.compress(b"".join(b"\0" + b"\xff" * 24 for _ in range(8)))
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
