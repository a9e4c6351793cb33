"""Figures: what a record gives, what is calculated from it, and which numbers of a draft are none of them."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.templates import Contract, FieldSpec, Limit
from hub.templates.exact import strays
from hub.templates.figures import Derived, completed, of_record, read
from hub.templates.figures import given as figures_of

FACTS = {
    "budgeted_cost": 12000.0,
    "actual_cost": 9100.5,
    "leads": 310,
    "responses": 1200,
    "opportunities": 14,
    "won_opportunities": 5,
    "amount_won": 48000,
    "expected_response_percent": 12.5,
    "currency": "EUR",
    "start": "2026-09-01",
    "end": "2026-10-31",
}
DERIVED = {
    "cost per lead": Derived(of="actual_cost", per="leads"),
    "win_rate": Derived(of="won opportunities", per="opportunities", percent=True, decimals=1),
    "budget left": Derived(of="budgeted cost", less="actual cost"),
    "cost per click": Derived(of="actual cost", per="clicks"),
}
LINES = completed(of_record(FACTS), DERIVED)


def said(text: str, lines: list[str] = LINES, names: tuple[str, ...] = ("Spring 2026",)) -> list[str]:
    found = strays(text, figures_of(lines), names)
    assert all(text[slice(*span)] for _, span in found)
    return [text[slice(*span)].strip() for _, span in found]


def test_a_record_gives_a_line_for_each_number_day_and_its_currency() -> None:
    strange = {"name": "Spring 2026", "active": True, "owner": None, "more": {"a": 1}, "odd": float("nan")}
    lines = of_record({**FACTS, **strange, "modified": "2026-11-02T10:15:00.000+0000", "exact": Decimal("0.10")})
    assert lines == [
        "budgeted cost: 12000", "actual cost: 9100.5", "leads: 310", "responses: 1200", "opportunities: 14",
        "won opportunities: 5", "amount won: 48000", "expected response: 12.5 %", "currency: EUR", "start: 2026-09-01",
        "end: 2026-10-31", "modified: 2026-11-02", "exact: 0.10",
    ]  # fmt: skip


def test_what_is_derived_stands_behind_what_was_given_and_only_where_both_parts_are_there() -> None:
    assert LINES[-3:] == ["cost per lead: 29.36", "win rate: 35.7 %", "budget left: 2899.5"]
    assert completed(["leads: 0", "actual cost: 5"], DERIVED) == ["leads: 0", "actual cost: 5"]


def test_a_derived_figure_that_was_given_is_not_calculated_again() -> None:
    assert completed(["leads: 2", "actual cost: 5", "Cost per lead: 3"], DERIVED)[-1] == "Cost per lead: 3"


@settings(deadline=None)
@given(of=st.integers(-(10**12), 10**12), per=st.integers(1, 10**9), decimals=st.integers(0, 6), percent=st.booleans())
def test_a_quotient_is_the_exact_one_rounded_once(of: int, per: int, decimals: int, percent: bool) -> None:
    rule = Derived(of="a", per="b", decimals=decimals, percent=percent)
    value = read(completed([f"a: {of}", f"b: {per}"], {"c": rule})[-1]).value
    exact = Fraction(of * (100 if percent else 1), per)
    assert isinstance(value, Decimal)
    distance = abs(Fraction(value) - exact)
    assert distance <= Fraction(1, 2 * 10**decimals)
    if distance == Fraction(1, 2 * 10**decimals):
        assert abs(Fraction(value)) > abs(exact)


@pytest.mark.parametrize(
    "line",
    ["leads", "leads: many", ": 5", "leads: 1,200", "leads: 0310", "start: 2026-02-30", "name: EUR", "5: 5", "leads: "],
)
def test_a_line_that_holds_no_figure_is_refused_in_words(line: str) -> None:
    with pytest.raises(ValueError, match="item 2 should be a label, a colon"):
        completed(["leads: 1", line], {})


def test_one_label_has_one_value() -> None:
    assert completed(["leads: 1", "leads: 1"], {}) == ["leads: 1"]
    with pytest.raises(ValueError, match="item 2 gives 'Leads' a second value"):
        completed(["leads: 1", "Leads: 2"], {})


@pytest.mark.parametrize(
    "rule", [{"of": "a"}, {"of": "a", "per": "b", "less": "c"}, {"of": "a", "less": "b", "percent": True}]
)
def test_a_derived_figure_is_a_quotient_or_a_difference(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Derived.model_validate(rule)


@pytest.mark.parametrize(
    "text",
    [
        "1,200 responses and 310 leads for €9,100.50, or 29.36 EUR per lead.",
        "1.200 Antworten, 9.100,50 EUR, 35,7 %",
        "1\u202f200 responses, 9'100.50 euros, 12 000 €, 35.7 per cent",
        "A budget of 12k and 48 thousand euros won",
        "Five won opportunities of fourteen opportunities",
        "14 opportunities, of which 5 opportunities were won",
        "Leads: 310\nresponses = 1200\nWon opportunities: 5",
        "- 310 leads\n- 5 won",
        "From 1 September 2026 to Oct 31st, 2026, which is 01.09.2026 to 10/31/2026",
        "Vom 1. September bis zum 31. Oktober 2026; du 1er septembre; el 31 de octubre de 2026; in September 2026",
        "Spring 2026 was a B2B campaign",
        "Expected response of 12.5 %, a win rate of 35.7 %, a budget left of 2,899.50 EUR",
        "Nothing to report.",
        "",
    ],
)
def test_a_given_figure_may_be_written_in_any_usual_way(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("311 leads", ["311"]),
        ("9,101 EUR", ["9,101 EUR"]),  # rounded
        ("about 9.1k", ["9.1k"]),
        ("35.7 of them", ["35.7"]),  # the sign is gone
        ("310 %", ["310 %"]),  # a sign that was not there
        ("310 ‰", ["310 ‰"]),
        ("-310 leads", ["-310"]),
        ("minus 5", ["minus 5"]),
        ("$12,000", ["$12,000"]),
        ("USD 48,000", ["USD 48,000"]),
        ("12,000 pounds", ["12,000 pounds"]),
        ("310 responses", ["310"]),  # a given figure with another one's label
        ("14 won opportunities", ["14"]),
        ("Leads: 1,200", ["1,200"]),
        ("A win rate of 12.5 %", ["12.5 %"]),
        ("1.200 responses for 9,100.50 EUR", ["1.200"]),  # two ways of writing in one text
        ("2 September 2026", ["2 September 2026"]),
        ("02.09.2026", ["02.09.2026"]),
        ("September 2027", ["September 2027"]),
        ("on 2026-09-02", ["2026-09-02"]),
        ("twelve leads, a dozen more, a hundred percent", ["twelve", "a dozen", "a hundred percent"]),
        ("½ of them, 5² and Ⅳ", ["½", "²", "Ⅳ"]),
        ("Q3, 24/7", ["3", "24", "7"]),
        ("Spring 2025, xSpring 20269", ["2025", "20269"]),
        ("0310 leads, 3100 leads, 31 leads", ["0310", "3100", "31"]),
        ("٣١١ leads", ["٣١١"]),
    ],
)
def test_a_number_that_is_not_the_given_one_is_named(text: str, strange: list[str]) -> None:
    assert said(text) == strange


def test_the_sentence_says_what_is_wrong() -> None:
    figures = figures_of(LINES)
    for text, words in (
        ("311", "'311' is none of the figures that were given."),
        ("310 responses", "'310' stands with 'responses', which is 1200."),
        ("$5", "'$5' has a currency that was not given: the amounts are in EUR."),
        ("3 May", "'3 May' is none of the dates that were given."),
    ):
        assert [message for message, _ in strays(text, figures)] == [words]
    assert "no currency was given" in strays("5 €", figures_of(["leads: 5"]))[0][0]


def test_a_long_number_is_compared_to_its_last_digit() -> None:
    lines = ["sum: 123456789012345678.123456789012"]
    assert said("123,456,789,012,345,678.123456789012", lines) == []
    assert said("123,456,789,012,345,678.123456789013", lines) == ["123,456,789,012,345,678.123456789013"]
    assert said("0.1k, 100", ["a: 100"]) == []


def test_a_draft_full_of_strange_numbers_names_twenty() -> None:
    made = contract()
    draft = made.parse(json.dumps({"variants": [{"copy": "7, " * 5000, "note": ""}]}))
    assert len(made.breaches(draft, {"figures": LINES})) == 20


def test_a_campaign_that_is_called_by_a_number_lets_no_number_through() -> None:
    assert said("500 leads", names=("500",)) == ["500"]
    assert said("Terra 500 brought 310 leads, not 500", names=("Terra 500",)) == ["500"]


def test_a_placeholder_for_personal_data_is_no_number() -> None:
    assert said("Call [PHONE_1_k3f9] about the 310 leads", ["phone: [PHONE_1_k3f9]", "leads: 310"]) == []


NOUNS = ["leads", "responses", "contacts", "won opportunities", "budgeted cost", "actual cost", "amount won", "clicks"]


def grouped(value: Decimal, thousands: str, point: str) -> str:
    return f"{value:,f}".replace(",", "t").replace(".", point).replace("t", thousands)


@st.composite
def summaries(draw: st.DrawFn) -> tuple[list[str], str]:
    """Random facts, and a summary that says them right, with separators of one language."""
    labels = draw(st.lists(st.sampled_from(NOUNS), min_size=2, max_size=8, unique=True))
    facts: dict[str, Any] = {}
    for label in labels:
        money = "cost" in label or "amount" in label
        cents = st.integers(0, 10**10).map(lambda whole: Decimal(whole) / 100)
        facts[label.replace(" ", "_")] = draw(cents if money else st.integers(0, 10**7))
    facts["currency"] = "EUR"
    facts["start"] = draw(st.dates(date(2000, 1, 1), date(2099, 12, 31))).isoformat()
    lines = completed(of_record(facts), DERIVED)
    thousands, point = draw(
        st.sampled_from([(",", "."), (".", ","), ("\u202f", ","), ("", "."), (" ", ","), ("'", ".")])
    )
    style = draw(st.sampled_from(["line", "sentence"]))
    parts = []
    for figure in figures_of(lines):
        if isinstance(figure.value, Decimal):
            shown = grouped(figure.value, thousands, point) + (" %" if figure.percent else "")
            money = any(word in figure.label for word in ("cost", "amount", "budget"))
            shown += " EUR" if money else ""
            line = style == "line" or money or figure.percent
            parts.append(f"{figure.label}: {shown}" if line else f"We had {shown} {figure.label}")
        elif isinstance(figure.value, date):
            parts.append(f"It began on {figure.value.day} {figure.value:%B %Y}")
    return lines, ".\n".join(parts) + "."


@settings(max_examples=300, deadline=None)
@given(made=summaries(), data=st.data())
def test_a_right_summary_passes_and_any_one_digit_changed_is_caught(
    made: tuple[list[str], str], data: st.DataObject
) -> None:
    lines, text = made
    figures = figures_of(lines)
    assert strays(text, figures) == []
    at = data.draw(st.sampled_from([index for index, character in enumerate(text) if character.isdecimal()]))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != text[at]]))
    changed = text[:at] + other + text[at + 1 :]
    found = strays(changed, figures)
    assert found, changed
    assert any(start <= at < end for _, (start, end) in found), (changed, found)


@settings(max_examples=100, deadline=None)
@given(made=summaries())
def test_a_figure_under_the_label_of_another_is_caught(made: tuple[list[str], str]) -> None:
    lines, _ = made
    figures = [figure for figure in figures_of(lines) if isinstance(figure.value, Decimal) and not figure.percent]
    first, second = figures[0], figures[1]
    assume(first.value != second.value)
    assert strays(f"{first.label}: {second.written}", figures) != []


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet="0123456789.,' -−–%€$kMQ½²aftwo\u202f:/\n", max_size=60))
def test_any_text_is_read_and_every_digit_is_accounted_for(text: str) -> None:
    found = strays(text, [])
    inside = {at for _, (start, end) in found for at in range(start, end)}
    # B2B and its like are names and no numbers.
    inside |= {at for match in re.finditer(r"(?<!\w)[A-Z]\d[A-Z](?!\w)", text, re.ASCII) for at in range(*match.span())}
    assert {at for at, character in enumerate(text) if character.isdecimal()} <= inside


def contract(**limit: Any) -> Contract:
    return Contract(
        fields={"copy": FieldSpec(), "note": FieldSpec()},
        text="{{ copy }}",
        limits=(
            Limit.model_validate({"rule": "figures", "input": "figures", "why": "Why.", "instead": "So.", **limit}),
        ),
    )


def test_a_breach_of_figures_carries_the_number_its_place_and_the_words_of_the_template() -> None:
    made = contract(names=["campaign"])
    draft = made.parse(json.dumps({"variants": [{"copy": "Spring 2026: 311 leads", "note": ""}]}))
    (breach,) = made.breaches(draft, {"figures": LINES, "campaign": "Spring 2026"})
    assert (breach.rule, breach.where, breach.why, breach.instead) == ("figures", "variant 1", "Why.", "So.")
    assert breach.span is not None and draft.variants[0].text[slice(*breach.span)] == "311"
    assert "'311'" in breach.message


def test_a_number_in_a_claim_a_disclosure_or_a_field_that_is_not_printed_is_looked_at_too() -> None:
    answer = {
        "variants": [{"copy": "310 leads", "note": "312 leads"}],
        "claims": [{"text": "313 leads", "evidence_id": "E-99"}],
        "disclosures": ["314 leads"],
    }
    made = contract()
    found = made.breaches(made.parse(json.dumps(answer)), {"figures": LINES})
    assert [breach.message.split("'")[1] for breach in found] == ["312", "313", "314"]


def test_without_figures_no_number_passes() -> None:
    made = contract()
    draft = made.parse(json.dumps({"variants": [{"copy": "310 leads", "note": ""}]}))
    for values in ({}, {"figures": []}, {"figures": None}):
        assert [breach.rule for breach in made.breaches(draft, values)] == ["figures"]


def test_days_near_each_other_are_told_apart() -> None:
    lines = [f"start: {date(2026, 3, 31)}", f"end: {date(2026, 3, 31) + timedelta(days=1)}"]
    assert said("31 March to April 1, 2026", lines) == []
    assert said("1 March to April 31, 2026", lines) == ["1 March", "April 31, 2026"]
