"""What of a draft goes into which slot of an asset, as clean values that fit there."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.dam.asset import Asset, Value
from connectors.dam.dialect import Dialect
from connectors.dam.dialects import dialect_of
from connectors.dam.settings import DamSettings
from hub.sdk import BadRequest, Delivery, clean_text

#: The slots a draft may fill. The others are Inlay's own, and no template reaches them.
WRITABLE = ("alt_text", "title", "description", "tags", "copy", "digital_source_type", "rights_status", "rights_note")
#: What people call them.
NAMES = {
    "alt_text": "alt text",
    "title": "title",
    "description": "description",
    "tags": "tags",
    "copy": "copy",
    "digital_source_type": "digital source type",
    "rights_status": "rights status",
    "rights_note": "rights note",
    "proposal": "proposal",
}
#: These may hold more than one line.
_LONG = frozenset({"description", "copy", "rights_note", "proposal"})
#: What turns the direction of the text around it, or is not there to be seen; joiners of emoji and scripts stay.
_UNSEEN = re.compile("[\u202a-\u202e\u2066-\u2069\u2028\u2029\u200b\u2060\ufeff\x80-\x9f]")
_MOST_TAGS, _LONGEST_TAG = 50, 100


@dataclass(frozen=True, slots=True)
class Filled:
    """Clean values by slot, and sentences on what was left out or cut."""

    values: Mapping[str, Value]
    notes: tuple[str, ...] = ()


def filled(settings: DamSettings, delivery: Delivery, only: Sequence[str] = ()) -> Filled:
    """What this delivery puts where: template fields that are called like slots, or else the whole text as ``copy``
    (or into the one slot ``only`` names).

    Raises:
        BadRequest: nothing of it has a field in this DAM.
    """
    dialect = dialect_of(settings)
    given = {slot: delivery.fields[slot] for slot in WRITABLE if delivery.fields.get(slot)}
    if not given:
        given = {only[0] if len(only) == 1 else "copy": delivery.text}
    values: dict[str, Value] = {}
    notes: list[str] = []
    for slot, raw in given.items():
        if only and slot not in only:
            continue
        if not settings.field_of(slot):
            notes.append(f"This DAM has no field for the {NAMES[slot]}.")
            continue
        value, note = fitted(dialect, slot, raw)
        notes.extend(note)
        if value:
            values[slot] = value
    if not values:
        raise BadRequest(
            "Nothing of the draft has a place in this DAM.",
            why=" ".join(notes) or "The draft fills no slot the destination names.",
            instead="Give the slot a field in the connection's settings (fields), or choose another template.",
            who="an admin",
        )
    return Filled(values, tuple(notes))


def fitted(dialect: Dialect, slot: str, raw: object) -> tuple[Value, tuple[str, ...]]:
    """A value as the vendor's field takes it, and what to say about it."""
    longest = dialect.longest.get(slot, 0)
    if slot == "tags":
        return _tags(raw, dialect.no_tag_holds, longest or _LONGEST_TAG)
    text = "\n".join(str(one) for one in raw) if isinstance(raw, list | tuple) else str(raw)
    text = clean(text, lines=slot in _LONG)
    if longest and len(text) > longest:
        return cut(text, longest), (
            f"The {NAMES[slot]} was cut to {longest:,} characters; the run's page has all of it.",
        )
    return text, ()


def clean(text: str, *, lines: bool) -> str:
    """A text of characters people see, in one line or in several."""
    text = unicodedata.normalize("NFC", _UNSEEN.sub(" ", clean_text(text)))
    if not lines:
        return " ".join(text.split())
    return "\n".join(line.rstrip() for line in text.replace("\t", " ").split("\n")).strip()


def cut(text: str, longest: int) -> str:
    """As much of a text as fits, ended at a word where there is one."""
    if len(text) <= longest:
        return text
    kept = text[: longest - 1]
    words = kept.rsplit(None, 1)
    if not text[longest - 1].isspace() and len(words) == 2 and len(words[0]) > longest // 2:
        kept = words[0]
    return kept.rstrip() + "…"


def standing(asset: Asset, field: str, slot: str) -> Value:
    """What stands in a slot's field, in the form of the slot: a list of tags, else one text. A vendor's field may hold
    tags in one text, and a text in a list of one."""
    value = asset.fields.get(field, "")
    if slot == "tags":
        return tuple(one.strip() for one in value.split(",") if one.strip()) if isinstance(value, str) else value
    return value if isinstance(value, str) else "\n".join(value)


def digest(value: Value) -> str:
    """What tells two values apart, short: line ends, white space at the ends and the order of tags do not count."""
    if isinstance(value, str):
        said = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n").strip())
    else:
        said = json.dumps(sorted({one.strip() for one in value} - {""}))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16] if said not in ("", "[]") else ""


def shown(value: Value) -> str:
    """A value as a person reads it in one text."""
    return value if isinstance(value, str) else ", ".join(value)


def _tags(raw: object, no_tag_holds: str, longest: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    some = raw if isinstance(raw, list | tuple) else str(raw).replace("\n", ",").split(",")
    found: dict[str, str] = {}
    refused = 0
    for one in some:
        tag = clean(str(one), lines=False).strip("#").strip()
        if not tag:
            continue
        # A tag with a separator in it would be several others than the ones that were checked.
        if len(tag) > longest or any(sign in tag for sign in no_tag_holds):
            refused += 1
            continue
        found.setdefault(tag.casefold(), tag)
    kept = tuple(found.values())[:_MOST_TAGS]
    left = refused + len(found) - len(kept)
    return kept, (f"{left} of the tags cannot stand in this DAM and were left out.",) if left else ()
