"""A vendor as small as one can be, for the tests of what every sandbox has in common; and a hub that listens."""

from __future__ import annotations

import hashlib
import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from connectors.dam.sandbox import Sandbox, start
from connectors.dam.sandbox_store import HUB, Change
from connectors.dam.sandbox_vendor import Answer, Call, Outgoing, Vendor

HOST = "api.tiny.example"


class Tiny(Vendor):
    """PATCH changes an asset, GET gives its fields; every change is told."""

    name = "tiny"
    schedule = (60.0, 60.0)
    patience = 2.0
    shows = {
        "alt_text": "alt",
        "title": "title",
        "description": "caption",
        "tags": "tags",
        "review": "review",
        "proposal": "proposal",
    }
    proven = True
    hello: tuple[bytes, ...] = ()
    expired = 0

    def settings(self) -> dict[str, Any]:
        return {"dialect": "tiny"}

    def answer(self, call: Call) -> Answer:
        id = call.path.rpartition("/")[2]
        if call.method == "PATCH":
            self.store.change(id, json.loads(call.body), by=HUB)
        return Answer(200, json.dumps(self.store.get(id).fields).encode(), {"Content-Type": "application/json"})

    def webhooks(self, change: Change) -> Sequence[bytes]:
        return [json.dumps({"n": change.number, "kind": change.kind, "id": change.asset.id}).encode()]

    def signed(self, body: bytes, attempt: int, now: float) -> Outgoing:
        headers = {"X-Try": str(attempt), "X-Sum": hashlib.sha256(body + str(attempt).encode()).hexdigest()}
        return Outgoing(body=body, headers=headers, event=body.decode())

    def again(self, status: int | None) -> bool:
        return status is None or status >= 500

    def register(self, get: Callable[[str], tuple[int, str, bytes]]) -> bool:
        return self.proven and get("challenge=abc")[0] != 0

    def greetings(self) -> Sequence[bytes]:
        return self.hello

    def expire(self) -> None:
        self.expired += 1


@dataclass
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


def send(sandbox: Sandbox, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
    """One call; ``_`` in a header's name is a dash.

    Raises:
        http.client.HTTPException, OSError: no answer came.
    """
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=10)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


@contextmanager
def running(**settings: Any) -> Iterator[Sandbox]:
    sandbox = start(vendor=Tiny, **{"sample": False, **settings})
    try:
        yield sandbox
    finally:
        sandbox.stop()


@dataclass
class Listener:
    """What a hub was sent, as (tries, body); ``answers`` are its statuses, the last one for ever."""

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [200])
    heard: list[tuple[str, bytes]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            listener.asked.append(self.path)
            self._answer(200)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["X-Sum"] == hashlib.sha256(body + self.headers["X-Try"].encode()).hexdigest()
            listener.heard.append((self.headers["X-Try"], body))
            self._answer(listener.answers.pop(0) if len(listener.answers) > 1 else listener.answers[0])

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    listener.url = f"http://127.0.0.1:{server.server_port}/in/dam"
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
