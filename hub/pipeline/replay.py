"""Replay: what a rule-pack would have done to the drafts of the last days. It reads, and changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from hub.domain import Finding, Outcome, Run
from hub.errors import InlayError
from hub.governance.copy_rules import CopyRules
from hub.governance.policy import Pack
from hub.pipeline.check import said
from hub.pipeline.parts import Parts
from hub.sdk import Subject
from hub.store import runs

DAY = 86_400.0
#: Runs read at a time, and runs named for each rule.
BATCH, NAMED = 200, 5


@dataclass(slots=True)
class Team:
    """What the pack would have done to one team. ``held`` are runs it would have stopped and that were not stopped;
    ``raised`` those that would have needed a review of a higher tier. ``freed`` are runs that its rules alone stopped,
    ``gone`` those whose text retention has removed."""

    runs: int = 0
    held: int = 0
    raised: int = 0
    noted: int = 0
    freed: int = 0
    gone: int = 0


@dataclass(slots=True)
class Replay:
    """``rules`` counts the runs each rule would have found something in, ``examples`` names some of them. ``whole``
    is False when it was stopped before its end. Simulated drafts do not count."""

    pack: str
    days: float
    teams: dict[str, Team] = field(default_factory=dict)
    rules: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    whole: bool = False


def as_data(found: Replay) -> dict[str, Any]:
    """What was found as plain data. Not ``asdict``: that makes pairs of what a Counter counts."""
    return {**asdict(replace(found, rules=Counter())), "rules": dict(found.rules)}


@dataclass(slots=True)
class Walk:
    """Runs from the newest to the oldest, a batch at a time. ``before`` is where it stands, as ``runs.newest`` says."""

    parts: Parts
    since: float
    teams: list[str] | None
    before: tuple[float, str] | None = None
    over: bool = False

    def next(self) -> list[Run]:
        """The next batch; with the last one ``over`` is True."""
        with self.parts.database.reading() as tx:
            batch = runs.newest(tx, teams=self.teams, limit=BATCH, before=self.before)
        fresh = [run for run in batch if run.created_at >= self.since]
        self.over = len(fresh) < BATCH
        if fresh:
            self.before = (fresh[-1].created_at, fresh[-1].id)
        return fresh


def replay(
    parts: Parts,
    pack: Pack,
    *,
    days: float,
    team: str | None = None,
    progress: Callable[[int], None] = lambda done: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Replay:
    """Hold the drafts of the last ``days`` against a pack.

    Args:
        progress: told after each batch how many runs were looked at.
        stopped: asked before each batch whether to end early.
    """
    found, done = Replay(pack=pack.pack, days=days), 0
    walk = Walk(parts, parts.clock() - days * DAY, [team] if team else None)
    while not walk.over:
        if stopped():
            return found
        batch = walk.next()
        weigh(parts, pack, found, batch)
        done += len(batch)
        if batch:
            progress(done)
    found.whole = True
    return found


def weigh(parts: Parts, pack: Pack, found: Replay, batch: Iterable[Run]) -> None:
    """Add to ``found`` what the pack says of these runs' drafts."""
    rules = [rule.data for rule in pack.checks if rule.name == "copy_rules"]
    check = CopyRules()
    for run in batch:
        if run.simulated:
            continue
        if run.draft is not None and run.draft.variants:
            findings = [one for data in rules for one in check.examine(_subject(parts, run, data))]
            _count(found, run, findings, pack.pack)
        elif run.output_verdicts:
            found.teams.setdefault(run.team, Team()).gone += 1


def not_replayed(pack: Pack) -> list[str]:
    """The checks of a pack that are not tried: they ask a model, or look at what was put in."""
    return [rule.name for rule in pack.checks if rule.name != "copy_rules"]


def _subject(parts: Parts, run: Run, rules: object) -> Subject:
    assert run.draft is not None
    try:
        write = parts.shelf.revision(run.revision).contract.write
    except InlayError:
        write = "all"  # Its template is gone: then its draft counts as published, which finds more and not less.
    return Subject(
        side="output",
        team=run.team,
        template=run.template,
        surface=run.request.surface,
        texts=said(run.draft),
        rules=rules,  # type: ignore[arg-type]
        draft=run.draft,
        contract={"write": write},
    )


def _count(found: Replay, run: Run, findings: list[Finding], pack: str) -> None:
    team = found.teams.setdefault(run.team, Team())
    team.runs += 1
    stopping = [one for verdict in run.output_verdicts for one in verdict.findings if one.outcome is not Outcome.ALLOW]
    stopped = any(verdict.outcome is not Outcome.ALLOW for verdict in run.output_verdicts)
    team.freed += bool(stopping) and all(one.rule.startswith(f"{pack}.") for one in stopping)
    if any(one.outcome is Outcome.HOLD for one in findings):
        team.held += not stopped
    elif max((one.raise_tier or 0 for one in findings), default=0) > run.tier:
        team.raised += 1
    elif findings:
        team.noted += 1
    for rule in {one.rule for one in findings}:
        found.rules[rule] += 1
        named = found.examples.setdefault(rule, [])
        if len(named) < NAMED:
            named.append(run.id)
