"""Roles: who may do what in which team, changed on record; what groups of a provider give; what a loss takes along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub.accounts import record
from hub.domain import Actor, Role
from hub.errors import Conflict, UnknownName
from hub.pipeline.parts import Parts
from hub.store import Tx, erasing, links, teams

_ORDER = (Role.MEMBER, Role.REVIEWER, Role.LEAD, Role.ADMIN)


def set_roles(parts: Parts, email: str, name: str, roles: Mapping[str, Role], by: Actor) -> bool:
    """Give a person exactly these roles, team to role; none lets them in nowhere. False when it was so already.

    Raises:
        UnknownName: there is no such team.
        Conflict: nobody would be admin any more.
    """
    with parts.database.transaction() as tx:
        for team in roles:
            if teams.get(tx, team) is None:
                raise UnknownName(f"There is no team named {team[:64]!r}.", who="an admin")
        # The person first and then the admins, as everywhere: two who change roles at once wait for each other one way.
        teams.hold_person(tx, email)
        if Role.ADMIN not in roles.values() and teams.is_last_admin(tx, email, hold=True):
            raise Conflict("This is the hub's only admin.", instead="Make somebody else an admin first.")
        return change(parts, tx, email, name, roles, by)


def change(parts: Parts, tx: Tx, email: str, name: str, roles: Mapping[str, Role], by: Actor) -> bool:
    """The same inside a transaction, for teams that exist. Call it last."""
    known = teams.person_of(tx, email)
    stored, _, old = known or (email.strip().lower(), "", {})
    if known is not None and dict(old) == dict(roles) and known[1] == name:
        return False
    teams.put_person(tx, stored, name, roles, parts.clock())
    if not roles:
        # Who is in no team has no door left: keys, passes, links and the account end with the roles.
        erasing.shut(tx, stored, parts.clock())
    if dict(old) != dict(roles):
        # A link that is out was handed to whoever might open what the person could do then, and no more.
        links.drop(tx, stored)
        record.write(parts, tx, by, "person.roles_changed", about=stored, roles=record.as_roles(roles), by=by.via)
    return True


def of_groups(
    groups: Iterable[str], given: Mapping[str, Mapping[str, Role]], known_teams: Iterable[str]
) -> dict[str, Role]:
    """The roles these groups give together; where two speak of one team, the one that may do more."""
    teams_there, found = set(known_teams), dict[str, Role]()
    for group in groups:
        for team, role in given.get(group, {}).items():
            if team in teams_there and _ORDER.index(role) >= _ORDER.index(found.get(team, Role.MEMBER)):
                found[team] = role
    return found
