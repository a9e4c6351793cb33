"""Whether a file carries a C2PA manifest (Content Credentials): found by where each format keeps it, nothing decoded.

A file that carries one must not change: its hash is what the manifest is bound to. Where a manifest stands is from the
C2PA specification 2.2, appendix A.3: JPEG in APP11 segments as JUMBF, PNG in a chunk ``caBX``, WebP in a RIFF chunk
``C2PA``, GIF in an application extension ``C2PA_GIF``.
"""

from __future__ import annotations

from collections.abc import Iterator

_PNG = b"\x89PNG\r\n\x1a\n"
#: XMP names a manifest kept elsewhere by this property; such a file is bound all the same.
_REMOTE = b"dcterms:provenance"


def carries(data: bytes) -> bool:
    """Whether a manifest is in the file, or is named by it. In doubt it is: leaving a file alone harms nothing."""
    if _REMOTE in data:
        return True
    if data.startswith(b"\xff\xd8"):
        return any(marker == 0xEB and b"jumb" in body[:64] for marker, body in _segments(data))
    if data.startswith(_PNG):
        return b"caBX" in set(_png_chunks(data))
    if data[:4] == b"RIFF":
        return b"C2PA" in set(_riff_chunks(data))
    if data[:3] == b"GIF":
        return b"\x21\xff\x0bC2PA_GIF" in data
    # Films, PDF, TIFF and whatever else: each keeps the same boxes somewhere.
    return b"jumb" in data and b"c2pa" in data


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The segments before the picture of a JPEG: marker and content."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
        elif marker in (0xD9, 0xDA):
            return
        else:
            length = max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
            yield marker, data[at + 4 : at + 2 + length]
            at += 2 + length


def _png_chunks(data: bytes) -> Iterator[bytes]:
    at = len(_PNG)
    while at + 8 <= len(data):
        yield data[at + 4 : at + 8]
        at += 12 + int.from_bytes(data[at : at + 4], "big")


def _riff_chunks(data: bytes) -> Iterator[bytes]:
    at = 12
    while at + 8 <= len(data):
        yield data[at : at + 4]
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
