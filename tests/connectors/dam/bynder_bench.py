"""What the tests of Bynder and SNS share: a running sandbox, an opened connection, and messages as SNS sends them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from connectors.dam.dialects import sns
from connectors.dam.dialects.bynder import Bynder
from connectors.dam.sandbox import Sandbox, start
from connectors.dam.sandbox_bynder import TOPIC, BynderVendor
from connectors.dam.sandbox_sns import SandboxTopic
from connectors.dam.sandbox_store import AssetStore
from hub.sdk import BadRequest, Connection, Inbound, Unavailable, Unverified
from tests.connectors.dam.aem_bench import PNG, opened

BYNDER = Bynder()
ASSET = "7d1c6c0e-52a1-4c39-9f1b-2a3c4d5e6f70"
PINNED = sns.topic_of(TOPIC)


@dataclass
class Bench:
    """``opened`` is a connection as the hub opens one."""

    sandbox: Sandbox
    vendor: BynderVendor
    opened: Connection

    @property
    def topic(self) -> SandboxTopic:
        return self.vendor.topic

    def add(self, name: str = "dunes.png", **given: Any) -> str:
        """A new asset's id."""
        given = {"quiet": True, "width": 1200, "height": 800, **given}
        return self.sandbox.store.add(name, given.pop("data", PNG), given.pop("mime", "image/png"), **given).id

    def message(self, subject: str = "asset_bank.media.create", **changed: Any) -> dict[str, Any]:
        """A message of the topic without its signature; ``changed`` goes before what a good one says, None removes."""
        said = json.loads(self.topic.notification(subject, json.dumps({"media_id": ASSET})))
        del said["Signature"]
        return {name: value for name, value in {**said, **changed}.items() if value is not None}

    def taken(self, call: Inbound, now: float | None = None) -> list[Any]:
        """What the dialect makes of a delivery, by the way the hub takes it."""
        BYNDER.prepare(self.opened, call)
        BYNDER.verify(self.opened, call, time.time() if now is None else now)
        return list(BYNDER.parse(self.opened, call.body))

    def outcome(self, call: Inbound, now: float | None = None) -> str:
        """What came of a delivery; anything else that is raised is a failure of the test."""
        try:
            self.taken(call, now)
        except Unverified:
            return "unverified"
        except Unavailable:
            return "later"
        except BadRequest:
            return "bad"
        return "taken"

    def asked(self) -> list[str]:
        """The hosts and paths that were called so far."""
        return [f"{entry.host}{entry.path}" for entry in self.sandbox.journal.entries()]


def posted(body: bytes | dict[str, Any], **headers: str) -> Inbound:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"content-type": "text/plain; charset=UTF-8", **{k.replace("_", "-"): v for k, v in headers.items()}}
    return Inbound(method="POST", path="/in/dam", headers=named, query={}, body=sent)


@contextmanager
def running(**given: Any) -> Iterator[Bench]:
    """A sandbox without assets, and a connection to it; ``given`` are settings."""
    sandbox = start(sample=False, dialect="bynder")
    try:
        assert isinstance(sandbox.vendor, BynderVendor)
        yield Bench(sandbox, sandbox.vendor, opened(sandbox, **given))
    finally:
        sandbox.stop()


def becomes(store: AssetStore, true: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether the assets change so that it is true, in that time."""
    changed = threading.Event()
    store.listen(lambda change: changed.set())
    deadline = time.monotonic() + seconds
    while not true():
        if not changed.wait(max(0.0, deadline - time.monotonic())):
            return False
        changed.clear()
    return True
