"""A run as programs and pages see it: every stage with its milliseconds, every finding, every receipt, no secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.bootstrap import Hub
from hub.domain import (
    DeliveryRow,
    Draft,
    Event,
    Problem,
    Run,
    RunState,
    Stage,
    Target,
    Usage,
    Verdict,
)
from hub.errors import InlayError
from hub.pipeline import lapses
from hub.pipeline.check import said
from hub.pipeline.picture import ENDED as _ENDED
from hub.pipeline.step import MOVING
from hub.pipeline.texts import content_hash, gone, over
from hub.store import clearing, deliveries, events
from hub.store.clearing import Cleared

#: Findings of these checks point at something nobody may see again, not even in the draft that holds it.
_HIDDEN = ("secrets.",)
REMOVED = "[removed]"


@dataclass(frozen=True, slots=True)
class Opened:
    """A run with what belongs to it: its events and its deliveries, each with the address people open."""

    run: Run
    events: Sequence[Event]
    deliveries: Sequence[tuple[DeliveryRow, str]]
    #: What was removed of its texts, if any was.
    cleared: Cleared | None = None
    lapsed: Sequence[Mapping[str, Any]] = ()

    @property
    def moving(self) -> bool:
        """Whether a worker goes on by itself."""
        return self.run.state in MOVING


def opened(hub: Hub, run: Run) -> Opened:
    """The run with everything its page shows."""
    lapsed = [lapses.told(one) for one in lapses.of_run(hub.parts, run)]
    with hub.database.reading() as tx:
        happened = events.of_run(tx, run.id)
        rows = deliveries.of_run(tx, run.id) if run.destinations else []
        removed = clearing.of(tx, run.id) if run.state in _ENDED else None
    return Opened(run, happened, [(row, _address(hub, run, row)) for row in rows], removed, lapsed)


def reviewed(view: Opened) -> bool | None:
    """True once a person accepted it, False while somebody still has to, None when nobody has to."""
    run = view.run
    if run.review is not None and run.state is not RunState.IN_REVIEW:
        return run.review.decision == "accept"
    return None if run.tier < 2 else False


def summary(run: Run, url: str) -> dict[str, Any]:
    """A run in a list."""
    return {
        "id": run.id,
        "state": run.state,
        "stage": run.stage,
        "team": run.team,
        "template": run.template,
        "revision": run.revision[:16],
        "workflow": run.workflow,
        "tier": run.tier,
        "simulated": run.simulated,
        "asked_by": run.request.actor.person,
        "surface": run.request.surface,
        "created_at": run.created_at,
        "updated_at": run.updated_at,
        "ended_at": run.ended_at,
        "problem": problem(run.problem),
        "links": {"self": f"{url}/api/v1/runs/{run.id}", "page": f"{url}/runs/{run.id}"},
    }


def whole(view: Opened, url: str) -> dict[str, Any]:
    """A run with everything."""
    run = view.run
    told = summary(run, url)
    if web_link(run.work.url):
        told["links"]["source"] = run.work.url
    return {
        **told,
        "label": "Simulated: no model is configured." if run.simulated else "",
        "reviewed": reviewed(view),
        "draft": None if run.draft is None else draft(run, run.draft, draft_hash(view)),
        "removed": removed(view.cleared),
        "findings": [*findings("input", run.input_verdicts), *findings("output", run.output_verdicts)],
        "lapsed": list(view.lapsed),
        "checks": [
            {"side": side, "check": verdict.check, "outcome": verdict.outcome, "ms": round(verdict.ms, 3)}
            for side, verdicts in (("input", run.input_verdicts), ("output", run.output_verdicts))
            for verdict in verdicts
        ],
        "timeline": [moment(event) for event in view.events],
        "deliveries": [delivery(row, address, standing_of(view, row)) for row, address in view.deliveries],
    }


def standing_of(view: Opened, row: DeliveryRow) -> dict[str, Any] | None:
    """What became of a delivered text, as far as it was looked at: the newest look."""
    for event in reversed(view.events):
        if event.kind == "delivery.read_back" and event.data.get("delivery") == row.key:
            data = event.data
            return {"at": event.at, "moment": data["moment"], "state": data["state"], "changed": data["changed"]}
    return None


def problem(found: Problem | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {name: getattr(found, name) for name in ("code", "what", "why", "instead", "who", "retry")}


def draft_hash(view: Opened) -> str:
    """The content hash of the draft, or of the one there was; empty when there never was one."""
    if view.cleared is not None and view.cleared.draft_hash:
        return view.cleared.draft_hash
    return content_hash(view.run.draft) if view.run.draft is not None else ""


def removed(found: Cleared | None) -> dict[str, Any] | None:
    """What is not kept of a run any more; None while everything is there."""
    if found is None:
        return None
    return {"at": found.at, "because": found.why, "kept": found.keeps, "what": gone(found)}


def draft(run: Run, found: Draft, known_by: str) -> dict[str, Any]:
    """A draft of this run as it may be shown. ``known_by`` is its content hash."""
    shown = readable(run, found)
    return {
        "content_hash": known_by,
        "simulated": found.simulated,
        "variants": [{"text": variant.text, "fields": variant.fields} for variant in shown.variants],
        "claims": [{"text": claim.text, "evidence_id": claim.evidence_id} for claim in shown.claims],
        "disclosures": list(shown.disclosures),
        "assumptions": list(shown.assumptions),
        "missing_inputs": list(shown.missing_inputs),
        "usage": usage(found.usage),
        **({"raw": shown.raw} if shown.raw and not shown.variants else {}),
    }


def usage(used: Usage) -> dict[str, Any]:
    """Tokens, calls and cost in US dollars; a model without a price is "unpriced"."""
    return {
        "model": used.model,
        "calls": used.calls,
        "input_tokens": used.input_tokens,
        "output_tokens": used.output_tokens,
        "ms": round(used.ms, 3),
        "cost_usd": None if used.cost_micros is None else used.cost_micros / 1e6,
        "cost": "unpriced" if used.cost_micros is None else f"${used.cost_micros / 1e6:.4f}",
    }


def findings(side: str, verdicts: Sequence[Verdict]) -> Iterator[dict[str, Any]]:
    """What the checks of one side found. A finding says what and where; what stood there is not repeated."""
    for verdict in verdicts:
        for found in verdict.findings:
            yield {
                "side": side,
                "check": verdict.check,
                "rule": found.rule,
                "outcome": found.outcome,
                "message": found.message,
                "why": found.why,
                "instead": found.instead,
                "fix": found.fix,
                "where": found.where,
                "span": list(found.span) if found.span else None,
            }


def delivery(row: DeliveryRow, address: str, standing: dict[str, Any] | None = None) -> dict[str, Any]:
    receipt = row.receipt
    return {
        "key": row.key,
        "connection": row.target.connection,
        "state": row.state,
        "reviewed": row.reviewed,
        "attempts": row.attempts,
        "url": web_link(address) or None,
        "problem": problem(row.problem),
        "standing": standing,
        "receipt": None
        if receipt is None
        else {
            **{name: getattr(receipt, name) for name in ("vendor_id", "revision", "content_hash", "already")},
            "note": receipt.detail.get("note", ""),
        },
    }


def moment(event: Event) -> dict[str, Any]:
    """One line of the timeline. ``ms`` is how long the stage took, None where nothing was measured."""
    data = event.data
    return {
        "at": event.at,
        "event": event.kind,
        "stage": data.get("stage"),
        "ms": data.get("ms"),
        "data": {name: value for name, value in data.items() if name not in ("stage", "ms")},
    }


def is_unchecked(run: Run) -> bool:
    """Whether no check has looked at the draft as it is. One that was edited can still hold what was found before."""
    return run.stage is Stage.CHECK_OUTPUT and not run.output_verdicts


def readable(run: Run, found: Draft) -> Draft:
    """A draft of this run as people may read it: without the secrets a check found, and without any text while no
    check has looked at it."""
    if is_unchecked(run):
        return Draft(simulated=found.simulated, usage=found.usage)
    return cleared(found, run.output_verdicts)


def cleared(found: Draft, verdicts: Sequence[Verdict]) -> Draft:
    """The draft without the secrets a check found in it, wherever in it they stand."""
    texts = said(found)
    places = [
        (finding.where, finding.span)
        for verdict in verdicts
        for finding in verdict.findings
        if finding.rule.startswith(_HIDDEN) and finding.span and finding.where in texts
    ]
    # Longest first, so that a secret that holds another goes as a whole.
    secrets = sorted({texts[where][start:end] for where, (start, end) in places} - {""}, key=len, reverse=True)
    if not secrets:
        return found

    def without(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, REMOVED)
        return text

    return over(found, without)


def web_link(address: str) -> str:
    """The address if a browser may be sent there. A connector's plugin made it up: it may name a script instead."""
    return address if address.lower().startswith(("https://", "http://")) else ""


def _address(hub: Hub, run: Run, row: DeliveryRow) -> str:
    """Where a person can look at what was written: what the receipt says, or the place it goes to."""
    if row.receipt is not None and row.receipt.url:
        return row.receipt.url
    if run.request.target is not None and row.target == run.request.target and run.work.url:
        return run.work.url
    return _place(hub, row.target)


def _place(hub: Hub, target: Target) -> str:
    try:
        connector, connection = hub.parts.connections.get(target.connection)
        # A sandbox's pages are somewhere else than the vendor's, and only the receipt knows where.
        return "" if connection.sandbox else connector.target_url(target)
    except (InlayError, ValueError, KeyError):
        return ""


def actions(view: Opened) -> tuple[str, ...]:
    """What can be done to the run as it stands."""
    run = view.run
    written = any(deliveries.stands(row) for row, _ in view.deliveries)
    can: list[str] = []
    if run.state is RunState.IN_REVIEW:
        can += ["accept", "reject"]
    if run.state in (RunState.WAITING_USER, RunState.ORPHANED, RunState.FAILED) and run.stage != "done":
        can.append("resume")
    if written and run.state not in MOVING:
        can.append("undo")
    if run.state not in (RunState.DELIVERED, RunState.REFUSED, RunState.CANCELLED):
        can.append("cancel")
    return tuple(can)
