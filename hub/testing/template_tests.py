"""A template's own tests under pytest: collects ``<name>.tests.yaml`` where ``<name>.prompty`` lies beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.errors import BadRequest
from hub.templates import Template, cases, load
from hub.templates.cases import SUFFIX, Case, CaseFailed, run_case

__all__ = ["SUFFIX", "Case", "CaseFailed", "read_cases", "run_case", "template_of"]


def template_of(path: Path) -> Template:
    """The template that a file of tests belongs to."""
    name = path.name.removesuffix(SUFFIX)
    return load(name, path.with_name(f"{name}.prompty").read_text("utf-8"))


def read_cases(path: Path) -> list[Case]:
    """The cases of a file.

    Raises:
        ValueError: the file has another shape, or a case would test nothing.
    """
    return cases.read(path.name, path.read_text("utf-8"))


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
