"""How much of a text that was handed in stands in a draft: the evidence for which case of the AI Act's Art. 50 it is.

Art. 50(2) leaves out what assists with standard editing or does not substantially alter what was put in. Where it ends
no law says in figures: ``UNALTERED`` is this hub's own line, and the record names it beside the figure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

#: From this share of words kept, both ways, a draft counts as an edit of its source.
UNALTERED = 0.8
#: Texts shorter than this many words are no source that was edited.
SHORTEST = 5
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alteration:
    """``kept`` is the share of the source's words that stand in the draft, ``taken`` the share of the draft's words
    that stand in the source, both from 0 to 1 and None without a source. ``source`` is the input that was compared."""

    case: Literal["assistive", "generated"]
    source: str = ""
    kept: float | None = None
    taken: float | None = None


def alteration(values: Mapping[str, Any], draft: str) -> Alteration:
    """The input a draft has most in common with, and whether it is that input edited or a text of its own."""
    written = Counter(_WORD.findall(draft.casefold()))
    best = Alteration(case="generated")
    for name, text in _texts(values):
        source = Counter(_WORD.findall(text.casefold()))
        if source.total() < SHORTEST or not written:
            continue
        shared = (source & written).total()
        kept, taken = shared / source.total(), shared / written.total()
        if best.kept is None or best.taken is None or min(kept, taken) > min(best.kept, best.taken):
            best = Alteration(
                case="assistive" if min(kept, taken) >= UNALTERED else "generated",
                source=name,
                kept=round(kept, 3),
                taken=round(taken, 3),
            )
    return best


def _texts(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, list | tuple):
            yield name, "\n".join(item for item in value if isinstance(item, str))
