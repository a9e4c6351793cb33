"""Two texts beside each other, word by word: what was kept, what is gone, what is new."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

#: Texts of more words than this are shown without their differences: comparing them takes seconds.
MOST = 2500
_PIECE = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text and what became of it."""

    how: Literal["kept", "gone", "new"]
    text: str


#: A draft that keeps less of its source than this is another text: marked differences would be all of it.
EDITED = 0.4


@dataclass(frozen=True, slots=True)
class Edits:
    """A text that was edited, as one run of words: ``pieces`` in their order, what is gone before what is new."""

    name: str
    pieces: list[Piece]


def edits(name: str, before: str, after: str) -> Edits | None:
    """What was edited in a text named ``name``; None where the second is another text, not the first one edited, and
    where nothing differs or the texts are too long to compare."""
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    if before == after or max(len(old), len(new)) > MOST:
        return None
    pieces: list[Piece] = []
    kept = 0
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            kept += sum(len(piece) for piece in old[a:b])
            pieces.append(Piece("kept", "".join(old[a:b])))
            continue
        pieces += [Piece("gone", "".join(old[a:b]))] if b > a else []
        pieces += [Piece("new", "".join(new[c:d]))] if d > c else []
    return Edits(name, pieces) if kept >= EDITED * max(len(before), len(after)) else None


def word_diff(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """The two texts in pieces: the first with what is gone, the second with what is new."""
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    if len(old) > MOST or len(new) > MOST:
        return [Piece("kept", before)], [Piece("kept", after)]
    left: list[Piece] = []
    right: list[Piece] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            left.append(Piece("kept", "".join(old[a:b])))
            right.append(Piece("kept", "".join(new[c:d])))
            continue
        if b > a:
            left.append(Piece("gone", "".join(old[a:b])))
        if d > c:
            right.append(Piece("new", "".join(new[c:d])))
    return left, right
