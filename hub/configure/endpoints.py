"""The webhooks section of a hub.yaml: where the hub's own events are sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from hub.configure.changes import Change, Hidden, change, unknown
from hub.configure.declared import WebhookPart
from hub.configure.reading import Source, is_reference
from hub.configure.standing import Standing
from hub.errors import BadRequest
from hub.pipeline.channel import ADDRESS, SLACK
from hub.pipeline.webhook_events import EVENTS, key
from hub.sdk.http import is_public
from hub.store import endpoints
from hub.store.endpoints import Endpoint

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def endpoints_in(source: Source, now: Standing) -> Iterator[Change]:
    known_teams = {*now.teams, *source.declared.teams}
    for name, part in source.declared.webhooks.items():
        path = ("webhooks", name)
        if part.team is not None and part.team not in known_teams:
            raise source.wrong(((*path, "team"), unknown("team", known_teams)))
        for event in part.events:
            if event not in EVENTS:
                raise source.wrong(((*path, "events"), f"'{event}': {unknown('event', EVENTS)}"))
        url, secrets = _address(source, name, part), _secrets(source, name, part)
        if problem := _wrong(url, part.private):
            raise source.wrong(((*path, "url"), problem))
        if part.format == SLACK:
            # Whoever knows the address can post: it is sealed, and its host is all that is shown.
            secrets, url = {ADDRESS: url}, _origin(url)
        known = now.endpoints.get(name)
        wanted: dict[str, Any] = {"url": url, "format": part.format, "events": list(part.events), "team": part.team}
        wanted |= {"private": part.private, "state": "on" if part.enabled else "off"}
        have: dict[str, Any] = {}
        if known is not None:
            # One that was given up is switched on again by the command for it, not by applying the same file twice.
            state = "on" if known.state in ("failing", "gone") else known.state
            have = {"url": known.url, "format": known.format, "events": list(known.events), "team": known.team}
            have |= {"private": known.private, "state": state}
            old = now.opened(known.secrets)
            have |= {one: Hidden(value.reveal()) for one, value in (old or {}).items()}
        wanted |= {one: Hidden(value) for one, value in secrets.items()}
        made = Endpoint(
            name=name,
            url=url,
            format=part.format,
            events=part.events,
            team=part.team,
            secrets=now.hub.vault.seal(secrets),
            private=part.private,
            state="on" if part.enabled else "off",
        )
        said = {"events": ", ".join, "url": lambda value: value.partition("?")[0]}
        yield change(f"webhook {name}", have, wanted, lambda tx, made=made: endpoints.put(tx, made), said)


def _address(source: Source, name: str, part: WebhookPart) -> str:
    """Where it goes, or what a reference names. A channel's address is a secret, and only named here."""
    at = ("webhooks", name, "url")
    if part.format == SLACK and not is_reference(part.url):
        raise source.wrong((at, "a channel's address is a secret: name it as $env:NAME or $file:PATH"))
    try:
        return str(source.resolve(part.url)).strip()
    except BadRequest as error:
        raise source.wrong((at, error.what)) from None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _wrong(url: str, private: bool) -> str:
    """What is wrong with the address, empty when nothing is. Where a name leads is looked at before each call."""
    try:
        to = urlsplit(url)
        _ = to.port
    except ValueError:
        return "this is no web address"
    host = to.hostname or ""
    if to.scheme != "https" and not (to.scheme == "http" and host in _LOOPBACK):
        return "write an https address"
    if not host or "@" in to.netloc:
        return "write a whole address, without a name or password in it"
    try:
        public = host != "localhost" and is_public(host)
    except ValueError:
        public = True
    return "" if public or private else "this is in a private network: if that is meant, add private: true"


def _secrets(source: Source, name: str, part: WebhookPart) -> dict[str, str]:
    found: dict[str, str] = {}
    for which in ("secret", "secret_previous"):
        given = getattr(part, which)
        if given is None:
            continue
        at = ("webhooks", name, which)
        if not is_reference(given):
            raise source.wrong((at, "a secret is not written here: name it as $env:NAME or $file:PATH"))
        try:
            value = str(source.resolve(given))
            key(value)
        except BadRequest as error:
            raise source.wrong((at, error.what)) from None
        except ValueError:
            raise source.wrong((at, "it is written as whsec_ and 24 to 64 random bytes in base64")) from None
        found[which] = value
    return found
