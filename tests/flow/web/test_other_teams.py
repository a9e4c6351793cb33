"""A person of one team tries every address of the hub with the ids of another team's things, and gets nothing.

The walk reads the map of addresses, so that whoever adds a route adds it here. A new variable of an address needs a
value in the fixture ``wall``: an id of the other team's, or any word where there is nothing of a team behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from hub.domain import Actor, Role, Run
from hub.pipeline.review import content_hash
from hub.pipeline.reviewers import look_id
from hub.store import connections, evidence, teams, what_ifs
from hub.store.connections import Workflow
from hub.store.evidence import Evidence
from hub.store.tables import ledger
from hub.store.tables import run as runs
from hub.store.what_ifs import WhatIf
from hub.testing import FakeModel
from hub.web.auth import Identity
from hub.web.pages.admin.people import everybody
from tests.flow.web.site import OTHER, Site, open_site
from tests.hubs import TEAM, TEMPLATE, answer, connect, inputs, request

#: What stands in the other team's texts and names, and must never be read.
MARK = "Zanzibar"
#: Variables whose value is a thing of one team: who is in no such team is refused.
OWNED = {
    "run",
    "run_id",
    "look_id",
    "review_id",
    "evidence_id",
    "connection",
    "job",
    "what_if_id",
    "person_id",
    "key_id",
}
REFUSED = {401, 403, 404}
#: Ending one's own session is last: the walk needs it until then.
LAST = ("/sign-out", "/account/sign-out-everywhere")
_VARIABLE = re.compile(r"<(?:(?P<kind>\w+)(?:\((?P<words>[^)]*)\))?:)?(?P<name>\w+)>")


@dataclass(frozen=True, slots=True)
class Wall:
    """Two teams; ``theirs`` is the run of the other one, ``values`` the ids of its things by the variable's name."""

    site: Site
    theirs: Run
    values: dict[str, str]


def steps(app: Flask, values: dict[str, str]) -> Iterator[tuple[Rule, str, str]]:
    """(rule, method, path) of every address of the map, with the other team's ids in it."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: (one.rule in LAST, one.rule)):
        path = _VARIABLE.sub(partial(_value, rule, values), rule.rule)
        for method in sorted({"GET", "POST", "PUT", "PATCH", "DELETE"} & set(rule.methods or ())):
            yield rule, method, path


def _value(rule: Rule, values: dict[str, str], found: re.Match[str]) -> str:
    if found["kind"] == "any":
        return (found["words"] or "").split(",")[0].strip()
    name = _meant(rule, found["name"])
    assert name in values, (
        f"The address {rule.rule} has the variable <{name}>, which this test does not know. Add it to "
        f"`values` in the fixture `wall` of {Path(__file__).name}: the id of a thing of the other team, and to OWNED "
        "if it is one team's; any word otherwise."
    )
    return values[name]


def _meant(rule: Rule, variable: str) -> str:
    """The variable under the name it has here: a connection is called ``name`` on its own pages."""
    of_connections = rule.rule.startswith(("/connectors/<", "/api/v1/connections/"))
    return "connection" if of_connections and variable == "name" else variable


@pytest.fixture
def wall(tmp_path: Path) -> Iterator[Wall]:
    with open_site(tmp_path, model=FakeModel(answer(f"{MARK} sale, from Monday."))) as site:
        shelf = site.hub.parts.shelf
        shelf.add(shelf.current(TEMPLATE).model_copy(update={"tier": 2, "name": "strict", "revision": "strict"}))
        connect(site.hub, "http://127.0.0.1:9", name=f"docs-{MARK.lower()}", team=OTHER)
        flow = Workflow(OTHER, f"flow-{MARK.lower()}", "strict", (), None)
        proof = Evidence(
            id="zz-proof", claim=f"{MARK} is open all year", owner="Kim", source="https://e.com", team=OTHER
        )
        what_if = WhatIf(
            **{"id": "0f" * 12, "scope": OTHER, "pack": "pharma", "turns": "on", "days": 30.0, "basis": "b", "by": "x"},
            **{"state": "done", "asked_at": site.hub.parts.clock(), "found": {"note": MARK}},
        )
        with site.hub.database.transaction() as tx:
            connections.put_workflow(tx, flow)
            what_ifs.add(tx, what_if)
            evidence.put(tx, [proof], site.hub.parts.clock())
            for who, role in (("lea", Role.LEAD),):
                teams.put_person(tx, f"{who}@example.com", who.capitalize(), {TEAM: role}, 0.0)
                site.keys[who] = teams.new_key(
                    tx, team_id=TEAM, role=role, email=f"{who}@example.com", name=who, now=0.0
                )
        asker = Actor(person="kurt@example.com", role=Role.MEMBER, via="test")
        text = f"{MARK} opens its gates on Monday, and everybody is welcome."
        theirs = site.hub.run(request("theirs", team=OTHER, template="strict", actor=asker, inputs=inputs(text)))
        assert theirs.state == "in_review", theirs.problem
        look = look_id(theirs.id)
        admin = Identity("ada@example.com", "Ada", {TEAM: Role.ADMIN}, "web")
        kim = next(one.id for one in everybody(site.hub, admin) if one.name == "Kim")
        with site.hub.database.reading() as tx:
            key = next(one.id for one in teams.made_keys(tx) if one.team == OTHER)
        values = {
            **{"run": theirs.id, "run_id": theirs.id, "look_id": look, "review_id": look},
            **{"evidence_id": "zz-proof", "connection": f"docs-{MARK.lower()}", "job": "0" * 24},
            **{"person_id": kim, "key_id": key, "team_id": OTHER},
            # Nothing of a team is behind these.
            **{
                "connector": "google_docs",
                "name": "strict",
                "token": "none",
                "secret": "none",
                "filename": "inlay.css",
            },
            **{"action": "accept", "decision": "accept", "step": "publish", "proposal_id": "0" * 24, "team": OTHER},
            **{"rule_id": "claims-us.unproven-science", "what_if_id": what_if.id},
        }
        # What a form's token refuses says nothing about teams.
        site.app.config["WTF_CSRF_ENABLED"] = False
        yield Wall(site, theirs, values)


@pytest.mark.parametrize("who", ["mara", "jon", "lea"])
def test_nobody_gets_anything_of_another_team_at_any_address(wall: Wall, who: str) -> None:
    before = _stored(wall)
    assert _seen(wall, who) == []
    assert _stored(wall) == before


def test_the_walk_would_see_what_the_other_team_has(wall: Wall) -> None:
    seen = _seen(wall, "kim")
    for reached in ("/runs", "/runs/<run_id>", "/api/v1/runs", "/api/v1/runs/<run_id>", "/api/v1/evidence"):
        assert f"GET {reached}: reads of it" in seen, seen
    assert any(line.startswith("POST /api/v1/reviews/<review_id>/accept: 200") for line in seen), seen


def test_an_address_with_a_new_variable_is_asked_for() -> None:
    toy = Flask("toy", static_folder=None)
    toy.add_url_rule("/plans/<plan_id>", "plan", lambda plan_id: plan_id)
    with pytest.raises(AssertionError, match=r"/plans/<plan_id> has the variable <plan_id>"):
        list(steps(toy, {}))


def _seen(wall: Wall, who: str) -> list[str]:
    """Every address at which this person reads of the other team, or where their thing is answered otherwise than a
    thing that never was."""
    found = []
    browser = wall.site.browser(who).client
    made_up = {**wall.values, **{name: wall.values[name][::-1] for name in OWNED}}
    nothing = {(rule.rule, method): path for rule, method, path in steps(wall.site.app, made_up)}
    for rule, method, path in steps(wall.site.app, wall.values):
        machine = rule.rule.startswith(("/api/", "/connect/", "/in/")) and "authorize" not in rule.rule
        headers = wall.site.bearer(who) if machine else {"Accept": "text/html"}
        for sent in _bodies(method, machine, wall):
            for more in ("",) if sent else ("", f"?team={OTHER}"):
                got = browser.open(path + more, method=method, headers=headers, **sent)
                away = got.status_code == 303 and wall.theirs.id not in got.headers["Location"]
                if got.status_code == 500:
                    found.append(f"{method} {rule.rule}: a fault of the hub")
                owned = bool(OWNED & {_meant(rule, one) for one in rule.arguments})
                marks = [MARK.lower()] if owned else [MARK.lower(), wall.theirs.id, wall.values["look_id"]]
                if any(mark in got.text.lower().replace(wall.values["connection"], "") for mark in marks):
                    found.append(f"{method} {rule.rule}: reads of it")
                elif owned and got.status_code not in REFUSED and not away:
                    never = browser.open(nothing[rule.rule, method] + more, method=method, headers=headers, **sent)
                    if never.status_code != got.status_code:
                        found.append(f"{method} {rule.rule}: {got.status_code}, and {never.status_code} for nothing")
    return list(dict.fromkeys(found))


def _bodies(method: str, machine: bool, wall: Wall) -> list[dict[str, Any]]:
    """Bodies that say they are for the other team, or are what decisions and answers send."""
    if method == "GET":
        return [{}]
    assert wall.theirs.draft is not None
    decided = {"content_hash": content_hash(wall.theirs.draft), "reason": "It is not mine."}
    return [
        {"json" if machine else "data": body} for body in ({"team": OTHER}, {}, decided, {"reason": "No."}, {"ease": 3})
    ]


def _stored(wall: Wall) -> tuple[Any, ...]:
    """The other team's run, and how much the ledger says of their things."""
    with wall.site.hub.database.reading() as tx:
        kept = tx.execute(sa.select(runs).where(runs.c.id == wall.theirs.id)).one()
        rows = tx.execute(sa.select(sa.func.count()).where(ledger.c.team == OTHER)).scalar_one()
    return (*kept, rows)
