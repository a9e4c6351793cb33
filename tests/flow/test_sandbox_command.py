"""`inlay sandbox`: what it prints makes a hub that works on it, and it tells that hub what people ask."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import pytest

from hub import configure
from hub.domain import Target
from tests.hubs import TEAM, a_hub


@pytest.mark.parametrize("name", ["google_docs", "salesforce"])
def test_the_settings_a_sandbox_prints_are_those_of_a_connection_that_works(tmp_path: Path, name: str) -> None:
    with Sandbox(name) as sandbox, a_hub(tmp_path) as hub:
        text = sandbox.text + f"enablements:\n  {TEAM}: [{name}]\n"
        configure.apply(hub, configure.read(text, environ=sandbox.environ), actor="system:test")
        connector, connection = hub.parts.connections.for_team(name, TEAM)
        target = Target(connection=name, at=connector.sample_target())
        assert "Sommerlicht" in connector.context(connection, target).title
        assert sandbox.environ
        assert [secret for secret in sandbox.environ.values() if secret in sandbox.text] == []


def test_a_sandbox_tells_the_hub_it_was_pointed_at_what_people_ask() -> None:
    with socket.create_server(("127.0.0.1", 0)) as hub:
        hub.settimeout(60)
        back = f"http://127.0.0.1:{hub.getsockname()[1]}/in/crm/"
        with Sandbox("salesforce", "--calls-back", back) as sandbox:
            page = f"{sandbox.url}/lightning/r/Campaign/701Hs0000000001IAA/ask"
            form = urlencode({"template": "campaign-summary", "instructions": ""}).encode()
            urlopen(HttpRequest(page, form, {"Origin": f"http://{urlsplit(page).netloc}"}), timeout=10).close()
            with hub.accept()[0] as came:
                head = came.recv(10_000).decode()
            token = sandbox.environ["SALESFORCE_INBOUND_TOKEN"]
            assert head.startswith(f"POST /in/crm/{token} HTTP/1.1\r\n")


@pytest.mark.parametrize("url", ["http://192.0.2.1/in/crm", "https://hub.example/in/crm"])
def test_a_sandbox_points_to_no_other_machine(url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hub", "sandbox", "salesforce", "--port", "0", "--calls-back", url],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "on this machine only" in done.stderr


class Sandbox:
    """The command as a process, and what it printed."""

    def __init__(self, name: str, *words: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("INLAY_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hub", "sandbox", name, "--port", "0", *words],
            stdout=subprocess.PIPE,
            text=True,
            env={**kept, "PYTHONUNBUFFERED": "1"},
        )
        self.url, self.text, self.environ = "", "", dict[str, str]()

    def __enter__(self) -> Sandbox:
        assert self._process.stdout is not None
        watch = threading.Timer(60, self._process.kill)
        watch.start()
        for line in self._process.stdout:
            if found := re.search(r"sandbox at (\S+)\.", line):
                self.url = found[1]
            elif found := re.fullmatch(r"export (\w+)=(\S+)\n", line):
                self.environ[found[1]] = found[2]
            elif "Ctrl-C" in line:
                break
            elif not line.startswith("To connect"):
                self.text += line
        watch.cancel()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(20) == 0
        assert self._process.stdout is not None
        self._process.stdout.close()
