"""Forecast: where a budget's month will end, from what its last working days cost; or that nobody can tell yet."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

#: How many of the last working days count, and how few are too few to say anything.
LOOK_BACK, FEWEST = 10, 5
#: Student's t by degrees of freedom, so that eight of ten months end inside the interval if its days stay as they were.
_T = {4: 1.533, 5: 1.476, 6: 1.440, 7: 1.415, 8: 1.397, 9: 1.383}


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the month will have cost, in millionths of a US dollar: most likely, and from ``low_micros`` to
    ``high_micros`` in eight of ten such months. ``reached`` is the day the limit is, None when that is not this month.
    Where nobody can tell, ``why`` says so and the figures are None."""

    expected_micros: int | None = None
    low_micros: int | None = None
    high_micros: int | None = None
    reached: date | None = None
    why: str = ""


def forecast(spent: Mapping[date, int], today: date, *, used_micros: int, limit_micros: int) -> Forecast:
    """The end of today's month.

    Args:
        spent: what each day cost, of this month and the one before.
        used_micros: what is gone or set aside in this month so far.
    """
    if used_micros >= limit_micros:
        return Forecast(reached=today, why="The limit is reached.")
    days = _working_days(spent, today)
    if len(days) < FEWEST:
        return Forecast(why=f"Cannot tell yet: {len(days)} working days are on record, and it takes {FEWEST}.")
    if sum(1 for cost in days if cost) < 3:
        return Forecast(why="Cannot tell: hardly anything was spent on the last working days.")
    rate = sum(days) / len(days)
    ahead = [day for day in _to_the_end(today) if day.weekday() < 5]
    # What today cost so far is part of what a day like this costs.
    begun = min(spent.get(today, 0), rate) if today in ahead else 0.0
    more = max(0.0, rate * len(ahead) - begun)
    spread = math.sqrt(sum((cost - rate) ** 2 for cost in days) / (len(days) - 1))
    width = _T[len(days) - 1] * spread * math.sqrt(len(ahead) * (1 + len(ahead) / len(days)))
    return Forecast(
        expected_micros=round(used_micros + more),
        low_micros=round(used_micros + max(0.0, more - width)),
        high_micros=round(used_micros + more + width),
        reached=_reached(ahead, rate, used_micros - begun, limit_micros),
    )


def _working_days(spent: Mapping[date, int], today: date) -> list[int]:
    """What the last whole working days cost, from the first that cost anything. A weekend counts with its Friday."""
    costs: dict[date, int] = {}
    for day, cost in spent.items():
        if day < today:
            back = max(0, day.weekday() - 4)
            costs[day - timedelta(days=back)] = costs.get(day - timedelta(days=back), 0) + cost
    if not costs:
        return []
    day, found = min(costs), []
    while day < today:
        if day.weekday() < 5:
            found.append(costs.get(day, 0))
        day += timedelta(days=1)
    return found[-LOOK_BACK:]


def _to_the_end(today: date) -> list[date]:
    days = [today]
    while (day := days[-1] + timedelta(days=1)).month == today.month:
        days.append(day)
    return days


def _reached(ahead: list[date], rate: float, used: float, limit: int) -> date | None:
    for day in ahead:
        used += rate
        if used >= limit:
            return day
    return None
