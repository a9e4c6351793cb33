"""A run as the panels show it: plain words, the steps, what was found, and every piece that can go into a design."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from hub.sdk import Json, Visitor

BY = "panel"
_STATES = {
    "queued": "Working on it",
    "answered": "Working on it",
    "approved": "Working on it",
    "in_review": "The draft is here. A reviewer looks at it too",
    "delivered": "The draft is here",
    "held": "Held: somebody has to look at it first",
    "refused": "Stopped by a rule",
    "waiting_user": "Waits for you",
    "orphaned": "The place is gone; the draft is kept",
    "failed": "It did not work",
    "cancelled": "Cancelled",
}
MOVING = ("queued", "answered", "approved")
#: Somebody decides, and the panel cannot see when.
_WAITING = ("in_review", "held", "waiting_user")
_READY = ("delivered", "in_review")
_STEPS = (
    ("compose", "Read what you sent"),
    ("check_input", "Check what goes in"),
    ("ask", "Write the draft"),
    ("check_output", "Check the draft"),
)
_WITHOUT_ACTOR = ("", "the asker", "the sender", "nobody")


def brief(run: Json) -> dict[str, Any]:
    """The run in the list of recent ones."""
    return {
        "id": run["id"],
        "title": run["title"],
        "state": run["state"],
        "says": _STATES.get(run["state"], run["state"]),
        "moving": run["state"] in MOVING,
        "waits": run["state"] in _WAITING,
        "created_at": run["created_at"],
        "page": run["links"]["page"],
    }


def whole(run: Json, visitor: Visitor) -> dict[str, Any]:
    """The run with everything a panel shows."""
    found = run["draft"] or {}
    ready = run["state"] in _READY
    return {
        **brief(run),
        "reviewed": run["reviewed"],
        "simulated": run["simulated"],
        "label": run["label"],
        "line": line(run),
        "steps": list(_steps(run)),
        "problem": None if ready else _problem(run["problem"]),
        "findings": [
            {name: one[name] for name in ("side", "outcome", "message", "why", "instead", "fix")}
            for one in run["findings"]
        ],
        "variants": list(_variants(run)),
        "notes": {name: list(found.get(name, ())) for name in ("missing_inputs", "assumptions", "disclosures")},
        "insert": _insert(run, visitor),
        "places": [
            {
                "piece": one["detail"].get("marker", ""),
                "state": one["state"],
                "marked": bool(one["detail"].get("marked")),
            }
            for one in run["deliveries"]
            if one["detail"].get("by") == BY
        ],
        "can_cancel": "cancel" in run["actions"],
    }


def line(run: Json) -> str:
    """The line that stands above a text nobody has reviewed, or an empty text."""
    if run["simulated"]:
        return "Simulated by Inlay: no model wrote this."
    return "" if is_reviewed(run) else f"Not reviewed yet: {run['links']['page']}"


def is_reviewed(run: Json) -> bool:
    """Whether its draft goes without a line."""
    return run["reviewed"] is not False


def pieces(run: Json) -> dict[str, str]:
    """What may go into a design, by name: the text of each variant, and its parts where it has several."""
    found: dict[str, str] = {}
    for number, variant in enumerate((run["draft"] or {}).get("variants", ()), 1):
        name = f"{run['id']}.v{number}"
        found[name] = variant["text"]
        found |= {f"{name}.{field}"[:200]: text for field, text in _parts(variant)}
    return {name: text for name, text in found.items() if text.strip()}


def hash_of(text: str) -> str:
    """What a receipt keeps of a text: SHA-256 of its UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _variants(run: Json) -> Iterator[dict[str, Any]]:
    variants = (run["draft"] or {}).get("variants", ())
    for number, variant in enumerate(variants, 1):
        name, text = f"{run['id']}.v{number}", variant["text"]
        yield {
            "number": number,
            "label": f"Variant {number}" if len(variants) > 1 else "Draft",
            "piece": name,
            "text": text,
            "parts": [
                {"piece": f"{name}.{field}"[:200], "label": field.replace("_", " ").capitalize(), "text": part}
                for field, part in _parts(variant)
            ],
            "fixes": list(_fixes(run, number, text)) if run["state"] in _READY else [],
        }


def _parts(variant: Json) -> list[tuple[str, str]]:
    """The named texts of a variant, where it has several: a headline goes to another layer than its button."""
    fields: Mapping[str, Any] = variant["fields"]
    found = [
        (name, value if isinstance(value, str) else ", ".join(value))
        for name, value in fields.items()
        if isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))
    ]
    found = [(name, text) for name, text in found if text.strip()]
    return found if len(found) > 1 else []


def _fixes(run: Json, number: int, text: str) -> Iterator[dict[str, Any]]:
    """What a click can mend in this variant. A text that lost a secret has other offsets, and nothing to mend."""
    for one in run["findings"]:
        start, end = one["span"] or (0, 0)
        if one["side"] == "output" and one["where"] == f"variant {number}" and one["fix"] and start < end <= len(text):
            # A panel counts as JavaScript does: in UTF-16.
            at = len(text[:start].encode("utf-16-le", "surrogatepass")) // 2
            old, new = text[start:end], one["fix"]
            # Lists of terms write them small; a sentence begins as it began.
            new = new[:1].upper() + new[1:] if old.istitle() else new
            yield {"at": at, "old": old, "new": new, "message": one["message"], "why": one["why"]}


def _steps(run: Json) -> Iterator[dict[str, Any]]:
    names = [name for name, _ in _STEPS]
    at = names.index(run["stage"]) if run["stage"] in names else len(names)
    for number, (_, words) in enumerate(_STEPS):
        state = "done" if number < at else "todo" if number > at else "now" if run["state"] in MOVING else "stopped"
        yield {"words": words, "state": state}


def _insert(run: Json, visitor: Visitor) -> dict[str, Any]:
    """Whether the draft may be inserted, and if not, why and what then."""
    if run["state"] not in _READY or not pieces(run):
        return {"ok": False, "why": "", "instead": ""}
    if run["simulated"] and not visitor.connection.sandbox:
        why = "This is a simulated draft: no model is connected. It is not written into a real design."
        return {"ok": False, "why": why, "instead": "Ask an admin to connect a model."}
    return {"ok": True, "why": "", "instead": ""}


def _problem(found: Json | None) -> dict[str, Any] | None:
    if found is None:
        return None
    who, _, more = found["who"].partition(": ")
    known = {name: found[name] for name in ("code", "what", "why", "instead")}
    if who in _WITHOUT_ACTOR:
        # "nobody: Inlay tries again by itself" says what happens, and not who helps.
        return {**known, "instead": found["instead"] or (f"{more}." if more else ""), "who": ""}
    return {**known, "who": found["who"]}
