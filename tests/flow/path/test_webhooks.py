"""The hub's own events reach an endpoint once, in order and signed, whatever the receiver does."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from hub.bootstrap import Hub
from hub.pipeline import webhooks as module
from hub.pipeline.webhooks import EVENTS, SCHEDULE, Webhooks
from hub.store import Database, endpoints
from hub.store.endpoints import Endpoint
from hub.vault import Vault
from tests.hubs import KEY, TEAM, a_hub, request

NEW, OLD = ("whsec_" + base64.b64encode(letter * 32).decode() for letter in (b"n", b"o"))


class Receiver:
    """An endpoint on a socket. ``does`` says what it answers: a status, ``drop`` or ``hang``; the last goes on."""

    def __init__(self) -> None:
        self.does: list[Any] = [204]
        self.headers: dict[str, str] = {}
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.other: list[str] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                receiver.other.append(self.path)
                self.send_response(200)
                self.end_headers()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                act = receiver.does.pop(0) if len(receiver.does) > 1 else receiver.does[0]
                if act == "drop":
                    self.connection.close()
                    return
                if act == "hang":
                    time.sleep(3)
                    return
                self.send_response(act)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def said(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]


class Clock:
    """The real time, moved on by a test."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


class Place:
    def __init__(self, hub: Hub, clock: Clock, receiver: Receiver) -> None:
        self.hub, self.clock, self.receiver = hub, clock, receiver
        self.sender = Webhooks(hub.database, hub.vault, clock, "https://hub.example.com")

    def declare(self, *events: str, name: str = "ops", team: str | None = None, **secrets: str) -> None:
        sealed = self.hub.vault.seal(secrets or {"secret": NEW})
        one = Endpoint(
            name=name,
            url=self.receiver.url,
            events=events or ("run.delivered",),
            team=team,
            secrets=sealed,
            state="on",
        )
        with self.hub.database.transaction() as tx:
            endpoints.put(tx, one)

    def runs(self, number: int, start: int = 0) -> list[str]:
        return [self.hub.run(request(f"k{start + n}")).id for n in range(number)]

    def stands(self, name: str = "ops") -> Endpoint:
        with self.hub.database.reading() as tx:
            found = endpoints.get(tx, name)
        assert found is not None
        return found


@contextmanager
def a_place(home: Path, receiver: Receiver, database_url: str = "") -> Iterator[Place]:
    clock = Clock()
    with a_hub(home, database_url=database_url, clock=clock) as hub:
        yield Place(hub, clock, receiver)


@pytest.fixture
def place(tmp_path: Path, receiver: Receiver) -> Iterator[Place]:
    with a_place(tmp_path, receiver) as opened:
        yield opened


@pytest.fixture
def both(tmp_path: Path, receiver: Receiver, database_url: str) -> Iterator[Place]:
    with a_place(tmp_path, receiver, database_url) as opened:
        yield opened


def test_what_happens_is_told_once_in_order_and_an_independent_library_believes_it(both: Place) -> None:
    both.runs(2)
    both.declare("run.received", "run.delivered")
    runs = both.runs(3, start=2)
    while both.sender.send():
        pass
    assert both.sender.send() == 0
    said = both.receiver.said()
    assert [one["type"] for one in said] == ["run.received", "run.delivered"] * 3, "and nothing of before"
    assert [one["data"]["run"] for one in said] == [run for run in runs for _ in range(2)]
    assert said[0]["data"]["page"] == f"https://hub.example.com/runs/{runs[0]}"
    for headers, body in both.receiver.got:
        assert Webhook(NEW).verify(body.decode(), headers) == json.loads(body)
        with pytest.raises(WebhookVerificationError):
            Webhook(OLD).verify(body.decode(), headers)


def test_while_a_secret_is_changed_both_sign(place: Place) -> None:
    place.declare(secret=NEW, secret_previous=OLD)
    place.runs(1)
    place.sender.send()
    ((headers, body),) = place.receiver.got
    for secret in (NEW, OLD):
        assert Webhook(secret).verify(body.decode(), headers)


@pytest.mark.parametrize("fault", [500, 503, 429, 400, 302, "drop"])
def test_a_receiver_that_fails_gets_the_same_event_again_later_under_the_same_id(both: Place, fault: Any) -> None:
    both.receiver.does = [fault, 204]
    both.receiver.headers = {"location": both.receiver.url + "/elsewhere"}
    both.declare()
    both.runs(2)
    assert both.sender.send() == 0
    assert both.stands().attempts == 1
    assert both.sender.send() == 0, "not before its time"
    both.clock.ahead += SCHEDULE[0] * 1.2
    assert both.sender.send() == 2
    first, again, other = both.receiver.ids()
    assert first == again != other
    assert both.receiver.got[0][1] == both.receiver.got[1][1]
    assert both.receiver.other == [], "a redirect is not followed"


def test_a_receiver_that_says_when_is_not_asked_before(place: Place) -> None:
    place.receiver.does, place.receiver.headers = [429, 204], {"retry-after": "600"}
    place.declare()
    place.runs(1)
    place.sender.send()
    place.clock.ahead += 500
    assert place.sender.send() == 0
    place.clock.ahead += 120
    assert place.sender.send() == 1


def test_a_receiver_that_hangs_is_given_up_for_now(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    place.receiver.does = ["hang", 204]
    place.declare()
    place.runs(1)
    assert place.sender.send() == 0
    assert "no answer" in place.stands().problem
    place.clock.ahead += 10
    assert place.sender.send() == 1


def test_a_receiver_that_wants_nothing_more_is_left_alone(place: Place) -> None:
    place.receiver.does = [410]
    place.declare()
    place.runs(1)
    place.sender.send()
    place.clock.ahead += 1e6
    assert place.sender.send() == 0
    assert (place.stands().state, len(place.receiver.got)) == ("gone", 1)


def test_after_the_last_attempt_it_waits_for_an_admin_and_loses_nothing(place: Place) -> None:
    place.receiver.does = [500]
    place.declare()
    runs = place.runs(2)
    for _ in range(len(SCHEDULE) + 3):
        place.sender.send()
        place.clock.ahead += 100_000
    assert len(place.receiver.got) == len(SCHEDULE) + 1
    assert place.stands().state == "failing"
    place.receiver.does, place.receiver.got = [204], []
    with place.hub.database.transaction() as tx:
        endpoints.change(tx, "ops", state="on", attempts=0, due_at=0.0)
    assert place.sender.send() == 2
    assert [one["data"]["run"] for one in place.receiver.said()] == runs


def test_a_process_that_dies_after_sending_sends_again_under_the_same_id(both: Place) -> None:
    both.declare()
    both.runs(2)

    class Dies(Webhooks):
        def _note(self, one: Endpoint, **values: Any) -> None:
            raise SystemExit

    with pytest.raises(SystemExit):
        Dies(both.hub.database, both.hub.vault, both.clock, "https://hub.example.com").send()
    assert len(both.receiver.got) == 1
    assert both.sender.send() == 0, "its lease still runs"
    both.clock.ahead += module.LEASE + 1
    assert both.sender.send() == 2
    ids = both.receiver.ids()
    assert ids[0] == ids[1] != ids[2]


def test_of_many_processes_one_tells_and_nothing_is_told_twice(both: Place) -> None:
    both.declare("run.received", "run.delivered")
    both.runs(5)
    threads = [threading.Thread(target=both.sender.send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(both.receiver.ids()) == len(set(both.receiver.ids())) == 10


def test_an_endpoint_of_a_team_hears_of_that_team_alone(place: Place) -> None:
    place.declare(team="another")
    place.declare(name="mine", team=TEAM)
    place.runs(1)
    place.sender.send()
    assert len(place.receiver.got) == 1


def test_held_and_refused_runs_are_told_as_that(place: Place) -> None:
    place.declare("run.held", "run.refused")
    place.hub.run(request("held", inputs={"text": "Our key is sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEF."}))
    place.sender.send()
    (said,) = place.receiver.said()
    assert said["type"] == "run.refused"
    assert said["data"]["verdict"] == "deny"


def test_no_text_no_person_and_no_secret_leaves(place: Place) -> None:
    place.declare(*EVENTS)
    secret = "Our spring sale starts on Monday and anna.example@acme-mail.com is welcome."
    place.hub.run(request("private", inputs={"text": secret}))
    place.sender.send()
    sent = b"".join(body for _, body in place.receiver.got).decode()
    assert place.receiver.got
    for word in ("spring", "anna", "mara@example.com", NEW, "person:", KEY):
        assert word not in sent


def test_without_an_endpoint_nothing_is_read_from_the_ledger_and_nothing_written(place: Place) -> None:
    place.runs(1)
    before = _changes(place.hub.database)
    assert place.sender.send() == 0
    assert _changes(place.hub.database) == before


def _changes(database: Database) -> int:
    with database.reading() as tx:
        return tx.exec_driver_sql("PRAGMA data_version").scalar() or 0


def test_an_endpoint_that_wants_rare_events_does_not_look_through_the_ledger_for_ever(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE", 5)
    place.declare("run.cancelled")
    start = place.stands().cursor
    place.runs(3)
    assert place.sender.send() == 0
    assert place.stands().cursor > start
    assert place.receiver.got == []


def test_a_test_event_says_what_came_back(place: Place) -> None:
    place.declare()
    assert place.sender.test("ops") == 204
    assert place.receiver.said()[0]["type"] == "webhook.test"
    place.receiver.does = [401]
    assert place.sender.test("ops") == 401
    with pytest.raises(KeyError):
        place.sender.test("nobody")


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "plain text", "whsec_!!!"])
def test_a_secret_that_protects_nothing_is_none(secret: str) -> None:
    with pytest.raises(ValueError, match=r"whsec_|padding|base64"):
        module.key(secret)


def test_sealed_secrets_open_with_the_hub_s_key_alone(place: Place) -> None:
    place.declare(secret=NEW)
    assert NEW not in place.stands().secrets
    assert Vault([KEY]).open(place.stands().secrets)["secret"].reveal() == NEW


@pytest.fixture
def wait() -> Callable[[Callable[[], bool]], bool]:
    def until(done: Callable[[], bool]) -> bool:
        end = time.monotonic() + 20
        while not done() and time.monotonic() < end:
            time.sleep(0.05)
        return done()

    return until


def test_a_hub_that_works_tells_by_itself(place: Place, wait: Callable[[Callable[[], bool]], bool]) -> None:
    place.declare()
    place.runs(1)
    place.hub.start(workers=1)
    assert wait(lambda: len(place.receiver.got) == 1)
