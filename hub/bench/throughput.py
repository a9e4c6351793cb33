"""Runs per second: embedded with a few threads, and over HTTP with many clients against a server process."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hub.bench import material, processes
from hub.bench.load import Job
from hub.bench.report import Bars, Figure, median, percentile
from hub.bootstrap import Hub
from hub.domain import RunState
from hub.errors import InlayError

BAR_MB = 250
BAR_START = 2.5
BAR_ACK = 50
THREADS = 8
CLIENTS = 64
RATE = 200


def embedded(hub: Hub, *, rounds: int, each: int, bars: Bars) -> Iterator[Figure]:
    """Runs of this process, ``THREADS`` at once."""
    requests = material.requests("threads")
    speeds, cpu = [], []
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(hub.run, itertools.islice(requests, THREADS * 4)))
        for _ in range(rounds):
            made = list(itertools.islice(requests, each))
            used, started = time.process_time(), time.perf_counter()
            done = list(pool.map(hub.run, made))
            speeds.append(each / (time.perf_counter() - started))
            cpu.append((time.process_time() - used) / each * 1000)
            if any(run.state is not RunState.DELIVERED for run in done):
                raise InlayError("A run of the bench did not arrive.")
    group = f"runs per second, embedded, {THREADS} threads, one process"
    yield Figure(group=group, name="runs", value=median(speeds), unit="/s", bar=bars.per_second, better="higher")
    yield Figure(group=group, name="CPU for 1,000 runs", value=median(cpu), unit="s", bar=bars.cpu)


def over_http(
    home: Path, key: str, model_url: str, *, port: int, rounds: int, each: int, settings: dict[str, str], bars: Bars
) -> Iterator[Figure]:
    """Runs through ``inlay serve``: time to the first answer, runs per second, CPU and memory under that load."""
    log = home / "serve.log"
    given = {"model": "bench", "model_base_url": model_url, "model_api_key": "none", **settings}
    started = time.perf_counter()
    with processes.served(home, port, log, **given) as server:
        processes.wait_until_listening(port, server, log)
        processes.load(_job(port, key, "first", clients=1, count=1))
        first = time.perf_counter() - started
        yield Figure(group="start", name="first run answered after", value=first, unit="s", bar=BAR_START)
        processes.load(_job(port, key, "warm", clients=CLIENTS, count=each // 3))
        speeds, cpu, slow, memory = [], [], [], []
        for number in range(rounds):
            used = processes.cpu_seconds(server.pid)
            result = processes.load(_job(port, key, f"round{number}", clients=CLIENTS, count=each))
            speeds.append(each / result.seconds)
            cpu.append((processes.cpu_seconds(server.pid) - used) / each * 1000)
            slow.append((percentile(result.ms, 0.5), percentile(result.ms, 0.99)))
            memory.append(processes.memory_mb(server.pid))
    group = f"runs per second, HTTP, {CLIENTS} clients, {given.get('processes', '1')} web process(es)"
    yield Figure(group=group, name="runs", value=median(speeds), unit="/s", bar=bars.per_second, better="higher")
    yield Figure(group=group, name="answer p50", value=median([p50 for p50, _ in slow]), unit="ms")
    yield Figure(group=group, name="answer p99", value=median([p99 for _, p99 in slow]), unit="ms")
    yield Figure(group=group, name="CPU for 1,000 runs", value=median(cpu), unit="s", bar=bars.cpu)
    yield Figure(group=group, name="memory under load", value=max(memory), unit="MB", bar=BAR_MB)


def webhooks(home: Path, token: str, *, port: int, seconds: int) -> Iterator[Figure]:
    """How soon a webhook is answered, once stored, at a steady rate; nothing works on the runs meanwhile.

    One kind carries a token and is a request at once; the other is signed, tells of an asset, and is looked up later.
    """
    log = home / "webhooks.log"
    plain = {"content-type": "application/json"}
    kinds: dict[str, dict[str, Any]] = {
        "with a token": {"path": "/in/inbox", "headers": {**plain, "authorization": f"Bearer {token}"}},
        "signed, about an asset": {"path": "/in/assets", "headers": plain, "secret": material.secret(token)},
    }
    with processes.served(home, port, log, workers="0") as server:
        processes.wait_until_listening(port, server, log)
        for name, (kind, sent) in zip(("webhook.json", "asset.json"), kinds.items(), strict=True):
            bodies = [material.part(name).strip()]

            def job(prefix: str, count: int, sent: dict[str, Any] = sent, bodies: list[str] = bodies) -> Job:
                return Job(port=port, clients=32, count=count, rate=RATE, prefix=prefix, bodies=bodies, **sent)

            processes.load(job("warm", RATE))
            result = processes.load(job("hook", RATE * seconds))
            group = f"webhook acknowledgement at {RATE}/s, {kind}"
            yield Figure(group=group, name="p50", value=percentile(result.ms, 0.5), unit="ms")
            yield Figure(group=group, name="p99", value=percentile(result.ms, 0.99), unit="ms", bar=BAR_ACK)


def _job(port: int, key: str, prefix: str, *, clients: int, count: int) -> Job:
    bodies = [
        json.dumps({"template": material.TEMPLATE, "inputs": {"text": material.text()}})
        for _ in range(max(1, min(count, 2000)))
    ]
    headers = {
        "authorization": f"Bearer {key}",
        "content-type": "application/json",
        "prefer": "wait=30",
        "idempotency-key": "%KEY%",
    }
    sent: dict[str, Any] = {"path": "/api/v1/runs", "headers": headers, "bodies": bodies}
    return Job(port=port, clients=clients, count=count, prefix=f"{prefix}-{os.getpid()}", **sent)
