"""Plants one error in a copy of a draft, to see whether a review catches it. The copy is never written anywhere."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.domain import Draft, Variant

_FIGURE = re.compile(r"(?<![\w.,])\d{1,3}(?:[.,]\d{1,2})?(?![\w]|[.,]\d)")
_PROMISE = "Results are guaranteed."


@dataclass(frozen=True, slots=True)
class Planted:
    """What was changed, in words for the reviewer once they have decided. ``kind`` is ``figure`` or ``promise``."""

    kind: str
    says: str


def plant(draft: Draft, chance: float) -> tuple[Draft, Planted]:
    """A copy of the draft with one error: another figure, or where there is none a promise nobody can keep.

    Args:
        chance: from 0 up to 1, picks which figure.
    """
    first = draft.variants[0]
    figures = [found.group() for found in _FIGURE.finditer(first.text)]
    if figures:
        was = figures[int(chance * len(figures))]
        now = _another(was)
        changed = _mapped(first, lambda text: _replaced(text, was, now))
        planted = Planted("figure", f"“{was}” was changed to “{now}”.")
    else:
        changed = Variant(text=f"{first.text.rstrip()} {_PROMISE}", fields=_longest_with(first.fields, _PROMISE))
        planted = Planted("promise", f"“{_PROMISE}” was added.")
    return dataclasses.replace(draft, variants=(changed, *draft.variants[1:])), planted


def _another(figure: str) -> str:
    """A figure of the same form, about half as much again."""
    digits = figure.replace(",", ".")
    whole, point, rest = digits.partition(".")
    raised = str(int(whole) + max(1, int(whole) // 2))
    return raised + figure[len(whole)] + rest if point else raised


def _replaced(text: str, was: str, now: str) -> str:
    return re.sub(rf"(?<![\w.,]){re.escape(was)}(?![\w]|[.,]\d)", now, text)


def _mapped(variant: Variant, change: Any) -> Variant:
    fields = {
        name: change(value) if isinstance(value, str) else [change(part) for part in value]
        for name, value in variant.fields.items()
    }
    return Variant(text=change(variant.text), fields=fields)


def _longest_with(fields: Mapping[str, Any], words: str) -> dict[str, Any]:
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    if not texts:
        return dict(fields)
    longest = max(texts, key=lambda name: len(texts[name]))
    return {**fields, longest: f"{texts[longest].rstrip()} {words}"}
