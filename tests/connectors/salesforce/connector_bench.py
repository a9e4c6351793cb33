"""What the tests of the Salesforce connector share.

``sandboxed`` runs the connector's sandbox and opens connections to it; ``org`` is a bare server that answers what the
test tells it to; and there are the recordings.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from connectors.salesforce.client import Client, client_of
from connectors.salesforce.sandbox import Sandbox, start
from connectors.salesforce.sandbox_samples import INTEGRATION
from connectors.salesforce.settings import SalesforceSettings
from hub.sdk import Connection, GuardedHttp, Secret

RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "fixtures" / "salesforce"
DOMAIN = "acme.my.salesforce.com"
USER = "inlay@acme.example"
CONSUMER = "3MVG9.inlay.consumer.key"
ORG = "00DHs0000000001MAA"
API = "/services/data/v63.0"
USAGE = "api-usage=45/15000"


@cache
def key() -> tuple[str, str]:
    """A private key and its public half, both PEM."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return private, made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signed_claims(assertion: str) -> dict[str, Any]:
    """What an assertion says, if the key signed it."""
    signed, _, signature = assertion.rpartition(".")
    public = load_pem_public_key(key()[1].encode())
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(_unbase64(signature), signed.encode(), padding.PKCS1v15(), SHA256())
    return json.loads(_unbase64(signed.partition(".")[2]))


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def settings(root: str = "", **more: Any) -> SalesforceSettings:
    """Settings that are right; ``more`` changes some."""
    right = {
        "domain": DOMAIN,
        "sandbox_root": root,
        "username": USER,
        "consumer_key": CONSUMER,
        "private_key": Secret(key()[0]),
        "organization_id": ORG,
    }
    return SalesforceSettings(**{**right, **more})


def connection(root: str, **more: Any) -> Connection:
    """An open connection to what answers at ``root``."""
    filled = settings(root, **more)
    http = GuardedHttp(filled.hosts(), loopback_only=True, attempts=1)
    return Connection(name="salesforce", settings=filled, http=http, sandbox=True)


@dataclass
class Bench:
    """A sandbox, and connections to it as its integration user."""

    sandbox: Sandbox
    opened: list[Connection] = field(default_factory=list)

    def connection(self, **more: Any) -> Connection:
        """A connection to the sandbox; without arguments always the same one. ``more`` changes settings."""
        if not more and self.opened:
            return self.opened[0]
        fitting = {
            "domain": self.sandbox.domain,
            "username": INTEGRATION,
            "login_audience": self.sandbox.accounts.audience,
            "organization_id": self.sandbox.organization,
            "action_ids": (self.sandbox.outbound.action,),
            "inbound_token": Secret("inbound-token-of-the-bench"),
            "button_token": Secret("button-token-of-the-bench"),
        }
        if not self.opened and more:
            self.connection()
        self.opened.append(connection(self.sandbox.url, **{**fitting, **more}))
        return self.opened[-1]

    def client(self, **more: Any) -> Client:
        """The connection's client."""
        return client_of(self.connection(**more))


@contextmanager
def sandboxed(**options: Any) -> Iterator[Bench]:
    """A sandbox with the sample org for one test; it knows the bench's app."""
    sandbox = start(**{"apps": {CONSUMER: key()[1]}, **options})
    bench = Bench(sandbox)
    try:
        yield bench
    finally:
        for one in bench.opened:
            one.http.close()
        sandbox.stop()


@dataclass(frozen=True, slots=True)
class Call:
    """What arrived. Header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def token(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass(frozen=True, slots=True)
class Told:
    """An answer. ``body`` is bytes as they are, or JSON."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


EXPIRED = Told(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])


@dataclass
class Org:
    """A server of the test's own: it signs in whoever signs with the right key, and answers what it was told to.

    ``answers`` go out one a call, in order; when there are none, ``otherwise`` is asked. A session that is not among
    ``sessions`` is answered 401.
    """

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answers: list[Told] = field(default_factory=list)
    otherwise: Callable[[Call], Told] = lambda call: Told(404, [{"message": "", "errorCode": "NOT_FOUND"}])
    sign_ins: list[Call] = field(default_factory=list)
    sign_in_answers: list[Told] = field(default_factory=list)
    sign_in_hold: threading.Event | None = None
    sessions: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def expire(self) -> None:
        """End every session."""
        self.sessions.clear()

    def answer(self, call: Call) -> Told:
        if call.path == "/services/oauth2/token":
            return self._sign_in(call)
        with self.lock:
            self.calls.append(call)
            if call.token not in self.sessions:
                return EXPIRED
            told = self.answers.pop(0) if self.answers else None
        return told or self.otherwise(call)

    def _sign_in(self, call: Call) -> Told:
        form = {name: values[0] for name, values in parse_qs(call.body.decode()).items()}
        if self.sign_in_hold is not None:
            self.sign_in_hold.wait(60)
        with self.lock:
            self.sign_ins.append(call)
            if self.sign_in_answers:
                return self.sign_in_answers.pop(0)
            if form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer":
                claims = signed_claims(form["assertion"])
                assert (claims["iss"], claims["sub"]) == (CONSUMER, USER)
                assert claims["aud"] == "https://login.salesforce.com"
                assert 0 < float(claims["exp"]) - time.time() < 300
            token = f"00DHs!session{len(self.sign_ins)}"
            self.sessions.add(token)
        return Told(200, {"access_token": token, "instance_url": "https://elsewhere.example", "token_type": "Bearer"})


@contextmanager
def org(*answers: Told) -> Iterator[Org]:
    """An org that runs while the test does."""
    made = Org(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _do(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            told = made.answer(Call(self.command, parts.path, query, headers, body))
            self.send_response(told.status)
            usual = {"content-type": "application/json;charset=UTF-8", "sforce-limit-info": USAGE}
            for name, value in {**usual, **told.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(told.raw)))
            self.end_headers()
            self.wfile.write(told.raw)

        do_GET = do_POST = do_PATCH = do_DELETE = _do

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def client(*answers: Told, **more: Any) -> Iterator[tuple[Client, Org]]:
    """A client of such an org."""
    with org(*answers) as made:
        opened = connection(made.url, **more)
        try:
            yield Client(opened), made
        finally:
            opened.http.close()


def error(code: str, message: str = "", *fields: str, status: int = 400) -> Told:
    """A refusal as Salesforce writes it."""
    return Told(status, [{"message": message, "errorCode": code, "fields": list(fields)}])


def recorded(name: str) -> bytes:
    """A recorded body; the test is skipped where the recordings are not."""
    path = RECORDINGS / name
    if not path.exists():
        pytest.skip(f"the recorded payloads are missing: {RECORDINGS}")
    return path.read_bytes()
