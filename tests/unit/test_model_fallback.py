"""When one model is away or refuses, the next one answers; when none does, the run waits or says why."""

from __future__ import annotations

import logging

import pytest

from hub.errors import BadAnswer, ConfigurationError, RateLimited, TryLater, Unavailable, VendorRefused
from hub.model import FallbackModel
from hub.testing import FakeModel
from tests.fake_model_server import FakeModelServer
from tests.unit.asking import model_at, prompt


@pytest.mark.parametrize("error", [RateLimited("busy", after=60), Unavailable("away"), VendorRefused("no key")])
def test_the_next_model_answers_and_is_named(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    answer = FallbackModel([FakeModel(error, name="first"), FakeModel(name="second")]).ask(prompt())
    assert answer.usage.model == "second"
    assert "first" in caplog.text


def test_over_http_the_second_endpoint_answers_when_the_first_is_away(fake_model: FakeModelServer) -> None:
    away = model_at("http://127.0.0.1:9/v1", model="away")
    answer = FallbackModel([away, model_at(fake_model.base_url, model="here")]).ask(prompt())
    assert answer.usage.model == "here"
    assert len(fake_model.journal()) == 1


def test_a_model_that_answers_keeps_the_others_unasked() -> None:
    spare = FakeModel(name="spare")
    FallbackModel([FakeModel(), spare]).ask(prompt())
    assert spare.calls == 0


def test_a_bad_answer_is_not_asked_of_the_next_model() -> None:
    spare = FakeModel(name="spare")
    with pytest.raises(BadAnswer):
        FallbackModel([FakeModel(BadAnswer("half")), spare]).ask(prompt())
    assert spare.calls == 0


def test_when_none_answers_the_run_waits_as_long_as_the_soonest_one_asks() -> None:
    models = [FakeModel(RateLimited("busy", after=90)), FakeModel(RateLimited("busy", after=5))]
    with pytest.raises(TryLater) as caught:
        FallbackModel(models).ask(prompt())
    assert caught.value.after == 5


def test_one_that_may_come_back_outweighs_one_that_refuses() -> None:
    with pytest.raises(Unavailable):
        FallbackModel([FakeModel(VendorRefused("no key")), FakeModel(Unavailable("away"))]).ask(prompt())


def test_when_all_refuse_the_first_ones_reason_stands() -> None:
    with pytest.raises(VendorRefused, match="no key"):
        FallbackModel([FakeModel(VendorRefused("no key")), FakeModel(VendorRefused("no model"))]).ask(prompt())


def test_the_price_is_that_of_the_dearest_model() -> None:
    cheap, dear = FakeModel(price_in=1_000_000, price_out=0), FakeModel(price_in=9_000_000, price_out=0)
    assert FallbackModel([cheap, FakeModel(price_in=None), dear]).price_micros(10, 0) == 90
    assert FallbackModel([FakeModel(price_in=None)]).price_micros(10, 0) is None


def test_an_empty_list_stops_the_start() -> None:
    with pytest.raises(ConfigurationError):
        FallbackModel([])
