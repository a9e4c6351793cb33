"""Conditions: which answer the inputs allow. A licence that has run out is never clear, however its day is written."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain import Context
from hub.errors import BadRequest, InvalidInputs
from hub.templates import Contract, FieldSpec, Limit, Template, load, shipped
from hub.templates.conditions import earliest

PROMPTS = Path(__file__).parents[2] / "prompts"
TODAY = date(2026, 11, 26)
DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 12, 31))
MONTHS = tuple(f"{date(2026, number, 1):%B}" for number in range(1, 13))
#: Ways to write a day that can mean one day only.
SURE = (
    lambda day: day.isoformat(),
    lambda day: f"{day.isoformat()}T00:00:00.000Z",
    lambda day: f"{day.isoformat()} 23:59",
    lambda day: f"{day.day} {MONTHS[day.month - 1]} {day.year}",
    lambda day: f"{MONTHS[day.month - 1]} {day.day}, {day.year}",
    lambda day: f"on {day.day}. {MONTHS[day.month - 1][:3]} {day.year} at midnight",
)
#: And those where day and month may stand the other way round.
UNSURE = (
    lambda day: f"{day.day:02}/{day.month:02}/{day.year}",
    lambda day: f"{day.month}/{day.day}/{day.year}",
    lambda day: f"{day.day}.{day.month}.{day.year}",
    lambda day: f"{day.day:02}-{day.month:02}-{day.year % 100:02}",
)
LABELS = ("Licence expires", "license_expiry", "Rights: expiry", "EXPIRATION DATE", "Model release valid until")


@pytest.fixture(scope="module")
def rights() -> Template:
    return shipped()["asset-copy-and-rights-check"]


def breaches(rights: Template, record: str, *, status: str = "clear", **more: Any) -> set[str]:
    """Which rules a verdict on this record breaks, apart from those that only ask for a review."""
    values = rights.accept({"record": record, **more}, today=TODAY)
    said = json.dumps({"variants": [{"rights_status": status, "rights_note": "As the record says.", "rests_on": []}]})
    found = rights.contract.breaches(rights.contract.parse(said), values)
    return {one.rule for one in found if one.raise_tier is None}


@given(until=DAYS, on=DAYS, write=st.sampled_from(SURE), label=st.sampled_from((LABELS[0], LABELS[1], *LABELS[3:])))
def test_a_licence_is_called_clear_up_to_its_last_day_and_never_after(
    rights: Template, until: date, on: date, write: Any, label: str
) -> None:
    found = breaches(rights, f"File: a.png\n{label}: {write(until)}", day=on.isoformat())
    assert found == ({"input_in_time"} if until < on else set())


@given(until=DAYS, on=DAYS, write=st.sampled_from(UNSURE), late=st.sampled_from(SURE))
def test_a_day_that_may_mean_two_is_never_clear_once_either_has_passed(
    rights: Template, until: date, on: date, write: Any, late: Any
) -> None:
    # A second line that is fine makes up for nothing.
    record = f"Licence expires: {write(until)}\nRelease expires: {late(on + timedelta(days=1))}"
    found = breaches(rights, record, day=on.isoformat())
    if until < on:
        assert found == {"input_in_time"}


@given(st.text(max_size=60).filter(lambda text: "\n" not in text and text.strip()))
def test_whatever_stands_in_the_place_of_a_day_an_expired_licence_beside_it_is_not_clear(
    rights: Template, text: str
) -> None:
    found = breaches(rights, f"Valid until: {text}\nLicence expires: 2026-11-25")
    assert "input_in_time" in found


@given(DAYS.filter(lambda day: day < TODAY), st.sampled_from(SURE), st.text(max_size=300))
def test_nothing_else_in_a_record_makes_an_expired_licence_clear(
    rights: Template, until: date, write: Any, around: str
) -> None:
    assert "input_in_time" in breaches(rights, f"{around}\nLicence expires: {write(until)}\n{around}")


@pytest.mark.parametrize(
    "said",
    [
        "soon",
        "31.12.",
        "12/2027",
        "1 May",
        "until revoked",
        "2027-02-30",
        "20271231",
        "1893456000",
        "2027",
        "?",
        "32 May 2027",
    ],
)
def test_a_day_that_cannot_be_read_for_certain_is_not_clear(rights: Template, said: str) -> None:
    assert breaches(rights, f"Licence expires: {said}") == {"input_in_time"}


@pytest.mark.parametrize("said", ["never", "Perpetual", "unlimited.", "does not expire", "unbefristet"])
def test_a_licence_without_an_end_is_clear(rights: Template, said: str) -> None:
    assert breaches(rights, f"Licence expires: {said}") == set()


def test_a_month_counts_from_its_first_day() -> None:
    assert earliest("December 2026") == date(2026, 12, 1)
    assert earliest("from 2024-01-01 to 2026-12-31") == date(2024, 1, 1)
    assert earliest("no day at all") is None


@pytest.mark.parametrize("status", ["needs attention", "blocked"])
def test_the_careful_verdicts_are_free(rights: Template, status: str) -> None:
    for record in ("Licence expires: 2020-01-01", "Nothing is known.", "Licence expires: 2030-01-01"):
        assert breaches(rights, record, status=status) == set()


def test_the_day_of_the_run_counts_where_none_is_sent(rights: Template) -> None:
    assert rights.accept({"record": "a"}, today=TODAY)["day"] == "2026-11-26"
    assert rights.accept({"record": "a", "day": ""}, Context(text="b"), today=TODAY)["day"] == "2026-11-26"
    assert rights.accept({"record": "a", "day": "2026-12-24"}, today=TODAY)["day"] == "2026-12-24"
    for wrong in ("26.11.2026", "tomorrow", "2026-02-30"):
        with pytest.raises(InvalidInputs) as caught:
            rights.accept({"record": "a", "day": wrong}, today=TODAY)
        assert "2026-11-26" in caught.value.fields["day"]


def test_without_any_day_to_compare_with_nothing_is_clear(rights: Template) -> None:
    values = rights.accept({"record": "Licence expires: 2099-01-01"})
    draft = rights.contract.parse(
        '{"variants": [{"rights_status": "clear", "rights_note": "As the record says.", "rests_on": []}]}'
    )
    assert {one.rule for one in rights.contract.breaches(draft, values)} == {"input_in_time"}


def small(*limits: Limit) -> Contract:
    return Contract(fields={"text": FieldSpec(), "tags": FieldSpec(type="array")}, limits=limits)


def rules(contract: Contract, values: dict[str, Any], tags: tuple[str, ...] = ("a",)) -> list[str]:
    draft = contract.parse(json.dumps({"variants": [{"text": "yes", "tags": tags}]}))
    return [one.rule for one in contract.breaches(draft, values)]


def test_a_limit_with_given_counts_only_where_that_input_says_something() -> None:
    contract = small(Limit(rule="must_contain", field="text", values=("#ad",), given="partner"))
    for nothing in ("", "  ", None, [], 0):
        assert rules(contract, {"partner": nothing}) == []
    assert rules(contract, {}) == []
    assert rules(contract, {"partner": "Ada Works"}) == ["must_contain"]


def test_what_is_chosen_is_an_item_of_the_list_and_not_a_part_of_one() -> None:
    contract = small(Limit(rule="chosen", field="tags", input="house"))
    assert rules(contract, {"house": ["Dog food", "a"]}, ("DOG  food", "A")) == []
    assert rules(contract, {"house": ["Dog food"]}, ("dog",)) == ["chosen"]
    assert rules(contract, {"house": []}, ("a", "b")) == ["chosen", "chosen"]


def test_a_line_says_something_by_its_label_and_nothing_by_a_no() -> None:
    contract = small(Limit(rule="input_says", input="record", values=("made by ai", "source: drawn by hand")))
    for said in ("Made by AI: a generator", "Was it made by AI?: yes", "picture_source: Drawn by Hand, 1999"):
        assert rules(contract, {"record": f"File: a\n{said}"}) == []
    for unsaid in (
        "",
        "Made by AI: no",
        "Made by AI:",
        "File: made by AI",
        "source: hand-drawn",
        "Not remade by AIs: x",
    ):
        assert rules(contract, {"record": unsaid}) == ["input_says"]


def test_words_that_must_or_must_not_stand_in_an_input_are_whole_words() -> None:
    lacks = small(Limit(rule="input_lacks", input="layers", names=("banned", "also")))
    assert rules(lacks, {"layers": "The cheapest drill", "banned": ["cheap"], "also": ""}) == []
    assert (
        rules(lacks, {"layers": "Dirt CHEAP!", "banned": ["cheap", "best"], "also": "dirt  cheap"})
        == ["input_lacks"] * 2
    )
    assert rules(lacks, {"layers": "50% off", "banned": ["50%"]}) == ["input_lacks"]
    holds = small(Limit(rule="input_holds", input="layers", names=("disclaimer",)))
    assert rules(holds, {"layers": "Nine hours.\nTerms  apply.", "disclaimer": "terms apply."}) == []
    assert rules(holds, {"layers": "", "disclaimer": "Terms apply."}) == ["input_holds"]


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("{rule: input_in_time, values: [until], names: [text]}", "input_in_time needs input"),
        ("{rule: input_in_time, input: text, names: [text]}", "input_in_time needs values"),
        ("{rule: input_in_time, input: text, values: [until]}", "input_in_time needs names"),
        ("{rule: input_lacks, input: text}", "input_lacks needs names"),
        ("{rule: chosen, input: text}", "chosen needs field"),
        ("{rule: input_holds, input: text, names: [nobody]}", "names the input 'nobody', which is not declared"),
        ("{rule: must_contain, values: [a], given: nobody}", "names the input 'nobody', which is not declared"),
    ],
)
def test_a_limit_that_lacks_a_part_is_refused_with_its_line(limit: str, said: str) -> None:
    source = (PROMPTS / "rewrite-in-brand-voice.prompty").read_text("utf-8")
    at = source.index("    limits:\n") + len("    limits:\n")
    with pytest.raises(BadRequest) as caught:
        load("rewrite-in-brand-voice", f"{source[:at]}      - {limit}\n{source[at:]}")
    assert said in caught.value.what
    assert f"line {source[:at].count(chr(10)) + 1}:" in caught.value.what


@pytest.mark.parametrize(
    ("wrong", "said"), [("picture: yes", "metadata.picture"), ("picture: always", "metadata.picture")]
)
def test_whether_a_template_looks_at_a_picture_is_one_of_three_words(wrong: str, said: str) -> None:
    source = (PROMPTS / "alt-text-and-metadata.prompty").read_text("utf-8")
    assert load("alt-text-and-metadata", source).picture == "required"
    with pytest.raises(BadRequest) as caught:
        load("alt-text-and-metadata", source.replace("picture: required", wrong))
    line = next(at for at, one in enumerate(source.split("\n"), 1) if one.strip() == "picture: required")
    assert said in caught.value.what and f"line {line}:" in caught.value.what
    again = Template.model_validate_json(load("alt-text-and-metadata", source).model_dump_json())
    assert again.picture == "required"


def test_a_template_that_says_nothing_of_pictures_looks_at_none() -> None:
    template = shipped()["rewrite-in-brand-voice"]
    assert template.picture == "none"
    older = template.model_dump(exclude={"picture"})
    assert Template.model_validate(older).picture == "none"
