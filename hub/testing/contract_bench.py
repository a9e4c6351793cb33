"""The bench of the connector contract: a real hub with two connections to one stand, and a real server before it."""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

from hub.bootstrap import Hub, build
from hub.domain import Actor, Role, Run
from hub.pipeline.look_up import look_up
from hub.sdk import Connection, Connector, Delivery, Inbound, Json, Receipt, Target, hookimpl
from hub.settings import load
from hub.store import connections, runs, teams
from hub.testing.fake_model import FakeModel
from hub.testing.prepared import sqlite
from hub.testing.stand import Stand
from hub.web import create_app

TEAM = "contract"
AUTHOR = Actor(person="author@example.com", role=Role.MEMBER, via="test")
#: Two connections of one connector, and what their webhooks are signed with.
ONE, TWO = "one", "two"
KEYS = {ONE: "planted-inbound-key-of-one", TWO: "planted-inbound-key-of-two"}
HUB_KEY = "planted-key-of-the-hub-that-is-long-enough"
#: The largest webhook this hub reads, in bytes.
LARGEST = 100_000
#: How long any vendor needs until what it spoke of can be read, in seconds.
SETTLED = 600.0
TEMPLATE = "contract-text"
_SOURCE = """\
---
name: contract-text
displayName: Contract text
description: Writes a text about a text, for tests.
inputs:
  text: {kind: string, description: The text., required: true}
model: {options: {maxOutputTokens: 200}}
template:
  format: {kind: jinja2}
  parser: {kind: prompty}
metadata:
  version: "1.0"
  owner: Tests
  help: {channel: "#tests", text: Serves the connector contract.}
  tier: 0
  surfaces: [api]
  baseline_minutes: 1
  inputs:
    text: {kind: text, source: target.text}
  output:
    fields:
      text: {description: The text, minLength: 1, maxLength: 2000}
    text: "{{ text }}"
---
user:
Write about this.
{{ text }}
"""


class _Templates:
    @staticmethod
    @hookimpl
    def register_templates(register: Callable[[str, str], None]) -> None:
        register(TEMPLATE, _SOURCE)


@dataclass(slots=True)
class Clock:
    """The hub's clock: the time of day, or some seconds ahead of it."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass(slots=True)
class Bench:
    """What the tests of the contract work with."""

    connector: Connector
    stand: Stand
    hub: Hub
    url: str
    clock: Clock
    _times: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def connect(self, name: str, key: str, previous: str = "") -> None:
        """Make the connection, or change its settings."""
        given, now = self.stand.settings(key, previous), float(next(self._times))
        row = self.hub.parts.connections.sealed(name, self.connector.name, given, sandbox=True, now=now)
        with self.hub.database.transaction() as tx:
            connections.put(tx, row)
            connections.enable(tx, name, TEAM, {})

    def opened(self, name: str = ONE) -> Connection:
        """The connection as the hub opens it."""
        return self.hub.parts.connections.get(name)[1]

    def target(self, text: str = "What stood here before.") -> Target:
        """A new target with this text."""
        return Target(connection=ONE, at=self.stand.place(text))

    def delivery(self, target: Target, text: str = "A text by Inlay.", *, reviewed: bool = True) -> Delivery:
        """A delivery under a key of its own."""
        run = f"run{next(self._times)}"
        return Delivery(key=f"{run}.1", run_id=run, target=target, text=text, reviewed=reviewed)

    def write(self, delivery: Delivery) -> Receipt:
        return self.connector.write_back(self.opened(), delivery)

    def undo(self, delivery: Delivery, receipt: Receipt) -> Receipt:
        return self.connector.undo(self.opened(), delivery.target, receipt)

    def shown(self, at: Json) -> str:
        return self.stand.shown(at)

    def send(self, call: Inbound, to: str = ONE, method: str = "POST") -> tuple[int, bytes]:
        """The call over a socket; status and body of the answer."""
        place = urlsplit(self.url)
        there = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
        query = f"?{urlencode(call.query)}" if call.query else ""
        try:
            headers = {name: value.encode("latin-1", "replace") for name, value in call.headers.items()}
            token = call.path.removeprefix("/in/").partition("/")[2]
            path = f"/in/{to}/{quote(token)}" if token else f"/in/{to}"
            there.request(method, f"{path}{query}", body=call.body, headers=headers)  # type: ignore[arg-type]
            answer = there.getresponse()
            said = answer.status, answer.read()
        finally:
            there.close()
        self.clock.ahead = SETTLED
        while look_up(self.hub.parts):
            pass  # What the webhook gave notice of is a request once it was looked up.
        self.clock.ahead = 0.0
        return said

    def runs(self) -> list[Run]:
        """Every run the hub has stored."""
        with self.hub.database.reading() as tx:
            return list(runs.newest(tx, teams=None))


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def open_bench(connector: Connector, stand: Stand, home: Path) -> Iterator[Bench]:
    """A bench for one test. The connector is the one its entry point gives, as in an installation."""
    own = {"home": home, "database_url": "", "broker_url": "", "secret_key": HUB_KEY, "log_level": "DEBUG"}
    sqlite(home / "inlay.db")
    settings = load(**own, max_body_bytes=LARGEST)
    clock = Clock()
    hub = build(settings, model=FakeModel(), plugins=(("contract", _Templates()),), clock=clock)
    try:
        loaded = hub.registry.connectors.get(connector.name)
        errors = [f"{plugin.name}: {plugin.error}" for plugin in hub.registry.plugins if plugin.error]
        assert loaded is not None, f"no entry point in hub.connectors gives {connector.name}; {errors or 'none failed'}"
        with hub.database.transaction() as tx:
            teams.put(tx, TEAM, "Contract", {}, 0.0)
        server = make_server("127.0.0.1", 0, create_app(hub), handler_class=_Quiet)  # type: ignore[arg-type]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            bench = Bench(loaded, stand, hub, f"http://127.0.0.1:{server.server_port}", clock)
            for name, key in KEYS.items():
                bench.connect(name, key)
            yield bench
        finally:
            server.shutdown()
            server.server_close()
            thread.join(5)
    finally:
        hub.close()


def posted(body: bytes, token: str = "", **headers: str) -> Inbound:
    """A POST with this body; underscores in header names become hyphens. ``token`` stands in the address."""
    named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    path = f"/in/connection/{token}" if token else "/in/connection"
    return Inbound(method="POST", path=path, headers=named, query={}, body=body)


def without_proof(call: Inbound) -> Inbound:
    """The same body, and nothing around it that could prove who sent it."""
    kept = {name: value for name, value in call.headers.items() if name == "content-type"}
    return replace(call, headers=kept, query={}, path="/in/connection")
