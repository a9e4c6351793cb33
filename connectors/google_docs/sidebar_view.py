"""A run as the sidebar shows it: plain words, the steps, what was found, and the exact text and names to insert."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.google_docs import draft
from hub.sdk import Delivery, InlayError, Json, Target, Visitor

BY = "sidebar"
STATES = {
    "queued": "Working on it",
    "answered": "Working on it",
    "in_review": "The draft is here. A reviewer looks at it too",
    "approved": "Reviewed",
    "delivered": "The draft is here",
    "held": "Held: somebody has to look at it first",
    "refused": "Stopped by a rule",
    "waiting_user": "Waits for you",
    "orphaned": "The place in the document is gone; the draft is kept",
    "failed": "It did not work",
    "cancelled": "Cancelled",
}
#: In these it goes on by itself.
MOVING = ("queued", "answered", "approved")
_READY = ("delivered", "in_review")
_STEPS = (
    ("compose", "Read your text"),
    ("check_input", "Check what goes in"),
    ("ask", "Write the draft"),
    ("check_output", "Check the draft"),
)
_WITHOUT_ACTOR = ("", "the asker", "the sender", "nobody")
_LONGEST_LABEL = 30


def whole(run: Json, visitor: Visitor, *, comments: bool = False) -> dict[str, Any]:
    """The run with everything the sidebar shows. ``comments``: its template writes remarks, and never a text."""
    found = run["draft"] or {}
    return {
        **brief(run, visitor),
        "places": list(_places(run, visitor, whole=True)),
        **({"says": "The remarks are here"} if comments and run["state"] in _READY else {}),
        "steps": list(_steps(run)),
        "problem": _problem(run["problem"]) if run["state"] not in _READY else None,
        "findings": [
            {name: one[name] for name in ("side", "rule", "outcome", "message", "why", "instead", "fix")}
            for one in run["findings"]
        ],
        "variants": list(_variants(run, visitor)),
        "notes": {name: list(found.get(name, ())) for name in ("missing_inputs", "assumptions", "disclosures")},
        "insert": _insert(run, visitor, comments),
        "comments": comments,
        "can": [one for one in run["actions"] if one in ("cancel", "resume", "undo")],
    }


def brief(run: Json, visitor: Visitor) -> dict[str, Any]:
    """The run in the list of a document."""
    raw = run["raw"]
    return {
        "id": run["id"],
        "title": run["title"],
        "template": run["template"],
        "state": run["state"],
        "says": _says(run),
        "moving": run["state"] in MOVING,
        "created_at": run["created_at"],
        "tier": run["tier"],
        "reviewed": run["reviewed"],
        "simulated": run["simulated"],
        "label": run["label"],
        "page": run["links"]["page"],
        "range": raw.get("range", ""),
        "tab": raw.get("tab", ""),
        "text_hash": raw.get("text_hash", ""),
        "places": list(_places(run, visitor)),
    }


def in_document(run: Json, document: str) -> bool:
    """Whether a run was asked for in this document, or stands in it."""
    places = (run["raw"], run["at"] or {}, *(one["at"] for one in run["deliveries"]))
    return any(place.get("document") == document for place in places)


def is_reviewed(run: Json) -> bool:
    """Whether its draft goes without the "not reviewed" line."""
    return run["reviewed"] is not False


def orders(run: Json, visitor: Visitor) -> dict[int, draft.Order]:
    """What may be inserted, by the variant's number: the text, the line above it, and the names of both ranges."""
    found = run["draft"] or {}
    made: dict[int, draft.Order] = {}
    for number, variant in enumerate(found.get("variants", ()), 1):
        delivery = Delivery(
            key=f"{run['id']}.s{number}",
            run_id=run["id"],
            target=Target(connection=visitor.connection.name, at={}),
            text=variant["text"],
            fields=variant["fields"],
            reviewed=is_reviewed(run),
            provenance={
                "run": run["id"],
                "template": run["template"],
                "revision": run["revision"],
                "url": run["links"]["page"],
            },
            simulated=run["simulated"],
        )
        try:
            made[number] = draft.order(delivery)
        except InlayError:
            continue  # An empty variant: there is nothing to insert.
    return made


def _says(run: Json) -> str:
    states = {_state(one) for one in run["deliveries"]}
    if run["state"] in _READY and "placed" in states:
        waits = run["state"] == "in_review"
        return "In the document, not reviewed yet" if waits else "In the document"
    if run["state"] in _READY and states == {"undone"}:
        return "Taken back"
    return STATES.get(run["state"], run["state"])


def _steps(run: Json) -> Iterator[dict[str, Any]]:
    took: Mapping[str, Any] = {one["stage"]: one["ms"] for one in run["timeline"] if one["stage"]}
    names = [name for name, _ in _STEPS]
    at = names.index(run["stage"]) if run["stage"] in names else len(names)
    for number, (name, words) in enumerate(_STEPS):
        state = "done" if number < at else "todo" if number > at else "now" if run["state"] in MOVING else "stopped"
        yield {"words": words, "state": state, "ms": took.get(name) if state == "done" else None}


def _variants(run: Json, visitor: Visitor) -> Iterator[dict[str, Any]]:
    known = orders(run, visitor)
    variants = (run["draft"] or {}).get("variants", ())
    for number, variant in enumerate(variants, 1):
        order = known.get(number)
        yield {
            "number": number,
            "label": _label(variants, number),
            "text": order.text if order else variant["text"],
            "quote": str(variant["fields"].get("quote", "")),
            "marker": order.marker if order else "",
            "mark_marker": order.mark_marker if order else "",
            "mark": order.mark if order else "",
        }


def _label(variants: Any, number: int) -> str:
    """What tells the variants apart, such as the channel each is for; else their number."""
    telling: list[list[str]] = []
    for name in variants[0]["fields"]:
        values = [one["fields"].get(name) for one in variants]
        short = all(isinstance(one, str) and 0 < len(one) <= _LONGEST_LABEL and "\n" not in one for one in values)
        if short and len(set(values)) == len(values) > 1:
            telling.append(values)
    if telling:
        return min(telling, key=lambda values: sum(map(len, values)))[number - 1].replace("_", " ")
    return f"Variant {number}"


def _places(run: Json, visitor: Visitor, *, whole: bool = False) -> Iterator[dict[str, Any]]:
    """Where its drafts stand; with ``whole`` the texts they replaced too, which can be as long as a document."""
    texts = {order.marker: order.text for order in orders(run, visitor).values()}
    for one in run["deliveries"]:
        detail, receipt = one["detail"], one["receipt"] or {}
        ours = detail.get("by") == BY
        undoes = whole and ours and detail.get("mode") == "replace"
        yield {
            "by": BY if ours else "hub",
            "state": _state(one),
            "document": detail.get("document") or one["at"].get("document", ""),
            "tab": detail.get("tab", ""),
            "marker": detail.get("marker", ""),
            "mark_marker": detail.get("mark_marker", ""),
            "mark": detail.get("mark", ""),
            "mode": detail.get("mode", ""),
            "variant": detail.get("variant"),
            # A receipt keeps what an earlier one of the same draft said: it may have stood in another way before.
            "replaced": detail.get("replaced") if undoes else None,
            "text": texts.get(detail.get("marker", ""), ""),
            "text_hash": receipt.get("content_hash", ""),
            "reviewed": one["reviewed"],
            "standing": one["standing"],
            "url": one["url"],
            # The review came after the text: its line goes at the person's next visit.
            "clear": ours
            and one["state"] == "placed"
            and bool(detail.get("mark"))
            and not run["simulated"]
            and run["reviewed"] is True,
        }


def _state(delivery: Json) -> str:
    """Whoever wrote it: it stands, or it does not."""
    return "placed" if delivery["state"] in ("placed", "done") else delivery["state"]


def _insert(run: Json, visitor: Visitor, comments: bool) -> dict[str, Any]:
    """Whether the draft may be inserted, and if not, why and what then."""
    if run["state"] not in _READY or not (run["draft"] or {}).get("variants"):
        return {"ok": False, "why": "", "instead": ""}
    if comments:
        why = "This template only makes remarks. It changes no text."
        return {"ok": False, "why": why, "instead": "Read the remarks, and change what you agree with."}
    if run["simulated"] and not visitor.connection.sandbox:
        why = "This is a simulated draft: no model is connected. It is not written into a real document."
        return {"ok": False, "why": why, "instead": "Ask an admin to connect a model."}
    return {"ok": True, "why": "", "instead": ""}


def _problem(found: Json | None) -> dict[str, Any] | None:
    if found is None:
        return None
    who = found["who"] if found["who"] not in _WITHOUT_ACTOR else ""
    return {**{name: found[name] for name in ("code", "what", "why", "instead")}, "who": who}
