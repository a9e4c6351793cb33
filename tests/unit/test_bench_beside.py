"""The bench asks another gateway the same, and takes its bars from what that one needed."""

from __future__ import annotations

import os

import pytest

from hub.bench import beside, processes
from hub.bench.report import Bars
from hub.errors import BadRequest, Unavailable


def test_the_bars_are_half_of_what_another_gateway_adds_and_twice_what_it_carries():
    bars = beside.bars({"added p50": 9.0, "calls": 90.0, "CPU for 1,000 calls": 11.0})
    assert bars == Bars(added_ms=4.5, per_second=180.0, cpu=5.5)


def test_without_the_gateways_process_the_cost_keeps_its_own_bar():
    assert beside.bars({"added p50": 9.0, "calls": 90.0}).cpu == Bars().cpu


def test_another_gateway_is_measured_one_after_the_other_and_under_load():
    with processes.fake_model() as model:
        endpoint = beside.Endpoint(url=model, pid=os.getpid())
        figures = list(beside.measure(endpoint, endpoint, clients=4, rounds=1, each=30))
    assert [figure.name for figure in figures] == ["added p50", "calls", "CPU for 1,000 calls"]
    assert figures[1].value > 0


def test_a_gateway_that_refuses_is_quoted():
    with processes.fake_model() as model, pytest.raises(Unavailable) as caught:
        beside.ask(beside.Endpoint(url=model.replace("/v1", "/elsewhere")), 1)
    assert "answered 404" in caught.value.what


def test_the_bench_asks_nothing_on_other_machines():
    with pytest.raises(BadRequest):
        beside.ask(beside.Endpoint(url="http://192.0.2.1/v1"), 1)
