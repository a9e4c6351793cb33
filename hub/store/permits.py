"""Permits: a person's own token for a vendor, sealed, until it expires, and the runs that wait for one."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.domain import DeliveryState, RunState
from hub.store.tables import delivery, run
from hub.store.tables import permit as table

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def put(tx: Connection, connection: str, person: str, sealed: str, expires_at: float, now: float) -> None:
    """Keep what a person lent; a newer one takes the older one's place."""
    changed = {"sealed": sealed, "expires_at": expires_at, "lent_at": now}
    insert = _INSERT[tx.dialect.name](table).values(connection=connection, person=person, **changed)
    tx.execute(insert.on_conflict_do_update(index_elements=["connection", "person"], set_=changed))


def get(tx: Connection, connection: str, person: str, now: float) -> str | None:
    """The sealed token, None when there is none or it has expired."""
    return tx.execute(_GET, {"of_connection": connection, "of_person": person, "now": now}).scalar()


def of_person(tx: Connection, person: str, now: float) -> dict[str, float]:
    """The connections this person lends a token for, and when they lent it."""
    rows = tx.execute(_OF_PERSON, {"of_person": person, "now": now})
    return {connection: lent_at or 0.0 for connection, lent_at in rows}


def waiting(tx: Connection, connection: str, person: str, *, limit: int) -> list[str]:
    """The newest runs that wait, here, for what this person lends. Those nobody lent for yet are not among them."""
    found = (
        sa.select(run.c.id)
        .join(delivery, delivery.c.run_id == run.c.id)
        .where(
            delivery.c.state == sa.literal_column(f"'{DeliveryState.WAITING_USER.value}'"),
            delivery.c.on_behalf_of == person,
            delivery.c.connection == connection,
            run.c.state == RunState.WAITING_USER.value,
        )
        .distinct()
        .order_by(run.c.id.desc())
    )
    return list(tx.execute(found.limit(limit)).scalars())


def expire(tx: Connection, now: float) -> int:
    """Forget what has expired; how many there were."""
    return tx.execute(sa.delete(table).where(table.c.expires_at <= now)).rowcount


_GET = sa.select(table.c.sealed).where(
    table.c.connection == sa.bindparam("of_connection"),
    table.c.person == sa.bindparam("of_person"),
    table.c.expires_at > sa.bindparam("now"),
)
_OF_PERSON = sa.select(table.c.connection, table.c.lent_at).where(
    table.c.person == sa.bindparam("of_person"), table.c.expires_at > sa.bindparam("now")
)
