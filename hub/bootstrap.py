"""The only place that puts the parts together: settings in, a ``Hub`` out."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from dataclasses import dataclass, field
from typing import Any

from hub import logs, mail, registry, templates
from hub.accounts import door
from hub.connections import Connections
from hub.domain import Request, Run
from hub.engine import Engine
from hub.errors import ConfigurationError, UnknownName
from hub.governance.personal_data import PersonalData
from hub.governance.runner import Runner
from hub.ledger import Ledger
from hub.model import Endpoint, FallbackModel, OpenAIModel
from hub.offline import Simulator
from hub.pipeline import gather as gathering
from hub.pipeline import heads, lapses, retention, rule_counts, second_look, what_if
from hub.pipeline import look_back as looking_back
from hub.pipeline import look_up as looking_up
from hub.pipeline import picture as pictured
from hub.pipeline import receive as receiving
from hub.pipeline import run as running
from hub.pipeline import sweep as sweeping
from hub.pipeline import tell as telling
from hub.pipeline.arrive import LOOK_UP
from hub.pipeline.notify import Notify
from hub.pipeline.parts import Leases, Parts
from hub.pipeline.policies import Policies
from hub.pipeline.register import Register
from hub.pipeline.shelf import Shelf
from hub.pipeline.webhooks import Webhooks
from hub.registry import Registry
from hub.sdk import Model, Picture, Secret
from hub.settings import Settings
from hub.store import Database, notices, runs
from hub.templates import Template
from hub.vault import Vault, open_vault

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Hub:
    """One process of Inlay. ``web``, ``cli`` and embedding programs call it; it owns everything that must be closed."""

    settings: Settings
    database: Database
    vault: Vault
    registry: Registry
    parts: Parts
    engine: Engine
    notify: Notify
    pool: ThreadPoolExecutor = field(repr=False)
    #: Called first when the hub is closed, by whoever started something of its own beside it.
    closers: list[Callable[[], None]] = field(default_factory=list, repr=False)

    def start(self, *, workers: int | None = None, queues: Iterable[str] | None = None) -> None:
        """Begin background work; with ``workers=0`` this process only keeps the leases of what it runs itself."""
        workers = self.settings.workers if workers is None else workers
        self.engine.start(workers=workers, queues=queues)
        threading.Thread(target=self._warm, name="inlay-warm", daemon=True).start()

    def _warm(self) -> None:
        """Load what the first person should not wait for: the model's client and what finds personal data are a second
        each."""
        loads = {"the model": getattr(self.parts.model, "warm", None)}
        loads |= {f"the check '{name}'": check.warm for name, check in self.registry.checks.items()}
        for name, load in loads.items():
            try:
                if load is not None:
                    load()
            except Exception as error:
                log.warning("%s does not load yet (%s)", name, type(error).__name__)

    def run(self, request: Request, *, picture: Picture | None = None) -> Run:
        """Take a request and walk it here and now until it waits, rests or ends.

        Raises:
            BadRequest, NotAllowed, Conflict: see ``pipeline.receive``.
        """
        received = receiving.receive(self.parts, request, lease=True, picture=picture)
        return self._walk(received) if received.run else self.get(received.run_id)

    def submit(
        self, request: Request, *, wait: float = 0.0, strict: bool = True, picture: Picture | None = None
    ) -> Run:
        """Take a request; with ``wait`` seconds, walk it in this process and answer as soon as it waits, rests or ends.

        Past the wait the run is answered as it stands, and goes on by itself.
        """
        received = receiving.receive(self.parts, request, strict=strict, lease=wait > 0, picture=picture)
        if received.run is not None:
            stored = threading.Event()
            if received.birth is None:
                stored.set()
            walking: Future[Run] = self.pool.submit(self._walk, received, stored.set)
            walking.add_done_callback(lambda _: stored.set())
            try:
                return walking.result(timeout=wait)
            except TimeoutError:
                # Nobody hears of a run before it is stored.
                stored.wait()
                if walking.done():
                    return walking.result()
        return self.get(received.run_id)

    def _walk(self, received: receiving.Received, stored: Callable[[], None] = lambda: None) -> Run:
        assert received.run is not None
        try:
            return running.walk(self.parts, received.run, received.birth, stored=stored)
        except receiving.Known as known:
            return self.get(receiving.answer_known(self.parts, received.run, known, strict=True))

    def get(self, run_id: str) -> Run:
        """A stored run.

        Raises:
            UnknownName: there is none of this id.
        """
        with self.database.reading() as tx:
            run = runs.get(tx, run_id)
        if run is None:
            raise UnknownName(f"There is no run {run_id[:40]}.")
        return run

    def close(self) -> None:
        """Finish what is under way and let everything go."""
        while self.closers:
            self.closers.pop()()
        self.engine.stop()
        self.pool.shutdown(wait=True)
        self.parts.runner.close()
        self.parts.connections.close()
        for model in (self.parts.model, self.parts.judge):
            getattr(model, "close", lambda: None)()
        self.database.close()


def build(
    settings: Settings,
    *,
    model: Model | None = None,
    judge: Model | None = None,
    plugins: Iterable[tuple[str, Any]] = (),
    clock: Callable[[], float] = time.time,
) -> Hub:
    """A hub ready to work: the database migrated, plugins loaded, templates stored.

    Args:
        model: use this one instead of the configured one.
        judge: the same for the one that judges drafts.
        plugins: (name, plugin) pairs beside the installed ones.

    Raises:
        ConfigurationError: what is wrong, and which setting mends it.
    """
    logs.configure(settings.log_level)
    vault = open_vault(settings)
    database = Database(settings.database, pool=settings.threads + settings.workers + 8)
    database.migrate()
    found = registry.load(settings.plugins_off, plugins, templates.load)
    _look_for_names(settings, found)
    shelf = Shelf(database, _templates(settings, found), clock)
    shelf.keep(clock())
    parts = Parts(
        settings=settings,
        database=database,
        ledger=Ledger(vault.keys),
        shelf=shelf,
        runner=Runner(found.checks),
        policy_of=Policies(database).of,
        register=Register(database),
        model=model or _model(settings, found),
        judge=judge or _judge(settings, found),
        connections=Connections(database, vault, found.connectors, clock),
        leases=Leases(database, settings.lease_seconds, clock),
        clock=clock,
        finished=found.tell_finished,
    )
    notify = Notify(parts, mail.of_settings(settings))
    engine = Engine(
        broker_url=settings.broker_url,
        prefix=settings.queue_prefix,
        queues=[receiving.ASK, LOOK_UP, *(f"deliver.{name}" for name in sorted(found.connectors))],
        work=_work(parts, found),
        due=lambda limit: _due(parts, limit),
        renew=parts.leases.renew,
        reap_seconds=settings.reap_seconds,
        renew_seconds=settings.lease_seconds / 3,
        chores={
            "look-back": lambda: looking_back.look(parts),
            "sweep": lambda: sweeping.sweep(parts),
            "tell": lambda: telling.tell(parts),
            "looks": lambda: second_look.pick(parts),
            "late reviews": lambda: second_look.escalate(parts),
            "reminders": lambda: second_look.remind(parts),
            "notifications": notify.send,
            "permits": parts.connections.forget_expired,
            "sessions": lambda: door.tidy(parts),
            "notices": lambda: looking_up.forget(parts),
            "pictures": lambda: pictured.forget(parts),
            "heads": lambda: heads.keep(parts),
            "retention": lambda: retention.clear(parts),
            "evidence": lambda: lapses.look(parts),
            "rule counts": lambda: rule_counts.count(parts),
        },
        often={
            "webhooks": Webhooks(database, vault, clock, settings.url).send,
            "what-ifs": lambda: what_if.work(parts),
        },
    )
    parts.wake = engine.wake
    pool = ThreadPoolExecutor(max_workers=settings.threads, thread_name_prefix="inlay-walk")
    return Hub(
        settings=settings,
        database=database,
        vault=vault,
        registry=found,
        parts=parts,
        engine=engine,
        notify=notify,
        pool=pool,
    )


def _work(parts: Parts, found: Registry) -> Callable[[str], object]:
    """What a wake-up of each queue does."""
    together = {f"deliver.{name}" for name, connector in found.connectors.items() if connector.batch > 1}

    def work(queue: str) -> object:
        if queue == LOOK_UP:
            return looking_up.look_up(parts)
        return gathering.gather(parts, queue) if queue in together else running.work(parts, queue)

    return work


def _due(parts: Parts, limit: int) -> dict[str, int]:
    now = parts.clock()
    with parts.database.reading() as tx:
        wanted = runs.due(tx, now, limit)
        if to_look_up := notices.due(tx, now):
            wanted[LOOK_UP] = to_look_up
    return wanted


def _look_for_names(settings: Settings, found: Registry) -> None:
    """Give the check for personal data the models an operator has named for names of people."""
    check = found.checks.get(PersonalData.name)
    if isinstance(check, PersonalData):
        check.look_for_names(settings.spacy_models)


def _templates(settings: Settings, found: Registry) -> dict[str, Template]:
    """Shipped templates, then those of plugins, then the operator's own folder: the later one of a name counts."""
    shelf = dict(templates.shipped())
    shelf |= {name: templates.load(name, source) for name, source in found.templates.items()}
    if settings.templates is not None:
        shelf |= templates.load_folder(settings.templates)
    return shelf


def _model(settings: Settings, found: Registry) -> Model:
    """The configured model: a plugin's by name, an endpoint with its fallbacks, or the simulator when none is named."""
    if not settings.model:
        return Simulator()
    if settings.model in found.models:
        return found.models[settings.model]
    first = {
        "base_url": settings.model_base_url or "https://api.openai.com/v1",
        "model": settings.model,
        "api_version": settings.model_api_version,
        "pictures": str(settings.model_pictures).lower(),
    }
    models = [_endpoint(settings, first, settings.model_api_key)]
    for spec in settings.model_fallbacks:
        key = os.environ.get(spec.get("api_key_env", ""))
        models.append(_endpoint(settings, spec, Secret(key) if key else None))
    return models[0] if len(models) == 1 else FallbackModel(models)


def _judge(settings: Settings, found: Registry) -> Model | None:
    """The model that judges drafts: a plugin's by name, an endpoint, or None when none is named."""
    if not settings.judge_model or settings.judge_model in found.models:
        return found.models.get(settings.judge_model)
    spec = {
        "base_url": settings.judge_base_url or "https://api.openai.com/v1",
        "model": settings.judge_model,
        "api_version": settings.judge_api_version,
    }
    return _endpoint(settings, spec, settings.judge_api_key, timeout=settings.judge_timeout)


def _endpoint(
    settings: Settings, spec: dict[str, str], key: Secret | None, *, timeout: float | None = None
) -> OpenAIModel:
    name = spec.get("model", "")
    if not name or not spec.get("base_url"):
        raise ConfigurationError("INLAY_MODEL_FALLBACKS: each entry needs a base_url and a model.")
    price = settings.model_prices.get(name)
    return OpenAIModel(
        Endpoint(
            base_url=spec["base_url"],
            model=name,
            api_key=key,
            timeout=timeout or settings.model_timeout,
            api_version=spec.get("api_version", ""),
            pictures=spec.get("pictures", "true") != "false",
            price_in=round(price[0] * 1e6) if price else None,
            price_out=round(price[1] * 1e6) if price else None,
        )
    )
