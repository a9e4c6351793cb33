"""The sandbox's HTTP server: a vendor's host is the first part of a path, faults come around calls, and the page."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.dam.sandbox_controls import control
from connectors.dam.sandbox_faults import Fault, Faults, Journal
from connectors.dam.sandbox_sender import Sender
from connectors.dam.sandbox_store import AssetStore
from connectors.dam.sandbox_vendor import Answer, Call, Vendor

MAX_BODY = 50_000_000
#: Only a host has a dot in the first part of its path: ``/author-p1-e2.adobeaemcloud.com/adobe/assets/…``.
_HOST = re.compile(r"/([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(/.*)?", re.DOTALL)
_JSON = {"Content-Type": "application/json"}
_HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(slots=True)
class Parts:
    """Everything a request handler works with."""

    store: AssetStore
    vendor: Vendor
    faults: Faults
    journal: Journal
    sender: Sender
    #: What the page for people answers.
    page: Callable[[Call], Answer]
    stopping: threading.Event = field(default_factory=threading.Event)


class Server(ThreadingHTTPServer):
    """A thread for each connection, kept alive; stopping does not wait for clients that went silent."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, port: int, parts: Parts) -> None:
        self.parts = parts
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that was killed in the middle of a request is daily bread here; anything else must be seen.
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "InlaySandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 300
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is written to the terminal: the journal has it, without tokens."""

    def _serve(self) -> None:
        body = self._read()
        if body is None:
            return
        here = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if here not in ("127.0.0.1", "localhost", "[::1]"):
            # A page elsewhere on the web must not reach the sandbox through a name that points at this machine.
            return self._send(Answer(403, b'{"error": "the sandbox answers on the loopback address only"}', _JSON))
        address = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        hit = _HOST.fullmatch(address.path)
        call = Call(
            method=self.command,
            host=hit[1].lower() if hit else "",
            path=(hit[2] or "/") if hit else address.path,
            query=address.query,
            headers=headers,
            body=body,
        )
        if hit:
            return self._call(call)
        if address.path.startswith("/__sandbox__/"):
            return self._control(call)
        return self._send(self.server.parts.page(call))

    def _read(self) -> bytes | None:
        """The whole body, or None when the client left in the middle of it: half a request is no request."""
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            length = -1
        if self.headers.get("Transfer-Encoding") or not 0 <= length <= MAX_BODY:
            self.close_connection = True
            self._send(Answer(413 if length > MAX_BODY else 411, b"{}", _JSON))
            return None
        body = self.rfile.read(length) if length else b""
        if len(body) < length:
            self.close_connection = True
            return None
        return body

    def _call(self, call: Call) -> None:
        parts, started = self.server.parts, time.perf_counter()
        fault = parts.faults.of_call(call.method, call.host, call.path)
        answer = self._met(fault, call)
        parts.journal.note(
            method=call.method,
            host=call.host,
            path=call.path,
            status=answer.status if answer else 0,
            fault=fault.kind if fault else None,
            ms=(time.perf_counter() - started) * 1000,
        )
        if answer is None:
            self.close_connection = True
            return
        self._send(answer)

    def _met(self, fault: Fault | None, call: Call) -> Answer | None:
        """The vendor's answer, as far as the fault lets it through; None closes the connection."""
        parts, kind = self.server.parts, fault.kind if fault else ""
        match kind:
            case "503":
                return _unavailable()
            case "drop":
                return None
            case "html":
                return Answer(200, b"<!doctype html><title>Maintenance</title><p>We are down for a while.", _HTML)
            case "429":
                assert fault is not None
                return Answer(429, b'{"error": "too many calls"}', {**_JSON, "Retry-After": f"{fault.seconds:.0f}"})
            case "expired-token":
                parts.vendor.expire()
                return Answer(401, b'{"error": "the token is not valid any more"}', _JSON)
            case "slow":
                assert fault is not None
                parts.stopping.wait(fault.seconds)
        try:
            answer = parts.vendor.answer(call)
        except Exception:
            traceback.print_exc()
            return Answer(500, b'{"error": "the sandbox itself failed; its terminal says how"}', _JSON)
        match kind:
            case "503-after-commit":
                return _unavailable()
            case "drop-after-commit":
                return None
            case "slow-after-commit":
                assert fault is not None
                parts.stopping.wait(fault.seconds)
            case "malformed":
                return Answer(answer.status, answer.body[: len(answer.body) // 2], answer.headers)
        return answer

    def _control(self, call: Call) -> None:
        query = dict(parse_qsl(call.query, True))
        if call.headers.get("origin"):
            # Controls are for programs; a browser that says where it comes from is sent here by a page.
            return self._send(Answer(403, b'{"error": "no page reaches the controls"}', _JSON))
        try:
            sent = json.loads(call.body) if call.body else {}
            found = control(self.server.parts, call.method, call.path.removeprefix("/__sandbox__/"), query, sent)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return self._send(Answer(400, json.dumps({"error": str(error)}).encode(), _JSON))
        if found is None:
            return self._send(Answer(404, b'{"error": "no such control"}', _JSON))
        return self._send(Answer(200, json.dumps(found, ensure_ascii=False).encode(), _JSON))

    def _send(self, answer: Answer) -> None:
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} | dict(answer.headers)
        self._write(answer.status, answer.body, headers)

    def _write(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(body)
        self.wfile.flush()


def _unavailable() -> Answer:
    return Answer(503, b'{"error": "the service is temporarily unavailable"}', _JSON)
