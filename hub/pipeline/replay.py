"""Replay: what a rule-pack would have done to the drafts of the last days. It reads, and changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

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
    ``raised`` those that would have needed a review of a higher tier."""

    runs: int = 0
    held: int = 0
    raised: int = 0
    noted: int = 0


@dataclass(slots=True)
class Replay:
    """``rules`` counts the runs each rule would have found something in, ``examples`` names some of them. ``whole``
    is False when it was stopped before its end."""

    pack: str
    days: float
    teams: dict[str, Team] = field(default_factory=dict)
    rules: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    whole: bool = False


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
    found, check, done = Replay(pack=pack.pack, days=days), CopyRules(), 0
    rules = [rule.data for rule in pack.checks if rule.name == "copy_rules"]
    for batch in _batches(parts, parts.clock() - days * DAY, team):
        if stopped():
            return found
        for run in batch:
            if run.draft is not None:
                findings = [one for data in rules for one in check.examine(_subject(parts, run, data))]
                _count(found, run, findings)
        done += len(batch)
        progress(done)
    found.whole = True
    return found


def _batches(parts: Parts, since: float, team: str | None) -> Iterator[list[Run]]:
    before: tuple[float, str] | None = None
    while True:
        with parts.database.reading() as tx:
            batch = runs.newest(tx, teams=[team] if team else None, limit=BATCH, before=before)
        fresh = [run for run in batch if run.created_at >= since]
        if fresh:
            yield fresh
        if len(fresh) < BATCH:
            return
        before = (fresh[-1].created_at, fresh[-1].id)


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


def _count(found: Replay, run: Run, findings: list[Finding]) -> None:
    team = found.teams.setdefault(run.team, Team())
    team.runs += 1
    stopped = any(verdict.outcome is not Outcome.ALLOW for verdict in run.output_verdicts)
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
