"""The fake model gives each scripted answer once, keeps what it was asked, and serves many threads."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.domain import Usage
from hub.errors import Unavailable
from hub.sdk import Answer
from hub.testing import FakeModel
from tests.unit.asking import prompt


def test_scripted_answers_come_in_order_and_the_last_one_stays() -> None:
    model = FakeModel("first", {"variants": []}, Answer(text="last", usage=Usage(model="other")))
    assert [model.ask(prompt()).text for _ in range(4)] == ["first", '{"variants": []}', "last", "last"]
    assert model.calls == 4


def test_a_scripted_exception_is_raised_and_counted() -> None:
    model = FakeModel(Unavailable("away"), "back")
    with pytest.raises(Unavailable):
        model.ask(prompt())
    assert model.ask(prompt()).text == "back"
    assert model.calls == 2


def test_an_unscripted_answer_is_in_the_common_envelope() -> None:
    answer = json.loads(FakeModel().ask(prompt()).text)
    assert set(answer) == {"variants", "claims", "disclosures", "assumptions", "missing_inputs"}


def test_it_keeps_what_it_was_asked_and_says_what_it_used() -> None:
    model = FakeModel("four")
    usage = model.ask(prompt("hello")).usage
    assert model.prompts == (prompt("hello"),)
    assert (usage.output_tokens, usage.calls, usage.model) == (4, 1, "fake-model")
    assert usage.cost_micros == usage.input_tokens + usage.output_tokens


def test_answers_can_be_added_later() -> None:
    model = FakeModel("one")
    model.then("two")
    assert [model.ask(prompt()).text for _ in range(3)] == ["one", "two", "two"]


def test_no_scripted_answer_is_given_twice_to_many_threads() -> None:
    model = FakeModel(*[str(number) for number in range(500)], "end")
    with ThreadPoolExecutor(16) as pool:
        texts = list(pool.map(lambda _: model.ask(prompt()).text, range(500)))
    assert sorted(texts, key=int) == [str(number) for number in range(500)]
    assert model.calls == 500
