"""A template's steps: into review, into force, back, out of use, open to others, and proposals between teams."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from hub.bootstrap import Hub
from hub.domain import Actor
from hub.errors import BadRequest, InlayError
from hub.pipeline import authoring, proposing
from hub.store.authored import EVERYBODY, Authored
from hub.web import template_view
from hub.web.auth import whoever


def blueprint(hub: Hub) -> Blueprint:
    page = Blueprint("lifecycle", __name__)

    @page.post("/templates/<name>/step/<step>")
    def take(name: str, step: str) -> Response:
        one, actor = template_view.need_mine(hub, whoever(), name)
        try:
            flash(_take(hub, actor, one, step), "done")
        except InlayError as error:
            flash(" ".join(part for part in (error.what, error.why, error.instead) if part), "error")
        return redirect(url_for("templates.show", name=name, _anchor="steps"), 303)

    @page.post("/templates/<name>/proposals/<proposal_id>/<decision>")
    def decide(name: str, proposal_id: str, decision: str) -> Response:
        one, actor = template_view.need_mine(hub, whoever(), name)
        try:
            if decision not in ("take", "decline"):
                raise BadRequest("A proposal is taken or declined.", instead="Use the buttons on the page.")
            proposing.decide(hub.parts, actor, one, proposal_id[:64], take=decision == "take")
            took = decision == "take"
            flash("It is your draft now. Run its tests and send it for review." if took else "Declined.", "done")
        except InlayError as error:
            flash(" ".join(part for part in (error.what, error.why, error.instead) if part), "error")
        return redirect(url_for("templates.show", name=name, _anchor="steps"), 303)

    return page


def _take(hub: Hub, actor: Actor, one: Authored, step: str) -> str:
    """Do one step; what happened, as a sentence."""
    said, parts = request.form, hub.parts
    given = said.get("version", "")
    version = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else -1
    revision = said.get("revision", "")[:64]
    if step == "submit":
        authoring.submit(parts, actor, one, version)
        return "Sent for review. A lead of the team or an admin who did not write it publishes it."
    if step == "withdraw":
        authoring.take_back(parts, actor, one, version)
        return "It is a draft again."
    if step == "return":
        why = said.get("said", "").strip()
        if not why:
            raise BadRequest("Say what should change.", instead="Write a sentence for the author.")
        authoring.need_publisher(actor)
        authoring.take_back(parts, actor, one, version, why)
        return "Sent back. The author sees what you wrote."
    if step == "publish":
        authoring.publish(parts, actor, one, version, revision)
        return "Published. Everybody it is open to has it now."
    if step == "roll-back":
        authoring.roll_back(parts, actor, one, version, revision)
        return "That revision is in force again."
    if step == "deprecate":
        authoring.deprecate(parts, actor, one, version, said.get("successor", "")[:64], said.get("ends_on", "").strip())
        return "Deprecated. People are told what to use instead."
    if step == "restore":
        authoring.restore(parts, actor, one, version)
        return "It is in use again."
    if step == "open":
        teams = [EVERYBODY] if said.get("everybody") else [team[:64] for team in said.getlist("teams")]
        authoring.open_to(parts, actor, one, version, teams)
        return "Saved who may use it."
    if step == "propose":
        parent = proposing.propose(parts, actor, one, said.get("said", ""))
        return f"Proposed. The team {parent.team} decides on it."
    raise BadRequest("There is no such step.", instead="Use the buttons on the page.")
