"""Two teams with a wall between them: one has things with a telling name, and whoever is in the other looks for it.

A new variable of an address needs a value in ``open_wall``: an id of the other team's, or any word where there is
nothing of a team behind it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from hub.domain import Actor, Role, Run
from hub.pipeline import authoring
from hub.pipeline.replay import Replay, as_data
from hub.pipeline.reviewers import look_id
from hub.store import connections, evidence, teams, what_ifs
from hub.store.connections import Workflow
from hub.store.evidence import Evidence
from hub.store.what_ifs import WhatIf
from hub.testing import FakeModel
from hub.web.auth import Identity
from hub.web.pages.admin.people import everybody
from hub.web.pages.starter import SOURCE, TESTS
from tests.flow.web.site import OTHER, Site, actor, open_site
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
    "template",
    "rule_id",
}
#: Ending one's own session is last: the walk needs it until then.
LAST = ("/sign-out", "/account/sign-out-everywhere")
_VARIABLE = re.compile(r"<(?:(?P<kind>\w+)(?:\((?P<words>[^)]*)\))?:)?(?P<name>\w+)>")


@dataclass(frozen=True, slots=True)
class Wall:
    """Two teams; ``theirs`` is the run of the other one, ``values`` the ids of its things by the variable's name."""

    site: Site
    theirs: Run
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Visit:
    """One address with ids in it. ``owned`` is whether one of them is of a single team's thing."""

    rule: Rule
    method: str
    path: str
    owned: bool

    @property
    def key(self) -> tuple[str, str, bool]:
        """The same for every visit of this address, whoever's ids are in it."""
        return self.rule.rule, self.method, self.owned


def visits(app: Flask, values: dict[str, str]) -> Iterator[Visit]:
    """Every address of the map, with the other team's ids in it. Those of a template come twice: for one that every
    team has, and for one of the other team's own."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: (one.rule in LAST, one.rule)):
        for name in ("name", "template") if "/templates/<name>" in rule.rule else ("name",):
            meant = {one: _meant(rule, one, name) for one in rule.arguments}
            path = _VARIABLE.sub(partial(_value, rule, values, meant), rule.rule)
            owned = bool(OWNED & set(meant.values()))
            for method in sorted({"GET", "POST", "PUT", "PATCH", "DELETE"} & set(rule.methods or ())):
                yield Visit(rule, method, path, owned)


def _value(rule: Rule, values: dict[str, str], meant: dict[str, str], found: re.Match[str]) -> str:
    if found["kind"] == "any":
        return (found["words"] or "").split(",")[0].strip()
    name = meant[found["name"]]
    assert name in values, (
        f"The address {rule.rule} has the variable <{name}>, which this test does not know. Add it to "
        f"`values` in `open_wall` of {Path(__file__).name}: the id of a thing of the other team, and to OWNED "
        "if it is one team's; any word otherwise."
    )
    return values[name]


def _meant(rule: Rule, variable: str, name: str) -> str:
    """The variable under the name it has here: a connection is called ``name`` on its own pages."""
    if variable != "name":
        return variable
    return "connection" if rule.rule.startswith(("/connectors/<", "/api/v1/connections/")) else name


@contextmanager
def open_wall(home: Path, **given: Any) -> Iterator[Wall]:
    """A site on which the team ``crm`` has one of everything; ``given`` goes to ``a_hub``. Lea leads the other team."""
    with open_site(home, model=FakeModel(answer(f"{MARK} sale, from Monday.")), **given) as site:
        shelf, connection = site.hub.parts.shelf, f"docs-{MARK.lower()}"
        shelf.add(shelf.current(TEMPLATE).model_copy(update={"tier": 2, "name": "strict", "revision": "strict"}))
        connect(site.hub, "http://127.0.0.1:9", name=connection, team=OTHER)
        source = SOURCE.replace("TEAM", OTHER).replace("A short title", f"{MARK}, a short title")
        authoring.make(site.hub.parts, actor("kim"), OTHER, "their-voice", source=source, tests=TESTS)
        flow = Workflow(OTHER, f"flow-{MARK.lower()}", "strict", (), None)
        proof = Evidence(
            id="zz-proof", claim=f"{MARK} is open all year", owner="Kim", source="https://e.com", team=OTHER
        )
        tried = Replay("pharma", 30.0, rules=Counter({f"pharma.{MARK}": 1}), examples={f"pharma.{MARK}": []})
        what_if = WhatIf(
            **{"id": "0f" * 12, "scope": OTHER, "pack": "pharma", "turns": "on", "days": 30.0, "basis": "b", "by": "x"},
            **{"state": "done", "asked_at": site.hub.parts.clock(), "found": as_data(tried)},
        )
        rule = {"id": "ours", "terms": ["closed"], "why": f"{MARK} never closes.", "instead": "Say when it opens."}
        with site.hub.database.transaction() as tx:
            teams.put(tx, OTHER, "CRM team", {"checks": [{"name": "copy_rules", "rules": {"rules": [rule]}}]}, 0.0)
            connections.put_workflow(tx, flow)
            what_ifs.add(tx, what_if)
            evidence.put(tx, [proof], site.hub.parts.clock())
            teams.put_person(tx, "lea@example.com", "Lea", {TEAM: Role.LEAD}, 0.0)
            site.keys["lea"] = teams.new_key(
                tx, team_id=TEAM, role=Role.LEAD, email="lea@example.com", name="lea", now=0.0
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
            **{"evidence_id": "zz-proof", "connection": connection, "job": "0" * 24, "template": "their-voice"},
            **{"person_id": kim, "key_id": key, "team_id": OTHER},
            # Nothing of a team is behind these.
            **{"connector": "google_docs", "name": "strict", "token": "none", "secret": "none"},
            **{"filename": "inlay.css", "action": "accept", "decision": "accept", "step": "publish"},
            **{"proposal_id": "0" * 24, "team": OTHER},
            **{"rule_id": f"team-{OTHER}.ours", "what_if_id": what_if.id},
        }
        yield Wall(site, theirs, values)
