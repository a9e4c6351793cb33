"""The people: who is in which team, who comes in how, and inviting somebody."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.accounts import joining
from hub.bootstrap import Hub
from hub.domain import Role
from hub.errors import InlayError, InvalidInputs
from hub.store import accounts, links, teams
from hub.store.runs import one_spelling
from hub.web.auth import Identity, signing_keys, whoever
from hub.web.pages.admin import once
from hub.web.pages.admin.access import for_leads, led_teams, tell, their_teams

#: People on one page.
PAGE = 50


@dataclass(frozen=True, slots=True)
class Person:
    """A person as whoever looks after them sees them: ``roles`` in the teams the viewer reaches alone."""

    id: str
    email: str
    name: str
    roles: Mapping[str, Role]
    signed_in_at: float | None
    has_password: bool
    second_step: bool
    invited_until: float | None


def everybody(hub: Hub, identity: Identity) -> list[Person]:
    """Everybody in the teams this person looks after, by name."""
    mine, key = led_teams(identity), signing_keys(hub)[0]
    with hub.database.reading() as tx:
        rows = [row for row in teams.people(tx) if mine is None or row[2] in mine]
        emails = {email for email, *_ in rows}
        last, proofs = accounts.last_sign_ins(tx, emails), accounts.proofs(tx, emails)
        waiting = links.waiting(tx, hub.parts.clock())
    roles: dict[tuple[str, str], dict[str, Role]] = {}
    for email, name, team, role in rows:
        roles.setdefault((email, name), {})[team] = role
    found = [
        Person(
            _id(key, email),
            email,
            name,
            has,
            last.get(one_spelling(email) or ""),
            *proofs.get(email, (False, False)),
            waiting.get(email),
        )
        for (email, name), has in roles.items()
    ]
    return sorted(found, key=lambda one: (one.name.casefold(), one.email))


def _id(key: bytes, email: str) -> str:
    """What stands for the person in an address: their own would stand in logs and histories."""
    return hmac.digest(key, b"page of " + email.encode(), "sha256").hex()[:20]


def add(page: Blueprint, hub: Hub) -> None:
    """Add the list, the search in it, and inviting."""

    @page.get("/admin/people")
    @for_leads
    def people() -> str:
        return _page(hub, team=request.args.get("team", ""))

    # A search is sent as a form, so that no name stands in an address.
    @page.post("/admin/people/search")
    @for_leads
    def search_people() -> str:
        return _page(hub, wanted=" ".join(request.form.get("wanted", "").split())[:200])

    @page.post("/admin/people")
    @for_leads
    def invite() -> Response | tuple[str, int]:
        identity, said = whoever(), request.form
        email, team = said.get("email", "").strip(), said.get("team", "")
        try:
            role = Role(said.get("role", "member"))
        except ValueError:
            role = Role.MEMBER
        try:
            made = joining.let_in(
                hub.parts,
                email,
                said.get("name", ""),
                team,
                role,
                identity.actor(team=team if team in identity.roles else None),
                leads=led_teams(identity),
            )
        except InvalidInputs as error:
            return _page(hub, wrong=error.fields, given=dict(said)), 422
        except InlayError as error:
            tell(error)
            return redirect(url_for("admin.people"), 303)
        if made is None:
            flash(f"{email} is in the team now, and signs in as before.", "done")
            return redirect(url_for("admin.people"), 303)
        return once.hand_over(hub, made, back=url_for("admin.people"))


def _page(
    hub: Hub,
    *,
    team: str = "",
    wanted: str = "",
    wrong: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
) -> str:
    identity = whoever()
    found = everybody(hub, identity)
    total = len(found)
    if team:
        found = [one for one in found if team in one.roles]
    for word in wanted.casefold().split():
        found = [one for one in found if word in f"{one.name} {one.email}".casefold()]
    number = max(1, request.args.get("page", 1, type=int))
    on_page = found if wanted else found[(number - 1) * PAGE : number * PAGE]
    return render_template(
        "admin/people.html",
        people=on_page,
        of=len(found),
        total=total,
        more=not wanted and len(found) > number * PAGE,
        number=number,
        teams=their_teams(hub, identity),
        team=team,
        wanted=wanted,
        roles=list(Role) if identity.is_admin else list(joining.FROM_LEADS),
        wrong=wrong or {},
        given=given or {},
    )
