"""The words of this connector: an asset as it was read, what a sender says happened to one, a draft's slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hub.sdk import Ignored, Json

#: What a DAM tells of an asset. ``asset.ready`` is the one to work on: its renditions and metadata are there.
Kind = Literal[
    "asset.created", "asset.ready", "asset.updated", "metadata.changed", "asset.approved", "asset.deleted", "confirm"
]
#: A value of a field as every dialect gives and takes it: a text, or a list such as tags.
Value = str | tuple[str, ...]
#: What a draft fills. Each stands for one field of the DAM, by the dialect's table or the connection's settings.
SLOTS = (
    "alt_text",
    "title",
    "description",
    "tags",
    "copy",
    "digital_source_type",
    "rights_status",
    "rights_note",
    #: What Inlay would have written where a person's own value stands.
    "proposal",
    #: "Not reviewed" until somebody reviewed it, and the address of the run.
    "review",
    #: Inlay's own note: which run wrote what, by hash. It proves a write and tells a person's edit from our text.
    "mark",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetEvent:
    """One thing a sender says. Only the ids are believed; what they name is read anew.

    ``id`` is the same for every repetition of it. ``at`` is when it happened, in Unix seconds. ``changed`` names the
    vendor's fields that changed, empty when the sender does not say. ``settle`` is how many seconds the vendor needs
    until the asset can be read as it is. ``extra`` is what the dialect needs for a ``confirm``.
    """

    id: str
    kind: Kind
    asset: str
    native: str
    at: float | None = None
    actor: str = ""
    changed: tuple[str, ...] = ()
    settle: float = 0.0
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """An asset as it was read. Every text in it is untrusted material.

    ``version`` names the binary: new metadata leaves it as it is. ``fields`` maps the vendor's names of the fields the
    connection uses to their values; one that is empty is missing. ``etag`` is what a write is conditional on, empty
    where the vendor has nothing of the kind. ``ai_made`` is what the asset's own metadata says of a generator.
    """

    id: str
    version: str
    name: str = ""
    folder: str = ""
    mime: str = ""
    size: int | None = None
    width: int | None = None
    height: int | None = None
    status: Literal["", "draft", "approved", "rejected"] = ""
    fields: Mapping[str, Value] = field(default_factory=dict)
    etag: str = ""
    url: str = ""
    ai_made: str = ""
    #: How the vendor addresses it where that is not the id. It may change; the id does not.
    handle: str = ""
    created_at: float | None = None
    modified_at: float | None = None
    modified_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some assets of a listing, oldest change first; ``more`` says that there is a next page, ``cursor`` where.
    ``unread`` are the ids of those that could not be read at this moment."""

    assets: tuple[Asset, ...] = ()
    unread: tuple[str, ...] = ()
    cursor: Json = field(default_factory=dict)
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """Events fetched from where the vendor keeps them. ``cursor`` names what is acknowledged by the next poll; ``more``
    asks for that at once."""

    events: tuple[AssetEvent | Ignored, ...] = ()
    cursor: Json = field(default_factory=dict)
    more: bool = False
