"""What a person may do to a run after it started: cancel it, let it go on, take its effects back, say how it was."""

from __future__ import annotations

import dataclasses

from hub.domain import Actor, DeliveryRow, DeliveryState, Json, Run, RunState, Stage, Target
from hub.errors import BadRequest, Conflict, InlayError, LeaseLost, UnknownName
from hub.ledger import Entry
from hub.pipeline import spend, tell
from hub.pipeline.parts import AT_THE_DESK, Parts, at_the_desk
from hub.pipeline.step import TRANSITIONS, Step, commit, give_back
from hub.store import Tx, budgets, deliveries, reviews, runs

#: Where a run that goes on stands again, by the stage it stopped in.
_BEFORE_ANSWER = frozenset({Stage.COMPOSE, Stage.CHECK_INPUT, Stage.ASK})
_STUCK = (RunState.WAITING_USER, RunState.ORPHANED, RunState.FAILED)
#: A rejected draft stands where it was written until somebody takes it back.
_UNDOABLE = (RunState.DELIVERED, RunState.IN_REVIEW, RunState.REFUSED, *_STUCK, RunState.HELD)
_NOT_WRITTEN = (DeliveryState.FAILED, DeliveryState.ORPHANED, DeliveryState.WAITING_USER)
#: One-tap answers to "what got in the way?".
FRICTION = (
    "slow",
    "wrong tone",
    "wrong facts",
    "does not fit my task",
    "blocked by rule",
    "waiting for review",
    "missing data",
    "could not find it",
    "could not insert it",
    "do not know how",
)


def cancel(parts: Parts, run: Run, actor: Actor) -> Run:
    """Stop a run wherever it stands. A worker that holds it changes nothing any more.

    Raises:
        Conflict: it has ended, or its result is being written at this moment.
    """
    now = parts.clock()
    cancellable = [state for state, after in TRANSITIONS.items() if RunState.CANCELLED in after]
    changes = {"state": RunState.CANCELLED, "wake_at": None, "updated_at": now, "ended_at": now, "problem": None}
    with parts.database.transaction() as tx:
        if not runs.cut_in(tx, run.id, cancellable, changes, now=now):
            raise Conflict(
                "This run cannot be cancelled now.",
                why="It has ended, or its result is being written at this moment.",
                instead="Open it again; what it wrote can be taken back with undo.",
            )
        booked = _end_of_money(parts, tx, run.id, now)
        reviews.drop(tx, run.id, now)
        _note(parts, tx, run, actor, Entry("run.cancelled", {"was": run.state, **booked}), now)
        tell.plan(tx, run, RunState.CANCELLED, now)
    return _again(parts, run)


def resume(parts: Parts, run: Run, actor: Actor, *, at: Json | None = None) -> Run:
    """Let a run that waits for a person, lost its target or failed go on from where it stopped.

    Args:
        at: another place instead of the one that is gone, in the same connection. What goes to other places, or was
            written already, stays where it is. It is read and written in the name of whoever moves it there.

    Raises:
        Conflict: the run is in none of these states.
    """
    now, token = parts.clock(), parts.leases.new()
    with parts.database.transaction() as tx:
        held = runs.take_waiting(tx, run.id, _STUCK, token=token, now=now, until=parts.leases.until())
    if held is None or held.stage is Stage.DONE:
        if held is not None:
            give_back(parts, held)
        parts.leases.drop(token)
        raise Conflict(f"A run that is {run.state} does not go on.", instead="Start a new one.")
    state = (
        RunState.QUEUED
        if held.stage in _BEFORE_ANSWER
        else RunState.APPROVED
        if held.review is not None
        else RunState.ANSWERED
    )
    changes: dict[str, object] = {"problem": None}
    whose = _Whose(parts, held, actor)
    if held.stage in _BEFORE_ANSWER and held.request.target is not None:
        name = held.request.target.connection
        changes["on_behalf_of"] = whose.kept(name, held.on_behalf_of)
        if at is not None:
            target = dataclasses.replace(held.request.target, at=at)
            changes["request"] = dataclasses.replace(held.request, target=target, context=None)
            changes["on_behalf_of"] = whose.moved(name)

    def writes(tx: Tx) -> None:
        rows = deliveries.of_run(tx, held.id)
        for row in rows:
            if row.on_behalf_of is None and (row.state in _NOT_WRITTEN or held.stage in _BEFORE_ANSWER):
                deliveries.save(tx, row.key, now, {"on_behalf_of": whose.kept(row.target.connection, None)})
        if at is not None:
            for row in _gone(held, rows):
                moved = Target(connection=row.target.connection, at=at)
                owner = whose.moved(moved.connection)
                deliveries.save(tx, row.key, now, {"target": moved, "receipt": None, "on_behalf_of": owner})
        deliveries.reopen(tx, held.id, states=_NOT_WRITTEN, reviewed=None, now=now)

    step = Step(
        stage=held.stage,
        state=state,
        pause=0.0,
        changes=changes,
        entries=(Entry("run.resumed", {"was": held.state, "moved": at is not None}),),
        writes=writes,
    )
    resumed = commit(parts, held, step, actor=actor)
    parts.wake(resumed.queue)
    return resumed


def waits_for(parts: Parts, run: Run) -> set[tuple[str, str]]:
    """The connections at which a waiting run waits for what a person lends, and that person."""
    asker = at_the_desk(run.request.actor)
    if run.stage in _BEFORE_ANSWER:
        target = run.request.target
        places = [(target.connection, run.on_behalf_of)] if target is not None else []
    else:
        with parts.database.reading() as tx:
            rows = deliveries.of_run(tx, run.id)
        places = [(row.target.connection, row.on_behalf_of) for row in rows if row.state is DeliveryState.WAITING_USER]
    found = ((name, asker if person is None else person) for name, person in places)
    return {(name, person) for name, person in found if person}


def go_on(parts: Parts, run: Run, since: float) -> Run:
    """Let a run that just began to wait go on, if what it waits for was lent while it was at work, after ``since``."""
    for name, person in waits_for(parts, run):
        if parts.connections.lent_by(person).get(name, since) > since:
            return resume(parts, run, Actor(person=person, via=AT_THE_DESK))
    return run


def undo(parts: Parts, run: Run, actor: Actor) -> Run:
    """Take back what a run wrote, everywhere it wrote. A place where that fails keeps no other from being put back.

    Raises:
        Conflict: it wrote nothing, is at work, or a person changed the text since.
        TargetGone, NeedsPermission, TryLater, VendorRefused: from the vendor.
    """
    now, token = parts.clock(), parts.leases.new()
    with parts.database.transaction() as tx:
        held = runs.take_waiting(tx, run.id, _UNDOABLE, token=token, now=now, until=parts.leases.until())
    if held is None:
        parts.leases.drop(token)
        raise Conflict(f"A run that is {run.state} cannot be undone now.")
    try:
        with parts.database.reading() as tx:
            rows = list(filter(deliveries.stands, deliveries.of_run(tx, held.id)))
        if not rows:
            raise Conflict("This run has written nothing that could be taken back.")
        failed: list[InlayError] = []
        for row in rows:
            try:
                _undo_one(parts, held, row, actor)
            except LeaseLost:
                raise
            except InlayError as error:
                failed.append(error)
        if failed:
            if len(rows) > 1:
                failed[0].what = f"{len(rows) - len(failed)} of {len(rows)} places are put back. {failed[0].what}"
            raise failed[0]
    finally:
        give_back(parts, held)
        parts.leases.drop(token)
    if held.state is RunState.IN_REVIEW:
        return cancel(parts, held, actor)
    with parts.database.transaction() as tx:
        reviews.drop(tx, held.id, parts.clock())
    return _again(parts, held)


def take_back(parts: Parts, run: Run, actor: Actor) -> str:
    """Undo a rejected draft as far as that can be, so that a new one does not stand beside it.

    Returns:
        A sentence when something stays where it is, empty when nothing does.
    """
    with parts.database.reading() as tx:
        if not any(map(deliveries.stands, deliveries.of_run(tx, run.id))):
            return ""
    try:
        undo(parts, run, actor)
    except InlayError as error:
        return f"The rejected text stays where it is: {error.what}"
    return ""


def feedback(parts: Parts, run: Run, actor: Actor, *, ease: int | None, useful: int | None, tag: str | None) -> None:
    """How it was for the person: two answers from 1 to 5 and one tag.

    Raises:
        BadRequest: an answer is out of range or the tag unknown.
    """
    for name, answer in (("ease", ease), ("useful", useful)):
        if answer is not None and answer not in range(1, 6):
            raise BadRequest(f"{name} is a whole number from 1 to 5.")
    if tag is not None and tag not in FRICTION:
        raise BadRequest("This tag is not known.", instead=f"Send one of: {', '.join(FRICTION)}.")
    if ease is None and useful is None and tag is None:
        raise BadRequest("The feedback is empty.", instead="Send ease, useful or tag.")
    entry = Entry("feedback.given", {"ease": ease, "useful": useful, "tag": tag, "simulated": run.simulated})
    with parts.database.transaction() as tx:
        _note(parts, tx, run, actor, entry, parts.clock())


def _end_of_money(parts: Parts, tx: Tx, run_id: str, now: float) -> dict[str, int]:
    """Give back what a cancelled run set aside. A call under way will be paid for whatever its run does now, and its
    answer finds no run to be booked on: it is booked in full here, or cancelling would be a way round the budget.
    """
    stopped = runs.get(tx, run_id)
    if stopped is not None and stopped.stage is Stage.CHECK_OUTPUT:
        cost = budgets.settle(tx, run_id, None, now)
        return {"cost_micros": cost} if cost else {}
    if stopped is None or stopped.stage is not Stage.ASK or not stopped.asks:
        budgets.release(tx, run_id)
        return {}
    cost = spend.ceiling_or_none(parts, stopped) or 0
    budgets.settle(tx, run_id, cost, now)
    return {"cost_micros": cost}


class _Whose:
    """In whose name a run that goes on works from now on. ``actor`` lets it."""

    def __init__(self, parts: Parts, run: Run, actor: Actor) -> None:
        self._person = at_the_desk(actor)
        self._is_asker = self._person is not None and self._person == at_the_desk(run.request.actor)
        self._lent = parts.connections.lent_by(self._person) if self._person else {}

    def kept(self, connection: str, before: str | None) -> str | None:
        """Of a place that stays: the asker's from the moment they lend their token, and then for good."""
        return self._person if before is None and self._is_asker and connection in self._lent else before

    def moved(self, connection: str) -> str | None:
        """Of a place this person names: theirs. Nobody's token goes where somebody else sends it."""
        if connection in self._lent:
            return self._person
        return None if self._is_asker else ""


def _gone(held: Run, rows: list[DeliveryRow]) -> list[DeliveryRow]:
    """The deliveries that go where the run's lost place was."""
    if held.stage not in _BEFORE_ANSWER:
        stuck = [row for row in rows if row.state in _NOT_WRITTEN]
        return [row for row in stuck if row.state is DeliveryState.ORPHANED] or stuck
    if held.request.target is None:
        return rows if len(rows) == 1 else []
    return [row for row in rows if row.target == held.request.target]


def _undo_one(parts: Parts, run: Run, row: DeliveryRow, actor: Actor) -> None:
    assert row.receipt is not None
    connector, connection = parts.connections.get(row.target.connection, person=actor.person)
    receipt = connector.undo(connection, row.target, row.receipt)
    now = parts.clock()
    entry = Entry("delivery.undone", {"delivery": row.key, "revision": receipt.revision, "already": receipt.already})
    with parts.database.transaction() as tx:
        runs.save(tx, run.id, run.token, {"wake_at": parts.leases.until()})
        deliveries.save(tx, row.key, now, {"state": DeliveryState.UNDONE})
        _note(parts, tx, run, actor, entry, now)


def _note(parts: Parts, tx: Tx, run: Run, actor: Actor, entry: Entry, now: float) -> None:
    who = parts.ledger.pseudonym(tx, actor.person, actor.via)
    parts.ledger.append(tx, run_id=run.id, team=run.team, actor=who, at=now, entries=[entry])


def _again(parts: Parts, run: Run) -> Run:
    with parts.database.reading() as tx:
        stored = runs.get(tx, run.id)
    if stored is None:
        raise UnknownName(f"There is no run {run.id}.")
    return stored
