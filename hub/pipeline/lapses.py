"""Lapses: evidence that expired, was withdrawn or says something else by now opens every text that relies on it."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from hub.domain import Actor, DeliveryState, Role, Run, RunState
from hub.errors import Conflict, Held, NotAllowed
from hub.ledger import Entry
from hub.pipeline.parts import Parts
from hub.pipeline.step import MOVING
from hub.store import Tx, deliveries, evidence, evidence_uses, runs
from hub.store.evidence_uses import Use

log = structlog.get_logger("inlay.lapses")
BATCH = 100
#: Who may say that a lapse was dealt with.
MAY_DEAL = frozenset({Role.REVIEWER, Role.LEAD, Role.ADMIN})
#: States whose text, where nothing was written back, stands with whoever asked for it.
_HANDED_OUT = (RunState.DELIVERED, RunState.IN_REVIEW)
_WORDS = {"expired": "expired", "withdrawn": "was withdrawn", "changed": "says something else now"}


def look(parts: Parts) -> int:
    """Open what lapsed, close what was renewed; how many there were. Several processes may look at once."""
    if parts.register.is_empty:
        return 0
    day = parts.today().isoformat()
    return _open_lapsed(parts, day) + _close_renewed(parts, day)


def of_run(parts: Parts, run: Run) -> list[Use]:
    """What a person has to look at on this run. No query where nobody keeps evidence."""
    if parts.register.is_empty:
        return []
    with parts.database.reading() as tx:
        return [one for one in evidence_uses.of_run(tx, run.id) if one.lapsed_at is not None and one.closed_at is None]


def still_proven(parts: Parts, run: Run) -> None:
    """
    Raises:
        Conflict: evidence the draft relies on lapsed since it was checked.
    """
    for one in _broken(parts, run):
        raise Conflict(_what(one), why="A draft is accepted on evidence that holds that day.", instead=_INSTEAD)


def still_held(parts: Parts, run: Run) -> None:
    """
    Raises:
        Held: evidence an accepted draft relies on lapsed before the draft was written as reviewed.
    """
    for one in _broken(parts, run):
        raise Held(_what(one), why="It was accepted on evidence that held then.", instead=_AGAIN)


def may_deal(run: Run, actor: Actor) -> bool:
    """Whether this person may say that a claim of this run was dealt with: by their role, and never one of those who
    asked for the text or wrote in it."""
    wrote = run.draft.edited_by if run.draft is not None else ()
    authors = {runs.one_spelling(run.request.actor.person), *wrote}
    return actor.role in MAY_DEAL and bool(actor.person) and runs.one_spelling(actor.person) not in authors


def deal_with(parts: Parts, run: Run, actor: Actor, evidence_id: str) -> None:
    """A person says that they have looked at the text and done what it needed.

    Raises:
        NotAllowed: they have not the role, asked for the run themselves, or are nobody in particular.
        Conflict: nothing is open here.
    """
    if not may_deal(run, actor):
        raise NotAllowed(
            "A reviewer or a lead who neither asked for the text nor wrote in it says that a claim was dealt with.",
            instead="Ask one of your team.",
        )
    now = parts.clock()
    with parts.database.transaction() as tx:
        who = parts.ledger.pseudonym(tx, actor.person, actor.via)
        if "\x00" in evidence_id or not evidence_uses.close(tx, run.id, evidence_id, by=who, now=now):
            raise Conflict("This claim is not open.", instead="Look at the run again: somebody may have dealt with it.")
        entry = Entry("evidence.dealt_with", {"evidence": evidence_id})
        parts.ledger.append(tx, run_id=run.id, team=run.team, actor=who, at=now, entries=[entry])


def _open_lapsed(parts: Parts, day: str) -> int:
    opened, after = 0, ("", "")
    while True:
        with parts.database.reading() as tx:
            batch = evidence_uses.fresh(tx, day, after=after, limit=BATCH)
        opened += sum(_open(parts, one, day) for one in batch)
        if len(batch) < BATCH:
            return opened
        after = (batch[-1].evidence_id, batch[-1].run_id)


def _open(parts: Parts, one: Use, day: str) -> bool:
    """Whether this process is the one that opened it: the state and its event are one transaction."""
    with parts.database.transaction() as tx:
        run = runs.get(tx, one.run_id)
        if run is None or run.state in MOVING:
            return False  # Looked at again once it rests.
        if not _stands(tx, run):
            if run.state in (RunState.REFUSED, RunState.CANCELLED, RunState.DELIVERED):
                evidence_uses.forget(tx, one)
            return False
        why = _why(tx, one, day)
        if not evidence_uses.lapse(tx, one, why, day, parts.clock()):
            return False
        _note(parts, tx, one, Entry("evidence.lapsed", {"evidence": one.evidence_id, "lapse": why}))
    log.warning("evidence lapsed", run=one.run_id, evidence=one.evidence_id, why=why)
    return True


def _close_renewed(parts: Parts, day: str) -> int:
    closed = 0
    while True:
        with parts.database.reading() as tx:
            batch = evidence_uses.renewed(tx, day, limit=BATCH)
        for one in batch:
            with parts.database.transaction() as tx:
                if evidence_uses.revive(tx, one, day):
                    closed += 1
                    _note(parts, tx, one, Entry("evidence.renewed", {"evidence": one.evidence_id}))
        if len(batch) < BATCH:
            return closed


def _note(parts: Parts, tx: Tx, one: Use, entry: Entry) -> None:
    who = parts.ledger.pseudonym(tx, None, "evidence")
    parts.ledger.append(tx, run_id=one.run_id, team=one.team, actor=who, at=parts.clock(), entries=[entry])


def _stands(tx: Tx, run: Run) -> bool:
    if not run.destinations:
        return run.state in _HANDED_OUT
    # One that is to be written again, as reviewed, is pending and stands there all the same.
    rows = deliveries.of_run(tx, run.id)
    return any(row.receipt and row.receipt.vendor_id and row.state is not DeliveryState.UNDONE for row in rows)


def _why(tx: Tx, one: Use, day: str) -> str:
    now = evidence.get(tx, one.evidence_id)
    status = now.status(day) if now is not None else "withdrawn"
    return status if status in _WORDS else "changed"


def _broken(parts: Parts, run: Run) -> list[Use]:
    if parts.register.is_empty:
        return []
    with parts.database.reading() as tx:
        return evidence_uses.broken(tx, run.id, parts.today().isoformat())


def _what(one: Use) -> str:
    return f"The draft relies on {one.evidence_id}, which no longer holds as it did."


def told(one: Use) -> Mapping[str, object]:
    """A lapse as programs and pages show it."""
    why = str(one.why)
    return {
        "run": one.run_id,
        "team": one.team,
        "evidence_id": one.evidence_id,
        "claim": one.claim,
        "why": why,
        "since": one.lapsed_at,
        "what": f"{one.evidence_id} {_WORDS.get(why, why)}, and this text relies on it.",
        "instead": TO_DO,
    }


_INSTEAD = "Have the evidence renewed, or reject the draft and run it again: it is then written without this claim."
_AGAIN = "Cancel it and run it again: it is then written without this claim, or with the evidence that holds."
#: What a person does about it.
TO_DO = (
    "Take the claim out where the text stands, or have the evidence renewed by its owner; then a reviewer or a lead "
    "says that it was dealt with."
)
