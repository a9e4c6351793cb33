"""Opens what a command works with and closes it again: a whole hub, or the database alone where that is enough."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.bootstrap import Hub
    from hub.domain import Actor
    from hub.store import Database


@contextmanager
def a_hub(**settings: Any) -> Iterator[Hub]:
    """The hub of the settings in force, with ``settings`` over them.

    Raises:
        ConfigurationError: a setting is wrong.
        Unavailable: the database does not answer.
    """
    from hub.bootstrap import build
    from hub.settings import load

    hub = build(load(**settings))
    try:
        yield hub
    finally:
        hub.close()


@contextmanager
def a_database() -> Iterator[Database]:
    """The database of the settings in force, at the newest schema."""
    from hub.settings import load
    from hub.store import Database

    database = Database(load().database, pool=2)
    try:
        database.migrate()
        yield database
    finally:
        database.close()


def operator() -> Actor:
    """Who acts through the command line: whoever may run it on this machine is an admin."""
    from hub.domain import Actor, Role

    return Actor(role=Role.ADMIN, via="cli")
