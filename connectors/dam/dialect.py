"""What one DAM or one way of signing has to say for itself: the contract of everything in ``dialects/``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from connectors.dam.asset import Asset, AssetEvent, Page, Polled, Value
from hub.sdk import Connection, Ignored, Inbound, InboundAnswer, InlayError, Json, Picture, Probe

if TYPE_CHECKING:
    from connectors.dam.settings import DamSettings


class Dialect(ABC):
    """One kind of sender. It holds no state of its own: what it keeps between calls stands in ``connection.memory``.

    Whatever goes out goes through ``client_of(connection)``; a refusal is an error of ``hub.sdk``.
    """

    name: str
    title: str
    #: Whether its facts were checked against the vendor's own documents and signatures.
    verified: bool = True
    #: The settings it cannot do without, and those it has a use for beside them. Any other one is refused.
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    #: Slot to the vendor's field. A slot that is missing has no place there unless the settings give it one.
    fields: Mapping[str, str] = {}
    #: The fields Inlay must never write, whatever the settings say.
    never: frozenset[str] = frozenset()
    #: The largest webhook it sends, in bytes.
    largest: int = 65_536
    #: How often the account is looked over, in seconds. Every sender loses an event now and then.
    sweep_seconds: float = 900.0
    #: The most characters the vendor's field of a slot takes; for tags, of each of them. Other slots have no limit.
    longest: Mapping[str, int] = {}
    #: Characters no tag can hold here, such as those the vendor tells tags apart by.
    no_tag_holds: str = ""
    #: How many seconds a write may need until ``fetch`` shows it, for vendors that only take note of it (202).
    lag: float = 0.0

    def fit(self, settings: DamSettings) -> Dialect:
        """This dialect as these settings have it: itself, unless the settings describe the sender.

        Raises:
            ValueError: the description is wrong; the sentence names what.
        """
        return self

    @abstractmethod
    def hosts(self, settings: DamSettings) -> frozenset[str]:
        """The hosts of a real account this dialect calls. A sandbox's is added by the settings themselves."""

    def check(self, settings: DamSettings) -> None:  # noqa: B027
        """Refuse settings that cannot work.

        Raises:
            ValueError: a sentence that names the setting.
        """

    def prepare(self, connection: Connection, request: Inbound) -> None:  # noqa: B027
        """See ``Connector.prepare``."""

    def handshake(self, connection: Connection, request: Inbound) -> InboundAnswer | None:
        """See ``Connector.handshake``."""
        return None

    @abstractmethod
    def verify(self, connection: Connection, request: Inbound, now: float) -> None:
        """See ``Connector.verify``. ``now`` is in Unix seconds.

        Raises:
            Unverified: and nothing else, whatever arrives.
        """

    @abstractmethod
    def parse(self, connection: Connection, body: bytes) -> Sequence[AssetEvent | Ignored]:
        """What a verified body says. Headers are not signed, so nothing is taken from them.

        Raises:
            BadRequest: and nothing else, whatever arrives.
        """

    def read(self, connection: Connection, request: Inbound) -> Sequence[AssetEvent | Ignored]:
        """What a verified request says: its body, and of its headers only what the signature covers, such as an id.

        Raises:
            BadRequest: and nothing else, whatever arrives.
        """
        return self.parse(connection, request.body)

    def acknowledge(self) -> InboundAnswer:
        """What this sender takes for an acknowledgement."""
        return InboundAnswer(body=b'{"stored": true}')

    def confirm(self, connection: Connection, event: AssetEvent) -> None:  # noqa: B027
        """Confirm a subscription, where the vendor wants that and the settings allow it."""

    @abstractmethod
    def fetch(self, connection: Connection, ids: Sequence[str]) -> Mapping[str, Asset | InlayError]:
        """These assets as they stand, by id as it was asked for; one that is gone is missing. One that cannot be read
        has its error in its place, where others can.

        Raises:
            NeedsPermission, TryLater, VendorRefused: none of them can be read.
        """

    @abstractmethod
    def picture(self, connection: Connection, asset: Asset) -> Picture | None:
        """A small rendition, or None where there is none. Bytes are sniffed and capped by ``picture.py``."""

    @abstractmethod
    def write(self, connection: Connection, asset: Asset, changes: Mapping[str, Value]) -> None:
        """Set these fields of the asset and leave every other as it is. An empty value removes one.

        Raises:
            Conflict: the asset changed since it was read; nothing was written.
            TargetGone, NeedsPermission, TryLater, VendorRefused.
        """

    def at_once(self, changes: Mapping[str, Value]) -> bool:
        """Whether ``write`` sets all of these or none. Where it does not, Inlay's note is written before them."""
        return True

    @abstractmethod
    def changed(self, connection: Connection, since: float, cursor: Mapping[str, object]) -> Page:
        """A page of the assets created, approved or replaced since then (Unix seconds). ``cursor`` is that of the page
        before, at first empty."""

    def polls_every(self, settings: DamSettings) -> float:
        """How often events are fetched where the vendor keeps them for Inlay, in seconds; 0 where it does not."""
        return 0.0

    def poll(self, connection: Connection, cursor: Json) -> Polled:
        """The next events the vendor keeps, verified and parsed. It is called with the cursor of the poll before, at
        first empty, once all events of that one are stored: what the cursor names is acknowledged now, and no earlier.

        Raises:
            NeedsPermission, TryLater, VendorRefused: the next poll has the same cursor.
        """
        return Polled()

    def original(self, connection: Connection, asset: Asset) -> bytes | None:
        """The file itself, None where it cannot be had. Asked for only where ``writes_into_files`` is set."""
        return None

    @abstractmethod
    def created(self, connection: Connection, since: float, until: float) -> tuple[str, ...]:
        """The ids of the assets people added in the window, with Inlay or without it."""

    @abstractmethod
    def probes(self, connection: Connection) -> Sequence[Probe]:
        """Try what this dialect needs, one probe each; each failing one names its fix and who can do it."""

    def page(self, settings: DamSettings, asset: str) -> str:
        """Where a person looks at the asset, or an empty string."""
        return ""

    def steps(self, settings: DamSettings, url: str) -> Mapping[str, str]:
        """Files or values an admin puts into the vendor's console; ``url`` is where it sends its webhooks."""
        return {}
