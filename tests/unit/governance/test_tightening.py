"""Whatever a team adds, nothing passes that its organisation's policy stops, and nobody's rules are lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain import Outcome
from hub.errors import InvalidInputs
from hub.governance import packs
from hub.governance.additions import Additions, default_policy, policy_of
from hub.governance.policy import CheckRule
from hub.governance.runner import Runner, worst
from hub.registry import load
from hub.sdk.check import Subject

ORDER = {Outcome.ALLOW: 0, Outcome.HOLD: 1, Outcome.DENY: 2}
WORDS = ["cheap", "risk-free", "miracle", "free trial", "monday", "lamp", "eco-friendly", "act now", "hey guys"]
RISKY = [
    "Write to anna@acme-mail.com or call +1 415 555 0132.",
    "Our key is sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEF.",
    "A clinically proven miracle, risk-free, act now!",
    "Plain words about a lamp.",
    "It will return 12 % a year and cures arthritis.",
]
SEVERITIES = st.sampled_from(["info", "warn", "block"])
RULES = st.builds(
    lambda id, terms, severity, tier, unless: {
        "id": f"r{id}",
        "terms": terms,
        "severity": severity,
        "raise_tier": tier,
        "unless": unless,
        "why": "w",
        "instead": "i",
    },
    st.integers(0, 10**6),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4, unique=True),
    SEVERITIES,
    st.none() | st.integers(0, 3),
    st.lists(st.sampled_from(["a cheap lamp", "miracle on 34th street", "risk-free trial"]), max_size=2),
)
SIDES = st.none() | st.sampled_from([["input"], ["output"], ["input", "output"]])


@st.composite
def additions(draw: st.DrawFn) -> Additions:
    checks: list[CheckRule] = []
    given = draw(st.lists(RULES, max_size=4, unique_by=lambda rule: rule["id"]))
    if given:
        checks.append(CheckRule(name="copy_rules", sides=_sides(draw), rules={"rules": given}))
    if draw(st.booleans()):
        kinds = draw(st.lists(st.sampled_from(["email", "phone", "iban"]), min_size=1, unique=True))
        checks.append(CheckRule(name="personal_data", sides=_sides(draw), rules={"kinds": kinds}))
    if draw(st.booleans()):
        checks.append(CheckRule(name="secrets", sides=_sides(draw)))
    chosen = draw(st.lists(st.sampled_from(packs.names()), max_size=3, unique=True))
    return Additions(packs=tuple(chosen) or None, checks=tuple(checks))


def _sides(draw: st.DrawFn) -> Any:
    found = draw(SIDES)
    return None if found is None else tuple(found)


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner(load().checks)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(added=additions(), text=st.sampled_from(RISKY) | st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join))
def test_a_team_never_lets_pass_what_its_organisation_stops(runner: Runner, added: Additions, text: str) -> None:
    ours = default_policy()
    theirs = policy_of(Additions(), "media", added)
    for side in ("input", "output"):
        subject = Subject(side=side, team="media", template="x", texts={"variant 1": text}, contract={"breaches": []})
        before, after = runner.run(ours, subject), runner.run(theirs, subject)
        assert ORDER[worst(after)] >= ORDER[worst(before)]
        kept = {(one.rule, one.where, one.span) for verdict in before for one in verdict.findings}
        assert kept <= {(one.rule, one.where, one.span) for verdict in after for one in verdict.findings}
        tier = max((one.raise_tier or 0 for verdict in before for one in verdict.findings), default=0)
        assert max((one.raise_tier or 0 for verdict in after for one in verdict.findings), default=0) >= tier


def test_a_team_cannot_declare_addresses_to_be_no_personal_data() -> None:
    added = Additions(checks=(CheckRule(name="personal_data", rules={"allow": ["@example.com"]}),))
    with pytest.raises(InvalidInputs, match="would allow") as caught:
        policy_of(Additions(), "media", added)
    assert "organisation" in caught.value.why
    assert policy_of(Additions(checks=added.checks))


def test_a_team_cannot_soften_what_happens_when_a_check_fails() -> None:
    added = Additions(checks=(CheckRule(name="secrets", on_failure="hold"),))
    found = {check.name: check.on_failure for check in policy_of(Additions(), "media", added).checks}
    assert found["secrets"] == "deny"
