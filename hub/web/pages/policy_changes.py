"""Changes of a policy: a pack is tried on earlier drafts, seen with its progress, and only then switched."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.bootstrap import Hub
from hub.domain import Actor
from hub.errors import BadRequest, InlayError, UnknownName
from hub.governance import packs
from hub.pipeline import choose, replay, what_if
from hub.store import teams, what_ifs
from hub.store.what_ifs import WhatIf
from hub.web import policy_view
from hub.web.auth import Identity, need_admin, whoever

_STEPS = {"flag": "flag", "hold": "hold", "deny": "deny", "": None}


def add(page: Blueprint, hub: Hub) -> None:
    """Add these routes to the policy pages."""

    @page.post("/policy/what-if")
    def try_pack() -> Response:
        identity, said = whoever(), request.form
        scope, pack, turns = said.get("team", ""), said.get("pack", ""), said.get("turns", "")
        if turns not in ("on", "off") or pack not in packs.names():
            raise BadRequest("This names no change of a pack.", instead="Use the buttons on the pack's page.")
        actor = _actor(hub, identity, scope)
        try:
            one = what_if.ask(hub.parts, actor, scope=scope, pack=pack, turns=turns)
        except BadRequest as error:
            _say(error)
            return redirect(url_for("policy.pack", name=pack), 303)
        return redirect(url_for("policy.tried", what_if_id=one.id), 303)

    @page.get("/policy/what-if/<what_if_id>")
    def tried(what_if_id: str) -> str:
        return render_template("what_if.html", **_seen(hub, whoever(), what_if_id))

    @page.get("/policy/what-if/<what_if_id>/live")
    def tried_live(what_if_id: str) -> str:
        """The inner part of the page, which is fetched again and again while the work goes on."""
        return render_template("_what_if.html", **_seen(hub, whoever(), what_if_id))

    @page.post("/policy/what-if/<what_if_id>/<action>")
    def act(what_if_id: str, action: str) -> Response:
        identity = whoever()
        one = _of(hub, identity, what_if_id)
        here = redirect(url_for("policy.tried", what_if_id=one.id), 303)
        try:
            if action == "cancel":
                what_if.cancel(hub.parts, one)
                flash("Cancelled. Nothing was changed.", "done")
            elif action == "switch":
                choose.switch(hub.parts, one, _actor(hub, identity, one.scope))
                flash(f"“{packs.shipped(one.pack).title}” is switched {one.turns}.", "done")
            else:
                raise BadRequest("This cannot be done here.", instead="Use the buttons on the page.")
        except InlayError as error:
            _say(error)
        return here

    @page.post("/policy/failing")
    def failing() -> Response:
        identity, said = whoever(), request.form
        need_admin(identity)
        scope, check, step = said.get("team", ""), said.get("check", "")[:200], said.get("step", "")
        if step not in _STEPS:
            raise BadRequest("This is no step of a failed check.", instead="Pick one from the list.")
        where = url_for("policy.team", team=scope) if scope else url_for("policy.organisation")
        actor = _actor(hub, identity, scope)
        try:
            choose.set_step(hub.parts, scope, check, _STEPS[step], actor)  # type: ignore[arg-type]
            flash(f"Set: when “{policy_view.CHECKS.get(check, check)}” fails.", "done")
        except BadRequest as error:
            _say(error)
        return redirect(where, 303)

    @page.get("/policy/organisation")
    def organisation() -> str:
        identity = whoever()
        with hub.database.reading() as tx:
            now = policy_view.standing(tx, identity, "")
        return render_template(
            "policy_failing.html", now=now, failing=policy_view.failing(now), checks=policy_view.CHECKS
        )


def _actor(hub: Hub, identity: Identity, scope: str) -> Actor:
    """They with the role they have in the scope's team.

    Raises:
        UnknownName: it is no team of theirs.
    """
    if scope:
        with hub.database.reading() as tx:
            policy_view.standing(tx, identity, scope)
    return identity.actor(team=scope or None)


def _of(hub: Hub, identity: Identity, id: str) -> WhatIf:
    """A what-if of a team they lead, or for an admin any.

    Raises:
        UnknownName: there is none of this id for them.
    """
    found = None
    if "\x00" not in id:
        with hub.database.reading() as tx:
            found = what_ifs.get(tx, id[:64])
    mine = found is not None and (identity.is_admin or bool(found.scope and identity.leads(found.scope)))
    if found is None or not mine:
        raise UnknownName("There is no such try of a change.", instead="Look at the list under Policy.")
    return found


def _seen(hub: Hub, identity: Identity, id: str) -> dict[str, Any]:
    one = _of(hub, identity, id)
    found = what_if.replay_of(one)
    with hub.database.reading() as tx:
        titles = {team.id: team.title for team in teams.every(tx)}
        stale = one.state == "done" and choose.stand(tx, one.scope).basis != one.basis
    pack = packs.shipped(one.pack)
    rules = {rule.id: rule for rule in policy_view.rules_of(pack)}
    return {
        "one": one,
        "pack": pack,
        "found": found,
        "whom": titles.get(one.scope, one.scope) if one.scope else "everybody",
        "titles": titles,
        "rules": [(rules.get(id), id, number, found.examples[id]) for id, number in found.rules.most_common()],
        "share": min(100, round(100 * one.looked / one.total)) if one.total else 100,
        "drafts": sum(team.runs for team in found.teams.values()),
        "held": sum(team.held for team in found.teams.values()),
        "freed": sum(team.freed for team in found.teams.values()),
        "gone": sum(team.gone for team in found.teams.values()),
        "not_replayed": [policy_view.CHECKS.get(name, name) for name in replay.not_replayed(pack)],
        "stale": stale,
    }


def _say(error: InlayError) -> None:
    said = (error.what, error.why, error.instead)
    flash(" ".join(part for part in said if part), "error")
