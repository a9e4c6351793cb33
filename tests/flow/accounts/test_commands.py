"""The commands: inviting, resetting, and the link `inlay serve` prints in the first minute and on demand."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from hub.cli import main
from hub.cli.serve import sign_in_link
from hub.settings import load
from hub.store import Database, accounts
from tests.scale.servers import free_port

YAML = "teams: {brand: {title: Brand}}\npeople: {you@example.com: {name: You, roles: {brand: admin}}}\n"
_LINK = re.compile(r"http://127\.0\.0\.1:\d+/sign-in/link/[\w-]{43}")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INLAY_HOME", str(tmp_path / "home"))
    (tmp_path / "hub.yaml").write_text(YAML, encoding="utf-8")
    return tmp_path


def inlay(*words: str, exit_code: int = 0) -> str:
    done = CliRunner().invoke(main, words)
    assert done.exit_code == exit_code, done.output
    return done.output


def test_a_person_is_invited_and_helped_from_the_command_line(home: Path) -> None:
    assert "Nobody of the address" in inlay("people", "invite", "you@example.com", exit_code=1)
    inlay("apply", "hub.yaml")
    said = inlay("people", "invite", "YOU@example.com")
    assert _LINK.search(said) and "For you@example.com, once" in said
    made = json.loads(inlay("people", "reset", "you@example.com", "--lost-phone", "--json"))
    assert made["email"] == "you@example.com" and _LINK.fullmatch(made["url"])
    rows = [json.loads(line) for line in inlay("ledger", "export").splitlines()]
    assert [(row["actor"], row["kind"]) for row in rows[-2:]] == [
        ("system:cli", "person.invited"),
        ("system:cli", "person.reset_sent"),
    ]
    assert "you@example.com" not in json.dumps(rows)


def test_a_key_is_not_made_to_do_more_than_its_person_may(home: Path) -> None:
    (home / "hub.yaml").write_text(YAML.replace("admin", "member"), encoding="utf-8")
    inlay("apply", "hub.yaml")
    said = inlay("keys", "create", "--team", "brand", "--role", "lead", "--email", "you@example.com", exit_code=1)
    assert "cannot do more than they may" in said


def test_serve_prints_a_link_on_demand_that_signs_the_admin_in(home: Path) -> None:
    inlay("apply", "hub.yaml")
    port = free_port()
    with _serving(port, "--sign-in") as served:
        link = served.link()
        page = requests.get(link, timeout=20)
        assert "Sign in as You" in page.text
    secret = link.rpartition("/")[2]
    assert secret not in served.errors()
    kept = Database(f"sqlite:///{home / 'home' / 'inlay.db'}")
    with kept.reading() as tx:
        dump = "\n".join(tx.connection.dbapi_connection.iterdump())  # type: ignore[union-attr]
    kept.close()
    assert secret not in dump


def test_serve_offers_it_unasked_in_the_first_minute_of_the_embedded_hub_only(home: Path) -> None:
    inlay("apply", "hub.yaml")
    assert _LINK.fullmatch(sign_in_link(load(), wanted=False, terminal=True))
    assert sign_in_link(load(), wanted=False, terminal=False) == "", "a log"
    for elsewhere in ({"host": "0.0.0.0"}, {"demo": True}, {"database_url": "postgresql://nobody@127.0.0.1/none"}):
        assert sign_in_link(load(**elsewhere), wanted=False, terminal=True) == "", elsewhere
    kept = Database(f"sqlite:///{home / 'home' / 'inlay.db'}")
    with kept.transaction() as tx:
        accounts.set_password(tx, "you@example.com", "$argon2id$", 1.0)
    kept.close()
    assert sign_in_link(load(), wanted=False, terminal=True) == ""
    assert _LINK.fullmatch(sign_in_link(load(), wanted=True, terminal=False))


class _serving:
    """`inlay serve` in a process of its own."""

    def __init__(self, port: int, *words: str) -> None:
        self._port, self._out = port, bytearray()
        self._read, self._write = os.pipe()
        self._errors = Path(f"serve-{port}.log")
        command = [sys.executable, "-m", "hub", "serve", "--port", str(port), *words]
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(command, stdout=self._write, stderr=errors)
        os.close(self._write)
        self._reader = threading.Thread(target=self._keep, daemon=True)
        self._reader.start()

    def __enter__(self) -> _serving:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._reader.join(10)
        os.close(self._read)

    def link(self) -> str:
        """The link it printed, once it answers."""
        self.answers()
        found = _LINK.search(self.said())
        assert found, self.said() + self.errors()
        return found.group(0)

    def answers(self) -> None:
        pause, deadline = threading.Event(), time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                requests.get(f"http://127.0.0.1:{self._port}/healthz", timeout=5)
                return
            except requests.RequestException:
                pause.wait(0.05)
        raise AssertionError(f"it does not answer: {self.said()} {self.errors()}")

    def said(self) -> str:
        return self._out.decode()

    def errors(self) -> str:
        return self._errors.read_text(encoding="utf-8")

    def _keep(self) -> None:
        while True:
            try:
                more = os.read(self._read, 4096)
            except OSError:
                return
            if not more:
                return
            self._out += more
