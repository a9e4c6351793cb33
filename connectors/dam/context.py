"""What of an asset a template reads: its name, its folder and its metadata as labelled lines. All of it is material."""

from __future__ import annotations

from connectors.dam.asset import Asset
from connectors.dam.dialects import dialect_of
from connectors.dam.slots import NAMES, WRITABLE, shown
from hub.sdk import Connection, Context, Json, clean_text

_LONGEST_VALUE, _LONGEST = 2_000, 12_000


def context(connection: Connection, asset: Asset) -> Context:
    """Each line is one label and one value: a value that holds line ends cannot pass for another line."""
    settings = connection.settings
    lines = [("File", asset.name), ("Folder", asset.folder), ("Type", asset.mime), ("Status", asset.status)]
    for slot in WRITABLE:
        name = settings.field_of(slot)
        if name:
            lines.append((NAMES[slot].capitalize(), shown(asset.fields.get(name, ""))))
    lines.append(("Made by AI", asset.ai_made))
    said = [f"{label}: {value}" for label, raw in lines if (value := _line(raw, _LONGEST_VALUE))]
    return Context(
        text="\n".join(said)[:_LONGEST],
        title=_line(asset.name, 200),
        url=dialect_of(settings).page(settings, asset.id),
        facts=_facts(asset),
    )


def _facts(asset: Asset) -> Json:
    found = {"width_in_pixels": asset.width, "height_in_pixels": asset.height, "file_size_in_bytes": asset.size}
    return {label: value for label, value in found.items() if value is not None}


def _line(text: str, longest: int) -> str:
    return " ".join(clean_text(text).split())[:longest]
