"""The door of a storm: everything a vendor sends goes through it, and it can kill the hub before an answer is heard."""

from __future__ import annotations

import http.client
import random
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: Headers that belong to one connection, not to what is said over it.
_OWN = ("host", "connection", "content-length", "transfer-encoding", "accept-encoding")


class Door:
    """Hands requests on to a port of this machine. Where nobody answers there, the caller hears nothing either.

    ``noise`` is the share of acknowledgements that are lost on their way: half of them become silence, half a 502.
    """

    def __init__(self, behind: int, *, seed: int = 0) -> None:
        self._behind = behind
        self.noise = 0.0
        self._dice = random.Random(seed)
        self._lock = threading.Lock()
        self._strike: Callable[[], None] | None = None
        self.struck = threading.Event()
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                kept = {name: value for name, value in self.headers.items() if name.lower() not in _OWN}
                told = door._ask(self.command, self.path, body, kept)
                if told is None:
                    self.close_connection = True
                    return
                status, said, kind = told
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def lose_next(self, strike: Callable[[], None]) -> None:
        """The next time the hub says that it has stored a message, ``strike`` is called and nobody hears the answer."""
        self.struck.clear()
        with self._lock:
            self._strike = strike

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes, str] | None:
        connection = http.client.HTTPConnection("127.0.0.1", self._behind, timeout=30)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            told = answer.status, answer.read(), answer.getheader("Content-Type") or ""
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        with self._lock:
            stored = method == "POST" and told[0] == 200
            strike, self._strike = (self._strike, None) if stored else (None, self._strike)
            lost = stored and self._dice.random() < self.noise
            silent = self._dice.random() < 0.5
        if strike is None:
            return told if not lost else None if silent else (502, b"bad gateway", "text/plain")
        strike()
        self.struck.set()
        return None
