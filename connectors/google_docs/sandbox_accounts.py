"""Who calls the sandbox: bearer tokens, service-account grants, and the quotas of each account."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

WRITES_PER_MINUTE = 60
READS_PER_MINUTE = 300
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
WRITE_SCOPES = frozenset(f"https://www.googleapis.com/auth/{name}" for name in ("documents", "drive", "drive.file"))
READ_SCOPES = frozenset(f"https://www.googleapis.com/auth/{name}" for name in ("documents.readonly", "drive.readonly"))


@dataclass(frozen=True, slots=True)
class Account:
    """A caller. ``access`` is ``write``, ``comment``, ``read``, ``none`` (a stranger to every document) or ``hidden``
    (sees 404).
    """

    email: str
    access: str = "write"
    until: float | None = None
    scoped: bool = True


class BadGrant(Exception):
    """A token request that is refused: (OAuth error code, description)."""


class Accounts:
    """The tokens of one sandbox. Any non-empty token is an account that may write, unless its beginning says otherwise:
    ``expired``, ``commenter``, ``readonly``, ``stranger`` (403) and ``hidden`` (404)."""

    def __init__(
        self,
        service_accounts: Mapping[str, str] | None = None,
        *,
        quota: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.quota = quota
        self._clock = clock
        self._keys = {email: _public_key(pem) for email, pem in (service_accounts or {}).items()}
        self._lock = threading.Lock()
        self._tokens: dict[str, Account] = {}
        self._calls: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def add(self, token: str, email: str, access: str = "write", seconds: float | None = None) -> None:
        """Make a token known as an account's; ``seconds`` is how long it lives."""
        until = None if seconds is None else self._clock() + seconds
        with self._lock:
            self._tokens[token] = Account(email, access, until)

    def who(self, authorization: str | None) -> Account | None:
        """The account behind an ``Authorization`` header, or None when there is none or its time is over."""
        scheme, _, token = (authorization or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or token.startswith("expired"):
            return None
        with self._lock:
            known = self._tokens.get(token)
        if known is not None:
            return None if known.until is not None and known.until <= self._clock() else known
        access = {"commenter": "comment", "readonly": "read", "stranger": "none", "hidden": "hidden"}
        start = next((start for start in access if token.startswith(start)), "")
        # The address is made from a hash, so that the journal and replies tell accounts apart and never hold a token.
        email = f"{start or 'user'}-{hashlib.sha256(token.encode()).hexdigest()[:10]}@sandbox.example"
        return Account(email, access.get(start, "write"))

    def within_quota(self, account: Account, kind: str) -> bool:
        """Count a ``write`` or ``read`` and say whether it is within a minute's quota. Refused calls count too."""
        if not self.quota:
            return True
        limit = WRITES_PER_MINUTE if kind == "write" else READS_PER_MINUTE
        now = self._clock()
        with self._lock:
            calls = self._calls[account.email, kind]
            while calls and calls[0] <= now - 60:
                calls.popleft()
            calls.append(now)
            return len(calls) <= limit

    def grant(self, form: Mapping[str, str], audiences: frozenset[str]) -> dict[str, Any]:
        """An access token for a service account's signed assertion (RFC 7523, RS256).

        Raises:
            BadGrant: the assertion does not prove a known service account.
        """
        if form.get("grant_type") != GRANT:
            raise BadGrant("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
        claims = self._verify(form.get("assertion", ""))
        now = self._clock()
        try:
            issued, ends = float(claims["iat"]), float(claims["exp"])
        except (KeyError, TypeError, ValueError):
            raise BadGrant("invalid_grant", "Invalid JWT: iat and exp are required.") from None
        if claims.get("aud") not in audiences:
            raise BadGrant("invalid_grant", "Invalid JWT: Failed audience check.")
        if not (issued - 300 <= now < ends and ends - issued <= 3600):
            raise BadGrant(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                "Check your iat and exp values in the JWT claim.",
            )
        scopes = frozenset(str(claims.get("scope", "")).split())
        if not scopes:
            raise BadGrant("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        access = "write" if scopes & WRITE_SCOPES else "read" if scopes & READ_SCOPES else "none"
        token = "ya29.sandbox." + secrets.token_urlsafe(24)
        with self._lock:
            email = str(claims.get("sub") or claims["iss"])
            self._tokens[token] = Account(email, access, now + 3600, scoped=access == "write")
        return {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}

    def _verify(self, assertion: str) -> dict[str, Any]:
        try:
            head, body, signature = assertion.split(".")
            header, claims = json.loads(_unbase64(head)), json.loads(_unbase64(body))
            signed = _unbase64(signature)
        except (ValueError, binascii.Error):
            raise BadGrant("invalid_grant", "Bad Request: the assertion is not a JWT.") from None
        if not isinstance(header, dict) or not isinstance(claims, dict) or header.get("alg") != "RS256":
            raise BadGrant("invalid_grant", "Invalid JWT: RS256 is required.")
        key = self._keys.get(str(claims.get("iss")))
        if key is None:
            raise BadGrant("invalid_grant", "Invalid grant: account not found")
        try:
            key.verify(signed, f"{head}.{body}".encode(), PKCS1v15(), SHA256())
        except InvalidSignature:
            raise BadGrant("invalid_grant", "Invalid JWT Signature.") from None
        return claims


def _public_key(pem: str) -> RSAPublicKey:
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise ValueError("a service account's key is an RSA public key in PEM form")
    return key


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
