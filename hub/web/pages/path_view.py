"""A run's path as a timeline: each verb, how it stands, and its milliseconds from the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from hub.domain import Event, RunState, Stage
from hub.web.run_view import Opened

_VERBS = (
    (Stage.COMPOSE, "Compose", "read the place, fill the inputs"),
    (Stage.CHECK_INPUT, "Check", "what goes to the model"),
    (Stage.ASK, "Ask", "the model"),
    (Stage.CHECK_OUTPUT, "Check", "what comes back"),
    (Stage.DELIVER, "Deliver", "write it where you work"),
    (Stage.REVIEW, "Review", "by a person"),
)
_ORDER = [Stage.COMPOSE, Stage.CHECK_INPUT, Stage.ASK, Stage.CHECK_OUTPUT, Stage.DELIVER, Stage.REVIEW, Stage.DONE]
#: What an event of the ledger says to a person.
_WORDS = {
    "run.received": "Stored. From here on nothing is lost.",
    "run.composed": "Inputs filled",
    "input.checked": "Inputs checked against the policy",
    "model.answered": "The model answered",
    "model.answer_broken": "The answer broke the template's contract",
    "model.call_in_doubt": "A worker stopped during the call; it is made again",
    "output.checked": "Draft checked against the policy",
    "delivery.done": "Written back, with a receipt",
    "delivery.placed": "Put in place by the person, in the vendor's own tool",
    "delivery.read_back": "Looked at what became of the text",
    "delivery.put_off": "Write-back put off; it is tried again",
    "delivery.failed": "Write-back failed",
    "delivery.orphaned": "The place to write to is gone",
    "delivery.waiting_user": "Write-back needs a permission",
    "delivery.undone": "Taken back",
    "run.put_off": "Put off; it is tried again",
    "run.delivered": "Done",
    "run.stuck": "Not every write-back arrived",
    "run.resumed": "Somebody let it go on",
    "run.cancelled": "Cancelled",
    "prompt.shown": "A lead looked at the prompt",
    "review.asked": "A review was asked for",
    "draft.edited": "Edited by a person, to be checked again",
    "draft.mended": "Put right with the fixes of the checks, to be checked again",
    "review.first": "The first of two reviewers approved",
    "review.decided": "A reviewer decided",
    "review.late": "The review is late; leads and admins were told",
    "review.sampled": "Picked to be looked at by a person",
    "review.looked": "A person looked at the delivered draft",
    "output.accepted": "The asker keeps it",
    "output.rejected": "The asker does not keep it",
    "feedback.given": "Feedback given",
    "rejection.seen_to": "The rejection was left at that",
    "evidence.lapsed": "Evidence for a claim in it does not hold any more",
    "evidence.renewed": "The evidence holds again",
    "evidence.dealt_with": "A reviewer dealt with the claim",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One stop on the path. ``how`` is done, now, stopped or ahead."""

    verb: str
    what: str
    how: str
    ms: float | None


@dataclass(frozen=True, slots=True)
class Moment:
    """One event: seconds after the first, and what happened."""

    after: float
    words: str
    kind: str
    ms: float | None
    note: str


def path(view: Opened) -> list[Mark]:
    """The stops of this run, in order; a review only where somebody has to."""
    run = view.run
    refused_at_once = run.stage is Stage.DONE and run.problem is not None and not run.policy
    marks = [Mark("Receive", "store the request", "stopped" if refused_at_once else "done", None)]
    for stage, verb, what in _VERBS:
        if stage is Stage.REVIEW and run.tier < 2:
            continue
        how = "ahead" if refused_at_once else _how(view, stage)
        if stage is Stage.DELIVER and not (run.destinations or view.deliveries):
            what = "nowhere else: it stays here"
        marks.append(Mark(verb, what, how, _spent(view, stage)))
    return marks


def happened(view: Opened) -> list[Moment]:
    """Every event of the run, oldest first."""
    if not view.events:
        return []
    first = view.events[0].at
    return [
        Moment(
            event.at - first, _WORDS.get(event.kind, _plain(event.kind)), event.kind, event.data.get("ms"), _note(event)
        )
        for event in view.events
    ]


def _how(view: Opened, stage: Stage) -> str:
    run = view.run
    if stage is Stage.REVIEW:
        if run.state is RunState.IN_REVIEW:
            return "now"
        if run.review is not None:
            return "done" if run.review.decision == "accept" else "stopped"
        return "ahead"
    if run.state in (RunState.IN_REVIEW, RunState.DELIVERED) or (run.review is not None and not view.moving):
        return "done"
    at, this = _ORDER.index(run.stage), _ORDER.index(stage)
    if this != at:
        return "done" if this < at else "ahead"
    return "now" if view.moving else "stopped"


def _spent(view: Opened, stage: Stage) -> float | None:
    spent = [event.data["ms"] for event in view.events if event.data.get("stage") == stage and "ms" in event.data]
    return sum(spent) if spent else None


def _note(event: Event) -> str:
    """The figures of an event worth a line."""
    data = event.data
    if event.kind == "model.answered":
        tokens = f"{data.get('input_tokens', 0):,} + {data.get('output_tokens', 0):,} tokens"
        return f"{data.get('model', '')}, {tokens}".strip(", ")
    if event.kind in ("input.checked", "output.checked"):
        found = len(data.get("rules", []))
        masked = f", {data['masked']} values masked" if data.get("masked") else ""
        return f"{data.get('verdict', '')}, {found} rule{'' if found == 1 else 's'} touched{masked}"
    if event.kind == "delivery.done" and data.get("already"):
        return "it stood there already, from an attempt whose reply was lost"
    if event.kind == "delivery.done" and data.get("comments") == 0:
        return "there was nothing to remark, and nothing was written"
    if "code" in data:
        return str(data["code"])
    return ""


def _plain(kind: str) -> str:
    return kind.replace(".", ": ").replace("_", " ").capitalize()
