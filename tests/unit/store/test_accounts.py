"""What is kept of sign-in, on both databases: counts that grow, codes and links that work once, sessions that end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.domain import Role
from hub.store import Database, accounts, failed_tries, links, sessions, teams
from hub.store.links import LinkKind

MARA = "mara@example.com"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, pool=4)
    opened.migrate()
    with opened.transaction() as tx:
        teams.put(tx, "brand", "Brand", {}, 0.0)
        teams.put_person(tx, MARA, "Mara", {"brand": Role.LEAD}, 0.0)
    yield opened
    opened.close()


def test_failed_tries_grow_and_are_forgotten_after_a_silence_or_a_success(database: Database) -> None:
    with database.transaction() as tx:
        assert [failed_tries.count(tx, "w", float(now), now - 100.0) for now in (1, 2, 3)] == [1, 2, 3]
        failed_tries.pause(tx, "w", 9.0)
        assert (failed_tries.until(tx, "w"), failed_tries.until(tx, "other")) == (9.0, 0.0)
        assert failed_tries.count(tx, "w", 200.0, 100.0) == 1
        assert failed_tries.clear(tx, "w") == 1 and failed_tries.until(tx, "w") == 0.0
        failed_tries.count(tx, "old", 1.0, 0.0)
        assert failed_tries.expire(tx, 2.0) == 1


def test_a_code_and_its_step_are_used_once(database: Database) -> None:
    with database.transaction() as tx:
        accounts.set_totp(tx, MARA, "sealed", 7, ["a", "b"], 1.0)
        assert (
            not accounts.use_step(tx, MARA, 7) and accounts.use_step(tx, MARA, 8) and not accounts.use_step(tx, MARA, 8)
        )
        assert accounts.use_code(tx, MARA, "a") and not accounts.use_code(tx, MARA, "a")
        assert accounts.codes_left(tx, MARA) == 1
        assert not accounts.any_password(tx)
        accounts.set_password(tx, MARA, "hash", 2.0)
        kept = accounts.get(tx, MARA)
        assert (kept.totp, kept.totp_step, kept.password) == ("sealed", 8, "hash")
        assert accounts.drop_totp(tx, MARA) and not accounts.drop_totp(tx, MARA)
        assert accounts.codes_left(tx, MARA) == 0 and accounts.any_password(tx)


def test_a_link_works_once_and_a_newer_one_ends_it(database: Database) -> None:
    with database.transaction() as tx:
        old = links.issue(tx, LinkKind.INVITE, MARA, now=1.0, until=10.0)
        new = links.issue(tx, LinkKind.RESET, MARA, now=2.0, until=10.0)
        printed = links.issue(tx, LinkKind.PRINTED, None, now=2.0, until=10.0)
        assert links.look(tx, old, 3.0) is None
        assert links.look(tx, new, 3.0) == links.Link(LinkKind.RESET, MARA, 10.0)
        assert links.look(tx, new, 10.0) is None and not links.use(tx, new, 10.0)
        assert links.waiting(tx, 3.0) == {MARA: 10.0}
        assert links.use(tx, new, 3.0) and not links.use(tx, new, 3.0)
        assert links.use(tx, printed, 3.0)


def test_sessions_end_unused_in_any_case_and_all_but_one(database: Database) -> None:
    with database.transaction() as tx:
        tokens = [sessions.start(tx, email=MARA, key_id=None, how="password", now=1.0, until=100.0) for _ in range(3)]
        found = [sessions.get(tx, token, 5.0, 10.0) for token in tokens]
        assert all(found) and sessions.get(tx, tokens[0], 12.0, 10.0) is None
        assert found[0] is not None
        sessions.seen(tx, found[0].id, 12.0)
        assert sessions.get(tx, tokens[0], 13.0, 10.0) and sessions.get(tx, tokens[0], 100.0, 1000.0) is None
        assert sessions.end_all(tx, MARA, but=found[0].id) == 2
        assert [one.id for one in sessions.of_person(tx, MARA, 13.0, 10.0)] == [found[0].id]
        assert sessions.end(tx, tokens[0]) and not sessions.end(tx, tokens[0])


def test_groups_are_replaced_as_a_whole(database: Database) -> None:
    with database.transaction() as tx:
        accounts.put_groups(tx, {"A": {"brand": Role.LEAD}, "B": {}})
        accounts.put_groups(tx, {"A": {"brand": Role.MEMBER}})
        assert accounts.groups(tx) == {"A": {"brand": Role.MEMBER}}


def test_a_key_of_a_person_ends_with_their_role_and_a_programs_does_not(database: Database) -> None:
    with database.transaction() as tx:
        theirs = teams.new_key(tx, team_id="brand", role=Role.LEAD, email=MARA, name="", now=0.0)
        program = teams.new_key(tx, team_id="brand", role=Role.LEAD, email=None, name="", now=0.0)
        roles = []
        for now_is in ({"brand": Role.ADMIN}, {"brand": Role.MEMBER}, {}):
            teams.put_person(tx, MARA, "Mara", now_is, 0.0)
            found = [teams.caller(tx, token) for token in (theirs, program)]
            roles.append(tuple(one and one.role for one in found))
    assert roles == [(Role.LEAD, Role.LEAD), (Role.MEMBER, Role.LEAD), (None, Role.LEAD)]
