"""Mend: what the checks stopped a draft for and know a fix for is put right in it, and it is checked again."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hub.domain import Actor, Draft, Finding, Outcome, Run, RunState, Stage, Variant
from hub.errors import Conflict
from hub.governance import masking
from hub.ledger import Entry
from hub.pipeline import judging
from hub.pipeline import run as running
from hub.pipeline.parts import Parts
from hub.pipeline.step import Step, commit, give_back
from hub.pipeline.texts import over
from hub.store import runs
from hub.templates.contract import Contract


def fixes(run: Run) -> tuple[Finding, ...]:
    """The fixes that would let a held draft go on: one for each finding that holds it, or none at all.
    What a model answered to a template's test stays as it is: that is what is tested."""
    if run.state is not RunState.HELD or run.stage is not Stage.CHECK_OUTPUT or run.draft is None or run.request.trial:
        return ()
    holding = [f for verdict in run.output_verdicts for f in verdict.findings if f.outcome is not Outcome.ALLOW]
    places = {f"variant {number}" for number in range(1, len(run.draft.variants) + 1)}
    able = all(f.fix is not None and f.span is not None and f.where.partition(",")[0] in places for f in holding)
    return tuple(holding) if able else ()


def mend(parts: Parts, run: Run, actor: Actor) -> Run:
    """Put every fix into a held draft and go on from its check. Nothing passes that the checks do not let pass.

    Raises:
        Conflict: the draft is not held, or not everything that holds it has a fix.
    """
    token = parts.leases.new()
    with parts.database.transaction() as tx:
        now, until = parts.clock(), parts.leases.until()
        held = runs.take_waiting(tx, run.id, [RunState.HELD], token=token, now=now, until=until)
    wanted = fixes(held) if held is not None else ()
    if held is None or held.draft is None or not wanted:
        if held is not None:
            give_back(parts, held)
        parts.leases.drop(token)
        raise Conflict(
            "There is nothing to put right with a click.",
            why="The draft is not held any more, or something holds it that has no fix.",
            instead="Read the findings, change the input or the template, and run it again.",
        )
    mended = _mended(held.draft, wanted, parts.shelf.revision(held.revision).contract)
    # The checks look at what the model wrote: without the values that were put back into it.
    hidden = held.work.placeholders
    draft = over(mended, masking.hiding(hidden)) if hidden else mended
    step = Step(
        stage=Stage.CHECK_OUTPUT,
        state=RunState.ANSWERED,
        changes={"draft": draft, "problem": None, "output_verdicts": ()},
        entries=(Entry("draft.mended", {"fixes": len(wanted), "rules": sorted({f.rule for f in wanted})}),),
        writes=judging.set_aside(parts, held, judging.texts_of(draft), 0),
    )
    return running.walk(parts, commit(parts, held, step, actor=actor), direct=True)


def _mended(draft: Draft, wanted: Iterable[Finding], contract: Contract) -> Draft:
    by_variant: dict[int, list[Finding]] = {}
    for finding in wanted:
        number = int(finding.where.partition(",")[0].removeprefix("variant "))
        by_variant.setdefault(number, []).append(finding)
    variants = list(draft.variants)
    for number, found in by_variant.items():
        variants[number - 1] = _one(variants[number - 1], found, contract)
    return dataclasses.replace(draft, variants=tuple(variants))


def _one(variant: Variant, found: list[Finding], contract: Contract) -> Variant:
    """A variant is its fields; its text is made of them. So a passage is put right in the fields it stands in."""
    fields = dict(variant.fields)
    for finding in found:
        _, _, name = finding.where.partition(", ")
        text = _text(variant.fields[name]) if name in variant.fields else variant.text
        start, end = finding.span or (0, 0)
        passage, fix = text[start:end], finding.fix or ""
        if not passage:
            last = name or _last(fields, variant.text)
            fields[last] = f"{_text(fields[last]).rstrip()}{fix}"
            continue
        put = _putting(passage, fix)
        fields = {key: put(value) if isinstance(value, str) else list(map(put, value)) for key, value in fields.items()}
    return Variant(text=contract.as_text(fields), fields=fields)


def _putting(passage: str, fix: str) -> Callable[[str], str]:
    """Puts the fix where the passage stands as words of its own: what holds cheap has nothing against cheapest."""
    before, after = (r"(?<!\w)" if passage[0].isalnum() else "", r"(?!\w)" if passage[-1].isalnum() else "")
    found = re.compile(before + re.escape(passage) + after)
    return lambda text: found.sub(lambda _: fix, text)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "\n".join(value)


def _last(fields: Mapping[str, Any], text: str) -> str:
    """The field that a text ends with, or the longest."""
    plain = {name: value for name, value in fields.items() if isinstance(value, str) and value}
    ending = [name for name, value in plain.items() if text.rstrip().endswith(value.rstrip())]
    return ending[-1] if ending else max(plain, key=lambda name: len(plain[name]), default=next(iter(fields)))
