"""Signs in at Adobe (IMS) as the project of the Adobe Developer Console: one token for all threads, renewed in time."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode

from connectors.dam.client import client_of
from hub.sdk import Connection, InlayError, NeedsPermission, RateLimited, Reply, Secret, Unavailable, VendorRefused

HOST = "ims-na1.adobelogin.com"
#: What a project with the API "AEM Assets Author" may ask for (Adobe's tutorial "Invoke OpenAPI-based AEM APIs").
SCOPES = "AdobeID,openid,aem.folders,aem.assets.author"
#: Seconds before its end at which a token is renewed, and the longest one is used, whatever was said of it.
EARLY, LONGEST = 600.0, 86_400.0
CONSOLE = "an admin of the Adobe Developer Console"
_MEMORY = "dam.adobe_ims"
_TOKEN = re.compile(r"[!-~]{1,10000}", re.ASCII)


class Token(NamedTuple):
    """An access token, and which sign-in it came from."""

    secret: Secret
    number: int
    until: float


class SignIn:
    """The connection's token. Threads that find none cause one sign-in between them, and share its failure too."""

    def __init__(self, connection: Connection, clock: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._made = 0
        self._failed = 0
        self._failure: InlayError | None = None

    def token(self, ended: Token | None = None) -> Token:
        """A token that works; a new one if the one at hand is the one that ``ended``.

        Raises:
            NeedsPermission, TryLater, VendorRefused.
        """
        failed = self._failed
        with self._lock:
            kept = self._token
            if kept and kept.until > self._clock() and (ended is None or ended.number != kept.number):
                return kept
            if self._failure is not None and self._failed != failed:
                raise self._failure  # Somebody tried in vain while this thread waited for its turn.
            try:
                self._token, self._failure = self._fetch(), None
            except InlayError as error:
                self._token, self._failure = None, error
                self._failed += 1
                raise
            return self._token

    def _fetch(self) -> Token:
        """The secret goes in the body: an address ends up in logs (developer.adobe.com, OAuth server-to-server)."""
        settings = self._connection.settings
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret.reveal() if settings.client_secret else "",
            "scope": SCOPES,
        }
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        reply = client_of(self._connection).raw(
            "POST", f"https://{HOST}/ims/token/v3", headers=headers, body=urlencode(form)
        )
        told = _told(reply)
        if reply.status != 200:
            raise _refusal(reply.status, str(told.get("error") or ""))
        secret, lasts = told.get("access_token"), told.get("expires_in")
        if not isinstance(secret, str) or not _TOKEN.fullmatch(secret):
            raise Unavailable("Adobe answered the sign-in with something that is no token.")
        seconds = float(lasts) if isinstance(lasts, int | float) and not isinstance(lasts, bool) else LONGEST
        # A token that lasts minutes is used for half of them.
        seconds = min(max(seconds, 0.0), LONGEST)
        self._made += 1
        return Token(Secret(secret), self._made, self._clock() + max(seconds - EARLY, seconds / 2))


def sign_in(connection: Connection) -> SignIn:
    """The connection's one sign-in."""
    kept = connection.memory.get(_MEMORY)
    return kept if kept is not None else connection.memory.setdefault(_MEMORY, SignIn(connection))


def _told(reply: Reply) -> dict[str, Any]:
    try:
        told = json.loads(reply.body)
    except ValueError:
        told = None
    return told if isinstance(told, dict) else {}


def _refusal(status: int, code: str) -> InlayError:
    if status == 429:
        return RateLimited("Adobe limits how often this project signs in.", after=60.0)
    if status >= 500 or not code:
        return Unavailable(f"Adobe's sign-in has a failure of its own ({status}).")
    if code in ("invalid_client", "invalid_client_secret", "unauthorized_client", "access_denied"):
        return NeedsPermission(
            "Adobe does not accept client_id and client_secret.",
            instead="Copy both anew from the project's OAuth Server-to-Server credential in the Developer Console.",
            who=CONSOLE,
        )
    if code == "invalid_scope":
        return NeedsPermission(
            "The project in the Adobe Developer Console may not use the AEM Assets Author API.",
            instead="Add the API 'AEM Assets Author API' to the project, with a product profile of the AEM author.",
            who=CONSOLE,
        )
    return VendorRefused(f"Adobe refuses the sign-in ({status}).", who=CONSOLE)
