"""The figures of a bench, each beside its bar."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value. ``bar`` is what it is held to, None when it only informs; ``better`` says which way."""

    group: str
    name: str
    value: float
    unit: str
    bar: float | None = None
    better: Literal["lower", "higher"] = "lower"
    note: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the value keeps to its bar."""
        if self.bar is None:
            return None
        return self.value <= self.bar if self.better == "lower" else self.value >= self.bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """The bars that depend on the machine: what a run may add, how many a second, what they cost.

    These are for two cores of 2026, where a call through a gateway with keys and filters adds 9 to 12 ms. Measured
    beside one (``beside``), they follow from its figures in the same run.
    """

    added_ms: float = 4.5
    per_second: float = 240.0
    cpu: float = 5.0


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
