"""Every kind of detector finds what its rule is about, at its place, with its fix, and lets the rest pass."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.domain import Draft, Finding, Outcome, Variant
from hub.errors import InvalidInputs
from hub.governance.copy_rules import CopyRules
from hub.governance.policy import CheckRule, Pack, build_policy, load_pack
from hub.governance.rules import RuleData
from hub.sdk.check import Subject


def examine(text: str, rule: dict[str, Any], *, draft: Draft | None = None, **more: Any) -> list[Finding]:
    registers = more.pop("registers", {})
    data = RuleData({"rules": [{"id": "r", "why": "w", "instead": "i", **rule}], "registers": registers})
    subject = Subject(
        **{"side": "output", "team": "t", "template": "x", "texts": {"v": text}, "rules": data, "draft": draft, **more}
    )
    return list(CopyRules().examine(subject))


def cut(text: str, finding: Finding) -> str | None:
    return text[slice(*finding.span)] if finding.span else None


SWAPS = {"swaps": {"whitelist": "allowlist", "e-mail": "email", "iphone": "iPhone"}}
FREE = {"when": {"terms": ["free"]}, "needs": {"pattern": r"terms|until \d"}}
CASES: list[tuple[dict[str, Any], str, list[str | None]]] = [
    ({"terms": ["cheap"]}, "A cheap, CHEAP thing", ["cheap", "CHEAP"]),
    ({"terms": ["cheap"]}, "A сheаp trick", ["сheаp"]),
    ({"terms": ["cheap"]}, "ch\u200eeap \u200fcheap", ["ch\u200eeap", "cheap"]),
    ({"terms": ["сор"]}, "Это сор, and this is English with сор in it, mostly English words", ["сор", "сор"]),
    ({"terms": ["cop"]}, "Вынеси сор из избы, пожалуйста", []),
    ({"terms": ["risk free"]}, "risk \n\t free, and risk  free", ["risk \n\t free", "risk  free"]),
    ({"pattern": r"\b[A-Z]{5,}\b", "match_case": True}, "HUGE sale, GIANT sale, Straße ENORM", ["GIANT", "ENORM"]),
    ({"pattern": r"up to \d+", "unless": ["up to 12 months"]}, "up to 50, up to 12 months", ["up to 50"]),
    (SWAPS, "Whitelist the E-Mail on an iPhone and an IPHONE, please email", ["Whitelist", "E-Mail", "IPHONE"]),
    ({"require": {"terms": ["unsubscribe"]}}, "Hello\nUnsubscribe here", []),
    ({"require": {"terms": ["unsubscribe"]}}, "Hello", [None]),
    ({"require": {"terms": ["unsubscribe"]}}, "  ", []),
    ({"needs": FREE}, "It is free.\nSee the terms.\n\nFREE for you\n\nfree until 3 May", ["FREE"]),
    ({"needs": {**FREE, "within": "sentence"}}, "Free now. See the terms. Free, terms apply.", ["Free"]),
    ({"needs": {**FREE, "within": "text"}}, "Free now.\n\n\nSee the terms.", []),
    ({"count": {"of": {"pattern": "!"}, "max": 1}}, "One! Two! Three!", ["!"]),
    ({"count": {"of": {"pattern": "!"}, "max": 1, "per": "sentence"}}, "One! Two! Three!", []),
    ({"count": {"of": {"terms": ["book"]}, "min": 1}}, "Nothing to see", [None]),
    ({"count": {"of": {"terms": ["book"]}, "min": 1}}, "Book now", []),
    ({"length": {"max": 3, "per": "sentence"}}, "One two three. One two three four. Five", ["One two three four."]),
    ({"length": {"max": 5, "unit": "characters"}}, "Straße", [None]),
    ({"length": {"max": 6, "unit": "characters"}}, "Straße", []),
    ({"measure": {"of": "capitals_share", "max": 0.5}}, "BUY NOW or so", [None]),
    ({"measure": {"of": "sentence_words", "max": 5}}, "One two three. Four five six, e.g. this. Eight.", []),
    ({"consistent": [["colour", "color"], ["email", "e-mail"]]}, "Colour, email, color, Color", ["color", "Color"]),
    ({"consistent": [["colour", "color"]]}, "color and color", []),
    ({"lookup": "competitors"}, "Better than Acme and Acmeville", ["Acme"]),
]


@pytest.mark.parametrize(("rule", "text", "found"), CASES)
def test_a_detector_finds_its_places(rule: dict[str, Any], text: str, found: list[str | None]) -> None:
    assert [cut(text, finding) for finding in examine(text, rule, registers={"competitors": ["Acme"]})] == found


def test_a_swap_offers_the_right_word_with_the_capitals_of_the_wrong_one() -> None:
    text = "Whitelist, WHITELIST and whitelist on an IPHONE"
    assert [f.fix for f in examine(text, SWAPS)] == ["Allowlist", "ALLOWLIST", "allowlist", "iPhone"]
    (other,) = examine("Colour and Color", {"consistent": [["colour", "color"]]})
    assert other.fix == "Colour"


def test_one_rules_longer_phrase_does_not_hide_another_rules_word() -> None:
    rules = [
        {"id": "a", "terms": ["free gift"], "why": "w", "instead": "i"},
        {"id": "b", "needs": FREE, "why": "w", "instead": "i"},
        {"id": "c", "terms": ["gift"], "why": "w", "instead": "i"},
    ]
    subject = Subject(
        side="output", team="t", template="x", texts={"v": "A free gift"}, rules=RuleData({"rules": rules})
    )
    assert sorted(f.rule for f in CopyRules().examine(subject)) == ["a", "b", "c"]


HARD = (
    "The implementation of interdepartmental communication methodologies is facilitated by the establishment of "
    "comprehensive organisational infrastructure, which was developed in consideration of the requirements that are "
    "identified by the stakeholders of the participating institutions."
)
EASY = "You open the page. You pick a plan. It is done in a day. You can go back to the old one at any time."


def test_a_hard_text_has_a_higher_grade_than_an_easy_one_and_german_has_none() -> None:
    rule = {"measure": {"of": "grade", "max": 10}, "message": "Grade {found}."}
    (finding,) = examine(HARD, rule)
    assert int(finding.message.removeprefix("Grade ").removesuffix(".")) > 20
    assert not examine(EASY, rule)
    german = (
        "Die Voraussetzungen der Zusammenarbeit verschiedener Abteilungen werden durch Organisation geschaffen. " * 3
    )
    assert not examine(german, rule)


def test_the_passive_is_counted_by_sentence() -> None:
    rule = {"measure": {"of": "passive_share", "max": 0.2}}
    assert examine("The plan was made by us. It is written in the book. You read it.", rule)
    assert not examine(
        "We made the plan for you. You read it in the book. It is good. It is for you. We like it.", rule
    )


def test_letters_shown_in_reverse_are_held_whatever_they_spell() -> None:
    (finding,) = examine("A \u202epaehc\u202c trick", {"terms": ["cheap"]})
    assert (finding.rule, finding.outcome, finding.span) == ("copy-rules.reversed-letters", Outcome.HOLD, (2, 3))
    assert not examine("שלום \u2067cheapness\u2069", {"terms": ["cheap"]})


def test_a_rule_applies_where_it_says() -> None:
    rule = {"terms": ["cheap"], "applies": {"templates": ["ads"], "surfaces": ["dam"]}}
    assert examine("cheap", rule, template="ads", surface="dam")
    assert not examine("cheap", rule, template="ads", surface="api")
    assert not examine("cheap", rule, template="mail", surface="dam")


def test_a_rule_of_a_field_looks_at_that_field_alone_and_at_each_item_of_a_list() -> None:
    rule = {
        "length": {"max": 10, "unit": "characters"},
        "applies": {"fields": ["headlines"]},
        "message": "{found} long",
    }
    draft = Draft(variants=(Variant(text="A text that is much longer", fields={"headlines": ["short", "x" * 11]}),))
    (finding,) = examine("A text that is much longer", rule, draft=draft)
    assert (finding.where, finding.message, finding.span) == ("variant 1, headlines", "11 long", None)


def test_what_has_to_stand_in_a_text_is_asked_of_drafts_alone() -> None:
    rule = {"require": {"terms": ["unsubscribe"]}}
    assert examine("Hello", rule)[0].outcome is Outcome.HOLD
    assert not examine("Hello", rule, side="input")
    assert not examine("Hello", rule, contract={"write": "comments"})


def test_registers_of_two_packs_are_joined() -> None:
    rule = {"id": "rival", "lookup": "rivals", "why": "w", "instead": "i"}

    def pack(name: str, rules: list[Any], rivals: list[str]) -> Pack:
        check = CheckRule(name="copy_rules", rules={"rules": rules, "registers": {"rivals": rivals}})
        return Pack(pack=name, version=1, title=name, checks=(check,))

    (check,) = build_policy([pack("ours", [rule], ["Acme"]), pack("theirs", [], ["Bolt"])]).checks
    subject = Subject(side="output", team="t", template="x", texts={"v": "Acme or Bolt"}, rules=check.data)
    assert [f.rule for f in CopyRules().examine(subject)] == ["ours.rival", "ours.rival"]


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ({"needs": {"when": {"terms": ["a"]}}}, "needs.needs"),
        ({"count": {"of": {"terms": ["a"]}}}, "'min' or 'max'"),
        ({"measure": {"of": "grade"}}, "'min' or 'max'"),
        ({"measure": {"of": "mood", "max": 1}}, "measure.of"),
        ({"swaps": {"!": "?"}}, "letter"),
        ({"consistent": [["one"]]}, "consistent"),
        ({"require": {}}, "'terms', 'pattern' or both"),
        ({"require": {"pattern": "x*"}}, "empty text"),
    ],
)
def test_a_detector_that_says_nothing_is_refused(rule: dict[str, Any], complaint: str) -> None:
    check = {"name": "copy_rules", "rules": {"rules": [{"id": "r", "why": "w", "instead": "i", **rule}]}}
    with pytest.raises(InvalidInputs) as caught:
        load_pack(json.dumps({"pack": "p", "version": 1, "title": "t", "checks": [check]}))
    assert complaint in caught.value.why
