"""The Salesforce connector: each method of the contract is a call into the files beside this one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from connectors.salesforce import (
    button,
    inbound,
    look_up,
    manifests,
    place,
    probes,
    read_back,
    records,
    sweep,
    write_back,
    written,
)
from connectors.salesforce.client import client_of
from connectors.salesforce.settings import SalesforceSettings
from hub.sdk import (
    BadRequest,
    Connection,
    Connector,
    ConnectorSettings,
    Context,
    Delivery,
    Entrance,
    Ignored,
    Inbound,
    InboundAnswer,
    InlayError,
    ItemCount,
    Json,
    News,
    Notice,
    Probe,
    Receipt,
    Request,
    Standing,
    Swept,
    Target,
    Trigger,
    Visit,
)


class Salesforce(Connector):
    """Reads campaigns, leads, opportunities and contacts, and leaves drafts on them.

    A target's ``at`` is ``{"record": id or address of its page, "request"?: id, "as"?: "output" | "task" | "field",
    "field"?: name}``.
    """

    name: ClassVar[str] = "salesforce"
    title: ClassVar[str] = "Salesforce"
    settings: ClassVar[type[ConnectorSettings]] = SalesforceSettings
    surfaces: ClassVar[tuple[str, ...]] = ("salesforce",)
    events: ClassVar[tuple[str, ...]] = inbound.EVENTS
    look_up_batch: ClassVar[int] = 200
    #: What one call of collections takes.
    batch: ClassVar[int] = 200
    #: A planner who has just asked waits no longer than they notice; what a sweep found has waited for minutes.
    gather: ClassVar[Mapping[Trigger, float]] = {Trigger.WEBHOOK: 1.0, Trigger.SCHEDULE: 10.0}
    sweep_seconds: ClassVar[float] = 300.0
    tells: ClassVar[bool] = True

    def verify(self, connection: Connection, request: Inbound, clock: Callable[[], float]) -> None:
        inbound.verify(connection, request)

    def parse(self, connection: Connection, request: Inbound) -> Sequence[Request | Notice | Ignored]:
        return inbound.parse(connection, request)

    def acknowledge(self, connection: Connection, request: Inbound) -> InboundAnswer:
        return inbound.acknowledge(connection, request)

    def look_up(self, connection: Connection, notices: Sequence[Notice]) -> Sequence[Request | Ignored]:
        return look_up.look_up(connection, notices)

    def sweep(self, connection: Connection, cursor: Json) -> Swept:
        return sweep.sweep(connection, cursor)

    def tell(self, connection: Connection, news: News) -> None:
        write_back.tell(connection, news)

    def identify(self, connection: Connection, request: Inbound, clock: Callable[[], float]) -> Visit:
        return button.identify(connection, request, clock)

    def blueprint(self, desk: Any) -> Any:
        return button.blueprint(desk)

    def context(self, connection: Connection, target: Target) -> Context:
        where = place.address(connection, target.at)
        kind = records.BY_OBJECT.get(where.object)
        if kind is None:
            raise BadRequest(
                "This kind of record is not written about.", instead="Choose a campaign, lead, opportunity or contact."
            )
        found = client_of(connection).records(where.object, [where.record], kind.fields)
        if not found:
            raise records.gone(kind.object)
        return records.context(connection, kind, found[0])

    def write_back(self, connection: Connection, delivery: Delivery) -> Receipt:
        return write_back.write_back(connection, delivery)

    def write_many(self, connection: Connection, deliveries: Sequence[Delivery]) -> Sequence[Receipt | InlayError]:
        return write_back.write_many(connection, deliveries)

    def undo(self, connection: Connection, target: Target, receipt: Receipt) -> Receipt:
        return write_back.undo(connection, target, receipt)

    def read_back(self, connection: Connection, delivery: Delivery) -> Standing | None:
        return read_back.read_back(connection, delivery)

    def written_at(self, connection: Connection, place: str) -> Iterable[str]:
        return written.at(connection, place)

    def check_connection(self, connection: Connection) -> Sequence[Probe]:
        return probes.check(connection)

    def count_items(self, connection: Connection, kind: str, since: float, until: float) -> ItemCount:
        if kind != "campaigns":
            raise BadRequest(f"Salesforce counts campaigns, not {kind!r}.", who="an admin")
        window = [datetime.fromtimestamp(one, UTC) for one in (since, until)]
        query = "SELECT Id FROM Campaign WHERE CreatedDate >= {} AND CreatedDate < {} ORDER BY CreatedDate, Id"
        ids = tuple(row["Id"] for row in client_of(connection).query(query, *window))
        return ItemCount(kind=kind, count=len(ids), ids=ids)

    def manifests(self, connection: Connection, url: str) -> Mapping[str, str]:
        return manifests.manifests(connection, url)

    def target_url(self, target: Target, connection: Connection | None = None) -> str:
        """The record's page. Only with its connection is the org's address known."""
        if connection is None:
            return ""
        where = place.address(connection, target.at)
        return place.url(connection, where.record, where.object)

    def entrances(self, connection: Connection) -> Sequence[Entrance]:
        settings: SalesforceSettings = connection.settings
        url = f"https://{settings.domain}/lightning/o/Campaign/list"
        if settings.sandbox_root:
            url = place.url(connection, str(self.sample_target()["record"]))
        says = "Ask for a draft on a campaign, a lead or an opportunity, and read it there."
        return [Entrance(title="Salesforce", says=says, url=url, guide="connect-salesforce")]

    def sandbox(self) -> Callable[..., Any] | None:
        from connectors.salesforce.sandbox import start

        return start

    def target_of(self, connection: Connection, given: str) -> Json:
        return {"record": place.record(connection, given)}

    def check_target(self, at: Json) -> None:
        place.check(at)

    def sample_target(self) -> Json:
        from connectors.salesforce.sandbox_samples import LAUNCH

        return {"record": LAUNCH}
