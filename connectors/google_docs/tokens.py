"""Identity tokens: who is in front of a page of this connector, proven by what Google signed.

The sidebar sends the token that ``ScriptApp.getIdentityToken()`` gives it. The card add-on's calls carry a token of
Google's add-on service in the header and the person's token in the event. Google's pages about what it signs:
developers.google.com/identity/openid-connect/openid-connect,
developers.google.com/workspace/add-ons/guides/alternate-runtimes.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import quote

from connectors.google_docs.client import certificates
from connectors.google_docs.settings import CARD_VIEWS, GoogleDocsSettings
from hub.sdk import (
    BadRequest,
    ConfigurationError,
    Connection,
    Inbound,
    Secret,
    TryLater,
    Unavailable,
    Unverified,
    VendorRefused,
    Visit,
)

ISSUERS = ("accounts.google.com", "https://accounts.google.com")
#: By how many seconds Google's clock and ours may differ.
SKEW = 30
#: Google does not say how long the person's access token in an event still holds: an hour, when it is fresh.
LENT_SECONDS = 50 * 60
#: For how long certificates are kept, whatever Cache-Control says: seconds.
_SHORTEST, _LONGEST = 300.0, 86_400.0
#: After how many seconds certificates are fetched again: for a key nobody knows, and after a failure.
_UNKNOWN_KEY, _FAILURE = 60.0, 5.0
#: A token of Google's takes 1 to 2 thousand characters.
_LONGEST_TOKEN = 16_000


def identify(connection: Connection, request: Inbound, clock: Callable[[], float]) -> Visit:
    """Who is there. ``Unverified.why`` is a code for the log; the person learns none of it.

    Raises:
        Unverified: nobody, or not proven.
        Unavailable: Google's certificates cannot be fetched, so that nothing can be proven.
    """
    here = f"/connect/google_docs/{connection.name}/"
    kind = request.path.removeprefix(here).partition("/")[0] if request.path.startswith(here) else ""
    if kind == "sidebar":
        return _sidebar(connection, request, clock())
    if kind == "cards":
        return _cards(connection, request, clock())
    raise _unproven("no_such_page")


def _sidebar(connection: Connection, request: Inbound, now: float) -> Visit:
    settings: GoogleDocsSettings = connection.settings
    claims = verified(connection, _bearer(request), settings.addon_client_ids, now)
    return Visit(person=_person(settings, claims))


def _cards(connection: Connection, request: Inbound, now: float) -> Visit:
    settings: GoogleDocsSettings = connection.settings
    claims = verified(connection, _bearer(request), audiences(settings, request), now)
    if not settings.addon_service_account or claims.get("email") != settings.addon_service_account:
        raise _unproven("service_account")
    if claims.get("email_verified") is not True:
        raise _unproven("email_verified")
    sent = _authorization(request.body)
    wanted = [settings.addon_oauth_client_id] if settings.addon_oauth_client_id else []
    person = _person(settings, verified(connection, sent.get("userIdToken"), wanted, now))
    token = sent.get("userOAuthToken")
    if not isinstance(token, str) or not token:
        return Visit(person=person)
    return Visit(person=person, token=Secret(token), expires_at=now + LENT_SECONDS)


def audiences(settings: GoogleDocsSettings, request: Inbound) -> list[str]:
    """The addresses a call of Google's add-on service may be meant for: from the settings, never from a header.

    A button for one of a person's teams calls an address with ``?team=``; whether Google signs that part of an address
    too is not documented.
    """
    roots = settings.addon_urls
    plain = [*roots, *(f"{root}/cards/{view}" for root in roots for view in CARD_VIEWS)]
    team = request.query.get("team")
    return [*plain, *(f"{one}?team={quote(team, safe='')}" for one in plain)] if team else plain


def verified(connection: Connection, token: object, audience: Collection[str], now: float) -> dict[str, Any]:
    """The claims of a token that Google signed for one of ``audience``.

    Raises:
        Unverified, Unavailable.
    """
    from google.auth import jwt

    if not isinstance(token, str) or not token or len(token) > _LONGEST_TOKEN:
        raise _unproven("no_token")
    try:
        head, said = jwt.decode_header(token), jwt.decode(token, verify=False)
    except (ValueError, TypeError, RecursionError):
        raise _unproven("malformed") from None
    # google.auth also takes ES256; Google's identity tokens are RS256. "none" and HS256 it never takes.
    key = head.get("kid")
    if head.get("alg") != "RS256" or not isinstance(key, str) or not key:
        raise _unproven("algorithm")
    made, end = said.get("iat"), said.get("exp")
    start = said.get("nbf", made)
    if not (type(made) is int and type(start) is int and type(end) is int):
        raise _unproven("times")
    certificate = _certificates_of(connection).of(key, now)
    if certificate is None:
        raise _unproven("unknown_key")
    try:
        # Times are looked at below, by the hub's own clock; here only the signature counts.
        claims = dict(jwt.decode(token, certs={key: certificate}, clock_skew_in_seconds=10**12))
    except (ValueError, TypeError, RecursionError):
        raise _unproven("signature") from None
    if claims.get("iss") not in ISSUERS:
        raise _unproven("issuer")
    if claims.get("aud") not in tuple(audience):
        raise _unproven("audience")
    if now < max(made, start) - SKEW:
        raise _unproven("not_yet_valid")
    if now > end + SKEW:
        raise _unproven("expired")
    return claims


class Certificates:
    """Google's certificates, fetched when first needed and kept for as long as Google says; one thread fetches."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        #: The certificates and until when they are good: replaced as one, so that it can be read without the lock.
        self._held: tuple[Mapping[str, str], float] = ({}, float("-inf"))
        self._asked_at = self._failed_at = float("-inf")

    def of(self, key: str, now: float) -> str | None:
        """The certificate of a key, or None when Google has no such key.

        Raises:
            Unavailable: they cannot be fetched. The ones kept are then not used beyond their time.
        """
        found = self._kept(key, now)
        if found is None:
            # Whoever asks for keys that do not exist keeps nobody waiting but themselves.
            with self._lock:
                found = self._kept(key, now)
                if found is None and (now >= self._held[1] or now >= self._asked_at + _UNKNOWN_KEY):
                    self.fetch(now)
                    found = self._kept(key, now)
        return found

    def _kept(self, key: str, now: float) -> str | None:
        certificates, good_until = self._held
        return certificates.get(key) if now < good_until else None

    def fetch(self, now: float) -> None:
        """Fetch them now, unless that failed a moment ago."""
        if now < self._failed_at + _FAILURE:
            raise Unavailable(_AWAY)
        self._asked_at = now
        try:
            reply = certificates(self._connection)
            found = reply.json() if reply.status == 200 else None
            if not isinstance(found, dict) or not found or not all(isinstance(one, str) for one in found.values()):
                raise Unavailable(_AWAY)
        except BadRequest:
            # A sandbox stays on this machine: its certificates have to be there too.
            raise ConfigurationError("certs_url of the Google Docs connection is no address it may call.") from None
        except (TryLater, VendorRefused):
            self._failed_at = now
            raise Unavailable(_AWAY) from None
        said = re.search(r"max-age=(\d{1,9})", reply.headers.get("cache-control", ""))
        self._held = (found, now + min(max(float(said[1]) if said else 0.0, _SHORTEST), _LONGEST))


_AWAY = "Google's certificates cannot be fetched, so that nobody can be recognised."


def _certificates_of(connection: Connection) -> Certificates:
    known = connection.memory.get("google_docs.certificates")
    return known or connection.memory.setdefault("google_docs.certificates", Certificates(connection))


def _person(settings: GoogleDocsSettings, claims: Mapping[str, Any]) -> str:
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str) or "@" not in email:
        raise _unproven("email_verified")
    if settings.hosted_domains and claims.get("hd") not in settings.hosted_domains:
        raise _unproven("hosted_domain")
    return email


def _bearer(request: Inbound) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _authorization(body: bytes) -> Mapping[str, Any]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise _unproven("no_event") from None
    sent = event.get("authorizationEventObject") if isinstance(event, dict) else None
    return sent if isinstance(sent, dict) else {}


def _unproven(code: str) -> Unverified:
    return Unverified("The request does not prove who sent it.", why=code)
