"""Deliveries: one row per target of a run, each with its own state, attempts and receipt."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from hub.domain import DeliveryRow, DeliveryState, Receipt, Target
from hub.store.codec import decode, encode
from hub.store.tables import delivery as table
from hub.store.tables import run

#: As many characters of a vendor's id are looked up by; no vendor's is longer.
_LONGEST_ID = 255


def create(
    tx: Connection,
    run_id: str,
    targets: Sequence[Target],
    *,
    reviewed: bool,
    now: float,
    lent: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """One pending delivery per target, numbered from 1. The key ``<run>.<number>`` is the idempotency key.

    ``lent`` says on whose behalf it is written, by connection.
    """
    if not targets:
        return
    tx.execute(
        sa.insert(table),
        [
            {
                "key": f"{run_id}.{number}",
                "run_id": run_id,
                "number": number,
                "connection": target.connection,
                "target": encode("target", target),
                "state": DeliveryState.PENDING,
                "reviewed": reviewed,
                "attempts": 0,
                "updated_at": now,
                "on_behalf_of": lent.get(target.connection),
            }
            for number, target in enumerate(targets, start=1)
        ],
    )


def of_run(tx: Connection, run_id: str) -> list[DeliveryRow]:
    """The deliveries of a run, in order."""
    return [_delivery(row) for row in tx.execute(_OF_RUN, {"of_run": run_id})]


def stands(row: DeliveryRow) -> bool:
    """Whether it wrote something nobody took back. What had nothing to write is done, with a receipt of nothing."""
    there = row.state in (DeliveryState.DONE, DeliveryState.PLACED)
    return there and row.receipt is not None and bool(row.receipt.vendor_id)


def taken_back(tx: Connection, run_ids: Collection[str]) -> set[str]:
    """Those of these runs whose text was taken back and stands nowhere any more."""
    undone = table.c.state == DeliveryState.UNDONE.value
    there = table.c.state.in_((DeliveryState.DONE.value, DeliveryState.PLACED.value)) & table.c.vendor_id.is_not(None)

    def number(which: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((which, 1), else_=0))

    found = sa.select(table.c.run_id).where(table.c.run_id.in_(run_ids)).group_by(table.c.run_id)
    return set(tx.execute(found.having(number(undone) > 0, number(there) == 0)).scalars())


def get(tx: Connection, key: str) -> DeliveryRow | None:
    """One delivery, or None."""
    row = tx.execute(sa.select(table).where(table.c.key == key)).one_or_none()
    return None if row is None else _delivery(row)


def at_vendor(
    tx: Connection, ids: Collection[str], *, teams: Sequence[str] | None, connection: str | None = None, limit: int
) -> list[DeliveryRow]:
    """What these teams (None: all) wrote to what the vendor knows by one of these ids, newest first."""
    statement = (
        sa.select(table)
        .join(run, run.c.id == table.c.run_id)
        .where(table.c.vendor_id.in_([one[:_LONGEST_ID] for one in ids if one]))
        .order_by(table.c.updated_at.desc(), table.c.key)
        .limit(limit)
    )
    if teams is not None:
        statement = statement.where(run.c.team.in_(list(teams)))
    if connection is not None:
        statement = statement.where(table.c.connection == connection)
    found = [_delivery(row) for row in tx.execute(statement)]
    return [row for row in found if row.receipt is not None and row.receipt.vendor_id in ids]


def links(tx: Connection, keys: Collection[str]) -> dict[str, str]:
    """Where people can look at what was written, by delivery, as far as receipts say."""
    if not keys:
        return {}
    rows = tx.execute(
        sa.select(table.c.key, table.c.receipt).where(table.c.key.in_(keys), table.c.receipt.is_not(None))
    )
    return {row.key: decode("receipt", row.receipt).url for row in rows}


def add(tx: Connection, row: DeliveryRow, now: float) -> None:
    """One more delivery of a run, as it stands. The caller holds the run's lease in the same transaction."""
    tx.execute(
        sa.insert(table).values(
            key=row.key,
            run_id=row.run_id,
            number=row.number,
            connection=row.target.connection,
            target=encode("target", row.target),
            state=row.state,
            reviewed=row.reviewed,
            attempts=row.attempts,
            receipt=encode("receipt", row.receipt),
            vendor_id=_vendor_id(row.receipt),
            updated_at=now,
            on_behalf_of=row.on_behalf_of,
        )
    )


def save(tx: Connection, key: str, now: float, changes: Mapping[str, Any]) -> None:
    """Write changes to one delivery. The caller holds the run's lease in the same transaction."""
    values = {name: encode(name, value) for name, value in changes.items()}
    if "target" in changes:
        values["connection"] = changes["target"].connection
    if "receipt" in changes:
        values["vendor_id"] = _vendor_id(changes["receipt"])
    tx.execute(sa.update(table).where(table.c.key == key).values(updated_at=now, **values))


def reopen(tx: Connection, run_id: str, *, states: Sequence[DeliveryState], reviewed: bool | None, now: float) -> int:
    """Make deliveries in these states pending again, for a retry or once the review is done."""
    values: dict[str, Any] = {"state": DeliveryState.PENDING, "attempts": 0, "wake_at": None, "problem": None}
    if reviewed is not None:
        values["reviewed"] = reviewed
    return tx.execute(
        sa.update(table)
        .where(table.c.run_id == run_id, table.c.state.in_([state.value for state in states]))
        .values(updated_at=now, **values)
    ).rowcount


def not_reviewed(tx: Connection, run_id: str) -> None:
    """What a run writes is to be reviewed after all: until then it stands there marked."""
    tx.execute(sa.update(table).where(table.c.run_id == run_id).values(reviewed=False))


def _vendor_id(receipt: Receipt | None) -> str | None:
    return receipt.vendor_id[:_LONGEST_ID] or None if receipt is not None else None


def _delivery(row: Row[Any]) -> DeliveryRow:
    return DeliveryRow(
        key=row.key,
        run_id=row.run_id,
        number=row.number,
        target=decode("target", row.target),
        state=DeliveryState(row.state),
        reviewed=row.reviewed,
        attempts=row.attempts,
        wake_at=row.wake_at,
        receipt=decode("receipt", row.receipt),
        problem=decode("problem", row.problem),
        on_behalf_of=row.on_behalf_of,
    )


_OF_RUN = sa.select(table).where(table.c.run_id == sa.bindparam("of_run")).order_by(table.c.number)
