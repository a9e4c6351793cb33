"""Check: the team's policy over what goes to the model and what comes back. Nothing passes that was not checked."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Mapping
from typing import Any

from hub.domain import Draft, Finding, Outcome, Problem, Run, RunState, Stage, Verdict
from hub.governance import masking
from hub.governance.runner import worst
from hub.governance.texts import flatten, put_back
from hub.ledger import Entry
from hub.pipeline import judging, spend
from hub.pipeline.ask import recorded, summed
from hub.pipeline.markets import market_of
from hub.pipeline.parts import Parts
from hub.pipeline.proof import proofs, relied
from hub.pipeline.step import Step
from hub.pipeline.texts import content_hash, over
from hub.sdk import Subject
from hub.store import Tx, deliveries, evidence_uses
from hub.templates import EVIDENCE


def check_input(parts: Parts, run: Run) -> Step:
    """Examine the values, mask personal data in them, and set the call's money aside.

    Raises:
        Refused: the budget does not hold the call; raised inside the commit, which then does nothing.
    """
    policy = parts.policy_of(run.team)
    # No input has a space in its name.
    earlier = {f"earlier {name}": text for name, text in run.work.earlier.items()}
    texts = flatten(run.work.values) | earlier
    subject = Subject(side="input", team=run.team, template=run.template, surface=run.request.surface, texts=texts)
    verdicts = _about_inputs(parts.runner.run(policy, subject))
    stop = _stop(run, verdicts, before_model=True)
    if stop is not None:
        return dataclasses.replace(
            stop, changes={**stop.changes, "input_verdicts": verdicts, "policy": policy.revision}
        )
    findings = [f for v in verdicts if v.check == "personal_data" for f in v.findings]
    masked = masking.mask(texts, findings, run.work.nonce)
    work = dataclasses.replace(
        run.work,
        values=put_back(run.work.values, masked.texts),
        earlier={name: masked.texts[f"earlier {name}"] for name in run.work.earlier},
        placeholders=masked.placeholders,
        nonce=masked.nonce,
    )

    ready, beside = dataclasses.replace(run, work=work), judging.expected_micros(parts, run)
    changes = {"work": work, "input_verdicts": verdicts, "policy": policy.revision, "asks": recorded(parts, run)}
    return Step(
        stage=Stage.ASK,
        changes=changes,
        entries=(_entry("input.checked", verdicts, policy.revision, masked=len(masked.placeholders)),),
        # In the commit itself, so that no two runs can both see the last of the money.
        writes=lambda tx: spend.reserve(parts, ready, tx, beside_micros=beside),
    )


def check_output(parts: Parts, run: Run) -> Step:
    """Examine the draft, put the masked values back, and open the way to the write-back."""
    assert run.draft is not None
    policy = parts.policy_of(run.team)
    contract = parts.shelf.revision(run.revision).contract
    started = time.perf_counter()
    draft, damaged = _restored(run)
    breaches = [dataclasses.asdict(breach) for breach in contract.breaches(draft, _originals(run))]
    proven, used = _proofs(parts, run, draft)
    texts = said(run.draft)
    subject = Subject(
        side="output",
        team=run.team,
        template=run.template,
        surface=run.request.surface,
        texts=texts,
        draft=run.draft,
        contract={"breaches": breaches, "write": contract.write, "proofs": proven},
    )
    verdicts = parts.runner.run(policy, subject)
    stopped = bool(damaged) or worst(verdicts) is not Outcome.ALLOW
    judged = judging.look(parts, run, judging.texts_of(run.draft), stopped=stopped)
    verdicts = _moved(run, (*verdicts, *judged.verdicts), texts)
    if judged.usage is not None:
        draft = dataclasses.replace(draft, usage=summed(draft.usage, dataclasses.replace(judged.usage, model="")))
    if damaged:
        ms = (time.perf_counter() - started) * 1000
        verdicts = (*verdicts, Verdict(check="masking", outcome=Outcome.HOLD, findings=(_damage(damaged),), ms=ms))
    entry = _entry("output.checked", verdicts, policy.revision, content_hash=content_hash(draft))
    stop = _stop(run, verdicts, before_model=False)
    if stop is not None:
        changes = {**stop.changes, "draft": draft, "output_verdicts": verdicts, "policy": policy.revision}
        entries = (*judged.entries, entry, *stop.entries[1:])
        return dataclasses.replace(stop, changes=changes, entries=entries, writes=judged.write)
    raised = [f.raise_tier for v in verdicts for f in v.findings if f.raise_tier is not None]
    # Remarks are advice beside a text. What they quote is reviewed when somebody publishes it.
    tier = run.tier if contract.write == "comments" or run.request.trial else max([run.tier, *raised])

    # Nobody was to review it when it was asked for, and now somebody is.
    marked = run.destinations > 0 and run.tier < 2 <= tier
    # Of what a person edited, the words before may have relied on more.
    counted = bool(used or draft.edited_by)

    def write(tx: Tx) -> Iterable[Entry] | None:
        if counted:
            evidence_uses.note(tx, run.id, run.team, used)
        if marked:
            deliveries.not_reviewed(tx, run.id)
        return judged.write(tx) if judged.write is not None else None

    return Step(
        stage=Stage.DELIVER,
        changes={"draft": draft, "output_verdicts": verdicts, "policy": policy.revision, "tier": tier},
        entries=(*judged.entries, entry),
        writes=write if counted or marked else judged.write,
        light=run.destinations == 0 and not counted and judged.write is None,
    )


def _proofs(parts: Parts, run: Run, draft: Draft) -> tuple[list[dict[str, Any]] | None, dict[str, str]]:
    """What the register says of the claims that cite evidence, None where there is no register; and what of it the
    draft rightly relies on.

    Raises:
        Unavailable: the register cannot be read. The run waits: nothing passes unproven.
    """
    register = parts.register.now().entries
    if not register:
        return None, {}
    day, market = parts.today().isoformat(), market_of(run.work.values)
    found = proofs(draft.claims, register, team=run.team, market=market, day=day)
    return found, relied(found, register)


def _about_inputs(verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """Without remarks on the wording of evidence: it is offered to be cited, and nobody who asked can change it."""
    return tuple(
        dataclasses.replace(verdict, findings=tuple(f for f in verdict.findings if not f.where.startswith(EVIDENCE)))
        if verdict.check == "copy_rules"
        else verdict
        for verdict in verdicts
    )


def said(draft: Draft) -> dict[str, str]:
    """Everything of a draft that leaves with it, by the name findings point at: each variant's text, the fields that a
    connector is given and that do not stand in that text, claims and disclosures."""
    texts = {f"variant {n}": variant.text for n, variant in enumerate(draft.variants, start=1)}
    for number, variant in enumerate(draft.variants, start=1):
        for name, value in variant.fields.items():
            parts = [part for part in ([value] if isinstance(value, str) else value) if part not in variant.text]
            if parts:
                texts[f"variant {number}, {name}"] = "\n".join(parts)
    beside = {"claims": [claim.text for claim in draft.claims], "disclosures": draft.disclosures}
    return texts | {name: "\n".join(lines) for name, lines in beside.items() if lines}


def _stop(run: Run, verdicts: tuple[Verdict, ...], *, before_model: bool) -> Step | None:
    """The step that ends or holds a run, or None when everything is allowed."""
    outcome = worst(verdicts)
    if outcome is Outcome.ALLOW:
        return None
    first = next(f for v in verdicts if v.outcome is outcome for f in v.findings if f.outcome is outcome)
    denied = outcome is Outcome.DENY
    problem = Problem(
        code="refused" if denied else "held",
        what=first.message,
        why=first.why,
        instead=first.instead,
        who="the asker" if denied else "a lead",
    )
    return Step(
        stage=run.stage,
        state=RunState.REFUSED if denied else RunState.HELD,
        rest=True,
        changes={"problem": problem},
        entries=(_entry("input.checked" if before_model else "output.checked", verdicts, run.policy),),
    )


def _restored(run: Run) -> tuple[Draft, tuple[str, ...]]:
    """The draft with the masked values in place, and every placeholder the model damaged."""
    draft, work = run.draft, run.work
    assert draft is not None
    if not work.placeholders:
        return draft, ()
    damaged: list[str] = []

    def back(text: str) -> str:
        restored = masking.restore(text, work.placeholders, work.nonce)
        damaged.extend(restored.damaged)
        return restored.text

    return over(draft, back), tuple(dict.fromkeys(damaged))


def _moved(run: Run, verdicts: tuple[Verdict, ...], texts: Mapping[str, str]) -> tuple[Verdict, ...]:
    """The verdicts with their spans in the restored text: that is the one people see them in.

    The contract was held against that text already.
    """
    work = run.work
    if not work.placeholders:
        return verdicts

    def moved(finding: Finding) -> Finding:
        text = texts.get(finding.where)
        if text is None or finding.span is None:
            return finding
        start, end = (len(masking.restore(text[:at], work.placeholders, work.nonce).text) for at in finding.span)
        return dataclasses.replace(finding, span=(start, end))

    return tuple(
        verdict
        if verdict.check == "output_contract"
        else dataclasses.replace(verdict, findings=tuple(moved(finding) for finding in verdict.findings))
        for verdict in verdicts
    )


def _originals(run: Run) -> Mapping[str, Any]:
    """The values as the asker gave them, for limits such as "no number that was not in the source"."""
    return masking.restore_value(run.work.values, run.work.placeholders, run.work.nonce)[0]


def _damage(damaged: tuple[str, ...]) -> Finding:
    return Finding(
        rule="masking.damaged",
        outcome=Outcome.HOLD,
        message=f"The answer changed {len(damaged)} of the placeholders that stand for personal data.",
        why="A changed placeholder cannot be turned back into the right value, and a wrong one must never be guessed.",
        instead="Run it again, or put the value in by hand.",
    )


def _entry(kind: str, verdicts: tuple[Verdict, ...], policy: str, **more: Any) -> Entry:
    """What the ledger keeps of a check: rules and counts, no text."""
    rules = sorted({finding.rule for verdict in verdicts for finding in verdict.findings})
    said = {verdict.check: [verdict.outcome, round(verdict.ms, 3)] for verdict in verdicts}
    return Entry(kind, {"verdict": worst(verdicts), "checks": said, "rules": rules, "policy": policy[:16], **more})
