"""A draft with its findings in place: each variant cut into plain pieces and marked ones, secrets left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.domain import Draft, Finding, Outcome, Verdict
from hub.web import run_view


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, and the finding that marks it."""

    text: str
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One variant as the page shows it; ``clear`` is its text as a person may copy it."""

    number: int
    pieces: tuple[Piece, ...]
    clear: str


def variants(draft: Draft, verdicts: Sequence[Verdict]) -> list[Shown]:
    """Every variant of a draft."""
    shown = []
    cleared = run_view.cleared(draft, verdicts)
    for number, (variant, safe) in enumerate(zip(draft.variants, cleared.variants, strict=True), 1):
        clear = safe.text
        found = [f for verdict in verdicts for f in verdict.findings if f.where == f"variant {number}"]
        # A text that lost a secret has other offsets: its findings are listed, not marked.
        pieces = (Piece(clear),) if clear != variant.text else tuple(cut(variant.text, found))
        shown.append(Shown(number, pieces, clear))
    return shown


def cut(text: str, findings: Sequence[Finding]) -> list[Piece]:
    """The text in pieces. Where findings overlap the first, and of two that start together the graver, is marked."""
    placed = [(found.span, found) for found in findings if found.span is not None]
    placed.sort(key=lambda item: (item[0][0], -list(Outcome).index(item[1].outcome)))
    pieces: list[Piece] = []
    at = 0
    for (start, end), found in placed:
        if start < at or end > len(text) or start >= end:
            continue
        if start > at:
            pieces.append(Piece(text[at:start]))
        pieces.append(Piece(text[start:end], found))
        at = end
    if at < len(text):
        pieces.append(Piece(text[at:]))
    return pieces
