"""The sandbox's sender: signs anew for each attempt, keeps the vendor's schedule, can repeat, shuffle and lose."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from connectors.dam.sandbox import Sandbox
from tests.connectors.dam.tiny_vendor import Listener, Tiny, listening, running

#: A minute at the vendor is a hundredth of a second.
FAST = 6000.0


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running() as sandbox:
        yield sandbox


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def kinds(listener: Listener) -> list[str]:
    return [json.loads(body)["kind"] for _, body in listener.heard]


def test_a_hub_is_told_what_happens_from_the_moment_it_is_known(sandbox: Sandbox, listener: Listener) -> None:
    sandbox.drop("before.png", b"x")
    sandbox.calls_back(listener.url)
    sandbox.sender.configure(workers=1)
    id = sandbox.drop("after.png", b"x")
    sandbox.store.change(id, {"alt": "A lantern"}, by="inlay")
    assert sandbox.sender.drained()
    assert kinds(listener) == ["created", "ready", "metadata"]
    assert [one.status for one in sandbox.sender.attempts] == [200, 200, 200]


def test_what_the_hub_refuses_for_now_is_signed_anew_and_sent_again(sandbox: Sandbox, listener: Listener) -> None:
    listener.answers = [503, 500, 200]
    sandbox.sender.configure(endpoint=listener.url, speed=FAST)
    sandbox.sender.send(b'{"kind": "ready"}')
    assert sandbox.sender.drained()
    assert [tries for tries, _ in listener.heard] == ["0", "1", "2"]
    assert [(one.number, one.status, one.given_up) for one in sandbox.sender.attempts] == [
        (0, 503, False),
        (1, 500, False),
        (2, 200, False),
    ]


def test_after_the_last_attempt_of_the_schedule_it_is_given_up(sandbox: Sandbox, listener: Listener) -> None:
    listener.answers = [503]
    sandbox.sender.configure(endpoint=listener.url, speed=FAST)
    sandbox.sender.send(b'{"kind": "ready"}')
    assert sandbox.sender.drained()
    assert [one.given_up for one in sandbox.sender.attempts] == [False, False, True]


def test_what_the_hub_refuses_for_good_is_not_sent_again(sandbox: Sandbox, listener: Listener) -> None:
    listener.answers = [401]
    sandbox.sender.configure(endpoint=listener.url, speed=FAST)
    sandbox.sender.send(b'{"kind": "ready"}')
    assert sandbox.sender.drained()
    assert len(listener.heard) == 1


def test_a_wait_at_the_vendor_s_own_speed_can_be_hurried(sandbox: Sandbox, listener: Listener) -> None:
    listener.answers = [503, 200]
    sandbox.calls_back(listener.url)
    sandbox.sender.send(b'{"kind": "ready"}')
    assert sandbox.sender.attempted(1)
    assert sandbox.sender.pending() == 1
    sandbox.sender.hurry()
    assert sandbox.sender.drained()
    assert len(listener.heard) == 2


def test_a_hub_that_is_not_there_is_an_attempt_without_an_answer(sandbox: Sandbox, listener: Listener) -> None:
    sandbox.calls_back(listener.url)
    sandbox.sender.send(b'{"kind": "ready"}')
    assert sandbox.sender.drained()
    sandbox.sender._registered = gone = "http://127.0.0.1:9/in/dam"
    sandbox.sender.configure(speed=FAST)
    sandbox.sender.endpoint = gone
    sandbox.sender.send(b'{"kind": "ready"}')
    assert sandbox.sender.drained()
    assert [one.status for one in sandbox.sender.attempts] == [200, 0, 0, 0]


def test_every_webhook_comes_as_often_as_asked_in_another_order(sandbox: Sandbox, listener: Listener) -> None:
    sandbox.sender.configure(paused=True, endpoint=listener.url, repeat=3, shuffled=True, workers=1)
    sandbox.sender.send(*(str(number).encode() for number in range(20)))
    sandbox.sender.configure(paused=False)
    assert sandbox.sender.drained()
    heard = [int(body) for _, body in listener.heard]
    assert sorted(heard) == sorted([*range(20)] * 3)
    assert heard != sorted(heard)


def test_some_webhooks_are_lost_when_asked_and_counted(sandbox: Sandbox, listener: Listener) -> None:
    sandbox.sender.configure(endpoint=listener.url, lose=0.5)
    sandbox.sender.send(*(str(number).encode() for number in range(40)))
    assert sandbox.sender.drained()
    assert 0 < sandbox.sender.lost < 40
    assert len(listener.heard) == 40 - sandbox.sender.lost


def test_nothing_goes_to_an_address_that_did_not_prove_itself(
    sandbox: Sandbox, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tiny, "proven", False)
    sandbox.calls_back(listener.url)
    sandbox.sender.send(b'{"kind": "ready"}')
    assert not sandbox.sender.drained(timeout=0.3)
    assert listener.heard == []
    monkeypatch.setattr(Tiny, "proven", True)
    sandbox.sender.hurry()
    assert sandbox.sender.drained()
    assert listener.asked == ["/in/dam?challenge=abc"]
    assert len(listener.heard) == 1


def test_a_new_address_is_greeted_first(sandbox: Sandbox, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tiny, "hello", (b'{"kind": "hello"}',))
    sandbox.sender.configure(endpoint=listener.url, workers=1)
    sandbox.sender.send(b'{"kind": "ready"}')
    assert sandbox.sender.drained()
    assert kinds(listener) == ["hello", "ready"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "http://example.com/in/dam"},
        {"endpoint": "https://127.0.0.1/in/dam"},
        {"speed": 0},
        {"workers": 0},
        {"colour": "red"},
    ],
)
def test_settings_that_cannot_be_are_refused(sandbox: Sandbox, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        sandbox.sender.configure(**wrong)
