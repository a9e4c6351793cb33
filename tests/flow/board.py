"""A connector for tests of the hub: a board in memory, whose cards are written, noticed and swept as a test says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from hub.bootstrap import Hub
from hub.sdk import (
    BadRequest,
    Connection,
    Connector,
    ConnectorSettings,
    Context,
    Delivery,
    Ignored,
    Inbound,
    InlayError,
    ItemCount,
    Json,
    Notice,
    Probe,
    Receipt,
    Request,
    Secret,
    Swept,
    Target,
    Trigger,
    Unverified,
    hookimpl,
)
from hub.store import connections
from tests.hubs import TEAM, TEMPLATE


class BoardSettings(ConnectorSettings):
    token: Secret


class Board(Connector):
    """Every webhook body is a card's id. ``cards`` are the texts written, by delivery key."""

    name: ClassVar[str] = "board"
    title: ClassVar[str] = "Board"
    settings: ClassVar[type[ConnectorSettings]] = BoardSettings
    surfaces: ClassVar[tuple[str, ...]] = ("board",)
    batch: ClassVar[int] = 50
    look_up_batch: ClassVar[int] = 10
    gather: ClassVar[Mapping[Trigger, float]] = {Trigger.WEBHOOK: 1.0, Trigger.SCHEDULE: 10.0}
    sweep_seconds: ClassVar[float] = 300.0

    def __init__(self) -> None:
        self.cards: dict[str, str] = {}
        self.writes: list[int] = []
        self.looks: list[list[str]] = []
        self.to_sweep: list[Swept | InlayError | Exception] = []
        self.cursors: list[Json] = []
        self.failing: Callable[[str], InlayError | None] = lambda key: None
        self.look_fails: Callable[[Sequence[Notice]], Exception | None] = lambda notices: None
        self._lock = threading.Lock()

    def verify(self, connection: Connection, request: Inbound, clock: Callable[[], float]) -> None:
        if not request.path.endswith(f"/{connection.settings.token.reveal()}"):
            raise Unverified("no")

    def parse(self, connection: Connection, request: Inbound) -> Sequence[Request | Notice | Ignored]:
        return [Notice(key=id, at={"card": id}) for id in request.body.decode().split()]

    def look_up(self, connection: Connection, notices: Sequence[Notice]) -> Sequence[Request | Ignored]:
        self.looks.append([one.key for one in notices])
        if error := self.look_fails(notices):
            raise error
        return [self.request(one.key, Trigger.WEBHOOK) for one in notices]

    def sweep(self, connection: Connection, cursor: Json) -> Swept:
        self.cursors.append(dict(cursor))
        found = self.to_sweep.pop(0) if self.to_sweep else Swept(cursor=cursor)
        if isinstance(found, Exception):
            raise found
        return found

    def request(self, key: str, trigger: Trigger = Trigger.SCHEDULE, **more: Any) -> Request:
        given: dict[str, Any] = {
            "template": TEMPLATE,
            "target": Target(connection="board", at={"card": key}),
            "context": Context(text="Our spring sale starts on Monday and everybody is welcome.", title=key),
            "surface": "board",
            **more,
        }
        return Request(key=key, trigger=trigger, raw={"card": key}, **given)

    def context(self, connection: Connection, target: Target) -> Context:
        raise BadRequest("This board is read with its requests.")

    def write_back(self, connection: Connection, delivery: Delivery) -> Receipt:
        (outcome,) = self.write_many(connection, [delivery])
        if isinstance(outcome, InlayError):
            raise outcome
        return outcome

    def write_many(self, connection: Connection, deliveries: Sequence[Delivery]) -> Sequence[Receipt | InlayError]:
        with self._lock:
            self.writes.append(len(deliveries))
            return [self._written(one) for one in deliveries]

    def _written(self, delivery: Delivery) -> Receipt | InlayError:
        error = self.failing(str(delivery.target.at["card"]))
        if error is not None:
            return error
        already = delivery.key in self.cards
        self.cards[delivery.key] = delivery.text
        return Receipt(vendor_id=delivery.key, content_hash="x", already=already)

    def undo(self, connection: Connection, target: Target, receipt: Receipt) -> Receipt:
        self.cards.pop(receipt.vendor_id, None)
        return receipt

    def check_connection(self, connection: Connection) -> Sequence[Probe]:
        return []

    def count_items(self, connection: Connection, kind: str, since: float, until: float) -> ItemCount:
        return ItemCount(kind=kind, count=0)


class Plugin:
    """Registers one board."""

    def __init__(self, board: Board) -> None:
        self._board = board

    @hookimpl
    def register_connectors(self, register: Callable[[Connector], None]) -> None:
        register(self._board)


def connect(hub: Hub, *teams: str, name: str = "board") -> None:
    """A connection to the board, on for these teams."""
    row = hub.parts.connections.sealed(name, "board", {"token": "board-token"}, sandbox=True, now=hub.parts.clock())
    with hub.database.transaction() as tx:
        connections.put(tx, row)
        for team in teams or (TEAM,):
            connections.enable(tx, name, team, {})
