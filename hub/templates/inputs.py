"""The inputs of a template: what each may be, and how what was sent becomes values or an error naming every fault."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from hub.clean import clean_text
from hub.domain import Context
from hub.errors import InvalidInputs
from hub.templates import figures
from hub.templates.figures import Derived

Kind = Literal["string", "text", "integer", "number", "boolean", "choice", "list"]
Source = Literal["target.text", "target.title", "target.facts", "today"]

DEFAULT_LENGTH = {"text": 20_000, "string": 500, "choice": 500, "list": 500}
MAX_ITEMS = 50
_WANTED = {
    "target.text": " Select the text in the document, or send it.",
    "target.facts": " Start it on a record that has figures, or send them.",
}


class InputSpec(BaseModel):
    """One input of a template.

    ``text`` is material of any length and may hold line breaks; ``string`` and each item of a ``list`` are one line.
    ``max_length`` is in characters (of each item, for a list); ``min`` and ``max`` bound a number, or the items of a
    list. ``source`` fills the input from the document when the asker leaves it out. A list with the source
    ``target.facts`` holds figures, one ``label: value`` each; what the record says stands before what was sent, and
    ``derived`` is calculated from it. With the source ``today`` a string is a day such as 2026-11-26: that of the run,
    when it is left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind = "string"
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    max_length: int | None = None
    min: float | None = None
    max: float | None = None
    label: str = ""
    help: str = ""
    source: Source | None = None
    derived: Mapping[str, Derived] = {}

    @property
    def empty(self) -> Any:
        """What the template sees when nothing was sent and there is no default."""
        return {"integer": None, "number": None, "boolean": False, "list": []}.get(self.kind, "")

    @property
    def length(self) -> int:
        """The most characters taken."""
        return self.max_length or DEFAULT_LENGTH.get(self.kind, 500)

    def typed(self, value: Any) -> Any:
        """The value as the template sees it.

        Raises:
            ValueError: it is none; the message says in plain words what it should be, and never repeats the value.
        """
        if self.kind == "boolean":
            if not isinstance(value, bool):
                raise ValueError("should be true or false")
            return value
        if self.kind in ("integer", "number"):
            return self._number(value)
        if self.kind == "list":
            return self._list(value)
        text = self._line(value)
        if self.source == "today" and text:
            try:
                return date.fromisoformat(text).isoformat()
            except ValueError:
                raise ValueError("should be a day, such as 2026-11-26") from None
        return text

    def _number(self, value: Any) -> int | float:
        whole = self.kind == "integer"
        fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if not fits or (isinstance(value, float) and not math.isfinite(value)):
            raise ValueError(f"should be a {'whole number' if whole else 'number'}, sent as a number and not as text")
        if self.min is not None and value < self.min:
            raise ValueError(f"should be {self.min:g} or more")
        if self.max is not None and value > self.max:
            raise ValueError(f"should be {self.max:g} or less")
        return value

    def _list(self, value: Any) -> list[str]:
        if not isinstance(value, list | tuple):
            raise ValueError("should be a list of texts")
        most = int(self.max if self.max is not None else MAX_ITEMS)
        if len(value) > most:
            raise ValueError(f"has {len(value)} items; at most {most} are taken")
        items = []
        for at, item in enumerate(value, 1):
            try:
                items.append(self._line(item))
            except ValueError as error:
                raise ValueError(f"item {at} {error}") from None
        if self.min is not None and len(items) < self.min:
            raise ValueError(f"has {len(items)} items; at least {self.min:g} are needed")
        return figures.completed(items, self.derived) if self.source == "target.facts" else items

    def _line(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("should be text")
        text = clean_text(value)
        if self.kind != "text":
            text = " ".join(text.split())
        if len(text) > self.length:
            raise ValueError(f"is {len(text):,} characters long; at most {self.length:,} are taken")
        if self.choices and text not in self.choices and not (self.kind == "choice" and not text and not self.required):
            raise ValueError(f"should be one of: {', '.join(self.choices)}")
        return text


def accept(
    specs: tuple[InputSpec, ...],
    inputs: Mapping[str, Any],
    context: Context | None,
    template: str,
    today: date | None = None,
) -> dict[str, Any]:
    """Typed values for every declared input, in their declared order.

    Raises:
        InvalidInputs: with each unknown, missing, blank, ill-typed or too long input and what is wrong with it.
    """
    if not isinstance(inputs, Mapping):
        raise InvalidInputs(
            f"The inputs of {template} are not a set of names and values.",
            fields={"inputs": "should be an object"},
            instead="Send an object such as {" + ", ".join(f'"{spec.name}": …' for spec in specs[:2]) + "}.",
        )
    declared = {spec.name for spec in specs}
    wrong = {
        clean_text(str(name))[
            :60
        ]: f"is not an input of {template}; its inputs are: {', '.join(spec.name for spec in specs)}"
        for name in inputs
        if name not in declared
    }
    values: dict[str, Any] = {}
    for spec in specs:
        try:
            values[spec.name] = _value(spec, inputs.get(spec.name), context, today)
        except ValueError as error:
            wrong[spec.name] = str(error)
    if wrong:
        raise InvalidInputs(
            f"{template} cannot work on these inputs: {', '.join(wrong)}.",
            fields=wrong,
            instead="Correct what is named and send it again. Nothing was sent to a model.",
        )
    return values


def _value(spec: InputSpec, sent: Any, context: Context | None, today: date | None) -> Any:
    if spec.source == "target.facts":
        sent = (figures.of_record(context.facts) if context is not None else None) or sent
    elif (sent is None or _blank(sent)) and spec.source == "today":
        sent = None if today is None else today.isoformat()
    elif (sent is None or _blank(sent)) and spec.source is not None and context is not None:
        found = context.text if spec.source == "target.text" else context.title
        sent = found if not _blank(found) else sent
    if sent is None:
        if spec.required and spec.default is None:
            raise ValueError(f"is missing.{_WANTED.get(spec.source or '', '')}")
        return spec.empty if spec.default is None else _copy(spec.default)
    value = spec.typed(sent)
    if spec.required and _blank(value):
        raise ValueError("is empty; it needs at least one word")
    return value


def _blank(value: Any) -> bool:
    return (isinstance(value, str) and not value.strip()) or (isinstance(value, list | tuple) and not value)


def _copy(default: Any) -> Any:
    return list(default) if isinstance(default, list | tuple) else default
