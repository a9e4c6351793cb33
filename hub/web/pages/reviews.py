"""The reviewer's desk: what waits, the soonest due first, and one draft at a time beside what it was made from."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.bootstrap import Hub
from hub.domain import Role
from hub.errors import BadRequest, InlayError
from hub.pipeline.edit import may_edit
from hub.pipeline.reviewers import REVIEWERS
from hub.store import teams
from hub.web import look_view, review_figures, run_view
from hub.web.auth import Identity, whoever
from hub.web.pages import draft_view
from hub.web.pages.word_diff import word_diff
from hub.web.review_figures import Standing


def blueprint(hub: Hub) -> Blueprint:
    page = Blueprint("reviews", __name__)

    @page.get("/reviews")
    def every() -> str:
        identity = whoever()
        found = look_view.queue(hub, identity)
        leads = identity.is_admin or Role.LEAD in identity.roles.values()
        figures = _figures(hub, identity) if leads else []
        reviews = any(role in REVIEWERS for role in identity.roles.values())
        return render_template(
            "reviews.html", looks=found.mine, others=found.others, words=look_view.WORDS, teams=figures, reviews=reviews
        )

    @page.get("/reviews/<look_id>")
    def show(look_id: str) -> str:
        identity = whoever()
        case = look_view.opened(hub, identity, look_id)
        waiting = [one.id for one in look_view.queue(hub, identity).mine]
        # Of tier 3 some are copies with a planted error, which nobody edits: that must not tell them from the others.
        mine = case.look.tier < 3 and may_edit(hub.parts, case.run, identity.actor(case.run))
        return render_template("review.html", **_case(hub, case), **_beside(waiting, look_id), may_edit=mine)

    @page.post("/reviews/<look_id>/<decision>")
    def decide(look_id: str, decision: str) -> Response:
        identity = whoever()
        if decision not in ("accept", "reject"):
            raise BadRequest("A draft is accepted or rejected.", instead="Use the buttons on its page.")
        said = request.form
        reason = said.get("reason", "").strip()[:2000]
        try:
            if decision == "reject" and not reason:
                raise BadRequest("A rejection says why.", instead="Write a sentence: the next draft is made with it.")
            told = look_view.decide(
                hub, identity, look_id, accept=decision == "accept", seen=said.get("content_hash"), reason=reason
            )
        except InlayError as error:
            flash(" ".join(part for part in (error.what, error.why, error.instead) if part), "error")
            return redirect(_here(hub, identity, look_id), 303)
        flash(told, "done")
        waiting = look_view.queue(hub, identity).mine
        there = url_for("reviews.show", look_id=waiting[0].id) if waiting else url_for("reviews.every")
        return redirect(there, 303)

    return page


def _figures(hub: Hub, identity: Identity) -> list[tuple[Standing, list[str]]]:
    """How reviews go in each team this person leads; for an admin in every team."""
    with hub.database.reading() as tx:
        names = [team.id for team in teams.every(tx) if identity.leads(team.id)]
        return [(one, review_figures.remarks(one)) for one in review_figures.of_teams(tx, hub, names)]


def _here(hub: Hub, identity: Identity, look_id: str) -> str:
    """Back to the draft, or to the list once it waits no more."""
    waits = look_view.still_waits(hub, identity, look_id)
    return url_for("reviews.show", look_id=look_id) if waits else url_for("reviews.every")


def _case(hub: Hub, case: look_view.Open) -> dict[str, Any]:
    run = case.run
    variants = draft_view.variants(case.draft, run.output_verdicts)
    name, source = next(iter(case.sources.items()), ("", ""))
    before, after = word_diff(source, variants[0].clear) if source and variants else ([], [])
    return {
        "look": case.look,
        "words": look_view.WORDS[case.look.kind],
        "run": run,
        "content_hash": case.content_hash,
        "variants": variants,
        "source_name": name,
        "before": before,
        "after": after,
        "sources": case.sources,
        "claims": look_view.cited(hub, case),
        "findings": list(run_view.findings("output", run.output_verdicts)),
    }


def _beside(waiting: list[str], look_id: str) -> dict[str, Any]:
    at = waiting.index(look_id) if look_id in waiting else 0
    return {
        "place": at + 1,
        "of": len(waiting),
        "before_id": waiting[at - 1] if at > 0 else None,
        "after_id": waiting[at + 1] if at + 1 < len(waiting) else None,
    }
