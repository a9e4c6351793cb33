"""A hub with a clock that a test moves, people who review, and templates of every tier."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.bootstrap import Hub
from hub.domain import Actor, Role, Run
from hub.governance.reviews import ReviewRules
from hub.pipeline import review, reviewers, second_look
from hub.pipeline import run as running
from hub.store import events, reviews, teams
from hub.store.reviews import Look
from hub.testing import FakeModel
from tests.hubs import AUTHOR, TEAM, TEMPLATE, Clock, a_hub, answer, inputs, request

KIM = Actor(person="kim@example.com", role=Role.LEAD, via="test")
ADA = Actor(person="ada@example.com", role=Role.ADMIN, via="test")
PEOPLE = (("mara", Role.MEMBER), ("jon", Role.REVIEWER), ("kim", Role.LEAD), ("ada", Role.ADMIN))
TEXT = "Our spring sale starts on Monday with 20 % off, and everybody is welcome."
LONG = " ".join(["Spring sale, from Monday, with 20 % off: everybody is welcome, and comes in calm."] * 6)


@dataclass
class Desk:
    """What the tests of reviews do."""

    hub: Hub
    clock: Clock
    model: FakeModel
    made: int = 0

    def run(self, tier: int, *, actor: Actor = AUTHOR, **given: object) -> Run:
        """A run of a template of this tier, walked as far as it goes."""
        self.made += 1
        template = self.hub.parts.shelf.current(TEMPLATE)
        self.hub.parts.shelf.add(
            template.model_copy(update={"tier": tier, "name": f"tier-{tier}", "revision": f"r{tier}"})
        )
        given = {"inputs": inputs(TEXT), **given}
        return self.hub.run(request(f"key {self.made}", template=f"tier-{tier}", actor=actor, **given))

    def decide(self, run: Run, actor: Actor, *, accept: bool = True, reason: str = "", after: float = 120.0) -> Run:
        """Open the draft, have it open for a while, decide."""
        run = self.hub.get(run.id)
        review.opened(self.hub.parts, reviewers.look_id(run.id), actor)
        self.clock.now += after
        assert run.draft is not None
        seen = review.content_hash(run.draft)
        return review.decide(self.hub.parts, run, actor, accept=accept, seen=seen, reason=reason)

    def publish(self, tier: int, reviewer: Actor) -> Run:
        """A run that was approved and delivered."""
        run = self.run(tier)
        self.decide(run, reviewer)
        running.advance(self.hub.parts, run.id)
        return self.hub.get(run.id)

    def look(self, one: Look, actor: Actor, *, accept: bool, after: float = 120.0) -> str:
        """Open something of the queue, have it open for a while, decide; what was planted in it."""
        run = self.hub.get(one.run_id)
        draft = one.draft or run.draft
        assert draft is not None
        review.opened(self.hub.parts, one.id, actor)
        self.clock.now += after
        seen = review.content_hash(draft)
        planted, _ = second_look.decide(self.hub.parts, one, actor, accept=accept, seen=seen, reason="r")
        return planted.says if planted else ""

    def waiting(self) -> list[Look]:
        with self.hub.database.reading() as tx:
            return [one.look for one in reviews.waiting(tx, teams=None)]

    def rules(self, **given: object) -> None:
        """How the team reviews."""
        rules = ReviewRules.model_validate(given).model_dump(mode="json")
        with self.hub.database.transaction() as tx:
            teams.put(tx, TEAM, "Brand team", {}, 0.0, review=rules)

    def noted(self, kind: str) -> list[dict[str, object]]:
        """The data of every ledger row of a kind."""
        with self.hub.database.reading() as tx:
            return [dict(event.data) for event, _ in events.walk(tx) if event.kind == kind]


@contextmanager
def a_desk(home: Path, database_url: str = "", **settings: object) -> Iterator[Desk]:
    """A desk in this folder."""
    clock, model = Clock(), FakeModel(answer(LONG))
    with a_hub(home, database_url=database_url, clock=clock, model=model, **settings) as hub:
        with hub.database.transaction() as tx:
            for name, role in PEOPLE:
                teams.put_person(tx, f"{name}@example.com", name.capitalize(), {TEAM: role}, 0.0)
        yield Desk(hub, clock, model)
