"""Shows what a third party's tests get from the pytest plugin, in a project that knows nothing of this one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.shape.tree import ROOT

OUTSIDE = """
import json
from hub.sdk import Prompt

def test_a_model_answers(inlay_fake_model):
    answer = inlay_fake_model.ask(Prompt(messages=(), schema={}, max_tokens=100))
    assert json.loads(answer.text)["variants"]
    assert inlay_fake_model.calls == 1
"""

CASE = """\
tests:
  - {description: holds, vars: {text: Hello}, metadata: {look_at: prompt}, assert: [{type: contains, value: Hello}]}
"""


def test_an_outsider_s_test_is_given_a_fake_model(tmp_path: Path) -> None:
    (tmp_path / "test_outside.py").write_text(OUTSIDE)
    options = ["-q", "-p", "no:cacheprovider", "-o", f"pythonpath={ROOT}"]
    command = [sys.executable, "-m", "pytest", *options, str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout


@pytest.mark.parametrize("named", [[], ["-p", "hub.testing.template_tests"]], ids=["by itself", "named as well"])
def test_an_outsider_s_templates_are_tested_once(tmp_path: Path, named: list[str]) -> None:
    template = "rewrite-in-brand-voice.prompty"
    (tmp_path / template).write_bytes((ROOT / "prompts" / template).read_bytes())
    (tmp_path / "rewrite-in-brand-voice.tests.yaml").write_text(CASE)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *named, str(tmp_path)]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout


def test_the_plugin_brings_neither_the_web_app_nor_the_store_into_every_test_run() -> None:
    code = "import sys, hub.testing.plugin; print(*(name for name in sys.modules if name.startswith('hub.')))"
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout.split()
    assert not [name for name in loaded if name.startswith(("hub.bootstrap", "hub.web", "hub.store", "hub.pipeline"))]
