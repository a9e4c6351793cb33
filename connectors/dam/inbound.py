"""Takes webhooks of every DAM: the dialect proves the sender and reads the body, and work that is asked for is noted.

Only ids are believed. What the hub itself changed starts nothing: not by who did it, not by which fields it was, and in
the end not by the key of the work (``look_up``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence

from connectors.dam.asset import SLOTS, AssetEvent
from connectors.dam.dialects import dialect_of
from connectors.dam.proof import unproven
from connectors.dam.settings import DamSettings
from connectors.dam.strict_json import bad
from hub.sdk import (
    BadRequest,
    Connection,
    Ignored,
    Inbound,
    InboundAnswer,
    InlayError,
    Json,
    Notice,
    Unverified,
    clean_text,
)

#: What a DAM tells of an asset, in the words of this connector. Each dialect maps its vendor's names to them.
EVENTS = (
    "asset.created",
    "asset.ready",
    "asset.updated",
    "metadata.changed",
    "asset.approved",
    "asset.deleted",
)
#: Of these a sender may say which fields changed, and the fields may all be Inlay's.
_ECHOES = frozenset({"metadata.changed", "asset.updated"})
_PLAIN = re.compile(r"[A-Za-z0-9._:/@=+-]{1,120}", re.ASCII)
_LONGEST_KEY = 200


def handshake(connection: Connection, request: Inbound) -> InboundAnswer | None:
    """See ``Connector.handshake``. What breaks a dialect is no handshake: it has to prove itself like any other."""
    if not _readable(connection, request):
        return None
    try:
        return dialect_of(connection.settings).handshake(connection, request)
    except InlayError:
        raise
    except Exception:
        return None


def prepare(connection: Connection, request: Inbound) -> None:
    """See ``Connector.prepare``."""
    if not _readable(connection, request):
        raise unproven("size or encoding")
    try:
        dialect_of(connection.settings).prepare(connection, request)
    except InlayError:
        raise
    except Exception:
        raise unproven("prepare") from None


def verify(connection: Connection, request: Inbound, clock: Callable[[], float]) -> None:
    """
    Raises:
        Unverified: and nothing else, whatever arrives.
    """
    if not _readable(connection, request):
        raise unproven("size or encoding")
    try:
        dialect_of(connection.settings).verify(connection, request, clock())
    except Unverified:
        raise
    except Exception:
        # Whatever an attacker finds that a dialect did not think of proves nothing.
        raise unproven("verify") from None


def parse(connection: Connection, request: Inbound) -> list[Notice | Ignored]:
    """A notice for each event and each workflow it starts, in the order they came.

    Raises:
        BadRequest: and nothing else, whatever arrives.
    """
    try:
        found = dialect_of(connection.settings).read(connection, request)
        return [item for one in found for item in notices(connection.settings, one)]
    except BadRequest:
        raise
    except Exception:
        raise bad("it is not what the vendor documents") from None


def notices(settings: DamSettings, event: AssetEvent | Ignored) -> Sequence[Notice | Ignored]:
    """What one event asks for: nothing, with why, or a notice for each workflow."""
    if isinstance(event, Ignored):
        return [Ignored(event=_named(event.event), why=event.why)]
    name = _named(event.native)
    if event.kind == "confirm":
        at = {"kind": "confirm", "id": event.id, "native": event.native, "extra": dict(event.extra)}
        return [Notice(key=_key(event, "confirm"), at=at)]
    if why := _echo(settings, event):
        return [Ignored(event=name, why=why)]
    if event.kind == "asset.deleted":
        return [Ignored(event=name, why="The asset is gone; nothing is written about it.")]
    if not event.asset.strip() or len(event.asset) > 1000:
        return [Ignored(event=name, why="The event names no asset.")]
    workflows = dict.fromkeys(settings.starts.get(event.kind, ()))
    if not workflows:
        return [Ignored(event=name, why=f"The settings start nothing on {event.kind}.")]
    return [
        Notice(key=_key(event, workflow), at=_at(event, workflow), settle=min(max(event.settle, 0.0), 300.0))
        for workflow in workflows
    ]


def _echo(settings: DamSettings, event: AssetEvent) -> str:
    """Why it is Inlay's own doing, or an empty text."""
    own = {one.strip().casefold() for one in settings.own_actors} - {""}
    if event.actor and event.actor.strip().casefold() in own:
        return "Inlay's own account did it."
    ours = {settings.field_of(slot) for slot in SLOTS} - {""}
    if event.kind in _ECHOES and event.changed and ours.issuperset(event.changed):
        return "Only fields changed that Inlay writes."
    return ""


def _at(event: AssetEvent, workflow: str) -> Json:
    return {"asset": clean_text(event.asset), "kind": event.kind, "workflow": workflow}


def _key(event: AssetEvent, workflow: str) -> str:
    """The event's own id, with the workflow; a digest of both where the id is long or no plain text."""
    key = f"{event.id}:{workflow}"
    if _PLAIN.fullmatch(event.id) and len(key) <= _LONGEST_KEY:
        return key
    return hashlib.sha256(f"{event.id}\0{workflow}".encode("utf-8", "surrogatepass")).hexdigest()


def _named(native: str) -> str:
    """The vendor's name of an event. It is logged, so what no event can be called stays outside."""
    return native if _PLAIN.fullmatch(native) and len(native) <= 80 else "an event"


def _readable(connection: Connection, request: Inbound) -> bool:
    """No sender compresses: a few bytes that become many would be read before anybody knows who sent them."""
    encoding = request.headers.get("content-encoding", "").strip().lower()
    return encoding in ("", "identity") and len(request.body) <= dialect_of(connection.settings).largest
