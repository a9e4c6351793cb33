"""Gather: runs that wait to be written to the same connection are written in one go, where its connector can."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import structlog

from hub.domain import Delivery, DeliveryRow, DeliveryState, Receipt, Run, Stage
from hub.errors import ConfigurationError, InlayError, LeaseLost, Unavailable
from hub.pipeline import run as running
from hub.pipeline.deliver import allowed, brake, delivery_of, nothing_to_write, settle, superseded
from hub.pipeline.parts import Parts
from hub.pipeline.step import MOVING
from hub.sdk import Connection, Connector
from hub.store import deliveries, runs

log = structlog.get_logger("inlay.gather")
#: Runs taken at once, whatever a connector could write: each holds a lease meanwhile.
MOST = 200

Due = tuple[Run, DeliveryRow, Delivery]
Way = tuple[Connector, Connection]


def gather(parts: Parts, queue: str) -> int:
    """Take the run of this queue whose turn it is and those that wait to go with it, write them, and walk each on; how
    many there were."""
    taken = _take(parts, queue)
    _write_all(parts, taken)
    for run in taken:
        # What was written is stored by now; the walk finds it so, and writes one by one what could not go along.
        running.walk(parts, run)
    return len(taken)


def _take(parts: Parts, queue: str) -> list[Run]:
    """The first run that is due, and every other that will be soon: those wait only for company."""
    taken: list[Run] = []
    tokens: list[str] = []
    now = parts.clock()
    try:
        with parts.database.transaction() as tx:
            ahead = 0.0
            for _ in range(MOST):
                token = parts.leases.new()
                tokens.append(token)
                lease = {"token": token, "now": now, "until": parts.leases.until()}
                run = runs.take_along(tx, queue, soon=now + ahead, **lease)
                if run is None:
                    break
                if run.state not in MOVING:
                    # Left by a process that died over a person's act. Nobody but a person goes on with it.
                    runs.save(tx, run.id, token, {"token": None, "wake_at": None})
                    continue
                taken.append(run)
                ahead = _longest(parts, queue)
    finally:
        held = {run.token for run in taken}
        for token in tokens:
            if token not in held:
                parts.leases.drop(token)
    return taken


def _longest(parts: Parts, queue: str) -> float:
    connector = parts.connections.connector(queue.removeprefix("deliver."))
    return max(connector.gather.values(), default=0.0)


def _write_all(parts: Parts, taken: Sequence[Run]) -> None:
    if len(taken) < 2:
        return
    together: dict[tuple[str, str], tuple[Way, list[Due]]] = {}
    for run in taken:
        if run.stage is not Stage.DELIVER:
            continue
        with parts.database.reading() as tx:
            rows = deliveries.of_run(tx, run.id)
        replacing = superseded(rows)
        for row in rows:
            # What takes the place of something that stands waits until that is taken back.
            wanted = row.state is DeliveryState.PENDING and row.key not in replacing
            found = _due(parts, run, row) if wanted else None
            if found is not None:
                way, due = found
                together.setdefault((way[1].name, way[1].account), (way, []))[1].append(due)
    for way, some in together.values():
        size = min(way[0].batch, MOST)
        for start in range(0, len(some), size):
            _write(parts, way, some[start : start + size])


def _due(parts: Parts, run: Run, row: DeliveryRow) -> tuple[Way, Due] | None:
    """A delivery that can go with others, and its way; None when it must be seen to by itself."""
    try:
        connector, connection = parts.connections.for_team(row.target.connection, run.team, person=row.on_behalf_of)
        if connector.batch < 2 or ((row.wake_at or 0) > parts.clock() and row.attempts):
            return None  # After a failure its own time counts.
        allowed(parts, run, row)
        order = delivery_of(parts, run, row)
        return None if nothing_to_write(parts, run, order) else ((connector, connection), (run, row, order))
    except Exception:
        return None  # The walk comes upon the same and says what is wrong.


def _write(parts: Parts, way: Way, some: Sequence[Due]) -> None:
    connector, connection = way
    # Written together they cost what one of them costs.
    if brake(parts, connector, connection, some[0][2]):
        return
    started = time.perf_counter()
    outcomes: Sequence[Receipt | InlayError | ConfigurationError]
    try:
        outcomes = connector.write_many(connection, [order for _, _, order in some])
        if len(outcomes) != len(some):
            raise ConfigurationError(f"{connector.name} answers {len(outcomes)} of {len(some)} deliveries")
    except (InlayError, ConfigurationError) as error:
        outcomes = [error] * len(some)
    except Exception as error:
        # A fault of the connector. Its message may quote a record, so only its type is told.
        log.exception("write_many raised", connection=connection.name)
        outcomes = [Unavailable(f"Something went wrong inside Inlay ({type(error).__name__}).")] * len(some)
    for (run, row, _), outcome in zip(some, outcomes, strict=True):
        try:
            settle(parts, run, replace(row, wake_at=None), outcome, started)
        except LeaseLost:
            log.info("lease lost", run=run.id)
