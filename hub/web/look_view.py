"""What a reviewer sees of what waits: which drafts they may decide on, how late, and each beside its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hub.bootstrap import Hub
from hub.domain import Claim, Draft, Run, RunState
from hub.errors import Conflict, NotAllowed, UnknownName
from hub.governance import masking
from hub.pipeline import review, reviewers, second_look
from hub.pipeline.reviewers import Case
from hub.store import Tx, evidence, reviews, runs
from hub.store.evidence import Evidence
from hub.store.reviews import Look
from hub.templates.rendering import EVIDENCE
from hub.web import run_view
from hub.web.auth import Identity

#: What a reviewer is told a look is. One with a planted error passes for what it is a copy of.
WORDS = {
    "review": "Waits for approval",
    "seeded": "Waits for approval",
    "sample": "Delivered: is it fine?",
    "second": "Approved: second look",
}


#: A queue shows no more than a person gets through.
_MOST = 200


@dataclass(frozen=True, slots=True)
class Queue:
    """What somebody may decide on, the soonest due first and at most 200, and how many before those wait for others."""

    mine: list[Look]
    others: int


@dataclass(frozen=True, slots=True)
class Open:
    """One look with what belongs to it. ``run`` holds the draft to look at, planted error and all."""

    look: Look
    run: Run
    draft: Draft
    content_hash: str
    sources: Mapping[str, str]


def queue(hub: Hub, identity: Identity) -> Queue:
    """What waits for this person."""
    mine, others = [], 0
    with hub.database.reading() as tx:
        for one in reviews.every_waiting(tx, teams=identity.reach):
            if not _may(tx, reviewers.case_waiting(tx, one), identity):
                others += 1
                continue
            mine.append(one.look)
            if len(mine) == _MOST:
                break
    return Queue(mine, others)


def opened(hub: Hub, identity: Identity, look_id: str) -> Open:
    """One that this person may decide on; that they opened it is noted.

    Raises:
        UnknownName: there is none that waits for them.
    """
    with hub.database.reading() as tx:
        found = _found(tx, identity, look_id)
        if found is None or not _waits(*found) or not _may(tx, reviewers.case_of(tx, found[1], found[0]), identity):
            raise UnknownName("This does not wait for you, or no longer.", instead="Look at what waits under Reviews.")
    one, run = found
    draft = one.draft or run.draft
    if draft is None:
        raise UnknownName("The draft is gone.", instead="Look at what waits under Reviews.")
    review.opened(hub.parts, one.id, identity.actor(run))
    return Open(one, replace(run, draft=draft), draft, review.content_hash(draft), sources(run))


def decide(hub: Hub, identity: Identity, look_id: str, *, accept: bool, seen: str | None, reason: str) -> str:
    """Carry a decision out; what happened, as a sentence.

    Raises:
        UnknownName: there is no such look in their teams.
        BadRequest, NotAllowed, Conflict: see ``pipeline.review`` and ``pipeline.second_look``.
    """
    with hub.database.reading() as tx:
        found = _found(tx, identity, look_id)
    if found is None:
        raise UnknownName("There is no review of this id in your teams.", instead="Look at what waits under Reviews.")
    one, run = found
    actor = identity.actor(run)
    if one.kind == "review":
        if run.state is not RunState.IN_REVIEW:
            # A delivered run takes its asker's word, which is no review.
            raise Conflict("This waits for no decision any more.", instead="Go on with the next one.")
        done = review.decide(hub.parts, run, actor, accept=accept, seen=seen, reason=reason)
        if accept and done.state == "in_review":
            return "Approved by you. A second person has to approve it too."
        if not accept:
            return "Rejected. The asker sees your reason."
        return "Approved. The “not reviewed” mark is taken off." if done.destinations else "Approved."
    planted, _ = second_look.decide(hub.parts, one, actor, accept=accept, seen=seen, reason=reason)
    if planted is None:
        return "Noted: it is fine." if accept else "Noted. This template is looked at more often again."
    caught = "You caught it" if not accept else "It slipped through"
    return f"This was a test, and nothing was published: {planted.says} {caught}."


def shown(one: Look) -> dict[str, Any]:
    """A look in a list. What it really is, is told to nobody before the decision."""
    return {
        "id": one.id,
        "kind": "review" if one.kind == "seeded" else one.kind,
        "team": one.team,
        "template": one.template,
        "tier": one.tier,
        "asked_at": one.made_at,
        "due_at": one.due_at,
        "late": one.escalated_at is not None,
    }


def whole(case: Open) -> dict[str, Any]:
    """A look with everything a decision needs."""
    run = case.run
    return {
        **shown(case.look),
        "draft": run_view.draft(run, case.draft, case.content_hash),
        "findings": list(run_view.findings("output", run.output_verdicts)),
        "sources": dict(case.sources),
    }


def sources(run: Run) -> dict[str, str]:
    """The texts a draft was made from, by input, as they were given: the longest first, and evidence last."""
    work = run.work
    values = masking.restore_value(dict(work.values), work.placeholders, work.nonce)[0]
    texts = {name: _text(value) for name, value in values.items()}
    return dict(sorted(((n, t) for n, t in texts.items() if t), key=lambda pair: (pair[0] == EVIDENCE, -len(pair[1]))))


def cited(hub: Hub, case: Open) -> list[tuple[Claim, Evidence | None, str]]:
    """Each claim of the draft with the evidence it cites, as far as the team may cite it, and how that stands today."""
    day = hub.parts.today().isoformat()
    told = []
    with hub.database.reading() as tx:
        for claim in case.draft.claims:
            one = evidence.get(tx, claim.evidence_id) if claim.evidence_id else None
            mine = one if one is not None and one.team in (None, case.run.team) else None
            told.append((claim, mine, mine.status(day) if mine is not None else ""))
    return told


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value))
    return "" if value is None or value is False else str(value)


def still_waits(hub: Hub, identity: Identity, look_id: str) -> bool:
    """Whether it is of their teams and still to be decided on."""
    with hub.database.reading() as tx:
        found = _found(tx, identity, look_id)
    return found is not None and _waits(*found)


def _waits(one: Look, run: Run) -> bool:
    """Whether somebody is to decide on it: not while a draft that was edited is checked, or held."""
    return one.decided_at is None and (one.kind != "review" or run.state is RunState.IN_REVIEW)


def _found(tx: Tx, identity: Identity, look_id: str) -> tuple[Look, Run] | None:
    """A look of one of their teams and its run. PostgreSQL takes no NUL, not even to say that it does not know it."""
    one = reviews.get(tx, look_id[:64]) if "\x00" not in look_id else None
    run = runs.get(tx, one.run_id) if one is not None and identity.reaches(one.team) else None
    return None if one is None or run is None else (one, run)


def _may(tx: Tx, case: Case, identity: Identity) -> bool:
    try:
        reviewers.need_reviewer(tx, case, identity.actor(team=case.team))
    except NotAllowed:
        return False
    return True
