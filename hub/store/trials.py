"""Trials: the tests of one revision of a template, run once, with what each case said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from hub.store.tables import trial as table
from hub.store.tables import trial_run


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """``results`` has one entry a case: its ``name``, ``ok`` (None while it waits), ``said``, and its ``run`` if any.

    ``tests`` is the hash of the tests' text: with the revision it says what exactly was tried.
    """

    id: str
    template: str
    revision: str
    tests: str
    team: str
    person: str
    model: str
    simulated: bool
    started_at: float
    ended_at: float | None = None
    passed: bool | None = None
    results: Sequence[Mapping[str, Any]] = ()


def add(tx: Connection, one: Trial) -> None:
    tx.execute(sa.insert(table).values(**{column.name: getattr(one, column.name) for column in table.columns}))


def note_run(tx: Connection, trial_id: str, number: int, run_id: str) -> None:
    """This run asks the model for a case of the trial."""
    tx.execute(sa.insert(trial_run).values(run_id=run_id, trial=trial_id, number=number))


def put_results(tx: Connection, trial_id: str, results: Sequence[Mapping[str, Any]]) -> None:
    """Keep what some cases said while others still wait."""
    tx.execute(sa.update(table).where(table.c.id == trial_id).values(results=list(results)))


def finish(tx: Connection, trial_id: str, *, results: Sequence[Mapping[str, Any]], passed: bool, now: float) -> bool:
    """Store how it ended; False when that was done."""
    still = (table.c.id == trial_id, table.c.ended_at.is_(None))
    values = {"results": list(results), "passed": passed, "ended_at": now}
    return tx.execute(sa.update(table).where(*still).values(**values)).rowcount == 1


def newest(tx: Connection, template: str, revision: str, *, team: str | None = None) -> Trial | None:
    """The newest trial of a revision; with a team, only by that team."""
    found = sa.select(table).where(table.c.template == template, table.c.revision == revision)
    if team is not None:
        found = found.where(table.c.team == team)
    row = tx.execute(found.order_by(table.c.started_at.desc()).limit(1)).one_or_none()
    return None if row is None else Trial(**row._mapping)


def runs_of(tx: Connection, trial_id: str) -> dict[int, str]:
    """The run that asks for each case, by the case's number."""
    found = sa.select(trial_run.c.number, trial_run.c.run_id).where(trial_run.c.trial == trial_id)
    return {number: run_id for number, run_id in tx.execute(found)}
