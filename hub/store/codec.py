"""Domain types to JSON text and back, at the speed of pydantic's core."""

from __future__ import annotations

from enum import Enum
from typing import Any

from pydantic import TypeAdapter

from hub.domain import Draft, Problem, Receipt, Request, Review, Target, Verdict, Work

_request = TypeAdapter(Request)
_work = TypeAdapter(Work)
_verdicts = TypeAdapter(tuple[Verdict, ...])
_draft = TypeAdapter(Draft)
_review = TypeAdapter(Review)
_problem = TypeAdapter(Problem)
_receipt = TypeAdapter(Receipt)
_target = TypeAdapter(Target)

#: Which adapter each text column of ``run`` and ``delivery`` uses.
ADAPTERS: dict[str, TypeAdapter[Any]] = {
    "request": _request,
    "work": _work,
    "input_verdicts": _verdicts,
    "output_verdicts": _verdicts,
    "draft": _draft,
    "review": _review,
    "problem": _problem,
    "receipt": _receipt,
    "target": _target,
}


def encode(column: str, value: Any) -> Any:
    """The value as its column stores it."""
    if value is None:
        return None
    adapter = ADAPTERS.get(column)
    if adapter is not None:
        return adapter.dump_json(value).decode()
    return value.value if isinstance(value, Enum) else value


def decode(column: str, stored: Any) -> Any:
    """The stored text as its domain type, None for an empty column."""
    if stored is None:
        return None
    adapter = ADAPTERS.get(column)
    return stored if adapter is None else adapter.validate_json(stored)
