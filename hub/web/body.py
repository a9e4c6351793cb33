"""Reads JSON bodies: strict JSON, bounded in depth, then one strict pydantic model. Errors never echo a value."""

from __future__ import annotations

import json
import math
import re
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from hub import faults
from hub.clean import clean_json
from hub.errors import BadRequest, InvalidInputs

Body = TypeVar("Body", bound=BaseModel)
#: How many objects and lists may stand inside each other.
DEEPEST = 32
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}")


def read(model: type[Body], *, optional: bool = False) -> Body:
    """The request's body as this model.

    Args:
        optional: an empty body counts as ``{}``.

    Raises:
        BadRequest: the body is no JSON object, names a key twice, holds NaN or Infinity, or is nested too deeply.
        InvalidInputs: a field is missing, unknown or of the wrong kind; each is named.
        UnsupportedMediaType: the body is not sent as JSON.
    """
    raw = request.get_data(cache=False)
    if not raw and optional:
        return validated(model, {})
    if not request.is_json:
        raise UnsupportedMediaType
    return validated(model, parse(raw))


def parse(raw: bytes) -> Any:
    """A JSON object, its text cleaned of what no system stores.

    Raises:
        BadRequest: see ``read``.
    """
    try:
        value = json.loads(raw, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise _bad("it is nested too deeply") from None
    except BadRequest:
        raise
    except ValueError:
        raise _bad("it is no JSON") from None
    if not isinstance(value, dict):
        raise _bad("it is no JSON object")
    if not _shallow(value, DEEPEST):
        raise _bad(f"more than {DEEPEST} objects and lists stand inside each other")
    return clean_json(value)


def validated(model: type[Body], value: Any) -> Body:
    """A parsed value as this model.

    Raises:
        InvalidInputs: each fault, by the field's name.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        fields: dict[str, str] = {}
        for fault in error.errors(include_url=False, include_input=False):
            name = ".".join(_name(part) for part in fault["loc"]) or "body"
            fields.setdefault(name, faults.said(fault))
        named = ", ".join(list(fields)[:5])
        raise InvalidInputs(
            f"The body cannot be worked on: {named}.", fields=fields, instead="See /openapi.json for what it takes."
        ) from None


def _name(part: str | int) -> str:
    """A part of a field's path. A name nobody declared is shown only when it looks like one."""
    return str(part) if isinstance(part, int) or _PLAIN.fullmatch(part) else "(unnamed)"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _bad("an object names the same key twice")
    return found


def _no_constant(_constant: str) -> Any:
    raise _bad("NaN and Infinity are no JSON")


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise _bad("a number is too large")
    return value


def _shallow(value: Any, left: int) -> bool:
    if isinstance(value, dict):
        return left > 0 and all(_shallow(item, left - 1) for item in value.values())
    if isinstance(value, list):
        return left > 0 and all(_shallow(item, left - 1) for item in value)
    return True


def _bad(what: str) -> BadRequest:
    return BadRequest(f"The body cannot be read: {what}.", instead="Send one JSON object, in UTF-8.")
