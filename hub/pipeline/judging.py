"""Judging: the paid call to the judge model, after every other check has let a draft pass.

Its money is part of the run's reservation from the start, set aside anew when the draft is there, and settled in the
commit that stores the verdict. A call of which nobody knows whether it was answered is booked in full and made again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from hub.domain import Draft, Run, Stage, Usage, Verdict
from hub.errors import BadAnswer, InlayError
from hub.governance import judge
from hub.governance.policy import CheckRule
from hub.governance.rules import JudgeRule
from hub.ledger import Entry
from hub.model import prompt_tokens
from hub.pipeline.parts import Parts
from hub.pipeline.spend import period
from hub.pipeline.step import Step
from hub.sdk import Model, Prompt
from hub.store import Tx, budgets, runs

#: Bytes of a draft for each token the model may write, as far as money is set aside before there is a draft.
BYTES = 4


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a draft: the verdict and what it cost. ``write`` settles it, in the commit of the stage."""

    verdicts: tuple[Verdict, ...] = ()
    usage: Usage | None = None
    entries: tuple[Entry, ...] = ()
    write: Callable[[Tx], Iterable[Entry] | None] | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """Who judges, and by which questions."""

    model: Model
    check: CheckRule
    rules: tuple[JudgeRule, ...]


def due(parts: Parts, run: Run) -> Due | None:
    """Whether a draft of this run is judged: a judge is configured, the team's policy has questions for it, and the
    draft is a text that is published."""
    if parts.judge is None or parts.model.simulated:
        return None
    asked = judge.rules_of(parts.policy_of(run.team))
    if asked is None or parts.shelf.revision(run.revision).contract.write == "comments":
        return None
    return Due(parts.judge, *asked)


def expected_micros(parts: Parts, run: Run) -> int | None:
    """About the most judging will cost, before there is a draft; 0 where nothing is judged, None without a price."""
    found = due(parts, run)
    if found is None:
        return 0
    prompt = judge.prompt_of(found.rules, {}, _fence(run))
    tokens = prompt_tokens(prompt) + BYTES * parts.shelf.revision(run.revision).max_tokens
    return found.model.price_micros(tokens, prompt.max_tokens)


def set_aside(
    parts: Parts, run: Run, texts: Mapping[str, str], booked_micros: int | None
) -> Callable[[Tx], Iterable[Entry] | None]:
    """Book the call before and set aside what judging these texts can cost. Where a budget does not hold that, nothing
    is set aside, and the draft is held for want of a judge."""
    found = due(parts, run)
    if found is None:
        return _settled(parts, run, booked_micros)
    prompt = judge.prompt_of(found.rules, texts, _fence(run))
    amount = found.model.price_micros(prompt_tokens(prompt), prompt.max_tokens)

    def write(tx: Tx) -> None:
        now, person = parts.clock(), runs.one_spelling(run.request.actor.person)
        limits = budgets.applying(tx, run.team, person, run.workflow)
        if not limits or amount is None:
            budgets.settle(tx, run.id, booked_micros, now)
            return
        month = period(now)
        budgets.reserve(tx, run.id, run.team, month, limits, amount, now=now, booked_micros=booked_micros)

    return write


def begin(parts: Parts, run: Run, texts: Mapping[str, str]) -> Step:
    """A run taken up in this stage was left by a worker that died while it judged, maybe after it asked."""
    return Step(
        stage=Stage.CHECK_OUTPUT,
        changes={"attempts": run.attempts},
        entries=(Entry("judge.call_in_doubt", {}),),
        writes=set_aside(parts, run, texts, None),
    )


def look(parts: Parts, run: Run, texts: Mapping[str, str], *, stopped: bool) -> Judged:
    """Have a draft judged, unless another check stops it already. ``texts`` are masked, as the model wrote them."""
    found = due(parts, run)
    if parts.judge is None:
        return Judged()
    if found is None or stopped:
        return Judged(write=_settled(parts, run, 0))
    if not _paid(parts, run):
        return Judged((judge.failed(found.check, "A budget does not hold the judge model's call."),))
    started = time.perf_counter()
    prompt = judge.prompt_of(found.rules, texts, _fence(run))
    try:
        verdict, usage, whole = _asked(found, prompt, texts)
    except InlayError as error:
        why = f"The judge model gave no answer ({error.code})."
        return Judged((judge.failed(found.check, why, _ms(started)),), write=_settled(parts, run, 0))
    entry = Entry(
        "judge.answered",
        {
            "model": usage.model,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cost_micros": usage.cost_micros,
            "usable": whole,
            "model_ms": round(_ms(started), 3),
        },
    )
    cost = usage.cost_micros if usage.calls else None
    return Judged((verdict,), usage, (entry,), _settled(parts, run, cost if cost is not None or not usage.calls else 0))


def _asked(found: Due, prompt: Prompt, texts: Mapping[str, str]) -> tuple[Verdict, Usage, bool]:
    """The verdict, what it cost, and whether the answer was of use. One that is of none was paid for all the same."""
    started = time.perf_counter()
    try:
        answer = found.model.ask(prompt)
    except BadAnswer as error:
        # Where nothing says what it cost, it is booked in full.
        usage = error.usage or Usage(model=found.model.name)
        return judge.failed(found.check, "The judge model's answer is unusable.", _ms(started)), usage, False
    try:
        return judge.verdict(judge.findings(found.rules, texts, answer.text), _ms(started)), answer.usage, True
    except (ValueError, RecursionError):
        said = "The judge model's answer is not of the wanted shape."
        return judge.failed(found.check, said, _ms(started)), answer.usage, False


def _paid(parts: Parts, run: Run) -> bool:
    """Whether its money is set aside, or no budget asks for any."""
    with parts.database.reading() as tx:
        person = runs.one_spelling(run.request.actor.person)
        return budgets.holds(tx, run.id) or not budgets.applying(tx, run.team, person, run.workflow)


def _settled(parts: Parts, run: Run, cost_micros: int | None) -> Callable[[Tx], None]:
    def write(tx: Tx) -> None:
        budgets.settle(tx, run.id, cost_micros, parts.clock())

    return write


def texts_of(draft: Draft) -> dict[str, str]:
    """What is judged: each variant as it is read."""
    return {f"variant {number}": variant.text for number, variant in enumerate(draft.variants, start=1)}


def _fence(run: Run) -> str:
    """Known to nobody who wrote what stands inside, the first model included: its own fence was another."""
    return hashlib.sha256(f"judge {run.id} {run.work.nonce}".encode()).hexdigest()[:16]


def _ms(started: float) -> float:
    return (time.perf_counter() - started) * 1000
