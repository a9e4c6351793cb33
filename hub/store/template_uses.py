"""How often templates were used and by how many people, out of one index and without the runs themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from hub.store.tables import run, team, trial_run


def of(
    tx: Connection, teams: Sequence[str] | None, since: float, templates: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """(runs, people) of each of these templates since then (Unix seconds), trials left out; of all teams with None."""
    # Teams and templates by name, also where all of them are meant: all that is asked stands in one index then.
    every = list(teams) if teams is not None else list(tx.execute(sa.select(team.c.id)).scalars())
    wanted = (run.c.team.in_(every), run.c.template.in_(list(templates)), run.c.created_at >= since)
    by_person = (run.c.template, run.c.asker)
    used = tx.execute(sa.select(*by_person, sa.func.count()).where(*wanted).group_by(*by_person)).all()
    trials = _trials(tx, every, since)
    found: dict[str, tuple[int, int]] = {}
    for name, asker, number in used:
        left = number - trials[name, asker]
        if left > 0:
            runs, people = found.get(name, (0, 0))
            found[name] = (runs + left, people + (asker is not None))
    return found


def _trials(tx: Connection, teams: Sequence[str], since: float) -> Counter[tuple[str, str | None]]:
    """Trials by template and person. They are few: sorted out here, so that nobody looks for them among all runs."""
    columns = (run.c.template, run.c.asker, run.c.team, run.c.created_at)
    rows = tx.execute(sa.select(*columns).select_from(trial_run.join(run, trial_run.c.run_id == run.c.id)))
    return Counter((name, asker) for name, asker, of_team, at in rows if of_team in teams and at >= since)
