"""The wiki of the guide: a small HTTP server with pages and blocks in memory, and what can go wrong with it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "good"


class Wiki(ThreadingHTTPServer):
    """Pages by their name, blocks by ``page/blocks/name``. A block goes with its page."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.things: dict[str, dict[str, Any]] = {"pricing": {"title": "Pricing", "text": "It costs 5 euros."}}
        self.calls = self.writes = 0
        self.busy = self.lose_reply = self.expired = False
        self.url = f"http://127.0.0.1:{self.server_port}"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Harmless the second time."""
        self.shutdown()
        self.server_close()
        self._thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    server: Wiki

    def do_GET(self) -> None:
        if self._let_in():
            self._say(self.server.things.get(self._name))

    def do_PUT(self) -> None:
        given = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if not self._let_in():
            return
        page = self._name.partition("/")[0]
        if page not in self.server.things:
            self._say(None)
            return
        self.server.writes += 1
        self.server.things[self._name] = {**given, "version": self.server.writes}
        self._say(self.server.things[self._name])

    def do_DELETE(self) -> None:
        if self._let_in():
            self._say(self.server.things.pop(self._name, None))

    @property
    def _name(self) -> str:
        return self.path.removeprefix("/api/pages/")

    def _let_in(self) -> bool:
        self.server.calls += 1
        if self.server.expired or self.headers["authorization"] != f"Bearer {TOKEN}":
            self._answer(401, {})
        elif self.server.busy:
            self._answer(429, {})
        else:
            return True
        return False

    def _say(self, thing: dict[str, Any] | None) -> None:
        if self.server.lose_reply and self.command != "GET":
            self.server.lose_reply = False
            self.close_connection = True
            return
        self._answer(200 if thing else 404, thing or {})

    def _answer(self, status: int, thing: dict[str, Any]) -> None:
        body = json.dumps(thing).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass
