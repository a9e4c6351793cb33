"""A run as a card: how it stands in plain words, what was found, the draft, and what a person can do now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.google_docs.card_form import place_widgets
from connectors.google_docs.card_parts import Buttons, Part, card, line, link, section, text
from connectors.google_docs.card_parts import buttons as row_of
from hub.sdk import Json

STATES = {
    "queued": "Working on it",
    "answered": "Writing it into the document",
    "in_review": "In the document as a draft: a reviewer looks at it",
    "approved": "Approved: being written into the document",
    "delivered": "Done: the draft is in the document",
    "held": "Held: somebody has to look at it first",
    "refused": "Refused by a rule of your organisation",
    "waiting_user": "Waits for you",
    "orphaned": "The place in the document is gone; the draft is kept",
    "failed": "It did not work",
    "cancelled": "Cancelled",
}
#: The same for a run that writes remarks and no text.
_REMARKED = {
    "in_review": "{} in the document as comments: a reviewer looks at the run",
    "delivered": "Done: {} in the document as comments",
}
#: In these it goes on by itself.
MOVING = ("queued", "answered", "approved")
_FINDINGS = 20
_VARIANTS = 6
_AGO = ((86_400, "d"), (3600, "h"), (60, "min"))


def state(run: Json) -> str:
    """How a run stands, in words."""
    deliveries = run["deliveries"]
    if run["state"] == "orphaned" and not (run["draft"] or {}).get("variants"):
        return "The place in the document is gone"
    if deliveries and all(one["state"] == "undone" for one in deliveries):
        return "Taken back: the document is as it was"
    if run["state"] == "delivered" and not any(_wrote(one) for one in deliveries):
        return "Done: nothing was written into the document"
    if run["state"] in _REMARKED and (number := _remarks(run)):
        counted = "1 remark stands" if number == 1 else f"{number} remarks stand"
        return _REMARKED[run["state"]].format(counted)
    return STATES.get(run["state"], run["state"])


def _wrote(delivery: Json) -> bool:
    """Whether something stands there: remarks that found nothing to say are done with an empty receipt."""
    return delivery["state"] in ("done", "placed") and bool((delivery["receipt"] or {}).get("vendor_id"))


def _remarks(run: Json) -> int:
    """How many comments the run has put into the document."""
    return sum(len(one["detail"].get("comments", ())) for one in run["deliveries"] if _wrote(one))


def show(run: Json, buttons: Buttons, friction: Sequence[str]) -> Part:
    """The card of one run."""
    return card(
        run["title"],
        _standing(run, buttons),
        section(*_findings(run), header="What the checks found"),
        section(*_draft(run), header="Remarks" if _remarks(run) else "Draft"),
        _elsewhere(run, buttons),
        _friction(run, buttons, friction),
        subtitle=f"Run {run['id']}",
    )


def row(run: Json, buttons: Buttons, now: float) -> Part:
    """A run as one line of a list."""
    return line(
        run["title"],
        above=_ago(now - run["created_at"]),
        below=state(run),
        button=buttons.call("Open", "refresh", run=run["id"]),
    )


def _standing(run: Json, buttons: Buttons) -> Part:
    problem, can, where = run["problem"] or {}, run["actions"], _place(run)
    told = [problem.get("what"), problem.get("why"), problem.get("instead")] if run["state"] != "delivered" else []
    who = problem.get("who") if told else ""
    moving = run["state"] in MOVING
    return section(
        text(state(run), strong=True),
        text(run["label"]) if run["label"] else None,
        *(text(one) for one in told if one),
        text(f"Next: {who}.") if who and who not in ("the asker", "nobody") else None,
        *(text(loud) for loud in _loud(run)),
        row_of(
            buttons.call("Refresh", "refresh", main=moving, run=run["id"]),
            buttons.call("Allow this document", "file-scope-request") if run["state"] == "waiting_user" else None,
            buttons.call("Try again", "result-action", act="resume", run=run["id"]) if _stuck(run) else None,
            buttons.call("Undo", "result-action", act="undo", run=run["id"]) if "undo" in can else None,
            buttons.call("Cancel", "result-action", act="cancel", run=run["id"])
            if moving and "cancel" in can
            else None,
            buttons.call("Start again", "template", template=run["template"])
            if run["state"] in ("failed", "refused", "held", "cancelled")
            else None,
            link("See it in the document", where) if where else None,
            link("Open the run", run["links"]["page"]),
        ),
    )


def _loud(run: Json) -> Iterator[str]:
    """What must not be overlooked: a write that came out in another way than asked for."""
    for delivery in run["deliveries"]:
        problem = delivery["problem"]
        if problem and problem != run["problem"]:
            yield " ".join(part for part in (problem["what"], problem["instead"]) if part)
        note = (delivery["receipt"] or {}).get("note")
        if delivery["state"] == "done" and note:
            yield note


def _stuck(run: Json) -> bool:
    return "resume" in run["actions"] and run["state"] in ("waiting_user", "failed")


def _place(run: Json) -> str:
    return next((one["url"] for one in run["deliveries"] if one["url"] and one["state"] in ("done", "placed")), "")


def _findings(run: Json) -> Iterator[Part]:
    found = run["findings"]
    for one in found[:_FINDINGS]:
        yield line(one["message"], above={"deny": "Refused", "hold": "Held"}.get(one["outcome"], "Note"))
        more = [f"{name}: {one[key]}" for name, key in (("Why", "why"), ("Instead", "instead")) if one[key]]
        if more:
            yield text("\n".join(more))
    if len(found) > _FINDINGS:
        yield text(f"And {len(found) - _FINDINGS} more on the run's page.")


def _draft(run: Json) -> Iterator[Part]:
    draft, remarks = run["draft"] or {}, _remarks(run)
    variants = draft.get("variants", ())
    for number, variant in enumerate(variants[:_VARIANTS], 1):
        # What a remark is about stands beside it in the document, and nowhere on this card.
        quote = variant["fields"].get("quote") if remarks else ""
        about = f"“{quote}”\n" if quote else ""
        yield text((f"{number}.\n" if len(variants) > 1 else "") + about + variant["text"])
    if len(variants) > _VARIANTS:
        yield text(f"And {len(variants) - _VARIANTS} more on the run's page.")
    for name, key in (("Missing", "missing_inputs"), ("Assumed", "assumptions"), ("To disclose", "disclosures")):
        if draft.get(key):
            yield line("; ".join(draft[key]), above=name)


def _elsewhere(run: Json, buttons: Buttons) -> Part | None:
    """Another place for a draft whose place is gone."""
    if run["state"] != "orphaned" or "resume" not in run["actions"]:
        return None
    return section(
        row_of(buttons.call("Insert at the end", "result-action", main=True, act="insert_end", run=run["id"])),
        *place_widgets(),
        row_of(buttons.call("Insert there", "result-action", act="insert_at", run=run["id"])),
        header="Insert it at another place",
    )


def _friction(run: Json, buttons: Buttons, tags: Sequence[str]) -> Part | None:
    if run["state"] in MOVING:
        return None
    taps = [buttons.call(tag, "result-action", act="feedback", tag=tag, run=run["id"]) for tag in tags]
    return section(row_of(*taps), header="What got in the way? One tap helps the next run", folded=0)


def _ago(seconds: float) -> str:
    for size, unit in _AGO:
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "just now"
