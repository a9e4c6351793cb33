"""Reads what became of a draft on an asset: kept, edited by how much, removed, or a proposal nobody took yet."""

from __future__ import annotations

from connectors.dam import place, slots
from connectors.dam.asset import Value
from connectors.dam.plan import slots_of
from connectors.dam.settings import DamSettings
from connectors.dam.write_back import fetched
from hub.sdk import BadRequest, Connection, Delivery, Standing, likeness


def read_back(connection: Connection, delivery: Delivery) -> Standing | None:
    """See ``Connector.read_back``. None where everything was left as it stood, so that there is nothing to look at."""
    receipt = delivery.earlier
    if receipt is None or not (wrote := slots_of(receipt)):
        return None
    where = place.address(delivery.target.at)
    asset = fetched(connection, where.asset)
    there = {slot: slots.standing(asset, one["field"], slot) for slot, one in wrote.items()}
    if not any(slots.digest(value) for value in there.values()):
        return Standing(state="deleted")
    if all(slots.digest(there[slot]) == one["digest"] for slot, one in wrote.items()):
        return Standing(state="pending") if set(wrote) == {"proposal"} else Standing(state="kept", changed=0.0)
    return Standing(state="edited", changed=_share(connection.settings, delivery, where.only, there))


def _share(settings: DamSettings, delivery: Delivery, only: tuple[str, ...], there: dict[str, Value]) -> float | None:
    """How much of all that was written is no longer so, from 0 to 1, longer values counting for more."""
    try:
        meant = slots.filled(settings, delivery, only).values
    except BadRequest:
        return None
    pairs = [(slots.shown(meant[slot]), slots.shown(value)) for slot, value in there.items() if slot in meant]
    weights = [len(one) + len(other) for one, other in pairs]
    if not sum(weights):
        return None
    alike = sum(likeness(*pair) * weight for pair, weight in zip(pairs, weights, strict=True))
    return round(1 - alike / sum(weights), 4)
