"""AEM at the door of a real hub: the challenge, deliveries that come again, and keys that cannot be had."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from socketserver import ThreadingMixIn
from urllib.parse import quote, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from connectors.dam.sandbox_aem_keys import path
from hub.bootstrap import Hub
from hub.sdk import Inbound
from hub.store import connections, notices
from hub.web import create_app
from tests.connectors.dam.aem_bench import Bench, event, running
from tests.connectors.dam.test_adobe_io import signed_by
from tests.hubs import TEAM, a_hub


@dataclass
class Door:
    """``address`` is where Adobe sends its events."""

    hub: Hub
    bench: Bench
    address: str

    def ask(self, query: str) -> tuple[int, dict[str, str], bytes]:
        return self._call("GET", f"?{query}", b"", {})

    def deliver(self, call: Inbound) -> int:
        return self._call("POST", "", call.body, dict(call.headers))[0]

    def waiting(self) -> int:
        """How many notices wait to be looked up."""
        with self.hub.database.reading() as tx:
            return sum(one.count for one in notices.waiting(tx))

    def forget(self) -> None:
        """As another process of the hub, which has fetched nothing yet."""
        self.hub.parts.connections.get("dam")[1].memory.clear()

    def _call(self, method: str, more: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        to = urlsplit(self.address)
        connection = http.client.HTTPConnection(to.hostname or "", to.port, timeout=30)
        try:
            connection.request(method, to.path + more, body or None, headers)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with running() as bench, a_hub(tmp_path) as hub:
        given = {**bench.sandbox.settings(), "starts": {"asset.ready": ["alt-text"]}}
        row = hub.parts.connections.sealed("dam", "dam", given, sandbox=True, now=hub.parts.clock())
        with hub.database.transaction() as tx:
            connections.put(tx, row)
            connections.enable(tx, "dam", TEAM, {})
        server = make_server("127.0.0.1", 0, create_app(hub), server_class=_Server, handler_class=_Quiet)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield Door(hub, bench, f"http://127.0.0.1:{server.server_port}/in/dam")
        finally:
            server.shutdown()
            server.server_close()
            thread.join(5)


def test_the_challenge_comes_back_as_text_no_browser_runs(door: Door) -> None:
    status, headers, body = door.ask("challenge=8ec8d794-e0ab-42df-9017-e3dada8e84f7")
    assert (status, body) == (200, b"8ec8d794-e0ab-42df-9017-e3dada8e84f7")
    assert headers["content-type"].startswith("text/plain")
    assert headers["x-content-type-options"] == "nosniff"


def test_a_challenge_with_markup_is_not_reflected(door: Door) -> None:
    for hostile in ("<script>alert(1)</script>", "a\r\nSet-Cookie: x=1", "x" * 300):
        status, headers, body = door.ask(f"challenge={quote(hostile)}")
        assert status == 401
        assert hostile.encode() not in body
        assert "x=1" not in headers.get("set-cookie", "")


def test_a_new_address_proves_itself_and_then_hears_of_assets(door: Door) -> None:
    sandbox = door.bench.sandbox
    sandbox.calls_back(door.address)
    id = door.bench.add(quiet=False)
    assert sandbox.sender.drained()
    assert [attempt.status for attempt in sandbox.sender.attempts] == [200, 200]
    assert door.waiting() == 1, "the asset that is ready, and not the one that was created"
    sandbox.store.change(id, {"dc:title": "x"}, by="mika@sommerlicht.example")
    assert sandbox.sender.drained()
    assert door.waiting() == 1


def test_an_event_is_kept_while_the_keys_cannot_be_had(door: Door) -> None:
    sandbox = door.bench.sandbox
    sandbox.faults.add("503", on="GET static.adobeioevents.com", times=None)
    sandbox.calls_back(door.address)
    door.bench.add(quiet=False)
    assert sandbox.sender.attempted(2)
    assert {attempt.status for attempt in sandbox.sender.attempts} == {503}, "any 4xx would lose it for good"
    assert door.waiting() == 0
    sandbox.faults.clear()
    door.forget()
    sandbox.sender.hurry()
    assert sandbox.sender.drained()
    assert door.waiting() == 1


def test_one_event_however_often_it_comes_is_one_notice(door: Door) -> None:
    call = door.bench.sent(event())
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda _: door.deliver(call), range(100))) == {200}
    # Adobe signs another body with the same name: it is the same event all the same.
    assert door.deliver(door.bench.sent(event(source="acct:another@adobe.com"))) == 200
    assert door.waiting() == 1


def test_a_batch_is_stored_whole_or_refused_whole(door: Door) -> None:
    some = [event(eventid=f"e-{n}", event_id=f"e-{n}") for n in range(20)]
    stranger = event(eventid="e-20", recipientclientid="another")
    assert door.deliver(door.bench.sent(*some[:19], stranger)) == 401
    assert door.waiting() == 0
    assert door.deliver(door.bench.sent(*some)) == 200
    assert door.waiting() == 20


def test_what_is_forged_is_refused_and_told_nothing(door: Door) -> None:
    good = door.bench.sent(event())
    forged = [
        Inbound(method="POST", path="", headers={}, query={}, body=good.body),
        Inbound(method="POST", path="", headers=good.headers, query={}, body=good.body + b" "),
        signed_by(9, good.body, path()),
        signed_by(9, good.body, "@evil.example/k.pem"),
    ]
    assert [door.deliver(call) for call in forged] == [401, 401, 401, 401]
    assert door.waiting() == 0
    assert door.bench.hosts() <= {"static.adobeioevents.com"}


def test_an_unsigned_validation_url_starts_nothing(door: Door) -> None:
    body = json.dumps({"validationUrl": "https://csm.adobe.io/csm/registrations/validate?id=1&challenge=2"}).encode()
    assert door.deliver(Inbound(method="POST", path="", headers={}, query={}, body=body)) == 200
    assert door.waiting() == 0
    assert door.bench.sandbox.journal.entries() == []
