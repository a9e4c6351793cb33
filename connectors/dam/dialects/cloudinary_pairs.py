"""Cloudinary's ``key=value|key=value`` strings, so that no value can become another key, and what a field is called."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from connectors.dam.asset import Value

#: Written where a text has a backslash. Cloudinary documents a backslash before ``=`` and ``|`` and nothing about one
#: before a backslash, so a text that ended with one would swallow the separator behind it.
_BACKSLASH, _INSTEAD = "\\", "\u29f5"
Family = Literal["context", "metadata", "tags", ""]


def family(field: str) -> tuple[Family, str]:
    """Where a field lives, and its key there: ``context:alt``, ``metadata:<external id>`` or ``tags``."""
    if field == "tags":
        return "tags", ""
    kind, _, key = field.partition(":")
    if kind in ("context", "metadata") and key and not set(key) & set("|=:"):
        return ("context" if kind == "context" else "metadata"), key
    return "", ""


def encode(pairs: Mapping[str, Value], *, escaped: str = "|=") -> str:
    """The pairs as one string; ``escaped`` are the signs that mean something in it. Several values are JSON."""
    return "|".join(f"{_escaped(key, escaped)}={_value(value, escaped)}" for key, value in pairs.items())


def restored(value: Any) -> Value:
    """A value as it was before ``encode``, for every kind of value Cloudinary answers with."""
    if isinstance(value, list):
        return tuple(str(restored(one)) for one in value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).replace(_INSTEAD, _BACKSLASH)


def _value(value: Value, escaped: str) -> str:
    if isinstance(value, str):
        return _escaped(value, escaped)
    # As the SDK writes a list. A quote inside would need a backslash of JSON's own.
    whole = json.dumps([plain(one).replace('"', "'") for one in value], ensure_ascii=False, separators=(",", ":"))
    return _escaped(whole, escaped.replace('"', ""))


def _escaped(text: str, escaped: str) -> str:
    return "".join(f"\\{sign}" if sign in escaped else sign for sign in plain(text))


def plain(text: str) -> str:
    """Without backslashes, and without the control characters Cloudinary refuses: all but the line feed."""
    text = text.replace(_BACKSLASH, _INSTEAD)
    return "".join(" " if sign != "\n" and (sign < " " or "\x7f" <= sign <= "\x9f") else sign for sign in text)
