"""The server people run: it answers over a socket, and finishes what it began when it is told to stop."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.domain import Role
from hub.store import teams
from hub.testing import FakeModel
from tests.conftest import ROOT
from tests.hubs import KEY, TEAM, TEMPLATE, a_hub, inputs

SERVE = "from hub.settings import load; from hub.web.server import serve; serve(load())"
#: A template's own words that the simulator works on; it needs no model and answers at once.
BODY = json.dumps({"template": TEMPLATE, "inputs": inputs()}).encode()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def seeded(home: Path) -> str:
    """A home with a team; the key of its member."""
    with a_hub(home, model=FakeModel()) as hub, hub.database.transaction() as tx:
        return teams.new_key(tx, team_id=TEAM, role=Role.MEMBER, email=None, name="program", now=0.0)


@contextmanager
def serving(home: Path, processes: int = 1) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The server in processes of its own, once it answers."""
    port = free_port()
    given = {
        "INLAY_HOME": str(home), "INLAY_PORT": str(port), "INLAY_SECRET_KEY": KEY, "INLAY_LOG_LEVEL": "ERROR",
        "INLAY_PROCESSES": str(processes), "INLAY_WORKERS": "2",
    }  # fmt: skip
    command = [sys.executable, "-c", SERVE]
    server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **given, "PYTHONPATH": str(ROOT)})
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                call(port, "GET", "/healthz")
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < deadline, "the server does not answer"
                threading.Event().wait(0.05)
        yield server, port
    finally:
        # Asked first: killed, it could not stop the processes it looks after.
        if server.poll() is None:
            server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(10)


def call(port: int, method: str, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body=body, headers=headers, encode_chunked=not isinstance(body, bytes | None))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("processes", [1, 2])
def test_the_server_answers_and_stops_with_everything_closed(tmp_path: Path, processes: int) -> None:
    key = seeded(tmp_path)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with serving(tmp_path, processes) as (server, port):
        status, said = call(port, "POST", "/api/v1/runs", BODY, **headers, Prefer="wait=30")
        assert status == 200 and json.loads(said)["simulated"] is True
        chunked = iter([BODY[:20], BODY[20:]])
        status, said = call(port, "POST", "/api/v1/runs", chunked, **headers, **{"Transfer-Encoding": "chunked"})
        assert status == 202, said
        # Refused by what it says of itself, before a byte of it is sent.
        assert call(port, "POST", "/api/v1/runs", None, **headers, **{"Content-Length": "6000000"})[0] == 413
        assert b"inlay_http_requests_total" in call(port, "GET", "/metrics")[1]
        assert call(port, "GET", "/", Accept="text/html")[0] == 303
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
    # SQLite removes its log when the last connection is closed in order; a process that was cut off leaves it.
    assert not (tmp_path / "inlay.db-wal").exists()


def test_the_processes_of_a_server_that_is_killed_end_by_themselves(tmp_path: Path) -> None:
    seeded(tmp_path)
    with serving(tmp_path) as (server, port):
        server.kill()
        server.wait(10)
        deadline = time.monotonic() + 30
        while True:
            try:
                call(port, "GET", "/healthz")
            except OSError:
                break
            assert time.monotonic() < deadline, "somebody still answers"
            threading.Event().wait(0.2)


def test_what_is_given_to_the_server_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hub.settings import load
    from hub.web.server import _hand_on

    (tmp_path / "key").write_text(KEY)
    given = {
        "INLAY_HOME": str(tmp_path), "INLAY_PORT": "1", "INLAY_SECRET_KEY_FILE": str(tmp_path / "key"),
        "INLAY_THREADS": "no number", "INLAY_TEMPLATES": str(tmp_path),
    }  # fmt: skip
    monkeypatch.setattr(os, "environ", {**os.environ, **given})
    settings = load(port=2, threads=3, templates=None)
    _hand_on(settings)
    assert load() == settings
    monkeypatch.setattr(
        os, "environ", {**os.environ, "INLAY_THREADS": "4", "INLAY_SECRET_KEY_FILE": given["INLAY_SECRET_KEY_FILE"]}
    )
    os.environ.pop("INLAY_SECRET_KEY", None)
    settings = load(threads=5)
    _hand_on(settings)
    assert load() == settings
    assert "INLAY_SECRET_KEY" not in os.environ


def test_a_request_under_way_is_finished_before_the_server_stops(tmp_path: Path) -> None:
    key = seeded(tmp_path)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Prefer": "wait=30"}
    # The first personal data a process meets makes it load what finds it, which takes seconds.
    slow = {"template": TEMPLATE, "inputs": inputs("Write to mia.berg@gmail.com about the spring sale.")}
    with serving(tmp_path) as (server, port):
        answers: list[tuple[int, bytes]] = []
        asking = threading.Thread(
            target=lambda: answers.append(call(port, "POST", "/api/v1/runs", json.dumps(slow).encode(), **headers))
        )
        asking.start()
        while not _received(port, key):
            threading.Event().wait(0.01)
        server.send_signal(signal.SIGTERM)
        asking.join(30)
        assert server.wait(30) == 0
    ((status, said),) = answers
    assert status == 200 and json.loads(said)["state"] in ("delivered", "in_review", "held")


def _received(port: int, key: str) -> bool:
    return b'"id"' in call(port, "GET", "/api/v1/runs", Authorization=f"Bearer {key}")[1]


def test_a_second_hub_does_not_share_the_port_of_the_first(tmp_path: Path) -> None:
    seeded(tmp_path)
    with serving(tmp_path) as (_, port):
        other = {"INLAY_HOME": str(tmp_path / "other"), "INLAY_PORT": str(port), "INLAY_SECRET_KEY": KEY}
        command = [sys.executable, "-m", "hub", "serve"]
        told = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **other}, capture_output=True, text=True, timeout=60
        )
        assert told.returncode != 0 and told.stdout == ""
        assert f"Something listens on port {port}" in told.stderr and f"--port {port + 1}" in told.stderr
