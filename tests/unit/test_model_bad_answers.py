"""What no model should send, and some do: pages, halves, silence. Each ends in an error a person can act on."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from hub.errors import BadAnswer, InlayError, RateLimited, Unavailable, VendorRefused
from hub.sdk import Secret
from tests.unit.asking import KEY, TEXT, Pauses, model_at, prompt
from tests.unit.scripted_http import Reply, completion, cut, drip, hang, http, scripted_server

PAGE = b"<!doctype html><title>Sign in</title>"


@pytest.mark.parametrize(
    ("reply", "what"),
    [
        (http(200, PAGE, content_type="text/html"), "web page"),
        (http(200, b'{"choices": [{"message": {"con'), "no JSON"),
        (http(200, b""), "nothing"),
        (http(200, b"[" * 100_000), "no JSON"),
        (http(200, b"\xff\xfe{\x00"), "no JSON"),
        (http(200, [1, 2]), "empty"),
        (http(200, {"choices": []}), "empty"),
        (http(200, {"choices": ["text"]}), "empty"),
        (http(200, {"choices": [{"message": None}]}), "empty"),
        (completion(None), "empty"),
        (completion("  \n"), "empty"),
        (completion(["parts"]), "empty"),
        (completion('{"variants": ["half', finish="length"), "cut off"),
        (completion("", finish="content_filter"), "filter"),
        (completion(None, refusal="I cannot help with that."), "refuses to answer"),
    ],
)
def test_what_is_no_answer_is_a_bad_answer_and_is_not_asked_for_again(reply: bytes, what: str) -> None:
    with scripted_server(reply) as server, pytest.raises(BadAnswer, match=what) as caught:
        model_at(server.base_url).ask(prompt())
    problem = caught.value.problem()
    assert len(server.received) == 1
    assert problem.what and problem.why and problem.instead and problem.who


def test_an_unusable_answer_that_was_paid_for_says_what_it_used() -> None:
    reply = completion("half", finish="length")
    with scripted_server(reply) as server, pytest.raises(BadAnswer) as caught:
        model_at(server.base_url, price_in=1_000_000, price_out=2_000_000).ask(prompt())
    assert caught.value.usage is not None
    assert (caught.value.usage.input_tokens, caught.value.usage.output_tokens) == (100, 20)
    assert caught.value.usage.cost_micros == 140


def test_a_web_page_is_not_counted_as_paid_for() -> None:
    with scripted_server(http(200, PAGE)) as server, pytest.raises(BadAnswer) as caught:
        model_at(server.base_url).ask(prompt())
    assert caught.value.usage is None


@pytest.mark.parametrize("silence", [hang, drip])
def test_a_model_that_never_answers_ends_in_time(silence: Reply) -> None:
    begun = time.monotonic()
    with scripted_server(silence) as server, pytest.raises(Unavailable, match="in time"):
        model_at(server.base_url, timeout=0.6).ask(prompt())
    assert time.monotonic() - begun < 5
    assert len(server.received) == 1


@pytest.mark.parametrize("broken", [cut, http(200, b"no gzip", content_encoding="gzip"), b"no HTTP\r\n\r\n"])
def test_an_answer_that_breaks_on_the_way_is_asked_for_again(broken: Reply) -> None:
    with scripted_server(broken, completion()) as server:
        assert model_at(server.base_url).ask(prompt()).text == '{"variants": []}'
    assert len(server.received) == 2


def test_retry_after_as_a_date_is_waited_for() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=6), usegmt=True)
    pauses = Pauses()
    with scripted_server(http(503, {}, retry_after=date), completion()) as server:
        model_at(server.base_url, pauses).ask(prompt())
    assert len(pauses) == 1
    assert 3 < pauses[0] <= 6


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"retry_after": "0"}, 0.0),
        ({"retry_after": "2.5"}, 2.5),
        ({"retry_after_ms": "250", "retry_after": "1"}, 0.25),
        ({"retry_after": "-5"}, 0.0),
        ({"retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)
def test_retry_after_is_read_in_each_of_its_forms(headers: dict[str, str], after: float) -> None:
    pauses = Pauses()
    with scripted_server(http(429, {}, **headers), completion()) as server:
        model_at(server.base_url, pauses).ask(prompt())
    assert pauses == [after]


@pytest.mark.parametrize("nonsense", ["soon", "nan", "Wed, 99 Oct"])
def test_a_retry_after_that_says_nothing_is_passed_over(nonsense: str) -> None:
    pauses = Pauses()
    with scripted_server(http(429, {}, retry_after=nonsense), completion()) as server:
        model_at(server.base_url, pauses).ask(prompt())
    assert len(pauses) == 1
    assert 0 <= pauses[0] <= 0.5


@pytest.mark.parametrize(("asked", "after"), [("120", 120.0), ("999999999", 3600.0), ("inf", 3600.0)])
def test_a_long_pause_is_left_to_the_run(asked: str, after: float) -> None:
    pauses = Pauses()
    with scripted_server(http(429, {}, retry_after=asked)) as server, pytest.raises(RateLimited) as caught:
        model_at(server.base_url, pauses).ask(prompt())
    assert (caught.value.after, pauses, len(server.received)) == (after, [], 1)


def test_pauses_stay_within_the_time_an_ask_may_take() -> None:
    pauses = Pauses()
    with scripted_server(http(429, {}, retry_after="9")) as server, pytest.raises(RateLimited):
        model_at(server.base_url, pauses, timeout=5).ask(prompt())
    assert (pauses, len(server.received)) == ([], 1)


@pytest.mark.parametrize(
    ("reply", "what", "who"),
    [
        (http(401, {"error": {"message": f"Incorrect key {KEY}"}}), "key is refused", "an admin"),
        (http(403, {}), "key is refused", "an admin"),
        (http(404, {"error": {"code": "model_not_found"}}), "knows no model gpt-4o-mini", "an admin"),
        (http(400, {"error": {"code": "context_length_exceeded", "message": "…"}}), "longer than", "the person"),
        (http(413, PAGE), "longer than", "the person"),
        (http(400, {"error": {"code": "content_filter"}}), "content rules", "the person"),
        (http(429, {"error": {"code": "insufficient_quota"}}), "no credit", "an admin"),
        (http(402, {}), "no credit", "an admin"),
        (http(307, b"", location="http://127.0.0.1:9/elsewhere"), "redirect", "an admin"),
        (http(400, {"error": {"code": "invalid_value", "message": TEXT}}), "refuses the request", "an admin"),
        (http(200, {"error": {"code": 401, "message": "No auth"}}), "key is refused", "an admin"),
    ],
)
def test_a_refusal_is_not_tried_again_and_says_who_can_help(reply: bytes, what: str, who: str) -> None:
    with scripted_server(reply) as server, pytest.raises(VendorRefused, match=what) as caught:
        model_at(server.base_url).ask(prompt())
    assert len(server.received) == 1
    assert caught.value.who.startswith(who)
    assert caught.value.instead


def test_a_failure_sent_as_success_is_a_failure() -> None:
    busy = http(200, {"error": {"code": 429, "message": "busy"}})
    with scripted_server(busy) as server, pytest.raises(RateLimited):
        model_at(server.base_url).ask(prompt())
    assert len(server.received) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_no_error_holds_the_key_the_prompt_or_the_vendors_words(status: int) -> None:
    body = {"error": {"message": f"{KEY} said {TEXT}", "code": f"Code {TEXT}"}}
    with scripted_server(http(status, body, retry_after="60")) as server, pytest.raises(InlayError) as caught:
        model_at(server.base_url, headers={"x-gateway": "gw-secret"}).ask(prompt())
    error = caught.value
    assert error.__cause__ is None and error.__context__ is None
    shown = f"{error!r} {error} {error.problem()}"
    for private in (KEY, TEXT, "gw-secret", "said"):
        assert private not in shown


def test_a_model_and_its_endpoint_do_not_show_their_secrets() -> None:
    model = model_at("http://127.0.0.1:9/v1", api_key=Secret(KEY), headers={"x-gateway": "gw-secret"})
    shown = f"{model!r} {model.endpoint!r}"
    assert KEY not in shown and "gw-secret" not in shown
