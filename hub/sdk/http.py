"""The only way a plugin goes out: a client that calls configured hosts, with timeouts, no redirects and a size cap."""

from __future__ import annotations

import ipaddress
import json
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx2
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from hub.errors import BadRequest, TryLater, Unavailable, VendorRefused

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS"})
#: A body that keeps coming, a byte now and then, never runs into ``timeout``: after so many of them it is cut off.
PATIENCE = 4
_HEADER = re.compile(r"[\t\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a vendor answered. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            Unavailable: the body is no JSON, as when a proxy answers with a web page.
        """
        try:
            return json.loads(self.body)
        except ValueError:
            kind = self.headers.get("content-type", "nothing")
            raise Unavailable(f"The vendor answered {self.status} with {kind} where JSON was expected.") from None

    def __repr__(self) -> str:
        return f"Reply({self.status}, {len(self.body)} bytes)"


@cache
def _trusted() -> ssl.SSLContext:
    """Whose certificates are believed. Read once: it takes 20 ms, and is the same for every client."""
    return httpx2.create_ssl_context(trust_env=False)


class GuardedHttp:
    """An HTTP client bound to an allow-list.

    Args:
        hosts: the only hosts it calls, as ``host`` (default port of the scheme) or ``host:port``.
        loopback_only: refuse every host that is not this machine, whatever ``hosts`` says.
        public_only: refuse a host with an address of this machine or of a private network. A name that leads elsewhere
            between this look and the call meets a server without its certificate.
        timeout: seconds to connect, and to wait for each read and write; a whole body may take four times as long.
        max_bytes: the largest answer it reads.
        attempts: tries for a method that changes nothing. A method that changes something is sent once: whether to
            send it again only the connector knows.
    """

    def __init__(
        self,
        hosts: Iterable[str],
        *,
        loopback_only: bool = False,
        public_only: bool = False,
        timeout: float = 15.0,
        max_bytes: int = 20_000_000,
        attempts: int = 3,
    ) -> None:
        self.hosts = frozenset(host.lower() for host in hosts)
        self.loopback_only = loopback_only
        self.public_only = public_only
        self.timeout = timeout
        self.max_bytes = max_bytes
        self.attempts = attempts
        # trust_env=False: a proxy variable of the environment must not carry a token to a host nobody configured.
        self._client = httpx2.Client(
            timeout=httpx2.Timeout(timeout, connect=min(5.0, timeout)),
            follow_redirects=False,
            trust_env=False,
            verify=_trusted(),
        )

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
        json_body: Any = None,
        timeout: float | None = None,
    ) -> Reply:
        """One answer, whatever its status.

        Raises:
            BadRequest: the host is not configured or not public, the URL is no plain http(s) URL, or a header holds a
                character that no header can carry.
            Unavailable: no answer: refused, timed out, cut off.
            VendorRefused: the answer is larger than ``max_bytes``, or a redirect.
        """
        method = method.upper()
        self._guard(url)
        if json_body is not None:
            body = json.dumps(json_body).encode()
            headers = {"content-type": "application/json", **(headers or {})}
        if not all(_HEADER.fullmatch(part) for pair in (headers or {}).items() for part in pair):
            raise BadRequest("A header of an outgoing call holds a character that no header can carry.", who="an admin")
        send: Callable[[], Reply] = lambda: self._send(method, url, headers or {}, body, timeout)  # noqa: E731
        if method not in IDEMPOTENT or self.attempts < 2:
            return send()
        return Retrying(
            stop=stop_after_attempt(self.attempts),
            wait=wait_random_exponential(multiplier=0.1, max=2),
            retry=retry_if_exception_type(TryLater),
            reraise=True,
        )(send)

    def close(self) -> None:
        self._client.close()

    def __repr__(self) -> str:
        return f"GuardedHttp({', '.join(sorted(self.hosts))})"

    def _guard(self, url: str) -> None:
        try:
            # Both must take it: an address two parsers read differently could pass as one host and lead to another.
            parts, sent = urlsplit(url), httpx2.URL(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except (ValueError, httpx2.InvalidURL):
            raise BadRequest("An outgoing address is no plain http(s) URL.", who="an admin") from None
        if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or sent.host.lower() != host:
            raise BadRequest("An outgoing address is no plain http(s) URL.", who="an admin")
        named = host if port is None else f"{host}:{port}"
        if named not in self.hosts and not (port in (80, 443) and host in self.hosts):
            raise BadRequest(
                f"This connection does not call {host}.",
                why="The host is not among those the connection's settings name.",
                who="an admin",
            )
        if parts.scheme == "http" and not _is_loopback(host):
            raise BadRequest(f"{host} is called over https only.", who="an admin")
        if self.loopback_only and not _is_loopback(host):
            raise BadRequest(
                f"A sandbox connection does not call {host}.", why="It stays on this machine.", who="an admin"
            )
        if self.public_only and not all(is_public(one) for one in _addresses(host)):
            raise BadRequest(f"{host} is in a private network.", why="Only public hosts are called.", who="an admin")

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | str | None, timeout: float | None
    ) -> Reply:
        host = urlsplit(url).hostname
        options: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
        until = time.monotonic() + PATIENCE * (self.timeout if timeout is None else timeout)
        try:
            with self._client.stream(method, url, headers=dict(headers), content=body, **options) as answer:
                if answer.is_redirect:
                    raise VendorRefused(f"{host} answered with a redirect, which is never followed.")
                received = bytearray()
                for chunk in answer.iter_bytes():
                    received += chunk
                    if len(received) > self.max_bytes:
                        raise VendorRefused(f"{host} answered with more than {self.max_bytes:,} bytes.")
                    if time.monotonic() > until:
                        raise Unavailable(f"{host} began to answer and did not finish in time.")
                return Reply(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, bytes(received))
        except httpx2.TimeoutException:
            raise Unavailable(f"{host} did not answer in time.") from None
        except httpx2.HTTPError as error:
            # The vendor library's message may quote the URL; the type says enough and holds nothing private.
            raise Unavailable(f"{host} cannot be reached ({type(error).__name__}).") from None


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, and none of this machine or of a private network."""
    found = ipaddress.ip_address(address)
    found = getattr(found, "ipv4_mapped", None) or found
    return found.is_global and not found.is_multicast


def _addresses(host: str) -> set[str]:
    """The addresses of a host: itself, where it is one."""
    try:
        return {str(ipaddress.ip_address(host))}
    except ValueError:
        pass
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise Unavailable(f"{host} cannot be found.") from None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
