"""Reads the assets events were about, many at once, and makes requests of them.

The key of a request names the work and not the event: one binary and one workflow are one run, whichever way and
however often somebody hears of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from connectors.dam import skip
from connectors.dam.asset import Asset, AssetEvent
from connectors.dam.context import context
from connectors.dam.dialects import dialect_of
from connectors.dam.recent import recent
from hub.sdk import Actor, Connection, Ignored, InlayError, Notice, Request, Target, Trigger


def look_up(
    connection: Connection, notices: Sequence[Notice], trigger: Trigger = Trigger.WEBHOOK
) -> list[Request | Ignored | InlayError]:
    """See ``Connector.look_up``."""
    ids = dict.fromkeys(str(one.at["asset"]) for one in notices if one.at.get("asset"))
    found = dialect_of(connection.settings).fetch(connection, list(ids)) if ids else {}
    return [_answer(connection, one, found, trigger) for one in notices]


def request(connection: Connection, asset: Asset, kind: str, workflow: str, trigger: Trigger) -> Request | Ignored:
    """The work on an asset as it was read, or why there is none."""
    if why := skip.why(connection.settings, asset, kind):
        return Ignored(event=kind, why=why)
    return Request(
        key=key_of(asset, workflow),
        workflow=workflow,
        target=Target(connection=connection.name, at={"asset": asset.id}),
        # A machine asked. Who uploaded the asset did not, and their name is nobody's business here.
        actor=Actor(via="dam"),
        trigger=trigger,
        surface="dam",
        team=skip.team_of(connection.settings, asset),
        raw={"asset": asset.id, "version": asset.version, "event": kind},
        context=context(connection, asset),
    )


def key_of(asset: Asset, workflow: str) -> str:
    """What one run is: this binary and this workflow. Metadata does not count, or Inlay's own would start it again."""
    said = json.dumps([asset.id, asset.version, workflow])
    return hashlib.sha256(said.encode()).hexdigest()


def _answer(
    connection: Connection, notice: Notice, found: Mapping[str, Asset | InlayError], trigger: Trigger
) -> Request | Ignored | InlayError:
    at = notice.at
    kind = str(at.get("kind", ""))
    if kind == "confirm":
        event = AssetEvent(
            id=str(at.get("id", "")),
            kind="confirm",
            asset="",
            native=str(at.get("native", "")),
            extra=at.get("extra", {}),
        )
        try:
            dialect_of(connection.settings).confirm(connection, event)
        except InlayError as error:
            return error  # A subscription that cannot be confirmed holds up no asset.
        return Ignored(event="confirm", why="The subscription was seen to.")
    asset = found.get(str(at.get("asset", "")))
    if asset is None:
        return Ignored(event=kind, why="The asset is gone from the DAM, or not to be seen.")
    if isinstance(asset, InlayError):
        return asset
    asked = request(connection, asset, kind, str(at.get("workflow", "")), trigger)
    if isinstance(asked, Request):
        recent(connection).keep(asset)
    return asked
