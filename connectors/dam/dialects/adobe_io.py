"""Adobe I/O Events, the way events of AEM come: the challenge of a new address, the signatures, and whose event it is.

Facts are from AdobeDocs/adobe-io-events (guides/index.md, guides/api) unless a line says otherwise. Two pairs of
signature and key come with every delivery, so that Adobe can change keys; one that verifies is enough. Nothing in the
headers is signed. The body names who it is for, in each event.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from connectors.dam import strict_json
from connectors.dam.dialects.adobe_keys import Keys, keys_of
from connectors.dam.proof import fresh, header, unproven
from hub.sdk import BadRequest, Connection, Inbound, InboundAnswer, Unavailable, Unverified

log = structlog.get_logger("inlay.dam")

#: A batch is two million bytes and twenty events at most.
LARGEST, MOST = 2_100_000, 20
#: Adobe sends again for a day and keeps a journal for a week. Whatever is older was kept by somebody else.
OLDEST = 8 * 86_400.0
#: A hub whose clock is behind must lose nothing: Adobe never repeats what was answered with 401.
AHEAD = 86_400.0
#: How far an answer reflects what a stranger asks.
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{1,256}", re.ASCII)
_VALIDATE = "https://csm.adobe.io/csm/registrations/validate?"
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,12})?)(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
_PAIRS = (
    ("x-adobe-digital-signature-1", "x-adobe-public-key1-path"),
    ("x-adobe-digital-signature-2", "x-adobe-public-key2-path"),
)
#: The old names are no CloudEvents attributes; Adobe removes them by the end of 2026, and its SDKs read only those.
_RECIPIENT = ("recipientclientid", "recipient_client_id")
_ID = ("eventid", "event_id")


@dataclass(frozen=True, slots=True)
class Pair:
    """One signature, and the path of the key that made it."""

    path: str
    signature: bytes


def handshake(request: Inbound) -> InboundAnswer | None:
    """The answer to Adobe's question whether the address is ours, None when nothing is asked.

    Adobe asks by ``GET ?challenge=``. An address that answers otherwise gets a POST with a ``validationUrl`` somebody
    has to open within five minutes. It is not signed: opening it would be a call to wherever a stranger wants one.

    Raises:
        Unverified: the challenge is none of Adobe's.
    """
    if request.method == "GET" and "challenge" in request.query:
        challenge = request.query["challenge"]
        if not _CHALLENGE.fullmatch(challenge):
            raise unproven("challenge")
        return InboundAnswer(body=challenge.encode(), content_type="text/plain; charset=utf-8")
    if request.method == "POST" and _asks_to_open(request):
        log.warning("Adobe wants a validation URL opened; nothing is, as the address answers challenges by itself")
        text = (
            "This address proves itself by answering GET ?challenge=. Inlay opens no validation URL. "
            "In the Adobe Developer Console, edit the registration and save it: Adobe then asks again.\n"
        )
        return InboundAnswer(body=text.encode(), content_type="text/plain; charset=utf-8")
    return None


def prepare(connection: Connection, client_id: str, request: Inbound) -> None:
    """Have the key at hand that ``verify`` needs. Only a body that names this account makes the hub ask for one.

    Raises:
        Unavailable: a key cannot be had now. Adobe sends again on 503, and never again on 401.
    """
    keys = keys_of(connection)
    pairs = list(_pairs(request, keys))
    if not pairs or _signed(pairs, request.body, keys):
        return
    try:
        addressed(request.body, client_id)
    except Unverified:
        return
    trouble: Unavailable | None = None
    for pair in pairs:
        try:
            keys.learn(pair.path)
        except Unavailable as error:
            trouble = error
            continue
        if keys.verifies(pair.path, pair.signature, request.body):
            return
    if trouble is not None:
        raise trouble


def verify(connection: Connection, client_id: str, request: Inbound, now: float) -> None:
    """
    Raises:
        Unverified: and nothing else, whatever arrives.
    """
    for event in proven(keys_of(connection), client_id, request):
        at = when(event.get("time"))
        if at is None:
            raise unproven("time")
        fresh(at, now, past=OLDEST, future=AHEAD)


def proven(keys: Keys, client_id: str, request: Inbound) -> list[dict[str, Any]]:
    """The events of a delivery that Adobe signed, all of them for this account. No key is fetched.

    Raises:
        Unverified: and nothing else, whatever arrives.
    """
    if not _signed(_pairs(request, keys), request.body, keys):
        raise unproven("signature")
    return addressed(request.body, client_id)


def addressed(body: bytes, client_id: str) -> list[dict[str, Any]]:
    """The events of a body, if each names this account and nobody else.

    Raises:
        Unverified: one does not.
    """
    try:
        events = read(body)
    except BadRequest:
        raise unproven("body") from None
    for event in events:
        named = [event[name] for name in _RECIPIENT if name in event]
        if not named or any(one != client_id for one in named):
            raise unproven("recipient")
    return events


def read(body: bytes) -> list[dict[str, Any]]:
    """The events of a body: one, or a batch.

    Raises:
        BadRequest: it is neither.
    """
    if len(body) > LARGEST:
        raise strict_json.bad("it is larger than a batch of Adobe's")
    found = strict_json.read(body)
    events = found if isinstance(found, list) else [found]
    if not 1 <= len(events) <= MOST or not all(isinstance(one, dict) for one in events):
        raise strict_json.bad("it is no event, and no batch of one to twenty")
    return events


def event_id(event: Mapping[str, Any]) -> str:
    """What stays the same however often Adobe sends an event. Its ``id`` is AEM's, and another.

    Raises:
        BadRequest: it has none.
    """
    for name in _ID:
        if found := strict_json.text(event.get(name)):
            return found
    raise strict_json.bad("it has no eventid")


def when(written: object) -> float | None:
    """A time as RFC 3339 has it, to the nanosecond or not, in Unix seconds; None for anything else."""
    hit = _TIME.fullmatch(written) if isinstance(written, str) else None
    if hit is None:
        return None
    try:
        return datetime.fromisoformat(hit[1] + hit[2].replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError):
        return None


def _pairs(request: Inbound, keys: Keys) -> Iterator[Pair]:
    """The pairs that can be a proof: those with a path like Adobe's. Adobe sends both; with one missing there is none,
    as its own verifier has it."""
    if not all(request.headers.get(name) for pair in _PAIRS for name in pair):
        return
    for signature, path in _PAIRS:
        try:
            named, made = header(request, path, 200), header(request, signature, 2000)
            if keys.paths.fullmatch(named):
                yield Pair(named, base64.b64decode(made, validate=True))
        except (Unverified, binascii.Error):
            continue


def _signed(pairs: Iterator[Pair] | list[Pair], body: bytes, keys: Keys) -> bool:
    return any(keys.verifies(pair.path, pair.signature, body) for pair in pairs)


def _asks_to_open(request: Inbound) -> bool:
    if len(request.body) > 4_000 or any(name in request.headers for pair in _PAIRS for name in pair):
        return False
    try:
        found = strict_json.read(request.body)
    except BadRequest:
        return False
    asked = found.get("validationUrl") if isinstance(found, dict) and len(found) == 1 else None
    return isinstance(asked, str) and asked.startswith(_VALIDATE)
