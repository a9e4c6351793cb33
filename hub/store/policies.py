"""What the organisation has chosen of its policy, and who chose each pack; what a team adds stands with the team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.store.tables import pack_choice, policy, pseudonym, team

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
ORGANISATION = "organisation"
#: The organisation among the teams that choose packs.
EVERYBODY = ""
_CHOSEN = sa.select(policy.c.data).where(policy.c.scope == ORGANISATION)


@dataclass(frozen=True, slots=True)
class Choice:
    """A pack that was chosen. ``by`` is who did, as the ledger names them; ``person`` their address while known."""

    scope: str
    pack: str
    by: str
    at: float
    person: str | None = None


def put(tx: Connection, data: Mapping[str, Any], now: float) -> None:
    """Choose the organisation's policy."""
    insert = _INSERT[tx.dialect.name](policy).values(scope=ORGANISATION, data=dict(data), changed_at=now)
    tx.execute(insert.on_conflict_do_update(index_elements=["scope"], set_={"data": dict(data), "changed_at": now}))


def hold(tx: Connection, now: float) -> None:
    """Keep others from changing what is chosen until this transaction ends: what is read after this is what stands, and
    not what stood before somebody else's change."""
    insert = _INSERT[tx.dialect.name](policy).values(scope=ORGANISATION, data={}, changed_at=now)
    tx.execute(insert.on_conflict_do_update(index_elements=["scope"], set_={"scope": ORGANISATION}))


def get(tx: Connection) -> Mapping[str, Any]:
    """What was chosen; empty when nothing was."""
    return tx.execute(_CHOSEN).scalar_one_or_none() or {}


def note_choices(tx: Connection, by: str, now: float) -> None:
    """Note who chose what is newly chosen, after it was written, and forget what is chosen no more."""
    chosen = {(EVERYBODY, name) for name in get(tx).get("packs") or ()}
    for id, added in tx.execute(sa.select(team.c.id, team.c.policy)):
        chosen |= {(id, name) for name in added.get("packs") or ()}
    known = {tuple(row) for row in tx.execute(sa.select(pack_choice.c.scope, pack_choice.c.pack))}
    for scope, name in sorted(known - chosen):
        tx.execute(sa.delete(pack_choice).where(pack_choice.c.scope == scope, pack_choice.c.pack == name))
    for scope, name in sorted(chosen - known):
        tx.execute(sa.insert(pack_choice).values(scope=scope, pack=name, by=by, at=now))


def choices(tx: Connection) -> list[Choice]:
    """Every pack that somebody chose, with who and when."""
    c = pack_choice.c
    found = sa.select(c.scope, c.pack, c.by, c.at, pseudonym.c.person).select_from(
        pack_choice.outerjoin(pseudonym, pseudonym.c.pseudonym == c.by)
    )
    return [Choice(*row) for row in tx.execute(found.order_by(c.scope, c.pack))]
