"""Template revisions, by content hash: stored once, never changed, so that every run can show the text it used."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.store.tables import template_revision as table

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def keep(tx: Connection, *, revision: str, name: str, source: str, spec: str, now: float) -> bool:
    """Store a revision; False when it is known."""
    insert = _INSERT[tx.dialect.name](table).values(
        revision=revision, name=name, source=source, spec=spec, created_at=now
    )
    insert = insert.on_conflict_do_nothing(index_elements=["revision"]).returning(table.c.revision)
    return tx.execute(insert).first() is not None


def known(tx: Connection, wanted: Collection[str]) -> set[str]:
    """Those of these revisions that are stored."""
    return set(tx.execute(sa.select(table.c.revision).where(table.c.revision.in_(wanted))).scalars())


def spec(tx: Connection, revision: str) -> str | None:
    """The parsed template of a revision, as JSON."""
    return tx.execute(sa.select(table.c.spec).where(table.c.revision == revision)).scalar()


def of_name(tx: Connection, name: str) -> list[tuple[str, float]]:
    """(revision, stored at) of a template, newest first."""
    rows = tx.execute(
        sa.select(table.c.revision, table.c.created_at).where(table.c.name == name).order_by(table.c.created_at.desc())
    )
    return [(row.revision, row.created_at) for row in rows]
