"""A picture on its way to a model, over a real socket: how it is sent, what it may cost, and who refuses it."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from hub.domain import Message
from hub.errors import Unavailable, VendorRefused
from hub.model import FallbackModel, prompt_tokens, repair_messages
from hub.model.tokens import PER_PICTURE
from hub.sdk import Picture, Prompt
from tests.fake_model_server import FakeModelServer
from tests.unit.asking import TEXT, Pauses, model_at, prompt
from tests.unit.scripted_http import completion, http, scripted_server

PNG = b"\x89PNG\r\n\x1a\n a small one"
SHOWN = Picture(media_type="image/png", data=PNG)
ADDRESS = "https://pictures.example.com/a.png"
#: What endpoints answer to a picture they do not take, in their own words.
REFUSALS = (
    (400, {"error": {"message": "Invalid content type. image_url is only supported by certain models."}}),
    (400, {"error": {"message": "messages[1].content must be a string", "type": "invalid_request_error"}}),
    (404, {"error": {"message": "No endpoints found that support image input", "code": 404}}),
    (422, {"detail": [{"loc": ["body", "messages", 1], "msg": "Input should be a valid string"}]}),
    (400, {"error": {"message": "Failed to deserialize: unknown variant `image_url`, expected `text` at line 1"}}),
    (400, {"error": {"message": "You uploaded an unsupported image.", "code": "invalid_image_format"}}),
    (500, {"error": {"message": "image input is not supported - hint: you may need to provide the mmproj"}}),
    (413, b"payload too large"),
)


def with_picture(picture: Picture = SHOWN, text: str = TEXT) -> Prompt:
    return replace(prompt(text), pictures=(picture,))


def test_a_picture_goes_along_with_the_last_message_of_the_asker(fake_model: FakeModelServer) -> None:
    model_at(fake_model.base_url).ask(with_picture())
    (entry,) = fake_model.journal()
    system, user = entry["body"]["messages"]
    assert system["content"] == "You write copy."
    text, picture = user["content"]
    assert text == {"type": "text", "text": TEXT}
    assert picture["type"] == "image_url" and picture["image_url"]["detail"] == "low"
    head, _, data = picture["image_url"]["url"].partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(data) == PNG


def test_a_public_picture_goes_by_its_address(fake_model: FakeModelServer) -> None:
    model_at(fake_model.base_url).ask(with_picture(Picture(media_type="image/png", url=ADDRESS)))
    (entry,) = fake_model.journal()
    assert entry["body"]["messages"][1]["content"][1]["image_url"] == {"url": ADDRESS, "detail": "low"}


def test_a_repaired_answer_is_asked_for_with_the_picture(fake_model: FakeModelServer) -> None:
    again = replace(with_picture(), messages=repair_messages(prompt().messages, "no draft", ["It is no JSON."]))
    model_at(fake_model.base_url).ask(again)
    (entry,) = fake_model.journal()
    *_, first, bad, correction = entry["body"]["messages"]
    assert isinstance(first["content"], str) and bad["role"] == "assistant"
    assert [part["type"] for part in correction["content"]] == ["text", "image_url"]


def test_without_a_picture_messages_stay_plain_text(fake_model: FakeModelServer) -> None:
    model_at(fake_model.base_url).ask(prompt())
    assert fake_model.journal()[0]["body"]["messages"][1]["content"] == TEXT


@pytest.mark.parametrize(("status", "body"), REFUSALS)
def test_an_endpoint_that_takes_no_picture_says_so_once_and_names_who_acts(status: int, body: object) -> None:
    pauses = Pauses()
    with scripted_server(http(status, body), completion()) as server:
        with pytest.raises(VendorRefused, match="does not take the picture") as caught:
            model_at(server.base_url, pauses).ask(with_picture())
        assert len(server.received) == 1
    assert not pauses
    assert caught.value.who == "an admin"
    assert "INLAY_MODEL" in caught.value.instead


def test_a_failure_that_openrouter_puts_into_a_body_is_read_the_same() -> None:
    body = {"error": {"message": "No endpoints found that support image input", "code": 404}}
    with scripted_server(http(200, body)) as server, pytest.raises(VendorRefused, match="does not take the picture"):
        model_at(server.base_url).ask(with_picture())


@pytest.mark.parametrize(("status", "body"), REFUSALS[:-2])
def test_the_same_words_without_a_picture_are_about_something_else(status: int, body: object) -> None:
    with scripted_server(http(status, body)) as server, pytest.raises(VendorRefused) as caught:
        model_at(server.base_url).ask(prompt())
    assert "picture" not in caught.value.what


@pytest.mark.parametrize(
    "message", ["maximum context length is 8192 tokens, your image is long", "content_filter: image"]
)
def test_a_text_that_is_too_long_or_forbidden_is_not_blamed_on_the_picture(message: str) -> None:
    with scripted_server(http(400, {"error": {"message": message}})) as server, pytest.raises(VendorRefused) as caught:
        model_at(server.base_url).ask(with_picture())
    assert "does not take the picture" not in caught.value.what


def test_a_failure_of_the_vendors_own_is_tried_again_with_the_picture() -> None:
    with scripted_server(http(503, {"error": "the image service is away"}), completion()) as server:
        model_at(server.base_url).ask(with_picture())
        assert [len(one.body["messages"][1]["content"]) for one in server.received] == [2, 2]
    with scripted_server(http(503)) as server, pytest.raises(Unavailable):
        model_at(server.base_url).ask(with_picture())


def test_a_model_said_to_see_nothing_is_sent_no_picture(fake_model: FakeModelServer) -> None:
    blind = model_at(fake_model.base_url, pictures=False)
    with pytest.raises(VendorRefused, match="does not take the picture"):
        blind.ask(with_picture())
    assert not fake_model.journal()
    blind.ask(prompt())


def test_the_next_model_is_shown_the_picture_that_the_first_refuses(fake_model: FakeModelServer) -> None:
    with scripted_server(http(*REFUSALS[0])) as server:
        models = FallbackModel([model_at(server.base_url), model_at(fake_model.base_url, model="sees")])
        answer = models.ask(with_picture())
    assert answer.usage.model == "sees"
    assert len(fake_model.journal()[0]["body"]["messages"][1]["content"]) == 2


def test_a_picture_counts_as_the_most_it_can_be_billed_as() -> None:
    assert prompt_tokens(with_picture()) - prompt_tokens(prompt()) == PER_PICTURE
    assert prompt_tokens(prompt(), pictures=1) == prompt_tokens(with_picture())
    # OpenAI's and Claude's dearest, and Qwen's as it ships: see ``PER_PICTURE``.
    assert max(2_833, int(1_536 * 2.46) + 1, 5_000, 16_384) <= PER_PICTURE


def test_an_answer_that_does_not_say_what_it_used_is_booked_with_its_picture() -> None:
    with scripted_server(completion("{}", usage=None)) as server:
        usage = model_at(server.base_url).ask(with_picture()).usage
    assert usage.input_tokens == prompt_tokens(with_picture())


def test_a_picture_shows_in_no_repr_of_a_prompt() -> None:
    shown = repr(Prompt(messages=(Message(role="user", content="x"),), schema={}, max_tokens=16, pictures=(SHOWN,)))
    assert "a small one" not in shown
