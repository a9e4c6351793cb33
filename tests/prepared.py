"""Databases that have the hub's schema already: made once by the migrations, then copied for each test.

A database that stands at the newest migration is opened without migrating it again, which is most of what a hub costs
to start. That the migrations themselves work is tested on empty databases.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from hub.store import Database
from tests.services import empty_postgres


def sqlite(path: Path) -> str:
    """A new file with the schema, and no row; its ``sqlite:///`` URL. A file that is there stays as it is."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_file(), path)
    return f"sqlite:///{path}"


@contextmanager
def postgres() -> Iterator[str]:
    """The ``postgresql://`` URL of a new database with the schema, and no row; it is dropped afterwards.

    Raises:
        Absent: no server answers.
    """
    with empty_postgres(_template()) as url:
        yield url


@cache
def _file() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="inlay-schema-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _migrate(f"sqlite:///{folder / 'inlay.db'}")
    return folder / "inlay.db"


@cache
def _template() -> str:
    """The name of a database nobody is connected to: PostgreSQL copies no other."""
    kept = ExitStack()
    url = kept.enter_context(empty_postgres())
    atexit.register(kept.close)
    _migrate(url)
    return urlsplit(url).path.lstrip("/")


def _migrate(url: str) -> None:
    database = Database(url, pool=2)
    database.migrate()
    database.close()
