"""A small canvas: gradients, discs, rounded boxes, hills and glows with smooth edges, saved as PNG."""

from __future__ import annotations

import itertools
import math
import struct
import zlib
from collections.abc import Callable

Colour = tuple[int, int, int]


class Canvas:
    """Pixels from the top left. Every shape is blended over what is there."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._rows = [bytearray(3 * width) for _ in range(height)]

    def sky(self, stops: list[tuple[float, Colour]]) -> None:
        """A gradient from top to bottom; each stop is a height from 0 to 1 with its colour."""
        for y, row in enumerate(self._rows):
            at = y / (self.height - 1)
            (low, first), (high, second) = next(
                (pair for pair in itertools.pairwise(stops) if at <= pair[1][0]), (stops[-1], stops[-1])
            )
            row[:] = bytes(_mix(first, second, (at - low) / ((high - low) or 1))) * self.width

    def hill(self, top: Callable[[float], float], colour: Colour) -> None:
        """Everything below a line; ``top`` gives its height in pixels from above, for a place from 0 to 1."""
        tops = [top(x / self.width) for x in range(self.width)]
        for y in range(max(0, int(min(tops))), self.height):
            row = self._rows[y]
            for x, edge in enumerate(tops):
                if y >= edge:
                    row[3 * x : 3 * x + 3] = bytes(colour)
                elif y + 1 > edge:
                    self._blend(x, y, colour, y + 1 - edge)

    def disc(self, x: float, y: float, radius: float, colour: Colour, strength: float = 1.0) -> None:
        self._shape(x, y, radius, radius, lambda dx, dy: math.hypot(dx, dy) - radius, colour, strength)

    def box(
        self, x: float, y: float, width: float, height: float, round: float, colour: Colour, strength: float = 1.0
    ) -> None:
        """A box around a middle, with round corners."""
        half, tall = width / 2 - round, height / 2 - round

        def away(dx: float, dy: float) -> float:
            ox, oy = max(0.0, abs(dx) - half), max(0.0, abs(dy) - tall)
            return math.hypot(ox, oy) - round

        self._shape(x, y, width / 2, height / 2, away, colour, strength)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float) -> None:
        """Light that fades to nothing at a radius."""
        for py in range(max(0, int(y - radius)), min(self.height, int(y + radius) + 1)):
            reach = math.sqrt(max(0.0, radius * radius - (py - y) ** 2))
            for px in range(max(0, int(x - reach)), min(self.width, int(x + reach) + 1)):
                near = 1 - math.hypot(px - x, py - y) / radius
                if near > 0:
                    self._blend(px, py, colour, strength * near * near)

    def png(self) -> bytes:
        """The picture as a PNG file."""
        head = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        data = zlib.compress(b"".join(b"\0" + bytes(row) for row in self._rows), 6)
        parts = (_chunk(b"IHDR", head), _chunk(b"IDAT", data), _chunk(b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(parts)

    def _shape(
        self,
        x: float,
        y: float,
        wide: float,
        tall: float,
        away: Callable[[float, float], float],
        colour: Colour,
        strength: float,
    ) -> None:
        """Blend by how far a pixel's middle is outside the shape; the edge is one pixel wide."""
        for py in range(max(0, int(y - tall - 1)), min(self.height, int(y + tall + 2))):
            for px in range(max(0, int(x - wide - 1)), min(self.width, int(x + wide + 2))):
                cover = 0.5 - away(px + 0.5 - x, py + 0.5 - y)
                if cover > 0:
                    self._blend(px, py, colour, strength * min(1.0, cover))

    def _blend(self, x: int, y: int, colour: Colour, strength: float) -> None:
        row, at = self._rows[y], 3 * x
        for part in (0, 1, 2):
            row[at + part] += int((colour[part] - row[at + part]) * strength)


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (round(one + (two - one) * share) for one, two in zip(first, second, strict=True))
    return red, green, blue


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
