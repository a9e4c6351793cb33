"""Check time: the input checks of the default policy on 2,000 characters, clean and with personal data."""

from __future__ import annotations

import time
from collections.abc import Iterator

from hub.bench import material
from hub.bench.report import Figure, median, percentile
from hub.bootstrap import Hub
from hub.sdk import Subject

BAR_CLEAN = 2.0
BAR_PERSONAL = 15.0
#: What a character of a long text may cost, against one of 2,000 characters.
BAR_LINEAR = 1.5


def measure(hub: Hub, *, rounds: int, each: int) -> Iterator[Figure]:
    """Both kinds in turn; every figure is the median of its rounds."""
    policy = hub.parts.policy_of(material.TEAM)
    for personal, bar in ((False, BAR_CLEAN), (True, BAR_PERSONAL)):
        group = f"checks on 2,000 characters {'with personal data' if personal else 'without personal data'}"
        halves, tails = [], []
        for round_ in range(rounds + 1):
            taken = []
            for _ in range(each):
                subject = Subject(
                    side="input",
                    team=material.TEAM,
                    template=material.TEMPLATE,
                    texts={"text": material.text(personal=personal)},
                )
                started = time.perf_counter()
                hub.parts.runner.run(policy, subject)
                taken.append((time.perf_counter() - started) * 1000)
            if round_:  # The first round warms up.
                halves.append(percentile(taken, 0.5))
                tails.append(percentile(taken, 0.99))
        yield Figure(group=group, name="p50", value=median(halves), unit="ms")
        yield Figure(group=group, name="p99", value=median(tails), unit="ms", bar=bar)
    yield from _linear(hub, rounds=rounds)


def _linear(hub: Hub, *, rounds: int) -> Iterator[Figure]:
    """What a character costs in longer texts, against one of 2,000 characters, all in one run."""
    policy = hub.parts.policy_of(material.TEAM)
    group = "checks, time for a character against a text of 2,000 characters"
    costs: dict[int, float] = {}
    for times in (1, 10, 100):
        text = material.text() * times
        subject = Subject(side="input", team=material.TEAM, template=material.TEMPLATE, texts={"text": text})
        taken = []
        for _ in range(rounds * 5 + 1):
            started = time.perf_counter()
            hub.parts.runner.run(policy, subject)
            taken.append((time.perf_counter() - started) / len(text))
        costs[times] = median(taken[1:])  # The first one warms up.
        if times > 1:
            said = f"{len(text):,} characters"
            yield Figure(group=group, name=said, value=costs[times] / costs[1], unit="times", bar=BAR_LINEAR)
