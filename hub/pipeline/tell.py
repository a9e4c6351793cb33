"""Tell: a run that stopped is told where it was asked for, so that nobody waits for what will not come."""

from __future__ import annotations

import structlog

from hub.domain import Problem, Run, RunState, Trigger
from hub.errors import ConfigurationError, InlayError, OutOfQuota, TryLater
from hub.pipeline.parts import Parts
from hub.sdk import News
from hub.store import Tx, connections, news, runs

log = structlog.get_logger("inlay.tell")
BATCH = 50
#: Seconds one telling may take before somebody else takes it on; the first pause after one that failed; the most tries.
LEASE, FIRST, MOST = 120.0, 15.0, 12
#: Seconds between two looks whether a pause is over.
PAUSED = 60.0
#: How a run stops that nobody sees stop, unless it is told.
STOPPED = frozenset(
    {RunState.HELD, RunState.REFUSED, RunState.WAITING_USER, RunState.ORPHANED, RunState.FAILED, RunState.CANCELLED}
)


#: What is told: that, and that it arrived, where the delivery itself could not say so.
TOLD = STOPPED | {RunState.DELIVERED, RunState.IN_REVIEW}


def plan(tx: Tx, run: Run, state: RunState, now: float) -> None:
    """Have a run that stops told to the vendor, in the transaction that stops it. Who asked at a page sees it there."""
    if state in STOPPED and run.request.target is not None and run.request.trigger is not Trigger.USER:
        news.plan(tx, run.id, now)


def tell(parts: Parts) -> int:
    """Tell what is due; how many runs that were."""
    now = parts.clock()
    with parts.database.transaction() as tx:
        due = news.take(tx, now, until=now + LEASE, limit=BATCH)
    for run_id, attempts in due:
        try:
            _tell(parts, run_id)
        except TryLater as error:
            # A used-up allowance and a pause are no failed attempts.
            tries = attempts if isinstance(error, OutOfQuota) else attempts + 1
            if tries < MOST:
                wait = max(error.after or 0.0, FIRST * 2**attempts)
                with parts.database.transaction() as tx:
                    news.put_off(tx, run_id, parts.clock() + wait, attempts=tries)
                continue
            log.warning("not told", run=run_id, error=error.code)
        except (InlayError, ConfigurationError) as error:
            log.warning("not told", run=run_id, error=type(error).__name__)
        with parts.database.transaction() as tx:
            news.done(tx, run_id)
    return len(due)


def _tell(parts: Parts, run_id: str) -> None:
    with parts.database.reading() as tx:
        run = runs.get(tx, run_id)
    if run is None or run.state not in TOLD or run.request.target is None:
        return  # It goes on by now.
    with parts.database.reading() as tx:
        row = connections.get(tx, run.request.target.connection)
    if row is not None and row.paused:
        raise OutOfQuota("The connection is paused.", after=PAUSED)
    connector, connection = parts.connections.get(run.request.target.connection)
    if not connector.tells:
        return
    problem = run.problem or Problem(code=run.state, what=_WORDS.get(run.state, "The draft is there."))
    told = News(
        run_id=run.id,
        target=run.request.target,
        state=run.state,
        what=problem.what,
        instead=problem.instead,
        url=f"{parts.settings.url}/runs/{run.id}",
    )
    connector.tell(connection, told)


_WORDS = {RunState.CANCELLED: "Somebody cancelled the request.", RunState.REFUSED: "A reviewer rejected the draft."}
