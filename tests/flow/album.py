"""A made-up vendor of pictures: shows one per page, keeps what is written beside it, and fails as it is told to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from hub.bootstrap import Hub
from hub.sdk import (
    Connection,
    Connector,
    ConnectorSettings,
    Context,
    Delivery,
    Inbound,
    ItemCount,
    Picture,
    Rate,
    Receipt,
    Target,
    Unverified,
    hookimpl,
)
from hub.store import connections
from tests.hubs import TEAM

PNG = b"\x89PNG\r\n\x1a\n pixels of a heron"
HERON = Picture(media_type="image/png", data=PNG)
SENT = Picture(media_type="image/jpeg", data=b"\xff\xd8\xff a boat")
PAGE = Target(connection="album", at={"page": 1})

CAPTION = """\
---
name: caption
displayName: Caption
inputs:
  text: {kind: string, description: What is known., required: true}
template:
  format: {kind: jinja2}
  parser: {kind: prompty}
metadata:
  version: "1.0"
  owner: Brand team
  help: {channel: "#ask"}
  tier: 0
  surfaces: [api]
  picture: PICTURE
  inputs:
    text: {kind: text, source: target.text}
  output:
    fields:
      caption: {minLength: 3, maxLength: 60}
---
system:
You write captions.

user:
Write one.
{{ text }}
"""


class AlbumSettings(ConnectorSettings):
    """Nothing to fill in."""


class Album(Connector):
    """``shown`` is what its pages show: a picture, nothing, or what is raised in its place, one for each look and the
    last one for ever. ``looks`` keeps in whose name it was looked at."""

    name: ClassVar[str] = "album"
    title: ClassVar[str] = "Album"
    settings: ClassVar[type[ConnectorSettings]] = AlbumSettings

    def __init__(self) -> None:
        self.shown: list[Picture | BaseException | None] = [HERON]
        self.looks: list[str | None] = []
        self.written: dict[str, str] = {}

    def verify(self, connection: Connection, request: Inbound, clock: Callable[[], float]) -> None:
        raise Unverified("The album sends no events.")

    def parse(self, connection: Connection, request: Inbound) -> list[Any]:
        return []

    def context(self, connection: Connection, target: Target) -> Context:
        return Context(text="IMG_2041.png")

    def picture(self, connection: Connection, target: Target) -> Picture | None:
        self.looks.append(connection.token.reveal() if connection.token else None)
        shown = self.shown.pop(0) if len(self.shown) > 1 else self.shown[0]
        if isinstance(shown, BaseException):
            raise shown
        return shown

    def write_back(self, connection: Connection, delivery: Delivery) -> Receipt:
        already = delivery.key in self.written
        self.written.setdefault(delivery.key, delivery.text)
        return Receipt(vendor_id=delivery.key, content_hash="h", already=already)

    def undo(self, connection: Connection, target: Target, receipt: Receipt) -> Receipt:
        return receipt

    def check_connection(self, connection: Connection) -> list[Any]:
        return []

    def count_items(self, connection: Connection, kind: str, since: float, until: float) -> ItemCount:
        return ItemCount(kind=kind, count=0)


class Thrifty(Album):
    """Takes one read in ten seconds."""

    limits: ClassVar[Mapping[str, Rate]] = {"read": Rate(limit=1, seconds=10.0)}


class Plugin:
    """Installs one album."""

    def __init__(self, album: Album | None = None) -> None:
        self.album = album or Album()

    @hookimpl
    def register_connectors(self, register: Callable[[Connector], None]) -> None:
        register(self.album)


def captions(home: Path, picture: str = "required") -> Path:
    """A folder with the template ``caption``, which looks at a picture."""
    folder = home / f"captions-{picture}"
    folder.mkdir(exist_ok=True)
    (folder / "caption.prompty").write_text(CAPTION.replace("PICTURE", picture))
    return folder


def connect(hub: Hub) -> None:
    """The album, switched on for the test team."""
    row = hub.parts.connections.sealed("album", "album", {}, sandbox=True, now=hub.parts.clock())
    with hub.database.transaction() as tx:
        connections.put(tx, row)
        connections.enable(tx, "album", TEAM, {})
