"""The templates: a gallery by kind of work and place, and a page for each with help, a form to try it and its tests."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from hub.bootstrap import Hub
from hub.domain import Role
from hub.errors import InlayError, InvalidInputs, NotAllowed
from hub.pipeline import authoring, trials
from hub.sdk import Picture
from hub.store import authored, revisions, teams
from hub.store.trials import Trial
from hub.templates import Template
from hub.web import home_view, template_view
from hub.web.api.answering import run_of
from hub.web.api.catalog import template_of
from hub.web.auth import Identity, whoever
from hub.web.pages import trying
from hub.web.template_view import Seen


def blueprint(hub: Hub) -> Blueprint:
    page = Blueprint("templates", __name__)

    @page.get("/templates")
    def every() -> str:
        identity = whoever()
        asked = {name: request.args.get(name, "").strip()[:80] for name in ("q", "in", "stage")}
        known = template_view.every(hub, identity)
        found = [one for one in known if _fits(one, asked)]
        places = template_view.surfaces(
            hub, sorted({s for one in known if one.template for s in one.template.surfaces})
        )
        return render_template(
            "templates.html",
            groups=template_view.by_kind(found),
            asked=asked,
            places=places,
            stages=template_view.STAGES,
            writes=identity.person is not None,
        )

    @page.get("/templates/<name>")
    def show(name: str) -> str:
        identity = whoever()
        again = request.args.get("again")
        form = trying.again(identity, run_of(hub, identity, again)) if again else trying.fresh()
        return _page(identity, template_view.one(hub, identity, name), form)

    @page.post("/templates/<name>")
    def start(name: str) -> tuple[str, int] | Response:
        identity = whoever()
        seen = template_view.one(hub, identity, name)
        # A draft is tried as it is; what is in force is used, as anywhere.
        trial = "" if seen.in_force or seen.template is None else seen.template.revision
        template = seen.template if trial and seen.template else template_of(hub, identity, name)
        sent = request.form.to_dict()
        try:
            run = trying.start(hub, identity, template, sent, _picture(request.files.get("picture")), trial=trial)
        except InvalidInputs as error:
            form = trying.Form(sent.get("nonce", ""), sent, error.fields, sent.get("team", ""))
            return _page(identity, seen, form), 422
        return redirect(url_for("run.show", run_id=run.id), 303)

    @page.get("/templates/<name>/tests")
    def tests(name: str) -> str:
        """The results alone, as the page fetches them while tests run."""
        identity = whoever()
        return render_template("_tests.html", **_tested(identity, template_view.one(hub, identity, name)))

    @page.post("/templates/<name>/tests")
    def test(name: str) -> Response:
        identity = whoever()
        seen = template_view.one(hub, identity, name)
        template, team = _tried(seen), _team_for(identity, seen)
        try:
            if team is None or template is None:
                raise NotAllowed("Tests are run by the template's team, or by a lead.", instead="Ask one of them.")
            trial = trials.start(
                hub.parts, identity.actor(team=team), team, template, template_view.tests_of(hub, seen)
            )
        except InlayError as error:
            flash(" ".join(part for part in (error.what, error.why, error.instead) if part), "error")
        else:
            if trial.ended_at is not None:
                flash(
                    "All tests passed." if trial.passed else "Some tests did not pass.",
                    "done" if trial.passed else "error",
                )
        return redirect(url_for("templates.show", name=name, _anchor="tests"), 303)

    def _page(identity: Identity, seen: Seen, form: trying.Form) -> str:
        template, own = seen.template, seen.mine
        with hub.database.reading() as tx:
            history = authored.revisions_of(tx, seen.name) if own else []
            files = [] if seen.standing or own else revisions.of_name(tx, seen.name)
            forks = [one for one in authored.forks(tx, seen.name) if identity.reaches(one.team)]
            proposals = authored.open_proposals(tx, seen.name) if own else []
            known = [team.id for team in teams.every(tx)]
        source = template_view.tests_of(hub, seen)
        actor = identity.actor(team=own.team) if own else None
        names = sorted({s for s in template.surfaces}) if template else []
        return render_template(
            "template.html",
            **_tested(identity, seen),
            form=form,
            ways=trying.ways(hub, identity) if seen.in_force else {},
            example=template_view.example(template, source) if template else None,
            places=template_view.surfaces(hub, names),
            stages=template_view.STAGES,
            history=history,
            files=files,
            forks=forks,
            to_ask=home_view.to_ask(hub, identity),
            proposals=proposals,
            publisher=actor is not None and actor.role in authoring.PUBLISHERS,
            author=own is not None and identity.person in own.authors,
            others=_others(identity, seen) if own else [],
            known_teams=known,
            fork_teams=_fork_teams(identity, known),
        )

    def _others(identity: Identity, seen: Seen) -> list[Template | None]:
        """What may be named to be used instead of a template of one's own."""
        every = template_view.every(hub, identity)
        return [one.template for one in every if one.in_force and one.name != seen.name]

    def _tested(identity: Identity, seen: Seen) -> dict[str, Any]:
        template, source = _tried(seen), template_view.tests_of(hub, seen)
        trial: Trial | None = None
        team = _team_for(identity, seen)
        if template is not None:
            # Of a file's template a team sees its own results: they may quote what its checks allow it.
            trial = trials.newest(hub.parts, seen.name, template.revision, source, team=None if seen.mine else team)
        done = sum(one["ok"] is not None for one in trial.results) if trial else 0
        return {
            "seen": seen,
            "template": seen.template,
            "tried": template,
            "trial": trial,
            "done": done,
            "counts": trial is not None and trials.counts(hub.parts, trial, source),
            "has_tests": bool(source.strip()),
            "may_test": team is not None and identity.person is not None,
        }

    def _tried(seen: Seen) -> Template | None:
        """What the tests are run for: the team's own text where there is one, else what is in force."""
        if seen.mine is None:
            return seen.template
        try:
            return authoring.read(seen.mine)
        except InlayError:
            return None

    return page


def _fork_teams(identity: Identity, known: list[str]) -> list[str]:
    return known if identity.is_admin else list(identity.roles)


def _team_for(identity: Identity, seen: Seen) -> str | None:
    """For which team, and from whose budget, this person may run its tests."""
    if seen.mine is not None:
        return seen.mine.team
    if seen.standing is not None:
        return None
    leads = [team for team, role in identity.roles.items() if role in (Role.LEAD, Role.ADMIN)]
    return leads[0] if leads else None


def _fits(one: Seen, asked: dict[str, str]) -> bool:
    template = one.template
    texts = [one.name, one.title]
    if template is not None:
        texts += [template.description, template.owner, *template.tags]
    words = asked["q"].casefold().split()
    here = not asked["in"] or (template is not None and asked["in"] in template.surfaces)
    stages = {one.stage, *([one.mine.state] if one.mine is not None and one.mine.state == "in_review" else [])}
    return (
        here
        and (not asked["stage"] or asked["stage"] in stages)
        and all(any(word in text.casefold() for text in texts) for word in words)
    )


def _picture(sent: FileStorage | None) -> Picture | None:
    """The picture of the form; a field left empty arrives as a file without a name."""
    if sent is None or not sent.filename:
        return None
    return Picture(media_type=sent.mimetype, data=sent.read())
