"""Redraft: a rejected draft is written anew, from the same request and with what the reviewer said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hub.domain import Actor, Request, Run, RunState, Trigger
from hub.errors import Conflict, NotAllowed
from hub.ledger import Entry
from hub.pipeline import reviewers
from hub.pipeline.parts import Parts
from hub.pipeline.texts import gone
from hub.store import Tx, clearing, events, runs

#: A run that writes a rejected draft anew has a key of this and the id of the rejected one.
KEY = "redraft:"
SEEN_TO = "rejection.seen_to"
#: What tells that whoever asked has seen to a rejection.
ANSWERED = (SEEN_TO, "delivery.undone")


def request_of(parts: Parts, run: Run, actor: Actor) -> Request:
    """The request that writes a rejected run's draft anew. Asking for it twice is one run.

    Raises:
        Conflict: no reviewer rejected it, or what it was asked for with is not kept any more.
    """
    if not is_rejected(run):
        raise Conflict("Only a draft that a reviewer rejected is written anew.", instead="Run it again instead.")
    with parts.database.reading() as tx:
        why = gone(clearing.of(tx, run.id))
    if why:
        raise Conflict("There is nothing left to write this draft anew from.", why=why, instead="Start a new one.")
    return replace(
        run.request,
        key=f"{KEY}{run.id}",
        team=run.team,
        redraft_of=run.id,
        actor=actor,
        trigger=Trigger.USER,
        raw={},
    )


def earlier(parts: Parts, run: Run) -> Mapping[str, str]:
    """The rejected ``draft`` of the run this one follows, and the reviewer's ``reason``; empty for any other run."""
    if not run.request.redraft_of:
        return {}
    with parts.database.reading() as tx:
        before = runs.get(tx, run.request.redraft_of)
    if before is None or before.team != run.team or before.draft is None or before.review is None:
        return {}
    texts = {"draft": "\n\n".join(variant.text for variant in before.draft.variants), "reason": before.review.reason}
    return {name: text for name, text in texts.items() if text}


def seen_to(parts: Parts, run: Run, actor: Actor) -> None:
    """Whoever asked for it leaves a rejected draft at that: it waits for them no longer. A second time changes nothing.

    Raises:
        Conflict: no reviewer rejected it.
        NotAllowed: somebody else asked for it.
    """
    if not is_rejected(run):
        raise Conflict("Only a draft that a reviewer rejected waits for this.", instead="Look at the run's page.")
    if not reviewers.is_askers(run, actor.person):
        raise NotAllowed("Only whoever asked for a draft leaves it at that.", instead="Have it written again instead.")
    with parts.database.transaction() as tx:
        if not any(event.kind == SEEN_TO for event in events.of_run(tx, run.id)):
            who, now = parts.ledger.pseudonym(tx, actor.person, actor.via), parts.clock()
            parts.ledger.append(
                tx, run_id=run.id, team=run.team, actor=who, at=now, entries=[Entry("rejection.seen_to", {})]
            )


def unanswered(tx: Tx, person: str, limit: int) -> list[Run]:
    """The person's rejected drafts that nobody had written again, took back, or left at that; the newest first."""
    return runs.rejected_of(tx, person, again=KEY, answered=ANSWERED, limit=limit)


def is_rejected(run: Run) -> bool:
    """Whether a reviewer turned this run's draft down."""
    return run.state is RunState.REFUSED and run.review is not None and run.review.decision == "reject"
