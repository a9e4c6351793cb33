"""Budgets over the API: each sees what is theirs, and who may raise which is held on the server."""

from __future__ import annotations

from typing import Any

import pytest

from hub.domain import Role
from hub.store import budgets, events, teams
from hub.store.budgets import EACH, TEAM, Allowance, Scope
from hub.web.api import gives
from tests.flow.web.site import OTHER, Site
from tests.hubs import TEAM as BRAND


@pytest.fixture
def priced(site: Site) -> Site:
    """The team brand with a budget of each kind, and a lead."""
    limits = {
        TEAM: 50,
        Scope("person", EACH): 10,
        Scope("person", "jon@example.com"): 20,
        Scope("workflow", "email"): 5,
    }
    with site.hub.database.transaction() as tx:
        budgets.declare(tx, BRAND, [Allowance(scope, limit * 1_000_000) for scope, limit in limits.items()])
        teams.put_person(tx, "lea@example.com", "Lea", {BRAND: Role.LEAD}, 0.0)
        site.keys["lea"] = teams.new_key(
            tx, team_id=BRAND, role=Role.LEAD, email="lea@example.com", name="lea", now=0.0
        )
    return site


def shown(site: Site, who: str) -> dict[tuple[str, str], Any]:
    answered = site.client().get("/api/v1/budget", headers=site.bearer(who))
    assert answered.status_code == 200
    gives.BudgetList.model_validate_json(answered.get_data(), strict=True)
    return {(one["of"], one["name"]): one for one in answered.json["budgets"]}


def raise_(site: Site, who: str, **body: Any) -> Any:
    body = {"reason": "The launch is earlier.", **body}
    return site.client().post("/api/v1/budget/raise", json=body, headers=site.bearer(who))


def test_a_member_sees_what_is_left_for_them_and_nobody_else_s(priced: Site) -> None:
    done = priced.run()
    assert done.draft is not None
    found = shown(priced, "mara")
    assert set(found) == {("team", ""), ("person", "mara@example.com"), ("workflow", "email")}
    mine, cost = found["person", "mara@example.com"], (done.draft.usage.cost_micros or 0) / 1_000_000
    assert (mine["limit_usd"], mine["spent_usd"], mine["left_usd"]) == (10.0, cost, 10.0 - cost)
    assert (mine["raised_by"], found["team", ""]["raised_by"]) == ("a lead", "an admin")
    assert "Cannot tell yet" in mine["forecast"]["why"]
    assert ("person", "jon@example.com") not in found
    assert {("person", "jon@example.com"), ("person", "mara@example.com")} <= set(shown(priced, "lea"))
    assert shown(priced, "kim") == {}


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [
        ("mara", {"to_usd": 15, "person": "mara@example.com"}, 403),
        ("jon", {"to_usd": 30, "person": "jon@example.com"}, 403),
        ("machine", {"to_usd": 15, "workflow": "email"}, 403),
        ("lea", {"to_usd": 60}, 403),
        ("lea", {"to_usd": 51, "workflow": "email"}, 403),
        ("lea", {"to_usd": 15, "person": "Mara@Example.com"}, 200),
        ("lea", {"to_usd": 50, "workflow": "email"}, 200),
        ("lea", {"to_usd": 4, "workflow": "email"}, 409),
        ("lea", {"to_usd": 9, "workflow": "nobody-has-this"}, 404),
        ("lea", {"to_usd": 9, "team": OTHER, "workflow": "email"}, 404),
        ("kim", {"to_usd": 60, "team": BRAND}, 404),
        ("ada", {"to_usd": 60, "team": "no-team-at-all"}, 404),
        ("ada", {"to_usd": 60}, 200),
        ("ada", {"to_usd": 60, "workflow": "email"}, 200),
        ("ada", {"to_usd": 60, "reason": "  "}, 400),
        ("ada", {"to_usd": -1}, 422),
        ("ada", {"to_usd": 60, "workflow": "email", "person": "mara@example.com"}, 422),
    ],
)
def test_a_lead_raises_parts_within_the_team_s_budget_and_an_admin_the_team_s(
    priced: Site, who: str, body: dict[str, Any], status: int
) -> None:
    before = shown(priced, "lea")
    answered = raise_(priced, who, **body)
    assert answered.status_code == status, answered.text
    if status == 200:
        assert answered.json["limit_usd"] == body["to_usd"]
        gives.Budget.model_validate_json(answered.get_data(), strict=True)
    else:
        gives.Problem.model_validate_json(answered.get_data(), strict=True)
        assert shown(priced, "lea") == before


@pytest.mark.parametrize("nobody", [EACH, " "])
def test_a_raise_for_nobody_in_particular_is_refused_and_changes_nothing(priced: Site, nobody: str) -> None:
    before = shown(priced, "lea")
    assert raise_(priced, "lea", person=nobody, to_usd=20).status_code == 404
    assert shown(priced, "lea") == before


def test_a_raise_asked_for_twice_happens_once_and_is_in_the_ledger_without_a_word_or_a_person(priced: Site) -> None:
    for _ in range(2):
        assert raise_(priced, "lea", to_usd=15, person="mara@example.com").json["raised_usd"] == 5.0
    with priced.hub.database.reading() as tx:
        told = [event for event, _ in events.walk(tx) if event.kind == "budget.raised"]
        kept = budgets.raises(tx, BRAND, told[0].data["period"])
    (event,) = told
    assert (event.team, event.data["by_micros"], event.data["limit_micros"]) == (BRAND, 5_000_000, 15_000_000)
    assert event.actor.startswith("person:") and event.data["person"].startswith("person:")
    assert "launch" not in repr(event) and "mara" not in repr(event)
    assert [(scope.name, amount, reason, person) for scope, amount, reason, person, _ in kept] == [
        ("mara@example.com", 5_000_000, "The launch is earlier.", "lea@example.com")
    ]
