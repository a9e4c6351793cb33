"""Calls to vendors, counted per account in a sliding window, so that all processes together keep a vendor's limit."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from hub.domain import Rate
from hub.store.tables import call

#: The first half of the two-part advisory lock; the second half is the account.
_LOCK = 7_102


def take(tx: Connection, account: str, limits: Mapping[str, Rate], cost: Mapping[str, int], now: float) -> float:
    """Book calls of several kinds at once, all or none.

    Returns:
        0.0 when they are booked, else the seconds until they may fit.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK, zlib.crc32(account.encode()) - 2**31)))
    wait = 0.0
    for kind, number in cost.items():
        rate = limits.get(kind)
        if rate is not None:
            wait = max(wait, _wait(tx, account, kind, number, rate, now))
    if wait > 0:
        return wait
    booked = [
        {"account": account, "kind": kind, "number": number, "at": now}
        for kind, number in cost.items()
        if kind in limits and number
    ]
    # A vendor without limits books nothing; an insert of no rows would be one of a row without values.
    if booked:
        tx.execute(sa.insert(call), booked)
    return 0.0


def _wait(tx: Connection, account: str, kind: str, number: int, rate: Rate, now: float) -> float:
    this = (call.c.account == account) & (call.c.kind == kind)
    tx.execute(sa.delete(call).where(this, call.c.at <= now - rate.seconds))
    rows = tx.execute(sa.select(call.c.at, call.c.number).where(this).order_by(call.c.at)).all()
    over = sum(row.number for row in rows) + number - rate.limit
    for row in rows:
        if over <= 0:
            break
        over -= row.number
        if over <= 0:
            return max(0.01, row.at + rate.seconds - now)
    return 0.0 if over <= 0 else rate.seconds
