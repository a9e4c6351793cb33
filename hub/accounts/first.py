"""The first admin: in a hub without one, who holds the printed link says who they are and names their team."""

from __future__ import annotations

import re
import unicodedata

from hub.accounts import door, links, record
from hub.domain import Role
from hub.errors import InvalidInputs
from hub.pipeline.parts import Parts
from hub.store import links as stored
from hub.store import teams
from hub.store.links import LinkKind

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")


def begin(parts: Parts, secret: str, *, name: str, email: str, team: str) -> str:
    """Make the first admin and their team, and sign them in; what is returned is for their browser.

    Args:
        team: the title of their team; its id is made of it.

    Raises:
        InvalidInputs: what is missing or wrong, by field. The link still works.
        UnknownName: the link works no more, or the hub has an admin.
    """
    name, email, title = (" ".join(text.split())[:200] for text in (name, email, team))
    email = email.lower()
    faults = {"name": not name, "email": not _EMAIL.fullmatch(email) or "\x00" in email, "team": not id_of(title)}
    if any(faults.values()):
        said = {
            "name": "Write your name.",
            "email": "Write your e-mail address.",
            "team": "Write what your team is called, with a letter of a to z in it.",
        }
        wrong = {field: said[field] for field, is_wrong in faults.items() if is_wrong}
        raise InvalidInputs("Something is missing.", fields=wrong, instead="Fill in what is marked.")
    if links.look(parts, secret).kind is not LinkKind.PRINTED:
        raise links.no_more()
    now, team_id = parts.clock(), id_of(title)
    with parts.database.transaction() as tx:
        # Looked at inside the transaction: of two who begin at once, one becomes the admin.
        has_admin = any(role is Role.ADMIN for _, _, _, role in teams.people(tx))
        if has_admin or not stored.use(tx, secret, now):
            raise links.no_more()
        if teams.get(tx, team_id) is None:
            teams.put(tx, team_id, title, {}, now)
        known = teams.person_of(tx, email)
        email = known[0] if known else email
        roles = {**(known[2] if known else {}), team_id: Role.ADMIN}
        teams.put_person(tx, email, name, roles, now)
        # A link that a lead was handed for them would open an admin's account now.
        stored.drop(tx, email)
        told = record.as_roles(roles)
        record.write(
            parts, tx, record.themself(email), "person.roles_changed", about=email, roles=told, by="printed link"
        )
        return door.entered(parts, tx, email=email, how=links.HOW[LinkKind.PRINTED])


def id_of(title: str) -> str:
    """The id a team of this title gets; empty when it holds no letter or digit that an id may have."""
    plain = unicodedata.normalize("NFKD", title.casefold())
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    spelled = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")
    return re.sub(r"^[^a-z]+", "", spelled)[:63].rstrip("-")
