"""Letter: what one mail says: what waits, for which team, until when, and where; no word of a draft, nobody's name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.domain import Actor, Role, RunState
from hub.errors import InlayError, NotAllowed
from hub.pipeline import reviewers
from hub.pipeline.notifications import still
from hub.pipeline.parts import Parts
from hub.pipeline.spend import dollars
from hub.pipeline.webhook_events import id_of
from hub.store import Tx, reviews, teams
from hub.store.notifications import Batch, Told
from hub.store.reviews import Look

#: Lines of one kind a mail lists.
MOST = 20
_RUNS = {
    RunState.HELD: "held: a check wants somebody to look",
    RunState.WAITING_USER: "waits for what only you can give",
    RunState.ORPHANED: "the place it was for is gone",
    RunState.FAILED: "did not work",
}
_BUDGETS = {"team": "The team's budget", "person": "A person's own budget", "workflow": "The budget of a workflow"}


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail's subject and text, and the id its Message-ID is made of."""

    id: str
    subject: str
    text: str


def letter(parts: Parts, tx: Tx, batch: Batch) -> Letter | None:
    """What is to be said to somebody now; None when nothing of it waits any more."""
    known = teams.person_of(tx, batch.person)
    if known is None:
        return None
    asked = [one for one in batch.told if one.kind in ("reviews", "late", "looks")]
    runs_of = {kind: [one for one in batch.told if one.kind == kind] for kind in ("runs", "held", "budgets")}
    blocks = [
        *_reviews(parts, tx, batch.person, asked),
        *_runs(parts, tx, runs_of["runs"], "runs", "of yours need you", "of yours needs you"),
        *_runs(parts, tx, runs_of["held"], "held", "of your team are held", "of your team is held"),
        *_budgets(parts, tx, runs_of["budgets"]),
    ]
    if not blocks:
        return None
    heads = [head for head, _ in blocks]
    subject = heads[0] if len(heads) == 1 else f"{heads[0]}, and more"
    text = "\n\n".join(f"{head}:\n\n" + "\n".join(lines) for head, lines in blocks)
    url = parts.settings.url
    foot = (
        "The links lead to pages of Inlay, behind its sign-in.\n"
        f"You choose what you are told, and how often: {url}/notifications"
    )
    proof = "\n".join([batch.person, *(id_of(one.row) for one in batch.told)])
    return Letter(hashlib.sha256(proof.encode()).hexdigest()[:40], subject, f"{text}\n\n--\n{foot}\n")


def _reviews(parts: Parts, tx: Tx, person: str, told: Sequence[Told]) -> Iterator[tuple[str, list[str]]]:
    """The reviews that are told of and still wait for this person, the soonest due first."""
    if not told:
        return
    of_runs = {one.row.run_id for one in told}
    mine = list(_queue(tx, person))
    news = [one for one in mine if one.run_id in of_runs]
    if not news:
        return
    lines: list[str] = []
    for one in news[:MOST]:
        late = "late since" if one.due_at <= parts.clock() else "until"
        lines.append(f"- {_title(parts, one.template)}, {_team(tx, one.team)}: {late} {_at(tx, one.team, one.due_at)}")
        lines.append(f"  {parts.settings.url}/reviews/{one.id}")
    if len(mine) > len(news[:MOST]):
        lines.append(f"- In all {len(mine)} wait for you: {parts.settings.url}/reviews")
    number = len(news)
    yield (f"{number} drafts wait for your review" if number != 1 else "A draft waits for your review"), lines


def _queue(tx: Tx, person: str) -> Iterator[Look]:
    """What this person may decide on now."""
    known = teams.person_of(tx, person)
    roles = known[2] if known is not None else {}
    admin = Role.ADMIN in roles.values()
    for one in reviews.waiting(tx, teams=None if admin else list(roles)):
        role = Role.ADMIN if admin else roles[one.look.team]
        try:
            reviewers.need_reviewer(tx, reviewers.case_waiting(tx, one), Actor(person=person, role=role))
        except NotAllowed:
            continue
        yield one.look


def _runs(
    parts: Parts, tx: Tx, told: Sequence[Told], kind: str, several: str, single: str
) -> Iterator[tuple[str, list[str]]]:
    found = {run.id: run for one in told if (run := still(parts, tx, one.row, kind)) is not None}
    lines: list[str] = []
    for run in list(found.values())[:MOST]:
        lines.append(f"- {_title(parts, run.template)}, {_team(tx, run.team)}: {_RUNS.get(run.state, run.state)}")
        lines.append(f"  {parts.settings.url}/runs/{run.id}")
    if len(found) > MOST:
        lines.append(f"- And {len(found) - MOST} more: {parts.settings.url}/runs")
    if found:
        yield (f"{len(found)} runs {several}" if len(found) != 1 else f"A run {single}"), lines


def _budgets(parts: Parts, tx: Tx, told: Sequence[Told]) -> Iterator[tuple[str, list[str]]]:
    lines = []
    for one in told[:MOST]:
        data = one.row.data
        used, limit = (int(data.get(name) or 0) for name in ("used_micros", "limit_micros"))
        name = f" {data['name']}" if data.get("name") else ""
        what = f"{_BUDGETS.get(str(data.get('budget')), 'A budget')}{name} for {data.get('period')}"
        lines.append(f"- {_team(tx, one.row.team)}: {what}: {dollars(used)} of {dollars(limit)} are used")
    if lines:
        head = "A budget is nearly used up" if len(told) == 1 else f"{len(told)} budgets are nearly used up"
        yield head, [*lines, f"  {parts.settings.url}/"]


def _title(parts: Parts, template: str) -> str:
    try:
        return _line(parts.shelf.current(template).title)
    except InlayError:
        return _line(template) or "A request"


def _team(tx: Tx, team: str) -> str:
    found = teams.get(tx, team)
    return _line(found.title if found is not None else team)


def _line(text: str) -> str:
    """Somebody's text on one line of a mail."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


def _at(tx: Tx, team: str, at: float) -> str:
    """A moment as the team's own clocks show it."""
    zone = reviewers.rules_of(tx, team).zone
    return f"{datetime.fromtimestamp(at, ZoneInfo(zone)):%a %d %b, %H:%M} ({zone})"
