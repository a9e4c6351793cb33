"""Accuracy of the checks: what they find, miss and cry wolf about in a set of texts that people labelled.

The set is in ``labelled/*.yaml``. A label says what a careful person would point at, whatever the checks do today, so
known misses stay in it and are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

from hub.domain import Draft, Variant
from hub.errors import BadRequest
from hub.governance.additions import default_policy
from hub.governance.plugin import register_checks
from hub.governance.policy import Policy
from hub.governance.runner import Runner
from hub.sdk import Check, Subject

OPEN, BAR, CLOSE = "⟦", "|", "⟧"
#: What the model must not see has to be found as a whole; of other wording a part is enough to point at it.
WHOLE = frozenset({"email", "phone", "iban", "card", "ssn", "ip"})
_INPUT = frozenset({*WHOLE, "secrets", "injection"})


@dataclass(frozen=True, slots=True)
class Label:
    """What is to be found at (start, end) of a text; an empty span is of the whole text."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Line:
    """One text with its labels. ``template`` and ``field`` say where it stands, for rules that apply there alone."""

    text: str
    labels: tuple[Label, ...]
    about: str = ""
    template: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Miss:
    """A label that nothing found, or a find that no label speaks of (``false_alarm``)."""

    kind: str
    said: str
    line: Line
    false_alarm: bool
    rule: str = ""


@dataclass(slots=True)
class Score:
    """Counts of one kind. Precision is found of found and false, recall is found of found and missed."""

    kind: str
    found: int = 0
    missed: int = 0
    false: int = 0

    @property
    def precision(self) -> str:
        return f"{self.found}/{self.found + self.false}"

    @property
    def recall(self) -> str:
        return f"{self.found}/{self.found + self.missed}"


@dataclass(frozen=True, slots=True)
class Result:
    """The scores by kind, in the order of their names, and every line that went wrong."""

    lines: int
    scores: Mapping[str, Score]
    misses: tuple[Miss, ...]


def run(lines: Sequence[Line] | None = None) -> Result:
    """The checks that ship, with the default policy, over the shipped set or over other lines."""
    checks: list[Check] = []
    register_checks(checks.append)
    runner = Runner({check.name: check for check in checks})
    try:
        for check in checks:
            check.warm()
        return measure(runner, default_policy(), labelled() if lines is None else lines)
    finally:
        runner.close()


def labelled() -> list[Line]:
    """Every line of the shipped set."""
    files = sorted((resources.files("hub.bench") / "labelled").iterdir(), key=lambda file: file.name)
    return [line for file in files if file.name.endswith(".yaml") for line in read(file.read_text("utf-8"))]


def read(text: str) -> list[Line]:
    """The lines of one YAML file: groups with ``about``, ``lines``, and where they stand.

    Raises:
        BadRequest: it is no such file, or a mark is not closed, or closes nothing.
    """
    try:
        return [
            _line(said, group.get("about", ""), group.get("template", ""), group.get("field", ""))
            for group in yaml.safe_load(text)
            for said in group["lines"]
        ]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadRequest(
            "These labelled texts cannot be read.",
            why=str(error)[:300],
            instead="Write groups of 'about' and 'lines'; in a line, put ⟦kind|words⟧ around what is to be found.",
        ) from None


def measure(runner: Runner, policy: Policy, lines: Sequence[Line]) -> Result:
    """Every line held against a policy: personal data, secrets and orders as input, wording as a draft."""
    scores: dict[str, Score] = {}
    misses: list[Miss] = []
    for line in lines:
        finds = list(_finds(runner, policy, line))
        for label in line.labels:
            score = scores.setdefault(label.kind, Score(label.kind))
            if any(_found(label, kind, span) for kind, span, _ in finds):
                score.found += 1
            else:
                score.missed += 1
                said = line.text[label.start : label.end] or "the whole text"
                misses.append(Miss(label.kind, said, line, false_alarm=False))
        alarms = dict.fromkeys((kind, span) for kind, span, _ in finds if not _is_labelled(line, kind, span))
        rules = {(kind, span): rule for kind, span, rule in finds}
        for kind, span in alarms:
            scores.setdefault(kind, Score(kind)).false += 1
            said = line.text[slice(*span)] if span else "the whole text"
            misses.append(Miss(kind, said, line, false_alarm=True, rule=rules[kind, span]))
    return Result(len(lines), dict(sorted(scores.items())), tuple(misses))


def kind_of(rule: str) -> str:
    """The kind a finding's rule belongs to: the kind of personal data, a check, or a pack."""
    first, _, rest = rule.partition(".")
    return {"personal-data": rest, "copy-rules": "core"}.get(first, first)


def _line(said: str, about: str, template: str, field: str) -> Line:
    text, labels, opened = "", [], []
    at = 0
    while at < len(said):
        char = said[at]
        if char == OPEN:
            bar = said.index(BAR, at)
            opened.append((said[at + 1 : bar], len(text)))
            at = bar
        elif char == CLOSE:
            if not opened:
                raise ValueError(f"a mark closes that was not opened: {said}")
            kind, start = opened.pop()
            labels.append(Label(kind, start, len(text)))
        else:
            text += char
        at += 1
    if opened:
        raise ValueError(f"a mark is not closed: {said}")
    return Line(text, tuple(labels), about, template, field)


def _finds(runner: Runner, policy: Policy, line: Line) -> Iterator[tuple[str, tuple[int, int] | None, str]]:
    """(kind, span, rule) of what the checks find, each on the side where it matters."""
    given: dict[str, Any] = {"team": "bench", "template": line.template, "surface": "bench"}
    sides = (
        Subject(side="input", texts={"text": line.text}, **given),
        Subject(
            side="output",
            texts={"text": line.text},
            draft=Draft(variants=(Variant(text=line.text, fields={line.field: line.text} if line.field else {}),)),
            contract={"breaches": (), "write": "text", "proofs": None},
            **given,
        ),
    )
    for subject in sides:
        for verdict in runner.run(policy, subject):
            for finding in verdict.findings:
                kind = kind_of(finding.rule)
                if (kind in _INPUT) == (subject.side == "input"):
                    yield kind, finding.span, finding.rule


def _found(label: Label, kind: str, span: tuple[int, int] | None) -> bool:
    if kind != label.kind:
        return False
    if span is None or label.start == label.end:
        return span is None and label.start == label.end
    if kind in WHOLE:
        return span[0] <= label.start and label.end <= span[1]
    return span[0] < label.end and label.start < span[1]


def _is_labelled(line: Line, kind: str, span: tuple[int, int] | None) -> bool:
    """Whether some label of the kind speaks of these characters, even if it wants more of them."""
    labels = [label for label in line.labels if label.kind == kind]
    if span is None:
        return any(label.start == label.end for label in labels)
    return any(span[0] < label.end and label.start < span[1] for label in labels)
