"""Who calls the sandbox: registered apps, token requests, sessions, and the org's allowance of calls."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from connectors.salesforce.sandbox_errors import ApiError
from connectors.salesforce.sandbox_rights import Rights

BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LOGIN, TEST = "https://login.salesforce.com", "https://test.salesforce.com"
#: How far ahead an assertion's end may lie.
AHEAD = 300.0
SESSION_SECONDS = 7200.0
DAY = 86_400.0
#: What a developer org may call in 24 hours.
DAILY = 15_000


@dataclass(frozen=True, slots=True)
class User:
    """A user of the org. The record of the same id says who it is."""

    id: str
    username: str
    rights: Rights = field(default_factory=Rights, compare=False, repr=False)


@dataclass(slots=True)
class App:
    """An external client app: a public key for signed assertions, a secret for client credentials, and who approved."""

    key: str
    public_key: RSAPublicKey | None = None
    secret: str = field(default="", repr=False)
    run_as: str = ""
    approved: set[str] = field(default_factory=set)


class BadGrant(Exception):
    """A token request that is refused: (OAuth error code, description)."""


class Accounts:
    """The apps, users and sessions of one org, and how many calls it has used."""

    def __init__(
        self, organization: str, domain: str, *, is_sandbox: bool = False, clock: Callable[[], float] = time.time
    ) -> None:
        self.organization = organization
        self.domain = domain
        self.audience = TEST if is_sandbox else LOGIN
        self.session_seconds = SESSION_SECONDS
        self.daily = DAILY
        #: How many calls may run at once; None is any number. Salesforce counts calls of over 20 seconds only.
        self.concurrent: int | None = None
        self._clock = clock
        self._lock = threading.Lock()
        self._apps: dict[str, App] = {}
        self._users: dict[str, User] = {}
        self._sessions: dict[str, tuple[User, float]] = {}
        self._used: deque[float] = deque()
        self._running = 0

    def add_user(self, user: User) -> User:
        with self._lock:
            self._users[user.username.lower()] = user
        return user

    def user(self, username: str) -> User:
        """A user by name.

        Raises:
            KeyError: there is none.
        """
        return self._users[username.lower()]

    def register(
        self,
        key: str,
        *,
        public_key: str | None = None,
        secret: str = "",
        run_as: str = "",
        approved: tuple[str, ...] = (),
    ) -> None:
        """Make an app known.

        Args:
            key: its consumer key.
            public_key: PEM of the public key or the certificate that assertions are checked with.
            secret: lets it use client credentials, as the user ``run_as``.
            approved: usernames it may act for.

        Raises:
            ValueError: the PEM holds no RSA public key.
        """
        parsed = None if public_key is None else _public_key(public_key)
        names = {name.lower() for name in approved}
        with self._lock:
            self._apps[key] = App(key, parsed, secret, run_as, names)

    def revoke_approval(self, key: str, username: str) -> None:
        """Take a user's approval of an app back."""
        with self._lock:
            self._apps[key].approved.discard(username.lower())

    def session(self, username: str, seconds: float | None = None) -> str:
        """A new access token of a user.

        Raises:
            KeyError: there is no such user.
        """
        token = f"{self.organization[:15]}!AQ{secrets.token_urlsafe(48).replace('-', '.')}"
        until = self._clock() + (self.session_seconds if seconds is None else seconds)
        with self._lock:
            self._sessions[token] = (self._users[username.lower()], until)
        return token

    def expire_all(self) -> None:
        """End every session."""
        with self._lock:
            self._sessions.clear()

    def revoke(self, token: str) -> bool:
        """End one session; False when there is none."""
        with self._lock:
            return self._sessions.pop(token, None) is not None

    def who(self, authorization: str | None) -> User:
        """The user behind an ``Authorization`` header.

        Raises:
            ApiError: there is no session (401).
        """
        scheme, _, token = (authorization or "").partition(" ")
        with self._lock:
            found = self._sessions.get(token.strip()) if scheme.lower() in ("bearer", "oauth") else None
        if found is None or found[1] <= self._clock():
            raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        return found[0]

    def begin(self) -> None:
        """Count a call in.

        Raises:
            ApiError: the day's calls are used up, or too many run at once (403).
        """
        now = self._clock()
        with self._lock:
            self._forget(now)
            if len(self._used) >= self.daily:
                raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
            if self.concurrent is not None and self._running >= self.concurrent:
                said = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
                raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", said)
            self._used.append(now)
            self._running += 1

    def end(self) -> None:
        """Count a call out."""
        with self._lock:
            self._running -= 1

    @property
    def used(self) -> int:
        """Calls in the last 24 hours."""
        with self._lock:
            self._forget(self._clock())
            return len(self._used)

    def use(self, calls: int) -> None:
        """Let another program of the org make calls; a negative number gives some back."""
        now = self._clock()
        with self._lock:
            for _ in range(-calls):
                if self._used:
                    self._used.popleft()
            self._used.extend([now] * max(0, calls))

    def reset(self) -> None:
        """Forget the calls of the last 24 hours."""
        with self._lock:
            self._used.clear()

    def _forget(self, now: float) -> None:
        while self._used and self._used[0] <= now - DAY:
            self._used.popleft()

    def grant(self, form: Mapping[str, str], basic: tuple[str, str] | None = None) -> dict[str, Any]:
        """The answer to a token request.

        Raises:
            BadGrant: it proves nobody.
        """
        kind = form.get("grant_type")
        if kind == BEARER:
            user = self._asserted(form.get("assertion", ""))
        elif kind == "client_credentials":
            user = self._credentials(*(basic or (form.get("client_id", ""), form.get("client_secret", ""))))
        else:
            raise BadGrant("unsupported_grant_type", "grant type not supported")
        return {
            "access_token": self.session(user.username),
            "scope": "api id",
            "instance_url": f"https://{self.domain}",
            "id": f"{self.audience}/id/{self.organization}/{user.id}",
            "token_type": "Bearer",
        }

    def _app(self, key: str) -> App:
        with self._lock:
            app = self._apps.get(key)
        if app is None:
            raise BadGrant("invalid_client_id", "client identifier invalid")
        return app

    def _asserted(self, assertion: str) -> User:
        head, claims, signature = _read(assertion)
        app = self._app(str(claims.get("iss", "")))
        if head.get("alg") != "RS256" or app.public_key is None:
            raise BadGrant("invalid_grant", "invalid assertion")
        try:
            app.public_key.verify(signature, assertion.rpartition(".")[0].encode(), PKCS1v15(), SHA256())
        except InvalidSignature:
            raise BadGrant("invalid_grant", "invalid assertion") from None
        audience, now = claims.get("aud"), self._clock()
        # A list is refused, as the connector of Salesforce's own Data Cloud had to learn.
        if not isinstance(audience, str) or audience not in (self.audience, f"https://{self.domain}"):
            raise BadGrant("invalid_grant", "audience is invalid")
        try:
            ends = float(claims["exp"])
        except (KeyError, TypeError, ValueError):
            raise BadGrant("invalid_grant", "invalid assertion") from None
        if ends <= now:
            raise BadGrant("invalid_grant", "expired assertion")
        if not ends <= now + AHEAD:
            raise BadGrant("invalid_grant", "invalid assertion")
        return self._acts_for(app, str(claims.get("sub", "")))

    def _credentials(self, key: str, secret: str) -> User:
        app = self._app(key)
        if not app.secret or not hmac.compare_digest(app.secret.encode(), secret.encode()):
            raise BadGrant("invalid_client", "invalid client credentials")
        with self._lock:
            user = self._users.get(app.run_as.lower())
        if user is None:
            raise BadGrant("invalid_grant", "no client credentials user enabled")
        return user

    def _acts_for(self, app: App, username: str) -> User:
        with self._lock:
            user = self._users.get(username.lower())
            if user is None or username.lower() not in app.approved:
                raise BadGrant("invalid_grant", "user hasn't approved this consumer")
            return user


def _read(assertion: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    try:
        head, body, signature = assertion.split(".")
        header, claims = json.loads(_unbase64(head)), json.loads(_unbase64(body))
        signed = _unbase64(signature)
    except (ValueError, RecursionError, binascii.Error):
        raise BadGrant("invalid_grant", "invalid assertion") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise BadGrant("invalid_grant", "invalid assertion")
    return header, claims, signed


def _public_key(pem: str) -> RSAPublicKey:
    sent = pem.encode()
    key = load_pem_x509_certificate(sent).public_key() if b"CERTIFICATE" in sent else load_pem_public_key(sent)
    if not isinstance(key, RSAPublicKey):
        raise ValueError("an app's key is an RSA public key in PEM form")
    return key


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
