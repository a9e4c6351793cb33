"""Text as every system stores it: what no vendor and no database takes is gone before anything is counted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# A lone surrogate is no character and no encoder takes it; NUL and the other control characters are refused by
# PostgreSQL, XML and Google Docs alike. Tab, newline and carriage return stay.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """The text as every system stores it: no lone surrogates, no control characters, LF line ends."""
    if _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSTORABLE.sub("", text)


def clean_json(value: Any) -> Any:
    """``clean_text`` over every string of a JSON value, keys too."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {clean_text(str(key)): clean_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(item) for item in value]
    return value
