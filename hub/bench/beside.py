"""Another gateway beside the hub, asked the same in the same run: bars that compare are ratios; machines differ."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from hub.bench import material, processes
from hub.bench.load import Job
from hub.bench.report import Bars, Figure, median, percentile
from hub.errors import BadRequest, Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An OpenAI-compatible base URL that is asked without any client library. ``pid`` tells what it costs."""

    url: str
    key: str = "none"
    pid: int | None = None

    @property
    def path(self) -> str:
        return f"{urlsplit(self.url).path.rstrip('/')}/chat/completions"

    @property
    def port(self) -> int:
        """
        Raises:
            BadRequest: it is not on this machine.
        """
        parts = urlsplit(self.url)
        if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost"):
            raise BadRequest("The bench asks only what runs on this machine.", instead="Name http://127.0.0.1:PORT/v1.")
        return parts.port or 80

    @property
    def headers(self) -> dict[str, str]:
        return {"content-type": "application/json", "authorization": f"Bearer {self.key}"}


def ask(endpoint: Endpoint, count: int) -> list[float]:
    """Milliseconds of each call, one after the other over a kept connection.

    Raises:
        Unavailable: it answered with something else than 200.
    """
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=30)
    taken = []
    for _ in range(count):
        body = _body()
        started = time.perf_counter()
        connection.request("POST", endpoint.path, body, endpoint.headers)
        reply = connection.getresponse()
        answer = reply.read()
        taken.append((time.perf_counter() - started) * 1000)
        if reply.status != 200:
            raise Unavailable(f"{endpoint.url} answered {reply.status}.", why=answer[:300].decode("utf-8", "replace"))
    connection.close()
    return taken


def measure(direct: Endpoint, peer: Endpoint, *, clients: int, rounds: int, each: int) -> Iterator[Figure]:
    """What the gateway adds to a call, and how many it carries; the hub's bars follow from these.

    Args:
        direct: the model itself, behind the same gateway.
        each: calls in one round under load; a third as many one after the other.
    """
    group = "another gateway beside it, same texts, same model"
    ask(peer, each // 6)
    added = []
    for _ in range(rounds):
        bare = percentile(ask(direct, each // 3), 0.5)
        added.append(percentile(ask(peer, each // 3), 0.5) - bare)
    yield Figure(group=group, name="added p50", value=median(added), unit="ms", note="a run's bar is half of it")
    speeds, cpu = [], []
    for _ in range(rounds):
        before = processes.cpu_seconds(peer.pid) if peer.pid else 0.0
        bodies = [_body() for _ in range(each)]
        job = Job(
            port=peer.port, path=peer.path, headers=peer.headers, bodies=bodies, clients=clients, count=each, prefix=""
        )
        speeds.append(each / processes.load(job).seconds)
        cpu.append(((processes.cpu_seconds(peer.pid) - before) if peer.pid else 0.0) / each * 1000)
    yield Figure(
        group=group, name="calls", value=median(speeds), unit="/s", better="higher", note="bar of runs: twice as many"
    )
    if peer.pid:
        yield Figure(group=group, name="CPU for 1,000 calls", value=median(cpu), unit="s", note="a run's bar: half")


def bars(found: Mapping[str, float]) -> Bars:
    """The hub's bars by the gateway's figures: half of what it adds and costs, twice what it carries."""
    cpu = found.get("CPU for 1,000 calls")
    return Bars(
        added_ms=found["added p50"] / 2,
        per_second=found["calls"] * 2,
        cpu=cpu / 2 if cpu else Bars().cpu,
    )


def _body() -> str:
    return json.dumps({"model": "bench", "messages": [{"role": "user", "content": material.text()}]})
