"""Second look: samples of what nobody had to review, second looks at what somebody approved, and planted errors.

The ledger is the source: a chore reads on from where it was, so nothing here is on a run's way. Chance is the hash of
the ledger's row, which nobody knows before it is written.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from hub.clean import clean_text
from hub.domain import Actor, Draft, Event, Run, RunState
from hub.errors import BadRequest, Conflict
from hub.governance.reviews import Ladder, Planted, plant
from hub.governance.reviews.ladder import SECOND_LOOKS, SEEDED
from hub.ledger import Entry
from hub.pipeline import review, reviewers
from hub.pipeline.parts import Parts
from hub.store import Tx, deliveries, reviews, runs
from hub.store.reviews import Kind, Look

READER = "looks"
#: Ledger rows one look reads; the days back in which drafts to plant an error in are sought, and how many are weighed.
BATCH, BACK, WEIGHED = 1000, 90 * 86_400.0, 20
#: The share of its time that is left of a review that is nearly late.
LAST = 0.25


def pick(parts: Parts) -> int:
    """Put what is to be looked at into the queue; how many that were."""
    with parts.database.transaction() as tx:
        found = [_PICKS[one.kind](parts, tx, one) for one in reviews.read_on(tx, READER, tuple(_PICKS), BATCH)]
        picked = [one for one in found if one is not None]
        for one in picked:
            reviews.add(tx, one)
        # Last of all: whoever decides holds a template's step and then waits for the ledger's end.
        for one in picked:
            if one.kind != "seeded":
                entry = Entry("review.sampled", {"kind": one.kind, "tier": one.tier})
                _note(parts, tx, one, parts.ledger.pseudonym(tx, None, "inlay"), entry)
    return len(picked)


def decide(
    parts: Parts, one: Look, actor: Actor, *, accept: bool, seen: str | None, reason: str = ""
) -> tuple[Planted | None, Run]:
    """Say whether a draft is fine: a delivered one, or a copy with a planted error, which the answer tells of.

    Raises:
        BadRequest: an approval does not say which draft it is for.
        NotAllowed: they asked for the draft, decided on it before, or do not review.
        Conflict: somebody else was quicker, or it was not open long enough to be read.
    """
    with parts.database.reading() as tx:
        run = runs.get(tx, one.run_id)
        assert run is not None
        reviewers.need_reviewer(tx, reviewers.case_of(tx, run, one), actor)
    draft = one.draft or run.draft
    if draft is None or one.decided_at is not None:
        raise Conflict("There is nothing left to decide here.", instead="Go on with the next one.")
    if accept and seen is None:
        raise BadRequest("An approval says which draft it is for.", instead="Send the content_hash of the draft.")
    if seen is not None and seen != review.content_hash(draft):
        raise Conflict("The draft changed since you looked at it.", instead="Look at it again, then decide.")
    reading = review.read(parts, one.id, draft, actor, accept=accept)
    now = parts.clock()
    with parts.database.transaction() as tx:
        decided = reviews.decide(
            tx,
            one.id,
            by=runs.one_spelling(actor.person) or "",
            decision="accept" if accept else "reject",
            now=now,
            reason=clean_text(reason)[:2000],
            words=reading.words,
            seconds=reading.seconds,
        )
        if not decided:
            raise Conflict("Somebody else decided on this a moment ago.", instead="Go on with the next one.")
        if one.kind == "sample":
            stands = Ladder(*reviews.held_step(tx, one.team, one.template)).looked(clean=accept)
            reviews.put_step(tx, one.team, one.template, stands.delivered, stands.clean)
        who = parts.ledger.pseudonym(tx, actor.person, actor.via)
        if one.kind == "seeded":
            entry = Entry("review.tested", {"caught": not accept, "tier": one.tier})
            parts.ledger.append(tx, run_id="", team=one.team, actor=who, at=now, entries=[entry])
        else:
            entry = Entry("review.looked", {"kind": one.kind, "tier": one.tier, "clean": accept})
            _note(parts, tx, one, who, entry)
    return (Planted(**one.planted) if one.planted else None), run


def escalate(parts: Parts) -> int:
    """Say once of each review that it is late; how many that were."""
    with parts.database.transaction() as tx:
        late = reviews.escalate(tx, parts.clock())
        for one in late:
            if one.kind != "seeded":
                entry = Entry("review.late", {"kind": one.kind, "tier": one.tier})
                _note(parts, tx, one, parts.ledger.pseudonym(tx, None, "inlay"), entry)
    return len(late)


def remind(parts: Parts) -> int:
    """Say once of each review that it is nearly late; how many that were."""
    with parts.database.transaction() as tx:
        soon = reviews.remind(tx, parts.clock(), LAST)
        for one in soon:
            if one.kind != "seeded":
                entry = Entry("review.due_soon", {"kind": one.kind, "tier": one.tier, "due_at": one.due_at})
                _note(parts, tx, one, parts.ledger.pseudonym(tx, None, "inlay"), entry)
    return len(soon)


def _sample(parts: Parts, tx: Tx, event: Event) -> Look | None:
    run = runs.get(tx, event.run_id)
    if run is None or run.simulated or run.tier > 1 or not any(map(deliveries.stands, deliveries.of_run(tx, run.id))):
        return None
    if not reviewers.rules_of(tx, run.team).samples:
        return None
    ladder = Ladder(*reviews.held_step(tx, run.team, run.template))
    after = ladder.passed()
    reviews.put_step(tx, run.team, run.template, after.delivered, after.clean)
    return _look(parts, tx, run, "sample") if _chance(event) < ladder.rate(run.tier) else None


def _second(parts: Parts, tx: Tx, event: Event) -> Look | None:
    run = runs.get(tx, event.run_id)
    approved = event.data.get("decision") == "accept"
    if run is None or run.simulated or not approved or run.tier != 2 or _chance(event) >= SECOND_LOOKS:
        return None
    return _look(parts, tx, run, "second") if reviewers.rules_of(tx, run.team).samples else None


def _seeded(parts: Parts, tx: Tx, event: Event) -> Look | None:
    run, chance = runs.get(tx, event.run_id), _chance(event)
    if run is None or run.simulated or run.tier < 3 or chance >= SEEDED or not reviewers.rules_of(tx, run.team).seeded:
        return None
    # Spread over the whole range again, so that it can pick among the drafts as well.
    chance /= SEEDED
    known = [one for one in reviews.approved(tx, run.team, 3, parts.clock() - BACK, WEIGHED) if one != run.id]
    earlier = runs.get(tx, known[int(chance * len(known))]) if known else None
    if (
        earlier is None
        or earlier.draft is None
        or not earlier.draft.variants
        or earlier.state is not RunState.DELIVERED
    ):
        return None
    draft, planted = plant(earlier.draft, chance)
    return _look(parts, tx, earlier, "seeded", draft, {"kind": planted.kind, "says": planted.says})


_PICKS: Mapping[str, Callable[[Parts, Tx, Event], Look | None]] = {
    "run.delivered": _sample,
    "review.decided": _second,
    "review.asked": _seeded,
}


def _look(
    parts: Parts, tx: Tx, run: Run, kind: Kind, draft: Draft | None = None, planted: Mapping[str, str] | None = None
) -> Look:
    now = parts.clock()
    return Look(
        id=secrets.token_hex(12),
        kind=kind,
        run_id=run.id,
        team=run.team,
        template=run.template,
        tier=run.tier,
        made_at=now,
        due_at=reviewers.rules_of(tx, run.team).due(now, run.tier, sample=kind in ("sample", "second")),
        draft=draft,
        planted=planted,
    )


def _chance(event: Event) -> float:
    return int(event.hash[:12], 16) / 16**12


def _note(parts: Parts, tx: Tx, one: Look, who: str, entry: Entry) -> None:
    parts.ledger.append(tx, run_id=one.run_id, team=one.team, actor=who, at=parts.clock(), entries=[entry])
