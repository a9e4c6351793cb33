"""JSON pointers (RFC 6901): reads what stands at one in a document of strangers, and puts a value at one of our own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_MISSING = object()


def parts(pointer: str) -> list[str]:
    """The keys of a pointer. The empty pointer has none: it names the whole document."""
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]


def escaped(key: str) -> str:
    """A key as it stands in a pointer, so that one with a slash does not name something deeper."""
    return key.replace("~", "~0").replace("/", "~1")


def get(document: Any, pointer: str) -> Any:
    """What stands there, or None."""
    for key in parts(pointer):
        if isinstance(document, dict):
            document = document.get(key, _MISSING)
        elif isinstance(document, list) and key.isascii() and key.isdigit() and len(key) < 6:
            document = document[int(key)] if int(key) < len(document) else _MISSING
        else:
            return None
        if document is _MISSING:
            return None
    return document


def first(document: Any, pointers: Sequence[str]) -> Any:
    """What stands at the first of these where something stands, or None."""
    for pointer in pointers:
        if (found := get(document, pointer)) is not None:
            return found
    return None


def put(document: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    """Set it there, in objects only; what is missing on the way is made."""
    for key in keys[:-1]:
        inner = document.get(key)
        if not isinstance(inner, dict):
            inner = document[key] = {}
        document = inner
    document[keys[-1]] = value
