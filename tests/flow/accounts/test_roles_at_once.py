"""Roles that change at the moment somebody acts on them: a hub keeps an admin, and a lead gets no admin's link."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.accounts import joining, roles
from hub.bootstrap import Hub
from hub.domain import Actor, Role
from hub.errors import Conflict
from hub.ledger import Entry
from hub.pipeline.erase import erase
from hub.store import links, teams
from tests.hubs import TEAM, a_hub

ADMINS = ("ada@example.com", "ben@example.com")


def demote(hub: Hub, whom: str, by: Actor) -> None:
    roles.set_roles(hub.parts, whom, whom, {TEAM: Role.MEMBER}, by)


def take_out(hub: Hub, whom: str, by: Actor) -> None:
    erase(hub.parts, whom, by=by)


@pytest.mark.parametrize("act", [demote, take_out])
def test_of_two_admins_who_take_each_other_out_at_once_one_stays(
    tmp_path: Path, database_url: str, act: Callable[[Hub, str, Actor], None]
) -> None:
    refused: list[str] = []
    with a_hub(tmp_path, database_url=database_url) as hub:
        with hub.database.transaction() as tx:
            for email in ADMINS:
                teams.put_person(tx, email, email, {TEAM: Role.ADMIN}, 0.0)

        def against(whom: str, by: str) -> None:
            try:
                act(hub, whom, Actor(person=by, role=Role.ADMIN, via="web"))
            except Conflict:
                refused.append(whom)

        both = [threading.Thread(target=against, args=pair) for pair in (ADMINS, ADMINS[::-1])]
        # Whoever holds the ledger's end holds up both: each has looked for another admin by then, or waits to look.
        with hub.database.transaction() as tx:
            hub.parts.ledger.append(tx, run_id="", team=TEAM, actor="", at=0.0, entries=[Entry("team.changed", {})])
            for one in both:
                one.start()
            threading.Event().wait(0.5)
        for one in both:
            one.join(20)
        with hub.database.reading() as tx:
            left = [email for email, _, _, role in teams.people(tx) if role is Role.ADMIN]
    assert len(left) == 1
    assert refused == left


def test_a_lead_who_asks_for_a_link_while_its_person_becomes_an_admin_gets_none(
    tmp_path: Path, database_url: str
) -> None:
    lea, got = Actor(person="lea@example.com", role=Role.LEAD, via="web"), list[object]()
    with a_hub(tmp_path, database_url=database_url) as hub:
        with hub.database.transaction() as tx:
            teams.put_person(tx, "mara@example.com", "Mara", {TEAM: Role.MEMBER}, 0.0)
        asks = threading.Thread(
            target=lambda: got.append(joining.link_for(hub.parts, "mara@example.com", lea, leads=[TEAM]))
        )
        with hub.database.transaction() as tx:
            roles.change(hub.parts, tx, "mara@example.com", "Mara", {TEAM: Role.ADMIN}, Actor(via="web"))
            asks.start()
            threading.Event().wait(0.5)
        asks.join(20)
        assert got == [None]
        with hub.database.reading() as tx:
            assert links.waiting(tx, hub.parts.clock()) == {}


def test_a_role_that_is_taken_while_a_lead_gives_another_does_not_come_back(tmp_path: Path, database_url: str) -> None:
    lea = Actor(person="lea@example.com", role=Role.LEAD, via="web")
    with a_hub(tmp_path, database_url=database_url) as hub:
        with hub.database.transaction() as tx:
            teams.put(tx, "crm", "CRM", {}, 0.0)
            for email in ("kim@example.com", "ada@example.com"):
                teams.put_person(tx, email, email, {"crm": Role.ADMIN}, 0.0)
        gives = threading.Thread(
            target=lambda: joining.let_in(hub.parts, "kim@example.com", "Kim", TEAM, Role.MEMBER, lea, leads=[TEAM])
        )
        with hub.database.transaction() as tx:
            roles.change(hub.parts, tx, "kim@example.com", "Kim", {"crm": Role.MEMBER}, Actor(via="web"))
            gives.start()
            threading.Event().wait(0.5)
        gives.join(20)
        with hub.database.reading() as tx:
            known = teams.person_of(tx, "kim@example.com")
    assert known is not None and known[2] == {TEAM: Role.MEMBER, "crm": Role.MEMBER}
