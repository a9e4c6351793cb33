"""Clearing: runs whose texts are old enough to be removed, the change that removes them, and what is known after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection

from hub.domain import Run
from hub.store import reviews, runs
from hub.store.codec import encode
from hub.store.tables import run as table

#: As the index over them says it, word for word: a database uses it for nothing else.
ENDED = sa.text("state IN ('delivered', 'refused', 'cancelled')")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """When and why texts of a run were removed, and which are kept: ``output`` is the draft that was delivered.

    ``days`` is how long the retention setting kept them, ``draft_hash`` what is left of a draft that was removed.
    """

    at: float
    why: Literal["retention", "erasure"]
    keeps: Literal["output", "nothing"]
    days: int = 0
    draft_hash: str = ""


def of(tx: Connection, run_id: str) -> Cleared | None:
    """What was removed of a run; None while everything is there."""
    return read(tx.execute(_OF, {"of_run": run_id}).scalar())


def old(tx: Connection, keeps: str, before: float, limit: int) -> list[Run]:
    """Runs that have ended for good before then and still keep this much, the oldest first. Who works on one at this
    moment, to take its effects back, is let finish."""
    found = (
        sa.select(table)
        .where(ENDED, table.c.keeps == keeps, table.c.ended_at < before, table.c.token.is_(None))
        .order_by(table.c.ended_at)
        .limit(limit)
    )
    return [runs.of_row(row) for row in tx.execute(found)]


def count_old(tx: Connection, keeps: str, before: float) -> int:
    """How many runs ``old`` would give without a limit."""
    these = (ENDED, table.c.keeps == keeps, table.c.ended_at < before, table.c.token.is_(None))
    return tx.execute(sa.select(sa.func.count()).select_from(table).where(*these)).scalar_one()


def clear(tx: Connection, run: Run, keeps: str, changes: Mapping[str, Any], cleared: Cleared) -> int:
    """Make the changes to a run that is as it was read and keeps this much; 1 when it did, else 0."""
    same = (table.c.id == run.id, table.c.keeps == keeps, table.c.state == run.state.value, table.c.token.is_(None))
    changed = sa.update(table).where(*same, table.c.updated_at == run.updated_at)
    done = tx.execute(changed.values(encoded(changes, cleared))).rowcount
    if done and cleared.keeps == "nothing":
        reviews.forget(tx, run.id)
    return done


def encoded(changes: Mapping[str, Any], cleared: Cleared) -> dict[str, Any]:
    """The columns of a run whose texts are removed, as they are stored."""
    values = {name: encode(name, value) for name, value in changes.items()}
    return values | {"keeps": cleared.keeps, "cleared": _CLEARED.dump_json(cleared).decode()}


def read(stored: str | None) -> Cleared | None:
    """What the column says."""
    return None if stored is None else _CLEARED.validate_json(stored)


_CLEARED = TypeAdapter(Cleared)
_OF = sa.select(table.c.cleared).where(table.c.id == sa.bindparam("of_run"))
