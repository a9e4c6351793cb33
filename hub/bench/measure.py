"""Runs the measurements one after the other, on a fresh hub with SQLite, all checks on, everything stored."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from hub import configure
from hub.bench import beside, checks, latency, material, page_times, processes, stored, throughput, vendor
from hub.bench.report import Bars, Figure
from hub.bootstrap import Hub, build
from hub.domain import Role
from hub.settings import load
from hub.store import teams

PARTS = ("latency", "checks", "threads", "vendor", "http", "webhooks", "stored", "pages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to measure. ``scale`` makes every part shorter (below 1) or longer; figures below 1 are rough."""

    parts: tuple[str, ...] = PARTS
    scale: float = 1.0
    rounds: int = 5
    big: bool = False
    model_url: str = ""
    processes: int = 1
    beside: beside.Endpoint | None = None

    def count(self, number: int) -> int:
        """A number of runs, scaled."""
        return max(8, int(number * self.scale))


def measure(options: Options, say: Callable[[str], None]) -> Iterator[Figure]:
    """Every figure as soon as it is known.

    Args:
        say: told what is being measured.

    Raises:
        InlayError: something did not work, so there is no figure.
    """
    with ExitStack() as ends:
        home = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="inlay-bench-")))
        model_url = options.model_url or ends.enter_context(processes.fake_model())
        token = "bench-token-of-one-bench-only"
        hub = build(
            load(
                home=home, model="bench", model_base_url=model_url, model_api_key="none", log_level="ERROR", demo=False
            )
        )
        ends.callback(hub.close)
        source = configure.read(material.part("hub.yaml"), name="the bench's hub.yaml", environ=material.environ(token))
        configure.apply(hub, source, actor="system:bench")
        hub.start(workers=0)
        bars = Bars()
        if options.beside is not None:
            say(f"another gateway at {options.beside.url}")
            found = {}
            direct = beside.Endpoint(url=model_url)
            each = options.count(600)
            for figure in beside.measure(
                direct, options.beside, clients=throughput.CLIENTS, rounds=options.rounds, each=each
            ):
                found[figure.name] = figure.value
                yield figure
            bars = beside.bars(found)
        yield from _embedded(options, hub, model_url, bars, say)
        if "vendor" in options.parts:
            say("calls to vendors")
            yield from vendor.measure(hub, runs=options.count(20))
        if "http" in options.parts:
            say(f"runs over HTTP with {throughput.CLIENTS} clients")
            yield from throughput.over_http(
                home,
                _key(hub),
                model_url,
                port=_port(),
                rounds=options.rounds,
                each=options.count(1500),
                settings={"processes": str(options.processes)},
                bars=bars,
            )
        if "webhooks" in options.parts:
            say("webhooks")
            seconds = max(2, int(10 * options.scale))
            yield from throughput.webhooks(home, token, port=_port(), seconds=seconds)
        if "stored" in options.parts:
            wanted = (1000, 100_000, *((1_000_000,) if options.big else ()))
            sizes = tuple(options.count(size) for size in wanted)
            yield from stored.measure(hub, sizes, each=options.count(400), say=say)
        if "pages" in options.parts:
            sizes = (options.count(100_000), *((options.count(1_000_000),) if options.big else ()))
            yield from page_times.measure(hub, sizes, each=options.count(40), say=say)


def _embedded(options: Options, hub: Hub, model_url: str, bars: Bars, say: Callable[[str], None]) -> Iterator[Figure]:
    if "latency" in options.parts:
        say("added latency")
        yield from latency.measure(hub, model_url, rounds=options.rounds, each=options.count(200), bars=bars)
    if "checks" in options.parts:
        say("checks")
        yield from checks.measure(hub, rounds=options.rounds, each=options.count(300))
    if "threads" in options.parts:
        say(f"runs of this process with {throughput.THREADS} threads")
        yield from throughput.embedded(hub, rounds=options.rounds, each=options.count(600), bars=bars)


def _key(hub: Hub) -> str:
    with hub.database.transaction() as tx:
        return teams.new_key(
            tx, team_id=material.TEAM, role=Role.MEMBER, email="bench@example.com", name="bench", now=time.time()
        )


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
