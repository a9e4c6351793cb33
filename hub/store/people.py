"""Pseudonyms of people: which name each stands under in the ledger."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.store.hot import Hot
from hub.store.tables import pseudonym as table

#: Who stands where a person was whose data was erased.
ERASED = "erased person"


def pseudonym(tx: Connection, person: str) -> str | None:
    """The person's pseudonym, None when they have none yet. ``person`` is in its one spelling."""
    row = _GET.one(tx, {"of_person": person})
    return None if row is None else row[0]


def new_pseudonym(tx: Connection, person: str) -> str:
    """Draw one for a person who has none; whoever draws at the same moment gets the same."""
    _NEW.count(tx, {"person": person, "pseudonym": f"person:{secrets.token_hex(8)}"})
    found = pseudonym(tx, person)
    assert found is not None
    return found


def forget_pseudonym(tx: Connection, person: str) -> None:
    """Delete the only thing that says whose pseudonym it was."""
    tx.execute(sa.delete(table).where(table.c.person == person))


_GET = Hot(sa.select(table.c.pseudonym).where(table.c.person == sa.bindparam("of_person")))
_NEW = Hot(
    {
        "sqlite": sqlite.insert(table).on_conflict_do_nothing(index_elements=["person"]),
        "postgresql": postgresql.insert(table).on_conflict_do_nothing(index_elements=["person"]),
    }
)
