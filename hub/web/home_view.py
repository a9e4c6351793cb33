"""What Home shows somebody: where they work, what for, who helps, what waits for them, and what to set up next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.bootstrap import Hub
from hub.domain import Run, RunState
from hub.pipeline import redraft
from hub.pipeline.notifications import needs_asker
from hub.pipeline.reviewers import REVIEWERS
from hub.sdk import Entrance
from hub.store import runs, teams
from hub.templates import Template
from hub.web import look_view
from hub.web.api.catalog import connections_of, offered
from hub.web.auth import Identity
from hub.web.visitor import WINDOW, Uses

#: Runs that need somebody, looked at and listed.
LOOKED, LISTED = 50, 5
#: People named to ask.
NAMED = 4


@dataclass(frozen=True, slots=True)
class Door:
    """A place people work at over a connection."""

    entrance: Entrance
    connection: str
    sandbox: bool


@dataclass(frozen=True, slots=True)
class Step:
    """Something an admin has still to do: what, why, and the guide or the page for it."""

    says: str
    why: str
    guide: str
    page: str = ""


def doors(hub: Hub, identity: Identity) -> list[Door]:
    """Where the person works: the entrances of the connections that are on for their teams."""
    found: list[Door] = []
    for one in connections_of(hub, identity):
        if not one["paused"] and any(team in identity.roles for team in one["teams"]):
            found += [Door(each, one["name"], one["sandbox"]) for each in hub.parts.connections.entrances(one["name"])]
    return found


def workflows(hub: Hub, identity: Identity, uses: Uses) -> list[Template]:
    """The templates for the person's work, those their teams use most first."""
    counted: dict[str, int] = {}
    for team in identity.roles:
        for name, number in uses.of(team).items():
            counted[name] = counted.get(name, 0) + number
    every = [one for one in hub.parts.shelf.every() if offered(one, identity)]
    return sorted(every, key=lambda one: (-counted.get(one.name, 0), one.title.casefold()))


def helpers(templates: Sequence[Template]) -> Mapping[tuple[str, str], list[Template]]:
    """Where an owner named a place to ask about their templates: (owner, channel) to theirs, in their order."""
    found: dict[tuple[str, str], list[Template]] = {}
    for one in templates:
        if one.help.channel:
            found.setdefault((one.owner, one.help.channel), []).append(one)
    return found


def to_ask(hub: Hub, identity: Identity) -> list[str]:
    """The names of the people to ask: who leads the person's teams, else the admins."""
    with hub.database.reading() as tx:
        return teams.helpers(tx, list(identity.roles), besides=identity.person, limit=NAMED)


def mine(hub: Hub, identity: Identity, limit: int) -> list[Run]:
    """The person's newest runs; for a key that is nobody's, those of its team."""
    with hub.database.reading() as tx:
        if identity.person is None:
            return runs.newest(tx, teams=list(identity.roles), limit=limit)
        found = runs.of_person(tx, identity.person, limit=limit * 2)
    return [run for run in found if identity.reaches(run.team)][:limit]


def waiting(hub: Hub, identity: Identity) -> list[Run]:
    """The person's own runs that rest until they do something, the newest first."""
    if identity.person is None:
        return []
    found: list[Run] = []
    with hub.database.reading() as tx:
        for state in (RunState.HELD, RunState.WAITING_USER, RunState.ORPHANED, RunState.FAILED):
            found += runs.of_person(tx, identity.person, limit=LOOKED, state=state)
        rejected = redraft.unanswered(tx, identity.person, LOOKED)
    # What is older than the window nobody waits for.
    since = hub.parts.clock() - WINDOW
    found = [*filter(needs_asker, found), *filter(redraft.is_rejected, rejected)]
    theirs = [run for run in found if identity.reaches(run.team) and run.updated_at >= since]
    return sorted(theirs, key=lambda run: -run.created_at)


def to_review(hub: Hub, identity: Identity) -> int:
    """How many drafts wait for the person's review."""
    able = any(role in REVIEWERS for role in identity.roles.values())
    return len(look_view.queue(hub, identity).mine) if able else 0


def next_steps(hub: Hub, identity: Identity) -> list[Step]:
    """What an admin has still to set up before people can work."""
    if not identity.is_admin or hub.settings.demo:
        return []
    steps: list[Step] = []
    if hub.parts.model.simulated:
        steps.append(Step("Connect a model", "Until then every draft is a marked stand-in.", "connect-a-model"))
    known = connections_of(hub, identity)
    if not known:
        why = "People work where they are: Google Docs, Salesforce, a DAM, or what a plugin brings."
        steps.append(Step("Connect a tool", why, "start", "connecting.every"))
    elif not any(one["teams"] for one in known):
        steps.append(
            Step(
                "Switch a connection on for a team", "Nothing runs for a team without one.", "start", "connectors.every"
            )
        )
    with hub.database.reading() as tx:
        people = {email for email, _, _, _ in teams.people(tx)}
    if len(people) < 2:
        why = "Each gets a link that works once, and roles in their teams."
        steps.append(Step("Let people in", why, "sign-in", "admin.people"))
    if hub.notify.mail is None:
        steps.append(Step("Name a mail server", "Then people hear of what waits for them.", "notifications"))
    return steps
