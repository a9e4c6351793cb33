"""An SQLite file that has the hub's schema already: made once by the migrations, then copied for each test.

A database that stands at the newest migration is opened without migrating it again, which is most of what a hub costs
to start.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from hub.store import Database


def sqlite(path: Path) -> str:
    """A new file with the schema, and no row; its ``sqlite:///`` URL. A file that is there stays as it is."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_file(), path)
    return f"sqlite:///{path}"


def migrate(url: str) -> None:
    """Bring the database at this URL to the newest schema, and let go of it."""
    database = Database(url, pool=2)
    database.migrate()
    database.close()


@cache
def _file() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="inlay-schema-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    migrate(f"sqlite:///{folder / 'inlay.db'}")
    return folder / "inlay.db"
