"""A hub and a receiver of its webhooks, for the tests of what the hub tells."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.bootstrap import Hub
from hub.pipeline.webhooks import Webhooks
from hub.store import endpoints
from hub.store.endpoints import Endpoint, Late
from hub.store.tables import endpoint, late_event
from tests.hubs import a_hub, request
from tests.receiver import NEW, Receiver

URL = "https://hub.example.com"


class Place:
    """A hub, a receiver, and what sends from one to the other. Its clock is the real one, which a test moves on."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver, self.ahead = receiver, 0.0
        self.hub: Hub
        self.sender: Webhooks

    def clock(self) -> float:
        return time.time() + self.ahead

    def declare(self, *events: str, name: str = "ops", **more: Any) -> None:
        secrets = {"secret": NEW, **{key: more.pop(key) for key in ("secret", "secret_previous") if key in more}}
        given = {"url": self.receiver.url, "team": None, "private": True, "state": "on", **more}
        sealed = self.hub.vault.seal(secrets)
        with self.hub.database.transaction() as tx:
            endpoints.put(tx, Endpoint(name=name, events=events or ("run.delivered",), secrets=sealed, **given))

    def runs(self, number: int, start: int = 0) -> list[str]:
        return [self.hub.run(request(f"k{start + n}")).id for n in range(number)]

    def stands(self, name: str = "ops") -> Endpoint:
        with self.hub.database.reading() as tx:
            found = endpoints.get(tx, name)
        assert found is not None
        return found

    def late(self, name: str = "ops") -> list[Late]:
        with self.hub.database.reading() as tx:
            return endpoints.late(tx, name)

    def everything_is_due(self) -> None:
        """As if the time had come, so that signatures are made at a time the receiver's library believes."""
        with self.hub.database.transaction() as tx:
            tx.execute(sa.update(endpoint).values(due_at=0.0))
            tx.execute(sa.update(late_event).where(late_event.c.due_at.is_not(None)).values(due_at=0.0))


@contextmanager
def a_place(home: Path, receiver: Receiver, database_url: str = "", **more: Any) -> Iterator[Place]:
    """A place on this database; ``more`` goes to the hub."""
    place = Place(receiver)
    with a_hub(home, database_url=database_url, clock=place.clock, **more) as hub:
        place.hub, place.sender = hub, Webhooks(hub.database, hub.vault, place.clock, URL, wait=60.0)
        yield place
