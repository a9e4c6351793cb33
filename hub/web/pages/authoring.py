"""Writing a template in the browser: a new one or a fork, its text beside a live preview, and saving what is there."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.bootstrap import Hub
from hub.domain import Message
from hub.errors import BadRequest, Conflict, InlayError, NotAllowed
from hub.pipeline import authoring, trials
from hub.store import teams
from hub.store.authored import Authored
from hub.templates import load, rendering, samples
from hub.templates.front_matter import normalised
from hub.web import template_view
from hub.web.auth import Identity, whoever
from hub.web.pages.line_diff import line_diff
from hub.web.pages.starter import SOURCE, TESTS

_LINE = re.compile(r"line (\d+): (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a text would say to a model, or what is wrong with it and on which line."""

    messages: tuple[Message, ...] = ()
    rules: str = ""
    sample: dict[str, Any] = field(default_factory=dict)
    wrong: str = ""
    instead: str = ""
    line: int | None = None
    stands: str = ""
    tests_wrong: str = ""
    cases: int = 0


def blueprint(hub: Hub) -> Blueprint:
    page = Blueprint("authoring", __name__)

    @page.get("/templates/new")
    def new() -> str:
        identity = whoever()
        return render_template("template_new.html", teams=_teams(identity), typed=request.args)

    @page.post("/templates/new")
    def make() -> tuple[str, int] | Response:
        identity, said = whoever(), request.form
        name, team = said.get("name", "").strip(), said.get("team", "") or identity.team
        parent = said.get("parent", "")
        try:
            if team not in _teams(identity):
                raise NotAllowed("You do not work for this team.", instead="Pick one of your own teams.")
            source, tests, of = SOURCE.replace("NAME", name).replace("TEAM", team), TESTS, None
            if parent:
                seen = template_view.one(hub, identity, parent)
                of = seen.template
                if of is None:
                    raise BadRequest("What cannot be read cannot be forked.", instead="Mend its text first.")
                source, tests = of.source, template_view.tests_of(hub, seen)
            one = authoring.make(
                hub.parts, identity.actor(team=team), team, name, source=source, tests=tests, parent=of
            )
        except InlayError as error:
            flash(_told(error), "error")
            if parent:
                return redirect(url_for("templates.show", name=parent, _anchor="fork"), 303)
            return render_template("template_new.html", teams=_teams(identity), typed=said), 422
        flash("The draft is there. Nobody outside your team sees it.", "done")
        return redirect(url_for("authoring.edit", name=one.name), 303)

    @page.get("/templates/<name>/edit")
    def edit(name: str) -> str:
        one, _ = template_view.need_mine(hub, whoever(), name)
        return _page(one, one.source, one.tests)

    @page.post("/templates/<name>/edit")
    def save(name: str) -> tuple[str, int] | Response:
        one, actor = template_view.need_mine(hub, whoever(), name)
        source, tests = _typed("source"), _typed("tests")
        try:
            saved = authoring.save(hub.parts, actor, one, _version(), source=source, tests=tests)
        except Conflict as error:
            return _page(one, source, tests, conflict=error), 409
        except InlayError as error:
            flash(_told(error), "error")
            return _page(one, source, tests), 422
        shown = preview(name, saved.source, saved.tests)
        wrong = shown.wrong or shown.tests_wrong
        flash("Saved as a draft. It cannot be sent for review yet: see the preview." if wrong else "Saved.", "done")
        there = "templates.show" if "leave" in request.form else "authoring.edit"
        return redirect(url_for(there, name=name), 303)

    @page.post("/templates/<name>/preview")
    def try_text(name: str) -> str:
        """The page with what was typed and its preview. Nothing is stored."""
        one, _ = template_view.need_mine(hub, whoever(), name)
        return _page(one, _typed("source"), _typed("tests"), version=_version())

    def _page(
        one: Authored, source: str, tests: str, *, version: int | None = None, conflict: Conflict | None = None
    ) -> str:
        return render_template(
            "template_edit.html",
            one=one,
            source=source,
            tests=tests,
            based_on=one.version if version is None else version,
            preview=preview(one.name, source, tests),
            conflict=conflict,
            theirs=line_diff(one.source, normalised(source)) if conflict else [],
        )

    def preview(name: str, source: str, tests: str) -> Preview:
        source, known, tests_wrong = normalised(source), [], ""
        try:
            known = trials.read_tests(name, normalised(tests))
        except BadRequest as error:
            tests_wrong = error.what
        try:
            template = load(name, source)
            sample = samples.values(template, known, hub.parts.today())
            nonce = secrets.token_hex(6)
            messages = template.render(sample, nonce)
        except BadRequest as error:
            found = _LINE.search(error.what)
            line = int(found[1]) if found else None
            lines = source.split("\n")
            stands = lines[line - 1].strip()[:200] if line and line <= len(lines) else ""
            wrong = found[2] if found else error.what
            return Preview(wrong=wrong, instead=error.instead, line=line, stands=stands, tests_wrong=tests_wrong)
        # The hub's own words come first in every template: shown, and apart from what is written here.
        rules, first = rendering.preamble(nonce, template.contract.shape), messages[0]
        if first.content.startswith(rules):
            own = first.content.removeprefix(rules).strip()
            messages = (*([replace(first, content=own)] if own else []), *messages[1:])
        return Preview(messages=messages, rules=rules, sample=sample, tests_wrong=tests_wrong, cases=len(known))

    def _teams(identity: Identity) -> list[str]:
        if not identity.is_admin:
            return list(identity.roles)
        with hub.database.reading() as tx:
            return [team.id for team in teams.every(tx)]

    return page


def _typed(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n")


def _version() -> int:
    said = request.form.get("version", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 9 else -1


def _told(error: InlayError) -> str:
    return " ".join(part for part in (error.what, error.why, error.instead) if part)
