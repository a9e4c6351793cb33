"""What one stage hands back, and the one transaction that makes it so: run state, ledger event, and what goes along."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_exponential

from hub.domain import Actor, Run, RunState, Stage
from hub.errors import Conflict, Unavailable
from hub.ledger import Entry
from hub.pipeline import tell
from hub.pipeline.parts import Parts
from hub.store import Tx, budgets, runs

S = RunState

#: Which state may follow which. Nothing but ``commit`` and ``cut_in`` writes a state, and both ask this table.
TRANSITIONS: Mapping[RunState, frozenset[RunState]] = {
    S.QUEUED: frozenset({S.ANSWERED, S.HELD, S.REFUSED, S.WAITING_USER, S.ORPHANED, S.FAILED, S.CANCELLED}),
    S.ANSWERED: frozenset(
        {S.IN_REVIEW, S.DELIVERED, S.HELD, S.REFUSED, S.WAITING_USER, S.ORPHANED, S.FAILED, S.CANCELLED}
    ),
    S.IN_REVIEW: frozenset({S.ANSWERED, S.APPROVED, S.REFUSED, S.CANCELLED}),
    S.APPROVED: frozenset({S.DELIVERED, S.HELD, S.WAITING_USER, S.ORPHANED, S.FAILED, S.CANCELLED}),
    S.WAITING_USER: frozenset({S.QUEUED, S.ANSWERED, S.APPROVED, S.CANCELLED}),
    S.ORPHANED: frozenset({S.QUEUED, S.ANSWERED, S.APPROVED, S.CANCELLED}),
    S.FAILED: frozenset({S.QUEUED, S.ANSWERED, S.APPROVED, S.CANCELLED}),
    S.HELD: frozenset({S.QUEUED, S.ANSWERED, S.REFUSED, S.CANCELLED}),
    S.DELIVERED: frozenset(),
    S.REFUSED: frozenset(),
    S.CANCELLED: frozenset(),
}

#: States in which a worker goes on by itself.
MOVING = frozenset({S.QUEUED, S.ANSWERED, S.APPROVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The outcome of a stage.

    ``pause`` puts the run off by so many seconds; ``rest`` leaves it to a person; neither means it goes on at once.
    ``writes`` runs inside the commit, after the lease was checked, and may hand back what else is to be recorded; when
    it is refused, nothing of the step happens and ``otherwise`` is committed in its place, or the refusal itself. A
    ``light`` step only thought: nothing outside follows from it before the next one, so both are stored in one
    transaction, and a crash between them costs the thinking only. ``store`` is set in the first commit of a run: how it
    comes to be stored.
    """

    stage: Stage
    state: RunState | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    pause: float | None = None
    rest: bool = False
    writes: Callable[[Tx], Iterable[Entry] | None] | None = None
    otherwise: Step | None = None
    light: bool = False
    store: Callable[[Tx, Run], None] | None = None

    def after(self, earlier: Step | None) -> Step:
        """This step with a light one before it, to be committed as one."""
        if earlier is None:
            return self
        return dataclasses.replace(
            self,
            changes={**earlier.changes, **self.changes},
            entries=(*earlier.entries, *self.entries),
            otherwise=self.otherwise and self.otherwise.after(earlier),
            store=earlier.store,
        )


def commit(parts: Parts, run: Run, step: Step, *, actor: Actor | None = None) -> Run:
    """Make a step so, if the run is still ours. ``actor`` is who did it, left out the asker.

    Raises:
        LeaseLost: another worker has the run; nothing was changed.
        Unavailable: the database does not answer.
    """
    now = parts.clock()
    state = step.state or run.state
    if state is not run.state and state not in TRANSITIONS[run.state]:
        raise Conflict(f"A run that is {run.state} does not become {state}.")
    moving = state in MOVING and not step.rest
    held = moving and step.pause is None
    changes: dict[str, Any] = {
        "attempts": 0,
        **step.changes,
        "stage": step.stage,
        "state": state,
        "updated_at": now,
        "token": run.token if held else None,
        "wake_at": parts.leases.until() if held else (now + (step.pause or 0.0) if moving else None),
        "ended_at": None if state in MOVING or state is S.IN_REVIEW else now,
    }
    by = actor or run.request.actor
    after = dataclasses.replace(run, **changes)

    def write() -> None:
        with parts.database.transaction() as tx:
            if step.store is None:
                runs.save(tx, run.id, run.token, changes, since=run.updated_at)
            else:
                step.store(tx, after)
            more = step.writes(tx) if step.writes is not None else None
            entries = (*step.entries, *(more or ()))
            if not moving:
                tell.plan(tx, run, state, now)
            if run.stage is Stage.ASK and not moving:
                # Money set aside for a call that is not made comes back with the ending, in the same transaction.
                budgets.release(tx, run.id)
            elif run.stage is Stage.CHECK_OUTPUT and not moving and parts.judge is not None:
                budgets.settle(tx, run.id, None, now)  # A judge may have been asked.
            who = parts.ledger.pseudonym(tx, by.person, by.via)
            parts.ledger.append(tx, run_id=run.id, team=run.team, actor=who, at=now, entries=entries)

    if step.store is not None:
        write()  # Its sender is there to hear that it was not stored.
    else:
        _persist(write)
    if not held:
        parts.leases.drop(run.token)
    return after


def give_back(parts: Parts, held: Run) -> None:
    """End the lease that was taken for a person's act and leave the run as it was: resting."""
    with parts.database.transaction() as tx:
        runs.save(tx, held.id, held.token, {"token": None, "wake_at": None})


def store(parts: Parts, run: Run, birth: Step) -> None:
    """Store a new run as it stands, with the ledger entry of its birth."""
    assert birth.store is not None
    by = run.request.actor
    with parts.database.transaction() as tx:
        birth.store(tx, run)
        who = parts.ledger.pseudonym(tx, by.person, by.via)
        parts.ledger.append(tx, run_id=run.id, team=run.team, actor=who, at=run.created_at, entries=birth.entries)


def _persist(write: Callable[[], None]) -> None:
    """Outlast a database that restarts: a paid answer is in hand. While it is away nobody can take the run over, and if
    the lost reply was a commit after all, ``since`` no longer fits and the repeat changes nothing."""
    try:
        return write()
    except Unavailable:
        pass
    Retrying(
        retry=retry_if_exception_type(Unavailable),
        stop=stop_after_delay(60),
        wait=wait_exponential(multiplier=0.1, max=2),
        reraise=True,
    )(write)
