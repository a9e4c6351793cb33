"""Starts and stops the processes of the bench, and reads what they used from /proc."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from hub.bench import material
from hub.bench.load import Job, Result
from hub.errors import Unavailable

_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def fake_model() -> Iterator[str]:
    """The base URL of a running instant model."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.bench.fake_model"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(material.answer())
        process.stdin.close()
        yield process.stdout.readline().strip()
    finally:
        end(process)


def load(job: Job) -> Result:
    """Do a job in a process of its own.

    Raises:
        Unavailable: the server turned calls away; one of its answers is quoted.
    """
    done = subprocess.run(
        [sys.executable, "-m", "hub.bench.load"], input=json.dumps(asdict(job)), capture_output=True, text=True
    )
    if done.returncode:
        raise Unavailable("The bench's clients broke off.", why=done.stderr.strip().splitlines()[-1][:300])
    result = Result(**json.loads(done.stdout))
    bad = {status: count for status, count in result.statuses.items() if not status.startswith("2")}
    if bad:
        raise Unavailable(f"The server answered with {bad}.", why=result.example)
    return result


@contextmanager
def served(home: Path, port: int, log: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """``inlay serve`` in its own process; it may not listen yet."""
    given = {"INLAY_HOME": str(home), "INLAY_PORT": str(port), "INLAY_HOST": "127.0.0.1", "INLAY_LOG_LEVEL": "WARNING"}
    given |= {f"INLAY_{name.upper()}": value for name, value in settings.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INLAY_")}
    with open(log, "wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "hub", "serve"], env={**kept, **given}, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            end(process)


def end(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """Ask it to end, and wait; after ten seconds it is made to."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def family(pid: int) -> list[int]:
    """A process and everything it started."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:
                continue
    return found


def cpu_seconds(pid: int) -> float:
    """What a process and everything it started have used of the processors."""
    total = 0
    for each in family(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def memory_mb(pid: int) -> float:
    """The memory a process and everything it started hold, shared pages counted once per sharing process's share."""
    total = 0
    for each in family(pid):
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def wait_until_listening(port: int, process: subprocess.Popen[bytes], log: Path, seconds: float = 30.0) -> None:
    """
    Raises:
        Unavailable: the process ended, or does not listen in time; its last words are quoted.
    """
    import socket

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.01)
    words = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
    raise Unavailable("`inlay serve` does not listen.", why=" ".join(words)[:300])
