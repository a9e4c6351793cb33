"""Redraft: a rejected draft is written anew, from the same request and with what the reviewer said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hub.domain import Actor, Request, Run, RunState, Trigger
from hub.errors import Conflict
from hub.pipeline.parts import Parts
from hub.pipeline.texts import gone
from hub.store import clearing, runs


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
        key=f"redraft:{run.id}",
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


def is_rejected(run: Run) -> bool:
    """Whether a reviewer turned this run's draft down."""
    return run.state is RunState.REFUSED and run.review is not None and run.review.decision == "reject"
