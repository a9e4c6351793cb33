"""Evidence uses: which run's draft relies on which evidence, and where that evidence no longer holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.store.tables import evidence
from hub.store.tables import evidence_use as table

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One run's reliance on one evidence. ``why`` it lapsed is expired, withdrawn or changed; ``claim`` and
    ``expires_on`` are of the evidence as it stands now."""

    run_id: str
    evidence_id: str
    team: str
    says: str
    lapsed_at: float | None
    why: str | None
    closed_at: float | None
    closed_by: str | None
    claim: str
    expires_on: str | None


def note(tx: Connection, run_id: str, team: str, relied: Mapping[str, str]) -> None:
    """A run's draft relies on this: evidence ids, each with what it says. A draft that is checked again counts anew."""
    tx.execute(sa.delete(table).where(table.c.run_id == run_id, table.c.closed_at.is_(None)))
    for id, says in relied.items():
        insert = _INSERT[tx.dialect.name](table).values(run_id=run_id, evidence_id=id, team=team, says=says)
        tx.execute(insert.on_conflict_do_nothing(index_elements=["run_id", "evidence_id"]))


def of_run(tx: Connection, run_id: str) -> list[Use]:
    """Everything a run's draft relies on, by the evidence's id."""
    return _uses(tx, _SELECT.where(table.c.run_id == run_id).order_by(table.c.evidence_id))


def broken(tx: Connection, run_id: str, day: str) -> list[Use]:
    """What of it no longer holds on this day, whether anybody noticed or not, and nobody has dealt with."""
    live = (table.c.run_id == run_id, table.c.closed_at.is_(None), lapsed(day))
    return _uses(tx, _SELECT.where(*live).order_by(table.c.evidence_id))


def fresh(tx: Connection, day: str, *, after: tuple[str, str], limit: int) -> list[Use]:
    """Uses of evidence that no longer holds and of which nobody was told, by (evidence, run)."""
    new = (table.c.lapsed_at.is_(None), table.c.closed_at.is_(None), lapsed(day))
    place = sa.tuple_(table.c.evidence_id, table.c.run_id)
    wanted = _SELECT.where(*new, place > sa.tuple_(*after)).order_by(table.c.evidence_id, table.c.run_id)
    return _uses(tx, wanted.limit(limit))


def renewed(tx: Connection, day: str, *, limit: int) -> list[Use]:
    """Uses that had lapsed and whose evidence holds again, in the words it had."""
    return _uses(tx, _SELECT.where(*_OPEN, sa.not_(lapsed(day))).limit(limit))


def opened(tx: Connection, teams: Sequence[str] | None, *, limit: int) -> list[Use]:
    """What these teams (None: all) still have to look at, the longest lapsed first."""
    wanted = _SELECT.where(*_OPEN).order_by(table.c.lapsed_at, table.c.run_id, table.c.evidence_id).limit(limit)
    return _uses(tx, wanted if teams is None else wanted.where(table.c.team.in_(list(teams))))


def lapse(tx: Connection, one: Use, why: str, day: str, now: float) -> bool:
    """Note that it lapsed; False when somebody else noted it, or it holds again by now."""
    still = sa.exists().where(evidence.c.id == table.c.evidence_id, lapsed(day))
    return _change(tx, one, table.c.lapsed_at.is_(None), table.c.closed_at.is_(None), still, lapsed_at=now, why=why)


def revive(tx: Connection, one: Use, day: str) -> bool:
    """Note that it holds again; False when somebody else did."""
    again = sa.exists().where(evidence.c.id == table.c.evidence_id, sa.not_(lapsed(day)))
    return _change(tx, one, *_OPEN, again, lapsed_at=None, why=None)


def close(tx: Connection, run_id: str, evidence_id: str, *, by: str, now: float) -> bool:
    """Somebody has dealt with it; False when it was not open."""
    these = (table.c.run_id == run_id, table.c.evidence_id == evidence_id, *_OPEN)
    return tx.execute(sa.update(table).where(*these).values(closed_at=now, closed_by=by)).rowcount == 1


def forget(tx: Connection, one: Use) -> None:
    """What the run wrote does not stand any more: nobody has to look at it."""
    tx.execute(sa.delete(table).where(table.c.run_id == one.run_id, table.c.evidence_id == one.evidence_id))


def lapsed(day: str) -> sa.ColumnElement[bool]:
    """Whether the evidence of a use no longer holds as it did."""
    # Each side is true or false and never unknown, so that its opposite is what still holds.
    over = sa.and_(evidence.c.expires_on.is_not(None), evidence.c.expires_on < day)
    ahead = sa.and_(evidence.c.valid_from.is_not(None), evidence.c.valid_from > day)
    return sa.or_(evidence.c.withdrawn, over, ahead, evidence.c.says != table.c.says)


def _change(tx: Connection, one: Use, *where: Any, **values: Any) -> bool:
    this = (table.c.run_id == one.run_id, table.c.evidence_id == one.evidence_id)
    return tx.execute(sa.update(table).where(*this, *where).values(**values)).rowcount == 1


def _uses(tx: Connection, wanted: sa.Select[Any]) -> list[Use]:
    return [Use(**row._mapping) for row in tx.execute(wanted)]


_OPEN = (table.c.lapsed_at.is_not(None), table.c.closed_at.is_(None))
_SELECT = sa.select(*table.c, evidence.c.claim, evidence.c.expires_on).join(
    evidence, evidence.c.id == table.c.evidence_id
)
