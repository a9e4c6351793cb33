"""Check-ups, events found by day, sign-ins and keys read the same from both databases."""

from __future__ import annotations

from hub.domain import Role
from hub.ledger import Entry, Ledger
from hub.store import Database, accounts, check_ups, events, teams
from hub.store.budgets import TEAM, Allowance, declared, put


def test_one_check_up_of_a_kind_runs_at_a_time_and_a_silent_one_gives_way(database_url: str) -> None:
    database = Database(database_url)
    database.migrate()
    with database.transaction() as tx:
        assert check_ups.start(tx, "ledger", 100.0, 5) == 1
        assert check_ups.start(tx, "ledger", 110.0, 5) is None
        check_ups.note(tx, "ledger", 1, 120.0, 3)
        assert check_ups.start(tx, "ledger", 120.0 + check_ups.SILENT, 5) == 2
        check_ups.end(tx, "ledger", 1, 200.0, {"rows": 0})
        found = check_ups.get(tx, "ledger")
        assert found is not None and found.found is None and found.cut_off(400.0)
        check_ups.end(tx, "ledger", 2, 200.0, {"rows": 5})
        assert check_ups.start(tx, "ledger", 201.0, 6) == 3
    database.close()


def test_events_sign_ins_and_keys_are_found(database_url: str) -> None:
    database, ledger = Database(database_url), Ledger([b"k" * 32])
    database.migrate()
    with database.transaction() as tx:
        teams.put(tx, "brand", "Brand", {}, 0.0)
        teams.put_person(tx, "Ada@example.com", "Ada", {"brand": Role.ADMIN}, 0.0)
        accounts.set_password(tx, "Ada@example.com", "hash", 0.0)
        teams.new_key(tx, team_id="brand", role=Role.MEMBER, email=None, name="old", now=1.0)
        teams.new_key(tx, team_id="brand", role=Role.MEMBER, email=None, name="new", now=2.0)
        put(tx, "brand", Allowance(TEAM, 5))
        put(tx, "brand", Allowance(TEAM, 7))
        for at in (10.0, 20.0, 20.0, 30.0):
            who = ledger.pseudonym(tx, "ada@example.com", "web")
            entries = [Entry(accounts.SIGNED_IN, {"how": "password"})]
            ledger.append(tx, run_id="", team="", actor=who, at=at, entries=entries)
    with database.reading() as tx:
        assert [events.number_at(tx, at) for at in (5.0, 10.0, 15.0, 20.5, 99.0)] == [0, 0, 1, 3, 4]
        assert [one.seq for one in events.newest(tx, kind=accounts.SIGNED_IN, after=1, before=4, limit=9)] == [3, 2]
        assert accounts.last_sign_ins(tx, ["Ada@example.com", "b@example.com"]) == {"ada@example.com": 30.0}
        assert accounts.proofs(tx, ["Ada@example.com"]) == {"Ada@example.com": (True, False)}
        assert [one.name for one in teams.made_keys(tx)] == ["new", "old"]
        assert declared(tx, "brand") == [Allowance(TEAM, 7)]
    database.close()
