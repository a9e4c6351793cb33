"""Samples: inputs that show what a template's messages look like before anybody has filled in its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hub.errors import InvalidInputs
from hub.templates.cases import Case
from hub.templates.inputs import InputSpec
from hub.templates.template import Template


def values(template: Template, cases: Sequence[Case], today: date) -> dict[str, Any]:
    """Values for every input: those of the first case whose inputs are taken, else made up from each input's label."""
    for case in cases:
        if not case.refused:
            try:
                return template.accept(case.vars, today=today)
            except InvalidInputs:
                continue
    made: Mapping[str, Any] = {spec.name: _sample(spec) for spec in template.inputs if spec.default is None}
    try:
        return template.accept({name: value for name, value in made.items() if value is not None}, today=today)
    except InvalidInputs:
        return {spec.name: spec.empty if spec.default is None else spec.default for spec in template.inputs}


def _sample(spec: InputSpec) -> Any:
    if spec.kind == "boolean":
        return True
    if spec.kind in ("integer", "number"):
        at = spec.min if spec.min is not None else min(1.0, spec.max if spec.max is not None else 1.0)
        return int(at) if spec.kind == "integer" else at
    if spec.source == "today":
        return None
    word = spec.choices[0] if spec.choices else f"({spec.label or spec.name})"[: spec.length]
    if spec.kind == "list":
        return [word] * max(1, min(int(spec.min or 1), 50))
    return word
