"""Sweep: a look over each connection's account brings what no webhook brought: requests, opinions, facts."""

from __future__ import annotations

import structlog

from hub.domain import Ignored
from hub.errors import BadRequest, ConfigurationError, InlayError, OutOfQuota, TryLater
from hub.ledger import Entry
from hub.pipeline.arrive import arrive
from hub.pipeline.parts import Parts
from hub.sdk import Connection, Fact, Opinion, Swept
from hub.store import connections, deliveries, facts, runs, sweeps

log = structlog.get_logger("inlay.sweep")
#: Seconds one sweep may take before somebody else takes it on.
LEASE = 600.0
#: Pages of one sweep at most; the next sweep goes on from there.
PAGES = 50
#: Seconds to the next sweep after one that failed: doubled each time, to an hour at most.
FIRST, LONGEST = 15.0, 3600.0


def sweep(parts: Parts) -> int:
    """Sweep every connection whose time has come; how many there were."""
    swept = 0
    names = _swept_ones(parts)
    with parts.database.transaction() as tx:
        sweeps.plan(tx, names, parts.clock())
    while names:
        now = parts.clock()
        with parts.database.transaction() as tx:
            due = sweeps.take(tx, names, now, until=now + LEASE)
        if due is None:
            break
        swept += 1
        _sweep_one(parts, due)
    return swept


def _swept_ones(parts: Parts) -> list[str]:
    """The connections that are on somewhere, not paused, and whose connector sweeps."""
    found = []
    with parts.database.reading() as tx:
        rows = [row for row in connections.every(tx) if not row.paused and connections.teams_of(tx, row.name)]
    for row in rows:
        try:
            connector, _ = parts.connections.get(row.name)
        except (InlayError, ConfigurationError):
            continue  # `inlay doctor` says what is wrong with it.
        if connector.sweep_seconds > 0:
            found.append(row.name)
    return found


def _sweep_one(parts: Parts, due: sweeps.Sweep) -> None:
    held, cursor, more = due.due_at, due.cursor, True
    try:
        connector, connection = parts.connections.get(due.connection)
        for _ in range(PAGES):
            found = connector.sweep(connection, cursor)
            _store(parts, connection, found)
            cursor, more = found.cursor, found.more
            now = parts.clock()
            until = now + (LEASE if more else connector.sweep_seconds)
            with parts.database.transaction() as tx:
                if not sweeps.keep(tx, due.connection, cursor, held=held, due_at=until, now=now):
                    return  # Somebody else took it on; what was stored here is known there.
            held = until
            if not more:
                return
        _put_off(parts, due, held, wait=0.0, problem="")
    except (InlayError, ConfigurationError) as error:
        _put_off(parts, due, held, wait=_wait(due, error), problem=getattr(error, "what", "") or str(error))
    except Exception as error:
        # A fault of the connector. Its message may quote a record, so only its type is told.
        log.exception("sweep raised", connection=due.connection)
        problem = f"Something went wrong inside Inlay ({type(error).__name__})."
        _put_off(parts, due, held, wait=_wait(due, error), problem=problem)


def _wait(due: sweeps.Sweep, error: Exception) -> float:
    after = (error.after if isinstance(error, TryLater) else None) or 0.0
    attempts = 0 if isinstance(error, OutOfQuota) else min(due.attempts, 20)
    return max(after, min(LONGEST, FIRST * 2**attempts))


def _put_off(parts: Parts, due: sweeps.Sweep, held: float, *, wait: float, problem: str) -> None:
    if problem:
        log.warning("not swept", connection=due.connection, again_in=round(wait))
    with parts.database.transaction() as tx:
        due_at = parts.clock() + wait
        sweeps.put_off(tx, due.connection, held=held, due_at=due_at, problem=problem or None)


def _store(parts: Parts, connection: Connection, found: Swept) -> None:
    """Everything found, before the cursor moves on.

    Raises:
        BadRequest: no team can be found for a request: all others are stored, and the cursor stays.
    """
    refused: BadRequest | None = None
    for item in found.requests:
        if isinstance(item, Ignored):
            log.info("ignored", connection=connection.name, ignored=item.event[:100])
            continue
        try:
            arrive(parts, connection.name, item, heard=False)
        except BadRequest as error:
            refused = error
    for fact in found.facts:
        with parts.database.transaction() as tx:
            facts.put(tx, connection.name, fact)
    for opinion in found.opinions:
        _hear(parts, connection.name, opinion)
    if refused is not None:
        raise refused


def _hear(parts: Parts, connection: str, opinion: Opinion) -> None:
    """An opinion about a run this connection was delivered to goes on record, once for each time it changes."""
    now = parts.clock()
    useful = opinion.useful if opinion.useful in range(1, 6) else None
    said = {"run": opinion.run_id, "useful": useful, "comment": opinion.comment[:4000]}
    with parts.database.transaction() as tx:
        run = runs.get(tx, opinion.run_id)
        if run is None or not any(row.target.connection == connection for row in deliveries.of_run(tx, run.id)):
            return
        if facts.put(tx, connection, Fact(kind="opinion", vendor_id=opinion.key[:96], at=now, data=said)):
            data = {"ease": None, "useful": useful, "tag": None, "simulated": run.simulated, "via": connection}
            who = parts.ledger.pseudonym(opinion.person, connection)
            entry = Entry("feedback.given", data)
            parts.ledger.append(tx, run_id=run.id, team=run.team, actor=who, at=now, entries=[entry])
