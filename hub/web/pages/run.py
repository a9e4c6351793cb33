"""The page of one run: its path with milliseconds, the draft, the findings, the receipts, and what can be done now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.bootstrap import Hub
from hub.domain import Run
from hub.errors import BadRequest, Conflict, InlayError
from hub.pipeline import act, lapses, redraft, review
from hub.pipeline import mend as mending
from hub.pipeline.edit import may_edit
from hub.pipeline.reviewers import is_askers, look_id
from hub.pipeline.show_prompt import may_see, show_prompt
from hub.pipeline.texts import gone
from hub.web import run_view
from hub.web.api.answering import run_of
from hub.web.auth import Identity, whoever
from hub.web.look_view import sources
from hub.web.pages import draft_view, path_view, trying
from hub.web.pages.word_diff import Edits, edits

_SAID = {
    "accept": "Approved.",
    "reject": "Rejected.",
    "cancel": "Cancelled. Nothing more happens to this run.",
    "resume": "It goes on.",
    "undo": "Taken back: what it wrote is gone.",
    "mend": "Put right, and checked again.",
    "redraft": "This is the new draft, written with what the reviewer said.",
    "seen-to": "Left at that: it waits for you no longer.",
    "dealt-with": "Noted: the claim was dealt with.",
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

    @page.post("/runs/<run_id>/prompt")
    def prompt(run_id: str) -> str | Response:
        """Answers with the page itself: looking is on record each time, so an address of its own would not do."""
        identity = whoever()
        run = run_of(hub, identity, run_id)
        try:
            messages = show_prompt(hub.parts, run, identity.actor(run))
        except Conflict as error:
            flash(" ".join(part for part in (error.what, error.why, error.instead) if part), "error")
            return redirect(url_for("run.show", run_id=run_id), 303)
        return render_template("prompt.html", run=run, messages=messages)

    @page.post("/runs/<run_id>/<action>")
    def do(run_id: str, action: str) -> Response:
        identity = whoever()
        run = run_of(hub, identity, run_id)
        if action not in _SAID:
            raise BadRequest("A run has no such action.", instead="Use the buttons on its page.")
        if action == "redraft":
            return _redraft(hub, identity, run)
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
    elif action == "mend":
        mending.mend(hub.parts, run, actor)
    elif action == "undo":
        act.undo(hub.parts, run, actor)
    elif action == "seen-to":
        redraft.seen_to(hub.parts, run, actor)
    elif action == "dealt-with":
        lapses.deal_with(hub.parts, run, actor, said.get("evidence", ""))
    else:
        act.feedback(
            hub.parts, run, actor, ease=_mark("ease"), useful=_mark("useful"), tag=said.get("tag", "").strip() or None
        )


def _redraft(hub: Hub, identity: Identity, run: Run) -> Response:
    """The rejected text is taken back where it still stands as it was written, and a new one is made."""
    try:
        wanted = redraft.request_of(hub.parts, run, identity.actor(run))
        kept = act.take_back(hub.parts, run, identity.actor(run))
        new = hub.submit(wanted, wait=trying.WAIT)
    except InlayError as error:
        flash(" ".join(part for part in (error.what, error.why, error.instead) if part), "error")
        return redirect(url_for("run.show", run_id=run.id), 303)
    flash(" ".join(part for part in (_SAID["redraft"], kept) if part), "done")
    return redirect(url_for("run.show", run_id=new.id), 303)


def _mark(name: str) -> int | None:
    given = request.form.get(name, "")
    return int(given) if given in ("1", "2", "3", "4", "5") else None


def _seen(hub: Hub, identity: Identity, run: Run) -> dict[str, Any]:
    view = run_view.opened(hub, run)
    may_review = review.may_review(hub.parts, run, identity.actor(run))
    if may_review:
        review.opened(hub.parts, look_id(run.id), identity.actor(run))
    shown = run.draft and run_view.readable(run, run.draft)
    may_read = run.draft is not None and not run_view.is_unchecked(run)
    variants = draft_view.variants(run.draft, run.output_verdicts) if run.draft and may_read else []
    # What did not pass the input checks may hold what nobody should read again.
    inputs = run.work.values if any(event.kind == "input.checked" for event in view.events) and _passed(run) else {}
    return {
        "run": replace(run, draft=shown),
        "view": view,
        "path": path_view.path(view),
        "happened": path_view.happened(view),
        "variants": variants,
        "content_hash": run_view.draft_hash(view),
        "removed": gone(view.cleared),
        "findings": [
            *run_view.findings("input", run.input_verdicts),
            *run_view.findings("output", run.output_verdicts),
        ],
        "inputs": inputs,
        "standings": {row.key: _standing(run_view.standing_of(view, row)) for row, _ in view.deliveries},
        "reviewed": run_view.reviewed(view),
        "actions": _offered(run_view.actions(view), may_review),
        "may_review": may_review,
        "may_deal": lapses.may_deal(run, identity.actor(run)),
        "look_id": look_id(run.id),
        "rejected": redraft.is_rejected(run) and view.cleared is None,
        "may_leave": redraft.is_rejected(run)
        and is_askers(run, identity.person)
        and not any(event.kind == redraft.SEEN_TO for event in view.events),
        "fixes": mending.fixes(run),
        "may_edit": may_edit(hub.parts, run, identity.actor(run)),
        "friction": act.FRICTION,
        "may_see_prompt": may_see(identity.actor(run)) and any(e.kind.startswith("model.") for e in view.events),
        "changed": _changed(run, variants) if not view.moving and view.cleared is None else None,
    }


def _changed(run: Run, variants: list[draft_view.Shown]) -> Edits | None:
    """The first variant against the text it was made from, where it is that text, edited."""
    texts = list(sources(run).items())
    return edits(texts[0][0], texts[0][1], variants[0].clear) if texts and variants else None


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


def _offered(possible: tuple[str, ...], may_review: bool) -> tuple[str, ...]:
    """The buttons this person sees: those that would work."""
    deciding = () if may_review else ("accept", "reject")
    return tuple(action for action in possible if action not in deciding)
