"""Webhooks over a real socket: the sender is proven first, everything is stored, and only then the answer is 2xx."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from connectors.google_docs.sandbox import Sandbox, start
from hub.domain import Role, RunState
from hub.errors import Unavailable
from hub.sdk import (
    Connection,
    Connector,
    ConnectorSettings,
    Context,
    Delivery,
    Ignored,
    Inbound,
    InboundAnswer,
    ItemCount,
    Probe,
    Receipt,
    Request,
    Target,
    hookimpl,
)
from hub.store import connections, runs, teams
from tests.flow.web.site import OTHER, Site, open_site
from tests.hubs import TEAM, TEMPLATE, connect, inputs

TOKEN = "a-long-random-text-for-the-inbound-call"


class Echo(Connector):
    """A vendor that asks a question first, and sends several events in one call."""

    name: ClassVar[str] = "echo"
    title: ClassVar[str] = "Echo"
    settings: ClassVar[type[ConnectorSettings]] = ConnectorSettings

    def handshake(self, connection: Connection, request: Inbound) -> InboundAnswer | None:
        question = request.query.get("challenge")
        return InboundAnswer(body=question.encode(), content_type="text/plain") if question else None

    def verify(self, connection: Connection, request: Inbound, clock: Callable[[], float]) -> None:
        pass

    def parse(self, connection: Connection, request: Inbound) -> Sequence[Request | Ignored]:
        return [
            Request(key=key, template=TEMPLATE, inputs=inputs()) if key != "noise" else Ignored(event="noise", why="x")
            for key in json.loads(request.body)
        ]

    def context(self, connection: Connection, target: Target) -> Context:
        return Context()

    def write_back(self, connection: Connection, delivery: Delivery) -> Receipt:
        return Receipt(vendor_id="1")

    def undo(self, connection: Connection, target: Target, receipt: Receipt) -> Receipt:
        return receipt

    def check_connection(self, connection: Connection) -> Sequence[Probe]:
        return ()

    def count_items(self, connection: Connection, kind: str, since: float, until: float) -> ItemCount:
        return ItemCount(kind=kind, count=0)


class Plugin:
    @staticmethod
    @hookimpl
    def register_connectors(register: Callable[[Connector], None]) -> None:
        register(Echo())


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sandbox = start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def site(tmp_path: Any, sandbox: Sandbox) -> Iterator[Site]:
    with open_site(tmp_path, plugins=(("echo", Plugin()),)) as opened:
        connect(opened.hub, sandbox.url, inbound_token=TOKEN)
        row = opened.hub.parts.connections.sealed("echo", "echo", {}, sandbox=True, now=0.0)
        with opened.hub.database.transaction() as tx:
            connections.put(tx, row)
            connections.enable(tx, "echo", TEAM, {})
        yield opened


def send(url: str, path: str, body: bytes | None, *, method: str = "POST", **headers: str) -> tuple[int, bytes]:
    """One request on a socket of its own."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
    try:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body, headers=given)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def asked(key: str = "event-1", **more: Any) -> bytes:
    said = {"event": "run.requested", "id": key, "document": "demo-launch-brief", "template": TEMPLATE, **more}
    return json.dumps({"inputs": inputs(), **said}).encode()


def stored(site: Site) -> list[Any]:
    with site.hub.database.reading() as tx:
        return runs.newest(tx, teams=None)


def counted(site: Site, connection: str, outcome: str) -> bool:
    text = site.client().get("/metrics").text
    return f'inlay_inbound_total{{connection="{connection}",outcome="{outcome}"}}' in text


def test_an_event_is_stored_before_it_is_acknowledged(site: Site, served: str) -> None:
    status, said = send(served, "/in/docs", asked(), X_Inlay_Token=TOKEN)
    assert status == 200 and json.loads(said) == {"stored": True}
    (run,) = stored(site)
    assert run.state is RunState.QUEUED and run.team == TEAM
    assert run.request.key == "in:docs:event-1" and run.request.raw["id"] == "event-1"


def test_the_same_event_many_times_is_one_run(site: Site, served: str) -> None:
    assert {send(served, "/in/docs", asked(), X_Inlay_Token=TOKEN)[0] for _ in range(5)} == {200}
    assert len(stored(site)) == 1
    assert counted(site, "docs", "known")


def test_a_vendor_s_key_never_meets_an_api_key(site: Site, served: str) -> None:
    site.start(Idempotency_Key="event-1")
    send(served, "/in/docs", asked(), X_Inlay_Token=TOKEN)
    assert len(stored(site)) == 2


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN.upper()])
def test_a_forged_event_is_refused_and_told_nothing(site: Site, served: str, token: str) -> None:
    status, said = send(served, "/in/docs", b"{ no json", X_Inlay_Token=token)
    assert status == 401
    assert b"token" not in said and b"docs" not in said
    assert stored(site) == []
    assert counted(site, "docs", "unverified")


def test_a_connection_that_is_not_there_answers_as_a_forged_event_does(site: Site, served: str) -> None:
    missing = send(served, "/in/nothing", asked(), X_Inlay_Token=TOKEN)
    forged = send(served, "/in/docs", asked(), X_Inlay_Token="wrong")
    assert missing == forged


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"event": "run.requested"}', b"\xff\x00"])
def test_a_verified_event_that_is_none_is_a_bad_request(site: Site, served: str, body: bytes) -> None:
    status, said = send(served, "/in/docs", body, X_Inlay_Token=TOKEN)
    assert status == 400 and json.loads(said)["code"] == "bad-request"
    assert stored(site) == []


def test_an_event_nobody_needs_is_counted(site: Site, served: str) -> None:
    assert send(served, "/in/docs", b'{"event": "comment.added"}', X_Inlay_Token=TOKEN)[0] == 200
    assert stored(site) == []
    assert counted(site, "docs", "ignored")


def test_a_handshake_is_answered_before_anything_else(site: Site, served: str) -> None:
    assert send(served, "/in/echo?challenge=abc", None, method="GET") == (200, b"abc")


def test_several_events_in_one_call_are_all_stored(site: Site, served: str) -> None:
    assert send(served, "/in/echo", b'["a", "noise", "b"]')[0] == 200
    assert {run.request.key for run in stored(site)} == {"in:echo:a", "in:echo:b"}


def test_a_storage_that_fails_is_no_success(site: Site, served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = runs.create
    calls: list[str] = []

    def fails_second(tx: Any, run: Any, **more: Any) -> Any:
        calls.append(run.id)
        if len(calls) == 2:
            raise Unavailable("The database does not answer.")
        return real(tx, run, **more)

    monkeypatch.setattr(runs, "create", fails_second)
    status, _ = send(served, "/in/echo", b'["a", "b"]')
    assert status == 503
    assert [run.request.key for run in stored(site)] == ["in:echo:a"]
    assert send(served, "/in/echo", b'["a", "b"]')[0] == 200  # the vendor sends it again: nothing is there twice
    assert sorted(run.request.key for run in stored(site)) == ["in:echo:a", "in:echo:b"]


def test_an_event_for_a_team_the_connection_is_off_for_is_refused(site: Site, served: str) -> None:
    status, _ = send(served, "/in/docs", asked(team=OTHER), X_Inlay_Token=TOKEN)
    assert status == 400
    assert stored(site) == []


def test_an_event_without_a_team_goes_to_the_only_one_or_to_nobody(site: Site, served: str) -> None:
    with site.hub.database.transaction() as tx:
        connections.enable(tx, "docs", OTHER, {})
    status, said = send(served, "/in/docs", asked(), X_Inlay_Token=TOKEN)
    assert status == 400 and "which team" in json.loads(said)["detail"]
    assert send(served, "/in/docs", asked(team=OTHER), X_Inlay_Token=TOKEN)[0] == 200
    assert [run.team for run in stored(site)] == [OTHER]


def test_an_event_that_cannot_be_worked_on_is_kept_where_people_see_it(site: Site, served: str) -> None:
    assert send(served, "/in/docs", asked(template="none"), X_Inlay_Token=TOKEN)[0] == 200
    (run,) = stored(site)
    assert run.state is RunState.FAILED and run.problem is not None and "none" in run.problem.what
    page = site.browser().get(f"/runs/{run.id}")
    assert page.status_code == 200 and "stopped" in page.text


def test_a_body_that_is_too_large_is_not_read(tmp_path: Any, sandbox: Sandbox) -> None:
    with open_site(tmp_path / "small", max_body_bytes=2_000) as site:
        connect(site.hub, sandbox.url, inbound_token=TOKEN)
        answered = site.client().post("/in/docs", data=b"x" * 3_000, headers={"X-Inlay-Token": TOKEN})
        assert answered.status_code == 413


def test_a_caller_without_a_person_works_for_its_team(site: Site) -> None:
    with site.hub.database.reading() as tx:
        caller = teams.caller(tx, site.keys["machine"])
    assert caller is not None and caller.email is None and caller.role is Role.MEMBER
    assert site.start(who="machine").status_code == 202
