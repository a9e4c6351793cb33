"""Takes notifications from a poll channel, for hubs Cloudinary cannot reach; stored first, acknowledged then."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from connectors.dam.asset import AssetEvent, Polled
from connectors.dam.dialects import cloudinary_calls as calls
from connectors.dam.dialects import cloudinary_signature as signature
from connectors.dam.dialects.cloudinary_events import events
from connectors.dam.settings import DamSettings
from hub.sdk import BadRequest, Conflict, Connection, Ignored, Json, TargetGone, Unverified, VendorRefused

#: Of 100 at most. A claimed message that is not acknowledged comes again after so many seconds, of 600 at most.
_MESSAGES, _CLAIMED = 50, 300
_LONGEST_HANDLE = 4_000


def poll(connection: Connection, cursor: Json, secrets: Sequence[str]) -> Polled:
    """See ``Dialect.poll``. The cursor carries the receipt handles of what was taken.

    Raises:
        VendorRefused: everything that waits is signed with another secret.
    """
    settings: DamSettings = connection.settings
    if not settings.poll_channel:
        return Polled()
    taken = [one for one in cursor.get("taken", []) if isinstance(one, str)]
    if taken:
        # Nothing is lost when this is not heard, or too late: what comes again is known by its id. A handle of a claim
        # that ended, as when the hub was away meanwhile, may be refused; asked with again it would be so for ever.
        with suppress(VendorRefused, TargetGone, Conflict):
            calls.notifications(connection, "POST", "messages/ack", json_body={"receipt_handles": taken})
    query = [
        ("channel", settings.poll_channel),
        ("max_messages", str(_MESSAGES)),
        ("wait_seconds", "0"),
        ("visibility_timeout", str(_CLAIMED)),
    ]
    messages = calls.objects(calls.notifications(connection, "GET", "messages", query=query), "messages")
    found: list[AssetEvent | Ignored] = []
    handles: list[str] = []
    for message in messages:
        handle = message.get("receipt_handle")
        if not isinstance(handle, str) or not 0 < len(handle) <= _LONGEST_HANDLE:
            continue
        try:
            found.extend(events(signature.payload(message, secrets)))
        except Unverified:
            continue  # It stays where it is: with the right secret it is good.
        except BadRequest:
            found.append(Ignored(event="notification", why="It is signed, and cannot be read."))
        handles.append(handle)
    if messages and not handles:
        raise VendorRefused(
            "No notification that waits in the poll channel is signed with the secret Inlay was given.",
            instead="Set signing_secret to the secret of the key for webhook notifications, or the oldest active key.",
            who="an admin",
        )
    return Polled(events=tuple(found), cursor={"taken": handles} if handles else {}, more=bool(handles))
