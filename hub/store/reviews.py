"""What waits for a person to look at, who opened it when, what was decided, and how far each template is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.domain import Draft, Event, Review, RunState
from hub.store.codec import decode, encode
from hub.store.events import event_of
from hub.store.tables import bookmark, ladder, ledger, look_opened, run
from hub.store.tables import look as table

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
Kind = Literal["review", "sample", "second", "seeded"]
_COLUMNS = tuple(column.name for column in table.columns)
#: A run that left its review by another way, such as cancelling, waits for nobody.
_WAITS = (table.c.decided_at.is_(None), sa.or_(table.c.kind != "review", run.c.state == RunState.IN_REVIEW.value))

#: Fields of the request and of the draft, read where they stand.
_REDRAFT_OF = {
    "sqlite": sa.type_coerce(run.c.request, sa.JSON)["redraft_of"].as_string(),
    "postgresql": sa.cast(run.c.request, sa.JSON)["redraft_of"].as_string(),
}


_EDITED_BY = {
    "sqlite": sa.type_coerce(run.c.draft, sa.JSON)["edited_by"].as_json(),
    "postgresql": sa.cast(run.c.draft, sa.JSON)["edited_by"].as_json(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Something a person is to look at. Times are Unix seconds.

    ``review`` is a draft that waits for its approval, ``sample`` one that is delivered already, ``second`` one that
    somebody approved. ``seeded`` is a copy of one, ``draft``, with the error that ``planted`` tells of.
    """

    id: str
    kind: Kind
    run_id: str
    team: str
    template: str
    tier: int
    made_at: float
    due_at: float
    escalated_at: float | None = None
    reminded_at: float | None = None
    draft: Draft | None = None
    planted: Mapping[str, str] | None = None
    decided_at: float | None = None
    decided_by: str | None = None
    decision: str | None = None
    reason: str = ""
    words: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A look that waits, with what says who may decide on it: who asked for the run and when, who wrote in its draft,
    the decision it has so far, and the id of the run whose rejected draft it is written anew from."""

    look: Look
    asker: str | None
    review: Review | None
    redraft_of: str
    asked_at: float
    edited_by: tuple[str, ...]


def add(tx: Connection, one: Look) -> None:
    """Put one into the queue. One that is there, from an earlier round of the same run, waits anew."""
    row = {name: getattr(one, name) for name in _COLUMNS} | {"draft": encode("draft", one.draft)}
    again = {name: row[name] for name in _COLUMNS if name not in ("id", "kind", "run_id")}
    insert = _INSERT[tx.dialect.name](table).values(row)
    tx.execute(insert.on_conflict_do_update(index_elements=["id"], set_=again))


def get(tx: Connection, look_id: str) -> Look | None:
    row = tx.execute(sa.select(table).where(table.c.id == look_id)).one_or_none()
    return None if row is None else _look(row)


def every_waiting(tx: Connection, *, teams: Sequence[str] | None, batch: int = 200) -> Iterator[Waiting]:
    """All that waits, the soonest due first, read as far as it is asked for."""
    after: tuple[float, str] | None = None
    while found := waiting(tx, teams=teams, limit=batch, after=after):
        yield from found
        after = (found[-1].look.due_at, found[-1].look.id)


def waiting(
    tx: Connection, *, teams: Sequence[str] | None, limit: int = 200, after: tuple[float, str] | None = None
) -> list[Waiting]:
    """What waits, the soonest due first; None for the looks of every team. The runs themselves are not read.

    Args:
        after: when the last one of an earlier page is due, and its id.
    """
    of = tx.dialect.name
    more = (run.c.asker, run.c.review, _REDRAFT_OF[of], run.c.created_at, _EDITED_BY[of])
    statement = sa.select(*table.c, *more).join(run, run.c.id == table.c.run_id).where(*_WAITS)
    if teams is not None:
        statement = statement.where(table.c.team.in_(list(teams)))
    if after is not None:
        statement = statement.where(sa.tuple_(table.c.due_at, table.c.id) > sa.tuple_(*after))
    rows = tx.execute(statement.order_by(table.c.due_at, table.c.id).limit(limit)).all()
    return [
        Waiting(_look(look), asker, decode("review", review), redraft_of or "", asked_at, tuple(edited_by or ()))
        for *look, asker, review, redraft_of, asked_at, edited_by in rows
    ]


def opened(tx: Connection, look_id: str, person: str, now: float) -> None:
    """Note when somebody first opened it."""
    insert = _INSERT[tx.dialect.name](look_opened).values(look=look_id, person=person, at=now)
    tx.execute(insert.on_conflict_do_nothing(index_elements=["look", "person"]))


def opened_at(tx: Connection, look_id: str, person: str) -> float | None:
    """When they first opened it, None when they never did."""
    this = (look_opened.c.look == look_id, look_opened.c.person == person)
    return tx.execute(sa.select(look_opened.c.at).where(*this)).scalar()


def unread(tx: Connection, look_id: str) -> None:
    """Nobody has opened it: what is to be looked at is another text now."""
    tx.execute(sa.delete(look_opened).where(look_opened.c.look == look_id))


def decide(
    tx: Connection, look_id: str, *, by: str, decision: str, now: float, reason: str, words: int, seconds: float | None
) -> bool:
    """Note the decision; False when somebody else decided a moment ago."""
    values = {
        "decided_at": now,
        "decided_by": by,
        "decision": decision,
        "reason": reason,
        "words": words,
        "seconds": seconds,
    }
    this = (table.c.id == look_id, table.c.decided_at.is_(None))
    return tx.execute(sa.update(table).where(*this).values(values)).rowcount == 1


def drop(tx: Connection, run_id: str, now: float) -> None:
    """Nobody has to look at this run any more."""
    this = (table.c.run_id == run_id, table.c.decided_at.is_(None))
    tx.execute(sa.update(table).where(*this).values(decided_at=now, decision="dropped"))


def forget(tx: Connection, run_id: str) -> None:
    """Remove the texts of everything that was to be looked at of a run; what still waited waits no more."""
    this = table.c.run_id == run_id
    tx.execute(sa.update(table).where(this).values(draft=None, planted=None, reason=""))
    tx.execute(sa.update(table).where(this, table.c.decided_at.is_(None)).values(decided_at=0.0, decision="dropped"))


def escalate(tx: Connection, now: float, limit: int = 100) -> list[Look]:
    """What became late since the last time, each handed out once."""
    late = (*_WAITS, table.c.escalated_at.is_(None), table.c.due_at <= now)
    found = sa.select(table.c.id).join(run, run.c.id == table.c.run_id).where(*late).order_by(table.c.due_at)
    ids = tx.execute(found.limit(limit)).scalars().all()
    taken = (table.c.id.in_(ids), table.c.escalated_at.is_(None))
    rows = tx.execute(sa.update(table).where(*taken).values(escalated_at=now).returning(*table.c)).all()
    return [_look(row) for row in rows]


def remind(tx: Connection, now: float, share: float, limit: int = 100) -> list[Look]:
    """What is left with less than this share of its time since the last call, each handed out once."""
    nearly = table.c.due_at - (table.c.due_at - table.c.made_at) * share
    soon = (*_WAITS, table.c.reminded_at.is_(None), table.c.escalated_at.is_(None), nearly <= now, table.c.due_at > now)
    found = sa.select(table.c.id).join(run, run.c.id == table.c.run_id).where(*soon).order_by(table.c.due_at)
    ids = tx.execute(found.limit(limit)).scalars().all()
    taken = (table.c.id.in_(ids), table.c.reminded_at.is_(None))
    rows = tx.execute(sa.update(table).where(*taken).values(reminded_at=now).returning(*table.c)).all()
    return [_look(row) for row in rows]


def records(tx: Connection, *, since: float, person: str | None = None, team: str | None = None) -> list[Look]:
    """What was decided since then, by this person or in this team, without the drafts."""
    columns = [column for column in table.c if column.name != "draft"]
    this = [table.c.decided_at >= since, table.c.decided_by.is_not(None)]
    this += [table.c.decided_by == person] if person is not None else []
    this += [table.c.team == team] if team is not None else []
    rows = tx.execute(sa.select(*columns).where(*this).order_by(table.c.decided_at)).mappings()
    return [Look(**row) for row in rows]


def step(tx: Connection, team: str, template: str) -> tuple[int, int]:
    """How many outputs a template had in a team, and how many clean looks, since the last that was not clean."""
    this = (ladder.c.team == team, ladder.c.template == template)
    row = tx.execute(sa.select(ladder.c.delivered, ladder.c.clean).where(*this)).one_or_none()
    return (0, 0) if row is None else (row.delivered, row.clean)


def held_step(tx: Connection, team: str, template: str) -> tuple[int, int]:
    """``step`` for whoever is going to change it: nobody else does until the transaction ends."""
    start = {"team": team, "template": template, "delivered": 0, "clean": 0}
    insert = _INSERT[tx.dialect.name](ladder).values(**start)
    # Writing what is there takes the row, or makes it, in one statement.
    same = {"delivered": ladder.c.delivered}
    taken = insert.on_conflict_do_update(index_elements=["team", "template"], set_=same)
    row = tx.execute(taken.returning(ladder.c.delivered, ladder.c.clean)).one()
    return row.delivered, row.clean


def put_step(tx: Connection, team: str, template: str, delivered: int, clean: int) -> None:
    now = {"delivered": delivered, "clean": clean}
    insert = _INSERT[tx.dialect.name](ladder).values(team=team, template=template, **now)
    tx.execute(insert.on_conflict_do_update(index_elements=["team", "template"], set_=now))


def place_of(tx: Connection, reader: str) -> int | None:
    """The last row of the ledger this reader has seen."""
    return tx.execute(sa.select(bookmark.c.seq).where(bookmark.c.reader == reader)).scalar()


def read_on(tx: Connection, reader: str, kinds: Sequence[str], limit: int) -> list[Event]:
    """The next rows of these kinds that this reader of the ledger has not seen. Whoever comes second at the same moment
    waits for the first, so that each row is seen once."""
    seen = tx.execute(sa.select(bookmark.c.seq).where(bookmark.c.reader == reader).with_for_update()).scalar()
    end = tx.execute(sa.select(sa.func.max(ledger.c.seq))).scalar() or 0
    if seen is None or seen >= end:
        return []
    until = min(end, seen + limit)
    these = (ledger.c.seq > seen, ledger.c.seq <= until, ledger.c.kind.in_(list(kinds)))
    rows = tx.execute(sa.select(ledger).where(*these).order_by(ledger.c.seq)).all()
    tx.execute(sa.update(bookmark).where(bookmark.c.reader == reader).values(seq=until))
    return [event_of(row) for row in rows]


def approved(tx: Connection, team: str, tier: int, since: float, limit: int) -> list[str]:
    """Ids of the team's newest runs of a tier that a person approved."""
    this = (table.c.team == team, table.c.tier == tier, table.c.kind == "review", table.c.decision == "accept")
    found = sa.select(table.c.run_id).where(*this, table.c.decided_at >= since)
    return list(tx.execute(found.order_by(table.c.decided_at.desc()).limit(limit)).scalars())


def _look(row: Sequence[Any]) -> Look:
    fields = dict(zip(_COLUMNS, row, strict=True))
    return Look(**{**fields, "draft": decode("draft", fields["draft"])})
