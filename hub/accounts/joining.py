"""Joining: who is let into which team by whom. A lead lets members and reviewers into their own team, an admin anybody.

A link that sets a password opens everything its person may do. A lead is given one only for somebody who may do nothing
that the lead could not have given them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial

from hub.accounts import links, roles
from hub.accounts.links import Issued
from hub.domain import Actor, Role
from hub.errors import Conflict, InvalidInputs, NotAllowed, UnknownName
from hub.pipeline.parts import Parts
from hub.store import accounts, teams

#: What a lead gives.
FROM_LEADS = (Role.MEMBER, Role.REVIEWER)
_EMAIL = re.compile(r"[^@\s\x00]{1,64}@[^@\s\x00]{1,255}")


def let_in(
    parts: Parts, email: str, name: str, team: str, role: Role, by: Actor, *, leads: Collection[str] | None
) -> Issued | None:
    """Give somebody a role in a team, and a link to set a password with; None when they get in without one.

    Args:
        leads: the teams the inviting person leads; None for an admin.

    Raises:
        InvalidInputs: name or address are missing or wrong, by field.
        UnknownName: there is no such team among theirs.
        NotAllowed: it is not theirs to give.
        Conflict: the person has a role in the team already.
    """
    email, name = email.strip().lower(), " ".join(name.split())[:200]
    if leads is not None and team not in leads:
        raise UnknownName("There is no team of this name among yours.", who="an admin")
    if leads is not None and role not in FROM_LEADS:
        raise NotAllowed("A lead invites members and reviewers.", instead="Ask an admin.", who="an admin")
    faults = {"name": "" if name and "\x00" not in name else "Write the person's name."}
    faults["email"] = "" if _EMAIL.fullmatch(email) and len(email) <= 320 else "Write the person's e-mail address."
    if any(faults.values()):
        wrong = {field: said for field, said in faults.items() if said}
        raise InvalidInputs("Something is missing.", fields=wrong, instead="Fill in what is marked.")
    with parts.database.transaction() as tx:
        if teams.get(tx, team) is None:
            raise UnknownName("There is no team of this name.", who="an admin")
        # What somebody takes from the person at this moment does not come back with what is given here.
        teams.hold_person(tx, email)
        known = teams.person_of(tx, email)
        has = known[2] if known else {}
        if team in has:
            raise Conflict(
                f"{email} is {has[team].value} of this team already.",
                instead="Change the role on the person's page, or send another link from there.",
            )
        called = known[1] if known else name
        roles.change(parts, tx, email, called, {**has, team: role}, by)
    return link_for(parts, email, by, leads=leads)


def link_for(parts: Parts, email: str, by: Actor, *, leads: Collection[str] | None) -> Issued | None:
    """An invitation for who has no password yet and whom this person may let in; else None."""
    with parts.database.reading() as tx:
        known = teams.person_of(tx, email)
        if known is None or accounts.get(tx, known[0]).password is not None:
            return None
    try:
        return links.invite(parts, email, by, may=partial(may_link, leads=leads))
    except NotAllowed:
        return None


def may_link(has: Mapping[str, Role], leads: Collection[str] | None) -> bool:
    """Whether who leads these teams may be handed a link of a person with these roles; None leads is an admin."""
    return leads is None or all(team in leads and role in FROM_LEADS for team, role in has.items())
