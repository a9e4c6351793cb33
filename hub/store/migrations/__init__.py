"""Brings a database to the newest schema with Alembic: the same migrations on SQLite and PostgreSQL."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

if TYPE_CHECKING:
    from hub.store.database import Database

_LOCK = 7_102_001


def upgrade(database: Database) -> None:
    """To the newest revision. One process at a time does it; the others wait and find it done."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with _alone(database), database.transaction() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    if database.is_sqlite:
        with open(f"{database.url.database}.migrating", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        return
    # Outside a transaction: a session that sits idle inside one is ended after five seconds, and its lock with it.
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        try:
            yield
        finally:
            connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
