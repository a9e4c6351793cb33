"""What the organisation has chosen of its policy; what a team adds stands with the team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.store.tables import policy

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
ORGANISATION = "organisation"
_CHOSEN = sa.select(policy.c.data).where(policy.c.scope == ORGANISATION)


def put(tx: Connection, data: Mapping[str, Any], now: float) -> None:
    """Choose the organisation's policy."""
    insert = _INSERT[tx.dialect.name](policy).values(scope=ORGANISATION, data=dict(data), changed_at=now)
    tx.execute(insert.on_conflict_do_update(index_elements=["scope"], set_={"data": dict(data), "changed_at": now}))


def get(tx: Connection) -> Mapping[str, Any]:
    """What was chosen; empty when nothing was."""
    return tx.execute(_CHOSEN).scalar_one_or_none() or {}
