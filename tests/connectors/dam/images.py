"""Pictures made in code, with and without a C2PA manifest: as small as their formats allow."""

from __future__ import annotations

import struct
import zlib

#: The beginning of a C2PA manifest store: a JUMBF superbox with the label c2pa.
JUMBF = (
    struct.pack(">I", 42)
    + b"jumb"
    + struct.pack(">I", 34)
    + b"jumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71\x03c2pa\x00"
)


def png(width: int = 2, height: int = 2, manifest: bool = False) -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    rows = (b"\x00" + b"\x10\x20\x30" * min(width, 4)) * min(height, 4)
    more = _chunk(b"caBX", JUMBF) if manifest else b""
    return b"\x89PNG\r\n\x1a\n" + head + more + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def jpeg(width: int = 2, height: int = 2, manifest: bool = False) -> bytes:
    """The segments of a JPEG up to its scan; nothing here decodes a picture."""
    app11 = _segment(0xEB, b"JP" + struct.pack(">HI", 1, 1) + JUMBF) if manifest else b""
    frame = _segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    jfif = _segment(0xE0, b"JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00")
    return b"\xff\xd8" + jfif + app11 + b"\xff" + frame + b"\xff\xda\x00\x02" + b"jumb c2pa" + b"\xff\xd9"


def webp(width: int = 2, height: int = 2, manifest: bool = False) -> bytes:
    extended = b"\x00" * 4 + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunks = (
        _riff(b"VP8X", extended) + _riff(b"VP8L", b"\x2f" + bytes(4)) + (_riff(b"C2PA", JUMBF) if manifest else b"")
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def gif(width: int = 2, height: int = 2, manifest: bool = False) -> bytes:
    more = b"\x21\xff\x0bC2PA_GIF\x01\x00\x00" + bytes([len(JUMBF)]) + JUMBF + b"\x00" if manifest else b""
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + more + b";"


EVERY = {"image/png": png, "image/jpeg": jpeg, "image/webp": webp, "image/gif": gif}


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def _riff(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) % 2)
