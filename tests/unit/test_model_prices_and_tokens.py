"""Prices come from the list that ships or from the settings; token bounds hold for every text."""

from __future__ import annotations

import pytest

from hub.domain import Message
from hub.model import Endpoint, OpenAIModel, estimate_tokens, likely_tokens, prompt_tokens, repair_messages
from tests.unit.asking import SCHEMA, model_at, prompt
from tests.unit.scripted_http import completion, scripted_server


def price(base_url: str, model: str, given: int = 1_000_000, taken: int = 1_000_000) -> int | None:
    return OpenAIModel(Endpoint(base_url=base_url, model=model)).price_micros(given, taken)


def test_a_listed_model_is_priced_without_a_network() -> None:
    assert price("https://api.openai.com/v1", "gpt-4o-mini") == 750_000
    assert price("https://shop.openai.azure.com/openai/v1", "gpt-4o") == 12_500_000


def test_a_gateway_is_priced_by_the_models_name() -> None:
    assert price("http://gateway.internal:4000/v1", "gpt-4o-mini") == 750_000
    assert price("http://gateway.internal:4000/v1", "openai/gpt-4o-mini") == 750_000


@pytest.mark.parametrize(
    ("base_url", "model"),
    [
        ("http://localhost:11434/v1", "llama3.2"),
        ("http://localhost:11434/v1", "deepseek-r1:8b"),
        ("https://shop.openai.azure.com/openai/v1", "our-deployment"),
        ("http://gateway.internal:4000/v1", "nobody/knows-this"),
    ],
)
def test_what_the_list_does_not_know_is_unpriced(base_url: str, model: str) -> None:
    assert price(base_url, model) is None


def test_prices_are_rounded_up_to_the_micro_dollar() -> None:
    assert price("https://api.openai.com/v1", "gpt-4o-mini", 1, 0) == 1
    assert price("https://api.openai.com/v1", "gpt-4o-mini", 0, 0) == 0
    assert price("https://api.openai.com/v1", "gpt-4o-mini", 100, 10) == 21


def test_prices_with_steps_are_worked_out_by_the_library() -> None:
    base = "https://generativelanguage.googleapis.com/v1beta/openai"
    small, large = price(base, "gemini-2.5-pro", 100_000, 0), price(base, "gemini-2.5-pro", 1_000_000, 0)
    assert small is not None and large is not None
    assert large > 10 * small


def test_the_settings_price_comes_before_the_list() -> None:
    model = OpenAIModel(Endpoint(model="gpt-4o-mini", price_in=3, price_out=5_000_000))
    assert model.price_micros(1, 10) == 51


def test_an_answer_that_does_not_say_what_it_used_is_counted_at_its_most() -> None:
    with scripted_server(completion("{}", usage=None), completion("{}", usage={"prompt_tokens": -4})) as server:
        model = model_at(server.base_url)
        for _ in range(2):
            usage = model.ask(prompt()).usage
            assert usage.input_tokens == prompt_tokens(prompt())
            assert usage.output_tokens == 2


@pytest.mark.parametrize("text", ["", "a", "Größe", "春のキャンペーン", "🌷🌷", "\ud800", "a\r\n\tb"])
def test_no_text_has_more_tokens_than_bytes(text: str) -> None:
    assert estimate_tokens(text) == len(text.encode("utf-8", "surrogatepass"))
    assert likely_tokens(text) <= estimate_tokens(text)


def test_a_likely_count_is_near_for_english_and_for_japanese() -> None:
    assert likely_tokens("word " * 400) == 500
    japanese = "日本語の文は一文字で一つほど"
    assert likely_tokens(japanese) == len(japanese)


def test_the_bound_of_a_prompt_counts_messages_and_schema() -> None:
    assert prompt_tokens(prompt("x" * 1000)) - prompt_tokens(prompt("")) == 1000
    assert prompt_tokens(prompt(schema={**SCHEMA, "title": "t" * 100})) > prompt_tokens(prompt()) + 100


def test_a_repair_shows_the_answer_and_what_is_wrong_with_it() -> None:
    first = (Message(role="user", content="Write."),)
    messages = repair_messages(first, '{"variants": 3}', ["variants is no list"])
    assert messages[:1] == first
    assert (messages[1].role, messages[1].content) == ("assistant", '{"variants": 3}')
    assert messages[2].role == "user" and "- variants is no list" in messages[2].content


def test_a_repair_of_nothing_shows_no_empty_answer() -> None:
    messages = repair_messages((Message(role="user", content="Write."),), " \n", [])
    assert [message.role for message in messages] == ["user", "user"]
    assert "JSON" in messages[1].content
