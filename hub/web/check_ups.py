"""Check-ups from the pages: a long look runs beside the requests, says how far it is, and leaves what it found."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from hub.bootstrap import Hub
from hub.errors import ConfigurationError, InlayError
from hub.store import check_ups
from hub.store.check_ups import CheckUp

log = structlog.get_logger("inlay.web")
#: Seconds between two notes of how far it is.
_NOTED = 1.0
Told = Callable[[int], None]


def get(hub: Hub, kind: str) -> CheckUp | None:
    """The last one of this kind, or the one under way."""
    with hub.database.reading() as tx:
        return check_ups.get(tx, kind)


def start(hub: Hub, kind: str, total: int, work: Callable[[Told], Mapping[str, Any]]) -> bool:
    """Begin one in the background; False while another of this kind is under way.

    Args:
        work: does it. It tells how many of ``total`` steps are done, and gives what it found as JSON.
    """
    with hub.database.transaction() as tx:
        number = check_ups.start(tx, kind, hub.parts.clock(), total)
    if number is None:
        return False
    hub.pool.submit(_walk, hub, kind, number, work)
    return True


def _walk(hub: Hub, kind: str, number: int, work: Callable[[Told], Mapping[str, Any]]) -> None:
    last = time.monotonic()

    def told(done: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _NOTED:
            last = time.monotonic()
            with hub.database.transaction() as tx:
                check_ups.note(tx, kind, number, hub.parts.clock(), done)

    try:
        found = dict(work(told))
    except (InlayError, ConfigurationError) as error:
        found = {"fault": str(error)}
    except Exception as error:
        log.error("a check-up broke off", kind=kind, error=type(error).__name__)
        found = {"fault": "It broke off. The hub's log says where."}
    with hub.database.transaction() as tx:
        check_ups.end(tx, kind, number, hub.parts.clock(), found)
