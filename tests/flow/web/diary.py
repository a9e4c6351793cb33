"""A made-up vendor with pages of its own: proves people by a shared word, and keeps what is written in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from flask import Blueprint, jsonify

from hub.sdk import (
    Connection,
    Connector,
    ConnectorSettings,
    Context,
    Delivery,
    Desk,
    Inbound,
    ItemCount,
    NeedsPermission,
    Picture,
    Receipt,
    Request,
    Secret,
    Standing,
    Target,
    TargetGone,
    TryLater,
    Unverified,
    Visit,
    hookimpl,
)

WORD = "the-vendor-says-so"


class DiarySettings(ConnectorSettings):
    """Nothing to fill in."""


class Diary(Connector):
    """Writes for whoever lent a token, and with an ``account`` of its own for everybody else.

    To read it takes a token once it is ``locked``; those in ``refused`` open nothing, and ``torn`` pages are gone.
    ``meanwhile`` happens once, while a page is being opened. ``standing`` is what a look back finds.
    """

    name: ClassVar[str] = "diary"
    title: ClassVar[str] = "Diary"
    settings: ClassVar[type[ConnectorSettings]] = DiarySettings

    def __init__(self) -> None:
        self.written: dict[str, tuple[str, str]] = {}
        self.suggested: list[bool] = []
        self.accounts: list[str] = []
        self.opened: list[tuple[str, Any]] = []
        self.account: str | None = None
        self.locked = False
        self.torn: set[int] = set()
        self.refused: set[str] = set()
        self.meanwhile: Callable[[], Any] | None = None
        self.standing: Standing | Exception | None = Standing(state="kept", changed=0.0)

    def verify(self, connection: Connection, request: Inbound, clock: Callable[[], float]) -> None:
        raise Unverified("The diary sends no events.")

    def parse(self, connection: Connection, request: Inbound) -> list[Any]:
        return []

    def context(self, connection: Connection, target: Target) -> Context:
        if self.locked:
            self._open(connection, target)
        return Context(text="a page of the diary")

    def write_back(self, connection: Connection, delivery: Delivery) -> Receipt:
        token = self._open(connection, delivery.target)
        self.accounts.append(connection.account)
        self.suggested.append(delivery.suggest)
        already = delivery.key in self.written
        self.written.setdefault(delivery.key, (token, delivery.text))
        return Receipt(vendor_id=delivery.key, content_hash="h", already=already, detail={"marker": delivery.key})

    def undo(self, connection: Connection, target: Target, receipt: Receipt) -> Receipt:
        self._open(connection, target)
        self.written.pop(receipt.vendor_id, None)
        return receipt

    def read_back(self, connection: Connection, delivery: Delivery) -> Standing | None:
        if isinstance(self.standing, Exception):
            raise self.standing
        return self.standing

    def check_connection(self, connection: Connection) -> list[Any]:
        return []

    def count_items(self, connection: Connection, kind: str, since: float, until: float) -> ItemCount:
        return ItemCount(kind=kind, count=0)

    def identify(self, connection: Connection, request: Inbound, clock: Callable[[], float]) -> Visit:
        if request.headers.get("x-proof") != WORD:
            raise Unverified("The vendor did not say so, and the reason is a secret.")
        token = request.headers.get("x-token")
        return Visit(
            person=request.headers["x-person"], token=Secret(token) if token else None, expires_at=clock() + 3000
        )

    def blueprint(self, desk: Desk) -> Blueprint:
        page = Blueprint("diary", __name__)

        @page.get("/me")
        def me(connection: str) -> Any:
            visitor = desk.visitor()
            return jsonify(name=visitor.name, team=visitor.team, teams=list(visitor.teams))

        @page.get("/templates")
        def templates(connection: str) -> Any:
            return jsonify([[one["name"], one["uses"]] for one in desk.visitor().templates("google_docs")])

        @page.post("/runs")
        def start(connection: str) -> Any:
            said = desk.body()
            target = Target(connection=connection, at={"page": 1}) if said.pop("write", False) else None
            drawn = said.pop("drawn", None)
            picture = Picture(media_type="image/png", data=bytes.fromhex(drawn)) if drawn else None
            return jsonify(desk.visitor().submit(Request(target=target, **said), wait=20, picture=picture))

        @page.get("/runs")
        def recent(connection: str) -> Any:
            return jsonify(list(desk.visitor().recent()))

        @page.get("/runs/<run>")
        def show(connection: str, run: str) -> Any:
            return jsonify(desk.visitor().run(run))

        @page.post("/runs/<run>/<act>")
        def act(connection: str, run: str, act: str) -> Any:
            visitor, said = desk.visitor(), desk.body()
            if act == "placed":
                target = Target(connection="", at={"page": said["page"]})
                detail = {"marker": said["marker"], **said.get("detail", {})}
                receipt = Receipt(vendor_id=said.get("id", "p"), content_hash="h", detail=detail)
                return jsonify(visitor.placed(run, target, receipt, reviewed=said["reviewed"]))
            if act == "removed":
                return jsonify(visitor.removed(run, said["marker"]))
            if act == "stands":
                visitor.stands(run, said["marker"], Standing(state=said["state"], changed=said["changed"]))
                return jsonify(visitor.run(run))
            if act == "resume":
                return jsonify(visitor.resume(run, at=said.get("at")))
            return jsonify(getattr(visitor, act)(run))

        return page

    def _open(self, connection: Connection, target: Target) -> str:
        """With whose token a page is opened."""
        meanwhile, self.meanwhile = self.meanwhile, None
        token = self.account if connection.token is None else connection.token.reveal()
        if meanwhile is not None:
            meanwhile()
        self.opened.append((token or "", dict(target.at)))
        if target.at["page"] in self.torn:
            raise GONE
        if token is None or token in self.refused:
            raise NeedsPermission("The diary opens for its owner only.", instead="Open your diary again.")
        return token


class Plugin:
    """Installs one diary."""

    def __init__(self) -> None:
        self.diary = Diary()

    @hookimpl
    def register_connectors(self, register: Callable[[Connector], None]) -> None:
        register(self.diary)


GONE = TargetGone("The page was torn out.")
AWAY = TryLater("The diary is away.")
