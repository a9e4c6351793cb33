"""A template's own tests: what ``<name>.tests.yaml` says, case by case, and whether each holds.

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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import re2
import yaml

from hub.errors import InvalidInputs
from hub.templates.answer import ContractBroken
from hub.templates.template import Template

SUFFIX = ".tests.yaml"
MAX_TESTS = 128 * 1024
MAX_CASES = 60
#: What a file may stand for once every alias is written out, in characters.
MAX_WRITTEN_OUT = 2_000_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Patterns come from people who write templates: they are matched without backtracking.
_QUIET = re2.Options()
_QUIET.log_errors = False
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


def read(file: str, text: str) -> list[Case]:
    """The cases in the text of a file of tests.

    Raises:
        ValueError: the file has another shape, or a case would test nothing; the message names the line or the case.
    """
    if len(text.encode("utf-8", "replace")) > MAX_TESTS:
        raise ValueError(f"{file} is larger than {MAX_TESTS // 1024} KB")
    try:
        _refuse_bombs(file, yaml.compose(text, Loader=_LOADER))
        data = yaml.load(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise ValueError(f"{file}{where}: {getattr(error, 'problem', None) or 'this is no YAML'}") from None
    except RecursionError:
        raise ValueError(f"{file} is nested too deeply") from None
    if not isinstance(data, dict) or set(data) != {"tests"} or not isinstance(data["tests"], list):
        raise ValueError(f"{file} has no list of tests")
    if len(data["tests"]) > MAX_CASES:
        raise ValueError(f"{file} has more than {MAX_CASES} cases")
    return [_case(file, at, given) for at, given in enumerate(data["tests"], 1)]


def _refuse_bombs(file: str, node: yaml.Node | None) -> None:
    """A few aliases of aliases can stand for gigabytes: what a file stands for, written out, is bounded."""
    sizes: dict[int, int] = {}

    def size(one: yaml.Node, around: frozenset[int]) -> int:
        if id(one) in around:
            raise ValueError(f"{file}, line {one.start_mark.line + 1}: this holds itself")
        if id(one) not in sizes:
            inner = around | {id(one)}
            parts: list[yaml.Node] = []
            if isinstance(one, yaml.MappingNode):
                parts = [part for pair in one.value for part in pair]
            elif isinstance(one, yaml.SequenceNode):
                parts = one.value
            sizes[id(one)] = sum((size(part, inner) for part in parts), len(str(one.value)) if not parts else 1)
        if sizes[id(one)] > MAX_WRITTEN_OUT:
            raise ValueError(f"{file}, line {one.start_mark.line + 1}: this stands for too much text")
        return sizes[id(one)]

    if node is not None:
        size(node, frozenset())


def _case(file: str, at: int, given: Any) -> Case:
    if not isinstance(given, dict) or not isinstance(given.get("metadata") or {}, dict):
        raise ValueError(f"{file}, case {at}: is no set of keys and values")
    if not isinstance(given.get("vars") or {}, dict) or not isinstance(given.get("assert") or [], list):
        raise ValueError(f"{file}, case {at}: vars are names and values, assert is a list")
    metadata = given.get("metadata") or {}
    strange = (set(given) - _CASE) | (set(metadata) - _METADATA)
    if strange:
        raise ValueError(f"{file}, case {at}: unknown {', '.join(sorted(strange))}")
    answer = given.get("providerOutput")
    checks = tuple(given.get("assert") or ())
    if not checks and not set(metadata) & {"breaches", "broken", "refused", "raises"}:
        raise ValueError(f"{file}, case {at}: asserts nothing")
    for check in checks:
        if not isinstance(check, dict) or not isinstance(check.get("type"), str):
            raise ValueError(f"{file}, case {at}: an assertion has a type")
        if _plain(check["type"]) not in ASSERTS:
            raise ValueError(f"{file}, case {at}: the assertion '{check['type']}' is not one of {', '.join(ASSERTS)}")
        if _plain(check["type"]) == "regex":
            _pattern(file, at, str(check.get("value")))
    if not isinstance(metadata.get("raises", 0), int) or not all(
        isinstance(metadata.get(name, []), list) for name in ("breaches", "refused")
    ):
        raise ValueError(f"{file}, case {at}: breaches and refused are lists, raises is a tier")
    return Case(
        name=str(given.get("description") or f"case {at}"),
        vars=given.get("vars") or {},
        checks=checks,
        answer=answer if answer is None or isinstance(answer, str) else json.dumps(answer, ensure_ascii=False),
        look_at=metadata.get("look_at", "text"),
        breaches=tuple(map(str, metadata.get("breaches", ()))),
        broken=bool(metadata.get("broken", False)),
        refused=tuple(map(str, metadata.get("refused", ()))),
        raises=metadata.get("raises", 0),
    )


def is_good(case: Case) -> bool:
    """Whether a case says that its inputs lead to a draft that keeps the contract: then a model can be asked."""
    return not (case.refused or case.breaches or case.broken or case.raises) and case.look_at != "prompt"


def assertions(case: Case, text: str, raw: str = "") -> None:
    """Hold a text against what a case asserts.

    Raises:
        CaseFailed: an assertion does not hold.
    """
    _assert(case, text, raw)


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


def _pattern(file: str, at: int, pattern: str) -> None:
    try:
        re2.compile(f"(?m){pattern}", options=_QUIET)
    except re2.error:
        raise ValueError(f"{file}, case {at}: the pattern cannot be read") from None


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
        least, most = wanted.get("min", 0), wanted.get("max", size)
        return isinstance(least, int) and isinstance(most, int) and least <= size <= most
    return size == wanted


def _each(text: str, values: Any) -> Iterator[bool]:
    return (str(value).lower() in text.lower() for value in (values if isinstance(values, list) else [values]))


ASSERTS: dict[str, Callable[[str, Any], bool]] = {
    "contains": lambda text, value: str(value) in text,
    "icontains": lambda text, value: str(value).lower() in text.lower(),
    "icontains-all": lambda text, value: all(_each(text, value)),
    "icontains-any": lambda text, value: any(_each(text, value)),
    "equals": lambda text, value: text == str(value),
    "starts-with": lambda text, value: text.startswith(str(value)),
    "regex": lambda text, value: re2.compile(f"(?m){value}").search(text) is not None,
    "is-json": _is_json,
    "length": lambda text, value: _within(len(text), value),
    "word-count": lambda text, value: _within(len(text.split()), value),
}


def beside(name: str, folder: Path | None) -> str:
    """The tests that lie beside a template's file: in the operator's folder, else among those that ship; or nothing."""
    if folder is not None and (folder / f"{name}.prompty").is_file():
        file = folder / f"{name}{SUFFIX}"
        return file.read_text("utf-8", "replace") if file.is_file() else ""
    shipped = resources.files("prompts").joinpath(f"{name}{SUFFIX}")
    return shipped.read_text("utf-8") if shipped.is_file() else ""
