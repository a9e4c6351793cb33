"""A picture on its way to a model: its bytes, or a public address a model's maker fetches it from."""

from __future__ import annotations

from dataclasses import dataclass, field

#: What the models take. Anything else is made one of these by who has it, or not shown.
MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")
#: Bytes of the largest picture a run carries. A rendition of about a thousand pixels is a tenth of this.
LARGEST = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One of ``data`` and ``url`` is set. ``url`` is https, and holds no token and no
    signature: strangers may see it."""

    media_type: str
    data: bytes = field(default=b"", repr=False)
    url: str = ""
