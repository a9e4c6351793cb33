"""The processes of one hub in a storm: a door that works too, and workers; killed and started again, and weighed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests import hubs
from tests.fake_model_server import FakeModelServer
from tests.scale.servers import free_port, wait_for_port, wait_for_silence

LEASE = 2.0
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True, kw_only=True)
class HubProcesses:
    """One process answers vendors and works; ``workers`` more only work."""

    home: Path
    database_url: str
    model: FakeModelServer
    workers: int = 0
    port: int = field(default_factory=free_port)
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        self._running = [self._start(number) for number in range(1 + self.workers)]
        wait_for_port(self.port, 60)

    def kill(self) -> None:
        """``kill -9`` all of them."""
        for process in self._running:
            _end(process)
        wait_for_silence(self.port)

    def kill_one(self, dice: random.Random) -> None:
        """``kill -9`` one and start another in its place."""
        number = dice.randrange(len(self._running))
        _end(self._running[number])
        if number == 0:
            wait_for_silence(self.port)
        self._running[number] = self._start(number)

    def command(self, *words: str) -> int:
        """Run ``inlay`` with these words beside them; its exit code."""
        with self._log() as log:
            done = subprocess.run(_command(*words), env=self._environment(), stdout=log, stderr=log, check=False)
        return done.returncode

    def megabytes(self) -> float:
        """What the process with the door holds in memory, with the processes it made."""
        group, held = self._running[0].pid, 0
        for folder in Path("/proc").iterdir():
            try:
                if folder.name.isdigit() and os.getpgid(int(folder.name)) == group:
                    held += int((folder / "statm").read_text().split()[1]) * _PAGE
            except OSError:
                continue
        return held / 1_000_000

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        with self._log() as log:
            return subprocess.Popen(
                _command("serve" if number == 0 else "work"),
                env=self._environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _log(self):
        return (self.home / "processes.log").open("ab")

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "INLAY_HOME": str(self.home),
            "INLAY_DATABASE_URL": self.database_url,
            "INLAY_SECRET_KEY": hubs.KEY,
            "INLAY_LEASE_SECONDS": str(LEASE),
            "INLAY_WORKERS": "4",
            "INLAY_MODEL": "gpt-4o-mini",
            "INLAY_MODEL_BASE_URL": self.model.base_url,
            "INLAY_MODEL_API_KEY": "any",
            "INLAY_LOG_LEVEL": "WARNING",
            "INLAY_PORT": str(self.port),
        }


def _command(*words: str) -> list[str]:
    return [sys.executable, "-c", "from hub.cli import main; main()", *words]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and those it made: the web server's own worker holds the port."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
