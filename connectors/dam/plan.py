"""What a delivery changes on an asset as it stands, decided and not yet done. What a person wrote is never among it.

A value is Inlay's own when its digest stands in Inlay's note (``marks``) or in the receipt. Own text gives way only to
a text about another binary; whatever else would have been written becomes a proposal beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connectors.dam import marks
from connectors.dam.asset import Asset, Value
from connectors.dam.dialects import dialect_of
from connectors.dam.marks import Entry, Review, Wrote
from connectors.dam.settings import DamSettings
from connectors.dam.slots import NAMES, Filled, clean, cut, digest, fitted, shown, standing
from hub.sdk import Conflict, Delivery, Json, Receipt, TargetGone

NOT_REVIEWED, REVIEWED, NONE_NEEDED = "Not reviewed", "Reviewed", "No review needed"
_WORDS: Mapping[Review, str] = {"no": NOT_REVIEWED, "yes": REVIEWED, "free": NONE_NEEDED}
_LONGEST_REVIEW, _LONGEST_PROPOSAL = 255, 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``changes`` are the vendor's fields and what they become, empty where nothing has to be done. ``slots`` is what
    the receipt keeps of each value: its field, its digest and what stood there before."""

    key: str
    changes: Mapping[str, Value] = field(default_factory=dict)
    slots: Json = field(default_factory=dict)
    already: bool = False
    notes: tuple[str, ...] = ()
    entry: Entry | None = None
    content: str = ""


def first(settings: DamSettings, asset: Asset, delivery: Delivery, fill: Filled, mine: Entry | None = None) -> Plan:
    """For a delivery that has no receipt yet. ``mine`` is what this very call wrote a moment ago, where the note of it
    was replaced by another writer's."""
    entries = entries_of(settings, asset)
    known = marks.of(entries, delivery.key)
    if known is not None and known.done:
        left = [
            slot
            for slot, value in fill.values.items()
            if slot not in known.wrote and not _same(settings, asset, slot, value)
        ]
        return _plan(settings, known, {}, _told(fill, left, (), known), already=True)
    taken = {settings.field_of(slot) for slot in ("mark", "review", "proposal")} - {""}
    begun = mine or known
    wrote: dict[str, Wrote] = dict(begun.wrote) if begun is not None else {}
    changes: dict[str, Value] = {}
    by_person: list[str] = []
    by_run: list[str] = []
    for slot, value in fill.values.items():
        name = settings.field_of(slot)
        there = standing(asset, name, slot)
        if slot in wrote:
            # An attempt that ended halfway wrote its note, and perhaps this one not yet.
            if digest(there) == digest(wrote[slot].before) and digest(value) == wrote[slot].digest:
                changes[name] = value
            continue
        if digest(there) == digest(value):
            continue
        if name in taken:
            by_person.append(slot)
            continue
        own = marks.owner(entries, slot, there)
        if digest(there) and slot != "digital_source_type" and own is not None and own.binary != binary_of(asset):
            wrote[slot], changes[name] = Wrote(digest=digest(value), before=there), value
        elif not digest(there):
            wrote[slot], changes[name] = Wrote(digest=digest(value)), value
        else:
            (by_person if own is None else by_run).append(slot)
        taken.add(name)
    if mine is None and not _stands(settings, asset, wrote.get("proposal")):
        _propose(settings, asset, entries, fill, [*by_person, *by_run], wrote, changes)
    state: Review = "free" if delivery.reviewed else "no"
    binary = begun.binary if begun is not None else binary_of(asset)
    entry = Entry(key=delivery.key, run=delivery.run_id, binary=binary, reviewed=state, wrote=wrote)
    if wrote:
        _sign(settings, asset, marks.with_entry(entries, entry), changes, delivery)
    return _plan(settings, entry, changes, _told(fill, by_person, by_run, entry), already=False, fill=fill)


def again(settings: DamSettings, asset: Asset, delivery: Delivery) -> Plan:
    """For a delivery that arrived before: only its review changes.

    Raises:
        TargetGone: a person removed everything it had left.
    """
    receipt = delivery.earlier
    assert receipt is not None
    slots = slots_of(receipt)
    if slots and not any(digest(standing(asset, one["field"], slot)) for slot, one in slots.items()):
        raise TargetGone(
            "The draft was removed from the asset after it had been written.",
            instead="Copy it from the run's page, or run again.",
        )
    entries = entries_of(settings, asset)
    known = marks.of(entries, delivery.key)
    changes: dict[str, Value] = {}
    if slots and delivery.reviewed and known is not None and known.reviewed == "no":
        known = Entry(
            key=known.key, run=known.run, binary=known.binary, reviewed="yes", wrote=known.wrote, kept=known.kept
        )
        _sign(settings, asset, tuple(known if one.key == known.key else one for one in entries), changes, delivery)
    elif slots and delivery.reviewed and known is None:
        name, there = _review(settings, asset)
        if name and there.startswith(NOT_REVIEWED) and not any(one.reviewed == "no" for one in entries):
            changes[name] = _word(settings, "yes", delivery)
    note = str(receipt.detail.get("note", ""))
    return Plan(
        key=delivery.key,
        changes=changes,
        slots=slots,
        already=not changes,
        notes=(note,) if note else (),
        entry=known,
        content=receipt.content_hash,
    )


def back(settings: DamSettings, asset: Asset, receipt: Receipt) -> Plan:
    """For undoing what a receipt proves.

    Raises:
        Conflict: a person changed one of the values since, or what stood there before is not known.
    """
    changes: dict[str, Value] = {}
    key = str(receipt.detail.get("key", ""))
    for slot, one in slots_of(receipt).items():
        there, before = digest(standing(asset, one["field"], slot)), one["before"]
        if before is not None and there == digest(before):
            continue
        if there != one["digest"]:
            raise Conflict(
                f"The {NAMES.get(slot, slot)} was edited in the DAM since it was written, so all is left as it is.",
                instead="Open the asset and change it by hand.",
            )
        if before is None:
            raise Conflict(
                f"What stood there before as the {NAMES.get(slot, slot)} is no longer known, so all is left as it is.",
                instead="Open the asset and change it by hand.",
            )
        changes[one["field"]] = before
    already = not changes
    entries = entries_of(settings, asset)
    if key and marks.of(entries, key) is not None:
        _sign(settings, asset, marks.without(entries, key), changes, None)
    return Plan(key=key, changes=changes, slots=receipt.detail.get("slots", {}), already=already)


def entries_of(settings: DamSettings, asset: Asset) -> tuple[Entry, ...]:
    """Inlay's note on the asset; nothing where the DAM has no field for it."""
    name = settings.field_of("mark")
    return marks.read(standing(asset, name, "mark")) if name else ()


def binary_of(asset: Asset) -> str:
    """A digest of the binary, short enough for the note."""
    return hashlib.sha256(asset.version.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def slots_of(receipt: Receipt) -> dict[str, dict]:
    """What a receipt keeps of each value it wrote."""
    found = receipt.detail.get("slots")
    if not isinstance(found, Mapping):
        return {}
    return {
        str(slot): {**one, "before": tuple(one["before"]) if isinstance(one["before"], list) else one["before"]}
        for slot, one in found.items()
    }


def _stands(settings: DamSettings, asset: Asset, proposed: Wrote | None) -> bool:
    there = standing(asset, settings.field_of("proposal"), "proposal")
    return proposed is not None and digest(there) == proposed.digest


def _same(settings: DamSettings, asset: Asset, slot: str, value: Value) -> bool:
    return digest(standing(asset, settings.field_of(slot), slot)) == digest(value)


def _propose(
    settings: DamSettings,
    asset: Asset,
    entries: Sequence[Entry],
    fill: Filled,
    left: Sequence[str],
    wrote: dict[str, Wrote],
    changes: dict[str, Value],
) -> None:
    """What is not written becomes a text in the slot for proposals, unless a person keeps one of theirs there."""
    name = settings.field_of("proposal")
    some = [slot for slot in left if slot != "digital_source_type"]
    if not name or not some:
        return
    there = standing(asset, name, "proposal")
    if digest(there) and marks.owner(entries, "proposal", there) is None:
        return
    if len(some) == 1:
        text = shown(fill.values[some[0]])
    else:
        text = "\n".join(f"{NAMES[slot].capitalize()}: {shown(fill.values[slot])}" for slot in some)
    value, _ = fitted(dialect_of(settings), "proposal", cut(clean(text, lines=True), _LONGEST_PROPOSAL))
    if digest(value) != digest(there):
        wrote["proposal"], changes[name] = Wrote(digest=digest(value), before=there), value


def _sign(
    settings: DamSettings,
    asset: Asset,
    entries: Sequence[Entry],
    changes: dict[str, Value],
    delivery: Delivery | None,
) -> None:
    """The note and the word on the review, written along in the same call."""
    if name := settings.field_of("mark"):
        changes[name] = marks.written(entries, dialect_of(settings).longest.get("mark", 0))
    name, there = _review(settings, asset)
    if not name:
        return
    if there and not there.startswith((NOT_REVIEWED, REVIEWED, NONE_NEEDED)):
        return  # People use the field for something of their own.
    states = {one.reviewed for one in entries}
    if "no" in states:
        own = delivery is not None and not delivery.reviewed
        word = _word(settings, "no", delivery) if own or not there.startswith(NOT_REVIEWED) else there
    elif not states:
        word = ""
    elif delivery is None:
        word = there
    elif not settings.field_of("mark") and there.startswith(NOT_REVIEWED) and delivery.earlier is None:
        word = there  # Without a note nobody knows whether it was said of this text.
    else:
        word = _word(settings, "yes" if "yes" in states else "free", delivery)
    if word != there:
        changes[name] = word


def _review(settings: DamSettings, asset: Asset) -> tuple[str, str]:
    name = settings.field_of("review")
    return name, shown(standing(asset, name, "review")) if name else ""


def _word(settings: DamSettings, state: Review, delivery: Delivery | None) -> str:
    """Whether it was reviewed, and where to see all of it if the field has room for that."""
    url = str(delivery.provenance.get("url", "")) if delivery is not None else ""
    whole = f"{_WORDS[state]} · {url}" if url else _WORDS[state]
    return whole if len(whole) <= dialect_of(settings).longest.get("review", _LONGEST_REVIEW) else _WORDS[state]


def _told(fill: Filled, by_person: Sequence[str], by_run: Sequence[str], entry: Entry) -> tuple[str, ...]:
    notes = list(fill.notes)
    for some, why in ((by_person, "what stands there is not Inlay's"), (by_run, "another run's text stands there")):
        if some:
            notes.append(f"Left as it is: {', '.join(NAMES[slot] for slot in some)} ({why}).")
    if (by_person or by_run) and "proposal" in entry.wrote:
        notes.append("What Inlay would have written stands beside it as a proposal.")
    elif by_person or by_run:
        notes.append("What Inlay would have written is on the run's page.")
    return tuple(notes)


def _plan(
    settings: DamSettings,
    entry: Entry,
    changes: Mapping[str, Value],
    notes: tuple[str, ...],
    *,
    already: bool,
    fill: Filled | None = None,
) -> Plan:
    slots = {
        slot: {
            "field": settings.field_of(slot),
            "digest": one.digest,
            "before": (list(one.before) if isinstance(one.before, tuple) else one.before) if entry.kept else None,
        }
        for slot, one in entry.wrote.items()
        if settings.field_of(slot)
    }
    said = {slot: one.digest for slot, one in entry.wrote.items()}
    if not said and fill is not None:
        said = {slot: digest(value) for slot, value in fill.values.items()}
    content = hashlib.sha256(repr(sorted(said.items())).encode()).hexdigest()
    return Plan(key=entry.key, changes=changes, slots=slots, already=already, notes=notes, entry=entry, content=content)
