"""The only file that goes out: calls of one account, over the guarded HTTP client, with refusals in the hub's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from connectors.dam.settings import DamSettings
from hub.sdk import (
    Conflict,
    Connection,
    InlayError,
    NeedsPermission,
    RateLimited,
    Reply,
    TargetGone,
    Unavailable,
    VendorRefused,
)

#: How many tokens one call may find ended. Two: another thread's sign-in can be withdrawn while this one asks again.
RENEWALS = 2
Token = TypeVar("Token")
_MEMORY = "dam.client"


def client_of(connection: Connection) -> Client:
    """The connection's one client, made when it is first asked for."""
    kept = connection.memory.get(_MEMORY)
    return kept if kept is not None else connection.memory.setdefault(_MEMORY, Client(connection))


class Client:
    """Calls of one account. Safe to share between threads; addresses come from settings and ids, never from bodies.

    In a sandbox every address leads to the stand-in: the vendor's host becomes the first part of the path.
    """

    def __init__(self, connection: Connection) -> None:
        self.settings: DamSettings = connection.settings
        self._send = connection.http.request

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
        json_body: Any = None,
        timeout: float | None = None,
    ) -> Reply:
        """An answer of 2xx or 3xx. ``url`` is the vendor's own, with its real host.

        Raises:
            NeedsPermission: 401 or 403. TargetGone: 404 or 410. Conflict: 409, 412 or 428. RateLimited: 429.
            Unavailable: 5xx, or no answer. VendorRefused: any other. None of them quotes the answer.
        """
        reply = self.raw(method, url, headers=headers, body=body, json_body=json_body, timeout=timeout)
        if reply.status >= 400:
            raise refusal(reply, urlsplit(url).hostname or "")
        return reply

    def raw(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
        json_body: Any = None,
        timeout: float | None = None,
    ) -> Reply:
        """The answer, whatever its status."""
        return self._send(method, self._where(url), headers=headers, body=body, json_body=json_body, timeout=timeout)

    def _where(self, url: str) -> str:
        if not self.settings.sandbox_root:
            return url
        parts, root = urlsplit(url), urlsplit(self.settings.sandbox_root)
        return urlunsplit((root.scheme, root.netloc, f"/{parts.netloc}{parts.path}", parts.query, ""))


def renewing(token: Token, renew: Callable[[Token], Token], send: Callable[[Token], Reply]) -> Reply:
    """The answer to ``send``, sent again with a new token while it is 401: what was refused so had no effect."""
    reply = send(token)
    for _ in range(RENEWALS):
        if reply.status != 401:
            break
        token = renew(token)
        reply = send(token)
    return reply


def refusal(reply: Reply, host: str) -> InlayError:
    """The hub's error for a refusal."""
    status = reply.status
    after = _seconds(reply.headers.get("retry-after", ""))
    if status in (401, 403):
        return NeedsPermission(
            f"{host} refuses Inlay's account ({status}).",
            instead="`inlay doctor` says which permission is missing.",
            who="an admin",
        )
    if status in (404, 410):
        return TargetGone("The asset is gone from the DAM, or Inlay's account may not see it.")
    if status in (409, 412, 428):
        return Conflict("The asset was changed while Inlay worked on it.")
    if status == 429:
        return RateLimited(f"{host} takes no more calls for the moment.", after=after)
    if status >= 500:
        return Unavailable(f"{host} answers {status}.")
    return VendorRefused(f"{host} refuses the call ({status}).", who="an admin")


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
