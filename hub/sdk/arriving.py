"""What passes between a connector and the hub beside requests: notices, what a sweep found, and news of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.domain import Ignored, Json, Request, RunState, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A vendor's word that something happened, before anybody has looked. It carries ids, nothing that is believed.

    ``key`` names it within the connection: the same key is looked up once. ``at`` is what the connector needs to look.
    ``settle`` is how many seconds to wait first, for vendors that speak before they have finished.
    """

    key: str
    at: Json
    settle: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a person said about a run's output in the vendor's tool.

    ``key`` is the ``vendor_id`` of the receipt they said it of: one opinion for each, the newest counts. ``useful`` is
    a whole number from 1 to 5.
    """

    key: str
    run_id: str
    useful: int | None = None
    comment: str = ""
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something the vendor knows of the business around the hub's outputs, such as a won deal and its amount.

    ``kind`` and ``vendor_id`` name it within the connection; the newest counts. ``at`` is when it changed, in Unix
    seconds.
    """

    kind: str
    vendor_id: str
    at: float
    data: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one look over a vendor's account found. ``cursor`` is where the next look begins; it is kept once everything
    found is stored. ``more`` asks to be called again at once.
    """

    requests: Sequence[Request | Ignored] = ()
    cursor: Json = field(default_factory=dict)
    opinions: Sequence[Opinion] = ()
    facts: Sequence[Fact] = ()
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A run that was asked for at ``target`` stopped: what happened, what to do instead, and where to see all of it."""

    run_id: str
    target: Target
    state: RunState
    what: str
    instead: str = ""
    url: str = ""
