"""The form of a template as a card: typed inputs as widgets, the place to write to, and what came back from them."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

from connectors.google_docs.card_event import CardEvent
from connectors.google_docs.card_parts import Buttons, Part, card, field_of, pick, section, switch, text
from hub.sdk import Json

#: The widgets of inputs begin so: a template may have an input of the same name as a widget of ours.
PREFIX = "in."
#: (value, words, how it is written in a target's ``at``).
PLACES = (
    ("end", "At the end of the document"),
    ("below", "Below a passage"),
    ("replace", "In place of a passage"),
    ("heading", "At the end of a heading's section"),
)


class NotFilledIn(Exception):
    """A widget says something its input cannot be; ``str()`` of it tells the person."""


def form(template: Json, buttons: Buttons) -> Part:
    """The card that asks for a template's inputs. It carries the id of the click to come: the same click is one run."""
    widgets = [_widget(spec) for spec in template["inputs"]]
    run = buttons.call(
        "Run",
        "run",
        main=True,
        needs=[PREFIX + spec["name"] for spec in template["inputs"] if _must_be_typed(spec)],
        template=template["name"],
        click=secrets.token_urlsafe(12),
    )
    return card(
        template["title"],
        section(text(template["description"])),
        section(*widgets, header="What it needs") if widgets else None,
        section(*place_widgets(), header="Where the draft goes"),
        _help(template),
        subtitle=f"{template['owner']} · version {template['version']}",
        footer=run,
    )


def place_widgets() -> Iterator[Part]:
    """The widgets that ask where to write."""
    yield pick("place", "Place", ((value, words, value == "end") for value, words in PLACES))
    yield field_of(
        "quote",
        "The passage, or the heading",
        hint="Word for word as it stands in the document, once. Not needed for the end of the document.",
        tall=True,
    )


def place(event: CardEvent) -> dict[str, Any]:
    """A target's ``at`` from the widgets.

    Raises:
        NotFilledIn: a passage or a heading is asked for, and none was typed.
    """
    chosen = event.one("place") or "end"
    at: dict[str, Any] = {"document": event.document}
    if chosen == "end":
        return {**at, "end": True}
    words = event.one("quote")
    if not words.strip():
        raise NotFilledIn("Type the passage or the heading, word for word as it stands in the document.")
    if chosen == "heading":
        return {**at, "heading": words, "mode": "below"}
    return {**at, "quote": words, "mode": "replace" if chosen == "replace" else "below"}


def inputs(template: Json, event: CardEvent) -> dict[str, Any]:
    """What the widgets say, each as its input's type. What is empty is left out, so that defaults hold.

    Raises:
        NotFilledIn: something is no number. Everything else is for the hub to judge.
    """
    found = {spec["name"]: _value(spec, event.inputs.get(PREFIX + spec["name"], ())) for spec in template["inputs"]}
    return {name: value for name, value in found.items() if value is not None}


def _widget(spec: Json) -> Part:
    name, label, default = PREFIX + spec["name"], _label(spec), spec["default"]
    if spec["kind"] == "boolean":
        return switch(name, label, on=default is True, hint=spec["help"])
    if spec["choices"]:
        several = spec["kind"] == "list"
        chosen = default if several and isinstance(default, Sequence) else [default]
        items = [(one, one.replace("_", " "), one in chosen) for one in spec["choices"]]
        if not several and default is None and not spec["required"]:
            items.insert(0, ("", "—", True))
        return pick(name, label, items, "CHECK_BOX" if several else "DROPDOWN")
    listed = spec["kind"] == "list"
    value = "\n".join(default) if listed and isinstance(default, Sequence) else "" if default is None else f"{default}"
    return field_of(
        name,
        label,
        hint=" ".join(part for part in (spec["help"], _hint(spec)) if part),
        value=value,
        tall=listed or spec["kind"] == "text",
        longest=0 if listed or spec["kind"] in ("integer", "number") else spec["max_length"],
    )


def _label(spec: Json) -> str:
    name = spec["label"] or spec["name"].replace("_", " ").capitalize()
    return f"{name} *" if _must_be_typed(spec) else name


def _must_be_typed(spec: Json) -> bool:
    """Whether nothing else gives the value: no place in the document and no default."""
    return spec["required"] and not spec["source"] and spec["default"] is None and spec["kind"] != "boolean"


def _hint(spec: Json) -> str:
    if spec["source"] == "target.text":
        return "Leave it empty to use the text at the place chosen below."
    if spec["source"] == "target.title":
        return "Leave it empty to use the document's title."
    if spec["kind"] == "list":
        return "One per line."
    if spec["kind"] in ("integer", "number"):
        low, high = spec["min"], spec["max"]
        bounds = [f"{low:g} or more"] if low is not None else []
        bounds += [f"{high:g} or less"] if high is not None else []
        return f"A {'whole ' if spec['kind'] == 'integer' else ''}number{', ' if bounds else ''}{' and '.join(bounds)}."
    return ""


def _help(template: Json) -> Part | None:
    told = template["help"]
    lines = [told.get("text") or "", f"Ask in {told['channel']}." if told.get("channel") else ""]
    return section(*(text(one) for one in lines if one), header="Help", folded=0) if any(lines) else None


def _value(spec: Json, said: tuple[str, ...]) -> Any:
    if spec["kind"] == "boolean":
        return "true" in said
    if spec["kind"] == "list":
        lines = list(said) if spec["choices"] else [line.strip() for one in said for line in one.splitlines()]
        return [one for one in lines if one] or None
    words = next(iter(said), "")
    if not words.strip():
        return None
    if spec["kind"] in ("integer", "number"):
        return _number(spec, words.strip())
    return words


def _number(spec: Json, words: str) -> int | float:
    try:
        number = int(words) if spec["kind"] == "integer" else float(words.replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        whole = "whole " if spec["kind"] == "integer" else ""
        raise NotFilledIn(f"{_label(spec).removesuffix(' *')}: type a {whole}number.")
    return number
