"""What the sandbox's tests share: a running sandbox, and two ways to call it: simple-salesforce, and bare HTTP."""

from __future__ import annotations

import base64
import http.client
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce

from connectors.salesforce.sandbox import Sandbox, start
from connectors.salesforce.sandbox_samples import INTEGRATION

RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "fixtures" / "salesforce"
VERSION = "63.0"
DATA = f"/services/data/v{VERSION}"
#: The consumer key of the app whose assertions the bench signs.
APP = "3MVG9.bench"
LOGIN = "https://login.salesforce.com"
#: Addresses that are whole; any other follows the version's.
PLACES = ("/services", "/lightning", "/__sandbox__")
BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The error code of a refusal."""
        return self.json[0]["errorCode"]

    @property
    def message(self) -> str:
        return self.json[0]["message"]


@cache
def key(name: str = "bench") -> rsa.RSAPrivateKey:
    """A private key, the same for one name: making one takes a while."""
    return rsa.generate_private_key(65537, 2048)


def private_pem(name: str = "bench") -> str:
    return key(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(name: str = "bench") -> str:
    return key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def assertion(name: str = "bench", head: Mapping[str, Any] | None = None, **claims: Any) -> str:
    """A signed assertion; ``claims`` go before what a good one says, and None leaves one out."""
    good = {"iss": APP, "sub": INTEGRATION, "aud": LOGIN, "exp": int(time.time()) + 180}
    kept = {name: value for name, value in {**good, **claims}.items() if value is not None}
    parts = [head or {"alg": "RS256"}, kept]
    signed = ".".join(_base64(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{_base64(key(name).sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"


class Org:
    """A sandbox, and who calls it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.token = sandbox.accounts.session(INTEGRATION)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """A call to the REST API: ``path`` is what follows the version, or begins with ``/services`` or the like."""
        path = path if path.startswith(PLACES) else DATA + path
        sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        token = self.token if token is None else token
        given = {"Authorization": f"Bearer {token}"} if token else {}
        return self.send(method, path, sent, {**given, "Content-Type": "application/json", **(headers or {})})

    def send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        to = urlsplit(self.sandbox.url)
        connection = http.client.HTTPConnection(to.hostname or "", to.port, timeout=20)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return Reply(answer.status, {name: value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def login(self, headers: Mapping[str, str] | None = None, **form: str) -> Reply:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", "/services/oauth2/token", urlencode(form).encode(), {**kind, **(headers or {})})

    def query(self, soql: str, **more: Any) -> Reply:
        return self.call("GET", f"/query?q={quote(soql)}", **more)

    def rows(self, soql: str) -> list[dict[str, Any]]:
        """The records a query finds."""
        reply = self.query(soql)
        assert reply.status == 200, reply.body
        return reply.json["records"]

    def upsert(self, hub_key: str, token: str | None = None, **fields: Any) -> Reply:
        return self.call("PATCH", f"/sobjects/AI_Output__c/Hub_Key__c/{hub_key}", fields, token=token)

    def library(self, **login: Any) -> Salesforce:
        """simple-salesforce, pointed at the sandbox: logged in unless ``login`` says how to."""
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", Rerouted(self.sandbox.url))
        given = login or {"session_id": self.token, "instance": self.sandbox.domain}
        return Salesforce(version=VERSION, session=session, **given)


class Rerouted(HTTPAdapter):
    """Sends what is meant for Salesforce to the sandbox."""

    def __init__(self, to: str) -> None:
        super().__init__()
        self._to = urlsplit(to)

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        url = urlsplit(request.url)
        assert url.hostname and url.hostname.endswith(".salesforce.com"), request.url
        request.url = urlunsplit((self._to.scheme, self._to.netloc, url.path, url.query, ""))
        return super().send(request, *args, **{**options, "timeout": 20})


@contextmanager
def running(**options: Any) -> Iterator[Org]:
    """A sandbox for one test: the sample org, with the bench's app."""
    sandbox = start(**{"apps": {APP: public_pem()}, **options})
    try:
        yield Org(sandbox)
    finally:
        sandbox.stop()


def need_recordings() -> None:
    if not RECORDINGS.is_dir():
        pytest.skip("There is no folder shared/fixtures/salesforce beside the project.")


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
