"""Runs the checks a policy names. A check that fails counts as its policy says: governance fails closed."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from types import MappingProxyType

from hub.domain import Finding, Outcome, Verdict
from hub.errors import ConfigurationError
from hub.governance.judge import NAME as JUDGE
from hub.governance.lanes import Lanes, Task
from hub.governance.policy import CheckRule, OnFailure, Policy
from hub.sdk.check import Check, Subject

log = logging.getLogger(__name__)

LONGEST = 600.0
_ORDER = {Outcome.ALLOW: 0, Outcome.HOLD: 1, Outcome.DENY: 2}
_OUTCOMES: Mapping[OnFailure, Outcome] = {"flag": Outcome.ALLOW, "hold": Outcome.HOLD, "deny": Outcome.DENY}
_WHY = "A text is passed on only after every check of the policy has looked at it."
_ASK_ADMIN = "Ask an admin to look at the check '{name}', then run this again."
_FLAGGED = "Not checked, and let pass as the organisation's policy says. "
#: Mistakes in the policy or the installation, which no policy lets pass.
_MISTAKES = frozenset({"check.missing", "check.wrong-side", "check.none"})
_FAILURES: Mapping[str, tuple[str, str]] = {
    "check.failed": ("The check '{name}' broke off and has not looked at everything.", _ASK_ADMIN),
    "check.slow": (
        "The check '{name}' took longer than its {seconds:g} seconds.",
        "Try again with a shorter text. If that does not help, ask an admin to look at the check '{name}'.",
    ),
    "check.malformed": ("The check '{name}' answered something that is no list of findings.", _ASK_ADMIN),
    "check.missing": (
        "The policy names the check '{name}', which is not installed.",
        "Ask an admin to install the check '{name}' or to take it out of the policy.",
    ),
    "check.wrong-side": (
        "The policy wants the check '{name}' on the {side}, where it does not work.",
        "Ask an admin to correct the sides of the check '{name}' in the policy.",
    ),
    "check.overloaded": (
        "The check '{name}' was not started: too many checks are stuck.",
        "Ask an admin to restart Inlay and to look at the checks that took too long.",
    ),
    "check.none": (
        "The policy names no check for the {side}.",
        "Ask an admin to add a check for the {side} to the policy.",
    ),
}


def worst(verdicts: Iterable[Verdict]) -> Outcome:
    """The worst outcome of all. No verdict at all is a hold: nothing has looked."""
    return max((verdict.outcome for verdict in verdicts), key=_ORDER.__getitem__, default=Outcome.HOLD)


class Runner:
    """Runs checks, each within its own ``seconds``.

    All checks of a side run one after the other in one pooled thread. A check that hangs keeps its thread; the checks
    after it go on in another. With ``max_hung`` threads stuck, every run is held at once until some come back.
    A check that holds the interpreter's lock without a pause cannot be interrupted: it counts as slow when it returns.

    Raises:
        ConfigurationError: a check's ``seconds`` is no number above 0 and up to 600.
    """

    def __init__(self, checks: Mapping[str, Check], *, max_hung: int = 8) -> None:
        self._checks = dict(checks)
        for name, check in self._checks.items():
            if not isinstance(check.seconds, int | float) or not 0 < check.seconds <= LONGEST:
                raise ConfigurationError(f"The check '{name}' must set 'seconds' to a number above 0 and up to 600.")
        self._lanes = Lanes(max_hung=max_hung)

    @property
    def hung(self) -> int:
        """How many checks were given up and have not come back."""
        return self._lanes.hung

    def run(self, policy: Policy, subject: Subject) -> tuple[Verdict, ...]:
        """A verdict for every check the policy names for this side, in the policy's order, whatever the checks do.

        Args:
            policy: the rules in force; each check gets its own rules.
            subject: what to look at, without rules. Checks see its texts read only.
        """
        side = subject.side
        subject = replace(subject, texts=MappingProxyType(dict(subject.texts)))
        verdicts: list[Verdict | None] = []
        tasks: list[tuple[int, CheckRule, Task]] = []
        for rule in policy.checks:
            if rule.name == JUDGE:
                continue  # A paid call: the pipeline makes it, after every other check.
            check = self._checks.get(rule.name)
            if rule.sides is not None and side not in rule.sides:
                continue
            if check is None:
                verdicts.append(_failure(rule, "check.missing", side))
            elif side in check.sides:
                tasks.append((len(verdicts), rule, _task(check, rule, subject)))
                verdicts.append(None)
            elif rule.sides is not None:
                verdicts.append(_failure(rule, "check.wrong-side", side))
        if tasks:
            self._walk(tasks, verdicts, side)
        if not verdicts:
            return (_failure(CheckRule(name="policy"), "check.none", side),)
        return tuple(verdict for verdict in verdicts if verdict is not None)

    def close(self) -> None:
        """Let the idle threads end. The runner can be used again."""
        self._lanes.close()

    def _walk(self, tasks: list[tuple[int, CheckRule, Task]], verdicts: list[Verdict | None], side: str) -> None:
        while tasks:
            job = self._lanes.start([task for _, _, task in tasks])
            if job is None:
                for index, rule, _ in tasks:
                    verdicts[index] = _failure(rule, "check.overloaded", side)
                return
            in_time = job.wait()
            for (index, _, _), verdict in zip(tasks, job.verdicts, strict=False):
                verdicts[index] = verdict
            if in_time:
                return
            self._lanes.give_up()
            index, rule, task = tasks[len(job.verdicts)]
            verdicts[index] = _failure(rule, "check.slow", side, ms=task.seconds * 1000, seconds=task.seconds)
            tasks = tasks[len(job.verdicts) + 1 :]


def _task(check: Check, rule: CheckRule, subject: Subject) -> Task:
    seconds = float(check.seconds)

    def examine() -> Verdict:
        started = perf_counter()
        try:
            findings = check.examine(replace(subject, rules=rule.data))
            ms = (perf_counter() - started) * 1000
            if ms > seconds * 1000:
                return _failure(rule, "check.slow", subject.side, ms=ms, seconds=seconds)
            if not _are_findings(findings):
                return _failure(rule, "check.malformed", subject.side, ms=ms)
            outcome = max((finding.outcome for finding in findings), key=_ORDER.__getitem__, default=Outcome.ALLOW)
            return Verdict(check=rule.name, outcome=outcome, findings=tuple(findings), ms=ms)
        except BaseException as error:  # whatever a plugin raises, the run is held; the message may quote the text
            ms = (perf_counter() - started) * 1000
            return _failure(rule, "check.failed", subject.side, ms=ms, error=type(error).__name__)

    return Task(examine, seconds)


def _are_findings(value: object) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str | bytes)
        and all(isinstance(item, Finding) and isinstance(item.outcome, Outcome) for item in value)
    )


def _failure(
    rule: CheckRule, code: str, side: str, *, ms: float = 0.0, seconds: float = 0.0, error: str = ""
) -> Verdict:
    log.warning("check %s on the %s: %s %s", rule.name, side, code, error)
    message, instead = (text.format(name=rule.name, side=side, seconds=seconds) for text in _FAILURES[code])
    failing = "hold" if rule.failing == "flag" and code in _MISTAKES else rule.failing
    outcome = _OUTCOMES[failing]
    message = _FLAGGED + message if outcome is Outcome.ALLOW else message
    finding = Finding(rule=code, outcome=outcome, message=message, why=_WHY, instead=instead)
    return Verdict(check=rule.name, outcome=outcome, findings=(finding,), ms=ms)
