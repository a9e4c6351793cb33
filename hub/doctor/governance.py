"""What the doctor says of governance: models for names, heads of the ledger, evidence, reviewers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from hub.bootstrap import Hub
from hub.domain import Probe
from hub.governance.names import NoModel
from hub.governance.personal_data import PersonalData
from hub.pipeline.reviewers import Case, eligible
from hub.store import evidence, heads, teams

#: Days before its end that evidence is named, and days without a filed head that are too many.
SOON, LATE = 30, 2
_NAMED = 3


def probes(hub: Hub) -> Iterator[Probe]:
    """Everything but the judge, which is probed as the other model is."""
    yield from _names(hub)
    yield from at_a_glance(hub)


def at_a_glance(hub: Hub) -> Iterator[Probe]:
    """What the database and the disk say: no model is loaded for it."""
    yield from _heads(hub)
    yield from _evidence(hub)
    yield from _reviewers(hub)


def _names(hub: Hub) -> Iterator[Probe]:
    models = hub.settings.spacy_models
    check = hub.registry.checks.get(PersonalData.name)
    if not models or not isinstance(check, PersonalData):
        what = "Names of people are not found in texts: no model for them is named"
        fix = "Install a spaCy model and name it in INLAY_SPACY_MODEL."
        yield Probe(id="names", ok=True, what=what, fix=fix, who="an admin")
        return
    try:
        check.load_names()
    except NoModel as error:
        yield Probe(id="names", ok=False, what=error.what, fix=error.instead, who="an admin")
        return
    yield Probe(id="names", ok=True, what=f"Names of people are looked for with {', '.join(models)}")


def _heads(hub: Hub) -> Iterator[Probe]:
    """Whether the ledger's heads reach their folder. Nothing is written for it."""
    folder = hub.settings.ledger_heads
    if folder is None:
        return
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        fix = "Make the folder of INLAY_LEDGER_HEADS writable for the hub. What is missing in it is kept and follows."
        yield Probe(id="heads", ok=False, what=f"{folder} cannot be written to", fix=fix, who="an admin")
        return
    now = datetime.fromtimestamp(hub.parts.clock(), UTC)
    with hub.database.reading() as tx:
        taken = heads.newest(tx)
        filed = heads.newest(tx, filed=True)
    if taken is None:
        yield Probe(id="heads", ok=True, what=f"{folder} can be written to; no head was taken yet")
    elif filed is None or filed < (now - timedelta(days=LATE)).strftime("%Y-%m-%d"):
        what = f"The last head put into {folder} is of {filed}" if filed else f"No head was put into {folder} yet"
        fix = "Keep a hub with workers running: it takes a head each day and puts it there. Its log says what fails."
        yield Probe(id="heads", ok=False, what=what, fix=fix, who="an admin")
    else:
        yield Probe(id="heads", ok=True, what=f"The last head in {folder} is of {filed}")


def _evidence(hub: Hub) -> Iterator[Probe]:
    """Evidence in force that ends within thirty days: a note, for texts that rely on it are opened when it does."""
    today = hub.parts.today()
    day, last = today.isoformat(), (today + timedelta(days=SOON)).isoformat()
    with hub.database.reading() as tx:
        ending = [one for one in evidence.ending(tx, last) if one.status(day) == "in force"]
    if not ending:
        return
    named = ", ".join(f"{one.id} on {one.expires_on} (owner {one.owner})" for one in ending[:_NAMED])
    more = f" and {len(ending) - _NAMED} more" if len(ending) > _NAMED else ""
    fix = "Have it renewed, then import it again. When it ends, each text that relies on it is opened for a reviewer."
    what = f"Evidence ends within {SOON} days: {named}{more}"
    yield Probe(id="evidence", ok=False, what=what, fix=fix, who="its owner", optional=True)


def _reviewers(hub: Hub) -> Iterator[Probe]:
    """Teams whose reviewed drafts nobody could decide on: a note, for a team may run what needs no review."""
    with hub.database.reading() as tx:
        for team in teams.every(tx):
            tiers = [tier for tier in (2, 3) if not eligible(tx, Case(team.id, tier, asker=None))]
            if tiers:
                yield Probe(
                    id=f"team {team.id}",
                    ok=False,
                    what=f"Nobody can review drafts of tier {' or '.join(map(str, tiers))} for {team.title}: they wait",
                    fix=(
                        f"Give somebody the role reviewer or lead in {team.id}"
                        + (", or name specialists who review" if tiers == [3] else "")
                        + ", in hub.yaml, and apply it."
                    ),
                    who="an admin",
                    optional=True,
                )
