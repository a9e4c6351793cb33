"""Ask: the model's answer becomes a draft. A stored answer is never asked for again; a broken one is repaired once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.clean import clean_text
from hub.domain import Draft, Problem, Run, RunState, Stage, Usage, Work
from hub.errors import BadAnswer, VendorRefused
from hub.ledger import Entry
from hub.pipeline import judging, spend
from hub.pipeline import picture as pictured
from hub.pipeline.compose import prompt_of
from hub.pipeline.parts import Parts
from hub.pipeline.step import Step
from hub.sdk import Answer, Picture
from hub.store import Tx, runs
from hub.templates import ContractBroken, Template


def begin(parts: Parts, run: Run) -> Step:
    """Record that a call starts now, when it is not the one ``check_input`` recorded.

    A run taken up in this stage with a call on record was left by a worker that died while it asked: whether the model
    answered is unknown, and this is the only place where a call may happen twice. The ledger says so each time. All
    that was set aside for it is booked: it may have been paid for.
    """
    entries = (Entry("model.call_in_doubt", {"asks": run.asks}),) if run.asks else ()
    booked, beside = None if run.asks else 0, judging.expected_micros(parts, run)
    return Step(
        stage=Stage.ASK,
        changes={"asks": recorded(parts, run), "attempts": run.attempts},
        entries=entries,
        # A run that failed gave its money back; one that goes on from there sets it aside anew.
        writes=lambda tx: spend.reserve(parts, run, tx, booked_micros=booked, beside_micros=beside),
        otherwise=_lost(parts, run, entries) if run.asks else None,
    )


def recorded(parts: Parts, run: Run) -> int:
    """How many calls are on record with the commit before the next one. Where a picture is read first, which takes its
    time, the call is recorded once that is done: a worker that died while it looked has asked for nothing."""
    return run.asks + 1 if parts.shelf.revision(run.revision).picture == "none" else 0


def _lost(parts: Parts, run: Run, entries: tuple[Entry, ...]) -> Step:
    """The run ends: its call was cut off, and no budget is left for another."""
    problem = Problem(
        code="refused",
        what="The call to the model was cut off, and the budget does not hold a second one.",
        why="Whether the first was answered is unknown, so it is booked in full.",
        instead="Ask a lead or an admin to raise the budget, then run it again.",
        who="a lead",
    )
    return Step(
        stage=Stage.ASK,
        state=RunState.REFUSED,
        rest=True,
        changes={"problem": problem},
        entries=(*entries, Entry("run.refused", {"code": problem.code})),
        writes=lambda tx: spend.lost(parts, run, tx, beside_micros=judging.expected_micros(parts, run)),
    )


def ask(parts: Parts, run: Run) -> Step:
    """One call to the model, and what became of it.

    Raises:
        BadRequest: the template needs a picture, and there is none that can be shown.
        TargetGone, NeedsPermission: from reading the picture.
        TryLater: no answer came; the run waits and asks again.
        VendorRefused: the endpoint refused the key, the model or the request.
    """
    template = parts.shelf.revision(run.revision)
    look = _Look(pictured.of_run(parts, run, template))
    if template.picture != "none":
        with parts.database.transaction() as tx:
            runs.save(tx, run.id, run.token, {"asks": 1}, since=run.updated_at)
    try:
        answer = _answer(parts, run, template, look)
    except BadAnswer as error:
        # The endpoint did answer, so it was paid for; where it does not say how much, it is booked in full.
        usage = error.usage or Usage(model=parts.model.name, calls=1, cost_micros=spend.ceiling_or_none(parts, run))
        return _broken(parts, run, "", (error.what,), summed(run.work.usage, usage), usage, look)
    usage = summed(run.work.usage, answer.usage)
    try:
        draft = template.contract.parse(answer.text)
        found = template.contract.breaches(draft, run.work.values)
        wrong = tuple(breach.message for breach in found if breach.raise_tier is None)
    except ContractBroken as error:
        return _broken(parts, run, clean_text(answer.text), error.breaches, usage, answer.usage, look)
    if wrong and not run.work.breaches:
        return _broken(parts, run, clean_text(answer.text), wrong, usage, answer.usage, look)
    assumptions = (*draft.assumptions, *look.said(template))
    simulated = parts.model.simulated
    draft = dataclasses.replace(draft, assumptions=assumptions, usage=usage, simulated=simulated, raw="")
    return Step(
        stage=Stage.CHECK_OUTPUT,
        state=RunState.ANSWERED,
        changes={"draft": draft, "simulated": simulated},
        entries=(Entry("model.answered", {**_figures(answer.usage), **look.data, "variants": len(draft.variants)}),),
        writes=judging.set_aside(parts, run, judging.texts_of(draft), answer.usage.cost_micros or 0),
    )


@dataclass(slots=True)
class _Look:
    """The picture there is, and whether the model refused to look at it."""

    picture: Picture | None
    refused: bool = False

    @property
    def data(self) -> Mapping[str, Any]:
        """For the ledger."""
        if self.picture is None:
            return {}
        return {**pictured.seen(self.picture), **({"picture_refused": True} if self.refused else {})}

    def said(self, template: Template) -> tuple[str, ...]:
        """For people, where a template that can look at a picture worked without."""
        if template.picture == "none" or (self.picture and not self.refused):
            return ()
        why = "the model did not take it" if self.refused else "there was none"
        return (f"This was written without looking at a picture: {why}.",)


def _answer(parts: Parts, run: Run, template: Template, look: _Look) -> Answer:
    prompt = prompt_of(template, run)
    if template.picture == "none":
        return parts.model.ask(prompt)
    try:
        return parts.model.ask(pictured.shown(prompt, look.picture))
    except VendorRefused:
        # A refusal costs nothing, so this is still the one call that was paid for in advance.
        if template.picture == "required" or look.picture is None:
            raise
        look.refused = True
        return parts.model.ask(pictured.shown(prompt, None))


def _broken(
    parts: Parts, run: Run, text: str, breaches: tuple[str, ...], usage: Usage, this_call: Usage, look: _Look
) -> Step:
    """The first broken answer is sent back with what is wrong with it; the second is kept and shown to a person."""
    entry = Entry("model.answer_broken", {**_figures(this_call), **look.data, "breaches": len(breaches)})
    if run.work.breaches:
        problem = Problem(
            code="contract-broken",
            what="The model's answer does not keep to the template's contract, also after it was asked to mend it.",
            why="; ".join(breaches[:5]),
            instead="Run it again, or ask the template's owner to loosen the contract or pick another model.",
            who="a lead",
        )
        return _held(parts, run, problem, text, usage, entry, this_call)
    work: Work = dataclasses.replace(run.work, answer=text, breaches=breaches, usage=usage)

    problem = Problem(
        code="refused",
        what="The answer was not usable, and the budget does not hold a second call.",
        why="; ".join(breaches[:5]),
        instead="Ask a lead to raise the budget, then run it again.",
        who="a lead",
    )

    def settle_and_reserve(tx: Tx) -> tuple[Entry, ...]:
        again, beside = dataclasses.replace(run, work=work), judging.expected_micros(parts, run)
        return spend.reserve(parts, again, tx, booked_micros=this_call.cost_micros or 0, beside_micros=beside)

    return Step(
        stage=Stage.ASK,
        changes={"work": work, "asks": recorded(parts, run)},
        entries=(entry,),
        writes=settle_and_reserve,
        otherwise=_held(parts, run, problem, text, usage, entry, this_call),
    )


def _held(parts: Parts, run: Run, problem: Problem, text: str, usage: Usage, entry: Entry, this_call: Usage) -> Step:
    """The run ends with what came kept for a person to see, and what it cost booked."""
    return Step(
        stage=Stage.ASK,
        state=RunState.HELD,
        rest=True,
        changes={"problem": problem, "draft": Draft(raw=text, usage=usage, simulated=parts.model.simulated)},
        entries=(dataclasses.replace(entry, data={**entry.data, "verdict": "hold"}),),
        writes=spend.settle(parts, run, this_call),
    )


def summed(first: Usage, second: Usage) -> Usage:
    """What two calls used together."""
    costs = [usage.cost_micros for usage in (first, second) if usage.calls]
    return Usage(
        model=second.model or first.model,
        input_tokens=first.input_tokens + second.input_tokens,
        output_tokens=first.output_tokens + second.output_tokens,
        cost_micros=None if None in costs else sum(cost or 0 for cost in costs),
        calls=first.calls + second.calls,
        ms=first.ms + second.ms,
    )


def _figures(usage: Usage) -> Mapping[str, Any]:
    return {
        "model": usage.model,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cost_micros": usage.cost_micros,
        "model_ms": round(usage.ms, 3),
    }
