"""The DAM connector: each method of the contract is a call into the files beside this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import unquote

from connectors.dam import (
    context,
    inbound,
    look_up,
    manifests,
    panel,
    panels,
    place,
    probes,
    read_back,
    recent,
    sweep,
    write_back,
)
from connectors.dam.dialects import dialect_of
from connectors.dam.settings import DamSettings
from hub.sdk import (
    BadRequest,
    Connection,
    Connector,
    ConnectorSettings,
    Context,
    Delivery,
    Desk,
    Entrance,
    Ignored,
    Inbound,
    InboundAnswer,
    InlayError,
    ItemCount,
    Json,
    Notice,
    Panel,
    Picture,
    Probe,
    Receipt,
    Request,
    Standing,
    Swept,
    Target,
)


class Dam(Connector):
    """Reads assets, and leaves drafts in their metadata. ``dialects/`` knows the vendors.

    A target's ``at`` is ``{"asset": id, "only"?: [slot, …]}``.
    """

    name: ClassVar[str] = "dam"
    title: ClassVar[str] = "DAM"
    settings: ClassVar[type[ConnectorSettings]] = DamSettings
    surfaces: ClassVar[tuple[str, ...]] = ("dam", panel.SURFACE)
    events: ClassVar[tuple[str, ...]] = inbound.EVENTS

    def handshake(self, connection: Connection, request: Inbound) -> InboundAnswer | None:
        return inbound.handshake(connection, request)

    def prepare(self, connection: Connection, request: Inbound) -> None:
        inbound.prepare(connection, request)

    def verify(self, connection: Connection, request: Inbound, clock: Callable[[], float]) -> None:
        inbound.verify(connection, request, clock)

    def parse(self, connection: Connection, request: Inbound) -> Sequence[Request | Notice | Ignored]:
        return inbound.parse(connection, request)

    def acknowledge(self, connection: Connection, request: Inbound) -> InboundAnswer:
        return dialect_of(connection.settings).acknowledge()

    def look_up(self, connection: Connection, notices: Sequence[Notice]) -> Sequence[Request | Ignored | InlayError]:
        return look_up.look_up(connection, notices)

    def sweep(self, connection: Connection, cursor: Json) -> Swept:
        return sweep.sweep(connection, cursor)

    def sweep_after(self, connection: Connection) -> float:
        return sweep.sweep_after(connection)

    def context(self, connection: Connection, target: Target) -> Context:
        return context.context(connection, write_back.fetched(connection, place.address(target.at).asset))

    def picture(self, connection: Connection, target: Target) -> Picture | None:
        return recent.picture_of(connection, place.address(target.at).asset)

    def write_back(self, connection: Connection, delivery: Delivery) -> Receipt:
        return write_back.write_back(connection, delivery)

    def undo(self, connection: Connection, target: Target, receipt: Receipt) -> Receipt:
        return write_back.undo(connection, target, receipt)

    def read_back(self, connection: Connection, delivery: Delivery) -> Standing | None:
        return read_back.read_back(connection, delivery)

    def check_connection(self, connection: Connection) -> Sequence[Probe]:
        return probes.check(connection)

    def count_items(self, connection: Connection, kind: str, since: float, until: float) -> ItemCount:
        if kind != "assets":
            raise BadRequest(f"A DAM counts assets, not {kind!r}.", who="an admin")
        ids = dialect_of(connection.settings).created(connection, since, until)
        return ItemCount(kind=kind, count=len(ids), ids=ids)

    def manifests(self, connection: Connection, url: str) -> Mapping[str, str | bytes]:
        return manifests.manifests(connection, url)

    def target_url(self, target: Target, connection: Connection | None = None) -> str:
        """The asset's page. Only with its connection is the DAM's address known."""
        if connection is None:
            return ""
        return dialect_of(connection.settings).page(connection.settings, place.address(target.at).asset)

    def caution(self, connection: Connection) -> str:
        return probes.caution(connection.settings)

    def entrances(self, connection: Connection) -> Sequence[Entrance]:
        settings: DamSettings = connection.settings
        url = settings.sandbox_root or (f"https://{settings.host}/" if settings.host else "")
        says = "Upload or approve a picture: Inlay writes what belongs to it."
        library = Entrance(title="The picture library", says=says, url=url, guide="connect-a-dam")
        says = "Open Inlay's panel beside your design, and sign in there."
        beside = (Entrance(title=one.title, says=says, guide="adobe-panels") for one in self.panels(connection))
        return [library, *beside]

    def panels(self, connection: Connection) -> Sequence[Panel]:
        return panels.panels(connection)

    def blueprint(self, desk: Desk) -> Any:
        return panel.blueprint(desk)

    def check_target(self, at: Json) -> None:
        place.address(at)

    def target_of(self, connection: Connection, given: str) -> Json:
        # The stand-in's page shows an asset at this anchor. A DAM's own pages name assets in ways of their own.
        asset = unquote(given.strip().rpartition("#asset-")[2])
        return {"asset": place.address({"asset": asset}).asset}

    def sandbox(self) -> Callable[..., Any] | None:
        from connectors.dam.sandbox import start

        return start
