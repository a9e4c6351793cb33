"""The part of Cloudinary's search expressions the sandbox knows: fields, signs and values, joined by AND."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.dam.sandbox_cloudinary_library import Refused

_CLAUSE = re.compile(r'\s*([a-z_.]+)\s*(>=|<=|=|>|<|:)\s*(\[[^\]]*\]|"[^"]*"|[^\s"]+)\s*')
_RANGE = re.compile(r'\[\s*"?([^"]+?)"?\s+TO\s+"?([^"]+?)"?\s*\]')
_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    "=": lambda a, b: a == b,
    ":": lambda a, b: a == b,
}


def test(expression: str) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a record of the index is found: its times are Unix seconds, everything else text.

    Raises:
        Refused: an expression the sandbox does not know.
    """
    tests = [_clause(one) for one in re.split(r"\s+AND\s+", expression)] if expression.strip() else []
    return lambda record: all(one(record) for one in tests)


def _clause(text: str) -> Callable[[Mapping[str, Any]], bool]:
    hit = _CLAUSE.fullmatch(text)
    if hit is None:
        raise Refused(400, f"Invalid expression {text[:80]}")
    name, sign, value = hit[1], hit[2], hit[3]
    if value.startswith("["):
        ends = _RANGE.fullmatch(value)
        if ends is None or sign != ":":
            raise Refused(400, f"Invalid expression {text[:80]}")
        # "from and including the minimum, up to but not including the maximum" (Admin API, search, footnote 1)
        low, high = _moment(ends[1]), _moment(ends[2])
        return lambda record: low <= record.get(name, -1.0) < high
    value = value.strip('"')
    if name.endswith("_at"):
        at = _moment(value)
        return lambda record: _SIGNS[sign](record.get(name, -1.0), at)
    if sign not in ("=", ":"):
        raise Refused(400, f"Invalid expression {text[:80]}")
    return lambda record: str(record.get(name, "")) == value


def _moment(text: str) -> float:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(400, f"Invalid date {text[:40]}") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
