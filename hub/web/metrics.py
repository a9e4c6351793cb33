"""What the web side counts, and what the database knows about runs, as Prometheus text."""

from __future__ import annotations

import os
import time

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from hub.bootstrap import Hub
from hub.store import runs

#: Set by ``server.serve`` when several processes answer: their figures are then kept in files and added up.
SHARED = "PROMETHEUS_MULTIPROC_DIR"
#: A caller may make methods up; counted by name, each would stay in memory for ever.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The counters of one process. ``text`` gives those of all processes where they share a folder."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "inlay_http_requests", "Requests answered.", ["route", "method", "status"], registry=self._registry
        )
        self.seconds = Histogram(
            "inlay_http_seconds", "Time to answer.", ["route"], buckets=_BUCKETS, registry=self._registry
        )
        self.inbound = Counter(
            "inlay_inbound", "Webhooks by what came of them.", ["connection", "outcome"], registry=self._registry
        )

    def text(self, hub: Hub) -> bytes:
        """Everything, in Prometheus' text format."""
        counted = self._registry
        if os.environ.get(SHARED):
            from prometheus_client.multiprocess import MultiProcessCollector

            counted = CollectorRegistry()
            MultiProcessCollector(counted)
        stored = CollectorRegistry()
        by_state = Gauge("inlay_runs", "Stored runs by state.", ["state"], registry=stored)
        with hub.database.reading() as tx:
            for state, number in runs.count_by_state(tx).items():
                by_state.labels(state).set(number)
        return generate_latest(counted) + generate_latest(stored)


def install(app: Flask, metrics: Metrics) -> None:
    """Count every request. Routes are named by their rule, so that ids do not multiply the figures."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule is not None else "(none)"
        method = request.method if request.method in _METHODS else "(other)"
        metrics.requests.labels(route, method, response.status_code).inc()
        if "began" in g:
            metrics.seconds.labels(route).observe(time.perf_counter() - g.began)
        return response


CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
