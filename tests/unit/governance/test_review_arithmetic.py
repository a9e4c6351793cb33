"""The arithmetic of reviews: working hours, the sampling ladder, who reads too fast, and planted errors."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.domain import Draft, Variant
from hub.governance.reviews import Ladder, Record, ReviewRules, plant, seconds_to_read, stamps
from hub.governance.reviews.reading import words_in

BERLIN = ZoneInfo("Europe/Berlin")
RULES = ReviewRules(zone="Europe/Berlin")


def at(day: str, hour: str) -> float:
    return datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=BERLIN).timestamp()


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        (("2026-11-25", "10:00"), ("2026-11-25", "14:00")),
        (("2026-11-25", "15:00"), ("2026-11-26", "11:00")),
        (("2026-11-25", "07:00"), ("2026-11-25", "13:00")),
        (("2026-11-25", "22:00"), ("2026-11-26", "13:00")),
        (("2026-11-27", "16:00"), ("2026-11-30", "12:00")),
        (("2026-11-28", "12:00"), ("2026-11-30", "13:00")),
        (("2026-03-27", "16:00"), ("2026-03-30", "12:00")),
    ],
    ids=["within a day", "over night", "before work", "after work", "over a weekend", "on a weekend", "clocks go on"],
)
def test_a_peer_has_four_working_hours(asked: tuple[str, str], due: tuple[str, str]) -> None:
    assert RULES.due(at(*asked), tier=2) == at(*due)


def test_a_specialist_has_two_working_days_and_a_sample_a_week() -> None:
    wednesday = at("2026-11-25", "09:00")
    assert RULES.due(wednesday, tier=3) == at("2026-11-26", "17:00")
    assert RULES.due(wednesday, tier=0, sample=True) == at("2026-12-01", "17:00")


@given(
    since=st.floats(1.7e9, 2.2e9),
    hours=st.floats(0.1, 100),
    zone=st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata"]),
)
def test_a_term_ends_within_working_hours_and_never_before_it_began(since: float, hours: float, zone: str) -> None:
    rules = ReviewRules(zone=zone)
    due = rules.after(since, hours)
    local = datetime.fromtimestamp(due, ZoneInfo(zone))
    assert due >= since + hours * 3600 - 1
    assert local.weekday() < 5
    assert 9 <= local.hour + local.minute / 60 <= 17.01


@pytest.mark.parametrize(
    "wrong", [{"zone": "Mars/Olympus"}, {"day": [17, 9]}, {"peer_hours": 0}, {"specialists": ["x"]}]
)
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ReviewRules.model_validate(wrong)


def test_the_ladder_looks_at_all_of_the_first_ten_then_a_fifth_then_a_twentieth() -> None:
    ladder = Ladder()
    for _ in range(10):
        assert ladder.rate(0) == 1.0
        ladder = ladder.passed().looked(clean=True)
    assert ladder.rate(0) == 0.2
    for _ in range(19):
        ladder = ladder.passed().looked(clean=True)
    assert ladder.rate(0) == 0.05
    assert ladder.rate(1) == 0.10
    assert ladder.looked(clean=False).rate(0) == 1.0


def test_a_short_text_is_read_at_a_glance_and_a_long_one_is_not() -> None:
    assert seconds_to_read(40) == 0
    assert seconds_to_read(400) == 50
    assert words_in("春季促销星期一开始") == 5 and words_in("セール30%開始") == 4
    assert words_in("ลดราคาฤดูใบไม้ผลิ") >= 4
    assert words_in("Größe 40, it's here – 3.5 %") == 7


def decisions(number: int, *, approved: bool = True, words: int = 200, seconds: float | None = 100.0) -> list[Record]:
    return [Record(approved, words, seconds)] * number


@pytest.mark.parametrize(
    ("records", "told"),
    [
        (decisions(40, seconds=3), "faster than they can be read"),
        (decisions(39, seconds=3), ""),
        (decisions(40, seconds=60), ""),
        (decisions(40, seconds=3) + decisions(3, approved=False), ""),
        (decisions(40, words=10, seconds=1), ""),
        (decisions(40, seconds=None), ""),
        ([Record(True, 90, 60, caught=False)] * 3 + [Record(False, 90, 60, caught=True)], "1 of 4 planted errors"),
        ([Record(True, 90, 60, caught=False)] * 3, ""),
        ([Record(False, 90, 60, caught=True)] * 8, ""),
    ],
    ids=["too fast", "too few", "slow", "rejects too", "short texts", "unknown time", "misses", "few tests", "catches"],
)
def test_what_reads_like_stamping_is_told_from_what_does_not(records: list[Record], told: str) -> None:
    said = stamps(records)
    assert told in said if told else said == ""


def a_draft(text: str) -> Draft:
    return Draft(variants=(Variant(text=text, fields={"text": text, "tags": ["one", "two"]}),))


def test_a_planted_figure_is_another_one_and_says_so() -> None:
    found, planted = plant(a_draft("Save 20 % until 31 May, from $4.50."), 0.0)
    assert planted.kind == "figure"
    assert found.variants[0].text == found.variants[0].fields["text"] == "Save 30 % until 31 May, from $4.50."
    assert "“20”" in planted.says and "“30”" in planted.says


def test_a_draft_without_figures_gets_a_promise() -> None:
    found, planted = plant(a_draft("A calm morning."), 0.5)
    assert planted.kind == "promise"
    assert found.variants[0].text == "A calm morning. Results are guaranteed."
    assert found.variants[0].fields["text"].endswith("guaranteed.")


@given(text=st.text(max_size=300), chance=st.floats(0, 1, exclude_max=True))
def test_what_is_planted_always_differs_and_takes_nothing_else_away(text: str, chance: float) -> None:
    before = a_draft(text or "x")
    found, planted = plant(before, chance)
    assert found.variants[0].text != before.variants[0].text
    assert found.variants[0].fields["tags"] == ["one", "two"]
    if planted.kind == "figure":
        strip = re.compile(r"\d+")
        assert strip.sub("", found.variants[0].text) == strip.sub("", before.variants[0].text)
