"""What connections say of themselves, each probe with its fix, and what waits behind them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from hub.bootstrap import Hub
from hub.domain import Probe
from hub.errors import ConfigurationError, InlayError
from hub.store import connections as stored
from hub.store import notices, sweeps


def connections(hub: Hub, wanted: tuple[str, ...]) -> Iterator[Probe]:
    with hub.database.reading() as tx:
        rows = stored.every(tx)
    for unknown in sorted(set(wanted) - {one for row in rows for one in (row.name, row.connector)}):
        fix = "Declare it in hub.yaml and apply it, or pick a name `inlay connectors` lists."
        yield Probe(id=unknown, ok=False, what="There is no such connection.", fix=fix, who="an admin")
    names = [row.name for row in rows if not wanted or row.name in wanted or row.connector in wanted]
    for name in names:
        yield from waiting_behind(hub, name)
        try:
            connector, connection = hub.parts.connections.get(name)
            for probe in connector.check_connection(connection):
                yield dataclasses.replace(probe, id=f"{name}: {probe.id}")
        except (InlayError, ConfigurationError) as error:
            fix = getattr(error, "instead", "") or "Correct the connection in hub.yaml and apply it again."
            yield Probe(id=name, ok=False, what=str(error), fix=fix, who="an admin")


def waiting_behind(hub: Hub, name: str) -> Iterator[Probe]:
    """What came in by a connection and could not be worked on yet: looking up or sweeping has failed."""
    with hub.database.reading() as tx:
        found = {one.connection: one for one in notices.waiting(tx)}.get(name)
        swept = sweeps.get(tx, name)
    fix = "Mend what it names; Inlay tries again by itself, hourly at last. Nothing is lost meanwhile."
    if found is not None and found.problem:
        what = f"{found.count} events wait to be looked up: {found.problem}"
        yield Probe(id=f"{name}: waiting", ok=False, what=what, fix=fix, who="an admin")
    if swept is not None and swept.problem:
        what = f"The last look over the account failed: {swept.problem}"
        yield Probe(id=f"{name}: sweep", ok=False, what=what, fix=fix, who="an admin")
