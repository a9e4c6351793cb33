"""The teams: made and renamed here, with who reviews, by which rules, and what they spent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.accounts import organisation
from hub.bootstrap import Hub
from hub.domain import Role
from hub.errors import InlayError, InvalidInputs
from hub.governance.reviews import ReviewRules
from hub.pipeline import money
from hub.store import connections, teams
from hub.web.auth import whoever
from hub.web.pages.admin.access import team_of, tell
from hub.web.pages.admin.people import everybody

_HOURS = ("peer_hours", "specialist_hours", "sample_hours")


def add(page: Blueprint, hub: Hub) -> None:
    """Add the list, the page of one team, and what they do."""

    @page.get("/admin/teams")
    def teams() -> str:
        return _list(hub)

    @page.post("/admin/teams")
    def create_team() -> Response | tuple[str, int]:
        try:
            made = organisation.create_team(hub.parts, request.form.get("title", ""), whoever().actor())
        except InvalidInputs as error:
            return _list(hub, error.fields), 422
        except InlayError as error:
            tell(error)
            return redirect(url_for("admin.teams"), 303)
        flash("The team is made. Give people a role in it, and switch a connection on for it.", "done")
        return redirect(url_for("admin.team", team_id=made), 303)

    @page.get("/admin/teams/<team_id>")
    def team(team_id: str) -> str:
        return _page(hub, team_id)

    @page.post("/admin/teams/<team_id>/title")
    def rename_team(team_id: str) -> Response | tuple[str, int]:
        found = team_of(hub, whoever(), team_id)
        try:
            organisation.rename_team(hub.parts, found.id, request.form.get("title", ""), whoever().actor())
        except InvalidInputs as error:
            return _page(hub, team_id, error.fields), 422
        flash("The team has its new name. Its id stays, for programs and files.", "done")
        return redirect(url_for("admin.team", team_id=team_id), 303)

    @page.post("/admin/teams/<team_id>/review")
    def review_rules(team_id: str) -> Response | tuple[str, int]:
        found, said = team_of(hub, whoever(), team_id), request.form
        given = {name: said.get(name, "").strip() for name in ("zone", *_HOURS)}
        rules: dict[str, Any] = {
            "zone": given["zone"],
            **{name: _number(given[name]) for name in _HOURS},
            "day": (_number(said.get("first", "")), _number(said.get("last", ""))),
            "specialists": tuple(said.get("specialists", "").replace(",", " ").split()),
            "samples": "samples" in said,
            "seeded": "seeded" in said,
        }
        try:
            changed = organisation.set_review(hub.parts, found.id, organisation.review_rules(rules), whoever().actor())
        except InvalidInputs as error:
            return _page(hub, team_id, error.fields, dict(said)), 422
        flash("The team reviews by these rules from now on." if changed else "Nothing changed.", "done")
        return redirect(url_for("admin.team", team_id=team_id), 303)


def _number(text: str) -> float | int | str:
    """What a field says as a number, or as it stands, for the rules to refuse."""
    try:
        found = float(text)
    except ValueError:
        return text
    return int(found) if found.is_integer() else found


def _list(hub: Hub, wrong: Mapping[str, str] | None = None) -> str:
    people = everybody(hub, whoever())
    with hub.database.reading() as tx:
        found = teams.every(tx)
        on = [(name, team) for name, team, _ in connections.enablements(tx)]
    rows = [
        (
            team,
            sum(team.id in one.roles for one in people),
            sum(owner == team.id for _, owner in on),
            next((one for one in money.of_team(hub.parts, team.id) if one.standing.scope.kind == "team"), None),
        )
        for team in found
    ]
    return render_template("admin/teams.html", rows=rows, wrong=wrong or {})


def _page(
    hub: Hub, team_id: str, wrong: Mapping[str, str] | None = None, given: Mapping[str, str] | None = None
) -> str:
    identity = whoever()
    team = team_of(hub, identity, team_id)
    rules = ReviewRules.model_validate(dict(team.review or {}))
    shown = {name: getattr(rules, name) for name in ("zone", *_HOURS)}
    shown |= {"first": rules.day[0], "last": rules.day[1], "specialists": "\n".join(rules.specialists)}
    shown |= {"samples": rules.samples, "seeded": rules.seeded}
    if given:
        shown |= {**given, "samples": "samples" in given, "seeded": "seeded" in given}
    with hub.database.reading() as tx:
        on = [name for name, owner, _ in connections.enablements(tx) if owner == team_id]
        flows = connections.workflows(tx, [team_id])
    people = [one for one in everybody(hub, identity) if team_id in one.roles]
    return render_template(
        "admin/team.html",
        team=team,
        rules=shown,
        people=people,
        nobody_reviews=not any(one.roles[team_id] in (Role.REVIEWER, Role.LEAD) for one in people),
        budgets=money.of_team(hub.parts, team_id),
        connections=on,
        flows=flows,
        wrong=wrong or {},
    )
