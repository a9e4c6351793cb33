"""The sandbox's server: hosts in the path, faults around calls, a journal without secrets, and controls."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

import pytest

from connectors.dam.sandbox import Sandbox
from connectors.dam.sandbox_samples import picture
from tests.connectors.dam.tiny_vendor import HOST, Tiny, running, send


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running() as sandbox:
        yield sandbox


@pytest.fixture
def asset(sandbox: Sandbox) -> str:
    return sandbox.store.add("lantern.png", picture(0), "image/png").id


def write(sandbox: Sandbox, asset: str, **fields: str) -> int:
    return send(sandbox, "PATCH", f"/{HOST}/assets/{asset}", json.dumps(fields).encode()).status


def test_the_vendor_s_host_is_the_first_part_of_the_path(sandbox: Sandbox, asset: str) -> None:
    assert write(sandbox, asset, alt="A lantern") == 200
    reply = send(sandbox, "GET", f"/{HOST}/assets/{asset}?token=secret", Authorization="Bearer secret")
    assert json.loads(reply.body) == {"alt": "A lantern"}
    calls = sandbox.journal.entries()
    assert [(one.method, one.host, one.path, one.status) for one in calls] == [
        ("PATCH", HOST, f"/assets/{asset}", 200),
        ("GET", HOST, f"/assets/{asset}", 200),
    ]
    assert "secret" not in repr(calls)


@pytest.mark.parametrize(
    ("kind", "status", "done"),
    [
        ("503", 503, False),
        ("503-after-commit", 503, True),
        ("drop", 0, False),
        ("drop-after-commit", 0, True),
        ("html", 200, False),
        ("malformed", 200, True),
        ("429", 429, False),
        ("expired-token", 401, False),
    ],
)
def test_a_fault_meets_the_next_call_and_no_other(
    sandbox: Sandbox, asset: str, kind: str, status: int, done: bool
) -> None:
    sandbox.faults.add(kind, on="PATCH /assets/")
    assert send(sandbox, "GET", f"/{HOST}/assets/{asset}").status == 200
    if status:
        assert write(sandbox, asset, alt="A lantern") == status
    else:
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            write(sandbox, asset, alt="A lantern")
    assert (sandbox.store.get(asset).fields == {"alt": "A lantern"}) is done
    assert write(sandbox, asset, alt="A lantern") == 200
    assert [one.fault for one in sandbox.journal.entries(method="PATCH")] == [kind, None]
    assert isinstance(sandbox.vendor, Tiny)
    assert sandbox.vendor.expired == (1 if kind == "expired-token" else 0)


def test_faults_by_chance_meet_some_calls(sandbox: Sandbox, asset: str) -> None:
    sandbox.faults.add("503", on=f"PATCH {HOST}", times=None, chance=0.5)
    answers = {write(sandbox, asset, alt=str(number)) for number in range(30)}
    assert answers == {200, 503}
    sandbox.faults.clear()
    assert sandbox.faults.waiting() == []


def test_a_slow_answer_ends_when_the_sandbox_does(sandbox: Sandbox, asset: str) -> None:
    sandbox.faults.add("slow-after-commit", seconds=600)
    sandbox._stopping.set()
    assert write(sandbox, asset, alt="A lantern") == 200


def test_there_is_no_such_fault(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="no fault"):
        sandbox.faults.add("rain")


def test_another_process_sees_and_steers_it(sandbox: Sandbox, asset: str) -> None:
    def control(method: str, path: str, body: object = None) -> object:
        sent = b"" if body is None else json.dumps(body).encode()
        return json.loads(send(sandbox, method, f"/__sandbox__/{path}", sent).body)

    assert control("GET", "health") == {"ok": True, "dialect": "tiny"}
    assert control("POST", "faults", {"kind": "503", "on": "PATCH"})[0]["kind"] == "503"  # type: ignore[index]
    assert write(sandbox, asset, alt="x") == 503
    assert [one["name"] for one in control("GET", "assets")] == ["lantern.png"]  # type: ignore[attr-defined, index]
    assert control("POST", "sender", {"speed": 60})["speed"] == 60  # type: ignore[index]
    assert "error" in control("POST", "sender", {"endpoint": "http://example.com"})  # type: ignore[operator]
    assert "error" in control("GET", "weather")  # type: ignore[operator]


def test_no_page_of_the_web_reaches_it(sandbox: Sandbox, asset: str) -> None:
    assert send(sandbox, "GET", f"/{HOST}/assets/{asset}", Host="rebound.example").status == 403
    assert send(sandbox, "DELETE", "/__sandbox__/faults", Origin=sandbox.url).status == 403


def test_half_a_request_is_no_request(sandbox: Sandbox) -> None:
    assert send(sandbox, "POST", "/assets", Transfer_Encoding="chunked").status == 411
    assert send(sandbox, "POST", "/assets", Content_Length="99999999999").status == 413


def test_a_call_the_vendor_breaks_on_is_answered_500_and_the_next_one_as_ever(
    sandbox: Sandbox, asset: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert send(sandbox, "GET", f"/{HOST}/assets/no-such-asset").status == 500
    assert "Gone" in capsys.readouterr().err
    assert send(sandbox, "GET", f"/{HOST}/assets/{asset}").status == 200
