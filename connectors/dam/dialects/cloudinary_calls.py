"""Calls of Cloudinary's Admin, Upload and notifications APIs, with its refusals in the hub's words."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

from connectors.dam.client import client_of, refusal
from connectors.dam.settings import DamSettings
from hub.sdk import Connection, OutOfQuota, Reply, Unavailable

API, DELIVERY = "api.cloudinary.com", "res.cloudinary.com"
#: The data centers outside the US have an API host of their own (Admin API, "EU or AP data centers").
REGIONAL = re.compile(r"api(-[a-z]{2,6})?\.cloudinary\.com", re.ASCII)
_HOUR = 3600.0


def admin(
    connection: Connection,
    method: str,
    path: str,
    *,
    query: Sequence[tuple[str, str]] = (),
    json_body: Any = None,
    form: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """A call of the Admin API, or of the Upload API, which has the same address and sign-in and no limit.

    Raises:
        OutOfQuota: the hour's Admin calls are used up; it says when they come back. And what ``Client.call`` raises.
    """
    return _object(reply(connection, method, f"v1_1/{_cloud(connection)}/{path}", query, json_body, form))


def notifications(connection: Connection, method: str, path: str, **more: Any) -> dict[str, Any]:
    """A call of the API that keeps notifications for those who ask (SDK 1.46, ``api.notifications``)."""
    where = f"v2/notifications/{_cloud(connection)}/{path}"
    return _object(reply(connection, method, where, more.get("query", ()), more.get("json_body"), ()))


def reply(
    connection: Connection,
    method: str,
    path: str,
    query: Sequence[tuple[str, str]] = (),
    json_body: Any = None,
    form: Sequence[tuple[str, str]] = (),
) -> Reply:
    """The answer itself, for those who read its headers."""
    settings: DamSettings = connection.settings
    host = settings.host or API
    url = f"https://{host}/{path}" + (f"?{urlencode(query)}" if query else "")
    headers = {"authorization": _basic(settings)}
    body = urlencode(form, errors="replace").encode() if form else None
    if form:
        headers["content-type"] = "application/x-www-form-urlencoded"
    found = client_of(connection).raw(method, url, headers=headers, body=body, json_body=json_body)
    if found.status == 420 or (found.status == 429 and found.headers.get("x-featureratelimit-remaining") == "0"):
        raise OutOfQuota(
            "Cloudinary takes no more calls of this account for now.",
            after=_until_reset(found),
            why="A plan has so many Admin API calls an hour, for everybody who uses the account.",
        )
    if found.status >= 400:
        raise refusal(found, host)
    return found


def _cloud(connection: Connection) -> str:
    return quote(connection.settings.account, safe="")


def _basic(settings: DamSettings) -> str:
    secret = settings.client_secret.reveal() if settings.client_secret else ""
    return "Basic " + base64.b64encode(f"{settings.client_id}:{secret}".encode()).decode()


def _object(found: Reply) -> dict[str, Any]:
    value = found.json()
    if not isinstance(value, dict):
        raise Unavailable("Cloudinary answered something else than its documents say.")
    return value


def _until_reset(found: Reply) -> float:
    """Seconds from the answer's own date to the time the allowance comes back, at most an hour."""
    try:
        reset = parsedate_to_datetime(found.headers["x-featureratelimit-reset"])
        now = parsedate_to_datetime(found.headers["date"])
        return min(_HOUR, max(1.0, (reset - now).total_seconds()))
    except (KeyError, ValueError, TypeError):
        return 60.0


def objects(answer: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects of a list in an answer."""
    found = answer.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
