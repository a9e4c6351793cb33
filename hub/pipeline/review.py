"""Review: a person's decision on a draft, bound to the very text they saw."""

from __future__ import annotations

from dataclasses import dataclass

from hub.clean import clean_text
from hub.domain import Actor, DeliveryState, Draft, Problem, Review, Run, RunState, Stage
from hub.errors import BadRequest, Conflict, InlayError
from hub.governance.reviews import seconds_to_read
from hub.governance.reviews.reading import words_in
from hub.ledger import Entry
from hub.pipeline import lapses, reviewers
from hub.pipeline.check import said
from hub.pipeline.parts import Parts
from hub.pipeline.reviewers import REVIEWERS, Case
from hub.pipeline.step import Step, commit, give_back
from hub.pipeline.texts import content_hash, gone
from hub.store import Tx, clearing, deliveries, look_backs, reviews, runs
from hub.store.reviews import Look

__all__ = ["REVIEWERS", "asked", "content_hash", "decide", "may_review", "opened"]


def asked(parts: Parts, run: Run, tx: Tx) -> None:
    """Put a run whose draft waits for its review into the queue, in the commit that sends it there."""
    now = parts.clock()
    due = reviewers.rules_of(tx, run.team).due(now, run.tier)
    reviews.add(
        tx,
        Look(
            id=reviewers.look_id(run.id),
            kind="review",
            run_id=run.id,
            team=run.team,
            template=run.template,
            tier=run.tier,
            made_at=now,
            due_at=due,
        ),
    )


def may_review(parts: Parts, run: Run, actor: Actor) -> bool:
    """Whether this person could decide on the run as it stands."""
    if run.state is not RunState.IN_REVIEW or actor.role not in REVIEWERS:
        return False
    with parts.database.reading() as tx:
        try:
            reviewers.need_reviewer(tx, _case(tx, run), actor)
        except InlayError:
            return False
    return True


def opened(parts: Parts, look_id: str, actor: Actor) -> None:
    """Note that a person who may decide has opened the draft: from now on they can have read it."""
    person = runs.one_spelling(actor.person)
    if person is None:
        return
    with parts.database.reading() as tx:
        known = reviews.opened_at(tx, look_id, person) is not None
    if not known:
        with parts.database.transaction() as tx:
            reviews.opened(tx, look_id, person, parts.clock())


def decide(parts: Parts, run: Run, actor: Actor, *, accept: bool, seen: str | None = None, reason: str = "") -> Run:
    """Accept or reject what a run made.

    In review, this is the reviewer's decision: accepting clears the "not reviewed" mark wherever the draft stands,
    rejecting ends the run. On a delivered run it is the asker's word on whether they keep it, recorded for the figures.

    Args:
        seen: the content hash of the draft the person looked at. A reviewer's approval counts for that text only.

    Raises:
        BadRequest: an approval does not say which draft it is for.
        NotAllowed: the author, or somebody without the role, tries to review.
        Conflict: the run is in neither state, the draft is not the one that was seen, it was not open long enough to be
            read, or its evidence lapsed.
    """
    if run.draft is not None and not run.draft.variants:
        with parts.database.reading() as tx:
            why = gone(clearing.of(tx, run.id))
        raise Conflict("There is no draft to decide on.", why=why, instead="Open the run to see what became of it.")
    if run.draft is None or run.state not in (RunState.IN_REVIEW, RunState.DELIVERED):
        raise Conflict(
            f"A run that is {run.state} has nothing to decide on.", instead="Open the run to see what it needs."
        )
    digest, stamping = content_hash(run.draft), ""
    if run.state is RunState.IN_REVIEW:
        with parts.database.reading() as tx:
            reviewers.need_reviewer(tx, _case(tx, run), actor)
            stamping = reviewers.how_they_review(tx, parts, actor.person or "") if accept and run.tier >= 3 else ""
    if seen is not None and seen != digest:
        raise Conflict("The draft changed since you looked at it.", instead="Look at it again, then decide.")
    if run.state is RunState.DELIVERED:
        return _kept(parts, run, actor, accept, reason)
    if accept and seen is None:
        raise BadRequest(
            "An approval says which draft it is for.", instead="Send content_hash as the run shows it under draft."
        )
    if accept:
        lapses.still_proven(parts, run)
    reading = read(parts, reviewers.look_id(run.id), run.draft, actor, accept=accept)
    now, token = parts.clock(), parts.leases.new()
    with parts.database.transaction() as tx:
        held = runs.take_waiting(tx, run.id, [RunState.IN_REVIEW], token=token, now=now, until=parts.leases.until())
    if held is None or held.draft is None or content_hash(held.draft) != digest or held.review != run.review:
        parts.leases.drop(token)
        if held is not None:
            give_back(parts, held)
        raise Conflict("Somebody else decided on this run a moment ago.", instead="Open it again.")
    review = Review(
        by=actor.person or "",
        decision="accept" if accept else "reject",
        content_hash=digest,
        at=now,
        reason=clean_text(reason)[:2000],
        seconds=reading.seconds,
        first=held.review.by if held.review else "",
    )
    needed = 2 if held.tier >= 3 and (parts.policy_of(held.team).reviewers == 2 or stamping) else 1
    step = _step(parts, held, review, reading, needed)
    done = commit(parts, held, step, actor=actor)
    if done.state is RunState.APPROVED:
        parts.wake(done.queue)
    return done


@dataclass(frozen=True, slots=True)
class Reading:
    """How many words the draft has, and for how many seconds the person had it open, None when they never did."""

    words: int
    seconds: float | None


def read(parts: Parts, look_id: str, draft: Draft, actor: Actor, *, accept: bool) -> Reading:
    """How long a person had a draft open.

    Raises:
        Conflict: they approve it sooner than it can be read.
    """
    with parts.database.reading() as tx:
        since = reviews.opened_at(tx, look_id, runs.one_spelling(actor.person) or "")
    seconds = None if since is None else max(0.0, parts.clock() - since)
    words = sum(words_in(text) for text in said(draft).values())
    needed = seconds_to_read(words)
    if not accept or not needed or (seconds is not None and seconds >= needed):
        return Reading(words, seconds)
    had = "You have not opened it here" if seconds is None else f"You had it open for {_seconds(seconds)}"
    raise Conflict(
        "This was too quick to be a review, so it was not recorded as one.",
        why=f"{had}; its {words} words take {_seconds(needed)} to look at.",
        instead="Open the draft, read it, and approve it then.",
    )


def _seconds(number: float) -> str:
    return f"{number:.0f} second{'' if round(number) == 1 else 's'}"


def _case(tx: Tx, run: Run) -> Case:
    return reviewers.case_of(tx, run, reviews.get(tx, reviewers.look_id(run.id)))


def _step(parts: Parts, held: Run, review: Review, reading: Reading, needed: int) -> Step:
    seconds = None if reading.seconds is None else round(reading.seconds, 1)
    entry = Entry(
        "review.decided",
        {
            "decision": review.decision,
            "content_hash": review.content_hash,
            "tier": held.tier,
            "words": reading.words,
            "seconds": seconds,
        },
    )

    def decided(tx: Tx) -> None:
        by = runs.one_spelling(review.by) or ""
        reviews.decide(
            tx,
            reviewers.look_id(held.id),
            by=by,
            decision=review.decision,
            now=review.at,
            reason=review.reason,
            words=reading.words,
            seconds=reading.seconds,
        )

    if review.decision == "reject":
        problem = Problem(
            code="rejected",
            what="A reviewer rejected the draft.",
            why=review.reason,
            instead="Have it written again with what the reviewer says, or take back what stands there.",
            who="the asker",
        )
        return Step(
            stage=Stage.REVIEW,
            state=RunState.REFUSED,
            rest=True,
            changes={"review": review, "problem": problem},
            entries=(entry,),
            writes=decided,
        )
    if needed > 1 and not review.first:
        first = Entry("review.first", {"content_hash": review.content_hash, "tier": held.tier, "seconds": seconds})
        return Step(stage=Stage.REVIEW, rest=True, changes={"review": review}, entries=(first,))

    def approved(tx: Tx) -> None:
        decided(tx)
        deliveries.reopen(tx, held.id, states=[DeliveryState.DONE], reviewed=True, now=review.at)

    return Step(
        stage=Stage.DELIVER,
        state=RunState.APPROVED,
        pause=0.0,
        changes={"review": review},
        entries=(entry,),
        writes=approved,
    )


def _kept(parts: Parts, run: Run, actor: Actor, accept: bool, reason: str) -> Run:
    kind = "output.accepted" if accept else "output.rejected"
    with parts.database.transaction() as tx:
        for row in deliveries.of_run(tx, run.id) if accept else ():
            look_backs.plan(tx, row.key, "accepted", parts.clock())
        parts.ledger.append(
            tx,
            run_id=run.id,
            team=run.team,
            actor=parts.ledger.pseudonym(tx, actor.person, actor.via),
            at=parts.clock(),
            entries=[Entry(kind, {"simulated": run.simulated, "with_reason": bool(reason)})],
        )
    return run
