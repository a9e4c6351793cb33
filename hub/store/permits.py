"""Permits: a person's own token for a vendor, sealed, until it expires."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.store.tables import permit as table

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def put(tx: Connection, connection: str, person: str, sealed: str, expires_at: float) -> None:
    """Keep what a person lent; a newer one takes the older one's place."""
    changed = {"sealed": sealed, "expires_at": expires_at}
    insert = _INSERT[tx.dialect.name](table).values(connection=connection, person=person, **changed)
    tx.execute(insert.on_conflict_do_update(index_elements=["connection", "person"], set_=changed))


def get(tx: Connection, connection: str, person: str, now: float) -> str | None:
    """The sealed token, None when there is none or it has expired."""
    return tx.execute(_GET, {"of_connection": connection, "of_person": person, "now": now}).scalar()


def expire(tx: Connection, now: float) -> int:
    """Forget what has expired; how many there were."""
    return tx.execute(sa.delete(table).where(table.c.expires_at <= now)).rowcount


_GET = sa.select(table.c.sealed).where(
    table.c.connection == sa.bindparam("of_connection"),
    table.c.person == sa.bindparam("of_person"),
    table.c.expires_at > sa.bindparam("now"),
)
