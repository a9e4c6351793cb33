"""Many tries at the same moment are as few as one after the other."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.accounts.door import FREE, Door
from hub.errors import RateLimited
from hub.store.tables import failed_try
from tests.hubs import Clock, a_hub


@pytest.mark.parametrize(("before", "taken"), [(0, FREE), (FREE, 1)])
def test_guesses_that_come_together_are_counted_before_any_is_looked_at(
    tmp_path: Path, database_url: str, before: int, taken: int
) -> None:
    clock, looked_at = Clock(), list[int]()
    with a_hub(tmp_path, database_url=database_url, clock=clock) as hub:
        door = Door(hub.parts, hub.vault)
        for _ in range(before):
            assert door.code("mara@example.com", "000000") is None
        clock.now += 3600

        def guess(number: int) -> None:
            try:
                door.code("mara@example.com", f"{number:06}")
            except RateLimited:
                return
            looked_at.append(number)

        many = [threading.Thread(target=guess, args=(number,)) for number in range(20)]
        # All of them come while one that was there before is still being counted.
        with hub.database.transaction() as tx:
            tx.execute(sa.update(failed_try).values(last_at=clock.now))
            for one in many:
                one.start()
            threading.Event().wait(0.5)
        for one in many:
            one.join(30)
    assert len(looked_at) == taken
