"""Notifications: what people can be told by mail, who is told what unless they chose otherwise, and what they chose.

A notification is a row of the ledger, as a webhook's event is: a bookmark says how far the ledger was read for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hub.domain import Actor, Event, Role, Run, RunState
from hub.errors import BadRequest, NotAllowed
from hub.ledger import Entry
from hub.pipeline import reviewers
from hub.pipeline.parts import Parts
from hub.pipeline.reviewers import REVIEWERS
from hub.pipeline.webhook_events import event_of, rows_of
from hub.store import Tx, notifications, reviews, runs, teams

READER = "notifications"
#: Ledger rows read in one look; seconds in which whoever acts at once is told nothing.
BATCH, SOON = 1000, 120.0
CHOICES: Mapping[str, str] = {"now": "At once", "daily": "Once a day", "never": "Never"}
LEADS = frozenset({Role.LEAD, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notification: what it says, whose it can be (of everybody without roles), and how often it comes
    unless somebody chose."""

    says: str
    usual: str
    roles: frozenset[Role] = frozenset()


KINDS: Mapping[str, Kind] = {
    "runs": Kind("A run of yours needs you", "now"),
    "reviews": Kind("A draft waits for your review", "now", REVIEWERS),
    "late": Kind("A review you may decide on is nearly late", "now", REVIEWERS),
    "looks": Kind("A delivered draft is to be looked at", "daily", REVIEWERS),
    "held": Kind("A run of your team is held for a lead", "daily", LEADS),
    "budgets": Kind("A budget of your team is nearly used up", "now", LEADS),
}
_EVENTS = {
    "review.asked": "reviews",
    "review.late": "late",
    "review.due_soon": "late",
    "run.held": "runs",
    "run.waiting_user": "runs",
    "run.orphaned": "runs",
    "run.failed": "runs",
    "budget.warned": "budgets",
}
#: Rows that are told to people and to no endpoint.
_ALONE = ("review.sampled",)
ROWS = (*rows_of(_EVENTS), *_ALONE)
#: Where a run rests that waits for whoever asked.
NEEDS_ASKER = frozenset({RunState.HELD, RunState.WAITING_USER, RunState.ORPHANED})
_THE_ASKER = ("the asker", "the person who asked")


def kinds_for(roles: Mapping[str, Role]) -> dict[str, Kind]:
    """The kinds somebody with these roles can be told of."""
    return {name: kind for name, kind in KINDS.items() if not kind.roles or kind.roles & set(roles.values())}


def chosen(tx: Tx, person: str) -> dict[str, str]:
    """How often they hear of each kind: what they chose, and what is usual where they did not."""
    known = notifications.choices(tx, person)
    return {name: known.get(name, kind.usual) for name, kind in KINDS.items()}


def choose(parts: Parts, actor: Actor, team: str, wanted: Mapping[str, str]) -> None:
    """Keep what somebody chose, on record.

    Raises:
        BadRequest: there is no such kind or choice.
        NotAllowed: a key that is nobody's has no mail.
    """
    if actor.person is None:
        raise NotAllowed("This key belongs to nobody, and mail goes to people.", instead="Sign in as yourself.")
    if not set(wanted) <= set(KINDS) or not set(wanted.values()) <= set(CHOICES):
        raise BadRequest("There is no such choice.", instead="Choose on the page Notifications.")
    now = parts.clock()
    with parts.database.transaction() as tx:
        before = chosen(tx, actor.person)
        changed = {kind: choice for kind, choice in wanted.items() if before[kind] != choice}
        if changed:
            notifications.choose(tx, actor.person, changed, now)
            who = parts.ledger.pseudonym(tx, runs.one_spelling(actor.person), actor.via)
            parts.ledger.append(
                tx, run_id="", team=team, actor=who, at=now, entries=[Entry("notifications.chosen", changed)]
            )


def collect(parts: Parts, *, keep: bool) -> int:
    """Read the ledger on and note who is to be told; how many notifications that made.

    Args:
        keep: False where no mail can go out: then what happened meanwhile is told to nobody later.
    """
    made = 0
    with parts.database.transaction() as tx:
        for row in reviews.read_on(tx, READER, ROWS if keep else (), BATCH):
            for person, kind in set(_told(parts, tx, row)):
                choice = chosen(tx, person)[kind]
                if choice == "never":
                    continue
                due = row.at + SOON
                if choice == "daily":
                    due = reviewers.rules_of(tx, row.team).morning(row.at)
                notifications.add(tx, person, row.seq, kind, due)
                made += 1
    return made


def still(parts: Parts, tx: Tx, row: Event, kind: str) -> Run | None:
    """The run a notification is about, as long as it needs somebody there; None once it does not."""
    run = runs.get(tx, row.run_id)
    if run is None or (kind == "held" and run.state is not RunState.HELD):
        return None
    return run if kind == "held" or needs_asker(run) else None


def needs_asker(run: Run) -> bool:
    """Whether a run rests where only whoever asked gets it going."""
    if run.state in NEEDS_ASKER:
        return True
    return run.state is RunState.FAILED and run.problem is not None and run.problem.who in _THE_ASKER


def _told(parts: Parts, tx: Tx, row: Event) -> Iterator[tuple[str, str]]:
    """(person, kind) of everybody who is to be told of a row."""
    if row.kind == "review.sampled":
        yield from ((person, "looks") for person in _may_review(tx, row, runs.get(tx, row.run_id)))
        return
    kind = _EVENTS.get(event_of(row), "")
    if kind in ("reviews", "late"):
        yield from ((person, kind) for person in _may_review(tx, row, runs.get(tx, row.run_id)))
    elif kind == "runs":
        yield from _of_run(tx, row)
    elif kind == "budgets":
        yield from _of_budget(tx, row)


def _may_review(tx: Tx, row: Event, run: Run | None) -> Iterator[str]:
    if run is None:
        return
    case = reviewers.case_of(tx, run, reviews.get(tx, reviewers.look_id(run.id)))
    for email, _, role in teams.reviewers(tx, row.team):
        try:
            reviewers.need_reviewer(tx, case, Actor(person=email, role=role))
        except NotAllowed:
            continue
        yield email


def _of_run(tx: Tx, row: Event) -> Iterator[tuple[str, str]]:
    run = runs.get(tx, row.run_id)
    if run is None:
        return
    asker = run.request.actor.person
    known = teams.person_of(tx, asker) if asker else None
    if known is not None and needs_asker(run) and (run.team in known[2] or Role.ADMIN in known[2].values()):
        yield known[0], "runs"
    if run.state is RunState.HELD:
        yield from ((one, "held") for one in _leads(tx, run.team) if known is None or one != known[0])


def _of_budget(tx: Tx, row: Event) -> Iterator[tuple[str, str]]:
    yield from ((one, "budgets") for one in _leads(tx, row.team))
    whose = notifications.person_of(tx, str(row.data.get("person") or ""))
    known = teams.person_of(tx, whose) if whose else None
    if known is not None:
        yield known[0], "budgets"


def _leads(tx: Tx, team: str) -> list[str]:
    """The leads of a team; where it has none, the admins."""
    able = teams.reviewers(tx, team)
    leads = [email for email, _, role in able if role is Role.LEAD]
    return leads or sorted({email for email, _, role in able if role is Role.ADMIN})
