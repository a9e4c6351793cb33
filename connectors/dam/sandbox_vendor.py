"""What one vendor is inside the sandbox: its API over the shared assets, and the webhooks it signs and sends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from connectors.dam.sandbox_store import AssetStore, Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as the vendor gets it: ``host`` is the vendor's own, ``path`` starts with a slash and is still quoted.
    Header names are lower case."""

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor answers."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One webhook, as it goes over the wire."""

    body: bytes
    headers: Mapping[str, str]
    event: str


class Vendor(ABC):
    """One vendor over a store of assets. It knows nothing of the connector, and refuses what the vendor refuses."""

    name: ClassVar[str]
    #: Seconds between the attempts of one webhook, as the vendor documents them; after the last it is given up.
    schedule: ClassVar[Sequence[float]]
    #: Seconds after which the vendor takes the hub for silent.
    patience: ClassVar[float] = 10.0
    #: What the page shows and a person edits there: a slot of ``asset.SLOTS`` to the field of the store.
    shows: ClassVar[Mapping[str, str]] = {}
    #: The folder a picture lands in that a person drops into the page.
    home: ClassVar[str] = "/sommerlicht"

    def __init__(self, store: AssetStore) -> None:
        self.store = store

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """What an admin fills in to connect to this account, secrets as plain texts; without ``sandbox_root``."""

    @abstractmethod
    def answer(self, call: Call) -> Answer:
        """What its API, its sign-in and its public hosts answer; 404 for what they do not have."""

    @abstractmethod
    def webhooks(self, change: Change) -> Sequence[bytes]:
        """The bodies it sends because of a change, as the vendor writes them; none for one it is silent about."""

    @abstractmethod
    def signed(self, body: bytes, attempt: int, now: float) -> Outgoing:
        """The webhook as it leaves now, for the first attempt (0) or a later one."""

    @abstractmethod
    def again(self, status: int | None) -> bool:
        """Whether the vendor sends once more after this answer; None is no answer in time."""

    def register(self, get: Callable[[str], tuple[int, str, bytes]]) -> bool:
        """Whether the hub's address may be sent to: asked before the first webhook, and again while it may not.

        ``get`` calls that address with a query and gives status (0: no answer), content type and body.
        """
        return True

    def greetings(self) -> Sequence[bytes]:
        """The bodies sent to a new address before everything else, such as a request to confirm a subscription."""
        return ()

    def expire(self) -> None:  # noqa: B027
        """Every token it gave ends now."""
