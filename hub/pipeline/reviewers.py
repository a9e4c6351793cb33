"""Reviewers: who may decide on what, and how their decisions read. Asked on every route, by the server alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from hub.domain import Actor, Review, Role, Run
from hub.errors import NotAllowed
from hub.governance.reviews import Record, ReviewRules, stamps
from hub.pipeline.parts import Parts
from hub.store import Tx, reviews, runs, teams
from hub.store.people import ERASED
from hub.store.reviews import Look, Waiting

REVIEWERS = frozenset({Role.REVIEWER, Role.LEAD, Role.ADMIN})
#: Seconds of a person's decisions that say how they review.
RECORD = 90 * 86_400.0
_ASK = "Ask a reviewer or a lead of your team."


def look_id(run_id: str) -> str:
    """The id in the queue of a run's own review: of the form of every other's, so that none tells what it is."""
    return hashlib.sha256(f"review {run_id}".encode()).hexdigest()[:24]


def is_askers(run: Run, person: str | None) -> bool:
    """Whether the person asked for the run. Systems spell one address in several ways; case and edges do not count."""
    return person is not None and runs.one_spelling(run.request.actor.person) == runs.one_spelling(person)


def rules_of(tx: Tx, team: str) -> ReviewRules:
    """How a team reviews."""
    found = teams.get(tx, team)
    return ReviewRules.model_validate((found and found.review) or {})


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be decided on: ``asker`` asked for the draft, ``before`` decided on it already. ``first_askers`` asked
    for the rejected drafts it follows, whoever had it written anew. ``asked_at`` is when the first of them did.
    ``editors`` wrote words of their own in, or in one it follows: it is written from that."""

    team: str
    tier: int
    asker: str | None
    before: tuple[str, ...] = ()
    late: bool = False
    first_askers: tuple[str | None, ...] = ()
    asked_at: float = 0.0
    editors: tuple[str, ...] = ()


def case_of(tx: Tx, run: Run, one: Look | None) -> Case:
    """What is to be decided on in a run; ``one`` is its place in the queue."""
    late = one is not None and one.escalated_at is not None
    person, now = run.request.actor.person, run.draft.edited_by if run.draft is not None else ()
    first, wrote, asked_at = _earlier(tx, run.request.redraft_of, run.created_at)
    return Case(run.team, run.tier, person, _before(run.review), late, first, asked_at, (*now, *wrote))


def case_waiting(tx: Tx, found: Waiting) -> Case:
    """The same for what waits in the queue, whose runs are not read."""
    one, (first, wrote, asked_at) = found.look, _earlier(tx, found.redraft_of, found.asked_at)
    late, before = one.escalated_at is not None, _before(found.review)
    return Case(one.team, one.tier, found.asker, before, late, first, asked_at, (*found.edited_by, *wrote))


def _before(review: Review | None) -> tuple[str, ...]:
    return (review.by, review.first) if review is not None else ()


def _earlier(tx: Tx, redraft_of: str, asked_at: float) -> tuple[tuple[str | None, ...], tuple[str, ...], float]:
    """Who asked for the drafts that were rejected and written anew, one after the other, who wrote in them, and when
    the first one was asked for."""
    askers: list[str | None] = []
    editors: list[str] = []
    while redraft_of and (before := runs.get(tx, redraft_of)) is not None:
        askers.append(before.request.actor.person)
        editors += before.draft.edited_by if before.draft is not None else ()
        redraft_of, asked_at = before.request.redraft_of, before.created_at
    return tuple(askers), tuple(editors), asked_at


def need_reviewer(tx: Tx, case: Case, actor: Actor) -> None:
    """
    Raises:
        NotAllowed: they do not review, asked for it themselves, decided before, or it is a specialist's.
    """
    if actor.role not in REVIEWERS:
        raise NotAllowed("Your role does not review.", instead=_ASK)
    me, askers = runs.one_spelling(actor.person), (case.asker, *case.first_askers)
    if me is None or me in {runs.one_spelling(one) for one in askers}:
        raise NotAllowed("A draft is reviewed by somebody other than the person who asked for it.", instead=_ASK)
    if me in case.editors:
        raise NotAllowed("A draft is reviewed by somebody other than the people who wrote in it.", instead=_ASK)
    if ERASED in (*askers, *case.editors) and not was_here(tx, me, case.asked_at):
        raise NotAllowed(
            "This draft is reviewed by somebody who was here when it was asked for.",
            why="Somebody who wrote or asked for it has been erased, and nobody can tell any more that it was not you.",
            instead=_ASK,
        )
    if me in {runs.one_spelling(one) for one in case.before}:
        raise NotAllowed("You have decided on this draft already.", instead="A second person has to look at it.")
    if case.tier < 3:
        return
    named = specialists(tx, case.team)
    if not named or me in named or (case.late and actor.role is Role.ADMIN):
        return
    raise NotAllowed(
        "This draft needs a specialist.",
        why=f"It states what has to be proven, and for {case.team} that is approved by {len(named)} named people.",
        instead=f"Leave it to {' or '.join(sorted(named.values()))}. An admin may decide once it is late.",
    )


def was_here(tx: Tx, person: str, at: float) -> bool:
    """Whether this person's entry is older than that. The entry of somebody erased who came back is not."""
    since = teams.since(tx, person)
    return since is not None and since <= at


def specialists(tx: Tx, team: str) -> dict[str, str]:
    """The team's specialists who are still there: address to name. Empty where anybody who reviews may decide."""
    listed = set(rules_of(tx, team).specialists)
    if not listed:
        return {}
    return {email.lower(): name for email, name, _, _ in teams.people(tx) if email.lower() in listed}


def eligible(tx: Tx, case: Case) -> list[str]:
    """The names of everybody who could decide on it now."""
    able = []
    for email, name, role in teams.reviewers(tx, case.team):
        try:
            need_reviewer(tx, case, Actor(person=email, role=role))
        except NotAllowed:
            continue
        able.append(name)
    return able


def how_they_review(tx: Tx, parts: Parts, person: str) -> str:
    """Why this person's decisions of the last ninety days read like stamping; empty when they do not."""
    decided = reviews.records(tx, since=parts.clock() - RECORD, person=runs.one_spelling(person))
    return stamps(map(record_of, decided))


def record_of(one: Look) -> Record:
    """A decision as it counts for how somebody reviews."""
    approved = one.decision == "accept"
    return Record(approved, one.words or 0, one.seconds, caught=None if one.kind != "seeded" else not approved)
