"""Carries every call of simple_salesforce through the connection's guarded HTTP client, with the session's token.

simple_salesforce is used without a session of its own: after a 401 its own repeat loses the caller's headers, does not
end for calls on records, and fails on a body that is no JSON list (1.12.10; its issues 569, 685, 804).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from connectors.salesforce.refusals import SignedOut, refusal
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.usage import Usage
from hub.sdk import BadRequest, Connection, OutOfQuota, Reply

if TYPE_CHECKING:
    from connectors.salesforce.sign_in import SignIn

#: Seconds to wait for an answer. Salesforce itself gives a call ten minutes; with 200 records and the automations of
#: the org behind each a write takes a while.
READING, WRITING, SIGNING_IN = 30.0, 90.0, 20.0
#: What the guarded client writes itself: requests' own words would name encodings it does not read.
_OWN = frozenset({"accept-encoding", "authorization", "connection", "content-length", "host", "x-prettyprint"})


class Guarded(HTTPAdapter):
    """An adapter of requests that does not go out itself: the guarded client does, to the org's host and no other."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.settings: SalesforceSettings = connection.settings
        self._http = connection.http

    def open(self) -> requests.Session:
        """A requests session in which every call goes this way. The environment's proxies and netrc do not count."""
        session = requests.Session()
        session.trust_env = False
        session.adapters.clear()
        session.mount("https://", self)
        session.mount("http://", self)
        return session

    def send(self, request: requests.PreparedRequest, *_: Any, timeout: Any = None, **__: Any) -> requests.Response:
        usual = READING if request.method == "GET" else WRITING
        reply = self.answer(request, timeout if isinstance(timeout, (int, float)) else usual)
        response = requests.Response()
        response.status_code = reply.status
        response.headers = CaseInsensitiveDict(reply.headers)
        response.url, response.request = request.url or "", request
        response.raw = io.BytesIO(reply.body)
        response._content = reply.body
        return response

    def close(self) -> None:
        """Nothing to close: the guarded client belongs to the connection."""

    def answer(self, request: requests.PreparedRequest, timeout: float) -> Reply:
        """What the org answers to a call; errors are raised in the hub's words."""
        raise NotImplementedError

    def call(self, method: str | None, url: str | None, headers: Mapping[str, str], body: Any, timeout: float) -> Reply:
        kept = {name: _text(value) for name, value in headers.items() if name.lower() not in _OWN}
        token = headers.get("Authorization")
        if token:
            kept["Authorization"] = _text(token)
        return self._http.request(method or "GET", self._address(url or ""), headers=kept, body=body, timeout=timeout)

    def _address(self, url: str) -> str:
        """The address as it is really called: the org's, or that of the stand-in which takes its place."""
        parts = urlsplit(url)
        steps = parts.path.lower().replace("%2e", ".").split("/")
        if parts.scheme != "https" or parts.netloc.lower() != self.settings.domain or steps[1:2] != ["services"]:
            raise BadRequest("This connection calls the API of its own Salesforce org only.", who="an admin")
        if {".", ".."} & set(steps):
            raise BadRequest("An address in Salesforce leads out of its place.", who="an admin")
        root = self.settings.sandbox_root or f"https://{self.settings.domain}"
        return f"{root}{parts.path}" + (f"?{parts.query}" if parts.query else "")


class Transport(Guarded):
    """Calls of the API: with a session's token, counted, and once more with all its headers where the session ended."""

    def __init__(self, connection: Connection, sign_in: SignIn, usage: Usage) -> None:
        super().__init__(connection)
        self._sign_in = sign_in
        self._usage = usage

    def answer(self, request: requests.PreparedRequest, timeout: float) -> Reply:
        self._address(request.url or "")  # Before a session is asked for, and before a call is counted.
        self._usage.admit()
        session = self._sign_in.session()
        try:
            return self._once(request, session.token.reveal(), timeout)
        except SignedOut:
            # Not carried out, so it may be sent again: with a new session, and once.
            session = self._sign_in.session(ended=session)
            return self._once(request, session.token.reveal(), timeout)

    def _once(self, request: requests.PreparedRequest, token: str, timeout: float) -> Reply:
        headers = {**request.headers, "Authorization": f"Bearer {token}"}
        reply = self.call(request.method, request.url, headers, request.body, timeout)
        self._usage.seen(reply.headers)
        if reply.status < 300:
            if reply.body:
                reply.json()  # A web page in place of an answer, as from a proxy, raises here and not in the library.
            return reply
        error = refusal(reply.status, reply.body, urlsplit(request.url or "").path, _values(request.body))
        if isinstance(error, OutOfQuota):
            self._usage.spent()
        raise error


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _values(body: Any) -> Iterable[object]:
    """The values a call sent, so that a refusal does not repeat them."""
    try:
        sent = json.loads(body) if body else None
    except (ValueError, TypeError):
        return ()
    return sent.values() if isinstance(sent, dict) else ()
