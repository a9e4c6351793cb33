"""Tells a journey: the request goes the whole way, then people's own pages are read again to see what stands there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from hub.demo.ending import Ending, Placed, in_parts, stages, times
from hub.demo.journeys import Journey
from hub.demo.setting import Setting
from hub.domain import DeliveryRow, Request, Run, Target
from hub.errors import Unavailable
from hub.pipeline import receive as receiving
from hub.pipeline import run as running
from hub.pipeline.arrive import key_of
from hub.pipeline.deliver import delivery_of
from hub.store import deliveries, events, runs

#: Seconds a vendor's message and the work on it may take. It takes about two.
LONGEST = 60.0


def tell(setting: Setting, journey: Journey, key: str = "") -> Ending:
    """Run a journey and look at its end. One that begins in a vendor's page needs the door to be open.

    Args:
        key: of a request that is handed to the hub: the same key is the same run.

    Raises:
        Unavailable: the vendor's message brought no run.
    """
    hub = setting.hub
    started, at = time.perf_counter(), time.time()
    if journey.asks or journey.does:
        run = _asked(setting, journey) if journey.asks else _done(setting, journey)
        ms = 0.0
    else:
        received = receiving.receive(hub.parts, journey.request(key or f"demo:{time.time_ns()}"), lease=True)
        ms = (time.perf_counter() - started) * 1000
        run = running.walk(hub.parts, received.run, received.birth) if received.run else hub.get(received.run_id)
    with hub.database.reading() as tx:
        recorded = events.of_run(tx, run.id)
        rows = deliveries.of_run(tx, run.id)
    # From the click in the vendor's page: the vendor's message and the reading of the record are part of it.
    ms = ms or max(0.0, recorded[0].at - at) * 1000
    return Ending(
        journey=journey,
        run=run,
        stages=tuple(stages(recorded, ms, run)),
        placed=tuple(_placed(setting, run, row) for row in rows),
        run_url=f"{hub.settings.url}/runs/{run.id}",
    )


def _asked(setting: Setting, journey: Journey) -> Run:
    """Somebody asks in the vendor's page; the run it becomes, once it rests."""
    at = journey.target
    key = key_of(at.connection, setting.stand_ins[at.connection].ask(at.at, journey.asks, journey.instructions))
    return _rested(setting, journey, lambda request: request.key == key)


def _done(setting: Setting, journey: Journey) -> Run:
    """Somebody does something in the vendor's page; the run it starts, once that rests."""
    connection = journey.target.connection
    where = Target(connection=connection, at=setting.stand_ins[connection].act(journey.target.at, journey.does))
    return _rested(setting, journey, lambda request: (request.target, request.workflow) == (where, journey.workflow))


def _rested(setting: Setting, journey: Journey, meant: Callable[[Request], bool]) -> Run:
    """The run of the request that is meant, once nothing is left to do on it.

    Raises:
        Unavailable: it did not come, or did not end.
    """
    pause, until = threading.Event(), time.monotonic() + LONGEST
    while time.monotonic() < until:
        with setting.hub.database.reading() as tx:
            found = runs.newest(tx, teams=[journey.team], limit=10)
        for run in found:
            if meant(run.request) and run.wake_at is None:
                return run
        pause.wait(0.05)
    raise Unavailable(
        f"The request on {journey.target.connection} became no finished run within {LONGEST:.0f} seconds.",
        instead="Start the demo again; `inlay doctor` says what is wrong with this machine.",
    )


def _placed(setting: Setting, run: Run, row: DeliveryRow) -> Placed:
    stand_in, connection = setting.stand_ins[row.target.connection], row.target.connection
    delivery = delivery_of(setting.hub.parts, run, row) if row.receipt else None
    text = delivery.text if delivery else ""
    shown = stand_in.shown(row.target.at) if delivery else ""
    return Placed(
        connection=connection,
        title=setting.hub.parts.connections.get(connection)[0].title,
        url=stand_in.page(row.target.at),
        receipt=row.receipt,
        text=text,
        times=times(text, shown) or (in_parts(delivery.fields, shown) if delivery else 0),
    )
