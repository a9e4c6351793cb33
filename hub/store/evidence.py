"""Evidence: what an organisation can show for its claims. It is changed and withdrawn, never deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import sqlalchemy as sa
from pydantic_core import to_json
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.store.tables import evidence as table

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
#: Rows written in one statement; SQLite binds some thirty thousand values at most.
CHUNK = 500
_KEPT = ("claim", "owner", "source", "team", "markets", "valid_from", "expires_on", "disclaimer", "withdrawn")
_MARK = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(table.c.revision), 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What an organisation can show for a claim, in the words it may be published in.

    ``team`` None holds for every team, empty ``markets`` for every market. Days are such as 2026-11-26, in UTC; both
    ends count. ``disclaimer`` has to stand wherever the claim does. ``revision`` counts its changes from 1; ``says`` is
    a hash of what a draft relies on, so that changed words are other evidence.
    """

    id: str
    claim: str
    owner: str
    source: str
    team: str | None = None
    markets: tuple[str, ...] = ()
    valid_from: str | None = None
    expires_on: str | None = None
    disclaimer: str = ""
    withdrawn: bool = False
    revision: int = 0
    says: str = ""
    changed_at: float = 0.0

    def status(self, day: str) -> Literal["in force", "not yet", "expired", "withdrawn"]:
        """How it stands on a day."""
        if self.withdrawn:
            return "withdrawn"
        if self.expires_on is not None and self.expires_on < day:
            return "expired"
        return "not yet" if self.valid_from is not None and day < self.valid_from else "in force"


def says(one: Evidence) -> str:
    """A hash of what a draft relies on: the words, whom they hold for, and what has to stand beside them."""
    return hashlib.sha256(to_json([one.claim, one.team, sorted(one.markets), one.disclaimer])).hexdigest()


def put(tx: Connection, entries: Sequence[Evidence], now: float) -> None:
    """Keep entries: new ones with revision 1, known ones with one more than before."""
    for start in range(0, len(entries), CHUNK):
        rows = [
            {
                **{name: getattr(one, name) for name in ("id", *_KEPT)},
                "markets": list(one.markets),
                "revision": 1,
                "says": says(one),
                "changed_at": now,
            }
            for one in entries[start : start + CHUNK]
        ]
        insert = _INSERT[tx.dialect.name](table).values(rows)
        kept = {name: insert.excluded[name] for name in (*_KEPT, "says", "changed_at")}
        tx.execute(insert.on_conflict_do_update(index_elements=["id"], set_={**kept, "revision": table.c.revision + 1}))


def get(tx: Connection, id: str) -> Evidence | None:
    row = tx.execute(sa.select(table).where(table.c.id == id)).one_or_none()
    return None if row is None else _evidence(row)


def every(tx: Connection) -> list[Evidence]:
    """All of it, by id."""
    return [_evidence(row) for row in tx.execute(sa.select(table).order_by(table.c.id))]


def ending(tx: Connection, last: str) -> list[Evidence]:
    """What has an end, that day or before it, and was not withdrawn; the soonest first."""
    these = sa.select(table).where(table.c.expires_on <= last, table.c.withdrawn.is_(False))
    return [_evidence(row) for row in tx.execute(these.order_by(table.c.expires_on, table.c.id))]


def of_teams(tx: Connection, teams: Sequence[str] | None, *, after: str, limit: int) -> list[Evidence]:
    """What these teams may cite (None: all of it), by id after ``after``."""
    wanted = sa.select(table).where(table.c.id > after).order_by(table.c.id).limit(limit)
    if teams is not None:
        wanted = wanted.where(sa.or_(table.c.team.is_(None), table.c.team.in_(list(teams))))
    return [_evidence(row) for row in tx.execute(wanted)]


def mark(tx: Connection) -> tuple[int, int]:
    """Differs after every change: each adds a row or counts up a revision, so that neither figure ever returns."""
    count, revisions = tx.execute(_MARK).one()
    return int(count), int(revisions)


def _evidence(row: sa.Row[tuple[object, ...]]) -> Evidence:
    found = Evidence(**row._mapping)
    return replace(found, markets=tuple(found.markets))
