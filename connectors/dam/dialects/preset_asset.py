"""An asset out of a vendor's document, by the pointers of a preset. Every text in it stays what it is: untrusted."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from connectors.dam.asset import SLOTS, Asset, Value
from connectors.dam.dialects import pointer
from connectors.dam.dialects.preset import Preset
from connectors.dam.settings import DamSettings


def asset_of(
    preset: Preset, settings: DamSettings, document: Any, etag: str, *, id: str, also: tuple[str, ...] = ()
) -> Asset:
    """The asset of a document, with the fields the settings use and those in ``also``."""
    form = preset.asset
    assert form is not None
    used = {settings.field_of(slot) for slot in SLOTS} | set(also)
    fields = {name: value for name in sorted(used - {""}) if (value := _field(preset, settings, document, name))}
    return Asset(
        id=id or _text(document, form.id),
        version=_text(document, form.version),
        name=_text(document, form.name),
        folder=_text(document, form.folder),
        mime=_text(document, form.mime),
        size=_whole(document, form.size),
        width=_whole(document, form.width),
        height=_whole(document, form.height),
        status=form.statuses.get(_text(document, form.status), ""),
        fields=fields,
        etag=etag,
        url=_text(document, form.url),
        ai_made=_text(document, form.ai_made),
        created_at=seconds(pointer.first(document, form.created_at)),
        modified_at=seconds(pointer.first(document, form.modified_at)),
        modified_by=_text(document, form.modified_by),
    )


def _field(preset: Preset, settings: DamSettings, document: Any, name: str) -> Value | None:
    """A field's value in the shape it has for us, however the vendor writes texts and lists."""
    assert preset.asset is not None
    place, written = preset.asset.fields, preset.write
    if place.list is None:
        found = pointer.get(document, place.pointer.replace("{field}", pointer.escaped(name)))
    else:
        entries = pointer.get(document, place.list)
        entries = entries if isinstance(entries, list) else []
        own = [entry for entry in entries if pointer.get(entry, place.key) == name]
        found = pointer.get(own[0], place.value) if own else None
    tags = name == settings.field_of("tags")
    if isinstance(found, list):
        texts = tuple(one for one in found if isinstance(one, str) and one)
        return "\n".join(texts) if written and written.texts == "list" and not tags else texts
    if not isinstance(found, str):
        return None
    if tags and written and written.lists == "join":
        return tuple(one.strip() for one in found.split(written.join.strip() or None) if one.strip())
    return found


def _text(document: Any, pointers: tuple[str, ...]) -> str:
    found = pointer.first(document, pointers)
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def _whole(document: Any, pointers: tuple[str, ...]) -> int | None:
    found = pointer.first(document, pointers)
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 16:
        return int(found)
    return int(found) if isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found < 1e15 else None


def seconds(value: Any) -> float | None:
    """A time as Unix seconds: from ISO 8601, seconds or milliseconds; None for anything else."""
    if isinstance(value, str):
        if value.isascii() and value.isdigit() and len(value) <= 13:
            value = int(value)
        else:
            try:
                made = datetime.fromisoformat(value)
                return (made if made.tzinfo else made.replace(tzinfo=UTC)).timestamp()
            except (ValueError, OverflowError):
                return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e14:
        return None
    return float(value) / (1000 if value > 1e11 else 1) if math.isfinite(value) else None
