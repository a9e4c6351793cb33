"""Writes drafts into an asset's metadata: read, compare, write. One call per delivery, once, and never over a person's
own words."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from connectors.dam import c2pa, marks, place, plan, slots
from connectors.dam.asset import SLOTS, Asset, Value
from connectors.dam.dialect import Dialect
from connectors.dam.dialects import dialect_of
from connectors.dam.plan import Plan
from connectors.dam.settings import DamSettings
from hub.sdk import BadRequest, Conflict, Connection, Delivery, InlayError, Receipt, Target, TargetGone, Unavailable

#: How often an asset that changes under our hands is read again before the delivery is put off.
TRIES = 3
_LOCKS, _STRIPES = "dam.locks", 64


def write_back(connection: Connection, delivery: Delivery) -> Receipt:
    """See ``Connector.write_back``. ``vendor_id`` is the asset's id. ``detail`` holds ``key`` and, by slot, ``slots``:
    the field, a digest of what was written and what stood there before; and ``note``, when something was left.

    Raises:
        BadRequest: the address is wrong, the draft has no place here, or it is one this connection must not write.
    """
    settings: DamSettings = connection.settings
    _refuse(connection, delivery)
    where = place.address(delivery.target.at)
    if delivery.earlier is not None:
        return _done(connection, where.asset, lambda asset, mine: plan.again(settings, asset, delivery))
    fill = slots.filled(settings, delivery, where.only)
    return _done(connection, where.asset, lambda asset, mine: plan.first(settings, asset, delivery, fill, mine))


def undo(connection: Connection, target: Target, receipt: Receipt) -> Receipt:
    """See ``Connector.undo``. All values go back to what they were, or none.

    Raises:
        Conflict: a person changed one of them since.
    """
    settings: DamSettings = connection.settings
    where = place.address(target.at)
    done = _done(connection, where.asset, lambda asset, mine: plan.back(settings, asset, receipt))
    return Receipt(vendor_id=done.vendor_id, content_hash=receipt.content_hash, url=done.url, already=done.already)


def fetched(connection: Connection, asset: str) -> Asset:
    """The asset as it stands.

    Raises:
        TargetGone: it is gone, or not to be seen. And what ``Dialect.fetch`` raises.
    """
    found = dialect_of(connection.settings).fetch(connection, [asset]).get(asset)
    if isinstance(found, InlayError):
        raise found
    if found is None:
        raise TargetGone(
            "The asset is gone from the DAM, or Inlay's account may not see it.",
            instead="Restore the asset, or copy the draft from the run's page.",
        )
    return found


def _done(connection: Connection, id: str, decide: Callable[[Asset, marks.Entry | None], Plan]) -> Receipt:
    settings: DamSettings = connection.settings
    dialect = dialect_of(settings)
    mine: marks.Entry | None = None
    with _alone(connection, id):
        for _ in range(TRIES):
            asset = fetched(connection, id)
            planned = decide(asset, mine)
            if not planned.changes:
                return _receipt(settings, dialect, asset, planned)
            _may(settings, dialect, connection, asset, planned)
            try:
                if begun := _begun(settings, dialect, planned):
                    dialect.write(connection, asset, begun)
                dialect.write(connection, asset, planned.changes)
            except Conflict:
                continue
            now = _standing(connection, dialect, id, planned)
            if now is not None:
                return _receipt(settings, dialect, now, planned)
            # Another writer of this account replaced the note at the same moment: it is written anew, beside theirs.
            mine = planned.entry
    raise Unavailable(
        "The asset is being changed by others at this moment.", why=f"It changed {TRIES} times while Inlay wrote."
    )


def _begun(settings: DamSettings, dialect: Dialect, planned: Plan) -> dict[str, Value]:
    """The note alone, saying that this was begun, where a write may end halfway: what then stands there is known."""
    mark = settings.field_of("mark")
    if not mark or mark not in planned.changes or dialect.at_once(planned.changes):
        return {}
    entries = marks.read(planned.changes[mark])
    if marks.of(entries, planned.key) is None:
        return {}
    some = [replace(one, done=False) if one.key == planned.key else one for one in entries]
    return {mark: marks.written(some, dialect.longest.get("mark", 0))}


def _standing(connection: Connection, dialect: Dialect, id: str, planned: Plan) -> Asset | None:
    """The asset once it shows what was written; None when its note was replaced meanwhile.

    Raises:
        Unavailable: the vendor took the change and does not show it yet.
    """
    until, pause = time.monotonic() + dialect.lag, dialect.lag / 100
    while True:
        now = fetched(connection, id)
        if _shows(connection.settings, now, planned, strict=dialect.lag > 0):
            return now
        if time.monotonic() >= until:
            break
        # Most changes show at once: the pauses grow, so that few calls are spent on the others.
        time.sleep(min(pause, 0.5))
        pause *= 2
    if dialect.lag:
        raise Unavailable("The DAM took the change, and does not show it yet.", after=dialect.lag)
    return None


def _shows(settings: DamSettings, now: Asset, planned: Plan, *, strict: bool) -> bool:
    mark = settings.field_of("mark")
    if mark and mark in planned.changes:
        expected = marks.of(marks.read(planned.changes[mark]), planned.key)
        return marks.of(marks.read(slots.standing(now, mark, "mark")), planned.key) == expected
    if not strict:
        return True  # The vendor said that it is done, and no note tells its own spelling from a person's edit.
    slot_of = {settings.field_of(slot): slot for slot in SLOTS}
    shown = {name: slots.standing(now, name, slot_of.get(name, "")) for name in planned.changes}
    return all(slots.digest(shown[name]) == slots.digest(to) for name, to in planned.changes.items())


def _refuse(connection: Connection, delivery: Delivery) -> None:
    if delivery.simulated and not connection.sandbox:
        raise BadRequest(
            "A simulated draft is not written to a real DAM.",
            instead="Connect a model, or use the sandbox.",
            who="an admin",
        )
    if delivery.comments:
        raise BadRequest(
            "A DAM takes no remarks beside a text.", instead="Run this template in Google Docs.", who="a lead"
        )
    if not delivery.text.strip() and not any(delivery.fields.values()):
        raise BadRequest("There is nothing to write.")


def _may(settings: DamSettings, dialect: Dialect, connection: Connection, asset: Asset, planned: Plan) -> None:
    """
    Raises:
        BadRequest: the field is one Inlay never writes, or the file must not change.
    """
    if barred := sorted(set(planned.changes) & dialect.never):
        raise BadRequest(f"Inlay never writes the field {barred[0][:40]!r}.", who="an admin")
    if not settings.writes_into_files:
        return
    data = dialect.original(connection, asset)
    if data is not None and not c2pa.carries(data):
        return
    raise BadRequest(
        "The file carries a proof of origin (C2PA), so its asset is left alone."
        if data is not None
        else "Whether the file carries a proof of origin (C2PA) cannot be seen, so its asset is left alone.",
        why="This DAM copies metadata into files (writes_into_files), and a changed file breaks the proof.",
        instead="Copy the draft from the run's page, or have the DAM keep these fields out of its files.",
        who="an admin",
    )


def _receipt(settings: DamSettings, dialect: Dialect, asset: Asset, planned: Plan) -> Receipt:
    note = " ".join(planned.notes)
    return Receipt(
        vendor_id=asset.id,
        revision=asset.etag or asset.version,
        content_hash=planned.content,
        url=dialect.page(settings, asset.id),
        already=planned.already,
        detail={"key": planned.key, "slots": dict(planned.slots), **({"note": note} if note else {})},
    )


def _alone(connection: Connection, id: str) -> threading.Lock:
    """One writer of this process at an asset: what two write at once, vendors without an ETag lose."""
    locks = connection.memory.get(_LOCKS)
    if locks is None:
        locks = connection.memory.setdefault(_LOCKS, tuple(threading.Lock() for _ in range(_STRIPES)))
    return locks[hash(id) % _STRIPES]
