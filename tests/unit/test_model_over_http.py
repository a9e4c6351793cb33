"""The model over a real socket against an independent server: what is sent, what comes back, when it is sent again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.errors import RateLimited, Unavailable
from tests.conftest import ROOT
from tests.fake_model_server import FakeModelServer
from tests.unit.asking import KEY, SCHEMA, TEXT, Pauses, model_at, prompt


def test_an_answer_comes_back_with_what_it_used(fake_model: FakeModelServer) -> None:
    fake_model.answers({"variants": ["Ready for spring."]})
    answer = model_at(fake_model.base_url).ask(prompt())
    assert json.loads(answer.text) == {"variants": ["Ready for spring."]}
    assert answer.usage.model == "gpt-4o-mini"
    assert answer.usage.calls == 1
    assert answer.usage.input_tokens > 0
    assert answer.usage.output_tokens > 0
    assert answer.usage.cost_micros is not None
    assert answer.usage.ms > 0


def test_the_request_carries_messages_schema_limit_and_no_more_than_one_call(fake_model: FakeModelServer) -> None:
    model_at(fake_model.base_url).ask(prompt(max_tokens=321))
    (entry,) = fake_model.journal()
    body = entry["body"]
    assert [message["content"] for message in body["messages"]] == ["You write copy.", TEXT]
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert body["response_format"]["json_schema"]["strict"] is True
    assert body["max_tokens"] == 321
    assert body["model"] == "gpt-4o-mini"


def test_text_in_any_script_arrives_unchanged(fake_model: FakeModelServer) -> None:
    text = "Größe für 12 € – 春のキャンペーン 🌷"
    fake_model.answers({"variants": [text]})
    answer = model_at(fake_model.base_url).ask(prompt(text))
    assert fake_model.journal()[0]["body"]["messages"][1]["content"] == text
    assert json.loads(answer.text) == {"variants": [text]}


def test_too_many_requests_are_tried_again_after_the_vendors_own_pause(fake_model: FakeModelServer) -> None:
    fake_model.fails(429, 429)
    pauses = Pauses()
    model_at(fake_model.base_url, pauses).ask(prompt())
    assert [entry["response"]["status"] for entry in fake_model.journal()] == [429, 429, 200]
    assert pauses == [1.0, 1.0]


def test_after_three_tries_the_run_is_told_when_to_come_back(fake_model: FakeModelServer) -> None:
    fake_model.fails(429, 429, 429, 429)
    with pytest.raises(RateLimited) as caught:
        model_at(fake_model.base_url).ask(prompt())
    assert len(fake_model.journal()) == 3
    assert caught.value.after == 1.0


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 529])
def test_a_failure_of_the_vendors_own_is_tried_again(fake_model: FakeModelServer, status: int) -> None:
    fake_model.fails(status)
    pauses = Pauses()
    model_at(fake_model.base_url, pauses).ask(prompt())
    assert len(fake_model.journal()) == 2
    assert len(pauses) == 1


def test_pauses_grow_and_differ_when_the_vendor_names_none(fake_model: FakeModelServer) -> None:
    seen = []
    for _ in range(6):
        fake_model.fails(500, 500)
        pauses = Pauses()
        model_at(fake_model.base_url, pauses).ask(prompt())
        seen.append(pauses)
    assert all(first <= 0.5 and second <= 1.0 for first, second in seen)
    assert len({first for first, _ in seen}) > 1


def test_cut_connections_end_as_unavailable(fake_model: FakeModelServer) -> None:
    fake_model.misbehaves(disconnects=1)
    with pytest.raises(Unavailable, match="broke off"):
        model_at(fake_model.base_url).ask(prompt())


def test_no_server_at_all_is_unavailable_after_three_tries() -> None:
    pauses = Pauses()
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1 cannot be reached"):
        model_at("http://127.0.0.1:9/v1", pauses).ask(prompt())
    assert len(pauses) == 2


def test_sixty_four_threads_share_one_model(fake_model: FakeModelServer) -> None:
    model = model_at(fake_model.base_url)
    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda number: model.ask(prompt(f"Text {number}")), range(256)))
    assert len(answers) == 256
    asked = {entry["body"]["messages"][1]["content"] for entry in fake_model.journal()}
    assert asked == {f"Text {number}" for number in range(256)}
    assert len(fake_model.journal()) == 256


def test_a_closed_model_opens_again_when_asked(fake_model: FakeModelServer) -> None:
    model = model_at(fake_model.base_url)
    model.ask(prompt())
    model.close()
    assert model.ask(prompt()).text


def test_neither_key_nor_text_is_logged(fake_model: FakeModelServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    fake_model.fails(500, message=f"you sent {TEXT}")
    fake_model.answers({"variants": ["A secret answer."]})
    model_at(fake_model.base_url).ask(prompt())
    assert caplog.records
    for private in (KEY, TEXT, "A secret answer."):
        assert private not in caplog.text


#: Another library that is half through loading: its name is there, and what it defines is not, until the thread that
#: asks the model waits for it, or has ended.
_SLOW = """
import sys, threading, time

def waits():
    frame = sys._current_frames().get(threading.main_thread().ident)
    while frame:
        if frame.f_locals.get("name") == "httpx" and "importlib" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return not threading.main_thread().is_alive()

while not waits():
    time.sleep(0.001)
class Auth: pass
class Client: pass
class AsyncClient: pass
class URL: pass
class Response: pass
class Timeout: pass
class TimeoutException(Exception): pass
class RequestError(Exception): pass
"""
_ASKS = """
import sys, threading
from tests.unit.asking import model_at, prompt
threading.Thread(target=__import__, args=("httpx",)).start()
while "httpx" not in sys.modules:
    pass
print(model_at(sys.argv[1]).ask(prompt()).text)
"""


def test_the_model_is_asked_while_another_thread_loads_what_the_sdk_looks_for(
    fake_model: FakeModelServer, tmp_path: Path
) -> None:
    (tmp_path / "httpx.py").write_text(_SLOW)
    fake_model.answers({"variants": ["Ready for spring."]})
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", _ASKS, fake_model.base_url],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert json.loads(done.stdout or "{}") == {"variants": ["Ready for spring."]}, done.stderr
