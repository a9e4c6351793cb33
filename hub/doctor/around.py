"""What the hub stands on, tried from outside: its database, and the broker that carries wake-ups."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from hub.domain import Probe
from hub.errors import ConfigurationError, InlayError
from hub.settings import Settings
from hub.store import Database
from hub.store.database import SCHEMA

PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671, "http": 80, "https": 443}


def database(settings: Settings) -> Probe:
    try:
        database = Database(settings.database, pool=1)
    except ConfigurationError as error:
        return Probe(id="database", ok=False, what=str(error), fix="Correct INLAY_DATABASE_URL.", who="an admin")
    try:
        stands = database.schema()
        if stands and stands > SCHEMA:
            return Probe(
                id="database",
                ok=False,
                what=f"The database is at schema {stands}; this version of Inlay knows {SCHEMA}.",
                fix="Install the version of Inlay that made it, or a newer one.",
                who="an admin",
            )
        database.migrate()
    except InlayError as error:
        fix = "Start the database, or correct INLAY_DATABASE_URL."
        return Probe(id="database", ok=False, what=error.what, fix=fix, who="an admin")
    except OSError as error:
        fix = "Give Inlay a folder it may write to with INLAY_HOME."
        return Probe(id="database", ok=False, what=f"The database cannot be opened: {error}.", fix=fix, who="an admin")
    finally:
        database.close()
    return Probe(id="database", ok=True, what=f"{database.dialect} answers, schema {SCHEMA}")


def broker(settings: Settings) -> Probe:
    if not settings.broker_url:
        return Probe(id="broker", ok=True, what="None is set: wake-ups stay in each process")
    parts = urlsplit(settings.broker_url)
    if parts.scheme == "unix":
        return Probe(id="broker", ok=True, what="A Unix socket is named; it is tried when work starts")
    fault = reach(parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0))
    what = f"{parts.scheme} server at {parts.hostname}"
    if fault:
        fix = "Start it, or correct INLAY_BROKER_URL. Until then runs are found by looking every half second."
        return Probe(id="broker", ok=False, what=f"{what}: {fault}", fix=fix, who="an admin")
    return Probe(id="broker", ok=True, what=f"{what} answers")


def reach(host: str, port: int) -> str:
    """What is wrong with reaching a server, empty when it takes connections."""
    try:
        socket.create_connection((host, port), timeout=3).close()
    except OSError as error:
        return error.strerror or "it does not answer"
    return ""
