"""Sweep: a look over each connection's account brings what no webhook brought: requests, opinions, facts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from hub.clean import clean_json, clean_text
from hub.domain import Ignored
from hub.errors import BadRequest, ConfigurationError, Conflict, InlayError, OutOfQuota, TryLater, Unavailable
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
#: Facts stored in one transaction.
CHUNK = 200


@dataclass(slots=True)
class Found:
    """What one sweep brought: how many requests, how many of them nobody knew yet, how many opinions and facts.

    ``more`` says that it stopped before the end; the next one goes on from there.
    """

    requests: int = 0
    new: int = 0
    opinions: int = 0
    facts: int = 0
    more: bool = False


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
        with suppress(InlayError, ConfigurationError):  # It is on record, and the next sweep is planned.
            _sweep_one(parts, due)
    return swept


def sweep_now(parts: Parts, name: str) -> Found:
    """Sweep one connection, whenever its time is. One that is under way stops where it is: this one takes it over.

    Raises:
        UnknownName: there is no such connection.
        BadRequest: it is not swept.
        InlayError, ConfigurationError: the sweep failed; the next one is planned.
    """
    connector, connection = parts.connections.get(name)
    if connector.sweep_after(connection) <= 0:
        raise BadRequest(
            f"{connector.title} is not swept.",
            why="Its requests come in by themselves.",
            instead="`inlay connectors check` says whether they can.",
        )
    if name not in _swept_ones(parts):
        raise BadRequest(
            f"{name} is not swept.",
            why="It is paused, or switched on for no team.",
            instead="Switch it on for a team, or end the pause.",
        )
    with parts.database.transaction() as tx:
        now = parts.clock()
        sweeps.plan(tx, [name], now)
        due = sweeps.take(tx, [name], None, until=now + LEASE)
    if due is None:
        raise Conflict(f"Somebody begins to sweep {name} at this moment.", instead="Look again in a minute.")
    return _sweep_one(parts, due)


def _swept_ones(parts: Parts) -> list[str]:
    """The connections that are on somewhere, not paused, and whose connector sweeps."""
    found = []
    with parts.database.reading() as tx:
        rows = [row for row in connections.every(tx) if not row.paused and connections.teams_of(tx, row.name)]
    for row in rows:
        try:
            connector, connection = parts.connections.get(row.name)
        except (InlayError, ConfigurationError):
            continue  # `inlay doctor` says what is wrong with it.
        if connector.sweep_after(connection) > 0:
            found.append(row.name)
    return found


def _sweep_one(parts: Parts, due: sweeps.Sweep) -> Found:
    """Page after page from where the last sweep came to.

    Raises:
        InlayError, ConfigurationError: why it stopped; the next sweep is planned.
    """
    total, held, cursor = Found(), due.due_at, due.cursor
    try:
        connector, connection = parts.connections.get(due.connection)
        for _ in range(PAGES):
            found = connector.sweep(connection, cursor)
            _store(parts, connection, found, total)
            cursor, total.more = found.cursor, found.more
            now = parts.clock()
            until = now + (LEASE if total.more else connector.sweep_after(connection))
            with parts.database.transaction() as tx:
                if not sweeps.keep(tx, due.connection, cursor, held=held, due_at=until, now=now):
                    return total  # Somebody else took it on; what was stored here is known there.
            held = until
            if not total.more:
                return total
        _put_off(parts, due, held, wait=0.0, problem="")
        return total
    except (InlayError, ConfigurationError) as error:
        _put_off(parts, due, held, wait=_wait(due, error), problem=getattr(error, "what", "") or str(error))
        raise
    except Exception as error:
        # A fault of the connector. Its message may quote a record, so only its type is told.
        log.exception("sweep raised", connection=due.connection)
        problem = f"Something went wrong inside Inlay ({type(error).__name__})."
        _put_off(parts, due, held, wait=_wait(due, error), problem=problem)
        raise Unavailable(problem) from None


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


def _store(parts: Parts, connection: Connection, found: Swept, total: Found) -> None:
    """Everything found, before the cursor moves on; it is added to ``total``.

    Raises:
        BadRequest: no team can be found for a request: all others are stored, and the cursor stays.
    """
    refused: BadRequest | None = None
    for item in found.requests:
        if isinstance(item, Ignored):
            log.info("ignored", connection=connection.name, ignored=item.event[:100])
            continue
        total.requests += 1
        try:
            total.new += arrive(parts, connection.name, item, heard=False).new
        except BadRequest as error:
            refused = error
    for start in range(0, len(found.facts), CHUNK):
        with parts.database.transaction() as tx:
            for fact in found.facts[start : start + CHUNK]:
                facts.put(tx, connection.name, replace(fact, data=clean_json(fact.data)))
    for opinion in found.opinions:
        _hear(parts, connection.name, opinion)
    total.opinions += len(found.opinions)
    total.facts += len(found.facts)
    if refused is not None:
        raise refused


def _hear(parts: Parts, connection: str, opinion: Opinion) -> None:
    """An opinion about what a run wrote goes on record, once for each time it changes.

    It is said at the very effect of that run: whoever may write a run's id on some other record says nothing of it.
    """
    now = parts.clock()
    useful = opinion.useful if opinion.useful in range(1, 6) else None
    said = {"run": clean_text(opinion.run_id), "useful": useful, "comment": clean_text(opinion.comment)[:4000]}
    with parts.database.transaction() as tx:
        run = runs.get(tx, said["run"])
        wrote = deliveries.of_run(tx, run.id) if run is not None else []
        here = [row.receipt for row in wrote if row.target.connection == connection and row.receipt is not None]
        if run is None or not any(receipt.vendor_id == opinion.key for receipt in here):
            return
        if facts.put(tx, connection, Fact(kind="opinion", vendor_id=opinion.key[:96], at=now, data=said)):
            data = {"ease": None, "useful": useful, "tag": None, "simulated": run.simulated, "via": connection}
            who = parts.ledger.pseudonym(tx, opinion.person, connection)
            entry = Entry("feedback.given", data)
            parts.ledger.append(tx, run_id=run.id, team=run.team, actor=who, at=now, entries=[entry])
