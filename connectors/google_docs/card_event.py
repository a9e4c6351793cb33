"""What Google posts when somebody opens or clicks a card, read without trusting any of it.

developers.google.com/workspace/add-ons/reference/event-object. Without the file scope ``docs`` holds only
``addonHasFileScopePermission``; one deployed add-on reports that clicks come without ``docs.id`` at all, so a card puts
the id into its actions' parameters as well. Whether a person may use a document is decided by Google's API, never here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.sdk import Json

_DOCUMENT_ID = re.compile(r"[A-Za-z0-9_-]{3,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEvent:
    """One call of Google's. ``inputs`` holds what a form's widgets say; one that is empty or unticked is absent."""

    document: str = ""
    title: str = ""
    #: Whether the person let the add-on use this document; None when Google does not say.
    granted: bool | None = None
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """What one widget says, or an empty string."""
        return next(iter(self.inputs.get(name, ())), "")


def read(body: Json) -> CardEvent:
    """The event, whatever is missing or strange in it."""
    common = _object(body, "commonEventObject")
    docs = _object(body, "docs")
    parameters = {name: value for name, value in _object(common, "parameters").items() if isinstance(value, str)}
    granted = docs.get("addonHasFileScopePermission")
    ids = (one for one in (docs.get("id"), parameters.get("document")) if isinstance(one, str))
    return CardEvent(
        document=next((one for one in ids if _DOCUMENT_ID.fullmatch(one)), ""),
        title=docs["title"] if isinstance(docs.get("title"), str) else "",
        granted=granted if isinstance(granted, bool) else None,
        inputs={name: said for name, value in _object(common, "formInputs").items() if (said := _said(value))},
        parameters=parameters,
    )


def _said(value: Any) -> tuple[str, ...]:
    values = _object(_object({"widget": value}, "widget"), "stringInputs").get("value")
    return tuple(one for one in values if isinstance(one, str)) if isinstance(values, list) else ()


def _object(holder: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = holder.get(name)
    return found if isinstance(found, dict) else {}
