"""A run as the API gives it: its state, draft, findings, timeline and deliveries."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from hub.domain import DeliveryState, Outcome, RunState, Stage
from hub.web.api.gives.base import Answer


class Stopped(Answer):
    """Why a run stopped or waits."""

    code: str
    what: str
    why: str
    instead: str
    who: str
    retry: bool


class Links(Answer):
    """Where to find it."""

    self: str
    page: str
    source: str | None = None


class RunSummary(Answer):
    """A run in a list. Times are Unix seconds."""

    id: str
    state: RunState
    stage: Stage
    team: str
    template: str
    revision: str
    workflow: str | None
    tier: int
    simulated: bool
    asked_by: str | None
    surface: str
    created_at: float
    updated_at: float
    ended_at: float | None
    problem: Stopped | None
    links: Links


class Usage(Answer):
    """Tokens, calls, milliseconds, and the cost in US dollars; ``cost`` says "unpriced" where no price is known."""

    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    ms: float
    cost_usd: float | None
    cost: str


class Variant(Answer):
    """One answer: as text, and by the fields of the template's contract."""

    text: str
    fields: dict[str, Any]


class Claim(Answer):
    """A factual statement and its evidence."""

    text: str
    evidence_id: str | None


class Draft(Answer):
    """The model's answer."""

    content_hash: str
    simulated: bool
    variants: list[Variant]
    claims: list[Claim]
    disclosures: list[str]
    assumptions: list[str]
    missing_inputs: list[str]
    usage: Usage
    raw: str | None = Field(None, description="An answer that kept to no contract, as it came.")


class Finding(Answer):
    """One thing a check found. ``span`` is [start, end] in characters of the text that ``where`` names."""

    side: str
    check: str
    rule: str
    outcome: Outcome
    message: str
    why: str
    instead: str
    fix: str | None
    where: str
    span: list[int] | None


class Check(Answer):
    """One check that ran."""

    side: str
    check: str
    outcome: Outcome
    ms: float


class Moment(Answer):
    """One line of the timeline; ``ms`` is how long the stage took."""

    at: float
    event: str
    stage: str | None
    ms: float | None
    data: dict[str, Any]


class Receipt(Answer):
    """Proof of a write-back; ``note`` says how it was written, when that is another way than may be expected."""

    vendor_id: str
    revision: str
    content_hash: str
    already: bool
    note: str


class Standing(Answer):
    """What became of a delivered text when it was looked at: kept, edited, deleted, pending or unknown.

    ``changed`` is the share of its words that were edited, from 0 to 1.
    """

    at: float
    moment: str
    state: str
    changed: float | None


class Delivery(Answer):
    """One write-back to one place."""

    key: str
    connection: str
    state: DeliveryState
    reviewed: bool
    attempts: int
    url: str | None
    problem: Stopped | None
    standing: Standing | None
    receipt: Receipt | None


class Removed(Answer):
    """Texts of a run that are not kept any more. States, hashes, receipts and the timeline are."""

    at: float
    because: str = Field(description="`retention` or `erasure`.")
    kept: str = Field(description="`output` while the draft is still there, else `nothing`.")
    what: str = Field(description="What was removed, when and why, as a sentence.")


class Lapse(Answer):
    """Evidence a text relies on that does not hold any more: expired, withdrawn or changed, known ``since`` then."""

    run: str
    team: str
    evidence_id: str
    claim: str
    why: str
    since: float
    what: str
    instead: str


class Run(RunSummary):
    """A run with everything. ``reviewed`` is null where nobody has to review it."""

    label: str
    reviewed: bool | None
    draft: Draft | None
    removed: Removed | None
    findings: list[Finding]
    lapsed: list[Lapse]
    checks: list[Check]
    timeline: list[Moment]
    deliveries: list[Delivery]


class RunList(Answer):
    """Runs, newest first. ``next`` is what to send as ``before`` for the following page."""

    runs: list[RunSummary]
    next: str | None
