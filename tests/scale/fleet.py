"""Worker processes of a storm: started, killed, frozen and thawed, each by its own process id."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path


class Fleet:
    """Several ``inlay work`` processes on one database.

    Args:
        environment: the hub's settings as ``INLAY_*`` variables.
        size: how many processes.
        log: the file they all write their standard error to.
    """

    def __init__(self, environment: Mapping[str, str], size: int, log: Path) -> None:
        self._environment = {**os.environ, **environment}
        self._log = log.open("ab")
        self._workers = [self._start() for _ in range(size)]
        self.kills = self.freezes = 0

    def kill_one(self, dice: random.Random) -> None:
        """``kill -9`` one and start another in its place."""
        number = dice.randrange(len(self._workers))
        self._end(self._workers[number])
        self._workers[number] = self._start()
        self.kills += 1

    def freeze_one(self, dice: random.Random, seconds: float, stop: threading.Event) -> None:
        """Stop one where it stands, past its lease, and let it go on."""
        victim = dice.choice(self._workers)
        victim.send_signal(signal.SIGSTOP)
        try:
            stop.wait(seconds)
        finally:
            victim.send_signal(signal.SIGCONT)
        self.freezes += 1

    def close(self) -> None:
        for worker in self._workers:
            self._end(worker)
        self._log.close()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "from hub.cli import main; main()", "work"]
        return subprocess.Popen(command, env=self._environment, stdout=self._log, stderr=self._log)

    @staticmethod
    def _end(worker: subprocess.Popen[bytes]) -> None:
        worker.kill()
        worker.wait()
