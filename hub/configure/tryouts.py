"""Tryouts: a connection's probes are run beside the page that asked for them, and what they found is kept."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import structlog

from hub.bootstrap import Hub
from hub.configure.by_hand import known
from hub.domain import Probe
from hub.errors import ConfigurationError, InlayError
from hub.store import tryouts
from hub.store.connections import ConnectionRow

#: A look that is not done by then was broken off with its process.
LONGEST = 180.0
log = structlog.get_logger("inlay.tryouts")


def begin(hub: Hub, name: str, *, wait: float = 0.0) -> None:
    """Have a connection tried; waits up to ``wait`` seconds for it. A look that is under way is not doubled.

    Raises:
        UnknownName: there is no connection of this name.
    """
    now = hub.parts.clock()
    with hub.database.transaction() as tx:
        row = known(tx, name)
        if not tryouts.begin(tx, name, now, unless_since=now - LONGEST):
            return
    done = threading.Event()

    def look() -> None:
        try:
            found = tried(hub, row)
            with hub.database.transaction() as tx:
                tryouts.keep(tx, name, now, found, hub.parts.clock())
        except Exception as error:
            log.error("tryout not kept", connection=name, error=type(error).__name__)
        finally:
            done.set()

    hub.pool.submit(look)
    done.wait(wait)


def tried(hub: Hub, row: ConnectionRow) -> Sequence[Probe]:
    """What the probes of a connection find. What cannot be tried at all is a probe that failed."""
    try:
        with hub.parts.connections.tried(row) as (connector, connection):
            return list(connector.check_connection(connection))
    except (InlayError, ConfigurationError) as error:
        what = error.what if isinstance(error, InlayError) else str(error)
        fix = error.instead if isinstance(error, InlayError) else "Set the settings anew."
        return [Probe(id="connection", ok=False, what=what, fix=fix or "Look at its settings.", who="an admin")]
    except Exception as error:
        # A fault of the connector. Its message may quote a secret, so only its type is told.
        log.error("probe raised", connection=row.name, error=type(error).__name__)
        what = f"The connector {row.connector} failed while it tried the connection ({type(error).__name__})."
        return [Probe(id="connector", ok=False, what=what, fix="Tell its maker.", who="the connector's maker")]
