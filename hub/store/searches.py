"""Searches: the list of runs by what people look for, newest first, page by page in both directions.

Every team is searched by an index and the teams are merged, so that a page costs the same with a million stored runs.
Texts are not searched: an index of them would be a second copy that retention would have to know of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from hub.domain import Run
from hub.store.runs import of_row, one_spelling
from hub.store.tables import run as table
from hub.store.tables import team as teams
from hub.store.tables.runs import RESTING, RESTS

#: Teams searched by one statement.
CHUNK = 100
Mark = tuple[float, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for; what is left out does not narrow it. ``teams`` None is all teams, ``since`` and ``until`` are
    Unix seconds, the second one not included."""

    teams: Sequence[str] | None = None
    states: tuple[str, ...] = ()
    template: str | None = None
    workflow: str | None = None
    surface: str | None = None
    asker: str | None = None
    since: float | None = None
    until: float | None = None


def search(
    tx: Connection, wanted: Wanted, *, limit: int, before: Mark | None = None, after: Mark | None = None
) -> list[Run]:
    """The newest runs that are wanted, newest first: those before a mark, or with ``after`` those right after it.

    A mark is (created_at, id) of a run: two runs may be made in the same moment, and none may fall between two pages.
    """
    up = after is not None
    found: list[tuple[float, str]] = []
    for statement in statements(tx, wanted, limit=limit, before=before, after=after):
        found += [(row.created_at, row.id) for row in tx.execute(statement)]
    ids = [id for _, id in sorted(found, reverse=not up)[:limit]]
    rows = {run.id: run for run in map(of_row, tx.execute(sa.select(table).where(table.c.id.in_(ids))))}
    ordered = [rows[id] for id in ids if id in rows]
    return ordered[::-1] if up else ordered


def statements(
    tx: Connection, wanted: Wanted, *, limit: int, before: Mark | None = None, after: Mark | None = None
) -> Iterator[sa.Select[Any, Any] | sa.CompoundSelect[Any, Any]]:
    """The statements of a search, each of a few teams."""
    conditions = [*_conditions(wanted), *_beyond(before, after)]
    if wanted.asker is not None:
        conditions.append(table.c.asker == one_spelling(wanted.asker))
        conditions += [] if wanted.teams is None else [_unindexed("team").in_(list(wanted.teams))]
        yield _part(conditions, limit, after)
    elif wanted.teams is None and not _narrow(wanted):
        yield _part(conditions, limit, after)
    else:
        names = list(tx.execute(sa.select(teams.c.id)).scalars()) if wanted.teams is None else list(wanted.teams)
        kinds = [[table.c.state == state, *_resting(state)] for state in wanted.states] or [[]]
        each = [[table.c.team == name, *kind, *conditions] for name in names for kind in kinds]
        for start in range(0, len(each), CHUNK):
            parts = [_part(one, limit, after).subquery() for one in each[start : start + CHUNK]]
            yield sa.union_all(*(sa.select(part.c.id, part.c.created_at) for part in parts))


def _narrow(wanted: Wanted) -> bool:
    return bool(wanted.states or wanted.template or wanted.workflow or wanted.surface)


def _conditions(wanted: Wanted) -> Iterator[sa.ColumnElement[bool]]:
    # One of them is searched by its index, the narrowest as a rule; the others are looked at in the rows. Left to
    # choose without figures, a database may take an index that holds half of all runs.
    free = wanted.asker is None and not any(state in RESTING for state in wanted.states)
    if wanted.asker is not None and wanted.states:
        yield table.c.state.in_(wanted.states)
    for column, value in (("workflow", wanted.workflow), ("template", wanted.template), ("surface", wanted.surface)):
        if value is not None:
            yield (table.c[column] if free else _unindexed(column)) == value
            free = False
    if wanted.since is not None:
        yield table.c.created_at >= wanted.since
    if wanted.until is not None:
        yield table.c.created_at < wanted.until


def _unindexed(column: str) -> sa.ColumnElement[str]:
    """A column through a function, which no index is of."""
    return sa.func.coalesce(table.c[column], "")


def _resting(state: str) -> list[sa.ColumnElement[bool]]:
    """The condition of the partial index, word for word: a database uses it for nothing else."""
    return [RESTS] if state in RESTING else []  # type: ignore[list-item]


def _beyond(before: Mark | None, after: Mark | None) -> Iterator[sa.ColumnElement[bool]]:
    this = sa.tuple_(table.c.created_at, table.c.id)
    # The first part alone is what an index can start from.
    if after is not None:
        yield table.c.created_at >= after[0]
        yield this > sa.tuple_(*after)
    elif before is not None:
        yield table.c.created_at <= before[0]
        yield this < sa.tuple_(*before)


def _part(conditions: Sequence[sa.ColumnElement[bool]], limit: int, after: Mark | None) -> sa.Select[Any, Any]:
    by = (table.c.created_at, table.c.id)
    order = by if after is not None else tuple(column.desc() for column in by)
    return sa.select(table.c.id, table.c.created_at).where(*conditions).order_by(*order).limit(limit)
