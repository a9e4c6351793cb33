"""Provenance: one record per run that says what made a text, under which rules, who looked at it, what proves it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from pydantic_core import to_json

import hub
from hub.domain import DeliveryRow, Event, Run, Variant, Verdict
from hub.governance import masking
from hub.governance.runner import worst
from hub.pipeline.alteration import SHORTEST, UNALTERED, Alteration, alteration
from hub.pipeline.parts import Parts
from hub.pipeline.texts import content_hash
from hub.store import deliveries, events

VERSION = 1
#: What a step of a run is called in the ledger. The last row of one of these kinds is the step as it stands.
DELIVERED = ("delivery.done", "delivery.placed")


def record(parts: Parts, run: Run, *, names: bool) -> dict[str, Any]:
    """The record of a run as it stands now. Times are Unix seconds.

    Args:
        names: whether people appear by their address too. Without, they appear as the ledger has them: pseudonyms.
    """
    with parts.database.reading() as tx:
        rows = events.with_proof(tx, run.id)
        written = deliveries.of_run(tx, run.id) if run.destinations else []
    proven = [(event, parts.ledger.fault(event, stored, before)) for event, stored, before in rows]
    happened = [event for event, _ in proven]
    altered = _altered(run)
    return {
        "version": VERSION,
        "run": run.id,
        "url": f"{parts.settings.url}/runs/{run.id}",
        "state": run.state,
        "team": run.team,
        "generator": {"product": "Inlay", "told_by_version": hub.__version__},
        "model": _model(run),
        "template": {"name": run.template, "revision": run.revision},
        "policy": {"revision": run.policy},
        "request": {
            "surface": run.request.surface,
            "trigger": run.request.trigger,
            "workflow": run.workflow,
            "at": run.created_at,
            "asked_by": _person(_last(happened, ("run.received",)), run.request.actor.person, names),
        },
        "checks": [*_checks("input", run.input_verdicts), *_checks("output", run.output_verdicts)],
        "verdict": {"input": _verdict(run.input_verdicts), "output": _verdict(run.output_verdicts)},
        "content": _content(run, happened),
        "ai_act": _ai_act(run, altered),
        "review": _review(run, happened, names),
        "deliveries": [_delivery(row, happened) for row in written],
        "ledger": ledger_of(proven),
    }


def ledger_of(proven: Sequence[tuple[Event, str]]) -> dict[str, Any]:
    """The rows of a run in the ledger, and whether each holds where it stands."""
    faults = [{"seq": event.seq, "why": why} for event, why in proven if why]
    return {
        "first": proven[0][0].seq if proven else None,
        "last": proven[-1][0].seq if proven else None,
        "head": proven[-1][0].hash if proven else None,
        "holds": bool(proven) and not faults,
        "faults": faults,
        "rows": [{"seq": event.seq, "kind": event.kind, "at": event.at, "hash": event.hash} for event, _ in proven],
    }


def row_of(happened: Sequence[Event], row: DeliveryRow) -> Event | None:
    """The ledger's newest row about this delivery's arrival."""
    mine = [event for event in happened if event.data.get("delivery") == row.key]
    return _last(mine, DELIVERED)


def _last(happened: Sequence[Event], kinds: Sequence[str]) -> Event | None:
    return next((event for event in reversed(happened) if event.kind in kinds), None)


def _model(run: Run) -> dict[str, Any] | None:
    if run.draft is None:
        return None
    return {"name": run.draft.usage.model, "calls": run.draft.usage.calls, "simulated": run.simulated}


def _person(event: Event | None, person: str | None, names: bool) -> dict[str, Any]:
    """A person as the ledger has them: a later key would make another pseudonym of the same address."""
    return {"pseudonym": event.actor if event else None, **({"person": person} if names else {})}


def _checks(side: str, verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    return [
        {
            "side": side,
            "check": verdict.check,
            "outcome": verdict.outcome,
            "rules": sorted({finding.rule for finding in verdict.findings}),
        }
        for verdict in verdicts
    ]


def _verdict(verdicts: Sequence[Verdict]) -> str | None:
    return worst(verdicts) if verdicts else None


def _content(run: Run, happened: Sequence[Event]) -> dict[str, Any] | None:
    if run.draft is None:
        return None
    checked, now = _last(happened, ("output.checked",)), content_hash(run.draft)
    recorded = checked.data.get("content_hash") if checked else None
    return {
        "hash": now,
        # None where the ledger has no hash: the run is older than that, or no check has seen the draft.
        "as_recorded": None if recorded is None else recorded == now,
        "variants": [{"sha256": _sha256(variant)} for variant in run.draft.variants],
        "disclosures": len(run.draft.disclosures),
        "claims": len(run.draft.claims),
        "edits": sum(event.kind == "draft.edited" for event in happened),
    }


def _sha256(variant: Variant) -> str:
    return hashlib.sha256(variant.text.encode() if variant.text else to_json(variant.fields)).hexdigest()


def _altered(run: Run) -> Alteration | None:
    if run.draft is None or not run.draft.variants:
        return None
    given = masking.restore_value(run.work.values, run.work.placeholders, run.work.nonce)[0]
    found = [alteration(given, variant.text) for variant in run.draft.variants]
    # One variant that is a text of its own makes the output one.
    return min(found, key=lambda one: min(one.kept or 0.0, one.taken or 0.0))


def _ai_act(run: Run, altered: Alteration | None) -> dict[str, Any] | None:
    """Which case of Art. 50 of the EU AI Act the hub takes the text for, on which figure, and what follows."""
    if altered is None:
        return None
    decision, reason = _disclosure(run, altered)
    return {
        "article": "50",
        "case": altered.case,
        "evidence": {
            "source": altered.source or None,
            "source_words_kept": altered.kept,
            "draft_words_from_source": altered.taken,
            "line": UNALTERED,
            "fewest_words": SHORTEST,
            "line_is": "Inlay's own; the Act gives no figure",
        },
        "disclosure": {"decision": decision, "reason": reason},
    }


def _disclosure(run: Run, altered: Alteration) -> tuple[str, str]:
    if run.simulated:
        return "none", "The simulator made it: it is written to sandboxes only and is nothing to publish."
    if altered.case == "assistive":
        return (
            "none",
            "It assists with editing and does not substantially alter its source, which Art. 50(2) leaves out.",
        )
    if run.review is not None and run.review.decision == "accept":
        return (
            "record",
            "A person reviewed it. Art. 50(4) asks for no label on text where somebody also holds editorial "
            "responsibility for it: that is the team's to settle. This record says that a model made it.",
        )
    return (
        "label if of public interest",
        "A model made it and nobody has approved it. Art. 50(4) asks for a label where it is published to inform the "
        "public on matters of public interest; whether it is, the hub does not know.",
    )


def _review(run: Run, happened: Sequence[Event], names: bool) -> dict[str, Any]:
    if run.review is None:
        return {"needed": run.tier >= 2, "tier": run.tier, "decision": None}
    found = run.review
    return {
        "needed": run.tier >= 2,
        "tier": run.tier,
        "decision": found.decision,
        "at": found.at,
        "content_hash": found.content_hash,
        "of_this_content": run.draft is not None and content_hash(run.draft) == found.content_hash,
        "by": _person(_last(happened, ("review.decided",)), found.by, names),
    }


def _delivery(row: DeliveryRow, happened: Sequence[Event]) -> dict[str, Any]:
    receipt, proof = row.receipt, row_of(happened, row)
    return {
        "key": row.key,
        "connection": row.target.connection,
        "state": row.state,
        "reviewed": row.reviewed,
        "stands": deliveries.stands(row),
        "receipt": None
        if receipt is None
        else {name: getattr(receipt, name) for name in ("vendor_id", "revision", "content_hash", "url")},
        "ledger_row": None if proof is None else {"seq": proof.seq, "hash": proof.hash},
    }
