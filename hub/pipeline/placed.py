"""Placed: a surface wrote a draft itself, in the person's own name, and says where it stands and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hub.domain import Actor, DeliveryRow, DeliveryState, Receipt, Run, RunState, Standing, Target
from hub.errors import BadRequest, Conflict
from hub.ledger import Entry
from hub.pipeline.deliver import DAY
from hub.pipeline.look_back import figures
from hub.pipeline.parts import Parts
from hub.pipeline.step import MOVING
from hub.store import Tx, deliveries, events, runs

_SHOWN = (RunState.DELIVERED, RunState.IN_REVIEW)
_RESTING = tuple(state for state in RunState if state not in MOVING)
_PLACED = (DeliveryState.PLACED, DeliveryState.UNDONE)
#: More places than anybody puts one draft to, and more looks at one in a row than tell something.
MOST = 50


def place(parts: Parts, run: Run, actor: Actor, target: Target, receipt: Receipt, *, reviewed: bool) -> Run:
    """Record a place: a delivery that is there already, with its receipt. The same place again changes its record, and
    what was taken back may stand again. Nobody changes what another placed, or what the hub wrote.

    Raises:
        Conflict: there is no draft to place, it is a trial's, or it is said to be reviewed and is not.
        BadRequest: the receipt names no marker, or there are too many places.
    """
    marker = _marker(receipt)
    if run.draft is None or not run.draft.variants:
        raise Conflict("This run has no draft that could stand anywhere.", instead="Open the run to see what it needs.")
    if run.request.trial:
        # Whatever its template asks for, nobody reviewed it and nobody will.
        raise Conflict(
            "This draft comes from a trial of a template, and goes nowhere.",
            instead="Use the template once it is published.",
        )
    if reviewed and run.tier >= 2 and not (run.review and run.review.decision == "accept"):
        raise Conflict(
            "This draft is not reviewed yet.", instead="Write it with its 'not reviewed' line, or wait for the review."
        )
    now = parts.clock()

    def write(tx: Tx, held: Run) -> Entry | None:
        rows = deliveries.of_run(tx, held.id)
        known = _known(held, rows, marker, actor, vendor_id=receipt.vendor_id)
        if known is not None and known.receipt is not None:
            stood = known.receipt.detail if known.state is DeliveryState.PLACED else {}
            kept = replace(receipt, detail={**stood, **receipt.detail})
            changes = {"state": DeliveryState.PLACED, "target": target, "receipt": kept, "reviewed": reviewed}
            if all(getattr(known, name) == value for name, value in changes.items()):
                return None
            deliveries.save(tx, known.key, now, changes)
            return Entry("delivery.placed", {"delivery": known.key, "reviewed": reviewed, "again": True})
        if len(rows) >= MOST:
            raise BadRequest("This draft stands in too many places.", instead="Start a new run.")
        number = len(rows) + 1
        row = DeliveryRow(
            key=f"{held.id}.{number}",
            run_id=held.id,
            number=number,
            target=target,
            state=DeliveryState.PLACED,
            reviewed=reviewed,
            receipt=receipt,
            on_behalf_of=runs.one_spelling(actor.person),
        )
        deliveries.add(tx, row, now)
        runs.save(tx, held.id, held.token, {"destinations": number})
        proof = {
            "delivery": row.key,
            "connection": target.connection,
            "vendor_id": receipt.vendor_id,
            "content_hash": receipt.content_hash,
            "reviewed": reviewed,
        }
        return Entry("delivery.placed", proof)

    return _held(parts, run, actor, _SHOWN, write)


def remove(parts: Parts, run: Run, actor: Actor, marker: str) -> Run:
    """Record that the surface took its text back.

    Raises:
        Conflict: this person placed nothing of that name.
    """
    now = parts.clock()

    def write(tx: Tx, held: Run) -> Entry | None:
        known = _known(held, deliveries.of_run(tx, held.id), marker, actor)
        if known is None:
            raise Conflict("This run has placed nothing of that name.")
        if known.state is DeliveryState.UNDONE:
            return None
        deliveries.save(tx, known.key, now, {"state": DeliveryState.UNDONE})
        return Entry("delivery.undone", {"delivery": known.key, "by": "surface"})

    return _held(parts, run, actor, _RESTING, write)


def stands(parts: Parts, run: Run, actor: Actor, marker: str, standing: Standing) -> None:
    """Put on record what a surface found of a text it had placed. The same again is told once, and of what was taken
    back nothing.

    Raises:
        Conflict: this person placed nothing of that name.
    """
    with parts.database.transaction() as tx:
        known = _known(run, deliveries.of_run(tx, run.id), marker, actor)
        if known is None:
            raise Conflict("This run has placed nothing of that name.")
        if known.state is not DeliveryState.PLACED:
            return
        found = figures(standing)
        read = [e for e in events.of_run(tx, run.id) if e.kind == "delivery.read_back"]
        told = [e for e in read if e.data["delivery"] == known.key]
        if told and {name: told[-1].data.get(name) for name in found} == found:
            return
        if len(told) >= MOST and parts.clock() - told[-1].at < DAY:
            return  # The ledger grows by what people do, not by how often a surface calls.
        data = {"delivery": known.key, "moment": "at a visit", "simulated": run.simulated, **found}
        who = parts.ledger.pseudonym(tx, None, "surface")
        parts.ledger.append(
            tx, run_id=run.id, team=run.team, actor=who, at=parts.clock(), entries=[Entry("delivery.read_back", data)]
        )


def _held(
    parts: Parts, run: Run, actor: Actor, states: tuple[RunState, ...], write: Callable[[Tx, Run], Entry | None]
) -> Run:
    """Do this while nobody else works on the run, and give it back as it was: one transaction."""
    now, token = parts.clock(), parts.leases.new()
    try:
        with parts.database.transaction() as tx:
            held = runs.take_waiting(tx, run.id, states, token=token, now=now, until=parts.leases.until())
            if held is None:
                raise Conflict(
                    f"A run that is {run.state} has no draft to place now.", instead="Look at it again in a moment."
                )
            entry = write(tx, held)
            runs.save(tx, held.id, token, {"token": None, "wake_at": None})
            if entry is not None:
                who = parts.ledger.pseudonym(tx, actor.person, actor.via)
                parts.ledger.append(tx, run_id=run.id, team=run.team, actor=who, at=now, entries=[entry])
            after = runs.get(tx, run.id)
    finally:
        parts.leases.drop(token)
    assert after is not None
    return after


def _known(
    run: Run, rows: list[DeliveryRow], marker: str, actor: Actor, *, vendor_id: str | None = None
) -> DeliveryRow | None:
    """What this person placed under that name, the one that stands before those that were taken back; with
    ``vendor_id``, there."""
    asker, person = runs.one_spelling(run.request.actor.person), runs.one_spelling(actor.person)
    own = [
        row
        for row in rows
        if row.state in _PLACED
        and row.receipt is not None
        and row.receipt.detail.get("marker") == marker
        and (asker if row.on_behalf_of is None else row.on_behalf_of) == person
        and (vendor_id is None or row.receipt.vendor_id == vendor_id or row.state is DeliveryState.UNDONE)
    ]
    return max(own, key=lambda row: (row.state is DeliveryState.PLACED, row.number), default=None)


def _marker(receipt: Receipt) -> str:
    marker = receipt.detail.get("marker")
    if not isinstance(marker, str) or not 0 < len(marker) <= 256:
        raise BadRequest("The receipt names no marker: Inlay could not find the text again.")
    return marker
