"""PostgreSQL databases that have the hub's schema already, as ``hub.testing.prepared`` makes them of SQLite.

That the migrations themselves work is tested on empty databases.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from urllib.parse import urlsplit

from hub.testing.prepared import migrate
from tests.services import empty_postgres


@contextmanager
def postgres() -> Iterator[str]:
    """The ``postgresql://`` URL of a new database with the schema, and no row; it is dropped afterwards.

    Raises:
        Absent: no server answers.
    """
    with empty_postgres(_template()) as url:
        yield url


@cache
def _template() -> str:
    """The name of a database nobody is connected to: PostgreSQL copies no other."""
    kept = ExitStack()
    url = kept.enter_context(empty_postgres())
    atexit.register(kept.close)
    migrate(url)
    return urlsplit(url).path.lstrip("/")
