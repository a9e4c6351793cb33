"""Run: takes a lease on a run and walks it along the path until it waits, rests or ends. Waking twice is harmless."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import structlog

from hub.domain import Problem, Run, RunState, Stage
from hub.errors import (
    BadAnswer,
    ConfigurationError,
    Held,
    InlayError,
    LeaseLost,
    NeedsPermission,
    OutOfQuota,
    Refused,
    TargetGone,
    TryLater,
)
from hub.ledger import Entry
from hub.pipeline import act, judging
from hub.pipeline.ask import ask, begin
from hub.pipeline.check import check_input, check_output
from hub.pipeline.compose import compose
from hub.pipeline.deliver import deliver
from hub.pipeline.parts import Parts
from hub.pipeline.step import MOVING, Step, commit
from hub.store import Tx, runs

log = structlog.get_logger("inlay.run")

#: The path. Each stage reads the run and hands back a step; nothing happens until the step is committed.
STAGES: dict[Stage, Callable[[Parts, Run], Step]] = {
    Stage.COMPOSE: compose,
    Stage.CHECK_INPUT: check_input,
    Stage.ASK: ask,
    Stage.CHECK_OUTPUT: check_output,
    Stage.DELIVER: deliver,
}


def _judge_again(parts: Parts, run: Run) -> Step:
    if judging.due(parts, run) is None or run.draft is None:
        return check_output(parts, run)
    return judging.begin(parts, run, judging.texts_of(run.draft))


#: What comes before the stages that pay for a call, when a run is taken up in one.
_TAKEN_UP: dict[Stage, Callable[[Parts, Run], Step]] = {Stage.ASK: begin, Stage.CHECK_OUTPUT: _judge_again}

#: How a run ends when a stage raises. The first that fits counts.
ENDINGS: tuple[tuple[type[InlayError], RunState], ...] = (
    (Refused, RunState.REFUSED),
    (Held, RunState.HELD),
    (BadAnswer, RunState.HELD),
    (NeedsPermission, RunState.WAITING_USER),
    (TargetGone, RunState.ORPHANED),
    (InlayError, RunState.FAILED),
)


def advance(parts: Parts, run_id: str) -> Run | None:
    """Take this run if it wants work now and walk it; None when somebody else has it or it wants none."""
    return _take_and_walk(parts, lambda tx, lease: runs.take(tx, run_id, **lease))


def work(parts: Parts, queue: str) -> Run | None:
    """Take the run of this queue whose turn it is and walk it; None when there is none."""
    return _take_and_walk(parts, lambda tx, lease: runs.take_next(tx, queue, **lease))


def walk(
    parts: Parts,
    run: Run,
    birth: Step | None = None,
    *,
    direct: bool = False,
    stored: Callable[[], None] = lambda: None,
) -> Run:
    """Go on with a run whose lease is ours until it waits, rests or ends.

    Args:
        birth: for a run that is not stored yet, the step that stores it with its first commit.
        direct: whoever leased it left it in this stage just now, so no call of it can be in doubt.
        stored: called once the run is surely stored.

    Returns:
        The run as it stands then. When the lease is lost on the way, the run as it was last known.

    Raises:
        Known: with ``birth``, the request's key is known and nothing was stored.
        Unavailable: the database does not answer; with ``birth`` nothing may be stored.
    """
    try:
        light, since = birth, run.updated_at
        while run.token is not None:
            since = run.updated_at
            step, ms = _next(parts, run, direct)
            step = _timed(step, run.stage, ms).after(light)
            if step.light:
                run, light = replace(run, stage=step.stage, **step.changes), step
                continue
            try:
                run = commit(parts, run, step)
            except (Refused, TryLater) as error:
                if step.store is not None and isinstance(error, TryLater):
                    raise
                # What a step writes can itself be refused (a budget); nothing of the step happened then.
                instead = isinstance(error, Refused) and step.otherwise
                failed = _timed(_failed(parts, run, error), run.stage, ms).after(light)
                run = commit(parts, run, instead or failed)
            direct, light = run.stage in _TAKEN_UP, None
            stored()
    except LeaseLost:
        log.info("lease lost", run=run.id, stage=run.stage)
        return run
    finally:
        parts.leases.drop(run.token)
    if run.state is RunState.WAITING_USER:
        run = _in_time(parts, run, since)
    if run.ended_at is not None:
        parts.finished(run)
    return run


def _in_time(parts: Parts, run: Run, since: float) -> Run:
    """A fresh token that came while the run was at work with an old one found nothing waiting: it does now."""
    try:
        return act.go_on(parts, run, since)
    except InlayError as error:
        log.info("stays as it is", run=run.id, error=error.code)
        return run


def _take_and_walk(parts: Parts, take: Callable[[Tx, Mapping[str, Any]], Run | None]) -> Run | None:
    token, run = parts.leases.new(), None
    try:
        lease = {"token": token, "now": parts.clock(), "until": parts.leases.until()}
        with parts.database.transaction() as tx:
            run = take(tx, lease)
            if run is not None and run.state not in MOVING:
                # Left by a process that died over a person's act, such as an undo. Nobody but a person goes on with it.
                runs.save(tx, run.id, token, {"token": None, "wake_at": None})
                run = None
    finally:
        if run is None:
            parts.leases.drop(token)
    return walk(parts, run) if run else None


def _next(parts: Parts, run: Run, direct: bool) -> tuple[Step, float]:
    """The next step of a run and how long the stage took, in milliseconds. No stage's failure escapes."""
    started = time.perf_counter()
    try:
        stage = STAGES[run.stage] if direct else _TAKEN_UP.get(run.stage, STAGES[run.stage])
        step = stage(parts, run)
    except LeaseLost:
        raise
    except InlayError as error:
        step = _failed(parts, run, error)
    except ConfigurationError as error:
        step = _ending(run, RunState.FAILED, Problem(code="configuration", what=str(error), who="an admin"))
    except Exception as error:
        # A fault of ours or of a plugin. The message may quote the document, so only its type is told.
        log.exception("stage raised", run=run.id, stage=run.stage)
        step = _failed(parts, run, TryLater(f"Something went wrong inside Inlay ({type(error).__name__})."))
    return step, (time.perf_counter() - started) * 1000


def _failed(parts: Parts, run: Run, error: InlayError) -> Step:
    if isinstance(error, TryLater):
        attempts = run.attempts + (0 if isinstance(error, OutOfQuota) else 1)
        if attempts < parts.settings.max_attempts:
            # A call that brought no answer is not in doubt: begin() records the next one.
            asks = {"asks": 0} if run.stage is Stage.ASK else {}
            return Step(
                stage=run.stage,
                pause=max(error.after or 0.0, min(60.0, 0.25 * 2**attempts) * random.uniform(0.75, 1.25)),
                changes={"attempts": attempts, "problem": error.problem(), **asks},
                entries=(Entry("run.put_off", {"code": error.code, "attempts": attempts}),),
            )
        error.why = f"Inlay tried {attempts} times. {error.why}".strip()
        error.instead = error.instead or "Everything is kept. Retry the run once the cause is gone."
        return _ending(run, RunState.FAILED, replace(error.problem(), who="an admin", retry=False))
    state = next(state for kind, state in ENDINGS if isinstance(error, kind))
    return _ending(run, state, error.problem())


def _ending(run: Run, state: RunState, problem: Problem) -> Step:
    return Step(
        stage=run.stage,
        state=state,
        rest=True,
        changes={"problem": problem},
        entries=(Entry(f"run.{state}", {"code": problem.code}),),
    )


def _timed(step: Step, stage: Stage, ms: float) -> Step:
    """The step with the stage's milliseconds in each of its ledger entries."""
    entries = tuple(Entry(e.kind, {"stage": stage, "ms": round(ms, 3), **e.data}) for e in step.entries)
    return replace(step, entries=entries, otherwise=step.otherwise and _timed(step.otherwise, stage, ms))
