"""The contract of a connector: the plugin that knows one vendor, and the connection it works on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from hub.domain import Context, Delivery, Ignored, Json, Probe, Rate, Receipt, Request, Standing, Target, Trigger
from hub.errors import InlayError, Unverified, VendorRefused
from hub.sdk.arriving import News, Notice, Swept
from hub.sdk.desk import Desk, Visit
from hub.sdk.http import GuardedHttp
from hub.sdk.panel import Panel
from hub.sdk.picture import Picture
from hub.sdk.settings import ConnectorSettings, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A webhook as it arrived: the raw bytes, before anything has parsed them. Header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundAnswer:
    """What a vendor's server is answered."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCount:
    """How many items of one kind were made in a window, with the ids counted, so that nothing is counted twice."""

    kind: str
    count: int
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One configured account of a connector, ready to work.

    ``http`` calls only the hosts ``settings.hosts()`` names. ``sandbox`` marks a stand-in on this machine: ``http``
    then calls loopback addresses only, which is why simulated drafts may be written there and nowhere else.
    ``account`` names who the vendor sees, as far as rate limits are counted. ``token`` is the person's own, when the
    run is theirs and they lent one: it goes before the connection's own credentials.
    """

    name: str
    settings: Any
    http: GuardedHttp
    sandbox: bool = False
    account: str = "default"
    token: Secret | None = field(default=None, repr=False)
    memory: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """Where people of a team work with Inlay in a vendor's program: what it is called, what they do there, in a
    sentence, and the address it opens at. ``guide`` names a guide of the hub or is an address of the connector's own.
    """

    title: str
    says: str
    url: str = ""
    guide: str = ""


class Connector(ABC):
    """What every connector gives. One object serves all connections; it holds no state of its own."""

    name: ClassVar[str]
    title: ClassVar[str]
    settings: ClassVar[type[ConnectorSettings]]
    surfaces: ClassVar[tuple[str, ...]] = ()
    events: ClassVar[tuple[str, ...]] = ()
    #: Calls the vendor allows per account, by kind, such as {"write": Rate(limit=60, seconds=60)}.
    limits: ClassVar[Mapping[str, Rate]] = {}
    #: What one delivery costs, by the kinds of ``limits``; ``cost`` says it of a single one.
    delivery_cost: ClassVar[Mapping[str, int]] = {}
    #: How many notices ``look_up`` takes at once, and how many deliveries ``write_many`` does.
    look_up_batch: ClassVar[int] = 50
    batch: ClassVar[int] = 1
    #: How many seconds a run with this trigger waits for others to be written along with it. A person never waits.
    gather: ClassVar[Mapping[Trigger, float]] = {}
    #: How often ``sweep`` is called, in seconds; 0 is never.
    sweep_seconds: ClassVar[float] = 0.0
    #: Whether the vendor has a place where a request that stopped can be marked so: then ``tell`` is called.
    tells: ClassVar[bool] = False

    def cost(self, delivery: Delivery) -> Mapping[str, int]:
        """What this delivery costs, by the kinds of ``limits``."""
        return self.delivery_cost

    def handshake(self, connection: Connection, request: Inbound) -> InboundAnswer | None:
        """The answer to a vendor's set-up question, or None when this request is no handshake."""
        return None

    def prepare(self, connection: Connection, request: Inbound) -> None:  # noqa: B027 - most need nothing fetched
        """Fetch what ``verify`` needs and cannot know, such as the vendor's public key, into ``connection.memory``.
        The request is unproven: it must not choose where the call goes, nor how often one is made.

        Raises:
            Unavailable: it cannot be had now; the vendor sends the webhook again.
        """

    @abstractmethod
    def verify(self, connection: Connection, request: Inbound, clock: Callable[[], float]) -> None:
        """Prove the sender from the raw bytes, in constant time. Pure: no network, no store.

        Raises:
            Unverified: unsigned, forged, too old, or meant for someone else.
        """

    @abstractmethod
    def parse(self, connection: Connection, request: Inbound) -> Sequence[Request | Notice | Ignored]:
        """The verified webhook in the hub's words. An unknown event is an ``Ignored``, never an exception.
        One that must be looked up before it is a request is a ``Notice``.

        Raises:
            BadRequest: verified, but not what the vendor documents.
        """

    def acknowledge(self, connection: Connection, request: Inbound) -> InboundAnswer:
        """What the vendor wants to hear once everything is stored."""
        return InboundAnswer(body=b'{"stored": true}')

    def look_up(self, connection: Connection, notices: Sequence[Notice]) -> Sequence[Request | Ignored | InlayError]:
        """What became of these notices, one answer for each, in their order. Called after they are stored, with
        ``look_up_batch`` of them at most. A notice whose answer is an error is looked up again later, it alone.

        Raises:
            NeedsPermission, TryLater, VendorRefused: for all of them; they are looked up again later.
        """
        raise VendorRefused("This connector looks nothing up.", instead="Its maker adds look_up to it.")

    def sweep(self, connection: Connection, cursor: Json) -> Swept:
        """Look over the account for what webhooks did not bring. ``cursor`` is that of the last look, at first empty.

        Raises:
            NeedsPermission, TryLater, VendorRefused: the next look begins at the same cursor.
        """
        raise VendorRefused("This connector sweeps nothing.", instead="Its maker adds sweep to it.")

    def sweep_after(self, connection: Connection) -> float:
        """How often this connection is swept, in seconds; 0 is never."""
        return self.sweep_seconds

    def tell(self, connection: Connection, news: News) -> None:
        """Say where it was asked for that a run stopped: people wait for it there. The same news may come twice.

        Raises:
            NeedsPermission, TryLater, TargetGone, VendorRefused.
        """
        raise VendorRefused("This connector tells nothing.", instead="Its maker adds tell to it.")

    @abstractmethod
    def context(self, connection: Connection, target: Target) -> Context:
        """Read the target anew: webhooks are trusted for ids only.

        Raises:
            TargetGone, NeedsPermission, TryLater, VendorRefused.
        """

    def picture(self, connection: Connection, target: Target) -> Picture | None:
        """What a person sees at the target, small enough for a model; None where there is nothing to see. Called for
        templates that look at a picture, right before the model is asked.

        Raises:
            TargetGone, NeedsPermission, TryLater, VendorRefused.
        """
        return None

    @abstractmethod
    def write_back(self, connection: Connection, delivery: Delivery) -> Receipt:
        """Write the delivery, once. Called again with the same ``delivery.key`` it finds its own effect and returns the
        same receipt with ``already=True``, also when the first reply was lost.

        Raises:
            TargetGone, NeedsPermission, TryLater, VendorRefused.
        """

    def write_many(self, connection: Connection, deliveries: Sequence[Delivery]) -> Sequence[Receipt | InlayError]:
        """``write_back`` for many at once, one outcome for each, in their order. Called with ``batch`` at most."""
        return [_outcome(self, connection, delivery) for delivery in deliveries]

    @abstractmethod
    def undo(self, connection: Connection, target: Target, receipt: Receipt) -> Receipt:
        """Take the effect back and put what stood there before. Harmless when it is already gone.

        Raises:
            Conflict: a person changed the text since; nothing was touched.
            TargetGone, NeedsPermission, TryLater, VendorRefused.
        """

    @abstractmethod
    def check_connection(self, connection: Connection) -> Sequence[Probe]:
        """Try what the connection needs to do, one probe each; every failing probe names its fix and who can do it."""

    @abstractmethod
    def count_items(self, connection: Connection, kind: str, since: float, until: float) -> ItemCount:
        """How many items of ``kind`` people made in the window (Unix seconds), with Inlay or without it."""

    def manifests(self, connection: Connection, url: str) -> Mapping[str, str | bytes]:
        """Files an admin puts into the vendor's console, made from the settings: name to content.

        Args:
            url: where the vendor reaches this hub's pages of the connection.
        """
        return {}

    def target_url(self, target: Target) -> str:
        """Where a person can look at the target, or an empty string."""
        return ""

    def entrances(self, connection: Connection) -> Sequence[Entrance]:
        """Where people work with Inlay over this connection: their home page leads there. Pure: no network."""
        return ()

    def written_at(self, connection: Connection, place: str) -> Iterable[str]:
        """What receipts may call what a person points at: the ids of what stands at ``place`` or beside it. It is an id
        or an address as people copy it, of this vendor or of any other. Who asks is shown their teams' runs only.
        What needs no call comes first: it counts although the vendor does not answer.

        Raises:
            NeedsPermission, TryLater, VendorRefused.
        """
        return ()

    def caution(self, connection: Connection) -> str:
        """What people should know before they rely on this connection, in a sentence; empty where all is well. It is
        shown wherever the connection is. Pure: no network.
        """
        return ""

    def read_back(self, connection: Connection, delivery: Delivery) -> Standing | None:
        """What became of a delivery (``earlier`` is its receipt); None when this connector cannot tell.

        Raises:
            TargetGone, NeedsPermission, TryLater, VendorRefused.
        """
        return None

    def identify(self, connection: Connection, request: Inbound, clock: Callable[[], float]) -> Visit:
        """The person in front of a page of ``blueprint``, proven by what the vendor signed. Called before every view.

        Raises:
            Unverified: nobody, or not proven.
        """
        raise Unverified("This connector has no pages of its own.")

    def blueprint(self, desk: Desk) -> Any:
        """A Flask blueprint for pages and calls inside the vendor's tool, or None. The hub serves it under
        ``/connect/<connector>/<connection>``, admits only whom ``identify`` names, and a view asks ``desk.visitor()``.
        """
        return None

    def panels(self, connection: Connection) -> Sequence[Panel]:
        """The panels people sign in to through the hub itself, because the vendor proves nobody to them. What they call
        stands under ``/panel/`` of ``blueprint``: there the hub knows the person by the token it gave, and ``identify``
        is not asked.
        """
        return ()

    def sandbox(self) -> Callable[..., Any] | None:
        """A function that starts the local stand-in for the vendor, or None. See the connector's ``sandbox.py``."""
        return None

    def target_of(self, connection: Connection, given: str) -> Json:
        """The target a person means by ``given``: an id, or an address as they copy it from the vendor's pages. Empty
        where this connector cannot tell: then nobody is asked for a place. Pure: no network.

        Raises:
            BadRequest: it is no place of this vendor; the message says what one looks like.
        """
        return {}

    def check_target(self, at: Json) -> None:  # noqa: B027 - most can tell nothing without asking the vendor
        """Whether a target of a workflow is well formed, as far as it can be told without asking the vendor. Pure.

        Raises:
            BadRequest: it is not; the message names the field.
        """

    def sample_target(self) -> Json:
        """A target in the sandbox's own sample data, for the demo and the set-up wizard."""
        return {}


def _outcome(connector: Connector, connection: Connection, delivery: Delivery) -> Receipt | InlayError:
    try:
        return connector.write_back(connection, delivery)
    except InlayError as error:
        return error
