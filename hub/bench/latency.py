"""Added latency: the same prompt asked directly and as a stored, governed run, one after the other."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Iterator

from hub.bench import beside, material
from hub.bench.beside import Endpoint
from hub.bench.report import Bars, Figure, median, percentile
from hub.bootstrap import Hub
from hub.domain import Request, RunState
from hub.errors import InlayError
from hub.sdk import Prompt
from hub.store import events, runs

GROUP = "added latency, embedded, sequential, 2,000 characters"
_STAGES = ("compose", "check_input", "ask", "check_output", "deliver")


def measure(hub: Hub, base_url: str, *, rounds: int, each: int, bars: Bars) -> Iterator[Figure]:
    """Rounds of direct calls and of runs in turn; every figure is the median of its rounds."""
    requests = material.requests("latency")
    direct: list[list[float]] = []
    walked: list[list[float]] = []
    _run(hub, requests, each // 2)
    _ask(hub, each // 2)
    for _ in range(rounds):
        direct.append(_ask(hub, each))
        walked.append(_run(hub, requests, each))
    bare = [beside.ask(Endpoint(url=base_url), each) for _ in range(rounds)]
    yield Figure(group=GROUP, name="direct, bare socket p50", value=_mid(bare, 0.5), unit="ms")
    yield Figure(group=GROUP, name="direct, same client p50", value=_mid(direct, 0.5), unit="ms")
    yield Figure(group=GROUP, name="a run p50", value=_mid(walked, 0.5), unit="ms")
    for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99")):
        added = median([percentile(r, share) - percentile(d, share) for r, d in zip(walked, direct, strict=True)])
        bar = bars.added_ms if share == 0.5 else None
        yield Figure(group=GROUP, name=f"added {name}", value=added, unit="ms", bar=bar)
    yield from _shares(hub, percentile([ms for one in walked for ms in one], 0.5), each)


def _mid(rounds: list[list[float]], share: float) -> float:
    return median([percentile(one, share) for one in rounds])


def _prompt(hub: Hub) -> Prompt:
    template = hub.parts.shelf.current(material.TEMPLATE)
    values = template.accept({"text": material.text()})
    return Prompt(
        messages=template.render(values, "0123456789ab"),
        schema=template.contract.json_schema(),
        max_tokens=template.max_tokens,
    )


def _ask(hub: Hub, count: int) -> list[float]:
    prompts = [_prompt(hub) for _ in range(count)]
    taken = []
    for prompt in prompts:
        started = time.perf_counter()
        hub.parts.model.ask(prompt)
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def _run(hub: Hub, requests: Iterator[Request], count: int) -> list[float]:
    made = list(itertools.islice(requests, count))
    taken = []
    for request in made:
        started = time.perf_counter()
        run = hub.run(request)
        taken.append((time.perf_counter() - started) * 1000)
        if run.state is not RunState.DELIVERED:
            what = run.problem.what if run.problem else ""
            raise InlayError(f"A run of the bench is {run.state}.", why=what)
    return taken


def _shares(hub: Hub, whole: float, count: int) -> Iterator[Figure]:
    """Where a run's time goes, from the ledger: each stage's own milliseconds; the rest is storing and receiving."""
    spent: dict[str, list[float]] = defaultdict(list)
    with hub.database.reading() as tx:
        for run in runs.newest(tx, teams=[material.TEAM], limit=count):
            for event in events.of_run(tx, run.id):
                if "ms" in event.data and event.data.get("stage") in _STAGES:
                    spent[event.data["stage"]].append(float(event.data["ms"]))
                if event.kind == "model.answered":
                    spent["model"].append(float(event.data["model_ms"]))
    known = {stage: median(spent[stage]) for stage in _STAGES if spent[stage]}
    for stage, ms in known.items():
        note = f"{ms / whole:.0%} of a run"
        if stage == "ask" and spent["model"]:
            note += f"; the model's own call {median(spent['model']):.2f} ms"
        yield Figure(group="share of each stage", name=stage, value=ms, unit="ms", note=note)
    rest = max(0.0, whole - sum(known.values()))
    note = f"{rest / whole:.0%} of a run"
    yield Figure(group="share of each stage", name="receive and store", value=rest, unit="ms", note=note)
