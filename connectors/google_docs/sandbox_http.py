"""The sandbox's HTTP server: routes, authorization, quota, faults, and the controls under ``/__sandbox__/``."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from connectors.google_docs.sandbox_accounts import Account, Accounts, BadGrant
from connectors.google_docs.sandbox_api import ApiError, Call, DocsApi, invalid
from connectors.google_docs.sandbox_drive import DriveApi
from connectors.google_docs.sandbox_faults import Fault, Faults, Journal
from connectors.google_docs.sandbox_page import document_page, list_page
from connectors.google_docs.sandbox_store import Gone, Refusal, Store
from connectors.google_docs.sandbox_suggestions import suggestions

MAX_BODY = 50_000_000
JSON = "application/json; charset=UTF-8"
HTML = "text/html; charset=UTF-8"
GARBAGE = (
    b"<!doctype html><html><head><title>Error</title></head><body><h1>Sorry, something went wrong</h1></body></html>"
)


@dataclass(slots=True)
class Parts:
    """Everything a request handler works with."""

    store: Store
    accounts: Accounts
    faults: Faults
    journal: Journal
    docs: DocsApi
    drive: DriveApi
    url: str = ""
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


ROUTES: list[tuple[str, re.Pattern[str], str]] = [
    ("GET", re.compile(r"/v1/documents/([^/:]+)"), "documents.get"),
    ("POST", re.compile(r"/v1/documents/([^/:]+):batchUpdate"), "documents.batchUpdate"),
    ("POST", re.compile(r"/v1/documents"), "documents.create"),
    ("GET", re.compile(r"/drive/v3/about"), "about.get"),
    ("GET", re.compile(r"/drive/v3/files"), "files.list"),
    ("GET", re.compile(r"/drive/v3/files/([^/]+)"), "files.get"),
    ("DELETE", re.compile(r"/drive/v3/files/([^/]+)"), "files.delete"),
    ("GET", re.compile(r"/drive/v3/files/([^/]+)/comments"), "comments.list"),
    ("POST", re.compile(r"/drive/v3/files/([^/]+)/comments"), "comments.create"),
    ("GET", re.compile(r"/drive/v3/files/([^/]+)/comments/([^/]+)"), "comments.get"),
    ("DELETE", re.compile(r"/drive/v3/files/([^/]+)/comments/([^/]+)"), "comments.delete"),
    ("POST", re.compile(r"/drive/v3/files/([^/]+)/comments/([^/]+)/replies"), "replies.create"),
    ("POST", re.compile(r"/token"), "token"),
]
WRITES = {
    *("documents.batchUpdate", "documents.create"),
    *("files.delete", "comments.create", "comments.delete", "replies.create"),
}


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
            return
        parts = urlsplit(self.path)
        # The client library sends a very long GET as a POST that says what it means.
        method = self.headers.get("X-HTTP-Method-Override", self.command).upper()
        path = parts.path
        query = dict(parse_qsl(parts.query or (body.decode("latin-1") if method != self.command else ""), True))
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if host not in ("127.0.0.1", "localhost", "[::1]"):
            # A page elsewhere on the web must not reach the sandbox through a name that points at this machine.
            return self._send(403, b'{"error": "the sandbox answers on the loopback address only"}')
        if path.startswith("/__sandbox__/"):
            return self._control(method, path.removeprefix("/__sandbox__/"), query, body)
        if method == "GET" and (page := self._page(path)) is not None:
            return self._send(page[0], page[1], HTML)
        if method == "POST" and (hit := re.fullmatch(r"/document/d/([^/]+)/suggestions/([^/]+)", path)):
            return self._decide(unquote(hit[1]), unquote(hit[2]), dict(parse_qsl(body.decode("utf-8", "replace"))))
        for wanted, pattern, operation in ROUTES:
            if method == wanted and (hit := pattern.fullmatch(path)):
                named = [unquote(part) for part in hit.groups()]
                return self._call(operation, named, query, body)
        missing = ApiError(404, "NOT_FOUND", "Requested entity was not found.", reason="notFound")
        self._send(404, json.dumps(missing.body()).encode())
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

    def _call(self, operation: str, named: list[str], query: dict[str, str], body: bytes) -> None:
        parts = self.server.parts
        document = named[0] if named else None
        started = time.perf_counter()
        fault = parts.faults.take(operation, document)
        call = Call(operation, document, query, None, Account("nobody"), part="".join(named[1:]))
        headers: dict[str, str] = {}
        content_type = JSON
        try:
            self._before(fault, call)
            if fault is not None and fault.kind == "html":
                status, reply, content_type = 200, GARBAGE, HTML
            else:
                reply = self._work(call, body)
                status = 200 if reply else 204
            self._after(fault)
        except _Dropped:
            status, reply = 0, b""
        except BadGrant as bad:
            status, reply = 400, json.dumps({"error": bad.args[0], "error_description": bad.args[1]}).encode()
        except ApiError as error:
            status, headers = error.code, error.headers
            drive = not operation.startswith("documents")
            reply = json.dumps(error.body(drive), ensure_ascii=False).encode()
        except Gone:
            status, reply = (
                404,
                json.dumps(ApiError(404, "NOT_FOUND", "Requested entity was not found.").body()).encode(),
            )
        parts.journal.note(
            operation=operation,
            document=call.document,
            by=call.account.email,
            status=status,
            fault=fault.kind if fault else None,
            committed=call.committed,
            requests=call.requests,
            ms=round((time.perf_counter() - started) * 1000, 2),
        )
        if status:
            self._send(status, reply, content_type, headers)
        else:
            self._hang_up()

    def _work(self, call: Call, body: bytes) -> bytes:
        parts = self.server.parts
        if call.operation == "token":
            form = dict(parse_qsl(body.decode("utf-8", "replace")))
            audiences = frozenset({f"{parts.url}/token", "https://oauth2.googleapis.com/token"})
            return json.dumps(parts.accounts.grant(form, audiences)).encode()
        self._door(call)
        if body and self.command != "GET":
            try:
                call.body = json.loads(body)
            except ValueError:
                raise invalid("Invalid JSON payload received. Unexpected token.") from None
        operations: dict[str, Callable[[Call], bytes]] = {
            "documents.get": parts.docs.get,
            "documents.batchUpdate": parts.docs.batch_update,
            "documents.create": parts.docs.create,
            "about.get": parts.drive.about,
            "files.get": parts.drive.file,
            "files.list": parts.drive.files,
            "files.delete": parts.drive.delete,
            "comments.list": parts.drive.comments,
            "comments.create": parts.drive.comment,
            "comments.get": parts.drive.one_comment,
            "comments.delete": parts.drive.delete_comment,
            "replies.create": parts.drive.reply,
        }
        return operations[call.operation](call)

    def _door(self, call: Call) -> None:
        parts = self.server.parts
        authorization = self.headers.get("Authorization")
        account = parts.accounts.who(authorization)
        if account is None:
            expected = "Expected OAuth 2 access token, login cookie or other valid authentication credential."
            said = (
                "had invalid authentication credentials"
                if authorization
                else "is missing required authentication credential"
            )
            error = ApiError(401, "UNAUTHENTICATED", f"Request {said}. {expected}", reason="authError")
            error.headers["WWW-Authenticate"] = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
            raise error
        call.account = account
        kind = "write" if call.operation in WRITES else "read"
        if call.operation.startswith("documents") and not parts.accounts.within_quota(account, kind):
            raise _over_quota(kind)

    def _before(self, fault: Fault | None, call: Call) -> None:
        match fault.kind if fault else None:
            case "429":
                error = _over_quota("write" if call.operation in WRITES else "read")
                assert fault is not None
                error.headers["Retry-After"] = str(max(1, round(fault.seconds)))
                raise error
            case "503":
                raise ApiError(503, "UNAVAILABLE", "The service is currently unavailable.", reason="backendError")
            case "drop":
                raise _Dropped
            case "slow":
                assert fault is not None
                self.server.parts.stopping.wait(fault.seconds)
            case "conflict" if call.document is not None:
                self.server.parts.store.somebody_types(call.document)

    def _after(self, fault: Fault | None) -> None:
        match fault.kind if fault else None:
            case "503-after-commit":
                raise ApiError(503, "UNAVAILABLE", "The service is currently unavailable.", reason="backendError")
            case "drop-after-commit":
                raise _Dropped
            case "slow-after-commit":
                assert fault is not None
                self.server.parts.stopping.wait(fault.seconds)

    def _control(self, method: str, path: str, query: dict[str, str], body: bytes) -> None:
        try:
            sent = json.loads(body) if body else {}
            answer = control(self.server.parts, method, path, query, sent)
        except Gone:
            return self._send(404, b'{"error": "no such document"}')
        except (Refusal, ValueError, TypeError, KeyError, ApiError) as error:
            return self._send(400, json.dumps({"error": str(error)}).encode())
        if answer is None:
            return self._send(404, b'{"error": "no such control"}')
        if isinstance(answer, str):
            return self._send(200, answer.encode(), "text/plain; charset=UTF-8")
        return self._send(200, json.dumps(answer, ensure_ascii=False).encode())

    def _decide(self, document: str, suggestion: str, form: dict[str, str]) -> None:
        """A person's click on the page. A suggestion that is no more is decided on already: the page tells."""
        decide = {"accept": self.server.parts.store.accept, "reject": self.server.parts.store.reject}
        with contextlib.suppress(Gone, Refusal, KeyError):
            decide[form["decision"]](document, suggestion)
        self._send(303, b"", headers={"Location": f"/document/d/{quote(document)}/edit"})

    def _page(self, path: str) -> tuple[int, bytes] | None:
        if path == "/":
            return 200, list_page(self.server.parts.store.all()).encode()
        hit = re.fullmatch(r"/document/d/([^/]+)(?:/(?:edit|view|preview))?", path)
        if hit is None:
            return None
        try:
            return 200, document_page(self.server.parts.store.get(unquote(hit[1]))).encode()
        except Gone:
            return 404, b"<!doctype html><title>No such document</title><p>There is no such document.</p>"

    def _send(self, status: int, body: bytes, content_type: str = JSON, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if content_type == HTML:
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


class _Dropped(Exception):
    """The connection goes without an answer."""


def _over_quota(kind: str) -> ApiError:
    name = f"{kind.title()}RequestsPerMinutePerUser"
    metric = f"{kind.title()} requests"
    message = (
        f"Quota exceeded for quota metric '{metric}' and limit '{metric} per minute per user' "
        "of service 'docs.googleapis.com'."
    )
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com",
        "metadata": {"quota_limit": name, "service": "docs.googleapis.com"},
    }
    return ApiError(429, "RESOURCE_EXHAUSTED", message, reason="rateLimitExceeded", details=[info])


def control(parts: Parts, method: str, path: str, query: dict[str, str], sent: Any) -> Any:
    """The controls of a test or a demo: a JSON value, a text, or None when there is no such control.

    Raises:
        Gone, Refusal, ValueError, TypeError, KeyError, ApiError.
    """
    name, _, wanted = path.partition("/")
    wanted = unquote(wanted)
    match method, name:
        case "GET", "health":
            return {"ok": True, "documents": len(parts.store.all())}
        case "GET", "documents":
            return [
                {
                    "id": one.id,
                    "title": one.title,
                    "revision": one.revision,
                    "writes": one.writes,
                    "trashed": one.trashed,
                }
                for one in parts.store.all()
            ]
        case "POST", "documents":
            return {"id": parts.store.load(sent, wanted or None).id}
        case "GET", "text":
            return parts.store.text(wanted, query.get("tab"), query.get("segment"))
        case "GET", "journal":
            found = parts.journal.entries(
                operation=query.get("operation"), document=query.get("document"), since=int(query.get("since", "0"))
            )
            return [asdict(entry) for entry in found]
        case "GET", "faults":
            return parts.faults.waiting()
        case "POST", "faults":
            for one in sent if isinstance(sent, list) else [sent]:
                parts.faults.add(**one)
            return parts.faults.waiting()
        case "DELETE", "faults":
            parts.faults.clear()
            return []
        case "POST", "trash" | "untrash":
            parts.store.trash(wanted, name == "trash")
        case "POST", "accept" | "reject":
            decide = parts.store.accept if name == "accept" else parts.store.reject
            decide(wanted, query["suggestion"])
        case "GET", "suggestions":
            return suggestions(parts.store.get(wanted).tabs)
        case "POST", "suggesting" if wanted in ("on", "refused", "ignored"):
            parts.store.suggesting = wanted
        case "POST", "commenting" if wanted in ("on", "refused", "failed"):
            parts.store.commenting = wanted
        case ("POST", "delete") | ("DELETE", "documents"):
            parts.store.delete(wanted)
        case "POST", "edit":
            if not sent:
                parts.store.somebody_types(wanted)
            else:
                requests = parts.docs.parse("BatchUpdateDocumentRequest", {"requests": sent["requests"]})["requests"]
                parts.store.edit(wanted, *requests)
        case _:
            return None
    return {"done": True}
