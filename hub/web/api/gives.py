"""What the API gives, for the OpenAPI document: the shapes ``run_view`` and ``catalog`` make. A test compares them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from hub.domain import DeliveryState, Outcome, RunState, Stage


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """An RFC 9457 problem: what happened, why, what to do instead, and who acts."""

    type: str = Field(description="A page that explains this kind of problem.")
    title: str
    status: int
    detail: str = Field(description="What happened.")
    code: str = Field(description="The kind of problem; it never changes its meaning.")
    why: str
    instead: str
    who: str = Field(description="Who can do something about it.")
    help: str
    fields: dict[str, str] | None = Field(None, description="What is wrong with each field.")
    id: str | None = Field(None, description="Under which id a fault is logged.")


class Stopped(_Answer):
    """Why a run stopped or waits."""

    code: str
    what: str
    why: str
    instead: str
    who: str
    retry: bool


class Links(_Answer):
    """Where to find it."""

    self: str
    page: str
    source: str | None = None


class RunSummary(_Answer):
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


class Usage(_Answer):
    """Tokens, calls, milliseconds, and the cost in US dollars; ``cost`` says "unpriced" where no price is known."""

    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    ms: float
    cost_usd: float | None
    cost: str


class Variant(_Answer):
    """One answer: as text, and by the fields of the template's contract."""

    text: str
    fields: dict[str, Any]


class Claim(_Answer):
    """A factual statement and its evidence."""

    text: str
    evidence_id: str | None


class Draft(_Answer):
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


class Finding(_Answer):
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


class Check(_Answer):
    """One check that ran."""

    side: str
    check: str
    outcome: Outcome
    ms: float


class Moment(_Answer):
    """One line of the timeline; ``ms`` is how long the stage took."""

    at: float
    event: str
    stage: str | None
    ms: float | None
    data: dict[str, Any]


class Receipt(_Answer):
    """Proof of a write-back; ``note`` says how it was written, when that is another way than may be expected."""

    vendor_id: str
    revision: str
    content_hash: str
    already: bool
    note: str


class Standing(_Answer):
    """What became of a delivered text when it was looked at: kept, edited, deleted, pending or unknown.

    ``changed`` is the share of its words that were edited, from 0 to 1.
    """

    at: float
    moment: str
    state: str
    changed: float | None


class Delivery(_Answer):
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


class Run(RunSummary):
    """A run with everything. ``reviewed`` is null where nobody has to review it."""

    label: str
    reviewed: bool | None
    draft: Draft | None
    findings: list[Finding]
    checks: list[Check]
    timeline: list[Moment]
    deliveries: list[Delivery]


class RunList(_Answer):
    """Runs, newest first. ``next`` is what to send as ``before`` for the following page."""

    runs: list[RunSummary]
    next: str | None


class Input(_Answer):
    """One input of a template."""

    name: str
    kind: str
    required: bool
    label: str
    help: str
    default: Any
    choices: list[str]
    max_length: int
    min: float | None
    max: float | None
    source: str | None


class Template(_Answer):
    """A shared prompt template."""

    name: str
    title: str
    description: str
    version: str
    revision: str
    owner: str
    tier: int
    surfaces: list[str]
    tags: list[str]
    baseline_minutes: float | None
    write: str
    picture: str = Field(description="Whether the model is shown a picture: none, optional or required.")
    help: dict[str, str]
    inputs: list[Input]


class TemplateList(_Answer):
    templates: list[Template]


class Workflow(_Answer):
    """What a team picks by name."""

    team: str
    name: str
    template: str
    destinations: list[str] = Field(description="Names of connections; an empty one is where it is asked.")
    asks: list[str] = Field(description="Inputs that say where the result goes, beside the template's own.")
    baseline_minutes: float | None


class WorkflowList(_Answer):
    workflows: list[Workflow]


class Connection(_Answer):
    """A connection your team may use."""

    name: str
    connector: str
    title: str
    sandbox: bool
    paused: bool
    caution: str = Field(description="What to know before relying on it; empty where all is well.")
    teams: list[str]


class ConnectionList(_Answer):
    connections: list[Connection]
