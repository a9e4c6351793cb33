"""What the ledger is told of people: sign-ins, invitations and roles, under pseudonyms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.domain import Actor, Role
from hub.ledger import Entry
from hub.pipeline.parts import Parts
from hub.store import Tx


def write(parts: Parts, tx: Tx, actor: Actor, kind: str, *, about: str | None = None, **data: Any) -> None:
    """One entry. ``about`` is the person it is about, where that is another one than the actor. Call it last."""
    if about is not None:
        data["person"] = parts.ledger.pseudonym(tx, about, "")
    who = parts.ledger.pseudonym(tx, actor.person, actor.via)
    entries = [Entry(kind, data)]
    parts.ledger.append(tx, run_id="", team="", actor=who, at=parts.clock(), entries=entries)


def as_roles(roles: Mapping[str, Role]) -> list[str]:
    """Roles as the ledger and plans spell them, in one order."""
    return [f"{role.value} of {team}" for team, role in sorted(roles.items())]


def themself(email: str) -> Actor:
    """A person who acts for themselves, in no team."""
    return Actor(person=email, via="web")
