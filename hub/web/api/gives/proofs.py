"""Where an output comes from: its record, and the way back from a place to the request."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from hub.domain import DeliveryState, Outcome, RunState
from hub.web.api.gives.base import Answer


class LedgerRow(Answer):
    """A row of the ledger."""

    seq: int
    hash: str


class ProvenModel(Answer):
    name: str
    calls: int
    simulated: bool


class ProvenTemplate(Answer):
    name: str
    revision: str


class ProvenPolicy(Answer):
    revision: str


class ProvenRequest(Answer):
    """``asked_by`` holds a pseudonym, and for whoever reviews for the team the address too."""

    surface: str
    trigger: str
    workflow: str | None
    at: float
    asked_by: dict[str, str | None]


class ProvenCheck(Answer):
    side: str
    check: str
    outcome: Outcome
    rules: list[str]


class ProvenContent(Answer):
    """``as_recorded`` says whether the draft is the one the ledger has the hash of; null where it has none."""

    hash: str
    as_recorded: bool | None
    variants: list[dict[str, str]]
    disclosures: int
    claims: int
    edits: int


class AiAct(Answer):
    """Which case of Art. 50 of the EU AI Act the hub takes the text for, the figure, and what follows from it."""

    article: str
    case: str
    evidence: dict[str, Any]
    disclosure: dict[str, str]


class ProvenDelivery(Answer):
    key: str
    connection: str
    state: DeliveryState
    reviewed: bool
    stands: bool
    receipt: dict[str, str] | None
    ledger_row: LedgerRow | None


class ProvenLedger(Answer):
    """The run's rows. ``holds`` says that each is unchanged and follows the row before it."""

    first: int | None
    last: int | None
    head: str | None
    holds: bool
    faults: list[dict[str, Any]]
    rows: list[dict[str, Any]]


class Provenance(Answer):
    """What made a text, under which rules, who looked at it, and what proves it."""

    version: int
    run: str
    url: str
    state: RunState
    team: str
    generator: dict[str, str]
    model: ProvenModel | None
    template: ProvenTemplate
    policy: ProvenPolicy
    request: ProvenRequest
    checks: list[ProvenCheck]
    verdict: dict[str, Outcome | None]
    content: ProvenContent | None
    ai_act: AiAct | None
    review: dict[str, Any]
    deliveries: list[ProvenDelivery]
    ledger: ProvenLedger


class Step(Answer):
    """One step from a destination back to the request. ``ledger_row`` says where it is on record and if it holds."""

    step: str
    is_: Any = Field(alias="is")
    ledger_row: dict[str, Any] | None


class Chain(Answer):
    """One run, from its destinations back to whoever asked."""

    run: str
    url: str
    team: str
    complete: bool
    holds: bool
    steps: list[Step]


class Lineage(Answer):
    """``found`` counts runs; ``note`` says so where there is none. ``searched`` is how far a passage was looked for."""

    place: str
    searched: str | None
    found: int
    left_off: int
    note: str
    chains: list[Chain]
