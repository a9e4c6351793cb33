"""A database of any earlier version is brought up to date when a hub opens it. On both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

import hub.store.migrations
from hub.store import Database
from hub.store.database import SCHEMA
from hub.store.tables import metadata

FOLDER = Path(hub.store.migrations.__file__).parent
NUMBERS = sorted(file.name.partition("_")[0] for file in (FOLDER / "versions").glob("0*.py"))


def test_the_newest_migration_is_the_schema_the_code_asks_for() -> None:
    assert NUMBERS[-1] == SCHEMA
    assert [f"{number:04d}" for number in range(1, len(NUMBERS) + 1)] == NUMBERS


@pytest.mark.parametrize("number", NUMBERS)
def test_a_database_of_an_earlier_version_is_brought_up_to_date(empty_database_url: str, number: str) -> None:
    database = Database(empty_database_url)
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with database.transaction() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, number)
    assert database.schema() == number
    database.migrate()
    assert database.schema() == SCHEMA
    with database.reading() as connection:
        stored = set(sa.inspect(connection).get_table_names()) - {"alembic_version"}
        assert stored == set(metadata.tables)
        assert not compare_metadata(MigrationContext.configure(connection), metadata)
    database.close()


def test_whoever_migrates_keeps_the_lock_however_long_it_takes(postgres_url: str) -> None:
    database = Database(postgres_url)
    with hub.store.migrations._alone(database), database.reading() as looking:
        holder = "SELECT state FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE locktype = 'advisory' AND granted"
        # A session "idle in transaction" is one the server ends after a few seconds.
        assert looking.execute(sa.text(holder)).scalars().all() == ["idle"]
    database.close()
