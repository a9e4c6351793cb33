"""Carries every call of simple_salesforce through the connection's guarded HTTP client, with the session's token.

simple_salesforce is used without a session of its own: after a 401 its own repeat loses the caller's headers, does not
end for calls on records, and fails on a body that is no JSON list (1.12.10; its issues 569, 685, 804). It takes a
session of the library requests; what stands here in its place knows no environment, no cookies and no other host.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode, urlsplit

from connectors.salesforce.refusals import SignedOut, refusal
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.usage import Usage
from hub.sdk import BadRequest, OutOfQuota, Reply

if TYPE_CHECKING:
    from connectors.salesforce.sign_in import SignIn

#: Seconds to wait for an answer. Salesforce itself gives a call ten minutes; with 200 records and the automations of
#: the org behind each a write takes a while.
READING, WRITING, SIGNING_IN = 30.0, 90.0, 20.0
_FORM = "application/x-www-form-urlencoded"
#: What sends a request: the guarded client's ``request``.
Send: TypeAlias = Callable[..., Reply]


@dataclass(frozen=True, slots=True)
class Call:
    """A call as simple_salesforce makes it, meant for the org's own host."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str | None


class Door:
    """The one way out: to the API of the connection's own org, or to the stand-in that takes its place."""

    def __init__(self, settings: SalesforceSettings, send: Send) -> None:
        self._settings = settings
        self._send = send

    def call(self, call: Call, timeout: float) -> Reply:
        """One answer, whatever its status.

        Raises:
            BadRequest, Unavailable, VendorRefused.
        """
        address = self.address(call.url)
        return self._send(call.method, address, headers=call.headers, body=call.body, timeout=timeout)

    def address(self, url: str) -> str:
        """The address as it is really called.

        Raises:
            BadRequest: it is not one of the org's API.
        """
        parts = urlsplit(url)
        steps = parts.path.lower().replace("%2e", ".").split("/")
        if parts.scheme != "https" or parts.netloc.lower() != self._settings.domain or steps[1:2] != ["services"]:
            raise BadRequest("This connection calls the API of its own Salesforce org only.", who="an admin")
        if {".", ".."} & set(steps):
            raise BadRequest("An address in Salesforce leads out of its place.", who="an admin")
        root = self._settings.sandbox_root or f"https://{self._settings.domain}"
        return f"{root}{parts.path}" + (f"?{parts.query}" if parts.query else "")


class Answer:
    """A reply as simple_salesforce reads it."""

    def __init__(self, reply: Reply, url: str) -> None:
        self.status_code = reply.status
        self.headers = {name.title(): value for name, value in reply.headers.items()}
        self.content = reply.body
        self.url = url

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def json(self, **how: Any) -> Any:
        return json.loads(self.content, **how)


class Session:
    """What simple_salesforce takes for a session of requests: ``answer`` gives the reply to each of its calls."""

    def __init__(self, answer: Callable[[Call], Reply]) -> None:
        self._answer = answer
        self.proxies: dict[str, str] = {}

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        data: str | None = None,
        **_: Any,
    ) -> Answer:
        """One call; ``data`` is its body. The time limit is not the caller's to set."""
        called = f"{url}?{urlencode(params)}" if params else url
        return Answer(self._answer(Call(method, called, dict(headers or {}), data)), called)

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str] | None = None, **_: Any) -> Answer:
        """A form, as the sign-in sends it."""
        return self.request("POST", url, {**(headers or {}), "Content-Type": _FORM}, data=urlencode(data))


class Transport:
    """Calls of the API: with a session's token, counted, and once more with all its headers where the session ended."""

    def __init__(self, door: Door, sign_in: SignIn, usage: Usage) -> None:
        self._door = door
        self._sign_in = sign_in
        self._usage = usage

    def answer(self, call: Call) -> Reply:
        """The org's answer; errors are raised in the hub's words."""
        self._door.address(call.url)  # Before a session is asked for, and before a call is counted.
        self._usage.admit()
        session = self._sign_in.session()
        try:
            return self._once(call, session.token.reveal())
        except SignedOut:
            # Not carried out, so it may be sent again: with a new session, and once.
            session = self._sign_in.session(ended=session)
            return self._once(call, session.token.reveal())

    def _once(self, call: Call, token: str) -> Reply:
        sent = replace(call, headers={**call.headers, "Authorization": f"Bearer {token}"})
        reply = self._door.call(sent, READING if call.method == "GET" else WRITING)
        self._usage.seen(reply.headers)
        if reply.status < 300:
            if reply.body:
                reply.json()  # A web page in place of an answer, as from a proxy, raises here and not in the library.
            return reply
        error = refusal(reply.status, reply.body, urlsplit(call.url).path, _values(call.body))
        if isinstance(error, OutOfQuota):
            error.after = self._usage.spent()
        raise error


def _values(body: str | None) -> Iterable[object]:
    """The values a call sent, so that a refusal does not repeat them."""
    try:
        sent = json.loads(body) if body else None
    except ValueError:
        return ()
    return sent.values() if isinstance(sent, dict) else ()
