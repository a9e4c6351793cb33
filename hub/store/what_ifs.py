"""What-ifs: changes of packs that are held against earlier drafts, how far each is, and who is at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from hub.store.tables import pseudonym
from hub.store.tables import what_if as table

Turns = Literal["on", "off"]
State = Literal["running", "done", "cancelled", "failed", "made"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """One change and what it would have done.

    ``scope`` is a team, or empty for the organisation. ``basis`` names the choice it starts from: once that is another
    one, what was found says nothing any more. ``total`` runs are to be looked at, ``looked`` were; the next one comes
    before the mark. ``made`` is a change that was carried out. ``by`` is who asked as the ledger names them.
    """

    id: str
    scope: str
    pack: str
    turns: Turns
    days: float
    basis: str
    by: str
    state: State
    asked_at: float
    ended_at: float | None = None
    wake_at: float | None = None
    total: int = 0
    looked: int = 0
    mark_at: float | None = None
    mark_id: str | None = None
    found: Mapping[str, Any]
    person: str | None = None

    @property
    def since(self) -> float:
        """Unix seconds of the oldest draft that counts."""
        return self.asked_at - self.days * 86_400.0

    @property
    def mark(self) -> tuple[float, str] | None:
        return None if self.mark_at is None or self.mark_id is None else (self.mark_at, self.mark_id)


def add(tx: Connection, one: WhatIf) -> None:
    """Have it worked on."""
    values = {name: getattr(one, name) for name in _STORED}
    tx.execute(sa.insert(table).values(**{**values, "found": dict(one.found)}))


def get(tx: Connection, id: str) -> WhatIf | None:
    row = tx.execute(_SHOWN.where(table.c.id == id)).one_or_none()
    return None if row is None else _of(row)


def newest(tx: Connection, scopes: Sequence[str] | None, limit: int) -> list[WhatIf]:
    """The newest of these scopes (None: of all)."""
    found = _SHOWN if scopes is None else _SHOWN.where(table.c.scope.in_(list(scopes)))
    return [_of(row) for row in tx.execute(found.order_by(table.c.asked_at.desc()).limit(limit))]


def due(tx: Connection, now: float) -> bool:
    """Whether one of them wants work now."""
    waits = sa.select(table.c.id).where(table.c.wake_at.is_not(None), table.c.wake_at <= now)
    return tx.execute(waits.limit(1)).first() is not None


def take(tx: Connection, now: float, *, until: float) -> WhatIf | None:
    """The one that has waited longest, put off to ``until``, so that nobody else takes it; None when none is due."""
    due = _ALONE.where(table.c.wake_at.is_not(None), table.c.wake_at <= now).order_by(table.c.wake_at).limit(1)
    row = tx.execute(due.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    tx.execute(sa.update(table).where(table.c.id == row.id).values(wake_at=until))
    return replace(_of(row), wake_at=until)


def keep(tx: Connection, one: WhatIf, *, held: float) -> bool:
    """Keep how far it is, if it is still ours, which ``held`` (the ``until`` it was taken with) proves. False when it
    was cancelled, or somebody else has it."""
    same = (table.c.id == one.id, table.c.wake_at == held, table.c.state == "running")
    changed = ("state", "ended_at", "wake_at", "total", "looked", "mark_at", "mark_id")
    values = {**{name: getattr(one, name) for name in changed}, "found": dict(one.found)}
    return tx.execute(sa.update(table).where(*same).values(**values)).rowcount == 1


def turn(tx: Connection, id: str, was: State, state: State, now: float) -> bool:
    """Change its state if it is the one it was; nobody works on it from then on."""
    same = (table.c.id == id, table.c.state == was)
    changed = sa.update(table).where(*same).values(state=state, wake_at=None, ended_at=now)
    return tx.execute(changed).rowcount == 1


def forget(tx: Connection, before: float) -> None:
    """Delete those that were asked for before then and are over."""
    tx.execute(sa.delete(table).where(table.c.asked_at < before, table.c.wake_at.is_(None)))


def _of(row: Any) -> WhatIf:
    return WhatIf(**row._mapping)


_STORED = tuple(column.name for column in table.columns)
_ALONE = sa.select(table)
_SHOWN = sa.select(table, pseudonym.c.person).select_from(
    table.outerjoin(pseudonym, pseudonym.c.pseudonym == table.c.by)
)
