"""A hub behind a real server, connected to a sandbox DAM that sends it real webhooks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from connectors.dam.sandbox import Sandbox, start
from connectors.dam.sandbox_store import AssetStore
from connectors.dam.sandbox_vendor import Vendor
from hub.bootstrap import Hub
from hub.domain import Run
from hub.pipeline.look_up import look_up
from hub.pipeline.run import advance
from hub.store import connections, runs
from hub.testing import FakeModel
from hub.testing.contract_bench import SETTLED, Clock
from hub.web import create_app
from tests.hubs import ENVELOPE, TEAM, a_hub

TEMPLATE = "alt-text-and-metadata"
FIELDS = {
    "alt_text": "A lantern glows on a wooden pier at dusk.",
    "title": "Lantern on the pier",
    "description": "A solar lantern stands at the end of a pier. The lake is calm.",
    "tags": ["lantern", "pier", "lake", "dusk", "summer"],
    "digital_source_type": "",
}
ANSWER = {"variants": [FIELDS], **ENVELOPE}


@dataclass
class Place:
    """The hub, and the DAM that tells it what happens."""

    hub: Hub
    dam: Sandbox
    clock: Clock
    model: FakeModel

    def shows(self, asset: str, slot: str) -> Any:
        return self.dam.store.get(asset).fields.get(self.dam.vendor.shows[slot]) or ""

    def runs(self) -> list[Run]:
        with self.hub.database.reading() as tx:
            return list(runs.newest(tx, teams=None, limit=1000))

    def settle(self) -> list[Run]:
        """Let everything that was sent arrive, be looked up and be worked on, and what that causes too."""
        for _ in range(20):
            assert self.dam.sender.drained()
            self.clock.ahead = SETTLED
            looked = look_up(self.hub.parts)
            for run in self.runs():
                if run.ended_at is None and run.problem is None:
                    advance(self.hub.parts, run.id)
            self.clock.ahead = 0.0
            if not looked and not self.dam.sender.pending():
                return self.runs()
        raise AssertionError("it never comes to rest: an echo")


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def connected(
    home: Path,
    dialect: str,
    *,
    starts: Mapping[str, Any] | None = None,
    vendor: Callable[[AssetStore], Vendor] | None = None,
    answer: Mapping[str, Any] = ANSWER,
    **given: Any,
) -> Iterator[Place]:
    """``given`` are more settings of the connection; without ``starts`` a ready asset gets its alt text. ``vendor``
    makes the vendor, in place of the dialect's; ``answer`` is what the model says."""
    dam, clock, model = start(dialect=dialect, vendor=vendor, sample=False), Clock(), FakeModel(answer)
    try:
        with a_hub(home, model=model, clock=clock) as hub:
            plain = {**dam.settings(), "starts": dict(starts or {"asset.ready": [TEMPLATE]}), **given}
            row = hub.parts.connections.sealed("dam", "dam", plain, sandbox=True, now=clock())
            with hub.database.transaction() as tx:
                connections.put(tx, row)
                connections.enable(tx, "dam", TEAM, {})
            server = make_server("127.0.0.1", 0, create_app(hub), _Threads, _Quiet)  # type: ignore[arg-type]
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            dam.sender.speed = 10_000.0
            dam.calls_back(f"http://127.0.0.1:{server.server_port}/in/dam")
            try:
                yield Place(hub, dam, clock, model)
            finally:
                dam.sender.stop()
                server.shutdown()
                server.server_close()
                thread.join(5)
    finally:
        dam.stop()
