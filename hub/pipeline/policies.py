"""The policy in force for each team: the organisation's rules with what the team adds to them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from hub.governance.additions import policy_in
from hub.governance.policy import Policy
from hub.store import Database, policies, teams

#: Seconds a team's policy is kept before it is looked up again: so long may a change take to be in force everywhere.
KEPT = 1.0


class Policies:
    """Looks a team's policy up in the database, at most once a second. Safe to call from several threads.

    Args:
        tick: seconds of a clock that never goes back.
    """

    def __init__(self, database: Database, tick: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._tick = tick
        self._kept: dict[str, tuple[float, Policy]] = {}

    def of(self, team: str) -> Policy:
        """The team's policy; a team that adds nothing has the organisation's.

        Raises:
            InvalidInputs: what the team adds does not fit the organisation's rules. Nothing runs then.
        """
        now = self._tick()
        kept = self._kept.get(team)
        if kept is not None and kept[0] > now:
            return kept[1]
        with self._database.reading() as tx:
            stored, chosen = teams.get(tx, team), policies.get(tx)
        added = stored.policy if stored else {}
        policy = policy_in(json.dumps(chosen, sort_keys=True), team, json.dumps(added, sort_keys=True))
        self._kept[team] = (now + KEPT, policy)
        return policy
