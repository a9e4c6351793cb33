"""The demo as a person starts it: its own process, one request, the text in the document once, with its receipt."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from hub.demo import free_port, set_up, tell

STAGES = ["receive", "compose", "check input", "ask", "check output", "deliver", "done"]


def environ(folder: Path) -> dict[str, str]:
    """No settings of whoever runs the tests, and a place for temporary folders that can be looked at."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INLAY_")}
    return {**kept, "TMPDIR": str(folder)}


def test_demo_once_exits_0_with_a_line_per_stage_and_the_receipt_last(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hub", "demo", "--once"],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=tmp_path,
        env=environ(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    *stages, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert [stage["stage"] for stage in stages] == STAGES
    assert all(stage["ms"] >= 0 for stage in stages)
    assert [stage["state"] for stage in stages] == ["queued"] * 3 + ["answered"] * 3 + ["delivered"]
    assert last["state"] == "delivered"
    assert last["times"] == 1
    assert last["simulated"] is True
    assert last["receipt"]["content_hash"]
    assert "Sommerlicht" in last["text"]
    assert list(tmp_path.iterdir()) == [], "a folder was left behind"


def test_the_demo_asks_the_configured_model(tmp_path: Path, fake_model, monkeypatch) -> None:
    copy = "Sommerlicht: warm light for your balcony. In shops on 3 June."
    envelope = {"claims": [], "disclosures": [], "assumptions": [], "missing_inputs": []}
    fake_model.answers({"variants": [{"copy": copy, "channel": "newsletter"}], **envelope})
    settings = {"model": "any", "model_base_url": fake_model.base_url, "model_api_key": "any"}
    settings["model_prices"] = {"any": (1.0, 2.0)}
    with set_up(tmp_path, port=1, sandbox_port=0, log_level="ERROR", **settings) as setting:
        ending = tell(setting.hub, "demo:1")
        assert ending.good, ending.run.problem
        assert copy in ending.text
        assert not ending.run.simulated
        again = tell(setting.hub, "demo:1")
        assert again.run.id == ending.run.id
        assert again.times == 1
    assert len(fake_model.journal()) == 1


def test_an_ending_is_not_good_when_the_text_is_gone_from_the_document(tmp_path: Path) -> None:
    from hub.domain import Actor
    from hub.pipeline import act

    with set_up(tmp_path, port=1, sandbox_port=0, log_level="ERROR") as setting:
        ending = tell(setting.hub, "demo:1")
        assert ending.good
        act.undo(setting.hub.parts, ending.run, Actor(via="test"))
        assert not tell(setting.hub, "demo:1").good


def test_a_busy_port_gives_way_to_the_next_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        assert free_port("127.0.0.1", port) != port


@contextmanager
def started(tmp_path: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A running demo, and what it said up to the point where it stays up."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hub", "demo", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
        env=environ(tmp_path),
    )
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line.rstrip("\n"))
            if "Ctrl-C" in line:
                break
        yield process, said
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def answered(url: str, process: subprocess.Popen[str]) -> str:
    """The page at a URL, as soon as the server listens."""
    while process.poll() is None:
        try:
            with urlopen(url, timeout=10) as page:
                return page.read().decode()
        except OSError as error:
            if not isinstance(getattr(error, "reason", error), ConnectionError):
                raise
            threading.Event().wait(0.05)
    raise AssertionError("the demo ended")


def test_the_demo_says_where_to_look_stays_up_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        with started(tmp_path, port) as (process, said):
            text = "\n".join(said)
            assert f"Port {port} is taken" in text
            document = next(line.split()[-1] for line in said if "the document" in line)
            hub_url = next(line.split()[-1] for line in said if "the hub" in line)
            assert "Sommerlicht" in answered(document, process)
            assert answered(f"{hub_url}/healthz", process)
            process.send_signal(signal.SIGINT)
            assert process.wait(40) in (0, 130, -signal.SIGINT)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("inlay-demo")] == []
