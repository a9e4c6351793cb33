"""The front desk: what a connector's own pages may do for a person the vendor has proven."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hub.domain import Json, Receipt, Request, Standing, Target
from hub.sdk.picture import Picture
from hub.sdk.settings import Secret

if TYPE_CHECKING:
    from hub.sdk.connector import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who a connector has proven to be there. ``person`` is a verified e-mail address.

    ``token`` is the person's own access token for the vendor, when the vendor sent one; it is kept sealed until
    ``expires_at`` (Unix seconds) and used for that person's runs only.
    """

    person: str
    token: Secret | None = field(default=None, repr=False)
    expires_at: float = 0.0


class Visitor(ABC):
    """A proven person at one connection. They reach their own teams' runs, as over the API.

    Runs are given as ``GET /api/v1/runs/{id}`` gives them, templates as ``GET /api/v1/templates`` does.
    """

    person: str
    name: str
    #: Their teams this connection is switched on for, and the one they work for now.
    teams: Sequence[str]
    team: str
    #: With the token they brought, if they did: their pages read in their name.
    connection: Connection

    @abstractmethod
    def templates(self, surface: str) -> Sequence[Json]:
        """What their team may use on this surface, most used by the team first; ``uses`` says how often, in 90 days."""

    @abstractmethod
    def submit(self, request: Request, *, wait: float = 0.0, picture: Picture | None = None) -> Json:
        """Start a run in their name and for ``team``, waiting up to so many seconds. ``request.key`` is the click: the
        same key is the same run. ``picture`` is what the model is shown, as bytes, where the template looks at one.

        Raises:
            BadRequest, NotAllowed, Conflict.
        """

    @abstractmethod
    def run(self, run_id: str) -> Json:
        """A run of their teams.

        Raises:
            UnknownName: there is none they can reach.
        """

    @abstractmethod
    def recent(self, limit: int = 20) -> Sequence[Json]:
        """Their own newest runs, whole."""

    @abstractmethod
    def undo(self, run_id: str) -> Json:
        """Take back what the hub wrote.

        Raises:
            Conflict, TargetGone, NeedsPermission, TryLater, VendorRefused.
        """

    @abstractmethod
    def resume(self, run_id: str, *, at: Json | None = None) -> Json:
        """Let a run that waits, failed or lost its target go on, at another place if one is given.

        Raises:
            Conflict, BadRequest.
        """

    @abstractmethod
    def cancel(self, run_id: str) -> Json:
        """Stop a run.

        Raises:
            Conflict.
        """

    @abstractmethod
    def feedback(self, run_id: str, *, tag: str) -> None:
        """One tap on what got in the way.

        Raises:
            BadRequest: the tag is unknown.
        """

    @abstractmethod
    def placed(self, run_id: str, target: Target, receipt: Receipt, *, reviewed: bool) -> Json:
        """Record that the surface itself wrote the draft at ``target``. The same ``receipt.vendor_id`` and
        ``receipt.detail["marker"]`` again changes that record and makes no second.

        Raises:
            Conflict: the run has no draft that may be written, or was ended.
        """

    @abstractmethod
    def removed(self, run_id: str, marker: str) -> Json:
        """Record that the surface took back what it had placed.

        Raises:
            Conflict: it placed nothing of that name.
        """

    @abstractmethod
    def stands(self, run_id: str, marker: str, standing: Standing) -> None:
        """Record what the surface found of a draft it had placed."""


class Desk(ABC):
    """What a connector is handed for its pages. One serves all connections of the connector."""

    #: Where people reach the hub, without a slash at the end.
    url: str
    friction: Sequence[str]

    @abstractmethod
    def visitor(self) -> Visitor:
        """The person of the request under way: every page of a connector is behind ``Connector.identify``."""

    @abstractmethod
    def body(self) -> dict[str, Any]:
        """The JSON object of the request under way, bounded and cleaned like every body the hub reads.

        Raises:
            BadRequest: it is none.
        """
