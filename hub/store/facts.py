"""Facts: what vendors know around the hub's outputs, such as a won deal. The newest of each is kept."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.sdk import Fact
from hub.store.tables import fact as table

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def put(tx: Connection, connection: str, fact: Fact) -> bool:
    """Keep a fact; False when it was known just so. An older one never takes a newer one's place."""
    changed = {"at": fact.at, "data": dict(fact.data)}
    row = {"connection": connection, "kind": fact.kind, "vendor_id": fact.vendor_id, **changed}
    insert = _INSERT[tx.dialect.name](table).values(**row)
    done = insert.on_conflict_do_update(
        index_elements=["connection", "kind", "vendor_id"],
        set_=changed,
        where=(table.c.data != insert.excluded.data) & (table.c.at <= insert.excluded.at),
    )
    return tx.execute(done.returning(table.c.vendor_id)).first() is not None


def of_kind(tx: Connection, connection: str, kind: str) -> Sequence[Fact]:
    """Every fact of one kind, by the vendor's id."""
    these = (table.c.connection == connection) & (table.c.kind == kind)
    rows = tx.execute(sa.select(table).where(these).order_by(table.c.vendor_id))
    return [Fact(kind=row.kind, vendor_id=row.vendor_id, at=row.at, data=row.data) for row in rows]
