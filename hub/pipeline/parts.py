"""What the pipeline works with: the parts of the hub, handed in by ``bootstrap``."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from hub.connections import Connections
from hub.domain import Actor, Run
from hub.governance.policy import Policy
from hub.governance.runner import Runner
from hub.ledger import Ledger
from hub.pipeline.register import Register
from hub.pipeline.shelf import Shelf
from hub.sdk import Model
from hub.settings import Settings
from hub.store import Database, runs

#: ``Actor.via`` of a person at a connector's own pages, proven by the vendor.
AT_THE_DESK = "connect"


def at_the_desk(actor: Actor) -> str | None:
    """The person whose own token may be used: one who was proven to be there, never one an event merely names."""
    return runs.one_spelling(actor.person) if actor.via == AT_THE_DESK else None


@dataclass(slots=True)
class Leases:
    """The leases this process holds. While it lives they are renewed; when it dies or freezes they run out."""

    database: Database
    seconds: float
    clock: Callable[[], float]
    _tokens: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def new(self) -> str:
        """A token nobody else has."""
        token = secrets.token_hex(16)
        with self._lock:
            self._tokens.add(token)
        return token

    def drop(self, token: str | None) -> None:
        with self._lock:
            self._tokens.discard(token or "")

    def until(self) -> float:
        return self.clock() + self.seconds

    def renew(self) -> None:
        """Keep what this process holds."""
        with self._lock:
            tokens = list(self._tokens)
        if tokens:
            with self.database.transaction() as tx:
                runs.renew(tx, tokens, self.until())


@dataclass(slots=True, kw_only=True)
class Parts:
    """Everything a stage may use."""

    settings: Settings
    database: Database
    ledger: Ledger
    shelf: Shelf
    runner: Runner
    policy_of: Callable[[str], Policy]
    register: Register
    model: Model
    connections: Connections
    leases: Leases
    clock: Callable[[], float]
    #: What judges drafts where a policy has questions for it; None asks nobody.
    judge: Model | None = None
    wake: Callable[[str], None] = lambda queue: None
    finished: Callable[[Run], None] = lambda run: None
    known_teams: set[str] = field(default_factory=set)

    def today(self) -> date:
        """The day by the hub's clock, in UTC."""
        return datetime.fromtimestamp(self.clock(), UTC).date()
