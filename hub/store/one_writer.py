"""Lets SQLite's writers queue up: SQLite has one at a time, and waits for it by sleeping longer and longer."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from pathlib import Path
from types import TracebackType

#: As long as SQLite's own busy_timeout: past it a writer goes on, and SQLite says that it is busy.
PATIENCE = 30.0
PAUSE = 0.0005


class OneWriter:
    """A lock for the threads of this process, and, by a file, for the processes of this machine.

    The threads wait in a queue, where the next one goes on at once. Of each process only the first in its queue asks
    for the file, often enough that little time is lost between two processes. The kernel takes the file's lock from a
    process that dies. It guards nothing, SQLite does: a writer that cannot have it in time goes on without.
    """

    def __init__(self, path: Path) -> None:
        self._threads = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> None:
        self._threads.acquire()
        try:
            if not self._taken():
                deadline = time.monotonic() + PATIENCE
                while time.monotonic() < deadline and not self._taken():
                    time.sleep(PAUSE)
        except BaseException:
            self._threads.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        finally:
            self._threads.release()

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
