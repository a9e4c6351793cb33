"""The page of one run: its path with milliseconds, the draft, the findings, the receipts, and what can be done now."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.bootstrap import Hub
from hub.domain import Run, RunState
from hub.errors import BadRequest, InlayError
from hub.pipeline import act, review
from hub.web import run_view
from hub.web.api.answering import run_of
from hub.web.auth import Identity, whoever
from hub.web.pages import draft_view, path_view

_SAID = {
    "accept": "Accepted.",
    "reject": "Rejected.",
    "cancel": "Cancelled. Nothing more happens to this run.",
    "resume": "It goes on.",
    "undo": "Taken back: what it wrote is gone.",
    "feedback": "Thank you. It helps to find what gets in the way.",
}


def blueprint(hub: Hub) -> Blueprint:
    page = Blueprint("run", __name__)

    @page.get("/runs/<run_id>")
    def show(run_id: str) -> str:
        identity = whoever()
        return render_template("run.html", **_seen(hub, identity, run_of(hub, identity, run_id)))

    @page.get("/runs/<run_id>/live")
    def live(run_id: str) -> str:
        """The inner part of the page, which a running run's page fetches again and again."""
        identity = whoever()
        return render_template("_run.html", **_seen(hub, identity, run_of(hub, identity, run_id)))

    @page.post("/runs/<run_id>/<action>")
    def do(run_id: str, action: str) -> Response:
        identity = whoever()
        run = run_of(hub, identity, run_id)
        if action not in _SAID:
            raise BadRequest("A run has no such action.", instead="Use the buttons on its page.")
        try:
            _do(hub, identity, run, action)
        except InlayError as error:
            flash(" ".join(part for part in (error.what, error.why, error.instead) if part), "error")
        else:
            flash(_SAID[action], "done")
        return redirect(url_for("run.show", run_id=run_id), 303)

    return page


def _do(hub: Hub, identity: Identity, run: Run, action: str) -> None:
    actor, said = identity.actor(run), request.form
    if action in ("accept", "reject"):
        seen, reason = said.get("content_hash"), said.get("reason", "")[:2000]
        review.decide(hub.parts, run, actor, accept=action == "accept", seen=seen, reason=reason)
    elif action == "cancel":
        act.cancel(hub.parts, run, actor)
    elif action == "resume":
        act.resume(hub.parts, run, actor)
    elif action == "undo":
        act.undo(hub.parts, run, actor)
    else:
        act.feedback(
            hub.parts, run, actor, ease=_mark("ease"), useful=_mark("useful"), tag=said.get("tag", "").strip() or None
        )


def _mark(name: str) -> int | None:
    given = request.form.get(name, "")
    return int(given) if given in ("1", "2", "3", "4", "5") else None


def _seen(hub: Hub, identity: Identity, run: Run) -> dict[str, Any]:
    view = run_view.opened(hub, run)
    verdicts = run.output_verdicts
    variants = draft_view.variants(run.draft, verdicts) if run.draft is not None else []
    # What did not pass the input checks may hold what nobody should read again.
    inputs = run.work.values if any(event.kind == "input.checked" for event in view.events) and _passed(run) else {}
    return {
        "run": run,
        "view": view,
        "path": path_view.path(view),
        "happened": path_view.happened(view),
        "variants": variants,
        "content_hash": review.content_hash(run.draft) if run.draft is not None else "",
        "findings": [
            *run_view.findings("input", run.input_verdicts),
            *run_view.findings("output", run.output_verdicts),
        ],
        "inputs": inputs,
        "standings": {row.key: _standing(run_view.standing_of(view, row)) for row, _ in view.deliveries},
        "reviewed": run_view.reviewed(view),
        "actions": _offered(run, identity, run_view.actions(view)),
        "may_review": _may_review(run, identity),
        "friction": act.FRICTION,
    }


def _standing(found: dict[str, Any] | None) -> str:
    """What became of a text, as a sentence; empty when nobody has looked."""
    if found is None:
        return ""
    words = {
        "kept": "Still there, word for word.",
        "edited": "Still there, edited.",
        "deleted": "No longer there.",
        "pending": "Nobody has decided on the suggestion yet.",
        "unknown": "It could not be read.",
    }[found["state"]]
    if found["state"] == "edited" and found["changed"] is not None:
        words = f"Still there, {max(1, round(found['changed'] * 100))} % of it edited."
    when = {"accepted": "When it was accepted", "a day later": "A day later", "at a visit": "At the last visit"}
    return f"{when.get(found['moment'], 'Later')}: {words[0].lower()}{words[1:]}"


def _passed(run: Run) -> bool:
    return all(verdict.outcome == "allow" for verdict in run.input_verdicts)


def _may_review(run: Run, identity: Identity) -> bool:
    if run.state is not RunState.IN_REVIEW:
        return False
    mine = not identity.person or review.is_author(run, identity.person)
    return not mine and identity.actor(run).role in review.REVIEWERS


def _offered(run: Run, identity: Identity, possible: tuple[str, ...]) -> tuple[str, ...]:
    """The buttons this person sees: those that would work."""
    deciding = () if _may_review(run, identity) else ("accept", "reject")
    return tuple(action for action in possible if action not in deciding)
