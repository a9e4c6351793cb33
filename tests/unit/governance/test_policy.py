"""A policy is data: it round-trips, its revision is its content, and what it does not understand it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import hub.governance
from hub.errors import InvalidInputs
from hub.governance.additions import default_policy
from hub.governance.policy import CheckRule, Policy, build_policy, load_pack, parse_policy

RULE = {"id": "cheap", "terms": ["cheap"], "why": "It sounds poor.", "instead": "affordable"}


def pack(checks: list[dict[str, Any]], name: str = "ours", **more: Any) -> str:
    return json.dumps({"pack": name, "version": 1, "title": "Ours", "checks": checks, **more})  # JSON is YAML


def terms(*rules: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": "copy_rules", "rules": {"rules": list(rules)}}]


def test_the_default_policy_runs_every_check_that_ships() -> None:
    policy = default_policy()
    named = {"secrets", "personal_data", "injection", "copy_rules", "output_contract", "claims"}
    assert {check.name for check in policy.checks} == named
    assert policy.packs[0] == "core@1"
    assert {"finance@1", "pharma@1"}.isdisjoint(policy.packs), "they are switched on by whoever needs them"
    assert len(policy.packs) == 14
    assert next(check for check in policy.checks if check.name == "secrets").on_failure == "deny"


def test_a_policy_survives_json_with_its_revision() -> None:
    policy = default_policy()
    text = policy.model_dump_json()
    again = parse_policy(text)
    assert again == policy
    assert again.revision == policy.revision
    assert again.model_dump_json() == text
    assert parse_policy(text) is again


def test_the_revision_follows_the_content_alone() -> None:
    first = build_policy([load_pack(pack(terms(RULE)))])
    same = build_policy([load_pack(pack(terms(dict(reversed(RULE.items())))))])
    other = build_policy([load_pack(pack(terms({**RULE, "severity": "warn"})))])
    assert first.revision == same.revision != other.revision
    assert len(first.revision) == 16


def test_a_stored_policy_that_was_altered_is_refused() -> None:
    text = build_policy([load_pack(pack(terms(RULE)))]).model_dump_json()
    with pytest.raises(InvalidInputs, match="stored policy") as caught:
        parse_policy(text.replace('"cheap"', '"other"'))
    assert "altered" in caught.value.why


def test_a_policy_is_frozen() -> None:
    with pytest.raises(ValidationError):
        default_policy().checks = ()  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"why": ""}, "why"),
        ({"instead": "  "}, "instead"),
        ({"colour": "red"}, "colour"),
        ({"severity": "fatal"}, "severity"),
        ({"terms": ["!!"]}, "letter"),
        ({"terms": []}, "exactly one"),
        ({"pattern": "a"}, "exactly one"),
        ({"terms": [], "pattern": "(unclosed"}, "missing )"),
        ({"terms": [], "pattern": r"(?=x)"}, "invalid perl operator"),
        ({"terms": [], "pattern": "a*"}, "empty text"),
        ({"raise_tier": 7}, "raise_tier"),
    ],
)
def test_a_rule_that_is_not_understood_is_refused_by_name(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidInputs) as caught:
        load_pack(pack(terms({**RULE, "id": "good"}, {**RULE, **change})), "ours")
    assert complaint in caught.value.why
    assert "cheap" in caught.value.why
    assert "ours" in caught.value.what


@pytest.mark.parametrize("missing", ["why", "instead"])
def test_a_rule_without_why_or_instead_is_refused(missing: str) -> None:
    with pytest.raises(InvalidInputs, match="rule-pack") as caught:
        load_pack(pack(terms({key: value for key, value in RULE.items() if key != missing})))
    assert missing in caught.value.why


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just words",
        "a: [",
        "- 1",
        "pack: x\nversion: 1\ntitle: t\nchecks: 5",
        pack([], extra=1),
        "x: &a [1]\ny: *a",
        pack([{"name": "a", "on_failure": "allow"}]),
        pack([{"name": "personal_data", "rules": {"kinds": ["shoe-size"]}}]),
        pack([{"name": "secrets", "rules": {"patterns": [{"id": "x", "what": "x", "pattern": "x(", "why": "y"}]}}]),
        pack([{"name": "output_contract", "rules": {"x": 1}}]),
    ],
)
def test_what_is_no_rule_pack_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputs):
        load_pack(text)


def test_an_id_used_twice_in_a_pack_is_refused() -> None:
    with pytest.raises(InvalidInputs, match="rule-pack") as caught:
        load_pack(pack(terms(RULE, RULE)))
    assert "twice" in caught.value.why


def test_two_packs_may_have_rules_of_one_name_and_a_finding_says_whose_it_is() -> None:
    other = load_pack(pack(terms({**RULE, "terms": ["tacky"]}), "second"))
    (check,) = build_policy([load_pack(pack(terms(RULE))), other]).checks
    assert [rule["id"] for rule in check.rules["rules"]] == ["ours.cheap", "second.cheap"]
    assert load_pack(other.model_dump_json()) == other


def test_packs_are_joined_and_the_stricter_failure_holds() -> None:
    first = load_pack(pack([*terms(RULE), {"name": "secrets", "on_failure": "deny", "sides": ["input"]}]))
    second = load_pack(pack([*terms({**RULE, "id": "tacky"}), {"name": "secrets", "sides": ["output"]}], "second"))
    joined = {check.name: check for check in build_policy([first, second]).checks}
    assert [rule["id"] for rule in joined["copy_rules"].rules["rules"]] == ["ours.cheap", "second.tacky"]
    assert joined["secrets"].on_failure == "deny"
    assert joined["secrets"].sides == ("input", "output")


def test_a_check_of_a_plugin_may_have_rules_of_its_own() -> None:
    policy = Policy(checks=(CheckRule(name="competitors", rules={"names": ["Acme"]}),))
    assert policy.checks[0].data["names"] == ["Acme"]


def test_a_policy_without_checks_or_with_one_twice_is_refused() -> None:
    with pytest.raises(ValidationError):
        Policy(checks=())
    with pytest.raises(ValidationError):
        Policy(checks=(CheckRule(name="a"), CheckRule(name="a")))


def test_every_shipped_rule_names_its_source_and_the_day_it_was_read() -> None:
    for path in Path(hub.governance.__path__[0], "packs").glob("*.yaml"):
        for check in load_pack(path.read_text("utf-8"), path.stem).checks:
            # What a model is asked cannot be tried out on two texts.
            asked = check.name == "judge"
            for rule in check.rules.get("rules", []):
                assert rule["source"] and rule["checked_on"], rule["id"]
                assert asked or (len(rule["tests"]["pass"]) >= 2 and len(rule["tests"]["fail"]) >= 2), rule["id"]
