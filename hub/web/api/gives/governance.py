"""What waits for a reviewer, the evidence there is, and what is left of budgets."""

from __future__ import annotations

from pydantic import Field

from hub.web.api.gives.base import Answer
from hub.web.api.gives.runs import Draft, Finding, Lapse


class ReviewSummary(Answer):
    """Something to look at. Times are Unix seconds; after ``due_at`` it is late."""

    id: str
    kind: str = Field(description="review: waits for approval. sample: delivered already. second: approved already.")
    team: str
    template: str
    tier: int
    asked_at: float
    due_at: float
    late: bool


class ReviewList(Answer):
    """What waits for the caller; ``others`` counts what waits in their teams for somebody else."""

    reviews: list[ReviewSummary]
    others: int


class Review(ReviewSummary):
    """A draft to look at; ``sources`` are the texts it was made from, by input, the longest first."""

    draft: Draft
    findings: list[Finding]
    sources: dict[str, str]


class Decided(Answer):
    """What a decision did, as a sentence."""

    id: str
    says: str


class LapseList(Answer):
    """What your teams still have to look at, the longest open first."""

    lapsed: list[Lapse]


class Evidence(Answer):
    """What can be shown for a claim. ``team`` null holds for every team, no ``markets`` for every market."""

    id: str
    claim: str
    owner: str
    source: str
    team: str | None
    markets: list[str]
    valid_from: str | None
    expires_on: str | None
    disclaimer: str
    status: str = Field(description="in force, not yet, expired or withdrawn")
    revision: int
    changed_at: float


class EvidenceList(Answer):
    """The register, by id. ``next`` is what to send as ``after`` for the following page."""

    evidence: list[Evidence]
    next: str | None


class Forecast(Answer):
    """Where the month will end: most likely, and between which figures in eight of ten such months. ``reached`` is the
    day the limit is. Where nobody can tell, ``why`` says so."""

    expected_usd: float | None
    low_usd: float | None
    high_usd: float | None
    reached: str | None
    why: str


class Budget(Answer):
    """One budget's month, in US dollars. ``of`` is team, person or workflow, ``name`` which. ``raised_usd`` is the part
    of the limit that is for this month alone; one that is not ``hard`` refuses nothing."""

    team: str
    of: str
    name: str
    month: str
    limit_usd: float
    raised_usd: float
    spent_usd: float
    set_aside_usd: float
    left_usd: float
    warn_at: float
    hard: bool
    renews: str = Field(description="The day it starts anew.")
    raised_by: str = Field(description="Who can raise it.")
    forecast: Forecast


class BudgetList(Answer):
    """Budgets the caller's requests count against; none where there is no limit."""

    budgets: list[Budget]
