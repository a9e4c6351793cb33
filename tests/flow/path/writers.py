"""What the tests of edited drafts share: a draft that is held, one that waits for its review, own words, approval."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hub.bootstrap import Hub
from hub.domain import Actor, Run, RunState
from hub.pipeline import edit, review, reviewers
from hub.pipeline import run as running
from hub.pipeline.edit import Words
from hub.store import teams
from hub.testing import FakeModel
from tests import hubs
from tests.flow.path.review_desk import PEOPLE
from tests.hubs import AUTHOR, TEAM, TEMPLATE, a_hub, answer, at_end_of, inputs, request

DOCUMENT = "demo-newsletter"
CHEAP = {"id": "cheap", "terms": ["cheap"], "why": "We sell quality.", "instead": "Say what the price buys."}


@contextmanager
def writers_hub(home: Path, database_url: str, docs: str) -> Iterator[Hub]:
    """A hub with people of each role and a document to write to."""
    with a_hub(home, database_url=database_url, model=FakeModel(answer())) as hub:
        hubs.connect(hub, docs)
        with hub.database.transaction() as tx:
            for name, role in PEOPLE:
                teams.put_person(tx, f"{name}@example.com", name.capitalize(), {TEAM: role}, 0.0)
        yield hub


def forbid_cheap(hub: Hub) -> None:
    """The word holds a draft from now on, and nobody knows a fix."""
    policy = {"checks": [{"name": "copy_rules", "rules": {"rules": [CHEAP]}}]}
    with hub.database.transaction() as tx:
        teams.put(tx, TEAM, "Brand team", policy, 0.0)


def held(hub: Hub, copy: str) -> Run:
    """A run whose draft the word "cheap" holds, for which nobody knows a fix."""
    forbid_cheap(hub)
    hub.parts.model = FakeModel(answer(copy))
    run = hub.run(request(inputs=inputs("Cheap tyres."), target=at_end_of(DOCUMENT)))
    assert run.state is RunState.HELD, run.problem
    return run


def in_review(hub: Hub, copy: str = "Spring sale, from Monday. Come in.", *, key: str = "one", at: bool = True) -> Run:
    shelf = hub.parts.shelf
    shelf.add(shelf.current(TEMPLATE).model_copy(update={"tier": 2, "name": "tier-2", "revision": "r2"}))
    hub.parts.model = FakeModel(answer(copy))
    run = hub.run(request(key, template="tier-2", target=at_end_of(DOCUMENT) if at else None))
    assert run.state is RunState.IN_REVIEW, run.problem
    return run


def seen(run: Run) -> str:
    assert run.draft is not None
    return review.content_hash(run.draft)


def write(hub: Hub, run: Run, copy: str, actor: Actor = AUTHOR, **more: Any) -> Run:
    return edit.edit(hub.parts, run, actor, Words([{"text": copy}], **more), seen=seen(run))


def approve(hub: Hub, run: Run, actor: Actor) -> Run:
    run = hub.get(run.id)
    review.opened(hub.parts, reviewers.look_id(run.id), actor)
    done = review.decide(hub.parts, run, actor, accept=True, seen=seen(run))
    running.advance(hub.parts, run.id)
    return hub.get(done.id)
