"""Look back: after a draft was accepted and a day later, what became of its text is read and put on record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from hub.domain import DeliveryRow, DeliveryState, Run, Standing
from hub.errors import ConfigurationError, InlayError, NeedsPermission, TargetGone, TryLater
from hub.ledger import Entry
from hub.pipeline.compose import READ
from hub.pipeline.deliver import DAY, delivery_of
from hub.pipeline.parts import Parts
from hub.store import calls, deliveries, look_backs, runs

log = structlog.get_logger("inlay.look_back")
BATCH = 20
#: Seconds one look may take before somebody else takes it on.
LEASE = 300.0
#: Looks at most: a person whose own token is needed may come back within the week.
MOST = 7


def look(parts: Parts) -> int:
    """Look at every delivery whose moment has come; how many there were."""
    now = parts.clock()
    with parts.database.transaction() as tx:
        due = look_backs.take(tx, now, until=now + LEASE, limit=BATCH)
    for key, moment, attempts in due:
        try:
            _look_at(parts, key, moment, attempts)
        except InlayError as error:
            log.warning("not read back", delivery=key, error=error.code)
    return len(due)


def note(parts: Parts, run: Run, key: str, moment: str, found: Mapping[str, Any]) -> None:
    """Put what was found on record, and look no more for this moment."""
    entry = Entry("delivery.read_back", {"delivery": key, "moment": moment, "simulated": run.simulated, **found})
    with parts.database.transaction() as tx:
        look_backs.done(tx, key, moment)
        who = parts.ledger.pseudonym(tx, None, "look-back")
        parts.ledger.append(tx, run_id=run.id, team=run.team, actor=who, at=parts.clock(), entries=[entry])


def figures(standing: Standing) -> dict[str, Any]:
    """A standing as the ledger keeps it: no text."""
    changed = standing.changed
    return {"state": standing.state, "changed": None if changed is None else round(changed, 4)}


def _look_at(parts: Parts, key: str, moment: str, attempts: int) -> None:
    with parts.database.reading() as tx:
        row = deliveries.get(tx, key)
        run = runs.get(tx, row.run_id) if row is not None else None
    if row is None or run is None or run.draft is None or not run.draft.variants or row.receipt is None:
        return _forget(parts, key, moment)
    if row.state not in (DeliveryState.DONE, DeliveryState.PLACED):
        return _forget(parts, key, moment)
    try:
        standing = _read(parts, run, row)
    except TargetGone:
        standing = Standing(state="deleted")
    except (TryLater, NeedsPermission) as error:
        return _later(parts, run, row, moment, attempts, error)
    except (InlayError, ConfigurationError):
        return note(parts, run, key, moment, {"state": "unknown", "changed": None})
    if standing is None:
        return _forget(parts, key, moment)
    if standing.state == "pending" and attempts + 1 < MOST:
        # A suggestion nobody decided on: it is looked at again tomorrow.
        with parts.database.transaction() as tx:
            look_backs.put_off(tx, key, moment, parts.clock() + DAY)
        return None
    return note(parts, run, key, moment, figures(standing))


def _read(parts: Parts, run: Run, row: DeliveryRow) -> Standing | None:
    """
    Raises:
        NeedsPermission: only whoever wrote the text could say what became of it.
    """
    name, person = row.target.connection, row.on_behalf_of
    if person and name not in parts.connections.lent_by(person):
        person = None  # Looking changes nothing: the connection's own account may see the text too.
    connector, connection = parts.connections.for_team(name, run.team, person=person)
    cost = {kind: number for kind, number in READ.items() if kind in connector.limits}
    if cost:
        account = f"{connection.name}:{connection.account}"
        with parts.database.transaction() as tx:
            wait = calls.take(tx, account, connector.limits, cost, parts.clock())
        if wait:
            raise TryLater(f"{connector.title} takes no more reads for the moment.", after=wait)
    try:
        return connector.read_back(connection, delivery_of(parts, run, row))
    except TargetGone as error:
        if row.on_behalf_of and connection.token is None:
            # Vendors say the same of what is gone and of what an account may not see. It was another's to write it.
            raise NeedsPermission(f"{connector.title} shows the text to whoever wrote it, if it is there.") from error
        raise


def _later(parts: Parts, run: Run, row: DeliveryRow, moment: str, attempts: int, error: InlayError) -> None:
    if attempts + 1 >= MOST:
        return note(parts, run, row.key, moment, {"state": "unknown", "changed": None})
    wait = (error.after or 60.0) * 2**attempts if isinstance(error, TryLater) else DAY
    with parts.database.transaction() as tx:
        look_backs.put_off(tx, row.key, moment, parts.clock() + wait)
    return None


def _forget(parts: Parts, key: str, moment: str) -> None:
    with parts.database.transaction() as tx:
        look_backs.done(tx, key, moment)
