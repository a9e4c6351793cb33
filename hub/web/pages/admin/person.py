"""One person: their roles, how they get in, and taking them out of everything."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.accounts import joining, links, roles
from hub.bootstrap import Hub
from hub.domain import Role
from hub.errors import BadRequest, Conflict, InlayError, NotAllowed, UnknownName
from hub.pipeline.erase import erase
from hub.store import accounts, teams
from hub.web.auth import Identity, need_admin, whoever
from hub.web.pages.admin import once
from hub.web.pages.admin.access import for_leads, led_teams, tell, their_teams
from hub.web.pages.admin.people import Person, everybody


def add(page: Blueprint, hub: Hub) -> None:
    """Add the page and what it does."""

    @page.get("/admin/people/<person_id>")
    @for_leads
    def person(person_id: str) -> str:
        identity = whoever()
        one = _person(hub, identity, person_id)
        with hub.database.reading() as tx:
            known = teams.person_of(tx, one.email)
            lately = accounts.sign_ins_of(tx, one.email, 5) if identity.is_admin else []
            last_admin = teams.is_last_admin(tx, one.email)
        linkable = known is not None and joining.may_link(known[2], led_teams(identity))
        return render_template(
            "admin/person.html",
            one=one,
            teams=their_teams(hub, identity),
            roles=list(Role),
            linkable=linkable,
            lately=lately,
            last_admin=last_admin,
        )

    @page.post("/admin/people/<person_id>/roles")
    def change_roles(person_id: str) -> Response:
        identity = whoever()
        one = _person(hub, identity, person_id)
        said = {team.id: request.form.get(f"role-{team.id}", "") for team in their_teams(hub, identity)}
        try:
            wanted = {team: Role(role) for team, role in said.items() if role}
            if not wanted and request.form.get("confirm") != "yes":
                raise BadRequest(
                    "Without a role in any team the person gets in nowhere, and their keys end.",
                    instead="Tick that this is meant, or leave them a role.",
                )
            changed = roles.set_roles(hub.parts, one.email, one.name, wanted, identity.actor())
        except ValueError:
            flash("That is no role.", "error")
            return redirect(url_for("admin.person", person_id=person_id), 303)
        except InlayError as error:
            tell(error)
            return redirect(url_for("admin.person", person_id=person_id), 303)
        flash(f"The roles of {one.name} are changed, from this moment on." if changed else "Nothing changed.", "done")
        if not wanted:
            return redirect(url_for("admin.people"), 303)
        return redirect(url_for("admin.person", person_id=person_id), 303)

    @page.post("/admin/people/<person_id>/link")
    @for_leads
    def link(person_id: str) -> Response:
        """Another invitation for who has no password yet, or for an admin a link to set another password."""
        identity, said = whoever(), request.form
        one = _person(hub, identity, person_id)
        try:
            made = joining.link_for(
                hub.parts, one.email, identity.actor(team=next(iter(one.roles))), leads=led_teams(identity)
            )
            if made is None:
                need_admin(identity)
                lost, other = "lost_phone" in said, "other_account" in said
                made = links.reset(hub.parts, one.email, identity.actor(), lost_phone=lost, other_subject=other)
        except NotAllowed as error:
            error.instead = "Ask an admin: the person has a password already, or may do more than a lead gives."
            tell(error)
            return redirect(url_for("admin.person", person_id=person_id), 303)
        return once.hand_over(hub, made, back=url_for("admin.person", person_id=person_id))

    @page.get("/admin/people/<person_id>/erase")
    def erase_preview(person_id: str) -> str:
        one = _person(hub, whoever(), person_id)
        texts = "in_texts" in request.args
        found = erase(hub.parts, one.email, in_texts=texts, write=False)
        return render_template("admin/erase.html", one=one, found=found, in_texts=texts)

    @page.post("/admin/people/<person_id>/erase")
    def erase_person(person_id: str) -> Response:
        identity = whoever()
        one = _person(hub, identity, person_id)
        texts = "in_texts" in request.form
        try:
            if request.form.get("confirm", "").strip().lower() != one.email.lower():
                raise BadRequest(
                    "Nothing was erased.", why="What you typed is not the person's address.", instead="Type it in full."
                )
            if one.email == identity.person:
                raise Conflict("You cannot erase yourself while you are at work.", instead="Ask another admin.")
            done = erase(hub.parts, one.email, in_texts=texts, by=identity.actor())
        except InlayError as error:
            tell(error)
            return redirect(url_for("admin.erase_preview", person_id=person_id, in_texts=1 if texts else None), 303)
        if done.busy:
            flash(f"{done.busy} rows are at work at this moment and were left. Erase again in a minute.", "error")
            return redirect(url_for("admin.person", person_id=person_id), 303)
        left = sum(done.remains.values())
        more = f" {left} entries of your configuration still name them: change those too." if left else ""
        flash(f"The person is erased: {done.runs} runs do not name them any more.{more}", "done")
        return redirect(url_for("admin.people"), 303)


def _person(hub: Hub, identity: Identity, person_id: str) -> Person:
    """
    Raises:
        UnknownName: there is no such person in the teams they look after.
    """
    found = next((one for one in everybody(hub, identity) if one.id == person_id), None)
    if found is None:
        raise UnknownName("There is no such person in your teams.", instead="Look for them in the list of people.")
    return found
