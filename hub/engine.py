"""Carries wake-ups with Dramatiq and brings back runs whose worker died. The run table is the truth; losing a wake-up
loses nothing, and waking twice is harmless. Knows no pipeline: it is handed what to do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import dramatiq
import structlog
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import CurrentMessage, ShutdownNotifications

from hub.errors import ConfigurationError, InlayError

log = structlog.get_logger("inlay.engine")
ACTOR = "advance"
#: Wake-ups one reaper sends in one look. A longer backlog already has its own in the broker.
BATCH = 64
#: How often chores are done. They are about hours, not seconds; those that somebody waits for are done often.
CHORE_SECONDS, OFTEN_SECONDS = 30.0, 2.0


class Engine:
    """One process's share of the work.

    Args:
        broker_url: ``redis://…``, ``amqp://…``, or empty for wake-ups inside this process.
        prefix: names the queues on a shared broker.
        queues: the kinds of work there are.
        work: called with a queue's name for each wake-up: takes the next run of that queue and advances it.
        due: called with a limit; how many runs want work now, by queue.
        renew: called while this process lives, to keep its leases.
        chores: what a process that works does now and then, by name; ``often`` what it does every other second.
    """

    def __init__(
        self,
        *,
        broker_url: str,
        prefix: str,
        queues: Iterable[str],
        work: Callable[[str], object],
        due: Callable[[int], dict[str, int]],
        renew: Callable[[], None],
        reap_seconds: float,
        renew_seconds: float,
        chores: Mapping[str, Callable[[], object]] | None = None,
        often: Mapping[str, Callable[[], object]] | None = None,
    ) -> None:
        self.queues = tuple(queues)
        self.broker = _broker(broker_url)
        self._prefix = prefix
        self._due = due
        self._renew = renew
        self._reap_seconds = reap_seconds
        self._renew_seconds = renew_seconds
        self._chores = dict(chores or {})
        self._often = dict(often or {})
        self._stop = threading.Event()
        self._worker: dramatiq.Worker | None = None
        self._threads: list[threading.Thread] = []

        def advance(queue: str) -> None:
            try:
                work(queue)
            except InlayError as error:
                log.warning("work put off", queue=queue, error=error.code)
            except Exception as error:
                # The run keeps its lease until it expires and is then taken again: nothing is lost by going on.
                log.exception("work raised", queue=queue, error=type(error).__name__)

        # Without Dramatiq's retry middleware: whether and when to try again is the run table's to say.
        declared = dramatiq.actor(broker=self.broker, actor_name=ACTOR, queue_name=self._named(self.queues[0]))
        self._actor = declared(advance)
        for queue in self.queues:
            self.broker.declare_queue(self._named(queue))

    def wake(self, queue: str) -> None:
        """Say that a run of this queue wants work. A broker that is away is no error: the reaper finds the run."""
        message = self._actor.message(queue).copy(queue_name=self._named(queue))
        try:
            self.broker.enqueue(message)
        except Exception as error:
            log.warning("wake-up not sent", queue=queue, error=type(error).__name__)

    def start(self, *, workers: int, queues: Iterable[str] | None = None) -> None:
        """Begin to keep leases and to bring runs back, and with ``workers`` > 0 to work on these queues."""
        if workers:
            served = {self._named(queue) for queue in (queues or self.queues)}
            self._worker = dramatiq.Worker(self.broker, queues=served, worker_threads=workers, worker_timeout=100)
            self._worker.start()
            self._spawn("reaper", self._reap, self._reap_seconds)
            for name, chore in self._chores.items():
                self._spawn(name, chore, CHORE_SECONDS)
            for name, chore in self._often.items():
                self._spawn(name, chore, OFTEN_SECONDS)
        self._spawn("leases", self._renew, self._renew_seconds)

    def stop(self, timeout: float = 10.0) -> None:
        """Finish what is under way, take nothing new, and close the broker."""
        self._stop.set()
        if self._worker is not None:
            self._worker.stop(timeout=int(timeout * 1000))
        for thread in self._threads:
            thread.join(timeout=2)
        self.broker.close()

    def _named(self, queue: str) -> str:
        return f"{self._prefix}.{queue}"

    def _spawn(self, name: str, action: Callable[[], object], seconds: float) -> None:
        def loop() -> None:
            while not self._stop.wait(seconds):
                try:
                    action()
                except InlayError as error:
                    log.warning("put off", task=name, error=error.code)
                except Exception as error:
                    log.error("raised", task=name, error=type(error).__name__)

        thread = threading.Thread(target=loop, name=f"inlay-{name}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _reap(self) -> None:
        for queue, count in self._due(BATCH).items():
            for _ in range(count):
                self.wake(queue)


def _broker(url: str) -> Any:
    """The broker for a URL, with only the middleware the wake-ups need."""
    middleware = [CurrentMessage(), ShutdownNotifications()]
    if not url:
        return StubBroker(middleware=middleware)
    if url.startswith(("redis://", "rediss://", "unix://")):
        from dramatiq.brokers.redis import RedisBroker

        return RedisBroker(url=url, middleware=middleware)
    if url.startswith(("amqp://", "amqps://")):
        from dramatiq.brokers.rabbitmq import RabbitmqBroker

        return RabbitmqBroker(url=url, middleware=middleware)
    raise ConfigurationError("INLAY_BROKER_URL starts with redis://, rediss://, unix://, amqp:// or amqps://.")
