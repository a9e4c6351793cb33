"""Every breach of a template's contract holds the draft; an answer without a draft is one."""

import pytest

from hub.domain import Draft, Outcome, Variant
from hub.governance.output_contract import OutputContract
from hub.governance.plugin import register_checks
from hub.governance.policy import CheckRule, Policy
from hub.governance.runner import Runner, worst
from hub.sdk.check import Check, Subject

DRAFT = Draft(variants=(Variant(text="Hello"),))
BREACH = {
    "rule": "max-characters",
    "where": "variant 1",
    "message": "31 characters, 30 are allowed.",
    "why": "The ad platform cuts it off.",
    "instead": "Take out a word.",
    "span": [30, 31],
}


def subject(draft: Draft | None, contract: dict[str, object]) -> Subject:
    return Subject(side="output", team="t", template="x", texts={}, draft=draft, contract=contract)


def test_each_breach_becomes_a_held_finding() -> None:
    bare = {key: BREACH[key] for key in ("rule", "message", "why", "instead")}
    first, second = OutputContract().examine(subject(DRAFT, {"breaches": [BREACH, {**bare, "span": None}]}))
    assert (first.rule, first.where, first.span) == ("output-contract.max-characters", "variant 1", (30, 31))
    assert (second.where, second.span) == ("", None)
    assert {first.outcome, second.outcome} == {Outcome.HOLD}


def test_a_draft_that_keeps_its_contract_is_allowed() -> None:
    assert list(OutputContract().examine(subject(DRAFT, {"breaches": []}))) == []


@pytest.mark.parametrize("draft", [None, Draft()])
def test_no_draft_and_no_variants_are_held(draft: Draft | None) -> None:
    (finding,) = OutputContract().examine(subject(draft, {"breaches": []}))
    assert finding.outcome is Outcome.HOLD


@pytest.mark.parametrize("contract", [{}, {"breaches": None}, {"breaches": [{"rule": "x"}]}, {"breaches": ["x"]}])
def test_a_contract_that_was_never_examined_holds(contract: dict[str, object]) -> None:
    runner = Runner({"output_contract": OutputContract()})
    verdicts = runner.run(Policy(checks=(CheckRule(name="output_contract"),)), subject(DRAFT, contract))
    assert worst(verdicts) is Outcome.HOLD


def test_the_shipped_checks_are_registered_by_the_hook() -> None:
    checks: list[Check] = []
    register_checks(checks.append)
    named = ["secrets", "personal_data", "injection", "copy_rules", "output_contract", "claims"]
    assert [check.name for check in checks] == named
