"""Bad input to governance: each has a clear answer, loses nothing, and lets nothing through."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import configure
from hub.cli import main
from hub.domain import Outcome, RunState
from hub.errors import BadRequest, InlayError, InvalidInputs
from hub.governance.additions import default_policy
from hub.governance.copy_rules import CopyRules
from hub.governance.injection import Injection
from hub.governance.lint import lint
from hub.governance.lookalikes import _LATIN
from hub.governance.masking import mask, new_nonce, restore
from hub.governance.personal_data import PersonalData
from hub.governance.policy import build_policy, load_pack
from hub.governance.rules import RuleData
from hub.governance.secrets import Secrets
from hub.sdk.check import Subject
from hub.testing import FakeModel
from tests.hubs import TEAM, a_hub, answer, request

GOOD = {
    "id": "cheap",
    "terms": ["cheap"],
    "why": "It says the opposite.",
    "instead": "Say the price.",
    "source": "House rule",
    "checked_on": "2026-11-26",
    "tests": {"pass": ["good", "fine"], "fail": ["cheap", "so cheap"]},
}


def pack(*rules: dict[str, Any], name: str = "ours") -> str:
    checks = [{"name": "copy_rules", "rules": {"rules": list(rules)}}]
    return json.dumps({"pack": name, "version": 1, "title": "Ours", "checks": checks})


def subject(text: str, side: Any = "output", rules: Any = None) -> Subject:
    return Subject(side=side, team=TEAM, template="x", texts={"variant 1": text}, rules=RuleData(rules or {}))


def linted(tmp_path: Path, text: str) -> tuple[int, str]:
    file = tmp_path / "pack.yaml"
    file.write_text(text, encoding="utf-8")
    said = CliRunner().invoke(main, ["policy", "lint", str(file)])
    return said.exit_code, " ".join(said.output.split())


def test_a_bad_pattern_is_refused_by_its_rule_and_the_policy_before_stays_in_force(tmp_path: Path) -> None:
    code, said = linted(tmp_path, pack({**GOOD, "terms": [], "pattern": "(open"}))
    assert code != 0
    assert "cheap" in said and "missing )" in said
    with a_hub(tmp_path, model=FakeModel(answer("So cheap."))) as hub:
        put(hub, [GOOD])
        before = hub.parts.policy_of(TEAM).revision
        with pytest.raises(InlayError, match=r"(?i)cannot|problem|correct|wrong"):
            put(hub, [{**GOOD, "terms": [], "pattern": "(open"}])
        assert hub.parts.policy_of(TEAM).revision == before
        assert hub.run(request()).state is RunState.HELD


def put(hub: Any, rules: list[dict[str, Any]]) -> None:
    text = json.dumps({"policy": {"checks": [{"name": "copy_rules", "rules": {"rules": rules}}]}})
    configure.apply(hub, configure.read(text, name="hub.yaml"), actor="system:test")


@pytest.mark.parametrize("side", ["pass", "fail"])
def test_a_rule_without_tests_may_not_be_switched_on(tmp_path: Path, side: str) -> None:
    code, said = linted(tmp_path, pack({**GOOD, "tests": {**GOOD["tests"], side: []}}))  # type: ignore[dict-item]
    assert code != 0
    assert "ours.cheap" in said and "'tests' needs 2" in said


def test_a_rule_that_does_not_do_what_its_tests_say_may_not_be_switched_on() -> None:
    (complaint,) = lint(load_pack(pack({**GOOD, "tests": {"pass": ["good", "fine"], "fail": ["cheap", "dear"]}})))
    assert "does not catch" in complaint.what and "dear" in complaint.what


def test_a_pack_that_offers_what_it_stops_may_not_be_switched_on(tmp_path: Path) -> None:
    swap = {
        **GOOD,
        "id": "dear",
        "terms": [],
        "swaps": {"dear": "cheap"},
        "tests": {"pass": ["a", "b"], "fail": ["dear", "so dear"]},
    }
    code, said = linted(tmp_path, pack(GOOD, swap))
    assert code != 0
    assert "it offers 'cheap', which the rule 'ours.cheap' does not let pass" in said


def test_two_packs_that_contradict_each_other_make_no_policy() -> None:
    def one(name: str, severity: str) -> Any:
        checks = [{"name": "injection", "rules": {"severity": severity}}]
        return load_pack(json.dumps({"pack": name, "version": 1, "title": "t", "checks": checks}))

    with pytest.raises(InvalidInputs, match="contradict") as caught:
        build_policy([one("first", "block"), one("second", "warn")])
    assert "second" in caught.value.why


def least(work: Callable[[], Any], times: int = 5) -> float:
    taken = []
    for _ in range(times):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken)


def test_twenty_thousand_terms_cost_ten_times_what_two_thousand_do_and_a_text_costs_the_same() -> None:
    def book(count: int) -> RuleData:
        words = [f"forbidden{number} word" for number in range(count)]
        return RuleData({"rules": [{**GOOD, "terms": words}]})

    few, many = book(2_000), book(20_000)
    # Ratios of processor time on this machine, with room for its noise: a square would be 100 and 10.
    assert least(lambda: CopyRules().examine(subject("x", rules=few)), 3) * 40 > least(
        lambda: CopyRules().examine(subject("x", rules=many)), 1
    )
    check, text = CopyRules(), "Come in and sit down, the garden is open. " * 500
    for rules in (few, many):
        check.examine(subject(text, rules=rules))
    assert least(lambda: check.examine(Subject(**{**_fields(subject(text)), "rules": few}))) * 5 > least(
        lambda: check.examine(Subject(**{**_fields(subject(text)), "rules": many}))
    )
    (found,) = check.examine(subject(text + "forbidden19999 word", rules=many))
    assert found.span == (len(text), len(text) + 19)


def _fields(of: Subject) -> dict[str, Any]:
    return {"side": of.side, "team": of.team, "template": of.template, "texts": of.texts}


def test_a_megabyte_is_checked_to_its_last_word(tmp_path: Path) -> None:
    plain = "Come in and sit down, the garden is open. " * 25_000
    text = plain + "It is cheap. Write to ada@example.com, password: Sommer!2026x"
    assert len(text) > 1_000_000
    assert [f.rule for f in CopyRules().examine(subject(text, rules={"rules": [GOOD]}))] == ["cheap"]
    assert [f.rule for f in PersonalData().examine(subject(text, "input"))] == ["personal-data.email"]
    assert [f.rule for f in Secrets().examine(subject(text, "input"))] == ["secrets.password"]


@pytest.mark.parametrize("row", [".", " ", "\n", "-", "'", ".'", "a@", "https://", "password:"])
def test_no_row_of_the_same_signs_stops_the_checks(row: str) -> None:
    # Whoever walks such a row again from each of its signs is not through with it in this test's time.
    text = row * (400_000 // len(row)) + "\N{FULL STOP}x It is cheap."
    rules = {check.name: check.data for check in default_policy().checks}
    for check in (Secrets(), PersonalData(), Injection(), CopyRules()):
        for side in ("input", "output"):
            if side in check.sides:
                check.examine(subject(text, side, rules[check.name]))
    assert [f.rule for f in CopyRules().examine(subject(text, rules={"rules": [GOOD]}))] == ["cheap"]


def test_a_megabyte_long_draft_is_held_and_kept_and_a_megabyte_of_input_is_refused_in_words(tmp_path: Path) -> None:
    long = "Come in and sit down, the garden is open. " * 25_000
    model = FakeModel(answer(long))
    with a_hub(tmp_path, model=model) as hub:
        run = hub.run(request())
        assert run.state is RunState.HELD
        assert run.problem and run.problem.what and run.problem.instead
        assert run.draft is not None
        asked = model.calls
        with pytest.raises((InvalidInputs, BadRequest)) as caught:
            hub.run(request("two", inputs={"text": long}))
        assert "text" in str(getattr(caught.value, "fields", "")) + caught.value.why + caught.value.what
        assert model.calls == asked


_LIKE: dict[str, str] = {}
for _code, _latin in _LATIN.items():
    _LIKE.setdefault(_latin, chr(_code))
UNSEEN = [
    "",
    "",
    "",
    "\u200b",
    "\u200d",
    "\u2060",
    "\u00ad",
    "\u200e",
    "\u200f",
    "\u202a",
    "\u2066",
    "\u2069",
    "\ufeff",
]


@settings(max_examples=200, deadline=None, database=None)
@given(
    word=st.sampled_from(["cheap", "miracle", "proven"]),
    like=st.lists(st.booleans(), min_size=7, max_size=7),
    unseen=st.lists(st.sampled_from(UNSEEN), min_size=7, max_size=7),
    upper=st.booleans(),
)
def test_no_lookalike_and_no_invisible_character_hides_a_banned_word(
    word: str, like: list[bool], unseen: list[str], upper: bool
) -> None:
    hidden = "".join(
        (_LIKE.get(char, char) if swap else char) + mark for char, swap, mark in zip(word, like, unseen, strict=False)
    )
    text = f"This is so {hidden.upper() if upper else hidden} that everybody comes."
    findings = CopyRules().examine(subject(text, rules={"rules": [{**GOOD, "terms": [word]}]}))
    assert any(one.outcome is Outcome.HOLD for one in findings), text.encode("unicode_escape")


PIECES = st.sampled_from(
    [
        *("anna@example.com", "+49 30 901820", "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111", "[EMAIL_1_k3f9]"),
        *("[PHONE_2_", "[EMAIL]", "email_1", "EMAIL_1_k3f9]", "tom (at) example (dot) org", "\U000e0041"),
        *("e\u0301\u0301", "\ud83d", "\udc00", "\u202e", "\u200b", "ﬁ", "İ", "ß", "\n", " "),
    ]
)
ANY = st.lists(PIECES | st.text(st.characters(exclude_categories=()), max_size=8), max_size=9).map("".join)
CHECK = PersonalData()


@settings(max_examples=300, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.lists(ANY, min_size=1, max_size=3))
def test_masking_what_is_found_and_restoring_it_is_the_identity_on_any_text(texts: list[str]) -> None:
    named = {str(number): text for number, text in enumerate(texts)}
    found = CHECK.examine(Subject(side="input", team=TEAM, template="x", texts=named, rules=RuleData({})))
    masked = mask(named, found, new_nonce())
    for name, text in named.items():
        assert restore(masked.texts[name], masked.placeholders, masked.nonce).text == text
        assert not any(len(value) > 6 and value in masked.texts[name] for value in masked.placeholders.values())
