"""The things of the hub as frozen types: request, run, draft, finding, review, delivery, receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hub.domain.states import DeliveryState, Outcome, Role, RunState, Stage, Trigger

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asked. ``person`` is an e-mail address or a vendor's user id; None when a machine asked."""

    person: str | None = None
    role: Role = Role.MEMBER
    via: str = "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A place in a vendor's system. ``at`` belongs to the connector; the hub stores it and hands it back unchanged."""

    connection: str
    at: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a connector or the API hands the hub, in the hub's words.

    ``key`` names the vendor's delivery: the same key is the same run, however often it arrives. One of ``workflow`` and
    ``template`` is set. ``raw`` is the vendor's original, ``context`` was read with it, ``picture`` the hash of one,
    ``redraft_of`` the run whose rejected draft is written anew. ``trial`` is a revision of the
    template to try as it is: nothing is written anywhere and nobody reviews it.
    """

    key: str
    template: str | None = None
    workflow: str | None = None
    inputs: Json = field(default_factory=dict)
    target: Target | None = None
    destinations: tuple[Target, ...] = ()
    actor: Actor = field(default_factory=Actor)
    trigger: Trigger = Trigger.USER
    surface: str = "api"
    team: str | None = None
    raw: Json = field(default_factory=dict)
    context: Context | None = None
    picture: str = ""
    redraft_of: str = ""
    trial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """An event the connector understands and has no work for. A value, so that it is counted and not swallowed."""

    event: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a connector read at a target: ``text`` is untrusted material, never instructions."""

    text: str = ""
    title: str = ""
    url: str = ""
    facts: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to a model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What an answer used. ``cost_micros`` is in millionths of a US dollar, None when no price is known."""

    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_micros: int | None = None
    calls: int = 0
    ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A factual statement of a draft and the evidence for it, or None."""

    text: str
    evidence_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One answer: ``text`` as it is written into a document, ``fields`` as the template's contract names its parts."""

    text: str
    fields: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The model's answer in the common envelope of every output contract. ``edited_by`` wrote words of their own in."""

    variants: tuple[Variant, ...] = ()
    claims: tuple[Claim, ...] = ()
    disclosures: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    missing_inputs: tuple[str, ...] = ()
    simulated: bool = False
    usage: Usage = field(default_factory=Usage)
    raw: str = ""
    edited_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing a check found. ``span`` is (start, end) in characters of the text named by ``where``."""

    rule: str
    outcome: Outcome
    message: str
    why: str
    instead: str
    where: str = ""
    span: tuple[int, int] | None = None
    fix: str | None = None
    raise_tier: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one check said: its findings, how long it took, and the worst outcome among them."""

    check: str
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a run stopped, in words for a person: what happened, why, what to do instead, and who acts."""

    code: str
    what: str
    why: str = ""
    instead: str = ""
    who: str = ""
    retry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A remark beside a text: ``quote`` is the passage it is about, word for word, ``text`` what it says."""

    quote: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One write-back to one target.

    ``key`` is the idempotency key: a connector leaves exactly one effect per key, however often it is asked.
    ``reviewed`` False asks for a visible "not reviewed" mark; asking again with True clears it. ``provenance`` is what
    the destination shows of the run: its id, template, revision, URL. ``earlier`` is the receipt of this delivery when
    it arrived before: if its effect is gone, a person removed it, and it is not written again. ``suggest`` asks for a
    proposal to accept or reject in the vendor's own way, if it has one. With ``comments`` only these are written.
    """

    key: str
    run_id: str
    target: Target
    text: str
    fields: Json = field(default_factory=dict)
    reviewed: bool = True
    provenance: Json = field(default_factory=dict)
    simulated: bool = False
    earlier: Receipt | None = None
    suggest: bool = False
    comments: tuple[Comment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Proof of a write-back: the vendor's id and revision, a hash of what was written, and what undoing it needs.

    ``already`` is True when the effect stood there before this call, left by an attempt whose reply was lost.
    ``detail["note"]`` is a sentence for people: how it was written, when that is another way than they may expect.
    """

    vendor_id: str
    revision: str = ""
    content_hash: str = ""
    url: str = ""
    already: bool = False
    detail: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What became of a delivered text; ``pending`` is a suggestion nobody has decided on yet."""

    state: Literal["kept", "edited", "deleted", "pending"]
    #: The share of it that was edited, from 0 to 1; None when unknown.
    changed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One check of a connection: what was tried, whether it worked, the fix, and who can do it."""

    id: str
    ok: bool
    what: str
    fix: str = ""
    who: str = ""
    #: Without it the connection works all the same and lacks one feature.
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """At most ``limit`` calls in any ``seconds``."""

    limit: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What composing and checking made of a request: typed input values, masked where personal data stood.

    ``placeholders`` maps each placeholder in ``values`` to the original. ``breaches`` is set when the first
    answer broke the contract and ``answer`` holds that answer: the next call asks for a repair. ``earlier`` is the
    ``draft`` a reviewer rejected and their ``reason``, when it is written anew.
    """

    values: Json = field(default_factory=dict)
    placeholders: Mapping[str, str] = field(default_factory=dict)
    nonce: str = ""
    title: str = ""
    url: str = ""
    answer: str = ""
    breaches: tuple[str, ...] = ()
    earlier: Mapping[str, str] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A person's decision, bound to the draft's content hash.

    ``seconds`` is how long they had it open, None when unknown. Where two have to approve, the run stays in review with
    the first's until the second's names them as ``first``.
    """

    by: str
    decision: Literal["accept", "reject"]
    content_hash: str
    at: float
    reason: str = ""
    seconds: float | None = None
    first: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One request's way through the pipeline, as it is stored. Times are Unix seconds.

    ``wake_at`` is when somebody should work on it next: for a leased run the end of the lease, None when it waits for a
    person or has ended. ``token`` is the lease; every commit of a stage is conditional on it.
    """

    id: str
    team: str
    state: RunState
    stage: Stage
    request: Request
    template: str
    revision: str
    tier: int
    queue: str
    turn: float
    wake_at: float | None
    created_at: float
    updated_at: float
    workflow: str | None = None
    destinations: int = 0
    policy: str = ""
    work: Work = field(default_factory=Work)
    input_verdicts: tuple[Verdict, ...] = ()
    output_verdicts: tuple[Verdict, ...] = ()
    draft: Draft | None = None
    review: Review | None = None
    problem: Problem | None = None
    simulated: bool = False
    attempts: int = 0
    asks: int = 0
    token: str | None = None
    ended_at: float | None = None
    #: Whose own token reads the request's target, as ``DeliveryRow.on_behalf_of`` says who writes.
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One delivery as it is stored: where it goes, how far it is, and its receipt or its problem."""

    key: str
    run_id: str
    number: int
    target: Target
    state: DeliveryState
    reviewed: bool
    attempts: int = 0
    wake_at: float | None = None
    receipt: Receipt | None = None
    problem: Problem | None = None
    #: Whose own token writes it, or who placed it; "" is the connection's account, None too until the asker lends one.
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One row of the ledger. ``data`` holds ids, figures and hashes, never text or personal data."""

    seq: int
    at: float
    run_id: str
    team: str
    actor: str
    kind: str
    data: Json
    key_id: str
    prev: str
    hash: str
