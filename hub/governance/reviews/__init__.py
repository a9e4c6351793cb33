"""The arithmetic of reviews: how soon, how many are looked at, who reads too fast. Pure; the pipeline acts on it."""

from hub.governance.reviews.ladder import Ladder
from hub.governance.reviews.reading import Record, seconds_to_read, stamps
from hub.governance.reviews.rules import ReviewRules
from hub.governance.reviews.seeding import Planted, plant

__all__ = ["Ladder", "Planted", "Record", "ReviewRules", "plant", "seconds_to_read", "stamps"]
