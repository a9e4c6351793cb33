"""Look up: what vendors gave notice of is read at the vendor, many at once, and becomes runs."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from hub.domain import Ignored
from hub.errors import ConfigurationError, InlayError, NeedsPermission, OutOfQuota, TryLater
from hub.pipeline.arrive import arrive
from hub.pipeline.parts import Parts
from hub.sdk import Connection, Connector, Notice
from hub.store import notices

log = structlog.get_logger("inlay.look_up")
BATCH = 200
#: Seconds one look may take before somebody else takes it on.
LEASE = 300.0
#: Seconds to the next look after one that failed: doubled each time, to an hour at most. A notice is never given up.
FIRST, LONGEST, TRIES = 5.0, 3600.0, 20
#: How often a batch that fails is halved to find what it fails by: to pieces of a sixteenth.
DEPTH = 4
#: How long a notice is known after it was looked up, in seconds; senders repeat themselves for up to a week.
KNOWN = 9 * 86_400.0


def look_up(parts: Parts) -> int:
    """Look up the notices of one connection that are due; how many there were."""
    now = parts.clock()
    with parts.database.transaction() as tx:
        taken = notices.take(tx, now, until=now + LEASE, limit=BATCH)
    if taken is None:
        return 0
    name, found = taken
    try:
        connector, connection = parts.connections.get(name)
    except (InlayError, ConfigurationError) as error:
        _put_off(parts, name, found, error)
        return len(found)
    for some in _batches(found, connector.look_up_batch):
        _look_up_some(parts, connector, connection, some)
    return len(found)


def forget(parts: Parts) -> None:
    """Delete notices that no sender repeats any more."""
    with parts.database.transaction() as tx:
        notices.forget(tx, parts.clock() - KNOWN)


def _look_up_some(
    parts: Parts, connector: Connector, connection: Connection, some: Sequence[tuple[Notice, int]], depth: int = 0
) -> None:
    try:
        answers = connector.look_up(connection, [notice for notice, _ in some])
        if len(answers) != len(some):
            raise ConfigurationError(f"{connector.name} answers {len(answers)} of {len(some)} notices")
    except (TryLater, NeedsPermission, ConfigurationError) as error:
        # It is about the account, not about one of them. Asked for each, a vendor that refuses the sign-in locks it.
        return _put_off(parts, connection.name, some, error)
    except Exception as error:
        # One of them may be what cannot be looked up: by halves, so that it holds up no other. What is left over is
        # halved at the next look; a vendor that refuses them all is not asked for each.
        if len(some) > 1 and depth < DEPTH:
            middle = len(some) // 2
            for half in (some[:middle], some[middle:]):
                _look_up_some(parts, connector, connection, half, depth + 1)
            return None
        return _put_off(parts, connection.name, some, error)
    for (notice, attempts), answer in zip(some, answers, strict=True):
        try:
            if isinstance(answer, InlayError):
                _put_off(parts, connection.name, [(notice, attempts)], answer)
                continue
            if isinstance(answer, Ignored):
                log.info("ignored", connection=connection.name, ignored=answer.event[:100])
            else:
                arrive(parts, connection.name, answer, heard=False)
            with parts.database.transaction() as tx:
                notices.done(tx, connection.name, notice.key)
        except Exception as error:
            # A text the database does not take, or a fault of ours: it holds up no other.
            _put_off(parts, connection.name, [(notice, attempts)], error)
    return None


def _put_off(parts: Parts, name: str, some: Sequence[tuple[Notice, int]], error: Exception) -> None:
    said = error.what if isinstance(error, InlayError) else str(error) if isinstance(error, ConfigurationError) else ""
    after = (error.after if isinstance(error, TryLater) else None) or 0.0
    log.warning("not looked up", connection=name, notices=len(some), error=type(error).__name__)
    problem = said or f"Something went wrong inside Inlay ({type(error).__name__})."
    by_tries: dict[int, list[str]] = {}
    for notice, attempts in some:
        tries = 0 if isinstance(error, OutOfQuota) else min(attempts, TRIES)
        by_tries.setdefault(tries, []).append(notice.key)
    with parts.database.transaction() as tx:
        for tries, keys in by_tries.items():
            wait = max(after, min(LONGEST, FIRST * 2**tries))
            notices.put_off(tx, name, keys, parts.clock() + wait, problem)


def _batches(found: Sequence[tuple[Notice, int]], size: int) -> Sequence[Sequence[tuple[Notice, int]]]:
    return [found[start : start + size] for start in range(0, len(found), size)]
