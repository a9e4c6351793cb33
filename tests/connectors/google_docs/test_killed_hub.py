"""A click on a card whose hub is killed in the middle of writing: a new process finishes the run, once."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.google_docs.sandbox import Sandbox, start
from hub.domain import RunState
from hub.store import runs
from hub.testing import FakeModel
from tests.conftest import ROOT
from tests.connectors.google_docs.card_bench import COPY, DOCUMENT, TITLE, Google
from tests.connectors.google_docs.signing import PERSON, Signer, a_signer
from tests.flow.web.site import Site, open_site
from tests.hubs import a_hub, connect, wait_for

SERVE = """
import sys
from pathlib import Path
from hub.testing import FakeModel
from hub.web import create_app
from tests.connectors.google_docs.addon_stage import Served
from tests.hubs import a_hub, answer
with a_hub(Path(sys.argv[1]), model=FakeModel(answer())) as hub:
    print(Served(create_app(hub)).port, flush=True)
    sys.stdin.read()
"""


class Remote:
    """What ``Google`` calls instead of a site: a hub in another process."""

    def __init__(self, port: int) -> None:
        self.port = port

    def client(self) -> Remote:
        return self

    def post(self, path: str, *, json: Any, headers: dict[str, str]) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", path, _body(json), {**headers, "Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
            return SimpleNamespace(status_code=answer.status, text=text, json=_read(text))
        finally:
            connection.close()


def _body(value: Any) -> str:
    return json.dumps(value)


def _read(text: str) -> Any:
    return json.loads(text)


@contextmanager
def a_process(home: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A hub with a model that answers, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SERVE, str(home)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture
def ready(tmp_path: Path) -> Iterator[tuple[Path, Signer, Sandbox]]:
    """A home whose hub knows a connection with a card add-on, and is closed."""
    sandbox = start()
    with a_signer() as signer:
        with open_site(tmp_path) as site:
            connect(site.hub, sandbox.url, **signer.settings(access_token=None))
        try:
            yield tmp_path, signer, sandbox
        finally:
            sandbox.stop()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        threading.Event().wait(0.02)


@pytest.mark.parametrize("fault", ["slow", "slow-after-commit"])
def test_a_card_run_whose_hub_is_killed_while_it_writes_is_finished_by_a_new_one_once(
    ready: tuple[Path, Signer, Sandbox], fault: str
) -> None:
    home, signer, sandbox = ready
    sandbox.faults.add(fault, on="batchUpdate", seconds=4)
    with a_process(home) as (process, port):
        google = Google(cast(Site, Remote(port)), signer, sandbox)
        google.open()
        google.click(TITLE)

        def click() -> None:
            with suppress(OSError, http.client.HTTPException):  # Nobody is left to answer.
                google.click("Run", text="Our spring sale starts on Monday.")

        person = threading.Thread(target=click)
        person.start()
        until(lambda: not sandbox.faults.waiting())
        if fault == "slow-after-commit":
            until(lambda: sandbox.store.get(DOCUMENT).writes == 1)
        process.kill()
        process.wait(10)
        person.join(30)
    # The model has no answer left: what was answered before the end is not asked again. The dead one's lease is over.
    with a_hub(home, model=FakeModel(), clock=lambda: time.time() + 600) as again:
        with again.database.reading() as tx:
            (run,) = runs.of_person(tx, PERSON, limit=10)
        assert run.state is RunState.ANSWERED
        again.start(workers=1)
        assert wait_for(again, run.id).state is RunState.DELIVERED
    # What the dead one had sent arrives late, at a state of the document that is no more.
    until(lambda: any(one.fault == fault for one in sandbox.journal.entries(operation="batchUpdate")))
    assert sandbox.store.text(DOCUMENT).count(COPY) == 1
