"""Reads JSON that strangers wrote: bounded, in UTF-8, no key twice, no number that is none."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from hub.sdk import BadRequest

DEEPEST = 64


def read(body: bytes) -> Any:
    """The value of a body.

    Raises:
        BadRequest: it is no JSON as RFC 8259 has it, says a key twice, or nests deeper than anybody means it.
    """
    try:
        found = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
        # What holds half of a surrogate pair cannot be stored.
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise bad("it is no JSON, or says a key twice") from None
    if _depth(found) > DEEPEST:
        raise bad("it nests too deep")
    return found


def bad(what: str) -> BadRequest:
    """The error for a verified body that is not what the vendor documents."""
    return BadRequest(f"The event cannot be read: {what}.", instead="The vendor's documents show what it should be.")


def text(value: object, longest: int = 500) -> str:
    """A text of a body, or an empty one where something else stands."""
    return value[:longest] if isinstance(value, str) else ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_number(constant: str) -> NoReturn:
    raise ValueError(constant)


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level and deepest <= DEEPEST:
        deepest += 1
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return deepest
