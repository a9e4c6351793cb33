"""What a caller may do to a run over the API: accept, reject, cancel, resume, undo, and say how it was."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from hub.bootstrap import Hub
from hub.domain import Run
from hub.pipeline import act, edit, mend, review
from hub.web import body, run_view
from hub.web.api import gives, takes
from hub.web.api.answering import answered, run_of
from hub.web.api.described import described
from hub.web.auth import whoever

_PROBLEMS = (403, 404, 409)
#: What a vendor can say while its text is taken back.
_VENDOR = (410, 429, 502)


def add(api: APIBlueprint, hub: Hub) -> None:
    """Add these routes."""

    def shown(run: Run) -> Response:
        return answered(run_view.whole(run_view.opened(hub, run), hub.settings.url))

    @api.post("/runs/<run_id>/accept")
    @described(takes=takes.Decision, gives=gives.Run, problems=_PROBLEMS, body_required=False)
    def accept_run(run_id: str) -> Response:
        """Accept the draft: as its reviewer, or as the one who keeps it."""
        return shown(_decide(run_id, accept=True))

    @api.post("/runs/<run_id>/reject")
    @described(takes=takes.Decision, gives=gives.Run, problems=_PROBLEMS, body_required=False)
    def reject_run(run_id: str) -> Response:
        """Reject the draft."""
        return shown(_decide(run_id, accept=False))

    def _decide(run_id: str, *, accept: bool) -> Run:
        identity, said = whoever(), body.read(takes.Decision, optional=True)
        run = run_of(hub, identity, run_id)
        return review.decide(
            hub.parts, run, identity.actor(run), accept=accept, seen=said.content_hash, reason=said.reason
        )

    @api.post("/runs/<run_id>/cancel")
    @described(takes=takes.Nothing, gives=gives.Run, problems=_PROBLEMS, body_required=False)
    def cancel_run(run_id: str) -> Response:
        """Stop the run wherever it stands."""
        identity, _ = whoever(), body.read(takes.Nothing, optional=True)
        run = run_of(hub, identity, run_id)
        return shown(act.cancel(hub.parts, run, identity.actor(run)))

    @api.post("/runs/<run_id>/resume")
    @described(takes=takes.Resume, gives=gives.Run, problems=_PROBLEMS, body_required=False)
    def resume_run(run_id: str) -> Response:
        """Let a run that waits, failed or lost its target go on."""
        identity, said = whoever(), body.read(takes.Resume, optional=True)
        run = run_of(hub, identity, run_id)
        return shown(act.resume(hub.parts, run, identity.actor(run), at=said.at))

    @api.post("/runs/<run_id>/mend")
    @described(takes=takes.Nothing, gives=gives.Run, problems=_PROBLEMS, body_required=False)
    def mend_run(run_id: str) -> Response:
        """Put the fixes of a held draft in, and have it checked again."""
        identity, _ = whoever(), body.read(takes.Nothing, optional=True)
        run = run_of(hub, identity, run_id)
        return shown(mend.mend(hub.parts, run, identity.actor(run)))

    @api.post("/runs/<run_id>/edit")
    @described(takes=takes.Edit, gives=gives.Run, problems=_PROBLEMS)
    def edit_run(run_id: str) -> Response:
        """Put your own words into a draft that waits, and have it checked again."""
        identity, said = whoever(), body.read(takes.Edit)
        run = run_of(hub, identity, run_id)
        words = edit.Words(said.variants, said.disclosures)
        return shown(edit.edit(hub.parts, run, identity.actor(run), words, seen=said.content_hash))

    @api.post("/runs/<run_id>/undo")
    @described(takes=takes.Nothing, gives=gives.Run, problems=(*_PROBLEMS, *_VENDOR), body_required=False)
    def undo_run(run_id: str) -> Response:
        """Take back what the run wrote."""
        identity, _ = whoever(), body.read(takes.Nothing, optional=True)
        run = run_of(hub, identity, run_id)
        return shown(act.undo(hub.parts, run, identity.actor(run)))

    @api.post("/runs/<run_id>/feedback")
    @described(takes=takes.Feedback, gives=gives.Run, problems=(404,))
    def give_feedback(run_id: str) -> Response:
        """Say how it was."""
        identity, said = whoever(), body.read(takes.Feedback)
        run = run_of(hub, identity, run_id)
        act.feedback(hub.parts, run, identity.actor(run), ease=said.ease, useful=said.useful, tag=said.tag)
        return shown(run)
