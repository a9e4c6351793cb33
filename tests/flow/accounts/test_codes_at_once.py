"""Recovery codes asked for twice at the same moment: one set counts, and it is the one somebody was shown."""

from __future__ import annotations

import threading
from pathlib import Path

from hub.accounts import own
from hub.domain import Role
from hub.store import accounts, teams
from tests.hubs import TEAM, a_hub

MARA = "mara@example.com"


def test_of_two_sets_of_recovery_codes_made_at_once_one_counts(tmp_path: Path, database_url: str) -> None:
    shown: list[list[str]] = []
    with a_hub(tmp_path, database_url=database_url) as hub:
        with hub.database.transaction() as tx:
            teams.put_person(tx, MARA, "Mara", {TEAM: Role.MEMBER}, 0.0)
            accounts.set_totp(tx, MARA, "sealed", 1, [], 0.0)

        both = [threading.Thread(target=lambda: shown.append(own.new_codes(hub.parts, MARA))) for _ in range(2)]
        # Whoever holds the person holds up both, until each is about to take the codes before away.
        with hub.database.transaction() as tx:
            teams.hold_person(tx, MARA)
            for one in both:
                one.start()
            threading.Event().wait(0.5)
        for one in both:
            one.join(20)
        with hub.database.transaction() as tx:
            assert len(shown) == 2 and accounts.codes_left(tx, MARA) == 10
            works = [[accounts.use_code(tx, MARA, code) for code in codes] for codes in shown]
    assert sorted(map(all, works)) == [False, True] and sorted(map(any, works)) == [False, True]
