"""A person of one team tries every address of the hub with the ids of another team's things, and gets nothing.

The walk reads the map of addresses, so that whoever adds a route adds it here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from hub.pipeline.review import content_hash
from hub.store.tables import ledger
from hub.store.tables import run as runs
from tests.flow.web.site import OTHER
from tests.flow.web.wall import MARK, OWNED, Wall, open_wall, visits

REFUSED = {401, 403, 404}


@pytest.fixture
def wall(tmp_path: Path) -> Iterator[Wall]:
    with open_wall(tmp_path) as wall:
        # What a form's token refuses says nothing about teams.
        wall.site.app.config["WTF_CSRF_ENABLED"] = False
        yield wall


@pytest.mark.parametrize("who", ["mara", "jon", "lea"])
def test_nobody_gets_anything_of_another_team_at_any_address(wall: Wall, who: str) -> None:
    before = _stored(wall)
    assert _seen(wall, who) == []
    assert _stored(wall) == before


def test_the_walk_would_see_what_the_other_team_has(wall: Wall) -> None:
    seen = _seen(wall, "kim")
    for reached in (
        "/runs",
        "/runs/<run_id>",
        "/api/v1/runs",
        "/api/v1/runs/<run_id>",
        "/api/v1/evidence",
        "/templates/<name>",
        "/policy/rules/<rule_id>",
        "/policy/what-if/<what_if_id>",
    ):
        assert f"GET {reached}: reads of it" in seen, seen
    assert any(line.startswith("POST /api/v1/reviews/<review_id>/accept: 200") for line in seen), seen


def test_an_address_with_a_new_variable_is_asked_for() -> None:
    toy = Flask("toy", static_folder=None)
    toy.add_url_rule("/plans/<plan_id>", "plan", lambda plan_id: plan_id)
    with pytest.raises(AssertionError, match=r"/plans/<plan_id> has the variable <plan_id>"):
        list(visits(toy, {}))


def _seen(wall: Wall, who: str) -> list[str]:
    """Every address at which this person reads of the other team, or where their thing is answered otherwise than a
    thing that never was."""
    found = []
    browser = wall.site.browser(who).client
    made_up = {**wall.values, **{name: wall.values[name][::-1] for name in OWNED}}
    nothing = {visit.key: visit.path for visit in visits(wall.site.app, made_up)}
    for visit in visits(wall.site.app, wall.values):
        rule, method = visit.rule, visit.method
        machine = rule.rule.startswith(("/api/", "/connect/", "/in/")) and "authorize" not in rule.rule
        headers = wall.site.bearer(who) if machine else {"Accept": "text/html"}
        for sent in _bodies(method, machine, wall):
            for more in ("",) if sent else ("", f"?team={OTHER}"):
                got = browser.open(visit.path + more, method=method, headers=headers, **sent)
                away = got.status_code == 303 and wall.theirs.id not in got.headers["Location"]
                if got.status_code == 500:
                    found.append(f"{method} {rule.rule}: a fault of the hub")
                marks = [MARK.lower()] if visit.owned else [MARK.lower(), wall.theirs.id, wall.values["look_id"]]
                if any(mark in got.text.lower().replace(wall.values["connection"], "") for mark in marks):
                    found.append(f"{method} {rule.rule}: reads of it")
                elif visit.owned and got.status_code not in REFUSED and not away:
                    never = browser.open(nothing[visit.key] + more, method=method, headers=headers, **sent)
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
