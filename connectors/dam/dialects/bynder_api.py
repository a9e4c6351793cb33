"""Calls of a Bynder portal: signed in by client credentials, stopped as a whole while Bynder blocks the address.

Sources: Bynder's API documentation (OAuth 2.0, "Retrieve assets", "Modify asset", rate limits). How a portal words its
refusals was not seen; a status is all that is gone by.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from connectors.dam.client import client_of, refusal, renewing
from connectors.dam.settings import DamSettings
from hub.sdk import Connection, NeedsPermission, OutOfQuota, Reply, Secret, Unavailable, VendorRefused

SCOPES = "asset:read asset:write meta.assetbank:read"
#: Beyond 4,500 calls in five minutes Bynder blocks the address, and each further call makes the block longer.
BLOCKED = 300.0
#: Seconds before its end at which a token is renewed.
EARLY = 60.0
_MEMORY = "dam.bynder"
_TOKEN = re.compile(r"[!-~]{1,10000}", re.ASCII)
_FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}


def portal(connection: Connection) -> Portal:
    """The connection's portal, made when it is first asked for."""
    kept = connection.memory.get(_MEMORY)
    return kept if kept is not None else connection.memory.setdefault(_MEMORY, Portal(connection))


@dataclass(slots=True)
class Portal:
    """One portal. Threads share one token, and one of them fetches it."""

    connection: Connection = field(repr=False)
    clock: Callable[[], float] = time.monotonic
    _token: Secret | None = field(default=None, repr=False)
    _until: float = 0.0
    _blocked: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, path: str, **query: str | int) -> Any:
        """The JSON of a GET below ``/api/v4``.

        Raises:
            NeedsPermission, TargetGone, TryLater, VendorRefused.
        """
        return self._call("GET", f"{path}?{urlencode(query)}" if query else path).json()

    def post(self, path: str, form: Mapping[str, str]) -> None:
        """A form to a path below ``/api/v4``. Bynder answers 202: it took note, and does it a moment later."""
        self._call("POST", path, urlencode(form))

    def sign_in(self) -> None:
        """Sign in anew.

        Raises:
            NeedsPermission, TryLater, VendorRefused.
        """
        self._bearer(renew=True)

    def _call(self, method: str, path: str, form: str | None = None) -> Reply:
        url = f"https://{self._settings.host}/api/v4/{path}"
        # A token can be withdrawn before its time.
        reply = renewing(
            self._bearer(),
            lambda ended: self._bearer(ended=ended),
            lambda token: self._send(method, url, form, token),
        )
        if reply.status >= 400:
            raise refusal(reply, self._settings.host)
        return reply

    def _send(self, method: str, url: str, form: str | None, token: Secret | None) -> Reply:
        if self.clock() < self._blocked:
            raise _over(self._blocked - self.clock())
        headers = dict(_FORM) if form is not None else {"accept": "application/json"}
        if token is not None:
            headers["authorization"] = f"Bearer {token.reveal()}"
        reply = client_of(self.connection).raw(method, url, headers=headers, body=form)
        if reply.status == 429:
            self._blocked = self.clock() + BLOCKED
            raise _over(BLOCKED)
        return reply

    def _bearer(self, *, ended: Secret | None = None, renew: bool = False) -> Secret:
        with self._lock:
            if self._token is None or renew or ended == self._token or self.clock() >= self._until:
                self._token = None
                self._token, self._until = self._fetched()
            return self._token

    def _fetched(self) -> tuple[Secret, float]:
        settings = self._settings
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret.reveal() if settings.client_secret else "",
            "scope": SCOPES,
        }
        url = f"https://{settings.host}/v6/authentication/oauth2/token"
        reply = self._send("POST", url, urlencode(form), None)
        if reply.status >= 500:
            raise refusal(reply, settings.host)
        if reply.status != 200:
            raise NeedsPermission(
                "The Bynder portal does not accept client_id and client_secret.",
                instead="Make an OAuth app of the type client credentials with the scopes "
                f"{SCOPES}, and copy both anew (Portal settings, OAuth Apps).",
                who="an admin of the Bynder portal",
            )
        try:
            told = json.loads(reply.body)
        except ValueError:
            told = None
        secret = told.get("access_token") if isinstance(told, dict) else None
        if not isinstance(told, dict) or not isinstance(secret, str) or not _TOKEN.fullmatch(secret):
            raise Unavailable("Bynder answered the sign-in with something that is no token.")
        lasts = told.get("expires_in")
        seconds = float(lasts) if isinstance(lasts, int) and not isinstance(lasts, bool) and lasts > 0 else 600.0
        return Secret(secret), self.clock() + max(min(seconds, 86_400.0) - EARLY, seconds / 2)

    @property
    def _settings(self) -> DamSettings:
        return self.connection.settings


def unreadable() -> VendorRefused:
    """The error for an answer that is not what Bynder documents."""
    return VendorRefused("Bynder answered with something that is no asset.", who="an admin")


def _over(seconds: float) -> OutOfQuota:
    return OutOfQuota(
        "Bynder takes no more calls from this address for some minutes.",
        after=max(1.0, seconds),
        why="It allows 4,500 calls in five minutes, and each call meanwhile makes the block longer.",
        instead="It goes on by itself.",
    )
