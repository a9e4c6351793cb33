"""The templates that ship: their cases hold, prompty reads them as we do, and simulated drafts keep their limits."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import prompty
import pytest

from hub.offline import LABEL, SHORT_LABEL, Simulator
from hub.sdk import Prompt
from hub.templates import Template, rendering, shipped
from hub.testing.template_tests import SUFFIX, Case, read_cases, run_case

PROMPTS = Path(__file__).parents[2] / "prompts"
TODAY = date(2026, 11, 26)
NONCE = "a1b2c3d4e5f60718"
FILES = sorted(PROMPTS.glob(f"*{SUFFIX}"))
CASES = [(path.name.removesuffix(SUFFIX), case) for path in FILES for case in read_cases(path)]
NOTES = """\
We launch the Terra 40 in spring. Background: two rivals launched last autumn.
Objective: 1,200 pre-orders before the launch. Audience: site managers who check prices on a phone.
Proof: one charge lasts nine hours (test LT-114). Deliverables: landing page and two emails.
Deadline is 12 March. More at https://example.com/terra.
"""
ASSET = """\
File: heron-dawn.png
Folder: Campaigns/Spring
Type: image/png
Description: A grey heron stands in shallow water at dawn. Reeds in the back.
Licence expires: 2027-03-31
Made by AI: an image generator
"""
INPUTS = {
    "alt-text-and-metadata": {
        "record": ASSET,
        "name": "heron-dawn.png",
        "taxonomy": ["bird", "water", "dawn", "reeds", "nature", "spring"],
    },
    "asset-copy-and-rights-check": {"record": ASSET, "banned_terms": ["best"], "disclaimer": "Terms apply."},
    "social-ad-variants": {"offer": NOTES, "partner": "Ada Works", "audience": "Site managers"},
    "brief-from-notes": {"notes": NOTES, "goal": "1,200 pre-orders", "must": ["Battery line"]},
    "campaign-email": {
        "offer": NOTES,
        "segment": "Site managers",
        "goal": "pre-order",
        "proof": ["Nine hours (LT-114)"],
    },
    "campaign-summary": {
        "figures": ["leads: 310", "actual cost: 9100.5", "budgeted cost: 12000", "start: 2026-09-01", "currency: EUR"],
        "campaign": "Spring 2026",
        "record": NOTES,
    },
    "search-ad-set": {"offer": NOTES, "keywords": ["Terra 40", "cordless drill"], "instruction": "Name the price!"},
    "sales-follow-up": {"record": NOTES, "name": "Ada", "last_activity": "Sent the price list"},
    "lead-or-segment-note": {"record": NOTES, "people": 412},
    "claims-check": {"text": NOTES, "evidence": ["LT-114 nine hours"]},
    "rewrite-in-brand-voice": {"text": NOTES, "keep": ["Terra 40"]},
    "shorten-or-repurpose": {
        "text": NOTES,
        "channels": ["summary", "linkedin", "x", "newsletter", "web_teaser", "sms"],
    },
}


@pytest.fixture(scope="module")
def templates() -> dict[str, Template]:
    return shipped()


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}: {case.name}" for name, case in CASES])
def test_every_case_of_a_shipped_template_holds(name: str, case: Case, templates: dict[str, Template]) -> None:
    run_case(templates[name], case)


def test_every_shipped_template_has_ten_cases_of_its_own(templates: dict[str, Template]) -> None:
    counted = {name: sum(owner == name for owner, _ in CASES) for name in templates}
    assert set(templates) == set(INPUTS)
    assert min(counted.values()) >= 10, counted


def test_every_shipped_template_says_who_owns_it_and_how_to_start_and_names_no_channel_nobody_has(
    templates: dict[str, Template],
) -> None:
    for template in templates.values():
        assert template.owner and template.help.text, template.name
        assert not template.help.channel, template.name
        assert template.baseline_minutes and template.surfaces and template.description, template.name
        assert all(spec.help for spec in template.inputs), template.name


@pytest.mark.parametrize("name", INPUTS)
def test_prompty_makes_the_same_messages(name: str, templates: dict[str, Template]) -> None:
    template = templates[name]
    values = template.accept(INPUTS[name])
    theirs = prompty.prepare(
        prompty.load(PROMPTS / f"{name}.prompty"), rendering.fenced(template.inputs, values, NONCE)
    )
    ours = template.render(values, NONCE)
    rules = rendering.preamble(NONCE, template.contract.shape) + "\n\n"
    assert ours[0].content.startswith(rules)
    assert [(m.role, m.text) for m in theirs] == [
        (m.role, m.content.removeprefix(rules) if at == 0 else m.content) for at, m in enumerate(ours)
    ]


@pytest.mark.parametrize("name", INPUTS)
def test_a_simulated_draft_is_labelled_and_keeps_every_limit(name: str, templates: dict[str, Template]) -> None:
    template = templates[name]
    for inputs in (
        INPUTS[name],
        {**INPUTS[name], **{k: "Short." for k in ("notes", "text", "offer", "record") if k in INPUTS[name]}},
        {spec.name: "Short." for spec in template.inputs if spec.required and spec.kind != "list"} or INPUTS[name],
    ):
        values = template.accept(inputs, today=TODAY)
        prompt = Prompt(
            messages=template.render(values, NONCE),
            schema=template.contract.json_schema(),
            max_tokens=template.max_tokens,
            inputs=values,
            contract=template.contract.model_dump(),
        )
        answer = Simulator().ask(prompt)
        assert Simulator().ask(prompt) == answer
        draft = template.contract.parse(answer.text)
        assert all(variant.text.startswith((LABEL, SHORT_LABEL)) for variant in draft.variants)
        # What asks for a review is no breach: a simulated check clears nothing.
        assert [one for one in template.contract.breaches(draft, values) if one.raise_tier is None] == []


def test_the_collector_finds_a_sidecar_and_reports_the_case_that_fails(tmp_path: Path) -> None:
    source = (PROMPTS / "rewrite-in-brand-voice.prompty").read_text("utf-8")
    (tmp_path / "rewrite-in-brand-voice.prompty").write_text(source, "utf-8")
    (tmp_path / "nobody.tests.yaml").write_text("tests: []", "utf-8")
    (tmp_path / "rewrite-in-brand-voice.tests.yaml").write_text(
        """\
tests:
  - {description: holds, vars: {text: Hello}, metadata: {look_at: prompt}, assert: [{type: contains, value: Hello}]}
  - {description: fails, vars: {text: Hello}, metadata: {look_at: prompt}, assert: [{type: not-contains, value: Hello}]}
""",
        "utf-8",
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "hub.testing.template_tests",
            "-p",
            "no:cacheprovider",
            "-q",
            str(tmp_path),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PROMPTS.parent), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 1 passed" in done.stdout
    assert "rewrite-in-brand-voice: fails" in done.stdout


def test_a_case_that_asserts_nothing_or_asserts_in_unknown_words_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tests.yaml"
    for text, said in (
        ("tests: [{vars: {text: a}}]", "asserts nothing"),
        ("tests: [{vars: {text: a}, assert: [{type: sounds-nice}]}]", "sounds-nice"),
        ("tests: [{vars: {text: a}, asserts: [{type: contains, value: a}]}]", "unknown asserts"),
        ("cases: []", "no list of tests"),
    ):
        path.write_text(text, "utf-8")
        with pytest.raises(ValueError, match=said):
            read_cases(path)
