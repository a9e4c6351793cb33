"""How a team reviews: its working hours, how soon somebody looks, who is a specialist, whether samples are taken."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, field_validator, model_validator

from hub.governance.rules import Data

Hour = Annotated[int, Field(ge=0, le=24)]
Hours = Annotated[float, Field(gt=0, le=400)]
Address = Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,255}$", to_lower=True)]
_SATURDAY = 5
_HOUR = 3600.0


class ReviewRules(Data):
    """``zone`` and ``day`` say when people work, Monday to Friday; every term is in working hours.

    ``specialists`` are the only ones who approve tier 3; without any, whoever reviews does. ``samples`` are looks at
    delivered drafts of tiers 0 and 1, and second looks at reviewed ones; ``seeded`` plants errors to test reviews of
    tier 3.
    """

    zone: str = "UTC"
    day: tuple[Hour, Hour] = (9, 17)
    peer_hours: Hours = 4
    specialist_hours: Hours = 16
    sample_hours: Hours = 40
    specialists: tuple[Address, ...] = ()
    samples: bool = True
    seeded: bool = True

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ValueError, OSError, LookupError):
            raise ValueError("this is no time zone; write one such as Europe/Berlin") from None
        return zone

    @model_validator(mode="after")
    def _day_has_hours(self) -> ReviewRules:
        if self.day[0] >= self.day[1]:
            raise ValueError("day: the first hour comes before the last, such as [9, 17]")
        return self

    @cached_property
    def _place(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def due(self, since: float, tier: int, *, sample: bool = False) -> float:
        """When a review that is asked for at ``since`` (Unix seconds) is late, counted in working hours."""
        hours = self.sample_hours if sample else self.specialist_hours if tier >= 3 else self.peer_hours
        return self.after(since, hours)

    def after(self, since: float, hours: float) -> float:
        """Unix seconds ``hours`` working hours later."""
        left = hours * _HOUR
        at = since
        while True:
            opens, closes = self._day_of(at)
            at = max(at, opens)
            if at + left <= closes:
                return at + left
            left -= max(0.0, closes - at)
            at = self._next_morning(at)

    def morning(self, since: float) -> float:
        """When the next working day begins: today's, where it has not yet."""
        opens, _ = self._day_of(since)
        return opens if since < opens else self.after(self._next_morning(since), 1e-6)

    def _day_of(self, at: float) -> tuple[float, float]:
        """When the working day of this moment opens and closes; nothing lies between on a day without work."""
        midnight = datetime.fromtimestamp(at, self._place).replace(hour=0, minute=0, second=0, microsecond=0)
        if midnight.weekday() >= _SATURDAY:
            return at, at
        first, last = (_at_hour(midnight, hour) for hour in self.day)
        return first, max(first, last)

    def _next_morning(self, at: float) -> float:
        midnight = datetime.fromtimestamp(at, self._place).replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight + timedelta(days=1)).timestamp()


def _at_hour(midnight: datetime, hour: int) -> float:
    """The moment a wall clock shows this hour, also on the days it is put forward or back; 24 is the next midnight."""
    day = midnight + timedelta(days=hour // 24)
    return day.replace(hour=hour % 24).timestamp()
