"""The threads checks run in: pooled, given up on when a check hangs, never in the way of a shutdown."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from time import monotonic

from hub.domain import Verdict


@dataclass(frozen=True, slots=True)
class Task:
    """One check to run: ``examine`` never raises; ``seconds`` is how long the caller waits for it."""

    examine: Callable[[], Verdict]
    seconds: float


class Job:
    """Tasks handed to a lane, and the verdicts so far. The lane writes and the caller gives up under one lock."""

    __slots__ = ("_done", "_lock", "_started", "abandoned", "tasks", "verdicts")

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.tasks = tasks
        self.verdicts: list[Verdict] = []
        self.abandoned = False
        self._started = monotonic()
        self._lock = threading.Lock()
        self._done = threading.Lock()
        self._done.acquire()

    def wait(self) -> bool:
        """Wait for every task. False when one ran out of time: the job is given up, later verdicts are lost."""
        timeout = self.tasks[0].seconds
        while not self._done.acquire(timeout=max(timeout, 0.0)):
            with self._lock:
                if len(self.verdicts) == len(self.tasks):
                    return True
                timeout = self._started + self.tasks[len(self.verdicts)].seconds - monotonic()
                if timeout <= 0:
                    self.abandoned = True
                    return False
        return True

    def work(self) -> bool:
        """Run the tasks in the calling thread. False when the caller has given up meanwhile."""
        for task in self.tasks:
            verdict = task.examine()
            with self._lock:
                if self.abandoned:
                    return False
                self.verdicts.append(verdict)
                self._started = monotonic()
        return True

    def finish(self) -> None:
        self._done.release()


class Lanes:
    """A pool of daemon threads. ``hung`` counts those that were given up and have not come back."""

    def __init__(self, *, max_hung: int, max_idle: int = 16) -> None:
        self.max_hung = max_hung
        self.max_idle = max_idle
        self._reset()

    def start(self, tasks: Sequence[Task]) -> Job | None:
        """The tasks under way in a free thread, or None when too many threads hang or no thread can be had."""
        if self._pid != os.getpid():  # after a fork the threads exist in the parent alone
            self._reset()
        if self.hung >= self.max_hung:
            return None
        job = Job(tasks)
        try:
            inbox = self._idle.pop()
        except IndexError:
            inbox = SimpleQueue()
            try:
                threading.Thread(target=self._lane, args=(inbox,), name="checks", daemon=True).start()
            except RuntimeError:  # the system gives no more threads
                return None
        inbox.put(job)
        return job

    def give_up(self) -> None:
        """Count a lane whose job was given up."""
        with self._lock:
            self.hung += 1

    def close(self) -> None:
        """Let the idle threads end."""
        while self._idle:
            self._idle.pop().put(None)

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._idle: list[SimpleQueue[Job | None]] = []
        self.hung = 0

    def _lane(self, inbox: SimpleQueue[Job | None]) -> None:
        while (job := inbox.get()) is not None:
            if not job.work():
                with self._lock:
                    self.hung -= 1
                return
            keep = len(self._idle) < self.max_idle
            if keep:
                self._idle.append(inbox)  # before the caller hears: its next job finds this lane free
            job.finish()
            del job  # an idle thread holds nobody's text
            if not keep:
                return
