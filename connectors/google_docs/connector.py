"""Google Docs for the hub: the contract's methods, each a call into the files beside this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from connectors.google_docs import comments, inbound, manifests, place, probes, read_back, tokens, waited, write_back
from connectors.google_docs.client import client_of
from connectors.google_docs.document import read
from connectors.google_docs.settings import GoogleDocsSettings
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
    ItemCount,
    Json,
    Probe,
    Rate,
    Receipt,
    Request,
    Standing,
    Target,
    Visit,
)


class GoogleDocs(Connector):
    """Reads and writes Google Docs.

    A target's ``at`` is ``{"document": id, "tab"?: id, one of "named_range": name, "quote": text, "heading": text,
    "end": true, "mode"?: "below" | "replace" | "end"}``.
    """

    name: ClassVar[str] = "google_docs"
    title: ClassVar[str] = "Google Docs"
    settings: ClassVar[type[ConnectorSettings]] = GoogleDocsSettings
    surfaces: ClassVar[tuple[str, ...]] = ("google_docs",)
    events: ClassVar[tuple[str, ...]] = tuple(inbound.EVENTS)
    # developers.google.com/workspace/docs/api/limits: per user; a service account is one user; failed writes count.
    limits: ClassVar[Mapping[str, Rate]] = {
        "read": Rate(limit=300, seconds=60),
        "write": Rate(limit=60, seconds=60),
    }
    #: Read, write, read back.
    delivery_cost: ClassVar[Mapping[str, int]] = {"read": 2, "write": 1}

    def cost(self, delivery: Delivery) -> Mapping[str, int]:
        # Read, write, read back; before that the bin is asked about where the delivery waited. A suggestion gets its
        # names by a write of its own. A write too many counted only makes the next one wait; one too few is refused by
        # Google, and a refused write counts there as well.
        reads = 3 if waited.has_waited(delivery) else 2
        return {"read": reads, "write": 2 if delivery.suggest else 1}

    def verify(self, connection: Connection, request: Inbound, clock: Callable[[], float]) -> None:
        inbound.verify(connection, request)

    def parse(self, connection: Connection, request: Inbound) -> Sequence[Request | Ignored]:
        return inbound.parse(connection, request)

    def identify(self, connection: Connection, request: Inbound, clock: Callable[[], float]) -> Visit:
        return tokens.identify(connection, request, clock)

    def blueprint(self, desk: Desk) -> Any:
        from connectors.google_docs import pages

        return pages.blueprint(desk)

    def context(self, connection: Connection, target: Target) -> Context:
        where = place.address(target.at)
        document = read(client_of(connection).document(where.document))
        found = place.find(document, where)
        # What cannot be written later is said now, before a model is asked.
        to_write = place.find_to_write(document, where)
        if where.mode == "replace":
            place.check_decided(to_write)
        tab = next(tab for tab in document.tabs if tab.id == found.segment.tab)
        return Context(
            text=found.text.replace("\v", "\n").strip("\n"),
            title=document.title,
            url=place.url(connection, where.document, tab.id),
            facts={
                "document": where.document,
                "revision": document.revision,
                "tab": tab.id,
                "tab_title": tab.title,
                "part": found.segment.kind,
                "may_edit": bool(document.revision),
            },
        )

    def write_back(self, connection: Connection, delivery: Delivery) -> Receipt:
        if delivery.comments:
            return comments.write(connection, delivery)
        return write_back.write_back(connection, delivery)

    def undo(self, connection: Connection, target: Target, receipt: Receipt) -> Receipt:
        if "comments" in receipt.detail:
            return comments.undo(connection, target, receipt)
        return write_back.undo(connection, target, receipt)

    def read_back(self, connection: Connection, delivery: Delivery) -> Standing | None:
        return read_back.read_back(connection, delivery)

    def check_connection(self, connection: Connection) -> Sequence[Probe]:
        return probes.check(connection)

    def count_items(self, connection: Connection, kind: str, since: float, until: float) -> ItemCount:
        if kind != "documents":
            raise BadRequest(f"Google Docs counts documents, not {kind!r}.", who="an admin")
        folder = connection.settings.folder
        if not folder:
            raise BadRequest(
                "This connection counts no documents.",
                why="Its settings name no folder.",
                instead="Write the id of the team's Drive folder into the connection's settings.",
                who="an admin",
            )
        window = (datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC))
        ids = tuple(dict.fromkeys(client_of(connection).documents_made(folder, *window)))
        return ItemCount(kind=kind, count=len(ids), ids=ids)

    def manifests(self, connection: Connection, url: str) -> Mapping[str, str]:
        return manifests.manifests(connection, url)

    def target_url(self, target: Target, connection: Connection | None = None) -> str:
        """The document's page. With its connection the page of a sandbox is known too."""
        where = place.address(target.at)
        if connection is not None:
            return place.url(connection, where.document, where.tab)
        return f"{place.PAGES}/document/d/{where.document}/edit"

    def entrances(self, connection: Connection) -> Sequence[Entrance]:
        url = f"{place.PAGES}/document/u/0/"
        if connection.sandbox:
            url = place.url(connection, str(self.sample_target()["document"]))
        says = "Select a text, open Inlay beside it, and pick a template."
        return [Entrance(title="Google Docs", says=says, url=url, guide="write-in-google-docs")]

    def sandbox(self) -> Callable[..., Any] | None:
        from connectors.google_docs.sandbox import start

        return start

    def target_of(self, connection: Connection, given: str) -> Json:
        return place.end_of(given)

    def check_target(self, at: Json) -> None:
        place.address(at)

    def sample_target(self) -> Json:
        return {"document": "demo-launch-brief", "end": True}
