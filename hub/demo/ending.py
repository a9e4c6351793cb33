"""How a journey ended: each stage with its time, each place with its receipt, and how often the text stands there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.demo.journeys import Journey
from hub.domain import Event, Receipt, Run, RunState

#: The events that end a stage, with what that stage is called, and the state the run has then.
_STAGES: dict[str, tuple[str, RunState | None]] = {
    "run.received": ("receive", RunState.QUEUED),
    "run.composed": ("compose", None),
    "input.checked": ("check input", None),
    "model.answered": ("ask", RunState.ANSWERED),
    "output.checked": ("check output", None),
    "delivery.done": ("deliver", None),
    "review.asked": ("review", RunState.IN_REVIEW),
}
_ENDINGS = frozenset(state.value for state in RunState)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage that is over: how long it took in milliseconds, the run's state then, and what the ledger says."""

    stage: str
    ms: float
    state: str
    said: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """One place a draft went to. ``times`` is how often the text stands there when people look at it again."""

    connection: str
    title: str
    url: str
    receipt: Receipt | None
    text: str
    times: int

    @property
    def good(self) -> bool:
        """Whether the text stands there exactly once and its receipt is stored."""
        return self.receipt is not None and self.times == 1


@dataclass(frozen=True, slots=True)
class Ending:
    """How a journey ended."""

    journey: Journey
    run: Run
    stages: tuple[Stage, ...]
    placed: tuple[Placed, ...]
    run_url: str

    @property
    def good(self) -> bool:
        """Whether the draft stands exactly once everywhere it was to go. A review may come after that."""
        arrived = self.run.state in (RunState.DELIVERED, RunState.IN_REVIEW)
        return arrived and bool(self.placed) and all(one.good for one in self.placed)


def times(text: str, shown: str) -> int:
    """How often a text stands in what is shown, whatever the white space."""
    return _plain(shown).count(_plain(text)) if _plain(text) else 0


def in_parts(fields: Mapping[str, Any], shown: str) -> int:
    """How often a text stands in what is shown when each part has a line of its own; 0 when one is missing."""
    lines = [_plain(line) for line in shown.splitlines()]
    parts = [_plain(", ".join(map(str, one)) if isinstance(one, list | tuple) else str(one)) for one in fields.values()]
    found = [lines.count(part) for part in parts if part]
    return max(found, default=0) if all(found) else 0


def stages(recorded: Iterable[Event], receive_ms: float, run: Run) -> Iterator[Stage]:
    """The stages the ledger tells of, and the problem the run rests on."""
    state, delivering = RunState.QUEUED.value, 0.0
    for event in recorded:
        name, after = _STAGES.get(event.kind, ("", None))
        ending = event.kind.removeprefix("run.")
        if after is not None:
            state = after.value
        elif ending in _ENDINGS:
            state, name = ending, "done" if ending == RunState.DELIVERED else str(event.data.get("stage", ""))
        ms = receive_ms if event.kind == "run.received" else float(event.data.get("ms", 0.0))
        if event.kind == "delivery.done":
            delivering += ms
        elif event.kind in ("run.delivered", "review.asked"):
            # The stage as a whole; its deliveries have lines of their own.
            ms = max(0.0, ms - delivering)
        yield Stage(name or event.kind, round(ms, 3), state, {"event": event.kind, **event.data})
    if run.problem is not None:
        yield Stage("problem", 0.0, run.state.value, {"what": run.problem.what, "who": run.problem.who})


def _plain(text: str) -> str:
    return " ".join(text.split())
