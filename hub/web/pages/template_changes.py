"""What changed in a template: any two of its revisions, a fork beside its parent, and a difference to take along."""

from __future__ import annotations

from difflib import unified_diff

from flask import Blueprint, Response, render_template, request

from hub.bootstrap import Hub
from hub.errors import UnknownName
from hub.pipeline import authoring
from hub.store import authored, revisions
from hub.store.authored import Authored
from hub.templates import Template
from hub.web import template_view
from hub.web.auth import Identity, whoever
from hub.web.pages.line_diff import line_diff


def blueprint(hub: Hub) -> Blueprint:
    page = Blueprint("template_changes", __name__)

    @page.get("/templates/<name>/changes")
    def between(name: str) -> str:
        seen = template_view.one(hub, whoever(), name)
        known = _known(seen)
        old, new = (_pick(known, request.args.get(which, "")) for which in ("old", "new"))
        lines = line_diff(old.source, new.source)
        return render_template("template_changes.html", seen=seen, known=known, old=old, new=new, lines=lines)

    @page.get("/templates/<name>/proposals/<proposal_id>")
    def proposed(name: str, proposal_id: str) -> str:
        """What a proposed text changes in what is in force."""
        seen = template_view.one(hub, whoever(), name)
        with hub.database.reading() as tx:
            waiting = authored.open_proposals(tx, seen.name) if seen.mine else []
        asked = next((one for one in waiting if one.id == proposal_id), None)
        if asked is None or seen.template is None:
            raise UnknownName("There is no such proposal, or somebody decided on it.", instead="Look at its page.")
        old, new = seen.template, hub.parts.shelf.revision(asked.revision)
        lines = line_diff(old.source, authoring.renamed(new.source, name))
        return render_template("template_changes.html", seen=seen, known=[], old=old, new=new, lines=lines)

    @page.get("/templates/<name>/upstream")
    def upstream(name: str) -> str:
        one, parent, since = _lineage(whoever(), name)
        theirs = line_diff(authoring.renamed(since.source, parent.name), parent.source) if since else []
        ours = line_diff(authoring.renamed(parent.source, one.name), one.source)
        return render_template(
            "template_upstream.html", one=one, parent=parent, theirs=theirs, ours=ours, known=since is not None
        )

    @page.get("/templates/<name>/upstream.diff")
    def difference(name: str) -> Response:
        """The fork's text against its parent's, as a patch for whoever keeps the file."""
        one, parent, _ = _lineage(whoever(), name)
        mine = authoring.renamed(one.source, parent.name)
        file = f"{parent.name}.prompty"
        lines = unified_diff(
            parent.source.splitlines(keepends=True), mine.splitlines(keepends=True), f"a/{file}", f"b/{file}"
        )
        answer = Response("".join(lines), content_type="text/plain; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{one.name}.diff"'
        return answer

    def _lineage(identity: Identity, name: str) -> tuple[Authored, Template, Template | None]:
        one, _ = template_view.need_mine(hub, identity, name)
        if one.parent is None:
            raise UnknownName("This template was not forked.", instead="Look at its page.")
        parent = template_view.one(hub, identity, one.parent).template
        if parent is None:
            raise UnknownName("The template it was forked from cannot be read.", instead="Ask its owner.")
        try:
            since = hub.parts.shelf.revision(one.parent_revision or "")
        except UnknownName:
            since = None
        return one, parent, since

    def _known(seen: template_view.Seen) -> list[str]:
        """The revisions this person may see, newest first: of another team's template only what is in force."""
        with hub.database.reading() as tx:
            if seen.mine is not None:
                return [found.revision for found in authored.revisions_of(tx, seen.name)]
            if seen.standing is None:
                return [revision for revision, _ in revisions.of_name(tx, seen.name)]
        return [seen.template.revision] if seen.template else []

    def _pick(known: list[str], asked: str) -> Template:
        if asked not in known:
            raise UnknownName("There is no such revision of this template.", instead="Pick two on its page.")
        return hub.parts.shelf.revision(asked)

    return page
