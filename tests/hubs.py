"""Builds a real hub for a test: its own database, its own home, a model that answers as told, one team."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hub.bootstrap import Hub, build
from hub.domain import Actor, Request, Role, Run, Target
from hub.sdk import Model
from hub.settings import load
from hub.store import connections, teams
from hub.testing import FakeModel, prepared

TEAM = "brand"
AUTHOR = Actor(person="mara@example.com", role=Role.MEMBER, via="test")
REVIEWER = Actor(person="jon@example.com", role=Role.REVIEWER, via="test")
KEY = "a-key-for-tests-only-that-is-long-enough"
ORG_TOKEN = "a-token-of-the-org-long-enough"
ENVELOPE = {"claims": [], "disclosures": [], "assumptions": [], "missing_inputs": []}
#: A shipped template, inputs it takes, and an answer that keeps to its contract.
TEMPLATE = "rewrite-in-brand-voice"


class Clock:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


def inputs(text: str = "Our spring sale starts on Monday and everybody is welcome.") -> dict[str, Any]:
    """Inputs of ``TEMPLATE``."""
    return {"text": text}


def answer(copy: str = "Spring sale, from Monday. Come in.") -> dict[str, Any]:
    """What a model answers to ``TEMPLATE``."""
    return {"variants": [{"text": copy}], **ENVELOPE}


def request(key: str = "one", **given: Any) -> Request:
    """A request of the test team for ``TEMPLATE``."""
    return Request(**{"key": key, "team": TEAM, "template": TEMPLATE, "inputs": inputs(), "actor": AUTHOR, **given})


@contextmanager
def a_hub(
    home: Path,
    *,
    model: Model | None = None,
    database_url: str = "",
    clock: Callable[[], float] | None = None,
    plugins: tuple[tuple[str, Any], ...] = (),
    **settings: Any,
) -> Iterator[Hub]:
    """A hub with the team ``brand``; the fake model answers ``answer()`` when none is given."""
    if not database_url:
        prepared.sqlite(home / "inlay.db")
    given = {"home": home, "database_url": database_url, "secret_key": KEY, "log_level": "ERROR", **settings}
    more = {"clock": clock} if clock else {}
    hub = build(load(**given), model=model or FakeModel(answer()), plugins=plugins, **more)
    try:
        with hub.database.transaction() as tx:
            teams.put(tx, TEAM, "Brand team", {}, 0.0)
        yield hub
    finally:
        hub.close()


def connect(hub: Hub, sandbox_url: str, *, name: str = "docs", team: str = TEAM, **settings: Any) -> None:
    """A Google Docs connection to a sandbox, switched on for the team."""
    given = {
        "api_root": sandbox_url,
        "drive_root": sandbox_url,
        "token_uri": f"{sandbox_url}/token",
        "access_token": "a-writer",
        **settings,
    }
    row = hub.parts.connections.sealed(name, "google_docs", given, sandbox=True, now=hub.parts.clock())
    with hub.database.transaction() as tx:
        connections.put(tx, row)
        connections.enable(tx, name, team, {})


def connect_org(hub: Hub, org: Any, *, name: str = "crm", team: str = TEAM, **settings: Any) -> None:
    """A Salesforce connection to a sandbox org, switched on for the team."""
    from connectors.salesforce import sandbox_samples as samples

    given = {
        "domain": org.domain,
        "sandbox_root": org.url,
        "consumer_key": samples.APP,
        "consumer_secret": samples.SECRET,
        "organization_id": org.organization,
        "action_ids": [org.outbound.action],
        "inbound_token": ORG_TOKEN,
        "button_token": ORG_TOKEN,
        **settings,
    }
    row = hub.parts.connections.sealed(name, "salesforce", given, sandbox=True, now=hub.parts.clock())
    with hub.database.transaction() as tx:
        connections.put(tx, row)
        connections.enable(tx, name, team, {})


def at_end_of(document: str, *, connection: str = "docs", **more: Any) -> Target:
    """The end of a document."""
    return Target(connection=connection, at={"document": document, "end": True, **more})


def kinds(hub: Hub, run: Run) -> list[str]:
    """What the ledger says happened to a run, in order."""
    from hub.store import events

    with hub.database.reading() as tx:
        return [event.kind for event in events.of_run(tx, run.id)]


def approve(hub: Hub, run: Run, actor: Actor = REVIEWER) -> Run:
    """A reviewer's approval of the draft as it stands, which they have had open for an hour."""
    from hub.pipeline import review, reviewers
    from hub.store import reviews

    assert run.draft is not None and actor.person is not None
    with hub.database.transaction() as tx:
        reviews.opened(tx, reviewers.look_id(run.id), actor.person, hub.parts.clock() - 3600)
    return review.decide(hub.parts, run, actor, accept=True, seen=review.content_hash(run.draft))


def wait_for(hub: Hub, run_id: str, seconds: float = 30.0) -> Run:
    """The run once it rests or has ended; fails when it does neither in time."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < deadline:
        run = hub.get(run_id)
        if run.wake_at is None:
            return run
        pause.wait(0.02)
    raise AssertionError(f"the run still moves: {hub.get(run_id)}")


def warm(hub: Hub) -> None:
    """Load the personal-data engine, which takes seconds on first use."""
    hub.registry.checks["personal_data"].warm()
