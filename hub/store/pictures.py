"""Pictures: what was sent along with a request for the model to look at, until the run needs it no more."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from hub.domain import RunState
from hub.sdk.picture import Picture
from hub.store.tables import picture as table
from hub.store.tables import run as runs


def put(tx: Connection, run_id: str, picture: Picture, now: float) -> None:
    """Keep the picture of a run that is stored in the same transaction."""
    row = {"run_id": run_id, "media_type": picture.media_type, "bytes": picture.data, "created_at": now}
    tx.execute(sa.insert(table).values(row))


def get(tx: Connection, run_id: str) -> Picture | None:
    """The picture sent with this run; None when there was none, or it is gone by now."""
    row = tx.execute(sa.select(table.c.media_type, table.c.bytes).where(table.c.run_id == run_id)).one_or_none()
    return None if row is None else Picture(media_type=row.media_type, data=bytes(row.bytes))


def forget(tx: Connection, before: float, ended: Collection[RunState]) -> int:
    """Delete those of runs in these states, and those kept since before then (Unix seconds); how many there were."""
    over = sa.exists().where(runs.c.id == table.c.run_id, runs.c.state.in_([state.value for state in ended]))
    return tx.execute(sa.delete(table).where(sa.or_(table.c.created_at < before, over))).rowcount
