"""What-if: a change of packs is held against the drafts of the last days, in the background, before anybody makes it.

How far it is stands in the database after every batch: it outlives the page, the process and whoever works on it.
"""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import replace
from typing import Any

from hub.domain import Actor
from hub.errors import Conflict, LeaseLost
from hub.governance import packs
from hub.governance.choosing import turned
from hub.pipeline.choose import need_to_turn, stand
from hub.pipeline.parts import Parts
from hub.pipeline.replay import DAY, Replay, Team, Walk, as_data, weigh
from hub.store import runs, what_ifs
from hub.store.what_ifs import Turns, WhatIf

DAYS = 30.0
#: Seconds one batch may take before somebody else takes the work on.
LEASE = 60.0
#: How long a what-if is kept, in days.
KEPT = 180.0


def ask(parts: Parts, actor: Actor, *, scope: str, pack: str, turns: Turns, days: float = DAYS) -> WhatIf:
    """Have a change tried. ``scope`` is a team, or empty for the organisation.

    Raises:
        NotAllowed, BadRequest: this person may not make the change, or there is nothing to change.
    """
    need_to_turn(actor, scope, turns)
    now = parts.clock()
    with parts.database.transaction() as tx:
        known = stand(tx, scope)
        turned(known.organisation, known.added, pack, on=turns == "on", team=bool(scope))
        what_ifs.forget(tx, now - KEPT * DAY)
        one = WhatIf(
            id=f"wi-{secrets.token_hex(8)}",
            scope=scope,
            pack=pack,
            turns=turns,
            days=days,
            basis=known.basis,
            by=parts.ledger.pseudonym(tx, actor.person, actor.via),
            state="running",
            asked_at=now,
            wake_at=now,
            found=as_data(Replay(pack, days)),
            total=runs.number_since(tx, [scope] if scope else None, now - days * DAY),
        )
        what_ifs.add(tx, one)
    return one


def cancel(parts: Parts, one: WhatIf) -> None:
    """End one that is under way. What it found so far is kept.

    Raises:
        Conflict: it is over already.
    """
    with parts.database.transaction() as tx:
        if not what_ifs.turn(tx, one.id, "running", "cancelled", parts.clock()):
            raise Conflict("This is over already.", instead="Look at what was found.", who="the asker")


def work(parts: Parts) -> int:
    """Work on what is asked for, until none of it is due; how many were ended."""
    done = 0
    while True:
        now = parts.clock()
        with parts.database.reading() as tx:
            waits = what_ifs.due(tx, now)
        if not waits:
            return done
        with parts.database.transaction() as tx:
            one = what_ifs.take(tx, now, until=now + LEASE)
        if one is not None:
            done += _walk(parts, one)


def _walk(parts: Parts, one: WhatIf) -> bool:
    """Walk it to its end; False when it was cancelled or somebody else went on with it."""
    pack, found = packs.shipped(one.pack), replay_of(one)
    walk = Walk(parts, one.since, [one.scope] if one.scope else None, one.mark)
    while True:
        batch = walk.next()
        weigh(parts, pack, found, (run for run in batch if run.created_at <= one.asked_at))
        found.whole = walk.over
        mark_at, mark_id = walk.before or (None, None)
        now = parts.clock()
        held, looked = one.wake_at, one.looked + len(batch)
        assert held is not None
        one = replace(one, looked=looked, found=as_data(found), mark_at=mark_at, mark_id=mark_id)
        one = (
            replace(one, state="done", ended_at=now, wake_at=None, total=looked)
            if walk.over
            else replace(one, wake_at=now + LEASE, total=max(one.total, looked))
        )
        try:
            _keep(parts, one, held)
        except LeaseLost:
            return False
        if walk.over:
            return True


def _keep(parts: Parts, one: WhatIf, held: float) -> None:
    with parts.database.transaction() as tx:
        if not what_ifs.keep(tx, one, held=held):
            raise LeaseLost("This was cancelled, or somebody else goes on with it.")


def replay_of(one: WhatIf) -> Replay:
    """What it has found so far."""
    found: dict[str, Any] = {**one.found}
    found["teams"] = {name: Team(**team) for name, team in found["teams"].items()}
    found["rules"] = Counter(found["rules"])
    found["examples"] = {rule: list(named) for rule, named in found["examples"].items()}
    return Replay(**found)
