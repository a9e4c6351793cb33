"""Looks over a DAM for assets no webhook told of, and fetches the events of vendors that keep them for Inlay."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.dam import look_up
from connectors.dam.asset import Asset
from connectors.dam.dialects import dialect_of
from connectors.dam.inbound import notices
from connectors.dam.settings import DamSettings
from hub.sdk import (
    Connection,
    Ignored,
    InlayError,
    Json,
    Notice,
    Request,
    Swept,
    TargetGone,
    Trigger,
    VendorRefused,
)

#: Indexes of vendors are minutes behind, and clocks differ: each look begins so long before the last. What was seen
#: twice is known by its key.
OVERLAP = 900.0
#: How far back the first look goes, in seconds: an asset of last year is not touched because the hub is new.
FIRST = 3600.0
#: After so many seconds a vendor may have forgotten the page a look had come to.
EXPIRES = 3600.0
#: Assets that could not be read and are tried again by the next look; the newest, if there are more.
MOST_UNREAD = 200


def sweep(connection: Connection, cursor: Json) -> Swept:
    """See ``Connector.sweep``. The cursor holds ``poll``, what the dialect acknowledges next; ``since``, when the last
    look over the account began; ``unread``, the assets it found and could not read, each with where that look began;
    and while a long one is under way ``page``, ``from`` and ``began``.
    """
    settings: DamSettings = connection.settings
    dialect = dialect_of(settings)
    now = time.time()
    found: list[Request | Ignored] = []
    kept: dict[str, Any] = dict(cursor)
    more, polls = False, dialect.polls_every(settings) > 0
    if polls:
        polled = dialect.poll(connection, _json(cursor.get("poll")))
        items = [item for event in polled.events for item in notices(settings, event)]
        asked = [item for item in items if isinstance(item, Notice)]
        found += [item for item in items if isinstance(item, Ignored)]
        for one in look_up.look_up(connection, asked, Trigger.WEBHOOK) if asked else ():
            if isinstance(one, InlayError):
                raise one  # What is not acknowledged comes again.
            found.append(one)
        kept["poll"], more = dict(polled.cursor), polled.more
    page = cursor.get("page")
    if polls and page is None and now - _number(cursor.get("since"), 0.0) < dialect.sweep_seconds * 0.9:
        return Swept(requests=found, cursor=kept, more=more)
    began = _number(cursor.get("began"), now) if page is not None else now
    since = _number(cursor.get("from"), now - FIRST) if page is not None else _since(cursor, now)
    try:
        listed = dialect.changed(connection, since, _json(page))
    except (VendorRefused, TargetGone):
        if page is None or now - began < EXPIRES:
            raise
        # Vendors forget where a long look was, as when the hub was away for a night: it begins anew.
        page, began = None, now
        listed = dialect.changed(connection, since, {})
    found += [one for asset in listed.assets for one in _requests(connection, asset, since)]
    unread = _unread(cursor.get("unread"))
    if page is None and unread:
        again, unread = _read(connection, unread)
        found += again
    unread |= {id: since for id in listed.unread if id not in unread}
    kept = {name: kept[name] for name in ("poll", "since") if name in kept}
    if unread:
        kept["unread"] = dict(list(unread.items())[-MOST_UNREAD:])
    if listed.more:
        return Swept(
            requests=found, cursor={**kept, "page": dict(listed.cursor), "from": since, "began": began}, more=True
        )
    return Swept(requests=found, cursor={**kept, "since": began}, more=more)


def sweep_after(connection: Connection) -> float:
    """See ``Connector.sweep_after``: a few seconds where events are fetched, minutes where a look is all there is."""
    dialect = dialect_of(connection.settings)
    return dialect.polls_every(connection.settings) or dialect.sweep_seconds


def _requests(connection: Connection, asset: Asset, since: float) -> Iterator[Request | Ignored]:
    starts = connection.settings.starts
    kinds = ["asset.ready"]
    if asset.created_at is not None and asset.created_at >= since:
        kinds.append("asset.created")
    if asset.status == "approved":
        kinds.append("asset.approved")
    known: set[str] = set()
    for kind in kinds:
        for workflow in starts.get(kind, ()):
            if workflow not in known:
                known.add(workflow)
                yield look_up.request(connection, asset, kind, workflow, Trigger.SCHEDULE)


def _read(connection: Connection, unread: Mapping[str, float]) -> tuple[list[Request | Ignored], dict[str, float]]:
    """What is to be done about assets that could not be read before, and those that still cannot."""
    try:
        found = dialect_of(connection.settings).fetch(connection, list(unread))
    except InlayError as error:
        found = dict.fromkeys(unread, error)
    asked = [
        one
        for id, asset in found.items()
        if isinstance(asset, Asset)
        for one in _requests(connection, asset, unread[id])
    ]
    return asked, {id: unread[id] for id, one in found.items() if isinstance(one, InlayError)}


def _unread(value: object) -> dict[str, float]:
    return {str(id): _number(at, 0.0) for id, at in _json(value).items()}


def _since(cursor: Json, now: float) -> float:
    last = _number(cursor.get("since"), 0.0)
    return last - OVERLAP if 0 < last <= now + OVERLAP else now - FIRST


def _number(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise


def _json(value: object) -> Json:
    return value if isinstance(value, dict) else {}
