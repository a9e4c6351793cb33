"""A migrated database of either kind, for the tests of what is stored."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.store import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    database.migrate()
    yield database
    database.close()
