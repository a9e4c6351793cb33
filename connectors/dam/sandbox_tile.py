"""One asset as a tile: the picture, its texts with who wrote each, and what a person can do with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any
from urllib.parse import quote

from connectors.dam.sandbox_store import HUB, Asset

#: The slots a person reads and edits, in the order they stand on a tile.
LABELS = {
    "title": "Title",
    "alt_text": "Alt text",
    "description": "Description",
    "tags": "Tags",
    "copy": "Copy",
    "rights_status": "Rights",
    "rights_note": "About the rights",
    "digital_source_type": "How it was made",
    "proposal": "Inlay proposes",
}
#: Those every tile has a line for, also while nothing stands there.
ALWAYS = ("alt_text", "tags")
LONG = ("alt_text", "description", "copy", "rights_note", "proposal")
STATUS = {"draft": ("Draft", ""), "approved": ("Approved", "good"), "rejected": ("Rejected", "bad")}
_LINK = re.compile(r"https?://[^\s<>\"]+")


def grid(assets: Iterable[Asset], shows: Mapping[str, str], writers: Mapping[tuple[str, str], str]) -> str:
    """Every tile, or what to do while there is none."""
    tiles = "".join(tile(one, shows, writers) for one in assets)
    empty = (
        '<div class="empty" id="grid"><h2>Nothing here yet</h2><p>Drop the first picture of the campaign. '
        "It gets a tile, and whoever listens is told.</p></div>"
    )
    return f'<ul id="grid" class="grid">{tiles}</ul>' if tiles else empty


def tile(asset: Asset, shows: Mapping[str, str], writers: Mapping[tuple[str, str], str]) -> str:
    at, name = f"/assets/{quote(asset.id, safe='')}", escape(asset.name)
    said, kind = STATUS[asset.status]
    alt = ", ".join(texts(asset.fields.get(shows.get("alt_text", ""))))
    picture = (
        f'<img src="/pictures/{quote(asset.id, safe="")}/{asset.version}" alt="{escape(alt)}" loading="lazy">'
        if asset.mime.startswith("image/") and asset.width
        else f'<span class="file">{escape(asset.mime.partition("/")[2][:12].upper() or "FILE")}</span>'
    )
    size = f"{asset.width} × {asset.height}" if asset.width else escape(asset.mime)
    lines = "".join(_line(asset, slot, field, writers) for slot, field in _ordered(shows))
    return (
        f'<li class="tile" id="asset-{quote(asset.id, safe="")}" data-revision="{asset.revision}">'
        f'<figure>{picture}</figure><div class="about"><h2>{name}</h2>'
        f'<p class="facts"><span class="badge {kind}">{said}</span><small>{size}</small>{_review(asset, shows)}</p>'
        f"<dl>{lines}</dl>{_edit(asset, at, shows)}{_acts(asset, at)}</div></li>"
    )


def texts(value: Any) -> list[str]:
    """A value of a field as people read it: one text, or each of a list."""
    many = value if isinstance(value, list | tuple) else [value]
    return [text for one in many if one is not None and (text := str(one).strip())]


def _ordered(shows: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(slot, shows[slot]) for slot in LABELS if slot in shows]


def _line(asset: Asset, slot: str, field: str, writers: Mapping[tuple[str, str], str]) -> str:
    found = texts(asset.fields.get(field))
    if not found and slot not in ALWAYS:
        return ""
    if not found:
        shown, by = '<span class="none">None yet</span>', ""
    else:
        by = _who(writers.get((asset.id, field), asset.created_by))
        inner = "".join(f"<li>{escape(one)}</li>" for one in found)
        shown = f'<ul class="tags">{inner}</ul>' if slot == "tags" else escape(", ".join(found))
    own = ' class="proposal"' if slot == "proposal" else ""
    return f'<div{own} data-slot="{slot}"><dt>{LABELS[slot]}{by}</dt><dd>{shown}</dd></div>'


def _who(by: str) -> str:
    if by == HUB:
        return '<span class="by inlay">Inlay</span>'
    name = by.partition("@")[0].replace(".", " ").title()
    return f'<span class="by">{escape(name)}</span>'


def _review(asset: Asset, shows: Mapping[str, str]) -> str:
    """The mark Inlay leaves, and the way to the run when it names one."""
    said = " ".join(texts(asset.fields.get(shows.get("review", ""))))
    if not said:
        return ""
    link, text = _LINK.search(said), _LINK.sub("", said).strip(" :·()-–") or "Inlay"
    kind = "wait" if "not reviewed" in text.lower() else "good"
    way = f'<a href="{escape(link[0])}" rel="noreferrer">How it was made</a>' if link else ""
    return f'<span class="badge {kind}">{escape(text)}</span>{way}'


def _edit(asset: Asset, at: str, shows: Mapping[str, str]) -> str:
    fields = ""
    for slot, field in _ordered(shows):
        if slot == "proposal":
            continue
        id, value = f"{slot}-{quote(asset.id, safe='')}", escape(", ".join(texts(asset.fields.get(field))))
        given = (
            f'<textarea id="{id}" name="{slot}" rows="3">{value}</textarea>'
            if slot in LONG
            else f'<input id="{id}" name="{slot}" value="{value}" autocomplete="off">'
        )
        hint = " <small>with commas between them</small>" if slot == "tags" else ""
        fields += f'<label for="{id}">{LABELS[slot]}{hint}</label>{given}'
    if not fields:
        return ""
    return (
        f'<details><summary>Edit<span class="hidden"> {escape(asset.name)}</span></summary>'
        f'<form method="post" action="{at}/edit">{fields}<button data-act="save">Save</button></form></details>'
    )


def _acts(asset: Asset, at: str) -> str:
    offered = {"approve": "Approve", "reject": "Reject", "delete": "Delete"}
    done = {"approved": "approve", "rejected": "reject"}.get(asset.status)
    forms = "".join(
        f'<form method="post" action="{at}/{act}">'
        f'<button data-act="{act}" class="{"" if act == "approve" else "quiet"}">'
        f'{label}<span class="hidden"> {escape(asset.name)}</span></button></form>'
        for act, label in offered.items()
        if act != done
    )
    return f'<div class="acts">{forms}</div>'
