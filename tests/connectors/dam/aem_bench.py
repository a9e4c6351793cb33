"""What the tests of AEM share: a running sandbox, an opened connection to it, and events as Adobe sends them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from connectors.dam.dialects.aem import Aem
from connectors.dam.sandbox import Sandbox, start
from connectors.dam.sandbox_aem import AUTHOR, CLIENT, AemVendor
from connectors.dam.settings import DamSettings
from hub.sdk import Connection, GuardedHttp, Inbound

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)
#: The smallest JPEG whose size stands in it.
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300"
    + "01" * 64
    + "ffc0000b080010001001011100ffda0008010100003f00d2"
)
ASSET = "urn:aaid:aem:7b6f0d1e-54aa-4c0e-9a39-0f3a1d2c9e11"
AEM = Aem()


@dataclass
class Bench:
    """``opened`` is a connection as the hub opens one."""

    sandbox: Sandbox
    vendor: AemVendor
    opened: Connection

    def add(self, name: str = "dunes.png", **given: Any) -> str:
        """A new asset's id."""
        given = {"folder": "/content/dam/brand", "quiet": True, **given}
        return self.sandbox.store.add(name, given.pop("data", PNG), given.pop("mime", "image/png"), **given).id

    def sent(self, *events: dict[str, Any] | bytes) -> Inbound:
        """One event, or several as a batch, signed by Adobe now."""
        if len(events) == 1 and isinstance(events[0], bytes):
            return posted(events[0], self.vendor.keys.headers(events[0]))
        body = json.dumps(events[0] if len(events) == 1 else list(events)).encode()
        return posted(body, self.vendor.keys.headers(body))

    def taken(self, call: Inbound, now: float | None = None) -> list[Any]:
        """What the dialect makes of a delivery, by the way the hub takes it."""
        AEM.prepare(self.opened, call)
        AEM.verify(self.opened, call, time.time() if now is None else now)
        return list(AEM.read(self.opened, call))

    def hosts(self) -> set[str]:
        """The hosts that were called so far."""
        return {entry.host for entry in self.sandbox.journal.entries()}

    def reopened(self, **settings: Any) -> Connection:
        """The same account, opened by another process, perhaps with other settings."""
        return opened(self.sandbox, **settings)


def event(kind: str = "processing_completed", **given: Any) -> dict[str, Any]:
    """An event of AEM's as it arrives; ``given`` goes before what a good one says, ``data`` into its data."""
    data = {"assetId": ASSET, "repositoryMetadata": {"repo:repositoryId": AUTHOR}, **given.pop("data", {})}
    good = {
        "specversion": "1.0",
        "id": "9f6c8a52-6b0b-4e43-8a52-2f1f0a5d7c31",
        "source": "acct:aem-p10001-e20001@adobe.com",
        "type": f"aem.assets.asset.{kind}",
        "datacontenttype": "application/json",
        "time": stamp(time.time()),
        "eventid": "3c1f7a9e-0d4b-4a55-bb51-0a7f6f0f8a21",
        "event_id": "3c1f7a9e-0d4b-4a55-bb51-0a7f6f0f8a21",
        "recipientclientid": CLIENT,
        "recipient_client_id": CLIENT,
        "data": data,
    }
    return {name: value for name, value in {**good, **given}.items() if value is not None}


def metadata_event(changed: Mapping[str, Any], *, by: str = "MIKA@SOMMERLICHT.EXAMPLE", **new: Any) -> dict[str, Any]:
    """Changed metadata: ``changed`` maps fields to their old values, ``new`` holds their values now."""
    said = {**new, "event:updated": dict(changed)}
    return event("metadata_updated", data={"assetMetadata": said, "user": {"principalId": by, "displayName": "Mika"}})


def stamp(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ".694998123Z"


def posted(body: bytes, headers: Mapping[str, str]) -> Inbound:
    named = {"content-type": "application/json", **headers}
    return Inbound(method="POST", path="/in/dam", headers=named, query={}, body=body)


@contextmanager
def running(**given: Any) -> Iterator[Bench]:
    """A sandbox without assets, and a connection to it; ``given`` are settings."""
    sandbox = start(sample=False, dialect="aem")
    try:
        assert isinstance(sandbox.vendor, AemVendor)
        yield Bench(sandbox, sandbox.vendor, opened(sandbox, **given))
    finally:
        sandbox.stop()


def opened(sandbox: Sandbox, **settings: Any) -> Connection:
    given = DamSettings.model_validate({**sandbox.settings(), **settings})
    http = GuardedHttp(given.hosts(), loopback_only=True, timeout=5.0)
    return Connection(name="dam", settings=given, http=http, sandbox=True)


def filled(**given: Any) -> DamSettings:
    """The settings of a real account."""
    good = {"dialect": "aem", "host": AUTHOR, "client_id": "c", "client_secret": "s"}
    return DamSettings.model_validate({**good, **given})
