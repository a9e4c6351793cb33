"""Two revisions of a text line by line: what stayed, what went, what is new, and in a changed line which words."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from hub.web.pages.word_diff import Piece, word_diff

#: Lines around a change that are shown.
AROUND = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its number in the text it stands in; ``how`` skipped stands for lines left out."""

    how: Literal["kept", "gone", "new", "skipped"]
    number: int | None
    pieces: tuple[Piece, ...]


def line_diff(before: str, after: str) -> list[Line]:
    """Every changed line with those around it; empty when the texts are equal."""
    old, new = before.split("\n"), after.split("\n")
    found: list[Line] = []
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND):
        if found or group[0][1] > 0:
            found.append(Line("skipped", None, ()))
        for what, a, b, c, d in group:
            if what == "equal":
                found += [Line("kept", at + 1, (Piece("kept", old[at]),)) for at in range(a, b)]
                continue
            left, right = _beside(old[a:b], new[c:d])
            found += [Line("gone", a + at + 1, pieces) for at, pieces in enumerate(left)]
            found += [Line("new", c + at + 1, pieces) for at, pieces in enumerate(right)]
    return found


def _beside(old: list[str], new: list[str]) -> tuple[list[tuple[Piece, ...]], list[tuple[Piece, ...]]]:
    """Lines that were replaced; where as many came as went, each is compared with its successor word by word."""
    if len(old) != len(new):
        return [(Piece("gone", one),) for one in old], [(Piece("new", one),) for one in new]
    pairs = [word_diff(one, other) for one, other in zip(old, new, strict=True)]
    return [tuple(left) for left, _ in pairs], [tuple(right) for _, right in pairs]
