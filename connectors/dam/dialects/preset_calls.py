"""Calls as a preset describes them: an address with a fixed host, and what proves to the vendor that it is us."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit

from connectors.dam.client import client_of
from connectors.dam.dialects.preset import Preset
from connectors.dam.settings import DamSettings
from hub.sdk import Connection, NeedsPermission, RateLimited, Reply, TargetGone, Unavailable

TOKEN = re.compile(r"\{([a-z_]+)\}")
CREDENTIALS = "Check client_id and client_secret, and what the vendor lets them do."
_ACCOUNT_HOST = re.compile(r"[a-z0-9-]{1,63}", re.ASCII)
_MEMORY = "dam.preset.token"


def fill(url: str, settings: DamSettings, values: Mapping[str, str]) -> str:
    """An address. Settings and ids are escaped; a query parameter whose value turns out empty is left out."""
    known = {"host": settings.host, "account": settings.account, "delivery_host": settings.delivery_host, **values}
    parts = urlsplit(url)
    path = TOKEN.sub(lambda one: _part(known[one[1]]), parts.path)
    host = TOKEN.sub(lambda one: known[one[1]], parts.netloc)
    pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
    query = [
        (name, TOKEN.sub(lambda one: known[one[1]], value))
        for name, _, value in pairs
        if not TOKEN.fullmatch(value) or known[value[1:-1]]
    ]
    return f"https://{host}{path}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")


def _part(value: str) -> str:
    """A value as one part of a path.

    Raises:
        TargetGone: it is one that leads elsewhere, so there is nothing of that name.
    """
    if value in (".", ".."):
        raise TargetGone("The asset is gone from the DAM, or Inlay's account may not see it.")
    return quote(value, safe="")


def hosts(preset: Preset, settings: DamSettings) -> frozenset[str]:
    """Every host the preset calls under these settings."""
    urls = [one.url for one in (preset.fetch, preset.write, preset.list, preset.probe) if one]
    urls += [preset.auth.token_url] if preset.auth.token_url and settings.client_id else []
    if preset.picture:
        urls += [preset.picture.url] if preset.picture.url else [f"https://{one}" for one in preset.picture.hosts]
    return frozenset(host_of(url, settings) for url in urls if url) - {""}


def host_of(url: str, settings: DamSettings) -> str:
    """The host of an address of the preset; empty where it is a setting nobody filled in."""
    return TOKEN.sub(lambda one: str(getattr(settings, one[1])), urlsplit(url).netloc)


def check(preset: Preset, settings: DamSettings) -> None:
    """
    Raises:
        ValueError: the account's name stands in an address and is no name there.
    """
    hosts = [urlsplit(url).netloc for _, url, _ in preset.urls()]
    if any("{account}" in host for host in hosts) and not _ACCOUNT_HOST.fullmatch(settings.account):
        raise ValueError("account is part of an address here: write the name before the first dot, nothing else")


def call(
    preset: Preset,
    connection: Connection,
    method: str,
    url: str,
    headers: Mapping[str, str],
    content: bytes | None = None,
) -> Reply:
    """A call that proves itself; once more with a new token where the old one is no longer taken."""
    client = client_of(connection)
    sent = {**headers, **proven(preset, connection)}
    try:
        try:
            return client.call(method, url, headers=sent, body=content)
        except NeedsPermission:
            if not connection.memory.pop(_MEMORY, None):
                raise
            return client.call(method, url, headers={**headers, **proven(preset, connection)}, body=content)
    except RateLimited as busy:
        busy.after = busy.after or preset.cool_off or None
        raise


def proven(preset: Preset, connection: Connection) -> dict[str, str]:
    settings: DamSettings = connection.settings
    if settings.client_secret is None:
        return {}
    token = settings.client_secret.reveal()
    if preset.auth.token_url and settings.client_id:
        token = _fetched(preset, connection, token)
    return {preset.auth.header: f"{preset.auth.prefix}{token}"}


def _fetched(preset: Preset, connection: Connection, secret: str) -> str:
    """The token of OAuth 2.0 client credentials, kept until a minute before it expires."""
    with connection.memory.setdefault(f"{_MEMORY}.lock", threading.Lock()):
        kept = connection.memory.get(_MEMORY)
        if kept and kept[1] > time.monotonic():
            return kept[0]
        settings: DamSettings = connection.settings
        asked = {"grant_type": "client_credentials", "client_id": settings.client_id, "client_secret": secret}
        asked |= {"scope": preset.auth.scope} if preset.auth.scope else {}
        reply = client_of(connection).raw(
            "POST",
            fill(preset.auth.token_url, settings, {}),
            headers={"content-type": "application/x-www-form-urlencoded"},
            body=urlencode(asked).encode(),
        )
        if reply.status == 429 or reply.status >= 500:
            raise Unavailable(f"The sign-in of {preset.title} answers {reply.status}.")
        found = reply.json() if reply.status == 200 else None
        token = found.get("access_token") if isinstance(found, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise NeedsPermission(
                f"{preset.title} gives Inlay's account no token.", instead=CREDENTIALS, who="an admin"
            )
        lasts = found.get("expires_in") if isinstance(found, dict) else None
        seconds_left = float(lasts) if isinstance(lasts, int | float) and 0 < lasts < 1e7 else 300.0
        connection.memory[_MEMORY] = (token, time.monotonic() + max(seconds_left - 60, seconds_left / 2))
        return token
