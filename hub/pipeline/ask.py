"""Ask: the model's answer becomes a draft. A stored answer is never asked for again; a broken one is repaired once."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hub.domain import Draft, Message, Problem, Run, RunState, Stage, Usage, Work, clean_text
from hub.errors import BadAnswer, Refused
from hub.ledger import Entry
from hub.model import prompt_tokens, repair_messages
from hub.pipeline.parts import Parts
from hub.pipeline.step import Step
from hub.sdk import Prompt
from hub.store import Tx, budgets
from hub.templates import ContractBroken, Template


def begin(parts: Parts, run: Run) -> Step:
    """Record that a call starts now, when it is not the one ``check_input`` recorded.

    A run taken up in this stage with a call on record was left by a worker that died while it asked: whether the model
    answered is unknown, and this is the only place where a call may happen twice. The ledger says so each time.
    """
    entries = (Entry("model.call_in_doubt", {"asks": run.asks}),) if run.asks else ()
    return Step(stage=Stage.ASK, changes={"asks": run.asks + 1, "attempts": run.attempts}, entries=entries)


def ask(parts: Parts, run: Run) -> Step:
    """One call to the model, and what became of it.

    Raises:
        TryLater: no answer came; the run waits and asks again.
        VendorRefused: the endpoint refused the key, the model or the request.
    """
    template = parts.shelf.revision(run.revision)
    prompt = _prompt(template, run)
    try:
        answer = parts.model.ask(prompt)
    except BadAnswer as error:
        # The endpoint did answer, so it was paid for; where it does not say how much, it is booked in full.
        usage = error.usage or Usage(model=parts.model.name, calls=1, cost_micros=_paid(parts, run))
        return _broken(parts, run, "", (error.what,), _sum(run.work.usage, usage), usage)
    usage = _sum(run.work.usage, answer.usage)
    try:
        draft = template.contract.parse(answer.text)
        wrong = tuple(breach.message for breach in template.contract.breaches(draft, run.work.values))
    except ContractBroken as error:
        return _broken(parts, run, clean_text(answer.text), error.breaches, usage, answer.usage)
    if wrong and not run.work.breaches:
        return _broken(parts, run, clean_text(answer.text), wrong, usage, answer.usage)
    draft = dataclasses.replace(draft, usage=usage, simulated=parts.model.simulated, raw="")
    return Step(
        stage=Stage.CHECK_OUTPUT,
        state=RunState.ANSWERED,
        changes={"draft": draft, "simulated": parts.model.simulated},
        entries=(Entry("model.answered", {**_figures(answer.usage), "variants": len(draft.variants)}),),
        writes=_settle(run, answer.usage),
    )


def ceiling_micros(parts: Parts, run: Run) -> int:
    """The most one call of this run can cost.

    Raises:
        Refused: no price is known, so no budget can be kept.
    """
    template = parts.shelf.revision(run.revision)
    prompt = _prompt(template, run)
    price = parts.model.price_micros(prompt_tokens(prompt), prompt.max_tokens)
    if price is None:
        raise Refused(
            f"The team has a budget, and no price is known for the model {parts.model.name}.",
            why="A budget can only be kept when a call's cost is known before it is made.",
            instead="Set the model's price in INLAY_MODEL_PRICES.",
            who="an admin",
        )
    return price


def period(now: float) -> str:
    """The month a moment belongs to, in UTC, as budgets count it."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m")


def _prompt(template: Template, run: Run) -> Prompt:
    # What fences the material off: the same for every call of a run, and nothing a document's writer can know.
    fence = hashlib.sha256(f"{run.id} {run.work.nonce}".encode()).hexdigest()[:12]
    messages: tuple[Message, ...] = template.render(run.work.values, fence)
    if run.work.breaches:
        messages = repair_messages(messages, run.work.answer, run.work.breaches)
    return Prompt(
        messages=messages,
        schema=template.contract.json_schema(),
        max_tokens=template.max_tokens,
        inputs=run.work.values,
        contract=template.contract.model_dump(),
    )


def _broken(parts: Parts, run: Run, text: str, breaches: tuple[str, ...], usage: Usage, this_call: Usage) -> Step:
    """The first broken answer is sent back with what is wrong with it; the second is kept and shown to a person."""
    entry = Entry("model.answer_broken", {**_figures(this_call), "breaches": len(breaches)})
    if run.work.breaches:
        problem = Problem(
            code="contract-broken",
            what="The model's answer does not keep to the template's contract, also after it was asked to mend it.",
            why="; ".join(breaches[:5]),
            instead="Run it again, or ask the template's owner to loosen the contract or pick another model.",
            who="a lead",
        )
        return Step(
            stage=Stage.ASK,
            state=RunState.HELD,
            rest=True,
            changes={"problem": problem, "draft": Draft(raw=text, usage=usage, simulated=parts.model.simulated)},
            entries=(entry,),
            writes=_settle(run, this_call),
        )
    work: Work = dataclasses.replace(run.work, answer=text, breaches=breaches, usage=usage)

    def settle_and_reserve(tx: Tx) -> None:
        _settle(run, this_call)(tx)
        if not parts.model.simulated and budgets.limited(tx, run.team):
            amount = ceiling_micros(parts, dataclasses.replace(run, work=work))
            if not budgets.reserve(tx, run.team, period(parts.clock()), run.id, amount):
                raise Refused(
                    "The answer was not usable, and the team's budget does not hold a second call.",
                    instead="Ask a lead to raise the budget.",
                    who="a lead",
                )

    return Step(
        stage=Stage.ASK,
        changes={"work": work, "asks": run.asks + 1},
        entries=(entry,),
        writes=settle_and_reserve,
    )


def _settle(run: Run, usage: Usage) -> Any:
    def settle(tx: Tx) -> None:
        budgets.settle(tx, run.id, usage.cost_micros or 0)

    return settle


def _paid(parts: Parts, run: Run) -> int | None:
    try:
        return ceiling_micros(parts, run)
    except Refused:
        return None


def _sum(first: Usage, second: Usage) -> Usage:
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
