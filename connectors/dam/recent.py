"""Assets as they were looked up a moment ago, so that a run finds its picture without reading its asset once more."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from connectors.dam import picture
from connectors.dam.asset import Asset
from connectors.dam.write_back import fetched
from hub.sdk import Connection, InlayError, Picture, TryLater

#: How many assets are remembered, and for how many seconds. Each is used once.
MOST, KEPT = 200, 60.0
_MEMORY = "dam.recent"


class Recent:
    """The assets of one connection. Safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, Asset]] = OrderedDict()

    def keep(self, asset: Asset) -> None:
        with self._lock:
            self._kept[asset.id] = (self._clock() + KEPT, asset)
            self._kept.move_to_end(asset.id)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)

    def take(self, id: str) -> Asset | None:
        """The asset as it was, at most ``KEPT`` seconds ago; None when it is not known, or was taken before."""
        with self._lock:
            until, asset = self._kept.pop(id, (0.0, None))
        return asset if until > self._clock() else None


def recent(connection: Connection) -> Recent:
    """What is remembered of the connection's account."""
    kept = connection.memory.get(_MEMORY)
    return kept if kept is not None else connection.memory.setdefault(_MEMORY, Recent())


def picture_of(connection: Connection, id: str) -> Picture | None:
    """What a model may see of an asset. What is remembered of it only saves a call: where it leads to no picture, as
    when the asset was moved since, the asset is read anew.

    Raises:
        NeedsPermission, TargetGone, TryLater, VendorRefused.
    """
    known = recent(connection).take(id)
    try:
        found = picture.of(connection, known) if known is not None else None
    except TryLater:
        raise
    except InlayError:
        found = None
    return found or picture.of(connection, fetched(connection, id))
