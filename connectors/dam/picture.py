"""Pictures that came from outside: what a file really is by its first bytes, and caps before anything decodes it."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from connectors.dam.asset import Asset
from connectors.dam.client import client_of
from connectors.dam.dialects import dialect_of
from connectors.dam.settings import DamSettings
from hub.sdk import Connection, Picture, VendorRefused

#: Bytes of the largest picture a run carries, as the hub has it (``hub.sdk.picture``).
LARGEST = 2_000_000
#: Pixels of the largest picture: four bytes each, once somebody decodes it. A rendition for a model has one million.
MOST_PIXELS = 40_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
#: The markers of a JPEG that hold its size (ITU T.81, table B.1): SOF0 to SOF15 without DHT, JPG and DAC.
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is, and its size in pixels."""

    media_type: str
    width: int
    height: int


def sniff(data: bytes) -> Kind | None:
    """What the bytes are, whatever they are called; None for all that is no JPEG, PNG, WebP or GIF with a size."""
    try:
        if data.startswith(b"\xff\xd8\xff"):
            size, media_type = _jpeg(data), "image/jpeg"
        elif data.startswith(_PNG) and data[12:16] == b"IHDR":
            size, media_type = struct.unpack(">II", data[16:24]), "image/png"
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            size, media_type = _webp(data), "image/webp"
        elif data[:6] in (b"GIF87a", b"GIF89a"):
            size, media_type = struct.unpack("<HH", data[6:10]), "image/gif"
        else:
            return None
    except (struct.error, IndexError):
        return None
    return Kind(media_type, *size) if size and min(size) > 0 else None


def checked(data: bytes) -> Picture:
    """The picture these bytes are.

    Raises:
        VendorRefused: they are no picture a model takes, or a larger one than Inlay carries.
    """
    kind = sniff(data)
    if kind is None:
        raise VendorRefused(
            "What the DAM gave as a picture is none.",
            why="Inlay shows JPEG, PNG, WebP and GIF, by what is in the file and not by what it is called.",
            instead="Make a rendition of the asset in one of these formats.",
            who="an admin",
        )
    if len(data) > LARGEST or kind.width * kind.height > MOST_PIXELS:
        raise VendorRefused(
            f"The picture is too large: {len(data):,} bytes, {kind.width:,} × {kind.height:,} pixels.",
            why=f"A run carries at most {LARGEST:,} bytes and {MOST_PIXELS:,} pixels.",
            instead="Make a smaller rendition of the asset.",
            who="an admin",
        )
    return Picture(media_type=kind.media_type, data=data)


def of(connection: Connection, asset: Asset) -> Picture | None:
    """What a model may see of an asset, as the settings have it; None where there is nothing to see.

    Raises:
        NeedsPermission, TargetGone, TryLater, VendorRefused.
    """
    settings: DamSettings = connection.settings
    found = dialect_of(settings).picture(connection, asset)
    if found is None:
        return None
    return public(settings, found.url, found.media_type) if found.url else checked(found.data)


def fetch(connection: Connection, url: str, headers: Mapping[str, str] | None = None) -> Picture:
    """The picture at an address of the vendor, made from settings and ids.

    Raises:
        NeedsPermission, TargetGone, TryLater, VendorRefused.
    """
    return checked(_bytes(connection, url, headers))


def fetch_file(connection: Connection, url: str, headers: Mapping[str, str] | None = None) -> bytes:
    """A whole file at such an address, for ``Dialect.original``: nothing decodes it.

    Raises:
        NeedsPermission, TargetGone, TryLater, VendorRefused: also when it is larger than the client reads.
    """
    return _bytes(connection, url, headers)


def public(settings: DamSettings, url: str, media_type: str = "image/jpeg") -> Picture:
    """A picture whoever makes the model fetches by itself.

    Raises:
        VendorRefused: the address is on another host than the settings name, or holds what only Inlay should know.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    known = {*dialect_of(settings).hosts(settings), settings.delivery_host} - {""}
    plain = parts.scheme == "https" and port in (None, 443) and "@" not in parts.netloc
    if not plain or host not in known or parts.query or parts.fragment:
        raise VendorRefused("The address of a public rendition is none Inlay hands out.", who="an admin")
    return Picture(media_type=media_type, url=url)


def _bytes(connection: Connection, url: str, headers: Mapping[str, str] | None) -> bytes:
    # Compressed, a few kilobytes become as many megabytes as somebody likes.
    asked = {**(headers or {}), "accept-encoding": "identity"}
    reply = client_of(connection).call("GET", url, headers=asked)
    if reply.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise VendorRefused("The DAM sent a picture compressed once more, which Inlay does not unpack.")
    return reply.body


def _jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1  # Fill bytes may stand before a marker.
        elif marker in _SOF:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        elif marker in (0xD9, 0xDA):
            return None  # The picture begins, and nothing has said how large it is.
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
        else:
            at += 2 + max(2, struct.unpack(">H", data[at + 2 : at + 4])[0])
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    """RFC 9649: the first chunk says the size, each kind of chunk in its own way."""
    first, body = data[12:16], data[20:]
    if first == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if first == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if first == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return None
