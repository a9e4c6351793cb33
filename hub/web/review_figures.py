"""How a team's reviews go: what waits, how long drafts are open, who is missing, and what planted errors show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from hub.bootstrap import Hub
from hub.governance.reviews import stamps
from hub.pipeline import reviewers
from hub.pipeline.reviewers import Case
from hub.store import Tx, reviews
from hub.store.reviews import Look

#: The share of reviews one person may do before somebody should be told.
CROWDED = 0.6


@dataclass(frozen=True, slots=True)
class Standing:
    """How a team's reviews go: what waits and is late, and what was decided in ninety days.

    ``nobody`` and ``alone`` are tiers that nobody, or one person only, could decide on. ``share`` is the largest share
    of one person, told from ten decisions on. ``tested`` and ``caught`` count planted errors. ``stamping`` says about
    decisions that they do not read like reviews, without names. ``seconds`` is the median time a draft was open.
    """

    team: str
    waiting: int
    late: int
    approved: int
    rejected: int
    seconds: float | None
    share: float | None
    tested: int
    caught: int
    nobody: tuple[int, ...]
    alone: tuple[int, ...]
    stamping: tuple[str, ...]


def of_teams(tx: Tx, hub: Hub, names: Sequence[str]) -> list[Standing]:
    """How reviews go in each of these teams."""
    waits = list(reviews.every_waiting(tx, teams=names))
    return [_standing(tx, hub, name, [one.look for one in waits if one.look.team == name]) for name in names]


def remarks(one: Standing) -> list[str]:
    """What somebody should look at, each as a sentence."""
    said = [f"Nobody can review tier {tier}: give somebody the role reviewer." for tier in one.nobody]
    said += [f"One person alone can review tier {tier}: when they are away, everything waits." for tier in one.alone]
    if one.share is not None and one.share > CROWDED:
        said.append(f"One person does {one.share:.0%} of the reviews.")
    return said + [f"Somebody's approvals do not read like reviews: {why}" for why in one.stamping]


def _standing(tx: Tx, hub: Hub, team: str, waits: list[Look]) -> Standing:
    decided = reviews.records(tx, since=hub.parts.clock() - reviewers.RECORD, team=team)
    real = [one for one in decided if one.kind != "seeded"]
    people = Counter(one.decided_by for one in real)
    paces = [one.seconds for one in real if one.seconds is not None]
    able = {tier: len(reviewers.eligible(tx, Case(team, tier, None))) for tier in (2, 3)}
    by_person = [[reviewers.record_of(one) for one in decided if one.decided_by == person] for person in people]
    return Standing(
        team=team,
        waiting=len(waits),
        late=sum(one.escalated_at is not None for one in waits),
        approved=sum(one.decision == "accept" for one in real),
        rejected=sum(one.decision == "reject" for one in real),
        seconds=median(paces) if paces else None,
        share=max(people.values()) / len(real) if len(real) >= 10 else None,
        tested=sum(one.kind == "seeded" for one in decided),
        caught=sum(one.kind == "seeded" and one.decision == "reject" for one in decided),
        nobody=tuple(tier for tier, number in able.items() if number == 0),
        alone=tuple(tier for tier, number in able.items() if number == 1),
        stamping=tuple(why for why in map(stamps, by_person) if why),
    )
