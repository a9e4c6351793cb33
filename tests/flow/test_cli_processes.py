"""Commands that stay up, as processes: a worker that takes runs and drains, and a sandbox that answers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from hub.bootstrap import build
from hub.domain import Request, RunState
from hub.settings import load
from hub.store import teams


@contextmanager
def running(*words: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INLAY_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "hub", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**kept, **environ},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_a_worker_takes_what_another_process_stored_and_drains_when_told_to_stop(tmp_path: Path) -> None:
    hub = build(load(home=tmp_path, log_level="ERROR"))
    with hub.database.transaction() as tx:
        teams.put(tx, "brand", "Brand", {}, 0.0)
    inputs = {"text": "The spring sale starts soon."}
    ids = [
        hub.submit(Request(key=f"{n}", team="brand", template="rewrite-in-brand-voice", inputs=inputs)).id
        for n in range(5)
    ]
    with running("work", "--workers", "2", INLAY_HOME=str(tmp_path), INLAY_LOG_LEVEL="ERROR") as worker:
        while worker.poll() is None and any(hub.get(run_id).state is RunState.QUEUED for run_id in ids):
            threading.Event().wait(0.05)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
    assert {hub.get(run_id).state for run_id in ids} == {RunState.DELIVERED}
    hub.close()


def test_a_worker_for_a_queue_that_is_not_there_says_which_there_are(tmp_path: Path) -> None:
    with running("work", "--queues", "asks", INLAY_HOME=str(tmp_path)) as worker:
        _, said = worker.communicate(timeout=60)
    assert worker.returncode == 2
    assert "ask" in said and "deliver.google_docs" in said


def test_a_sandbox_runs_until_it_is_stopped_and_knows_its_seed(recordings: Path) -> None:
    seeds = recordings / "google_docs"
    seed = next(path for path in sorted(seeds.rglob("*.json")) if b'"body"' in path.read_bytes()[:100_000])
    with running("sandbox", "google_docs", "--port", "0", "--seed", str(seed)) as sandbox:
        assert sandbox.stdout is not None
        line = sandbox.stdout.readline()
        url = next(word for word in line.split() if word.startswith("http")).rstrip(".")
        with urlopen(f"{url}/document/d/{seed.stem}/edit", timeout=10) as page:
            assert page.status == 200
        with pytest.raises(HTTPError):
            urlopen(f"{url}/v1/documents/{seed.stem}", timeout=10)
        sandbox.send_signal(signal.SIGTERM)
        assert sandbox.wait(20) == 0
