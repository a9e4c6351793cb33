"""Deliver: each delivery of a run is written back to its target once, with its own receipt, retries and problem."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from typing import Any

from hub.domain import Delivery, DeliveryRow, DeliveryState, Problem, Receipt, Run, RunState, Stage
from hub.errors import ConfigurationError, InlayError, NeedsPermission, OutOfQuota, TargetGone, TryLater
from hub.ledger import Entry
from hub.pipeline import lapses, review
from hub.pipeline.parts import Parts
from hub.pipeline.step import Step
from hub.sdk import Connection, Connector
from hub.store import Tx, calls, deliveries, look_backs, news, runs
from hub.store.codec import encode

DAY = 86_400.0
_AFTER = {
    DeliveryState.ORPHANED: RunState.ORPHANED,
    DeliveryState.WAITING_USER: RunState.WAITING_USER,
    DeliveryState.FAILED: RunState.FAILED,
}


def deliver(parts: Parts, run: Run) -> Step:
    """Write back whatever is due, then say where that leaves the run.

    Raises:
        Held: it was approved, and evidence it relies on has lapsed since.
    """
    if run.state is RunState.APPROVED:
        lapses.still_held(parts, run)
    rows: list[DeliveryRow] = []
    if run.destinations:
        with parts.database.reading() as tx:
            rows = deliveries.of_run(tx, run.id)
    replaced = superseded(rows)
    rows = _without(rows, {key: _make_room(parts, run, old, new) for key, (old, new) in replaced.items()})
    now = parts.clock()
    rows = [
        _one(parts, run, row) if row.state is DeliveryState.PENDING and (row.wake_at or 0) <= now else row
        for row in rows
    ]
    pending = [row for row in rows if row.state is DeliveryState.PENDING]
    if pending:
        first = min(pending, key=lambda row: row.wake_at or now)
        return Step(
            stage=Stage.DELIVER,
            pause=max(0.05, (first.wake_at or now) - parts.clock()),
            changes={"queue": f"deliver.{parts.connections.get(first.target.connection)[0].name}"},
        )
    for state, ending in _AFTER.items():
        stuck = [row for row in rows if row.state is state]
        if stuck:
            done = sum(row.state is DeliveryState.DONE for row in rows)
            problem = stuck[0].problem
            if problem is not None and len(rows) > 1:
                problem = dataclasses.replace(problem, what=f"{done} of {len(rows)} deliveries arrived. {problem.what}")
            return Step(
                stage=Stage.DELIVER,
                state=ending,
                rest=True,
                changes={"problem": problem},
                entries=(Entry("run.stuck", {"state": ending, "arrived": done, "of": len(rows)}),),
            )
    if run.tier >= 2 and run.state is not RunState.APPROVED:
        return Step(
            stage=Stage.REVIEW,
            state=RunState.IN_REVIEW,
            rest=True,
            entries=(Entry("review.asked", {"tier": run.tier}),),
            writes=lambda tx: _wait_for_review(parts, run, rows, tx),
        )
    return Step(
        stage=Stage.DONE,
        state=RunState.DELIVERED,
        changes={"problem": None},
        entries=(Entry("run.delivered", {"deliveries": len(rows), "tier": run.tier, "simulated": run.simulated}),),
        writes=(lambda tx: _afterwards(parts, run, rows, tx)) if rows else None,
    )


def superseded(rows: Sequence[DeliveryRow]) -> dict[str, tuple[DeliveryRow, DeliveryRow]]:
    """What stands and is to give way to a later delivery at the same place, and that one, by the later one's key."""
    found = {}
    for at, new in enumerate(rows):
        if new.state is DeliveryState.PENDING and new.receipt is None:
            old = next((row for row in rows[:at] if row.target == new.target and deliveries.stands(row)), None)
            if old is not None:
                found[new.key] = old, new
    return found


def _make_room(parts: Parts, run: Run, old: DeliveryRow, new: DeliveryRow) -> DeliveryRow:
    """Take back what an edited draft takes the place of. Where that fails nothing is written beside it."""
    started = time.perf_counter()
    assert old.receipt is not None
    try:
        connector, connection = parts.connections.for_team(old.target.connection, run.team, person=old.on_behalf_of)
        receipt = connector.undo(connection, old.target, old.receipt)
    except (InlayError, ConfigurationError) as error:
        return settle(parts, run, new, error, started)
    undone = Entry("delivery.undone", {"delivery": old.key, "revision": receipt.revision, "already": receipt.already})
    _store(parts, run, old, {"state": DeliveryState.UNDONE}, undone)
    return new


def _without(rows: Sequence[DeliveryRow], made: Mapping[str, DeliveryRow]) -> list[DeliveryRow]:
    """The deliveries that count: of those at one place the last, as it is by now."""
    last = {encode("target", row.target): row.key for row in rows}
    return [made.get(row.key, row) for row in rows if last[encode("target", row.target)] == row.key]


def _wait_for_review(parts: Parts, run: Run, rows: list[DeliveryRow], tx: Tx) -> None:
    review.asked(parts, run, tx)
    _tell_later(parts, run, rows, tx)


def _afterwards(parts: Parts, run: Run, rows: list[DeliveryRow], tx: Tx) -> None:
    _look_again(parts, run, rows, tx)
    _tell_later(parts, run, rows, tx)


def _tell_later(parts: Parts, run: Run, rows: list[DeliveryRow], tx: Tx) -> None:
    """Where a connector wrote a draft and could not say so at the request, it is asked to say it later."""
    if any(row.receipt is not None and row.receipt.detail.get("untold") for row in rows):
        news.plan(tx, run.id, parts.clock())


def _look_again(parts: Parts, run: Run, rows: list[DeliveryRow], tx: Tx) -> None:
    """Plan to look at what becomes of the text: once it was accepted, and a day after it was delivered."""
    for row in filter(deliveries.stands, rows):
        if run.state is RunState.APPROVED:
            look_backs.plan(tx, row.key, "accepted", parts.clock())
        look_backs.plan(tx, row.key, "a day later", parts.clock() + DAY)


def delivery_of(parts: Parts, run: Run, row: DeliveryRow) -> Delivery:
    """What a connector is handed."""
    assert run.draft is not None
    template = parts.shelf.revision(run.revision)
    contract = template.contract
    return Delivery(
        key=row.key,
        run_id=run.id,
        target=row.target,
        text=contract.to_write(run.draft),
        fields=run.draft.variants[0].fields,
        reviewed=row.reviewed,
        provenance={
            "run": run.id,
            "template": run.template,
            "revision": run.revision[:16],
            "url": f"{parts.settings.url}/runs/{run.id}",
            "title": template.title,
            "model": run.draft.usage.model,
            "asked_by": run.request.actor.person or "",
            "asked_at": run.created_at,
            "findings": [finding.message for verdict in run.output_verdicts for finding in verdict.findings],
        },
        simulated=run.simulated,
        earlier=row.receipt,
        suggest=run.tier >= 2 and not row.reviewed,
        comments=contract.remarks(run.draft),
    )


def _one(parts: Parts, run: Run, row: DeliveryRow) -> DeliveryRow:
    """One attempt at one delivery, and its outcome, stored under the run's lease."""
    started = time.perf_counter()
    try:
        order = delivery_of(parts, run, row)
        if nothing_to_write(parts, run, order):
            return _nothing_written(parts, run, row)
        allowed(parts, run, row)
        connector, connection = parts.connections.for_team(row.target.connection, run.team, person=row.on_behalf_of)
        wait = connector.gather.get(run.request.trigger, 0.0) if _first_time(row) and connector.batch > 1 else 0.0
        wait = wait or brake(parts, connector, connection, order)
        if wait:
            # Others are to be written along with it, or it is our own brake, not the vendor's: it counts as no attempt.
            return _put_off(parts, run, row, wait, None)
        receipt = connector.write_back(connection, order)
    except (InlayError, ConfigurationError) as error:
        return settle(parts, run, row, error, started)
    return settle(parts, run, row, receipt, started)


def brake(parts: Parts, connector: Connector, connection: Connection, order: Delivery) -> float:
    """Take a delivery's calls from what the vendor allows; the seconds to wait when it allows no more now."""
    account = f"{connection.name}:{connection.account}"
    with parts.database.transaction() as tx:
        return calls.take(tx, account, connector.limits, connector.cost(order), parts.clock())


def settle(
    parts: Parts, run: Run, row: DeliveryRow, outcome: Receipt | InlayError | ConfigurationError, started: float
) -> DeliveryRow:
    """Store what became of one attempt, under the run's lease. ``started`` is when it began, by the process's clock.

    Raises:
        LeaseLost: another worker has the run.
    """
    changes: dict[str, Any]
    if isinstance(outcome, Receipt):
        return _arrived(parts, run, row, outcome, started)
    if isinstance(outcome, TryLater):
        return _try_later(parts, run, row, outcome)
    if isinstance(outcome, ConfigurationError):
        problem = Problem(code="configuration", what=str(outcome), who="an admin")
        changes = {"state": DeliveryState.FAILED, "problem": problem}
        return _store(parts, run, row, changes, Entry("delivery.failed", {"delivery": row.key, "code": problem.code}))
    state = (
        DeliveryState.ORPHANED
        if isinstance(outcome, TargetGone)
        else DeliveryState.WAITING_USER
        if isinstance(outcome, NeedsPermission)
        else DeliveryState.FAILED
    )
    changes = {"state": state, "problem": outcome.problem()}
    return _store(parts, run, row, changes, Entry(f"delivery.{state}", {"delivery": row.key, "code": outcome.code}))


def _arrived(parts: Parts, run: Run, row: DeliveryRow, receipt: Receipt, started: float) -> DeliveryRow:
    if row.receipt is not None:
        # What undoing needs may be known to the first receipt only, such as the text that was replaced.
        receipt = dataclasses.replace(receipt, detail={**row.receipt.detail, **receipt.detail})
    proof = {
        "delivery": row.key,
        "connection": row.target.connection,
        "vendor_id": receipt.vendor_id,
        "revision": receipt.revision,
        "content_hash": receipt.content_hash,
        "already": receipt.already,
        "reviewed": row.reviewed,
        "ms": round((time.perf_counter() - started) * 1000, 3),
    }
    changes = {"state": DeliveryState.DONE, "receipt": receipt, "problem": None, "wake_at": None}
    return _store(parts, run, row, changes, Entry("delivery.done", proof))


def _first_time(row: DeliveryRow) -> bool:
    return row.receipt is None and row.attempts == 0 and row.wake_at is None


def nothing_to_write(parts: Parts, run: Run, order: Delivery) -> bool:
    """Whether the template writes remarks and the draft has none."""
    return parts.shelf.revision(run.revision).contract.write == "comments" and not order.comments


def _nothing_written(parts: Parts, run: Run, row: DeliveryRow) -> DeliveryRow:
    """There was nothing to remark, which is a good result: done, with a receipt of nothing. No connector is called."""
    receipt = Receipt(vendor_id="", detail={"note": "There is nothing to remark, so no comment was written."})
    changes = {"state": DeliveryState.DONE, "receipt": receipt, "problem": None, "wake_at": None}
    return _store(parts, run, row, changes, Entry("delivery.done", {"delivery": row.key, "comments": 0}))


def allowed(parts: Parts, run: Run, row: DeliveryRow) -> None:
    """A simulated draft goes to a sandbox on this machine or nowhere.

    Raises:
        InlayError: it would have gone somewhere else.
    """
    if not run.simulated:
        return
    connector, connection = parts.connections.get(row.target.connection)
    if not connection.sandbox:
        raise InlayError(
            f"A simulated draft is not written to {connector.title}.",
            why="No model is configured, so the simulator made the draft.",
            instead="Set INLAY_MODEL and its key, then run it again.",
            who="an admin",
        )


def _try_later(parts: Parts, run: Run, row: DeliveryRow, error: TryLater) -> DeliveryRow:
    attempts = row.attempts + (0 if isinstance(error, OutOfQuota) else 1)
    if attempts < parts.settings.max_attempts:
        delay = max(error.after or 0.0, min(60.0, 0.25 * 2**attempts))
        return _put_off(parts, run, dataclasses.replace(row, attempts=attempts), delay, error)
    problem = Problem(
        code=error.code,
        what=error.what,
        why=f"Inlay tried {attempts} times.",
        instead="The draft is kept. Retry the run once the other side answers again.",
        who="an admin",
    )
    changes = {"state": DeliveryState.FAILED, "problem": problem, "attempts": attempts}
    return _store(parts, run, row, changes, Entry("delivery.failed", {"delivery": row.key, "code": error.code}))


def _put_off(parts: Parts, run: Run, row: DeliveryRow, delay: float, error: InlayError | None) -> DeliveryRow:
    changes = {
        "attempts": row.attempts,
        "wake_at": parts.clock() + delay,
        "problem": error.problem() if error else row.problem,
    }
    entry = (
        Entry("delivery.put_off", {"delivery": row.key, "code": error.code, "attempts": row.attempts})
        if error
        else None
    )
    return _store(parts, run, row, changes, entry)


def _store(parts: Parts, run: Run, row: DeliveryRow, changes: dict[str, Any], entry: Entry | None) -> DeliveryRow:
    """The delivery's new state, if the run is still ours: a worker that lost its lease stores nothing.

    Raises:
        LeaseLost: another worker has the run.
    """
    now = parts.clock()
    with parts.database.transaction() as tx:
        runs.save(tx, run.id, run.token, {"wake_at": parts.leases.until()})
        deliveries.save(tx, row.key, now, changes)
        if entry is not None:
            actor = parts.ledger.pseudonym(tx, run.request.actor.person, run.request.actor.via)
            parts.ledger.append(tx, run_id=run.id, team=run.team, actor=actor, at=now, entries=[entry])
    return dataclasses.replace(row, **changes)
