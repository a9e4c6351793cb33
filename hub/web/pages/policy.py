"""Policy: what each team may do and why, the packs in force, every rule, and a box to try a text in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request

from hub.bootstrap import Hub
from hub.domain import Draft, Variant
from hub.errors import BadRequest
from hub.governance import packs
from hub.governance.additions import Additions
from hub.governance.choosing import in_force
from hub.sdk import Subject
from hub.store import policies, what_ifs
from hub.web import policy_view, run_view
from hub.web.auth import Identity, whoever
from hub.web.pages import draft_view, policy_changes
from hub.web.policy_view import Standing

#: Characters the box takes: more than any draft, less than what would keep a check busy.
LONGEST = 20_000
_LATELY = 10


def blueprint(hub: Hub) -> Blueprint:
    page = Blueprint("policy", __name__)

    @page.get("/policy")
    def every() -> str:
        return render_template("policy.html", **_overview(hub, whoever()))

    @page.get("/policy/teams/<team>")
    def team(team: str) -> str:
        return render_template("policy_team.html", **_team(hub, whoever(), team))

    @page.post("/policy/teams/<team>")
    def try_text(team: str) -> str:
        """Answers with the page itself, not with a way to it: what was typed is kept nowhere."""
        identity = whoever()
        shown = _team(hub, identity, team)
        text = request.form.get("text", "").replace("\r\n", "\n")
        if not text.strip():
            raise BadRequest("There is no text to try.", instead="Paste one into the box, and try again.")
        if len(text) > LONGEST:
            raise BadRequest(f"This text is longer than {LONGEST:,} characters.", instead="Try a part of it.")
        return render_template(
            "policy_team.html", **shown, text=text, tried=_tried(hub, shown["now"], text, shown["surface"])
        )

    @page.get("/policy/packs/<name>")
    def pack(name: str) -> str:
        return render_template("policy_pack.html", **_pack(hub, whoever(), name))

    @page.get("/policy/rules/<rule_id>")
    def rule(rule_id: str) -> str:
        identity = whoever()
        with hub.database.reading() as tx:
            found = policy_view.rule_named(tx, identity, rule_id)
            named = policy_view.pack_named(tx, identity, found.pack)
            fired = policy_view.fired_by_team(hub, tx, identity, rule_id)
        return render_template("policy_rule.html", rule=found, pack=named, fired=fired, says=policy_view.SEVERITIES)

    @page.app_template_global("rule_has_page")
    def rule_has_page(rule: str) -> bool:
        return policy_view.has_page(rule)

    policy_changes.add(page, hub)
    return page


def _overview(hub: Hub, identity: Identity) -> dict[str, Any]:
    with hub.database.reading() as tx:
        teams = policy_view.reached(tx, identity)
        organisation = Additions.model_validate(policies.get(tx))
        fired = policy_view.fired(hub, tx, identity)
        scopes = None if identity.is_admin else [one.id for one in teams if identity.leads(one.id)]
        tried = what_ifs.newest(tx, scopes, _LATELY) if scopes != [] else []
        standings = policy_view.standings(tx, identity)
    everybody = in_force(organisation)
    rows = []
    for name in packs.names():
        one = packs.shipped(name)
        rules = policy_view.rules_of(one)
        for_whom = [now.team.title for now in standings if now.team and name in (now.added.packs or ())]
        rows.append(
            {
                "pack": one,
                "rules": len(rules),
                "everybody": name in everybody,
                "teams": for_whom,
                "fired": sum(fired.get(rule.id, 0) for rule in rules),
            }
        )
    return {
        "teams": [(now.team, now.policy, sum(len(policy_view.rules_of(p)) for p in _packs(now))) for now in standings],
        "packs": rows,
        "pack_titles": {row["pack"].pack: row["pack"].title for row in rows},
        "own": bool(organisation.checks),
        "tried": tried,
        "titles": {one.id: one.title for one in teams} | {"": "everybody"},
    }


def _packs(now: Standing) -> list[Any]:
    names = dict.fromkeys((*in_force(now.organisation), *(now.added.packs or ())))
    own = [policy_view.own_pack("organisation", now.organisation), policy_view.own_pack("team-own", now.added)]
    return [packs.shipped(name) for name in names] + [one for one in own if one.checks]


def _team(hub: Hub, identity: Identity, team: str) -> dict[str, Any]:
    surface = (request.form if request.method == "POST" else request.args).get("surface", "")
    places = policy_view.surfaces(hub)
    if surface and surface not in places:
        raise BadRequest("This is no place a template is made for.", instead="Pick one from the list.")
    with hub.database.reading() as tx:
        now = policy_view.standing(tx, identity, team)
        card = policy_view.card_of(hub, tx, now, surface)
        rows = policy_view.packs_of(now, policies.choices(tx))
    return {
        "now": now,
        "card": card,
        "surface": surface,
        "surfaces": places,
        "packs": rows,
        "failing": policy_view.failing(now),
        "checks": policy_view.CHECKS,
        "chosen_by": policy_view.chosen_by,
        "may_add": identity.leads(team),
        "most": LONGEST,
    }


def _pack(hub: Hub, identity: Identity, name: str) -> dict[str, Any]:
    with hub.database.reading() as tx:
        found = policy_view.pack_named(tx, identity, name)
        fired = policy_view.fired(hub, tx, identity)
        everybody = policy_view.standing(tx, identity, "")
        standings = policy_view.standings(tx, identity)
        chosen = {(one.scope, one.pack): one for one in policies.choices(tx)}
    on = found.pack in in_force(everybody.organisation)
    having = [now.team for now in standings if now.team and found.pack in (now.added.packs or ())]
    without = [now.team for now in standings if now.team and not on and now.team not in having]
    return {
        "pack": found,
        "ships": found.pack in packs.names(),
        "rules": policy_view.rules_of(found),
        "other": [check.name for check in found.checks if check.name not in ("copy_rules", "judge")],
        "checks": policy_view.CHECKS,
        "fired": fired,
        "on": on,
        "having": having,
        "chosen": {team: chosen.get((team, found.pack)) for team in ("", *(one.id for one in having))},
        "chosen_by": policy_view.chosen_by,
        "may_add": [one for one in without if identity.leads(one.id)],
        "says": policy_view.SEVERITIES,
    }


def _tried(hub: Hub, now: Standing, text: str, surface: str) -> dict[str, Any]:
    """What the policy says of a text, as something that goes in and as something that comes out. No model is asked."""
    assert now.team is not None
    draft = Draft(variants=(Variant(text=text),))
    subject = Subject(side="input", team=now.team.id, template="", surface=surface, texts={"text": text})
    drafted = replace(
        subject,
        side="output",
        texts={"variant 1": text},
        draft=draft,
        contract={"breaches": [], "write": "all", "proofs": None},
    )
    given = hub.parts.runner.run(now.policy, subject)
    made = hub.parts.runner.run(now.policy, drafted)
    # What is said of both sides is said once: as of the draft.
    going_in = [one for one in run_view.findings("input", given) if one["rule"].partition(".")[0] in _INPUT]
    coming_out = [one for one in run_view.findings("output", made) if one["rule"].partition(".")[0] not in _INPUT]
    hidden = [verdict for verdict in (*given, *made) if verdict.check == "secrets"]
    return {
        "variant": draft_view.variants(draft, (*made, *hidden))[0],
        "going_in": going_in,
        "coming_out": coming_out,
    }


#: Checks of what goes in: their rules begin with these.
_INPUT = frozenset({"secrets", "personal-data", "injection"})
