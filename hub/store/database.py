"""Opens the database and gives transactions. The same code serves SQLite (WAL) and PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from hub.errors import ConfigurationError, Unavailable
from hub.store.one_writer import OneWriter

_MIGRATIONS = Path(__file__).parent / "migrations" / "versions"
#: The migration this code needs: the newest there is. Their files begin with their number.
SCHEMA = max(file.name.partition("_")[0] for file in _MIGRATIONS.glob("[0-9]*.py"))


class Database:
    """One database. Every statement runs inside ``transaction()`` or ``reading()``.

    Args:
        url: ``sqlite:///…`` or ``postgresql://…``.
        pool: connections kept; more threads than this wait for one.
    """

    def __init__(self, url: str, *, pool: int = 32) -> None:
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise ConfigurationError(
                "INLAY_DATABASE_URL is no database URL. Write sqlite:///file or postgresql://…."
            ) from None
        self.dialect = parsed.get_backend_name()
        if self.dialect not in ("sqlite", "postgresql"):
            raise ConfigurationError(f"INLAY_DATABASE_URL names {self.dialect}; Inlay works on sqlite and postgresql.")
        self.url = parsed
        options: dict[str, Any] = {
            # A database error must not carry a person's text into a log.
            "hide_parameters": True,
            "pool_size": pool,
            "max_overflow": 0,
            "pool_timeout": 30,
            # Both ways in below commit or roll back before a connection goes back: no need to roll back once more.
            "pool_reset_on_return": None,
        }
        if self.is_sqlite:
            if parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        else:
            # A worker that freezes inside a transaction would hold the ledger's end, and with it every other worker,
            # until it thaws; the server ends such a session, and the thawed worker finds its lease gone.
            frozen = "-c idle_in_transaction_session_timeout=5000"
            options |= {"pool_pre_ping": True, "connect_args": {"connect_timeout": 5, "options": frozen}}
        self.engine = sa.create_engine(parsed, **options)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._one_writer: AbstractContextManager[object] = nullcontext()
        if self.is_sqlite and parsed.database:
            self._one_writer = OneWriter(Path(f"{parsed.database}.writer"))
        # Hot statements run on the driver, whose own error then comes through.
        driver: Any = self.engine.dialect.dbapi
        self._away: tuple[type[Exception], ...] = (OperationalError, driver.OperationalError)
        self._reading = self.engine.execution_options(inlay_reading=True)

    @property
    def is_sqlite(self) -> bool:
        return self.dialect == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that writes: committed at the end, rolled back when anything raises.

        Raises:
            Unavailable: the database does not answer. Nothing was committed, or the commit's fate is unknown, in which
                case the lease token decides who may go on.
        """
        try:
            with self._one_writer, self.engine.begin() as connection:
                yield connection
        except self._away as error:
            raise _unavailable(error) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise _unavailable(error) from error
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads; on SQLite it never waits for a writer."""
        try:
            with self._reading.begin() as connection:
                yield connection
        except self._away as error:
            raise _unavailable(error) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise _unavailable(error) from error
            raise

    def close(self) -> None:
        self.engine.dispose()

    def schema(self) -> str:
        """The migration the database stands at, empty when it was never migrated."""
        with self.reading() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return ""
            return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() or ""

    def migrate(self) -> None:
        """Bring the schema up to date; several processes may start at once."""
        if self.schema() == SCHEMA:
            return
        from hub.store.migrations import upgrade

        upgrade(self)

    def ping(self) -> bool:
        """True when the database answers."""
        try:
            with self.reading() as connection:
                connection.exec_driver_sql("SELECT 1")
            return True
        except Unavailable:
            return False


def _unavailable(error: Exception) -> Unavailable:
    kind = type(error.orig if isinstance(error, DBAPIError) else error).__name__
    return Unavailable(f"The database does not answer ({kind}).", why="It is restarting or busy.")


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transaction handling cannot say BEGIN IMMEDIATE; _begin_sqlite does it instead.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    # FULL: a run that was acknowledged survives a power cut, not only a killed process.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA busy_timeout=30000")
    connection.execute("PRAGMA foreign_keys=ON")
    # 4 MB for each of some eighty connections; what is not in there is in the machine's own cache of files.
    connection.execute("PRAGMA cache_size=-4000")
    # Up to 32 MB of log before it is folded into the file: fewer writers wait for that.
    connection.execute("PRAGMA wal_autocheckpoint=8000")


def _begin_sqlite(connection: Connection) -> None:
    # A write transaction takes the write lock at once: one that upgraded from reading could fail half-way.
    reading = connection.get_execution_options().get("inlay_reading")
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)
    # On the driver itself: a statement through SQLAlchemy costs more than the BEGIN, and each run begins eight times.
    driver.execute("BEGIN" if reading else "BEGIN IMMEDIATE")
