"""The forecast of a month: what the last working days say, or that they do not say it yet."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.pipeline.forecast import forecast

TODAY = date(2026, 11, 16)  # a Monday


def back(*costs: int, to: date = TODAY) -> dict[date, int]:
    """The working days before a day, the last one last."""
    days, day = [], to
    while len(days) < len(costs):
        day -= timedelta(days=1)
        if day.weekday() < 5:
            days.append(day)
    return dict(zip(reversed(days), costs, strict=True))


def test_a_steady_team_is_forecast_by_its_working_days_and_the_day_its_limit_is_reached() -> None:
    seen = forecast(back(*[10] * 10), TODAY, used_micros=100, limit_micros=160)
    # Eleven working days from the 16th to the 30th.
    assert (seen.expected_micros, seen.low_micros, seen.high_micros) == (210, 210, 210)
    assert seen.reached == date(2026, 11, 23)
    assert forecast(back(*[10] * 10), TODAY, used_micros=100, limit_micros=1_000).reached is None


def test_days_that_differ_make_an_interval_and_what_today_cost_is_not_counted_twice() -> None:
    days = back(0, 20, 0, 20, 0, 20, 0, 20, 0, 20)
    seen = forecast(days, TODAY, used_micros=100, limit_micros=10_000)
    begun = forecast({**days, TODAY: 10}, TODAY, used_micros=110, limit_micros=10_000)
    assert seen.expected_micros == begun.expected_micros == 210
    assert seen.low_micros is not None and seen.high_micros is not None
    assert 100 < seen.low_micros < 210 < seen.high_micros


def test_a_weekend_counts_with_its_friday_and_no_work_is_expected_on_the_last_one() -> None:
    days = back(*[10] * 5) | {date(2026, 11, 14): 50}
    seen = forecast(days, TODAY, used_micros=100, limit_micros=10_000)
    assert seen.expected_micros == 100 + 11 * 20
    last = forecast(back(*[10] * 10, to=date(2026, 10, 31)), date(2026, 10, 31), used_micros=100, limit_micros=1_000)
    assert (last.expected_micros, last.high_micros, last.reached) == (100, 100, None)


def test_nobody_can_tell_before_there_are_days_enough_or_where_hardly_anything_was_spent() -> None:
    for days in ({}, back(10, 10, 10, 10), {TODAY: 500}):
        seen = forecast(days, TODAY, used_micros=40, limit_micros=100)
        assert seen.expected_micros is None
        assert seen.why.startswith("Cannot tell yet")
    assert "hardly anything" in forecast(back(5, 0, 0, 0, 0, 0), TODAY, used_micros=5, limit_micros=100).why
    assert forecast({}, TODAY, used_micros=100, limit_micros=100).reached == TODAY


@given(
    st.dictionaries(st.dates(date(2026, 10, 1), date(2026, 11, 30)), st.integers(0, 10**12)),
    st.dates(date(2026, 11, 1), date(2026, 11, 30)),
    st.integers(0, 10**12),
    st.integers(0, 10**12),
)
def test_a_forecast_never_ends_below_what_is_used_already(
    days: dict[date, int], today: date, used: int, limit: int
) -> None:
    seen = forecast(days, today, used_micros=used, limit_micros=limit)
    if seen.expected_micros is None:
        assert seen.why
    else:
        assert seen.low_micros is not None and seen.high_micros is not None
        assert used <= seen.low_micros <= seen.expected_micros <= seen.high_micros
    assert seen.reached is None or (seen.reached >= today and seen.reached.month == today.month)
