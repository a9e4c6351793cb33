"""The sandbox's HTTP server: sessions, allowance and faults around every call, and the page for people."""

from __future__ import annotations

import base64
import binascii
import json
import re
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.salesforce import sandbox_rest as rest
from connectors.salesforce.sandbox_accounts import BadGrant, User
from connectors.salesforce.sandbox_controls import control
from connectors.salesforce.sandbox_errors import ApiError
from connectors.salesforce.sandbox_faults import Fault
from connectors.salesforce.sandbox_page import POLICY
from connectors.salesforce.sandbox_parts import Answer, Call, Parts
from connectors.salesforce.sandbox_visits import Page, answer_page

MAX_BODY = 50_000_000
#: As long as Salesforce lets an address be, with its query.
MAX_ADDRESS = 16_384
JSON = "application/json;charset=UTF-8"
HTML = "text/html; charset=UTF-8"
GARBAGE = (
    b"<!doctype html><html><head><title>Maintenance</title></head><body><h1>We are down for a while</h1></body></html>"
)
NOBODY = User("", "nobody")


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


class _Dropped(Exception):
    """The connection goes without an answer."""


class _Raw(Exception):
    """An answer that is not JSON: (status, body, content type)."""


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

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is written to the terminal: the journal has it, without tokens."""

    def _serve(self) -> None:
        body = self._read()
        if body is None:
            return None
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if host not in ("127.0.0.1", "localhost", "[::1]"):
            # A page elsewhere on the web must not reach the sandbox through a name that points at this machine.
            return self._send(403, b'{"error": "the sandbox answers on the loopback address only"}')
        if len(self.path) > MAX_ADDRESS:
            return self._send(414, b"<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>", HTML)
        address = urlsplit(self.path)
        path, query = address.path, dict(parse_qsl(address.query, True))
        if path.startswith("/__sandbox__/"):
            return self._control(path.removeprefix("/__sandbox__/"), query, body)
        if path.startswith("/services/"):
            return self._call(path, query, body)
        page = answer_page(self.server.parts, self.command, path, dict(self.headers), body)
        self._show(page)
        return None

    def _read(self) -> bytes | None:
        """The whole body, or None when the client left in the middle of it: half a request is no request."""
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            length = -1
        if self.headers.get("Transfer-Encoding") or not 0 <= length <= MAX_BODY:
            self.close_connection = True
            self._send(411 if length >= 0 else 413, b"{}")
            return None
        body = self.rfile.read(length) if length else b""
        if len(body) < length:
            self.close_connection = True
            return None
        return body

    def _call(self, path: str, query: dict[str, str], body: bytes) -> None:
        parts = self.server.parts
        started = time.perf_counter()
        call = Call("unknown", "", NOBODY, query, self.headers)  # pyright: ignore[reportArgumentType]
        fault: Fault | None = None
        kind, headers = JSON, {}
        try:
            if path in ("/services/oauth2/token", "/services/oauth2/revoke"):
                call.operation = path.rpartition("/")[2]
            else:
                call.operation, call.version, about = rest.route(self.command, path)
                call.type, call.key, call.record = (about.get(name) for name in ("type", "key", "record"))
            fault = parts.faults.of_call(call.operation, call.type, call.record)
            self._before(fault)
            answer = self._work(call, fault, body)
            self._after(fault)
            status, headers = answer.status, dict(answer.headers)
            sent = b"" if answer.body is None else json.dumps(answer.body, ensure_ascii=False).encode()
            if fault is not None and fault.kind == "malformed":
                sent = sent[: len(sent) // 2]
        except _Dropped:
            status, sent = 0, b""
        except _Raw as raw:
            status, sent, kind = raw.args
        except BadGrant as bad:
            status, sent = 400, json.dumps({"error": bad.args[0], "error_description": bad.args[1]}).encode()
        except ApiError as error:
            status, sent = error.status, json.dumps(error.body(), ensure_ascii=False).encode()
        parts.journal.note(
            operation=call.operation,
            type=call.type,
            record=call.record,
            by=call.user.username,
            status=status,
            fault=fault.kind if fault else None,
            committed=call.committed,
            ms=round((time.perf_counter() - started) * 1000, 2),
        )
        if not status:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if call.operation not in ("token", "revoke", "versions"):
            headers["Sforce-Limit-Info"] = f"api-usage={parts.accounts.used}/{parts.accounts.daily}"
        self._send(status, sent, kind, headers)

    def _work(self, call: Call, fault: Fault | None, body: bytes) -> Answer:
        parts = self.server.parts
        if call.operation == "token":
            form = dict(parse_qsl(body.decode("utf-8", "replace"), True)) if self.command == "POST" else {}
            return Answer(200, parts.accounts.grant(form, _basic(self.headers.get("Authorization"))))
        if call.operation == "revoke":
            known = parts.accounts.revoke(dict(parse_qsl(body.decode("utf-8", "replace"))).get("token", ""))
            if not known:
                raise BadGrant("unsupported_token_type", "this token type is not supported")
            return Answer(200)
        if call.operation == "versions":
            return Answer(200, rest.versions())
        authorization = self.headers.get("Authorization")
        if fault is not None and fault.kind == "expired-session":
            parts.accounts.revoke((authorization or "").partition(" ")[2].strip())
        call.user = parts.accounts.who(authorization)
        parts.accounts.begin()
        try:
            self._refuse(fault)
            call.body = _json(body) if body else None
            return rest.OPERATIONS[call.operation](parts, call)
        finally:
            parts.accounts.end()

    def _refuse(self, fault: Fault | None) -> None:
        match fault.kind if fault else None:
            case "limit":
                raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
            case "concurrent":
                said = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
                raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", said)
            case "slow":
                assert fault is not None
                self.server.parts.stopping.wait(fault.seconds)

    def _before(self, fault: Fault | None) -> None:
        match fault.kind if fault else None:
            case "503":
                raise _unavailable()
            case "500":
                raise ApiError(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId.")
            case "drop":
                raise _Dropped
            case "html":
                raise _Raw(200, GARBAGE, HTML)
            case "401-html":
                raise _Raw(401, GARBAGE, HTML)

    def _after(self, fault: Fault | None) -> None:
        match fault.kind if fault else None:
            case "503-after-commit":
                raise _unavailable()
            case "drop-after-commit":
                raise _Dropped
            case "slow-after-commit":
                assert fault is not None
                self.server.parts.stopping.wait(fault.seconds)

    def _control(self, path: str, query: dict[str, str], body: bytes) -> None:
        try:
            sent = json.loads(body) if body else {}
            answer = control(self.server.parts, self.command, unquote(path), query, sent)
        except (ApiError, ValueError, TypeError, KeyError, AttributeError) as error:
            return self._send(400, json.dumps({"error": str(error)}).encode())
        if answer is None:
            return self._send(404, b'{"error": "no such control"}')
        return self._send(200, json.dumps(answer, ensure_ascii=False).encode())

    def _show(self, page: Page) -> None:
        headers = {"Content-Security-Policy": POLICY}
        if page.to:
            headers["Location"] = page.to
        self._send(page.status, page.html.encode(), HTML, headers)

    def _send(self, status: int, body: bytes, content_type: str = JSON, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        if body or status not in (204, 304):
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-cache,must-revalidate,max-age=0,no-store,private")
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def _unavailable() -> ApiError:
    return ApiError(503, "SERVER_UNAVAILABLE", "The server is temporarily unavailable. Try again later.")


def _basic(authorization: str | None) -> tuple[str, str] | None:
    """Id and secret of an app that sends them in the header."""
    scheme, _, sent = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key, _, secret = base64.b64decode(sent).decode().partition(":")
    except (ValueError, binascii.Error):
        return None
    return unquote(key), unquote(secret)


def _json(body: bytes) -> Any:
    try:
        text = body.decode()
        sent = json.loads(text)
        if re.search(r"\\u[dD][89a-fA-F]", text):
            # Half of a surrogate pair is no character, and could not be sent back.
            json.dumps(sent, ensure_ascii=False).encode()
        return sent
    except (ValueError, RecursionError):
        raise ApiError(400, "JSON_PARSER_ERROR", "Unexpected character at [line:1, column:1]") from None
