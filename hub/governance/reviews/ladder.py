"""The sampling ladder: every one of a template's first outputs is looked at, then fewer, as long as they are clean.

The steps follow the rule of three: after 29 clean looks fewer than one in ten is not, with 95 % confidence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

#: How many are all looked at; how many clean looks make the step to the last rate.
FIRST, CLEAN = 10, 29
RATES = (1.0, 0.2, 0.05)
#: Tier 1 is never looked at less than this.
FLOOR_OF_TIER_1 = 0.10
#: Shares of approved drafts of tier 2 that get a second look, and of tier 3 reviews that come with a planted error.
SECOND_LOOKS, SEEDED = 0.05, 0.04


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where one template stands in one team: outputs ``delivered`` and ``clean`` looks since the last escape."""

    delivered: int = 0
    clean: int = 0

    def rate(self, tier: int) -> float:
        """The share of the next outputs that is looked at."""
        if self.delivered < FIRST:
            return RATES[0]
        rate = RATES[2] if self.clean >= CLEAN else RATES[1]
        return max(rate, FLOOR_OF_TIER_1) if tier == 1 else rate

    def passed(self) -> Ladder:
        """One more was delivered."""
        return replace(self, delivered=self.delivered + 1)

    def looked(self, *, clean: bool) -> Ladder:
        """A person looked at one. What should not have passed sends the template back to the first step."""
        return replace(self, clean=self.clean + 1) if clean else Ladder()
