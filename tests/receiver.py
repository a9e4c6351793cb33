"""A receiver of webhooks on a real socket: keeps what came, and answers as a test tells it to."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook

NEW, OLD = ("whsec_" + base64.b64encode(letter * 32).decode() for letter in (b"n", b"o"))
Act = int | str | Callable[[], None]


class Receiver:
    """``does`` says what it answers: a status; ``drop``, it closes without a word; ``hang``, it never answers; or what
    a test gives, and then it drops. The last goes on for ever. ``headers`` go with each answer."""

    def __init__(self) -> None:
        self.does: list[Act] = [204]
        self.headers: dict[str, str] = {}
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.led_astray: list[str] = []
        self._closed = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                receiver.led_astray.append(self.path)
                self._answer(200)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                act = receiver.does.pop(0) if len(receiver.does) > 1 else receiver.does[0]
                if isinstance(act, int):
                    self._answer(act)
                    return
                if act == "hang":
                    receiver._closed.wait(60)
                elif callable(act):
                    act()
                self.close_connection = True

            def _answer(self, status: int) -> None:
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook?token=of-the-receiver"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]

    def said(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]

    def verified(self, secret: str = NEW) -> list[dict[str, Any]]:
        """What came, as the reference library believes it; it raises where it does not."""
        return [Webhook(secret).verify(body, headers) for headers, body in self.got]


@contextmanager
def a_receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.close()
