"""Each endpoint is asked the way it takes: what it refuses once is not sent to it again."""

from __future__ import annotations

from typing import Any

import pytest

from hub.errors import ConfigurationError, VendorRefused
from hub.model import Endpoint
from hub.sdk import Secret
from tests.unit.asking import KEY, SCHEMA, model_at, prompt
from tests.unit.scripted_http import Scripted, completion, http, scripted_server


def refusal(message: str, status: int = 400, **parts: Any) -> bytes:
    return http(status, {"error": {"message": message, "type": "invalid_request_error", **parts}})


NO_SCHEMA = refusal(
    "'response_format' of type 'json_schema' is not supported with this model.", param="response_format"
)
NO_FORMAT = refusal("Unrecognized request argument supplied: response_format")


def formats(server: Scripted) -> list[str | None]:
    return [request.body.get("response_format", {}).get("type") for request in server.received]


def test_an_endpoint_without_schemas_is_asked_for_json_and_told_the_schema() -> None:
    with scripted_server(NO_SCHEMA, completion()) as server:
        model = model_at(server.base_url)
        model.ask(prompt())
        model.ask(prompt())
    assert formats(server) == ["json_schema", "json_object", "json_object"]
    first = server.received[1].body["messages"][0]
    assert first["role"] == "system"
    assert '"variants"' in first["content"] and "JSON" in first["content"]


def test_an_endpoint_without_any_format_is_asked_in_words() -> None:
    with scripted_server(NO_FORMAT, NO_FORMAT, completion()) as server:
        model = model_at(server.base_url)
        model.ask(prompt())
        model.ask(prompt())
    assert formats(server) == ["json_schema", "json_object", None, None]


def test_one_schema_that_is_refused_costs_no_other_template_its_structure() -> None:
    wrong = refusal("Invalid schema for response_format 'draft': 'additionalProperties' is required.")
    other = {**SCHEMA, "title": "another"}
    with scripted_server(wrong, completion()) as server:
        model = model_at(server.base_url)
        for schema in (SCHEMA, SCHEMA, other):
            model.ask(prompt(schema=schema))
    assert formats(server) == ["json_schema", "json_object", "json_object", "json_schema"]


def test_the_other_name_of_the_limit_is_learnt() -> None:
    wrong = refusal(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        param="max_tokens",
        code="unsupported_parameter",
    )
    with scripted_server(wrong, completion()) as server:
        model = model_at(server.base_url)
        model.ask(prompt(max_tokens=50))
        model.ask(prompt(max_tokens=60))
    assert [request.body.get("max_completion_tokens") for request in server.received] == [None, 50, 60]
    assert "max_tokens" not in server.received[1].body


def test_limit_and_format_are_both_learnt_in_one_ask() -> None:
    extra = {
        "detail": [{"type": "extra_forbidden", "loc": ["body", "max_tokens"], "msg": "Extra inputs not permitted"}]
    }
    with scripted_server(http(422, extra), NO_SCHEMA, completion()) as server:
        assert model_at(server.base_url).ask(prompt()).usage.calls == 1
    assert formats(server) == ["json_schema", "json_schema", "json_object"]
    assert "max_completion_tokens" in server.received[2].body


def test_a_limit_that_is_too_large_is_not_mistaken_for_a_wrong_name() -> None:
    wrong = refusal("max_tokens is too large: 500. This model writes at most 100.", param="max_tokens")
    with scripted_server(wrong) as server, pytest.raises(VendorRefused):
        model_at(server.base_url).ask(prompt())
    assert len(server.received) == 1


def test_an_endpoint_that_refuses_every_way_is_not_asked_for_ever() -> None:
    both = refusal("response_format and max_tokens and max_completion_tokens are not supported")
    with scripted_server(both) as server, pytest.raises(VendorRefused):
        model_at(server.base_url).ask(prompt())
    assert len(server.received) == 4


def test_an_endpoint_that_overlooks_the_format_is_told_in_words_from_then_on() -> None:
    with scripted_server(completion("Here is your text!"), completion()) as server:
        model = model_at(server.base_url)
        assert model.ask(prompt()).text == "Here is your text!"
        model.ask(prompt())
    assert formats(server) == ["json_schema", None]


def test_an_endpoint_that_overlooks_the_limit_gets_it_by_its_other_name() -> None:
    long = completion(usage={"prompt_tokens": 10, "completion_tokens": 900})
    with scripted_server(long, completion()) as server:
        model = model_at(server.base_url)
        model.ask(prompt(max_tokens=100))
        model.ask(prompt(max_tokens=100))
    assert ["max_completion_tokens" in request.body for request in server.received] == [False, True]


def test_a_fence_round_the_whole_answer_is_taken_off() -> None:
    with scripted_server(completion('```json\n{"variants": ["a ``` b"]}\n```')) as server:
        assert model_at(server.base_url).ask(prompt()).text == '{"variants": ["a ``` b"]}'


def test_an_answer_that_goes_on_in_spaces_is_read_at_once() -> None:
    # Models that are held to JSON are known to go on like this. A pattern that tries each space is never through.
    said = "```json\n{}" + " " * 400_000 + "x```y"
    with scripted_server(completion(said)) as server:
        assert model_at(server.base_url).ask(prompt()).text == said


def test_openai_is_asked_with_the_new_name_of_the_limit() -> None:
    assert Endpoint(model="gpt-5").is_openai
    assert Endpoint(base_url="https://shop.openai.azure.com/openai/v1", model="d").is_openai
    assert not Endpoint(base_url="https://openai.com.example/v1", model="d").is_openai


def test_azure_gets_its_path_its_version_and_its_own_key_header() -> None:
    with scripted_server(completion()) as server:
        model_at(server.root_url, model="copy-desk", api_version="2025-01-01-preview").ask(prompt())
    (request,) = server.received
    assert request.path == "/openai/deployments/copy-desk/chat/completions?api-version=2025-01-01-preview"
    assert request.headers["api-key"] == KEY
    assert "authorization" not in request.headers


def test_a_key_goes_as_bearer_and_a_missing_one_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "someone-elses-key")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-someone")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with scripted_server(completion()) as server:
        model_at(server.base_url, headers={"x-team": "copy"}).ask(prompt())
        model_at(server.base_url, api_key=None).ask(prompt())
    keyed, bare = server.received
    assert keyed.path == "/v1/chat/completions"
    assert keyed.headers["authorization"] == f"Bearer {KEY}"
    assert keyed.headers["x-team"] == "copy"
    assert "authorization" not in bare.headers
    assert "openai-organization" not in keyed.headers


@pytest.mark.parametrize(
    "given",
    [
        {"base_url": "ftp://models.example/v1"},
        {"base_url": "https://user:word@models.example/v1"},
        {"base_url": "https://models.example/v1?key=abc"},
        {"base_url": "models.example"},
        {"base_url": "https://[broken"},
        {"model": ""},
        {"timeout": 0},
        {"price_in": 5},
        {"api_key": Secret("word\n")},
        {"api_key": Secret("wörd-abc")},
        {"headers": {"x-gateway": "word\r\nx-other: abc"}},
    ],
)
def test_an_endpoint_that_cannot_work_stops_the_start_and_shows_no_secret(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Endpoint(**{"model": "m", **given})
    assert "word" not in str(caught.value) and "abc" not in str(caught.value)
