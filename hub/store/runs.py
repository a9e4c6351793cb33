"""Runs: created once per request key, taken under a lease, and changed only by whoever holds the lease's token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.domain import Run, RunState, Stage
from hub.errors import LeaseLost
from hub.store.codec import decode, encode
from hub.store.hot import Hot
from hub.store.tables import ledger
from hub.store.tables import run as table

_COLUMNS = tuple(column.name for column in table.columns)
_UNSTORED = ("request_key", "fingerprint", "asker", "keeps", "cleared", "surface")
_NAMES = tuple(name for name in _COLUMNS if name not in _UNSTORED)
_OPTIONAL = {"work", "input_verdicts", "output_verdicts"}
#: Stages in which whoever holds the lease may be changing something in a vendor's system: writing it back, or undoing.
_TOUCHING = (Stage.DELIVER.value, Stage.REVIEW.value, Stage.DONE.value)
#: How many waiting runs of a team count towards its next run's turn.
_CROWD = 1000


def create(tx: Connection, run: Run, *, fingerprint: str) -> tuple[str, str, bool]:
    """Store a new run, unless its request key is known.

    Returns:
        The id and fingerprint of the run that stands under this key, and whether it is new.
    """
    row = {name: encode(name, getattr(run, name)) for name in _NAMES}
    row |= {"request_key": run.request.key, "fingerprint": fingerprint, "asker": one_spelling(run.request.actor.person)}
    row |= {"keeps": "all", "cleared": None, "surface": run.request.surface[:64] or None}
    if _INSERT.one(tx, row) is not None:
        return run.id, fingerprint, True
    known = tx.execute(_BY_KEY, {"key": run.request.key}).one()
    return known.id, known.fingerprint, False


def get(tx: Connection, run_id: str) -> Run | None:
    """The run, or None."""
    row = _BY_ID.one(tx, {"id": run_id})
    return None if row is None else of_row(row)


def crowd(tx: Connection, team: str) -> int:
    """How many runs of the team wait for their first answer, counted up to a thousand."""
    return _CROWD_OF.all(tx, {"team": team})[0][0]


def take(tx: Connection, run_id: str, *, token: str, now: float, until: float) -> Run | None:
    """Lease one run if it wants work now; None when somebody has it or it wants none."""
    row = _TAKE.one(tx, {"run": run_id, "new_token": token, "now": now, "until": until})
    return None if row is None else of_row(row)


def take_next(tx: Connection, queue: str, *, token: str, now: float, until: float) -> Run | None:
    """Lease the run of this queue whose turn it is among those that want work; None when there is none."""
    row = _TAKE_NEXT.one(tx, {"this_queue": queue, "new_token": token, "now": now, "until": until})
    return None if row is None else of_row(row)


def take_along(tx: Connection, queue: str, *, token: str, now: float, soon: float, until: float) -> Run | None:
    """Lease a run of this queue that wants work by ``soon`` and that nobody holds; None when there is none."""
    given = {"this_queue": queue, "new_token": token, "now": now, "soon": soon, "until": until}
    row = _TAKE_ALONG.one(tx, given)
    return None if row is None else of_row(row)


def take_waiting(
    tx: Connection, run_id: str, states: Iterable[RunState], *, token: str, now: float, until: float
) -> Run | None:
    """Lease a run that waits for a person, for what that person does now; None when it is in no such state or taken."""
    statement = (
        sa.update(table)
        .where(
            table.c.id == run_id,
            table.c.state.in_([state.value for state in states]),
            sa.or_(table.c.token.is_(None), table.c.wake_at <= now),
        )
        .values(token=token, wake_at=until)
        .returning(*table.c)
    )
    row = tx.execute(statement).one_or_none()
    return None if row is None else of_row(row)


def renew(tx: Connection, tokens: Sequence[str], until: float) -> int:
    """Keep the leases a living process holds. A lease somebody else has taken over is not renewed."""
    return tx.execute(sa.update(table).where(table.c.token.in_(list(tokens))).values(wake_at=until)).rowcount


def save(
    tx: Connection, run_id: str, token: str | None, changes: Mapping[str, Any], *, since: float | None = None
) -> None:
    """Write changes under the lease; with ``since``, only if the run was not updated after it.

    Raises:
        LeaseLost: the token is not the run's any more. Nothing was written; roll the transaction back.
    """
    given: dict[str, Any] = {name: encode(name, value) for name, value in changes.items()}
    statement = _save(tuple(given), since is not None)
    given |= {"this_run": run_id, "this_token": token}
    if since is not None:
        given["since"] = since
    if statement.count(tx, given) != 1:
        raise LeaseLost("Another worker has this run now.")


def cut_in(tx: Connection, run_id: str, states: Iterable[RunState], changes: Mapping[str, Any], *, now: float) -> bool:
    """Change a run whoever holds it, taking its lease away; False when it is in none of these states, or somebody is
    writing it back at this moment.

    The worker that held it finds its token gone at its next commit, which then changes nothing.
    """
    values = {name: encode(name, value) for name, value in changes.items()}
    statement = sa.update(table).where(
        table.c.id == run_id,
        table.c.state.in_([state.value for state in states]),
        sa.or_(table.c.stage.not_in(_TOUCHING), table.c.token.is_(None), table.c.wake_at <= now),
    )
    return tx.execute(statement.values(token=None, **values)).rowcount == 1


def due(tx: Connection, now: float, limit: int) -> dict[str, int]:
    """How many runs want work now, by queue, counted up to ``limit`` in all."""
    wanted = (
        sa.select(table.c.queue).where(table.c.wake_at.is_not(None), table.c.wake_at <= now).limit(limit).subquery()
    )
    rows = tx.execute(sa.select(wanted.c.queue, sa.func.count()).group_by(wanted.c.queue))
    return {queue: count for queue, count in rows}


def newest(
    tx: Connection,
    *,
    teams: Sequence[str] | None,
    limit: int = 50,
    before: tuple[float, str] | None = None,
    state: str | None = None,
) -> list[Run]:
    """The newest runs of these teams (None: of all), newest first; ``before`` is (created_at, id) of the last one seen.

    Both parts count: two runs may be made in the same moment, and none may fall between two pages.
    """
    statement = sa.select(table).order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit)
    if teams is not None:
        statement = statement.where(table.c.team.in_(list(teams)))
    if before is not None:
        statement = statement.where(sa.tuple_(table.c.created_at, table.c.id) < sa.tuple_(*before))
    if state is not None:
        statement = statement.where(table.c.state == state)
    return [of_row(row) for row in tx.execute(statement)]


def of_person(tx: Connection, person: str, *, limit: int, state: RunState | None = None) -> list[Run]:
    """The newest runs this person asked for."""
    statement = sa.select(table).where(table.c.asker == one_spelling(person))
    if state is not None:
        statement = statement.where(table.c.state == state.value)
    return [of_row(row) for row in tx.execute(statement.order_by(table.c.created_at.desc(), table.c.id).limit(limit))]


def rejected_of(tx: Connection, person: str, *, again: str, answered: Sequence[str], limit: int) -> list[Run]:
    """The newest of this person's runs whose draft a reviewer rejected, and that nobody has answered: neither is there
    a run whose key is ``again`` and its id, nor a row of the ledger of a kind in ``answered`` since.
    """
    other = table.alias()
    written = sa.exists().where(other.c.request_key == sa.literal(again).concat(table.c.id))
    since = ledger.c.at >= table.c.ended_at
    seen = sa.exists().where(ledger.c.run_id == table.c.id, ledger.c.kind.in_(answered), since)
    rejected = (table.c.state == RunState.REFUSED.value) & table.c.review.is_not(None) & table.c.cleared.is_(None)
    wanted = sa.select(table).where(table.c.asker == one_spelling(person), rejected, ~written, ~seen)
    return [of_row(row) for row in tx.execute(wanted.order_by(table.c.created_at.desc(), table.c.id).limit(limit))]


def number_since(tx: Connection, teams: Sequence[str] | None, since: float) -> int:
    """How many runs of these teams (None: of all) were asked for since then (Unix seconds)."""
    statement = sa.select(sa.func.count()).select_from(table).where(table.c.created_at >= since)
    if teams is not None:
        statement = statement.where(table.c.team.in_(list(teams)))
    return tx.execute(statement).scalar_one()


def one_spelling(person: str | None) -> str | None:
    """One form for the spellings of an e-mail address: case and edges do not count."""
    return person.strip().casefold()[:320] if person else None


def count_by_state(tx: Connection) -> dict[str, int]:
    """How many runs stand in each state."""
    return {state: n for state, n in tx.execute(sa.select(table.c.state, sa.func.count()).group_by(table.c.state))}


def counted(tx: Connection, since: float, until: float) -> list[tuple[str, str, int, bool, int]]:
    """(team, state, tier, simulated, how many) of the runs asked for from ``since`` up to ``until``."""
    kinds = (table.c.team, table.c.state, table.c.tier, table.c.simulated)
    rows = tx.execute(
        sa.select(*kinds, sa.func.count())
        .where(table.c.created_at >= since, table.c.created_at < until)
        .group_by(*kinds)
        .order_by(*kinds)
    )
    return [(team, state, tier, bool(simulated), number) for team, state, tier, simulated, number in rows]


@lru_cache(maxsize=256)
def _save(names: tuple[str, ...], since: bool) -> Hot:
    """The statement that writes these columns. Kept: to put it together takes longer than to run it."""
    statement = sa.update(table).where(
        table.c.id == sa.bindparam("this_run"), table.c.token == sa.bindparam("this_token")
    )
    if since:
        statement = statement.where(table.c.updated_at == sa.bindparam("since"))
    return Hot(statement.values({name: sa.bindparam(name) for name in names}))


def of_row(row: Sequence[Any]) -> Run:
    """The run of a row with every column in the table's order."""
    fields = {name: decode(name, value) for name, value in zip(_COLUMNS, row, strict=True)}
    for name in _UNSTORED:
        del fields[name]
    for name in _OPTIONAL:
        if fields[name] is None:
            del fields[name]
    state, stage, simulated = RunState(fields["state"]), Stage(fields["stage"]), bool(fields["simulated"])
    return Run(**{**fields, "state": state, "stage": stage, "simulated": simulated})


_INSERT = Hot(
    {
        "sqlite": sqlite.insert(table).on_conflict_do_nothing(index_elements=["request_key"]).returning(table.c.id),
        "postgresql": postgresql.insert(table)
        .on_conflict_do_nothing(index_elements=["request_key"])
        .returning(table.c.id),
    }
)
_BY_KEY = sa.select(table.c.id, table.c.fingerprint).where(table.c.request_key == sa.bindparam("key"))
_BY_ID = Hot(sa.select(table).where(table.c.id == sa.bindparam("id")))
_CROWD_OF = Hot(
    sa.select(sa.func.count()).select_from(
        sa.select(sa.literal_column("1"))
        .select_from(table)
        .where(table.c.team == sa.bindparam("team"), table.c.state == sa.literal_column("'queued'"))
        .limit(_CROWD)
        .subquery()
    )
)
_TAKE = Hot(
    sa.update(table)
    .where(table.c.id == sa.bindparam("run"), table.c.wake_at <= sa.bindparam("now"))
    .values(token=sa.bindparam("new_token"), wake_at=sa.bindparam("until"))
    .returning(*table.c)
)


def _take_next(skip_locked: bool, along: bool = False) -> sa.Update:
    wanted = table.c.wake_at <= sa.bindparam("now")
    if along:
        # The end of somebody's lease lies ahead too: what is held is nobody's before that.
        wanted |= (table.c.wake_at <= sa.bindparam("soon")) & table.c.token.is_(None)
    first = (
        sa.select(table.c.id)
        .where(table.c.queue == sa.bindparam("this_queue"), table.c.wake_at.is_not(None), wanted)
        .order_by(table.c.turn)
        .limit(1)
    )
    if skip_locked:
        first = first.with_for_update(skip_locked=True)
    return (
        sa.update(table)
        .where(table.c.id == first.scalar_subquery())
        .values(token=sa.bindparam("new_token"), wake_at=sa.bindparam("until"))
        .returning(*table.c)
    )


_TAKE_NEXT = Hot({"sqlite": _take_next(False), "postgresql": _take_next(True)})
_TAKE_ALONG = Hot({"sqlite": _take_next(False, along=True), "postgresql": _take_next(True, along=True)})
