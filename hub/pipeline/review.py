"""Review: a person's decision on a draft, bound to the very text they saw."""

from __future__ import annotations

import hashlib

from pydantic_core import to_json

from hub.domain import Actor, DeliveryState, Draft, Problem, Review, Role, Run, RunState, Stage
from hub.errors import Conflict, NotAllowed
from hub.ledger import Entry
from hub.pipeline.parts import Parts
from hub.pipeline.step import Step, commit
from hub.store import Tx, deliveries, look_backs, runs

REVIEWERS = frozenset({Role.REVIEWER, Role.LEAD, Role.ADMIN})


def content_hash(draft: Draft) -> str:
    """What a review is bound to: one changed character is another text."""
    return hashlib.sha256(to_json([[variant.text, variant.fields] for variant in draft.variants])).hexdigest()


def is_author(run: Run, person: str) -> bool:
    """Whether the person asked for the run. Systems spell one address in several ways; case and edges do not count."""
    author = run.request.actor.person
    return author is not None and author.strip().casefold() == person.strip().casefold()


def decide(parts: Parts, run: Run, actor: Actor, *, accept: bool, seen: str | None = None, reason: str = "") -> Run:
    """Accept or reject what a run made.

    In review, this is the reviewer's decision: accepting clears the "not reviewed" mark wherever the draft stands,
    rejecting ends the run. On a delivered run it is the asker's word on whether they keep it, recorded for the figures.

    Args:
        seen: the content hash of the draft the person looked at.

    Raises:
        NotAllowed: the author, or somebody without the role, tries to review.
        Conflict: the run is in neither state, or the draft is not the one that was seen.
    """
    if run.draft is None or run.state not in (RunState.IN_REVIEW, RunState.DELIVERED):
        raise Conflict(
            f"A run that is {run.state} has nothing to decide on.", instead="Open the run to see what it needs."
        )
    digest = content_hash(run.draft)
    if seen is not None and seen != digest:
        raise Conflict("The draft changed since you looked at it.", instead="Look at it again, then decide.")
    if run.state is RunState.DELIVERED:
        return _kept(parts, run, actor, accept, reason)
    if actor.role not in REVIEWERS:
        raise NotAllowed("Your role does not review.", instead="Ask a reviewer or a lead of your team.")
    if not actor.person or is_author(run, actor.person):
        raise NotAllowed(
            "A draft is reviewed by somebody other than the person who asked for it.",
            instead="Ask a reviewer or a lead of your team.",
        )
    now = parts.clock()
    token = parts.leases.new()
    with parts.database.transaction() as tx:
        held = runs.take_waiting(tx, run.id, [RunState.IN_REVIEW], token=token, now=now, until=parts.leases.until())
    if held is None or held.draft is None or content_hash(held.draft) != digest:
        parts.leases.drop(token)
        raise Conflict("Somebody else decided on this run a moment ago.", instead="Open it again.")
    review = Review(
        by=actor.person,
        decision="accept" if accept else "reject",
        content_hash=digest,
        at=now,
        reason=reason[:2000],
    )
    who = parts.ledger.pseudonym(actor.person, actor.via)
    entry = Entry("review.decided", {"decision": review.decision, "content_hash": digest, "tier": held.tier})
    if not accept:
        problem = Problem(
            code="rejected",
            what="A reviewer rejected the draft.",
            why=review.reason,
            instead="Change the inputs as the reason says and run it again.",
            who="the asker",
        )
        step = Step(
            stage=Stage.REVIEW,
            state=RunState.REFUSED,
            rest=True,
            changes={"review": review, "problem": problem},
            entries=(entry,),
        )
        return commit(parts, held, step, actor=who)
    step = Step(
        stage=Stage.DELIVER,
        state=RunState.APPROVED,
        pause=0.0,
        changes={"review": review},
        entries=(entry,),
        writes=lambda tx: _reopen(tx, held.id, now),
    )
    approved = commit(parts, held, step, actor=who)
    parts.wake(approved.queue)
    return approved


def _reopen(tx: Tx, run_id: str, now: float) -> None:
    deliveries.reopen(tx, run_id, states=[DeliveryState.DONE], reviewed=True, now=now)


def _kept(parts: Parts, run: Run, actor: Actor, accept: bool, reason: str) -> Run:
    kind = "output.accepted" if accept else "output.rejected"
    with parts.database.transaction() as tx:
        for row in deliveries.of_run(tx, run.id) if accept else ():
            look_backs.plan(tx, row.key, "accepted", parts.clock())
        parts.ledger.append(
            tx,
            run_id=run.id,
            team=run.team,
            actor=parts.ledger.pseudonym(actor.person, actor.via),
            at=parts.clock(),
            entries=[Entry(kind, {"simulated": run.simulated, "with_reason": bool(reason)})],
        )
    return run
