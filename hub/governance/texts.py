"""Inputs as a flat map of named texts, as checks read them, and back into the shape the inputs had."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def flatten(value: Any) -> dict[str, str]:
    """Every text of a JSON value by name: ``notes``, ``channels[2]``, ``offer.price``.

    Numbers are texts too: a telephone number is personal data however it is typed. A key of a nested object that is no
    plain name may itself be personal data, so it is a text of its own (``contacts{0}``) and no part of a name.
    """
    found: dict[str, str] = {}

    def keep(name: str, text: str) -> str:
        found[name] = text
        return text

    _walk(value, "", keep)
    return found


def put_back(value: Any, texts: Mapping[str, str]) -> Any:
    """``value`` with each text replaced by the one of the same name; what did not change keeps its type."""
    return _walk(value, "", lambda name, text: texts.get(name, text))


def _walk(value: Any, name: str, see: Callable[[str, str], str]) -> Any:
    if isinstance(value, str):
        return see(name, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = see(name, str(value))
        return value if text == str(value) else text
    if isinstance(value, Mapping):
        out: dict[str, Any] = {}
        for index, (key, item) in enumerate(value.items()):
            plain = isinstance(key, str) and _NAME.fullmatch(key)
            hidden = f"{name}{{{index}}}"
            step = (f"{name}.{key}" if name else key) if plain else f"{hidden}.value"
            out[key if plain else see(hidden, str(key))] = _walk(item, step, see)
        return out
    if isinstance(value, list | tuple):
        return [_walk(item, f"{name}[{index}]", see) for index, item in enumerate(value)]
    return value
