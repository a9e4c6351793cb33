"""A template's own tests: reads ``<name>.tests.yaml`` beside ``<name>.prompty`` and runs each case under pytest.

The file has promptfoo's shape, so whoever has promptfoo can run the same cases against a live model::

    tests:
      - description: keeps the offer's price
        vars: {offer: "249 euros until 31 March", segment: dealers, goal: order}
        providerOutput: '{"variants": [...]}'      # the answer, as a model gave it
        assert:
          - {type: icontains, value: "249 euros"}

Inlay reads five keys of ``metadata`` in a case. ``look_at: prompt`` asserts on the rendered messages in place of the
draft's text. ``breaches`` lists the rules the answer breaks, none when left out; ``broken: true`` says that it is no
draft at all; ``refused`` lists the inputs that are refused; ``raises: 3`` says that the answer needs a review of that
tier, none when left out. ``is-json`` always looks at the answer as it came.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.errors import BadRequest, InvalidInputs
from hub.templates import ContractBroken, Template, load

SUFFIX = ".tests.yaml"
_NONCE = "case0nonce0case0"
_CASE = frozenset({"description", "vars", "assert", "providerOutput", "metadata"})
_METADATA = frozenset({"look_at", "breaches", "broken", "refused", "raises"})


class CaseFailed(AssertionError):
    """A case did not hold; the message says which assertion and what stood there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case of a template's tests."""

    name: str
    vars: Mapping[str, Any]
    checks: tuple[Mapping[str, Any], ...] = ()
    answer: str | None = None
    look_at: str = "text"
    breaches: tuple[str, ...] = ()
    broken: bool = False
    refused: tuple[str, ...] = ()
    raises: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)


def template_of(path: Path) -> Template:
    """The template that a file of tests belongs to."""
    name = path.name.removesuffix(SUFFIX)
    return load(name, path.with_name(f"{name}.prompty").read_text("utf-8"))


def read_cases(path: Path) -> list[Case]:
    """The cases of a file.

    Raises:
        ValueError: the file has another shape, or a case would test nothing.
    """
    data = yaml.safe_load(path.read_text("utf-8"))
    if not isinstance(data, dict) or set(data) != {"tests"} or not isinstance(data["tests"], list):
        raise ValueError(f"{path.name} has no list of tests")
    return [_case(path.name, at, given) for at, given in enumerate(data["tests"], 1)]


def _case(file: str, at: int, given: Mapping[str, Any]) -> Case:
    metadata = given.get("metadata") or {}
    strange = (set(given) - _CASE) | (set(metadata) - _METADATA)
    if strange:
        raise ValueError(f"{file}, case {at}: unknown {', '.join(sorted(strange))}")
    answer = given.get("providerOutput")
    checks = tuple(given.get("assert") or ())
    if not checks and not set(metadata) & {"breaches", "broken", "refused", "raises"}:
        raise ValueError(f"{file}, case {at}: asserts nothing")
    for check in checks:
        if _plain(check["type"]) not in ASSERTS:
            raise ValueError(f"{file}, case {at}: the assertion '{check['type']}' is not one of {', '.join(ASSERTS)}")
    return Case(
        name=given.get("description") or f"case {at}",
        vars=given.get("vars") or {},
        checks=checks,
        answer=answer if answer is None or isinstance(answer, str) else json.dumps(answer, ensure_ascii=False),
        look_at=metadata.get("look_at", "text"),
        breaches=tuple(metadata.get("breaches", ())),
        broken=bool(metadata.get("broken", False)),
        refused=tuple(metadata.get("refused", ())),
        raises=int(metadata.get("raises", 0)),
    )


def run_case(template: Template, case: Case) -> None:
    """Run one case.

    Raises:
        CaseFailed: it does not hold.
    """
    try:
        values = template.accept(case.vars)
    except InvalidInputs as error:
        _same("refused inputs", sorted(error.fields), sorted(case.refused))
        return
    _same("refused inputs", [], sorted(case.refused))
    if case.look_at == "prompt":
        _assert(
            case, "\n\n".join(f"{m.role}:\n{m.content}" for m in template.render(values, _NONCE)), case.answer or ""
        )
        return
    if case.answer is None:
        raise CaseFailed("the case has no providerOutput and does not look at the prompt")
    try:
        draft = template.contract.parse(case.answer)
    except ContractBroken as error:
        if not case.broken:
            raise CaseFailed(f"the answer is no draft: {' '.join(error.breaches)}") from None
        return
    if case.broken:
        raise CaseFailed("the answer was read as a draft and should not have been")
    found = template.contract.breaches(draft, values)
    rules = sorted({breach.rule for breach in found if breach.raise_tier is None})
    if rules != sorted(set(case.breaches)):
        raise CaseFailed(f"breaches {rules}, expected {sorted(case.breaches)}: {[breach.message for breach in found]}")
    tier = max((breach.raise_tier or 0 for breach in found), default=0)
    if tier != case.raises:
        raise CaseFailed(f"the answer raises the review to tier {tier}, expected {case.raises}")
    _assert(case, "\n\n".join(variant.text for variant in draft.variants), case.answer)


def _assert(case: Case, text: str, raw: str) -> None:
    for check in case.checks:
        plain = _plain(check["type"])
        holds = ASSERTS[plain](raw if plain == "is-json" else text, check.get("value"))
        if holds == (check["type"] != plain):
            raise CaseFailed(f"{check['type']} {check.get('value')!r} does not hold for:\n{text[:2000]}")


def _same(what: str, found: list[str], expected: list[str]) -> None:
    if found != expected:
        raise CaseFailed(f"{what}: {found}, expected {expected}")


def _plain(kind: str) -> str:
    return kind.removeprefix("not-")


def _is_json(text: str, _: Any) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _within(size: int, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return wanted.get("min", 0) <= size <= wanted.get("max", size)
    return size == wanted


def _each(text: str, values: Any) -> Iterator[bool]:
    return (str(value).lower() in text.lower() for value in values)


ASSERTS: dict[str, Callable[[str, Any], bool]] = {
    "contains": lambda text, value: str(value) in text,
    "icontains": lambda text, value: str(value).lower() in text.lower(),
    "icontains-all": lambda text, value: all(_each(text, value)),
    "icontains-any": lambda text, value: any(_each(text, value)),
    "equals": lambda text, value: text == str(value),
    "starts-with": lambda text, value: text.startswith(str(value)),
    "regex": lambda text, value: re.search(str(value), text, re.MULTILINE) is not None,
    "is-json": _is_json,
    "length": lambda text, value: _within(len(text), value),
    "word-count": lambda text, value: _within(len(text.split()), value),
}


class TemplateTests(pytest.File):
    """A ``<name>.tests.yaml`` as pytest collects it."""

    def collect(self) -> Iterator[pytest.Item]:
        template = template_of(self.path)
        for case in read_cases(self.path):
            yield TemplateCase.from_parent(self, name=case.name, template=template, case=case)


class TemplateCase(pytest.Item):
    """One case as pytest runs it."""

    def __init__(self, *, template: Template, case: Case, **rest: Any) -> None:
        super().__init__(**rest)
        self.template = template
        self.case = case

    def runtest(self) -> None:
        run_case(self.template, self.case)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, CaseFailed | BadRequest):
            return f"{self.template.name}: {self.case.name}\n{excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"{self.template.name}: {self.case.name}"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> TemplateTests | None:
    """Collect ``<name>.tests.yaml`` where ``<name>.prompty`` lies beside it."""
    if not file_path.name.endswith(SUFFIX):
        return None
    prompt = file_path.with_name(file_path.name.removesuffix(SUFFIX) + ".prompty")
    return TemplateTests.from_parent(parent, path=file_path) if prompt.exists() else None
