"""Says in plain words what is wrong with a value that somebody typed, where pydantic says it for programmers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from pydantic_core import ErrorDetails

A_DAY = "write a day such as 2026-11-26"
_NUMBER, _WHOLE, _TEXT, _YES = "write a number", "write a whole number", "write a text", "write true or false"
_KEYS, _LIST = "keys and values belong here", "a list belongs here"
#: What a pattern asks for, by the pattern. A pattern is no help to most people; what is not known here stays general.
_WRITTEN = {
    r"^[^@\s]{1,64}@[^@\s]{1,255}$": "write an e-mail address",
    r"^[a-z][a-z0-9_-]{0,62}$": "write a name of lower-case letters, digits, - and _",
    r"^[a-z0-9][a-z0-9._-]*$": "write a name of lower-case letters, digits, - . and _",
    r"^[A-Za-z][A-Za-z0-9._-]{0,62}$": "write letters, digits, . - and _, a letter first",
}
Context = Mapping[str, Any]


def _shown(limit: Any) -> str:
    return f"{limit:,}".removesuffix(".0") if isinstance(limit, int | float | Decimal) else str(limit)


_SAYINGS: Mapping[str, str | Callable[[Context], str]] = {
    "missing": "this is needed",
    "extra_forbidden": "this is not known here",
    **dict.fromkeys(("string_type", "string_sub_type"), _TEXT),
    "string_too_short": lambda of: (
        "this is empty" if of["min_length"] == 1 else f"write at least {of['min_length']} characters"
    ),
    "string_too_long": lambda of: f"write at most {of['max_length']:,} characters",
    "string_pattern_mismatch": lambda of: _WRITTEN.get(of["pattern"], "this is not written as it has to be"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), _WHOLE),
    **dict.fromkeys(("float_type", "float_parsing", "decimal_type", "decimal_parsing", "finite_number"), _NUMBER),
    "decimal_max_places": lambda of: f"write at most {of['decimal_places']} digits behind the point",
    "greater_than": lambda of: f"write more than {_shown(of['gt'])}",
    "greater_than_equal": lambda of: f"write {_shown(of['ge'])} or more",
    "less_than": lambda of: f"write less than {_shown(of['lt'])}",
    "less_than_equal": lambda of: f"write {_shown(of['le'])} or less",
    **dict.fromkeys(("bool_type", "bool_parsing"), _YES),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"), A_DAY),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), _LIST),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), _KEYS),
    "too_short": lambda of: f"name at least {of['min_length']}",
    "too_long": lambda of: f"name at most {of['max_length']:,}",
    **dict.fromkeys(("literal_error", "enum"), lambda of: f"write {of['expected']}"),
    **dict.fromkeys(("url_type", "url_parsing"), "write a whole address, such as https://example.com"),
}


def said(fault: ErrorDetails) -> str:
    """What is wrong and what to write instead, as it follows a field's name and a colon. It quotes no value."""
    saying = _SAYINGS.get(fault["type"])
    if saying is None:
        # The hub's own checks speak plainly; what is rare stays in pydantic's words, which is better than nothing.
        return fault["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return saying if isinstance(saying, str) else saying(fault.get("ctx", {}))


def sentence(fault: ErrorDetails) -> str:
    """The same as a sentence of its own, as a form shows it below a field."""
    words = said(fault)
    return f"{words[:1].upper()}{words[1:]}".rstrip(".") + "."
