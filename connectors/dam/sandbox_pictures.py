"""What kind of picture some bytes are, and how large, from their first bytes; nothing is decoded."""

from __future__ import annotations

from typing import NamedTuple


class Look(NamedTuple):
    """Media type and pixels; empty and 0 for what is no picture this sandbox knows."""

    mime: str = ""
    width: int = 0
    height: int = 0


def look_at(data: bytes) -> Look:
    """The picture in some bytes: PNG, GIF, JPEG or WebP."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        return Look("image/png", int.from_bytes(data[16:20]), int.from_bytes(data[20:24]))
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        return Look("image/gif", int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little"))
    if data[:3] == b"\xff\xd8\xff":
        return Look("image/jpeg", *_frame(data))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Look("image/webp", *_webp(data))
    return Look()


def _frame(data: bytes) -> tuple[int, int]:
    """Width and height of a JPEG, from the first frame header."""
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 2 + length
    return 0, 0


def _webp(data: bytes) -> tuple[int, int]:
    if data[12:16] == b"VP8X" and len(data) >= 30:
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if data[12:16] == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if data[12:16] == b"VP8 " and len(data) >= 30:
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return 0, 0
