"""Rule days: how often each rule found something, by team and day, so that nobody counts runs to show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.store.tables import rule_day as table
from hub.store.tables import run

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
DAY = 86_400.0


def add(tx: Connection, counted: Mapping[tuple[str, int, str], int]) -> None:
    """Add to the counts; the keys are (team, day since 1970, rule)."""
    for (team, day, rule), times in sorted(counted.items()):
        insert = _INSERT[tx.dialect.name](table).values(team=team, day=day, rule=rule[:200], times=times)
        more = {"times": table.c.times + insert.excluded.times}
        tx.execute(insert.on_conflict_do_update(index_elements=["team", "day", "rule"], set_=more))


def counts(tx: Connection, teams: Sequence[str] | None, since: float) -> dict[str, int]:
    """How often each rule found something in these teams (None: in all) since the day of then (Unix seconds)."""
    found = sa.select(table.c.rule, sa.func.sum(table.c.times)).where(table.c.day >= int(since // DAY))
    if teams is not None:
        found = found.where(table.c.team.in_(list(teams)))
    return {rule: int(times) for rule, times in tx.execute(found.group_by(table.c.rule))}


def of_rule(tx: Connection, rule: str, teams: Sequence[str] | None, since: float) -> list[tuple[str, int]]:
    """(team, how often) of one rule, the team with most first."""
    times = sa.func.sum(table.c.times)
    found = sa.select(table.c.team, times).where(table.c.rule == rule, table.c.day >= int(since // DAY))
    if teams is not None:
        found = found.where(table.c.team.in_(list(teams)))
    return [(team, int(many)) for team, many in tx.execute(found.group_by(table.c.team).order_by(times.desc()))]


def forget(tx: Connection, before: float) -> None:
    """Delete the counts of days before then."""
    tx.execute(sa.delete(table).where(table.c.day < int(before // DAY)))


def simulated(tx: Connection, run_ids: Sequence[str]) -> set[str]:
    """Those of these runs whose answer is simulated: no figure counts them."""
    found = sa.select(run.c.id).where(run.c.id.in_(list(run_ids)), run.c.simulated.is_(True))
    return set(tx.execute(found).scalars())
