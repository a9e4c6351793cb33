"""Banned terms are found at whole words in every spelling, with the exact place, and cost the same for thousands."""

from typing import Any

import pytest

from hub.domain import Finding, Outcome
from hub.governance.copy_rules import CopyRules
from hub.governance.lint import lint
from hub.governance.packs import names, shipped
from hub.governance.rules import RuleData
from hub.sdk.check import Subject


def examine(text: str, *rules: dict[str, Any], side: Any = "output") -> list[Finding]:
    data = RuleData({"rules": [{"why": "w", "instead": "i", **rule} for rule in rules]})
    return list(CopyRules().examine(Subject(side=side, team="t", template="x", texts={"v": text}, rules=data)))


def places(text: str, *rules: dict[str, Any]) -> list[str]:
    return [text[f.span[0] : f.span[1]] for f in examine(text, *rules) if f.span]


CHEAP = {"id": "cheap", "terms": ["cheap", "risk free", "café", "c++", "#1", "no. 1", "Straße", "guarantee"]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A CHEAP trick", ["CHEAP"]),
        ("cheaper, cheapest, uncheap, cheap_one, cheap2", []),
        ("cheap", ["cheap"]),
        ("cheap cheap,cheap", ["cheap", "cheap", "cheap"]),
        ("ch\u00adea\u200bp", ["ch\u00adea\u200bp"]),
        ("ｃｈｅａｐ", ["ｃｈｅａｐ"]),
        ("risk\u00a0\n free", ["risk\u00a0\n free"]),
        ("das café, die cafés, ein cafe\u0301", ["café", "cafe\u0301"]),
        ("écheap cheapé", []),
        ("we love C++ and #1", ["C++", "#1"]),
        ("STRASSE", ["STRASSE"]),
        ("😀cheap😀", ["cheap"]),
        ("数cheap cheap数", []),
        ("\ud800 cheap", ["cheap"]),
    ],
)
def test_a_term_is_found_as_a_whole_word_in_any_spelling(text: str, found: list[str]) -> None:
    assert places(text, CHEAP) == found


def test_of_terms_that_start_together_the_longest_counts() -> None:
    rule = {"id": "x", "terms": ["cure", "cures cancer", "cures"]}
    assert places("it cures cancer", rule) == ["cures cancer"]
    assert places("it cures cancerous", rule) == ["cures"]


def test_a_phrase_that_makes_the_word_fine_covers_it() -> None:
    rule = {"id": "g", "terms": ["guarantee"], "unless": ["money-back guarantee"]}
    assert places("A money‑back guarantee, and a guarantee", rule) == ["guarantee"]


def test_block_holds_the_output_and_everything_else_is_noted() -> None:
    for severity, side, outcome in [
        ("block", "output", Outcome.HOLD),
        ("warn", "output", Outcome.ALLOW),
        ("info", "output", Outcome.ALLOW),
        ("block", "input", Outcome.ALLOW),
    ]:
        rule = {"id": "c", "terms": ["cheap"], "severity": severity, "fix": "affordable", "raise_tier": 2}
        (finding,) = examine("cheap", rule, side=side)
        assert (finding.outcome, finding.fix, finding.raise_tier) == (outcome, "affordable", 2)
        assert finding.rule == "c"


def test_a_pattern_is_matched_on_the_folded_text_and_does_not_quote_what_it_caught() -> None:
    rule = {"id": "up", "pattern": r"up to \d+\s?%"}
    (finding,) = examine("Save UP TO 70\u00a0% – now", rule)
    assert finding.span == (5, 15)
    assert "70" not in finding.message


def test_thousands_of_terms_are_found_each_at_its_place() -> None:
    rules = [{"id": f"t{number}", "terms": [f"wort{number} ende"]} for number in range(5000)]
    text = "Anfang – wort17 ende, wort4999  ENDE und wort5000 ende"
    assert [f.rule for f in examine(text, *rules)] == ["t17", "t4999"]
    assert places(text, *rules) == ["wort17 ende", "wort4999  ENDE"]


def test_rules_that_changed_are_compiled_anew() -> None:
    check = CopyRules()

    def found(term: str) -> int:
        rules = RuleData({"rules": [{"id": "x", "terms": [term], "why": "w", "instead": "i"}]})
        return len(check.examine(Subject(side="output", team="t", template="x", texts={"v": "red blue"}, rules=rules)))

    assert (found("red"), found("green"), found("blue")) == (1, 0, 1)


def test_every_shipped_pack_passes_the_linter() -> None:
    assert {name: [str(complaint) for complaint in lint(shipped(name))] for name in names()} == {
        name: [] for name in names()
    }
